//! The decisions on known cases, by property, and at their rates.

use super::*;
use crate::random::Random;
use crate::registry::Task;
use crate::trees::sigmoid;

/// What two versions said of people, judged.
fn held_against(
    first: &[f64],
    second: &[f64],
    left: &[bool],
    out_of_patience: bool,
    policy: &Policy,
    seed: u64,
) -> Judgement {
    let said = |likely| Probabilities::new(likely, left);
    let people = Sample::people(left);
    judge(
        &said(first),
        &said(second),
        &people,
        out_of_patience,
        policy,
        seed,
    )
}

fn reviewed(first: &[f64], second: &[f64], left: &[bool]) -> Option<Review> {
    let said = |likely| Probabilities::new(likely, left);
    let policy = Policy::default();
    review(
        &said(first),
        &said(second),
        &Sample::people(left),
        &policy,
        1,
    )
}

fn erred(likely: &[f64], left: &[bool], held_out: f64) -> Option<LiveError> {
    let losses = log_losses(likely, left);
    live_error(
        &losses,
        held_out,
        &Sample::people(left),
        &Policy::default(),
        1,
    )
}

/// How two versions of people compare.
fn held(first: &[f64], second: &[f64], left: &[bool], confidence: f64, seed: u64) -> Compared {
    let said = |likely| Probabilities::new(likely, left);
    let people = Sample::people(left);
    compare(&said(first), &said(second), &people, confidence, seed)
}

#[test]
fn nothing_is_said_of_fewer_rows_than_the_policy_asks_for() {
    let truth = [true, false].repeat(140);
    let likely = vec![0.5; 280];
    assert!(erred(&likely, &truth, 0.1).is_none());
    assert!(reviewed(&likely, &likely, &truth).is_none());
    let judged = held_against(&likely, &likely, &truth, false, &Policy::default(), 1);
    assert_eq!(
        (judged.decision, judged.because),
        (Decision::Wait, Because::TooFewRows)
    );
    // Many rows that all stay say as little.
    let stay = vec![false; 5000];
    let judged = held_against(
        &vec![0.5; 5000],
        &vec![0.1; 5000],
        &stay,
        false,
        &Policy::default(),
        1,
    );
    assert_eq!(judged.because, Because::TooFewRows);
}

/// Rows with what a version that knows the odds says of them, and the truth.
fn known(count: usize, seed: u64) -> (Vec<f64>, Vec<bool>) {
    let mut random = Random::new(seed);
    let odds: Vec<f64> = (0..count).map(|_| random.normal() * 1.5 - 1.0).collect();
    let truth = odds
        .iter()
        .map(|odds| random.unit() < sigmoid(*odds))
        .collect();
    (odds.into_iter().map(sigmoid).collect(), truth)
}

#[test]
fn who_knows_more_is_promoted_and_who_knows_less_is_dropped() {
    let policy = Policy::default();
    let (likely, truth) = known(1000, 3);
    let blunt = vec![0.3; 1000];
    let judged = held_against(&blunt, &likely, &truth, false, &policy, 1);
    assert_eq!(
        (judged.decision, judged.because),
        (Decision::Promote, Because::Better)
    );
    let judged = held_against(&likely, &blunt, &truth, false, &policy, 1);
    assert_eq!(
        (judged.decision, judged.because),
        (Decision::Drop, Because::Worse)
    );
    let found = reviewed(&likely, &blunt, &truth).unwrap();
    assert!(!found.worse);
    assert!(reviewed(&blunt, &likely, &truth).unwrap().worse);
}

#[test]
fn a_version_is_never_better_than_itself() {
    for seed in 0..30 {
        let (likely, truth) = known(400, seed);
        let judged = held_against(&likely, &likely, &truth, false, &Policy::default(), seed);
        assert_eq!(
            (judged.decision, judged.because),
            (Decision::Drop, Because::NoBetter)
        );
        let compared = judged.compared.unwrap();
        assert_eq!(
            (
                compared.loss.low,
                compared.loss.high,
                compared.calibration_error.low
            ),
            (0.0, 0.0, 0.0)
        );
    }
}

