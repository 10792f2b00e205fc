//! Models from beginning to end, on rows made up here.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a graph's numbers are held in double precision here, and are those of the operators"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{
    Choice, INPUT, Metrics, Model, OUTPUT, Plan, Report, Training, export, import, truths,
};
use crate::onnx::{self, Attribute, Limits, Values};
use crate::random::Random;
use crate::table::Table;
use crate::{Control, MlError, Unwatched};

/// Rows whose chance to leave is known: it depends on plan, age and their interaction.
fn rows(count: usize, seed: u64) -> (Table, Vec<f64>) {
    let mut random = Random::new(seed);
    let mut text = "user,plan,age,visits,churn\n".to_owned();
    let mut chances = Vec::new();
    for row in 0..count {
        let plan = ["free", "student", "paid"][random.below(3)];
        let age = 18.0 + 60.0 * random.unit();
        let visits = (random.normal() * 2.0).exp();
        let mut odds = -1.2 + if plan == "free" { 1.4 } else { 0.0 };
        odds += if plan == "paid" && age > 50.0 {
            -2.0
        } else {
            0.02 * (40.0 - age)
        };
        odds -= 0.4 * visits.ln();
        let chance = crate::trees::sigmoid(odds);
        let answer = if random.unit() < chance { "yes" } else { "no" };
        let age = if random.unit() < 0.05 {
            String::new()
        } else {
            format!("{age:.1}")
        };
        writeln!(text, "u-{seed}-{row},{plan},{age},{visits},{answer}").unwrap();
        chances.push(chance);
    }
    (Table::read(text.as_bytes()).unwrap(), chances)
}

fn quick(seed: u64) -> Plan {
    let mut plan = Plan::new(seed);
    plan.most_trees = 60;
    plan.most_runs = 2;
    for settings in &mut plan.candidates {
        settings.rate = 0.15;
    }
    plan
}

fn trained(table: &Table, seed: u64) -> (Model, Report) {
    Training::run(
        table,
        "churn",
        &Choice::default(),
        &quick(seed),
        &mut Unwatched,
    )
    .unwrap()
}

#[test]
fn probabilities_are_calibrated_and_nearly_as_good_as_the_true_chances() {
    let (table, _) = rows(4000, 1);
    let (model, report) = trained(&table, 7);
    let (fresh, chances) = rows(6000, 2);
    let truth = truths(&fresh, "churn").unwrap();
    let found = Metrics::new(&model.score(&fresh).unwrap(), &truth).unwrap();
    let best = Metrics::new(&chances, &truth).unwrap();
    assert!(found.ece < 0.025, "{found:?}");
    assert!(found.log_loss < best.log_loss + 0.012, "{found:?} {best:?}");
    assert!(found.auc > best.auc - 0.012, "{found:?} {best:?}");
    assert_eq!(report.dropped[0].column, "user", "an id helps nobody");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let (table, _) = rows(800, 1);
    let bytes = |seed: u64| {
        let (model, report) = trained(&table, seed);
        export(&model, &report).unwrap()
    };
    assert_eq!(bytes(7), bytes(7));
    assert_ne!(bytes(7), bytes(8));
}

#[test]
fn a_cancelled_training_goes_on_from_its_kept_state_to_the_same_bytes() {
    struct Impatient(usize);
    impl Control for Impatient {
        fn progress(&mut self, _: f64) {
            self.0 = self.0.saturating_sub(1);
        }
        fn cancelled(&self) -> bool {
            self.0 == 0
        }
    }
    let (table, _) = rows(500, 3);
    let choice = Choice::default();
    let plan = quick(5);
    let whole = trained(&table, 5);
    let mut kept: Option<Vec<u8>> = None;
    let mut stops = 0;
    let parts = loop {
        let state = kept
            .as_deref()
            .map(|bytes| rmp_serde::from_slice(bytes).unwrap());
        let keep = &mut |state: &Training| kept = Some(rmp_serde::to_vec(state).unwrap());
        let done = Training::resume(
            state,
            &table,
            "churn",
            &choice,
            &plan,
            &mut Impatient(40),
            keep,
        );
        match done {
            Ok(done) => break done,
            Err(MlError::Cancelled) => stops += 1,
            Err(other) => panic!("{other}"),
        }
    };
    assert!(stops >= 2, "it was stopped on the way");
    assert_eq!(
        export(&parts.0, &parts.1).unwrap(),
        export(&whole.0, &whole.1).unwrap()
    );

    let state: Training = rmp_serde::from_slice(&kept.unwrap()).unwrap();
    let (others, _) = rows(500, 4);
    let refused = Training::resume(
        Some(state),
        &others,
        "churn",
        &choice,
        &plan,
        &mut Unwatched,
        &mut |_| {},
    );
    assert_eq!(refused.unwrap_err().code(), "bad_data");
}

