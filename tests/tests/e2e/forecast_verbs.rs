//! `maxbooster forecast`, `train-forecast` and `eval m4` on local files.

use std::fmt::Write as _;

use serde_json::{Value, json};
use support::dice::Dice;
use support::site::Site;

/// Series of a weekly season on a walk, with what followed, one JSON object a line.
fn series(count: usize, days: usize, horizon: usize) -> String {
    let mut dice = Dice(5);
    let mut text = String::new();
    for index in 0..count {
        let mut level = 200.0 + 50.0 * index as f64;
        let values: Vec<f64> = (0..days + horizon)
            .map(|day| {
                level *= 1.0 + 0.01 * (dice.below(7) as f64 - 3.0);
                (level * [1.0, 1.1, 0.9, 1.0, 1.2, 1.5, 1.3][day % 7]).round()
            })
            .collect();
        let line = json!({
            "id": format!("xx-{index}"), "m": 7, "h": horizon, "start": "2026-03-02",
            "train": values[..days], "test": values[days..],
        });
        writeln!(text, "{line}").unwrap();
    }
    text
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().unwrap();
    values.iter().map(|value| value.as_f64().unwrap()).collect()
}

async fn forecast(site: &Site, args: &str) -> Vec<Value> {
    let words = format!("forecast --output out.jsonl {args}");
    let words: Vec<&str> = words.split_whitespace().collect();
    site.run(&words).await.well();
    lines(&std::fs::read_to_string(site.folder().join("out.jsonl")).unwrap())
}