#[test]
fn as_good_and_better_calibrated_is_promoted() {
    // The second says what is true; the first is off by a little, up for one half and down for the
    // other, so that the loss hardly tells and the calibration does.
    let (likely, truth) = known(20_000, 5);
    let off: Vec<f64> = likely
        .iter()
        .map(|likely| {
            let odds = (likely / (1.0 - likely)).ln();
            sigmoid(0.85 * (odds + 1.0) - 1.0 - 0.06)
        })
        .collect();
    let policy = Policy {
        confidence: 0.9999,
        ..Policy::default()
    };
    let judged = held_against(&off, &likely, &truth, false, &policy, 1);
    assert_eq!(judged.decision, Decision::Promote, "{judged:?}");
    assert!(judged.compared.unwrap().calibration_error.low > 0.0);
}

#[test]
fn whoever_waits_too_long_is_dropped() {
    let (likely, truth) = known(320, 8);
    let near: Vec<f64> = likely
        .iter()
        .enumerate()
        .map(|(row, likely)| {
            if row % 2 == 0 {
                likely * 0.8
            } else {
                (likely * 1.2).min(0.99)
            }
        })
        .collect();
    let policy = Policy {
        tie: 0.0,
        ..Policy::default()
    };
    let judged = held_against(&likely, &near, &truth, false, &policy, 1);
    assert_eq!(
        (judged.decision, judged.because),
        (Decision::Wait, Because::Undecided),
        "{judged:?}"
    );
    let judged = held_against(&likely, &near, &truth, true, &policy, 1);
    assert_eq!(
        (judged.decision, judged.because),
        (Decision::Drop, Because::OutOfPatience)
    );
}

#[test]
fn swapping_two_versions_turns_every_difference_round() {
    for seed in 0..20 {
        let (likely, truth) = known(300, seed);
        let other: Vec<f64> = likely.iter().map(|likely| 0.1 + 0.8 * likely).collect();
        let there = held(&likely, &other, &truth, 0.95, seed);
        let back = held(&other, &likely, &truth, 0.95, seed);
        for (one, two) in [
            (there.loss, back.loss),
            (there.calibration_error, back.calibration_error),
        ] {
            assert!((one.mean + two.mean).abs() < 1e-12);
            assert!((one.low + two.high).abs() < 1e-9 && (one.high + two.low).abs() < 1e-9);
            assert!(one.low <= one.high);
        }
        assert_eq!(there, held(&likely, &other, &truth, 0.95, seed));
    }
}

#[test]
fn the_live_loss_rises_only_where_it_surely_is_above_the_margin() {
    let (likely, truth) = known(1000, 9);
    let losses = log_losses(&likely, &truth);
    let loss = losses.iter().sum::<f64>() / 1000.0;
    let found = erred(&likely, &truth, loss).unwrap();
    assert!(!found.rose && found.above.mean.abs() < 1e-12);
    assert!(erred(&likely, &truth, loss - 0.2).unwrap().rose);
    assert!(!erred(&likely, &truth, loss + 0.2).unwrap().rose);
}

#[test]
fn a_look_is_due_when_the_rows_have_doubled() {
    let policy = Policy::default();
    let people = |rows| Sample::People {
        rows,
        left: rows / 4,
    };
    let due = |rows, looked_at| due(&people(rows), looked_at, &policy);
    assert!(!due(299, None) && due(300, None));
    assert!(!due(599, Some(300)) && due(600, Some(300)));
    let mut looked_at = None;
    let looks = (0..100_000).filter(|rows| {
        let due = due(*rows, looked_at);
        looked_at = if due { Some(*rows) } else { looked_at };
        due
    });
    assert_eq!(looks.count(), 9);
    // Of one class alone nothing is said, however many there are.
    let stay = Sample::People {
        rows: 5000,
        left: 19,
    };
    assert!(!super::due(&stay, None, &policy));
}

