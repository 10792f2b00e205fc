//! Golden payloads: what was enqueued once decodes for ever.

#![expect(
    clippy::expect_used,
    reason = "a repository of another form must fail the test"
)]

use std::collections::BTreeSet;

use jobs::{
    AnalyzeTrack, Contract, ImportMetrics, JudgeChallenger, KINDS, MasterAlbum, MasterTrack,
    PreviewMaster, RefreshAnalytics, RefreshStaleAnalytics, RollBackModel, TrainChurnModel,
    TrainForecaster, WatchModel,
};
use serde_json::Value;
use support::repository::root;

/// The golden files of a kind: `<kind>.<number>.json`, never edited, only added to.
fn golden(kind: &str) -> Vec<Value> {
    let folder = root().join("tests/payloads");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of golden payloads")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            name.is_some_and(|name| name.split('.').next() == Some(kind))
        })
        .collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).expect("a readable file");
        serde_json::from_str(&text).expect("JSON")
    };
    files.iter().map(read).collect()
}

fn decodes<C: Contract>() -> &'static str {
    let golden = golden(C::KIND);
    assert!(!golden.is_empty(), "{} has no golden payload", C::KIND);
    for payload in &golden {
        let decoded: C = serde_json::from_value(payload.clone())
            .unwrap_or_else(|error| panic!("{}: {error}: {payload}", C::KIND));
        let again = serde_json::to_value(&decoded).expect("it encodes");
        let newest = golden.last() == Some(payload);
        assert!(
            !newest || again == *payload,
            "{}: add a new golden payload",
            C::KIND
        );
    }
    C::KIND
}

#[test]
fn golden_payloads_decode_for_ever() {
    let checked: BTreeSet<_> = [
        decodes::<AnalyzeTrack>(),
        decodes::<ImportMetrics>(),
        decodes::<JudgeChallenger>(),
        decodes::<MasterAlbum>(),
        decodes::<MasterTrack>(),
        decodes::<PreviewMaster>(),
        decodes::<RefreshAnalytics>(),
        decodes::<RefreshStaleAnalytics>(),
        decodes::<RollBackModel>(),
        decodes::<TrainChurnModel>(),
        decodes::<TrainForecaster>(),
        decodes::<WatchModel>(),
    ]
    .into();
    let kinds: BTreeSet<_> = KINDS.iter().copied().collect();
    assert_eq!(checked, kinds, "a kind is not checked here");
}

#[test]
fn payloads_hold_ids_and_nothing_that_is_secret_or_personal() {
    for kind in KINDS {
        for payload in golden(kind) {
            for (field, value) in payload.as_object().expect("an object") {
                let id = value
                    .as_str()
                    .is_some_and(|text| text.parse::<uuid::Uuid>().is_ok());
                assert!(field.ends_with("_id") && id, "{kind}: {field}: {value}");
            }
        }
    }
}
