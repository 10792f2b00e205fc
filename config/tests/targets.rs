//! The built-in mastering targets and how a file extends them.

use config::Targets;

#[test]
fn every_named_target_is_there_with_a_source() {
    let targets = Targets::load(None).unwrap();
    let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
    let expected = [
        "spotify",
        "apple-music",
        "youtube",
        "tidal",
        "amazon",
        "deezer",
        "soundcloud",
        "cd",
        "club",
        "podcast",
    ];
    assert_eq!(names, expected);
    assert!(targets.iter().all(|target| target.note.len() > 40));
    assert!(targets.get("amazon").unwrap().ceiling_dbtp < -1.9);
}

#[test]
fn an_unknown_target_names_the_nearest() {
    let error = Targets::load(None).unwrap().get("spotfy").unwrap_err();
    assert_eq!(error.code(), "target_unknown");
    assert_eq!(
        error.to_string(),
        "unknown target spotfy; did you mean spotify?"
    );
}

#[test]
fn a_file_adds_and_replaces_targets() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let entry = |name: &str, lufs: f64| {
        format!(
            "[[target]]\nname = '{name}'\ntitle = 't'\nintegrated_lufs = {lufs:?}\nceiling_dbtp = -1.0\nnote = 'n'\n"
        )
    };
    std::fs::write(
        file.path(),
        entry("spotify", -13.0) + &entry("radio", -23.0),
    )
    .unwrap();
    let targets = Targets::load(Some(file.path())).unwrap();
    assert!(targets.get("spotify").unwrap().integrated_lufs > -13.1);
    assert_eq!(targets.iter().last().unwrap().name, "radio");
    std::fs::write(file.path(), entry("radio", 3.0)).unwrap();
    assert_eq!(
        Targets::load(Some(file.path())).unwrap_err().code(),
        "target_invalid"
    );
}

#[test]
fn figures_must_make_sense() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let load = |lufs: &str, dbtp: &str| {
        let target = format!(
            "[[target]]\nname = 'own'\ntitle = 't'\nintegrated_lufs = {lufs}\nceiling_dbtp = {dbtp}\nnote = 'n'\n"
        );
        std::fs::write(file.path(), target).unwrap();
        Targets::load(Some(file.path()))
    };
    assert_eq!(
        load("-9.0", "-1.0").unwrap().get("own").unwrap().name,
        "own"
    );
    for (lufs, dbtp) in [
        ("-4.0", "-1.0"),
        ("nan", "-1.0"),
        ("-9.0", "0.1"),
        ("-9.0", "inf"),
    ] {
        assert_eq!(load(lufs, dbtp).unwrap_err().code(), "target_invalid");
    }
}

#[test]
fn names_that_mean_something_else_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("targets.toml");
    for name in ["natural", "reference", "preset", "custom"] {
        let text = format!(
            "[[target]]\nname = '{name}'\ntitle = 't'\nintegrated_lufs = -9.0\nceiling_dbtp = -1.0\nnote = 'n'\n"
        );
        std::fs::write(&path, text).unwrap();
        let error = Targets::load(Some(&path)).unwrap_err();
        assert!(error.to_string().contains("something else"), "{error}");
    }
}