#[tokio::test]
async fn every_model_forecasts_every_series_in_order() {
    let site = Site::sqlite();
    let mut text = series(6, 60, 5);
    // What a global model can't take, and what little can be said of.
    text += "{\"id\":\"below\",\"train\":[3,-1,2,0,1,4,-2,3]}\n\n";
    text += "{\"id\":\"one\",\"train\":[7]}\n{\"id\":\"none\",\"train\":[0,0,0]}\n";
    site.file("in.jsonl", text.as_bytes());
    for model in ["auto", "ets", "theta", "dot", "naive2"] {
        let args = format!("--input in.jsonl --horizon 5 --season 7 --model {model}");
        let found = forecast(&site, &args).await;
        let ids: Vec<&str> = found
            .iter()
            .map(|line| line["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids[6..], ["below", "one", "none"], "{model}");
        assert_eq!(ids.len(), 9);
        for line in &found {
            let (low, mean) = (numbers(&line["q10"]), numbers(&line["mean"]));
            let high = numbers(&line["q90"]);
            assert_eq!((low.len(), mean.len(), high.len()), (5, 5, 5));
            for step in 0..5 {
                let sound = low[step] <= mean[step] && mean[step] <= high[step];
                assert!(sound, "{model}: {line}");
            }
        }
        assert_eq!(numbers(&found[7]["mean"]), [7.0; 5]);
    }
}

/// One model, made from other series, on both runtimes; the file is compressed by its name.
#[tokio::test]
async fn a_trained_file_forecasts_other_series_on_both_runtimes() {
    let site = Site::sqlite();
    site.file("train.jsonl", series(9, 50, 3).as_bytes());
    site.file("in.jsonl", series(4, 70, 3).as_bytes());
    let train = [
        "train-forecast",
        "--input",
        "train.jsonl",
        "--horizon",
        "3",
        "--season",
        "7",
    ];
    let train = [
        &train[..],
        &["--model-out", "m.onnx", "--networks", "2", "--steps", "30"],
    ]
    .concat();
    let said = site.run(&train).await.well();
    assert!(said.contains("9 series"), "{said}");
    let args = "--input in.jsonl --horizon 3 --season 7 --model m.onnx";
    let tract = forecast(&site, args).await;
    assert_eq!(tract.len(), 4);
    let packed = [
        "forecast",
        "--input",
        "in.jsonl",
        "--horizon",
        "3",
        "--season",
        "7",
    ];
    let packed = [
        &packed[..],
        &["--model", "m.onnx", "--output", "out.jsonl.gz"],
    ]
    .concat();
    site.run(&packed).await.well();
    let bytes = std::fs::read(site.folder().join("out.jsonl.gz")).unwrap();
    assert!(bytes.starts_with(&[0x1f, 0x8b]));

    let other = "forecast --input in.jsonl --horizon 4 --season 7 --model m.onnx --output o.jsonl";
    let other: Vec<&str> = other.split(' ').collect();
    let refused = site.run(&other).await.refused();
    assert!(
        refused.contains("horizon of 3, not 4") && refused.contains("model_mismatch"),
        "{refused}"
    );
    let mut wrong = std::fs::read(site.folder().join("m.onnx")).unwrap();
    let middle = wrong.len() / 2;
    wrong[middle] ^= 1;
    site.file("wrong.onnx", &wrong);
    let damaged = "forecast --input in.jsonl --horizon 3 --season 7 --model wrong.onnx --output o";
    let damaged: Vec<&str> = damaged.split(' ').collect();
    let refused = site.run(&damaged).await.refused();
    assert!(refused.contains("model_damaged"), "{refused}");

    // `test.sh` brings the library and names it here.
    let library = std::env::var("MAXBOOSTER_TEST_ONNXRUNTIME");
    let library =
        library.expect("MAXBOOSTER_TEST_ONNXRUNTIME names libonnxruntime.so: see test.sh");
    let site = site
        .with("ml.runtime", "native")
        .with("ml.library", library);
    let native = forecast(&site, args).await;
    for (one, other) in tract.iter().zip(&native) {
        for field in ["mean", "q10", "q90"] {
            for (one, other) in numbers(&one[field]).iter().zip(numbers(&other[field])) {
                assert!(
                    (one - other).abs() <= 1e-5 * other.abs(),
                    "{field}: {one} {other}"
                );
            }
        }
    }
    let site = site.with("ml.library", "/nowhere/libonnxruntime.so");
    let words: Vec<&str> = "forecast --output o.jsonl"
        .split(' ')
        .chain(args.split(' '))
        .collect();
    let refused = site.run(&words).await.refused();
    assert!(refused.contains("runtime_unavailable"), "{refused}");
}

#[tokio::test]
async fn bad_input_names_line_field_and_rule() {
    let site = Site::sqlite();
    let good = series(1, 20, 3);
    for (line, words) in [
        (
            "{\"id\":\"a\",\"train\":[]}",
            "line 2, train: must have at least one value",
        ),
        (
            "{\"id\":\"a\",\"train\":[1,1e300]}",
            "line 2, train[1]: must lie within",
        ),
        ("{\"train\":[1]}", "line 2, id: missing field"),
        ("no series", "line 2, column"),
        (
            "{\"id\":\"a\",\"train\":[1],\"start\":\"soon\"}",
            "line 2, start: must be a date",
        ),
    ] {
        site.file("in.jsonl", format!("{good}{line}\n").as_bytes());
        let args = "forecast --input in.jsonl --horizon 3 --season 7 --output out.jsonl";
        let args: Vec<&str> = args.split(' ').collect();
        let refused = site.run(&args).await.refused();
        assert!(
            refused.contains(words) && refused.contains("bad_line"),
            "{refused}"
        );
        assert!(!site.folder().join("out.jsonl").exists());
    }
    site.file("in.jsonl", good.as_bytes());
    site.file("cut.jsonl.gz", &[0x1f, 0x8b, 8, 0, 0]);
    for (args, words) in [
        (
            "--input in.jsonl --horizon 0 --season 7",
            "horizon: must be 1 to 512",
        ),
        (
            "--input in.jsonl --horizon 3 --season 400",
            "season: must be 1 to 366",
        ),
        (
            "--input in.jsonl --horizon 3 --season 7 --model best",
            "--model",
        ),
        (
            "--input in.jsonl --horizon 3 --season 7 --model no.onnx",
            "no.onnx",
        ),
        (
            "--input in.jsonl --horizon 3 --season 7 --model global",
            "at least 2 series",
        ),
        (
            "--input missing.jsonl --horizon 3 --season 7",
            "missing.jsonl",
        ),
        (
            "--input cut.jsonl.gz --horizon 3 --season 7",
            "cut.jsonl.gz",
        ),
    ] {
        let words_of = format!("forecast {args} --output out.jsonl");
        let refused = site
            .run(&words_of.split(' ').collect::<Vec<_>>())
            .await
            .refused();
        assert!(refused.contains(words), "{args}: {refused}");
    }
}

#[tokio::test]
async fn eval_measures_each_file_of_a_folder() {
    let site = Site::sqlite();
    std::fs::create_dir(site.folder().join("data")).unwrap();
    site.file("data/m3_yearly.dev.jsonl", series(5, 60, 4).as_bytes());
    site.file("data/own.heldout.jsonl", series(3, 40, 4).as_bytes());
    let args = [
        "eval", "m4", "--data", "data", "--model", "naive2", "--json",
    ];
    let found = lines(&site.run(&args).await.well());
    let groups: Vec<&str> = found
        .iter()
        .map(|line| line["group"].as_str().unwrap())
        .collect();
    assert_eq!(groups, ["m3_yearly.dev", "own.heldout"]);
    for line in &found {
        assert!(
            (line["owa"].as_f64().unwrap() - 1.0).abs() < 1e-12,
            "Naive2 against itself"
        );
        assert!(line["coverage"].as_f64().is_some() && line["mase"].as_f64().is_some());
    }
    assert_eq!(found[0]["peers"].as_array().unwrap().len(), 4);
    let table = site.run(&args[..6]).await.well();
    assert!(
        table.contains("median of four") && table.contains("held-out halves"),
        "{table}"
    );
    site.file(
        "data/x.jsonl",
        b"{\"id\":\"a\",\"train\":[1,2],\"m\":1,\"h\":3,\"test\":[1]}",
    );
    let refused = site.run(&args).await.refused();
    assert!(
        refused.contains("line 1, test: must have h = 3 values"),
        "{refused}"
    );
}