/// So many weeks of so many series.
fn weeks(series: usize, weeks: usize) -> Sample {
    let rows = (0..weeks).flat_map(|week| (0..series).map(move |series| (series, week)));
    let (series, weeks) = rows.unzip();
    Sample::Weeks { series, weeks }
}

#[test]
fn weeks_are_enough_only_when_there_are_several_of_several_series() {
    let policy = Policy::usual(Task::Forecast);
    for (series, count, enough) in [
        (200, 5, false),
        (20, 6, true),
        (16, 6, false),
        (16, 7, true),
        (7, 50, false),
        (8, 13, true),
    ] {
        let sample = weeks(series, count);
        assert_eq!(due(&sample, None, &policy), enough, "{series} × {count}");
        let counted = sample.counted();
        assert_eq!(
            (counted.rows, counted.series, counted.weeks, counted.left),
            (series * count, Some(series), Some(count), None)
        );
    }
}

/// What moves all series in a week counts once, however many series there are; Student's bound over
/// the weeks' means is the known answer.
#[test]
fn bounds_go_by_weeks_where_weeks_are_what_differs() {
    let gains = [0.03, -0.01, 0.05, 0.02, 0.06, 0.01, 0.04, 0.00];
    let sample = weeks(400, gains.len());
    let mut random = Random::new(4);
    let gains = gains.iter().flat_map(|gain| [*gain; 400]);
    let values: Vec<f64> = gains.map(|gain| gain + 0.001 * random.normal()).collect();
    let found = mean_within(&values, &sample, 0.9, 1);
    // Mean 0.025, standard deviation 0.0245, and 1.415 of Student's with seven degrees of freedom.
    let half = 1.415 * 0.0245 / 8.0_f64.sqrt();
    assert!((found.mean - 0.025).abs() < 1e-3, "{found:?}");
    assert!((found.low - (0.025 - half)).abs() < 2e-3, "{found:?}");
    assert!((found.high - (0.025 + half)).abs() < 2e-3, "{found:?}");
    // As if every row were for itself, it would have been sure.
    let alone = Sample::People {
        rows: values.len(),
        left: 100,
    };
    let alone = mean_within(&values, &alone, 0.9, 1);
    assert!(alone.high - alone.low < 0.1 * (found.high - found.low));
}

#[test]
fn a_forecaster_is_promoted_for_its_errors_or_for_its_intervals() {
    let sample = weeks(20, 12);
    let policy = Policy::usual(Task::Forecast);
    let mut random = Random::new(2);
    let losses: Vec<f64> = (0..240).map(|_| 0.5 + random.unit()).collect();
    let said = |less: f64, within: f64| Intervals {
        losses: losses.iter().map(|loss| loss - less).collect(),
        within: vec![within; 240],
        level: 0.8,
    };
    let champion = said(0.0, 0.6);
    for (other, decision, because) in [
        (said(0.1, 0.6), Decision::Promote, Because::Better),
        (said(-0.1, 0.8), Decision::Drop, Because::Worse),
        (said(0.0, 0.8), Decision::Promote, Because::BetterCalibrated),
        (said(0.0, 0.6), Decision::Drop, Because::NoBetter),
        (said(0.0, 1.0), Decision::Drop, Because::NoBetter),
    ] {
        let judged = judge(&champion, &other, &sample, false, &policy, 1);
        assert_eq!((judged.decision, judged.because), (decision, because));
    }
}

