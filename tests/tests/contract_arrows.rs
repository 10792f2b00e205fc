//! The arrows between crates: nothing else may be drawn.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a repository of another form must fail the test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use support::repository::root;

/// What each crate may use of ours. `docs/ARCHITECTURE.md` has the same table.
const ARROWS: &[(&str, &[&str])] = &[
    ("config", &[]),
    ("db", &[]),
    ("storage", &[]),
    ("audio", &[]),
    ("ml", &[]),
    ("queue", &["db"]),
    ("bench", &["db", "queue"]),
    ("models", &["db"]),
    ("jobs", &["queue", "models"]),
    (
        "intake",
        &["config", "db", "storage", "queue", "models", "jobs"],
    ),
    (
        "workers",
        &[
            "config", "db", "storage", "queue", "models", "jobs", "audio", "ml",
        ],
    ),
    (
        "cli",
        &[
            "config", "db", "storage", "queue", "bench", "models", "jobs", "audio", "ml", "intake",
            "workers",
        ],
    ),
];

/// What a crate must never reach, even through others.
const NEVER: &[(&str, &[&str])] = &[
    ("audio", &["diesel", "redis", "actix-web", "tokio"]),
    ("ml", &["diesel", "redis", "actix-web", "tokio"]),
    ("storage", &["diesel", "redis", "actix-web"]),
    ("config", &["diesel", "redis", "actix-web", "tokio"]),
    (
        "intake",
        &[
            "ort",
            "maxbooster-ml",
            "maxbooster-audio",
            "maxbooster-workers",
            "flacenc",
            "apalis",
        ],
    ),
];

struct Graph {
    names: BTreeMap<String, String>,
    uses: BTreeMap<String, Vec<String>>,
}

impl Graph {
    /// Normal and build dependencies with all features, as cargo resolved them.
    fn read() -> Self {
        let output = Command::new(env!("CARGO"))
            .args([
                "metadata",
                "--format-version=1",
                "--all-features",
                "--locked",
            ])
            .current_dir(root())
            .output()
            .expect("cargo runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: serde_json::Value =
            serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
        let text = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
        let list = |value: &serde_json::Value| value.as_array().expect("a list").clone();
        let names = list(&metadata["packages"])
            .iter()
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect();
        let uses = list(&metadata["resolve"]["nodes"])
            .iter()
            .map(|node| {
                let real = |dep: &&serde_json::Value| {
                    list(&dep["dep_kinds"])
                        .iter()
                        .any(|kind| kind["kind"] != "dev")
                };
                let uses = list(&node["deps"]);
                let uses = uses
                    .iter()
                    .filter(real)
                    .map(|dep| text(&dep["pkg"]))
                    .collect();
                (text(&node["id"]), uses)
            })
            .collect();
        Self { names, uses }
    }

    fn id(&self, name: &str) -> &str {
        let found = self.names.iter().find(|(_, found)| *found == name);
        found
            .map(|(id, _)| id.as_str())
            .expect("a package of this name")
    }

    fn direct(&self, name: &str) -> BTreeSet<&str> {
        self.uses[self.id(name)]
            .iter()
            .map(|id| self.names[id].as_str())
            .collect()
    }

    fn reached(&self, name: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut next = vec![self.id(name)];
        while let Some(id) = next.pop() {
            for used in &self.uses[id] {
                if seen.insert(used.as_str()) {
                    next.push(used);
                }
            }
        }
        seen.into_iter().map(|id| self.names[id].as_str()).collect()
    }
}

#[test]
fn only_the_drawn_arrows_exist() {
    let graph = Graph::read();
    for (from, allowed) in ARROWS {
        let ours = graph.direct(&format!("maxbooster-{from}"));
        let ours = ours
            .iter()
            .filter_map(|name| name.strip_prefix("maxbooster-"));
        for to in ours {
            assert!(allowed.contains(&to), "{from} must not use {to}");
        }
    }
}

#[test]
fn every_member_is_in_the_table() {
    let graph = Graph::read();
    for name in graph
        .names
        .values()
        .filter_map(|name| name.strip_prefix("maxbooster-"))
    {
        let known = ARROWS.iter().any(|(from, _)| *from == name);
        assert!(
            known || name == "tests",
            "{name} has no row in the table of arrows"
        );
    }
}

#[test]
fn what_must_not_be_reached_is_not_reached() {
    let graph = Graph::read();
    for (from, never) in NEVER {
        let reached = graph.reached(&format!("maxbooster-{from}"));
        for to in *never {
            assert!(!reached.contains(to), "{from} reaches {to}");
        }
        let decoder = reached
            .iter()
            .find(|name| name.starts_with("symphonia-codec"));
        assert!(
            *from != "intake" || decoder.is_none(),
            "intake reaches a decoder: {decoder:?}"
        );
    }
}

#[test]
fn the_table_in_the_docs_is_this_one() {
    let docs = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("the document");
    for (from, to) in ARROWS {
        let right = if to.is_empty() {
            "nothing of ours".to_owned()
        } else {
            to.join(", ")
        };
        let row = format!("| `{from}` | {right} |");
        assert!(
            docs.contains(&row),
            "docs/ARCHITECTURE.md lacks the row {row}"
        );
    }
}