#[test]
fn progress_never_goes_back_and_ends_near_one() {
    struct Watched(f64);
    impl Control for Watched {
        fn progress(&mut self, fraction: f64) {
            assert!(fraction >= self.0, "{fraction} after {}", self.0);
            self.0 = fraction;
        }
        fn cancelled(&self) -> bool {
            false
        }
    }
    let (table, _) = rows(400, 3);
    let mut watched = Watched(0.0);
    Training::run(&table, "churn", &Choice::default(), &quick(1), &mut watched).unwrap();
    assert!(watched.0 > 0.8, "{}", watched.0);
}

#[test]
fn the_written_graph_says_what_the_model_says() {
    let (table, _) = rows(1200, 1);
    let (model, report) = trained(&table, 7);
    let bytes = export(&model, &report).unwrap();
    let graph = onnx::read(&bytes, &Limits::default()).unwrap();
    let (fresh, _) = rows(300, 2);
    let matrix = model.schema.encode(&fresh).unwrap();
    let (read_back, report_back) = import(&bytes).unwrap();
    assert_eq!(report_back.fingerprint, report.fingerprint);
    assert!((report_back.inner.auc - report.inner.auc).abs() < 1e-12);
    for row in 0..matrix.rows() {
        let row = matrix.row(row);
        let told = model.probability(&row);
        let by_graph = run(&graph, &row);
        assert!((by_graph - told).abs() < 1e-5, "{by_graph} {told}");
        assert!((read_back.probability(&row) - told).abs() < 1e-5);
    }
}

#[test]
fn reasons_add_up_to_the_log_odds_before_and_after_the_file() {
    let (table, _) = rows(1200, 1);
    let (model, report) = trained(&table, 7);
    let (read_back, _) = import(&export(&model, &report).unwrap()).unwrap();
    let row = model.schema.encode(&table).unwrap().row(0);
    for model in [&model, &read_back] {
        let (base, reasons) = model.reasons(&row);
        let sum = base + reasons.iter().map(|reason| reason.log_odds).sum::<f64>();
        assert!((crate::trees::sigmoid(sum) - model.probability(&row)).abs() < 1e-9);
        let mut columns: Vec<&str> = reasons
            .iter()
            .map(|reason| reason.column.as_str())
            .collect();
        columns.sort_unstable();
        assert_eq!(columns, ["age", "plan", "visits"]);
    }
    let (one, two) = (model.reasons(&row).1, read_back.reasons(&row).1);
    assert!((one[0].log_odds - two[0].log_odds).abs() < 1e-4);
}

#[test]
fn a_file_that_is_no_churn_model_is_refused() {
    let (table, _) = rows(300, 1);
    let (model, report) = trained(&table, 7);
    let bytes = export(&model, &report).unwrap();
    let code = |bytes: &[u8]| import(bytes).unwrap_err().code();
    assert_eq!(code(b"not a model"), "model_damaged");
    let mut graph = onnx::read(&bytes, &Limits::default()).unwrap();
    graph
        .metadata
        .insert("task".to_owned(), "forecast".to_owned());
    assert_eq!(code(&onnx::encode(&graph)), "model_mismatch");
    let mut graph = onnx::read(&bytes, &Limits::default()).unwrap();
    if let Some(node) = graph.nodes.iter_mut().find(|node| node.op == "Greater") {
        node.op = "Less".to_owned();
    }
    assert_eq!(
        code(&onnx::encode(&graph)),
        "model_mismatch",
        "another graph of the same constants"
    );
}

#[test]
fn too_few_rows_of_a_class_are_refused() {
    let (table, _) = rows(24, 1);
    let refused = Training::run(
        &table,
        "churn",
        &Choice::default(),
        &quick(1),
        &mut Unwatched,
    );
    assert_eq!(refused.unwrap_err().code(), "bad_data");
}

/// A value while a graph is run: numbers, row by row, and how many a row; N is 1.
type Value = Vec<f64>;

/// Runs a graph of the operators that churn models use on one row, in single precision, by the
/// operators' definitions.
fn run(graph: &onnx::Model, row: &[f32]) -> f64 {
    let mut values: BTreeMap<&str, Value> = BTreeMap::new();
    for tensor in &graph.tensors {
        let numbers = match &tensor.values {
            Values::Float(numbers) => numbers.iter().copied().map(f64::from).collect(),
            Values::Int64(numbers) => numbers.iter().map(|number| *number as f64).collect(),
        };
        values.insert(&tensor.name, numbers);
    }
    values.insert(INPUT, row.iter().copied().map(f64::from).collect());
    for node in &graph.nodes {
        let one = &values[node.inputs[0].as_str()];
        let two = node.inputs.get(1).map(|name| &values[name.as_str()]);
        let pairs = |of: &dyn Fn(f32, f32) -> f32| -> Value {
            let two = two.unwrap();
            let other = |place: usize| two[if two.len() == 1 { 0 } else { place }];
            let single =
                |(place, number): (usize, &f64)| f64::from(of(*number as f32, other(place) as f32));
            one.iter().enumerate().map(single).collect()
        };
        let result = match node.op.as_str() {
            "Gather" => {
                let axis = i64::from(node.inputs[0] == INPUT);
                assert_eq!(node.attributes["axis"], Attribute::Int(axis));
                two.unwrap()
                    .iter()
                    .map(|place| one[*place as usize])
                    .collect()
            }
            "Greater" => pairs(&|one, two| f32::from(u8::from(one > two))),
            "Cast" | "Identity" => one.clone(),
            "Mul" => pairs(&|one, two| one * two),
            "Add" => pairs(&|one, two| one + two),
            "MatMul" => vec![
                one.iter()
                    .zip(two.unwrap())
                    .map(|(one, two)| one * two)
                    .sum(),
            ],
            "Sigmoid" => one
                .iter()
                .map(|number| 1.0 / (1.0 + (-number).exp()))
                .collect(),
            other => panic!("{other} is not expected here"),
        };
        values.insert(&node.outputs[0], result);
    }
    values[OUTPUT][0]
}

