//! Rules that every file keeps: greps that cannot lie.

#![expect(
    clippy::expect_used,
    reason = "a repository of another form must fail the test"
)]

use std::path::PathBuf;
use std::process::Command;

use support::repository::root;

struct File {
    path: String,
    text: String,
}

/// Every file that git tracks or would track, with the given ending.
fn files(ending: &str) -> Vec<File> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .expect("git runs");
    String::from_utf8(output.stdout)
        .expect("paths are UTF-8")
        .split('\0')
        .filter(|path| path.ends_with(ending))
        .filter_map(|path| {
            let text = std::fs::read_to_string(root().join(path)).ok()?;
            Some(File {
                path: path.to_owned(),
                text,
            })
        })
        .collect()
}

fn in_crate(file: &File, names: &[&str]) -> bool {
    names
        .iter()
        .any(|name| file.path.starts_with(&format!("{name}/src/")))
}

/// The part of a file before its unit tests.
fn product(file: &File) -> &str {
    file.text.split("#[cfg(test)]").next().unwrap_or_default()
}

#[test]
fn every_rust_file_says_in_its_first_line_what_it_is_for() {
    for file in files(".rs") {
        let first = file.text.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("//! ") && first.len() > 12,
            "{}: {first}",
            file.path
        );
    }
}

#[test]
fn files_are_small() {
    let mut lines: Vec<(usize, String)> = files(".rs")
        .into_iter()
        .map(|file| (file.text.lines().count(), file.path))
        .collect();
    lines.sort();
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index"
        )]
        let index = ((lines.len() - 1) as f64 * share) as usize;
        &lines[index]
    };
    assert!(at(0.5).0 <= 120, "the median file has {} lines", at(0.5).0);
    assert!(
        at(0.9).0 <= 350,
        "the 90th percentile has {} lines",
        at(0.9).0
    );
    assert!(at(1.0).0 <= 600, "{} has {} lines", at(1.0).1, at(1.0).0);
}

#[test]
fn the_queue_knows_no_business_word() {
    const WORDS: &[&str] = &[
        "artist", "track", "master_", "song", "lufs", "spotify", "release_",
    ];
    for file in files(".rs")
        .iter()
        .filter(|file| in_crate(file, &["queue", "db"]))
    {
        let text = file.text.to_lowercase();
        let whole = |word: &&&str| {
            text.match_indices(**word).any(|(at, _)| {
                !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            })
        };
        let found = WORDS.iter().find(whole);
        let example = file.path.starts_with("db/src/types/") || file.path == "db/src/lib.rs";
        assert!(found.is_none() || example, "{} says {found:?}", file.path);
    }
}

#[test]
fn sql_is_written_in_the_store_the_models_and_the_database_crate_only() {
    const SQL: &[&str] = &[
        "SELECT ",
        "INSERT INTO",
        "DELETE FROM",
        "diesel::insert_into",
        "diesel::update",
        "diesel::delete",
        "sql_query",
    ];
    let elsewhere = |file: &&File| {
        file.path.contains("/src/")
            && !in_crate(file, &["models", "db"])
            && !file.path.starts_with("queue/src/store")
            && !file.path.starts_with("tests/")
    };
    for file in files(".rs").iter().filter(elsewhere) {
        let found = SQL.iter().find(|sql| product(file).contains(**sql));
        assert!(found.is_none(), "{} contains {found:?}", file.path);
    }
}

#[test]
fn sockets_to_the_outside_are_opened_nowhere_but_where_they_may_be() {
    // The database, Redis and object storage are reached by their own crates' drivers.
    const OPENERS: &[&str] = &[
        "TcpStream::connect",
        "reqwest::",
        "hyper::client",
        "UdpSocket",
    ];
    for file in files(".rs")
        .iter()
        .filter(|file| !file.path.starts_with("tests/"))
    {
        let found = OPENERS
            .iter()
            .find(|opener| product(file).contains(**opener));
        let tests = file.path.contains("/tests/");
        assert!(found.is_none() || tests, "{} contains {found:?}", file.path);
    }
}

#[test]
fn wall_clocks_are_read_in_the_clock_only() {
    const CLOCKS: &[&str] = &["SystemTime::now", "Utc::now", "Local::now"];
    for file in files(".rs")
        .iter()
        .filter(|file| !file.path.starts_with("tests/"))
    {
        let found = CLOCKS.iter().find(|clock| product(file).contains(**clock));
        let clock = file.path == "queue/src/clock.rs";
        // How old a left-over file is goes by the file system's own clock.
        let sweep = file.path == "storage/src/store.rs";
        let tests = file.path.contains("/tests/");
        assert!(
            found.is_none() || clock || sweep || tests,
            "{} contains {found:?}",
            file.path
        );
    }
}

#[test]
fn nothing_is_named_util_helper_common_or_manager() {
    for file in files(".rs") {
        let path = PathBuf::from(&file.path);
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        let vague = [
            "util", "utils", "helper", "helpers", "common", "manager", "misc",
        ];
        assert!(!vague.contains(&stem), "{}", file.path);
    }
}

#[test]
fn no_test_is_switched_off() {
    let mark = concat!("#[", "ignore");
    for file in files(".rs") {
        assert!(
            !file.text.contains(mark),
            "{} has an ignored test",
            file.path
        );
    }
}

#[test]
fn both_databases_have_the_same_migrations_with_ways_back() {
    let folders = |store: &str| {
        let mut names: Vec<_> = std::fs::read_dir(root().join("migrations").join(store))
            .expect("the folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.is_dir())
            .collect();
        names.sort();
        for path in &names {
            assert!(
                path.join("up.sql").is_file() && path.join("down.sql").is_file(),
                "{path:?}"
            );
        }
        names
            .iter()
            .map(|path| path.file_name().map(ToOwned::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(folders("postgres"), folders("sqlite"));
}

#[test]
fn every_file_of_the_page_is_served() {
    let front = std::fs::read_to_string(root().join("intake/src/front.rs")).expect("the file");
    for entry in std::fs::read_dir(root().join("intake/page")).expect("the folder") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy();
        assert!(
            front.contains(&format!("\"{name}\"")),
            "{name} is not served"
        );
    }
}
