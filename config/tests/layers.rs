//! Layers, types, ranges, unknown keys and secrets, without touching the process's environment.
#![expect(
    clippy::unwrap_used,
    reason = "the set-up of a test ends the test when it fails"
)]

use std::ffi::OsString;
use std::path::Path;

use config::{Config, ConfigError, LogFormat, Sources};
use tempfile::TempDir;

/// Sources of a folder with `maxbooster.toml` in it and some variables.
fn sources(dir: &TempDir, file: &str, env: &[(&str, &str)]) -> Sources {
    if !file.is_empty() {
        std::fs::write(dir.path().join("maxbooster.toml"), file).unwrap();
    }
    let env = env
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Sources {
        file: None,
        env: env.collect(),
        working_dir: dir.path().to_owned(),
    }
}

/// The error of loading such sources.
fn refused(file: &str, env: &[(&str, &str)]) -> ConfigError {
    Config::load(&sources(&TempDir::new().unwrap(), file, env)).unwrap_err()
}

#[test]
fn the_defaults_alone_are_a_complete_and_valid_configuration() {
    let config = Config::load(&Sources::default()).unwrap();
    assert_eq!(config.server.bind, "127.0.0.1:8080");
    assert_eq!(
        config.database_url().expose(),
        "sqlite:./data/maxbooster.db"
    );
    assert_eq!(config.objects_dir().unwrap(), Path::new("./data/objects"));
    assert_eq!(config.limits.max_upload_bytes, 4 << 30);
    assert_eq!(config.workers.queues.get("studio"), Some(&0));
    assert!(config.redis.address().is_none());
    assert!(config.mastering_targets().get("spotify").is_ok());
}

#[test]
fn a_file_overrides_the_default_and_the_environment_overrides_the_file() {
    let dir = TempDir::new().unwrap();
    let file = "[queue]\nlease_seconds = 60\npoll_seconds = 7\n[log]\nformat = \"json\"\n";
    let env = [
        ("MAXBOOSTER__QUEUE__POLL_SECONDS", "9"),
        ("MAXBOOSTER__WORKERS__QUEUES__STUDIO", "3"),
    ];
    let config = Config::load(&sources(&dir, file, &env)).unwrap();
    assert_eq!(
        (config.queue.lease_seconds, config.queue.poll_seconds),
        (60, 9)
    );
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.workers.queues.get("studio"), Some(&3));
    let text = config.describe();
    assert!(
        text.contains("queue.beat_seconds = 5  # default\n"),
        "{text}"
    );
    assert!(text.contains("queue.poll_seconds = 9  # variable MAXBOOSTER__QUEUE__POLL_SECONDS\n"));
    assert!(
        text.lines()
            .any(|l| l.starts_with("queue.lease_seconds = 60  # file ")),
        "{text}"
    );
}

#[test]
fn a_named_file_wins_over_the_variable_which_wins_over_the_usual_file() {
    let dir = TempDir::new().unwrap();
    let write = |name: &str, seconds: u32| {
        let path = dir.path().join(name);
        std::fs::write(&path, format!("[queue]\npoll_seconds = {seconds}\n")).unwrap();
        path
    };
    let named = write("named.toml", 11);
    write("other.toml", 12);
    let mut from = sources(
        &dir,
        "[queue]\npoll_seconds = 13\n",
        &[("MAXBOOSTER_CONFIG", "other.toml")],
    );
    assert_eq!(Config::load(&from).unwrap().queue.poll_seconds, 12);
    from.file = Some(named);
    assert_eq!(Config::load(&from).unwrap().queue.poll_seconds, 11);
    from.file = Some("missing.toml".into());
    assert_eq!(Config::load(&from).unwrap_err().code(), "config_unreadable");
}

#[test]
fn an_unknown_key_stops_the_start_and_names_the_nearest_and_the_place() {
    let error = refused("[queue]\nlease_secnds = 3\n", &[]);
    assert_eq!(error.code(), "setting_unknown");
    let text = error.to_string();
    assert!(
        text.contains("queue.lease_secnds; did you mean queue.lease_seconds?"),
        "{text}"
    );
    assert!(text.contains("maxbooster.toml"), "{text}");
    let text = refused("", &[("MAXBOOSTER__QUEUE_LEASE_SECONDS", "3")]).to_string();
    assert!(
        text.ends_with("did you mean MAXBOOSTER__QUEUE__LEASE_SECONDS?"),
        "{text}"
    );
    assert_eq!(
        refused("[workers.queues]\nstudoi = 1\n", &[]).code(),
        "setting_unknown"
    );
}