#[test]
fn intervals_hold_the_rate_of_left_out_rows_as_often_as_they_say() {
    // Regions of rows that no tree was grown on, whose true chances are known.
    let (mut held, mut regions) = (0, 0);
    for seed in 0..12 {
        let (table, _) = rows(1500, 100 + seed);
        let (model, report) = trained(&table, seed);
        let grounds = report.grounds.unwrap();
        let (others, chances) = rows(6000, 900 + seed);
        let likely = model.score(&others).unwrap();
        let mut of: BTreeMap<usize, [f64; 4]> = BTreeMap::new();
        for (likely, chance) in likely.iter().zip(&chances) {
            let (low, high) = grounds.interval(*likely).unwrap();
            let region = grounds.regions.partition_point(|it| it.up_to < *likely);
            let sums = of.entry(region.min(grounds.regions.len() - 1)).or_default();
            for (sum, part) in sums.iter_mut().zip([1.0, *chance, low, high]) {
                *sum += part;
            }
        }
        for [count, chance, low, high] in of.into_values().filter(|sums| sums[0] >= 100.0) {
            held += usize::from((low..=high).contains(&chance));
            regions += usize::from(count > 0.0);
        }
    }
    let share = f64::from(held as u32) / f64::from(regions as u32);
    println!("{held} of {regions} regions");
    assert!(regions > 120 && (0.72..=0.95).contains(&share), "{share}");
}

#[test]
fn what_is_recommended_makes_leaving_less_likely_beyond_the_interval() {
    let (table, _) = rows(2000, 31);
    let (model, report) = trained(&table, 1);
    let grounds = report.grounds.unwrap();
    let matrix = model.schema.encode(&table).unwrap();
    let changeable = ["plan", "visits"];
    let mut told = 0;
    for place in 0..300 {
        let row = matrix.row(place);
        let before = model.probability(&row);
        let (low, _) = grounds.interval(before).unwrap();
        for action in model.actions(&row, &changeable, &grounds) {
            told += 1;
            assert!(action.probability < low && low <= before);
            assert!(action.rows_alike > 0 && changeable.contains(&action.column.as_str()));
            assert!((action.interval.0..=action.interval.1).contains(&action.probability));
        }
        assert!(model.actions(&row, &[], &grounds).is_empty());
        assert!(model.actions(&row, &["nothing"], &grounds).is_empty());
    }
    assert!(told > 50, "{told}");
    // Young people on a free plan who hardly come leave; those who pay or come often don't.
    let plan = grounds
        .seen("plan")
        .iter()
        .map(|(_, rows)| rows)
        .sum::<usize>();
    assert_eq!(plan, 2000);
    let text = "user,plan,age,visits,churn\nx,free,25,0.05,no\n";
    let lost = model
        .schema
        .encode(&Table::read(text.as_bytes()).unwrap())
        .unwrap();
    let actions = model.actions(&lost.row(0), &changeable, &grounds);
    let columns: Vec<&str> = actions
        .iter()
        .map(|action| action.column.as_str())
        .collect();
    assert!(
        columns.contains(&"plan") && columns.contains(&"visits"),
        "{actions:?}"
    );
    let plan = actions
        .iter()
        .find(|action| action.column == "plan")
        .unwrap();
    assert_ne!(plan.value, super::Seen::Category("free".to_owned()));
}

#[test]
fn grounds_are_kept_in_the_file_and_older_files_have_none() {
    let (table, _) = rows(400, 5);
    let (model, mut report) = trained(&table, 2);
    let (_, told) = import(&export(&model, &report).unwrap()).unwrap();
    // JSON may lose the last bit of a number.
    let (told, known) = (told.grounds.unwrap(), report.grounds.take().unwrap());
    assert_eq!(told.columns, known.columns);
    for likely in [0.01, 0.2, 0.7] {
        let (told, known) = (
            told.interval(likely).unwrap(),
            known.interval(likely).unwrap(),
        );
        assert!((told.0 - known.0).abs() + (told.1 - known.1).abs() < 1e-12);
    }
    let (_, told) = import(&export(&model, &report).unwrap()).unwrap();
    assert_eq!(told, report);
}
