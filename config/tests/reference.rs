//! The committed reference is the one that the comments of the default file give.

#[test]
fn docs_config_md_is_what_the_default_file_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/CONFIG.md");
    let reference = config::reference();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(path, &reference).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == reference,
        "docs/CONFIG.md is out of date: run UPDATE_REFERENCE=1 cargo test -p maxbooster-config"
    );
}