#[test]
fn a_wrong_type_names_the_key_the_type_and_the_place() {
    let text = refused("[queue]\nlease_seconds = \"long\"\n", &[]).to_string();
    assert!(
        text.starts_with("queue.lease_seconds: must be a whole number, but is a string (file ")
    );
    let text = refused("", &[("MAXBOOSTER__STORAGE__ALLOW_HTTP", "yes")]).to_string();
    assert!(
        text.contains("storage.allow_http: must be true or false"),
        "{text}"
    );
    assert_eq!(refused("queue = 3\n", &[]).code(), "setting_unknown");
}

#[test]
fn a_value_out_of_range_names_the_key_and_the_rule() {
    for (file, start) in [
        (
            "[queue]\nlease_seconds = 4\n",
            "queue.lease_seconds: must be from 5 to 3600",
        ),
        (
            "[queue]\nbeat_seconds = 11\n",
            "queue.beat_seconds: must be from 1 to 10",
        ),
        (
            "[queue]\npoll_seconds = -1\n",
            "queue.poll_seconds: must be from 0",
        ),
        (
            "[queue]\npoll_seconds = 5000000000\n",
            "queue.poll_seconds: ",
        ),
        (
            "[log]\nformat = \"xml\"\n",
            "log.format: unknown variant `xml`",
        ),
        (
            "[server]\nbind = \"8080\"\n",
            "server.bind: must be host:port",
        ),
        (
            "[database]\nurl = \"mysql://x\"\n",
            "database.url: must be empty",
        ),
        (
            "[storage]\nurl = \"s3://b\"\n",
            "storage.access_key_id: is needed",
        ),
        (
            "[storage]\nendpoint = \"http://h\"\n",
            "storage.endpoint: an http://",
        ),
        (
            "[ml]\nruntime = \"native\"\n",
            "ml.library: must name the library",
        ),
        (
            "[workers.queues]\nstudio = 1025\n",
            "workers.queues.studio: must be from 0 to 1024, but is 1025 (file ",
        ),
    ] {
        let error = refused(file, &[]);
        assert_eq!(error.code(), "setting_out_of_range", "{error}");
        assert!(error.to_string().starts_with(start), "{error}");
    }
}

#[test]
fn a_secret_comes_from_a_file_and_is_never_printed() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("db"), "postgres://u:hunter2@h/d\n").unwrap();
    let from = sources(
        &dir,
        "[database]\nurl_file = \"db\"\n",
        &[("MAXBOOSTER__REDIS__URL", "redis://:hunter2@h")],
    );
    let config = Config::load(&from).unwrap();
    assert_eq!(config.database_url().expose(), "postgres://u:hunter2@h/d");
    let text = format!("{} {config:?}", config.describe());
    assert!(!config.describe().contains("hunter2"), "{text}");
    assert!(text.contains("database.url = \"***\"  # file "), "{text}");
    assert!(
        text.contains("storage.secret_access_key = \"\"  # default"),
        "{text}"
    );
}

#[test]
fn no_debug_output_shows_a_secret() {
    let env = [("MAXBOOSTER__REDIS__URL", "redis://:hunter2@h")];
    let config = Config::load(&sources(&TempDir::new().unwrap(), "", &env)).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn a_secret_given_twice_in_one_layer_is_refused() {
    let error = refused("[redis]\nurl = \"redis://h\"\nurl_file = \"x\"\n", &[]);
    assert_eq!(error.code(), "setting_given_twice");
}

#[test]
fn a_syntax_error_names_its_line_and_does_not_quote_it() {
    let text = refused("[redis]\nurl = \"redis://:hunter2@h\n", &[]).to_string();
    assert!(
        text.contains("line 2") && !text.contains("hunter2"),
        "{text}"
    );
}