/// Every combination of what a watch may know.
fn situations() -> Vec<Facts> {
    let worse = |low| Review {
        compared: {
            let mut compared = held(&[0.5], &[0.5], &[true], 0.9, 1);
            compared.loss.low = low;
            compared
        },
        worse: low > 0.0,
    };
    let error = |rose| LiveError {
        counted: Counted::default(),
        loss: 0.5,
        held_out: 0.4,
        above: Difference {
            mean: 0.1,
            low: 0.05,
            high: 0.2,
        },
        rose,
    };
    let drift = |drifted| Drift {
        rows: 300,
        columns: 1,
        moved: Vec::new(),
        drifted,
    };
    let challenge = |due| Challenge {
        counted: Counted::default(),
        judged_at: None,
        due,
        out_of_patience: false,
    };
    let mut all = Vec::new();
    for review in [None, Some(worse(-0.1)), Some(worse(0.1))] {
        for error in [None, Some(error(false)), Some(error(true))] {
            for drift in [None, Some(drift(false)), Some(drift(true))] {
                for challenge in [None, Some(challenge(false)), Some(challenge(true))] {
                    for hours_since in [None, Some(1.0), Some(1000.0)] {
                        for learnable in [false, true] {
                            for under_way in [false, true] {
                                all.push(Facts {
                                    drift: drift.clone(),
                                    error,
                                    review,
                                    challenge,
                                    learnable,
                                    hours_since,
                                    under_way,
                                });
                            }
                        }
                    }
                }
            }
        }
    }
    all
}

#[test]
fn a_watch_does_nothing_that_its_figures_do_not_call_for() {
    let policy = Policy::default();
    let mut seen = std::collections::BTreeMap::new();
    for facts in situations() {
        let (decision, because) = watch(&facts, &policy);
        *seen.entry(format!("{decision:?}")).or_insert(0) += 1;
        let calls = facts.drift.as_ref().is_some_and(|it| it.drifted)
            || facts.error.is_some_and(|it| it.rose);
        match decision {
            Decision::RollBack => assert!(facts.review.unwrap().worse),
            Decision::Judge => assert!(facts.challenge.unwrap().due && !facts.under_way),
            Decision::Retrain => {
                assert!(calls && !facts.under_way && facts.challenge.is_none());
                assert!(facts.hours_since.is_none_or(|hours| hours >= 168.0));
                assert!(facts.learnable);
            }
            Decision::Nothing => {
                assert!(!facts.review.is_some_and(|it| it.worse));
                if matches!(because, Because::Quiet | Because::TooFewRows) {
                    assert!(!calls);
                }
            }
            other => panic!("{other:?} is not a watch's"),
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

/// A smaller run of what `maxbooster eval upkeep` prints: wrong decisions are rare, and what matters is found.
#[test]
fn wrong_decisions_are_rare_and_what_matters_is_found() {
    let policy = Policy::default();
    let rate = |rule, runs| simulate(rule, &policy, runs, 11).per_thousand;
    assert!(
        rate(
            Rule::Drift {
                rows: 200,
                moved: 0.0
            },
            200
        ) <= 10.0
    );
    assert!(
        rate(
            Rule::Drift {
                rows: 1000,
                moved: 0.0
            },
            100
        ) <= 10.0
    );
    assert!(
        rate(
            Rule::Drift {
                rows: 500,
                moved: 0.75
            },
            50
        ) >= 900.0
    );
    assert!(
        rate(
            Rule::Error {
                rows: 300,
                moved: 0.0
            },
            100
        ) <= 20.0
    );
    assert!(
        rate(
            Rule::Error {
                rows: 1000,
                moved: 1.5
            },
            30
        ) >= 900.0
    );
    assert!(rate(Rule::Promotion { spread: 1.0 }, 40) <= 75.0);
    assert!(rate(Rule::Promotion { spread: 2.0 }, 20) >= 900.0);
    let forecasts = Policy::usual(Task::Forecast);
    let of_series = |gain, runs| {
        let rule = Rule::Forecasts { series: 16, gain };
        simulate(rule, &forecasts, runs, 11).per_thousand
    };
    assert!(of_series(0.0, 40) <= 75.0);
    assert!(of_series(0.1, 20) >= 900.0);
    assert!(rate(Rule::RollBack { spread: 1.0 }, 40) <= 75.0);
    assert!(rate(Rule::RollBack { spread: 2.0 }, 20) >= 900.0);
}
