//! The decisions: one a function, each with the figures that it went by.

use serde::{Deserialize, Serialize};

use super::compare::{Compared, Difference, compare, mean, mean_within};
use super::drift::Drift;
use super::policy::Policy;
use super::said::Said;
use super::sample::{Counted, Sample};

/// What shall become of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// All stays as it is.
    Nothing,
    /// A new version is trained.
    Retrain,
    /// The challenger is held against the champion.
    Judge,
    /// The champion before this one answers again.
    RollBack,
    /// The challenger becomes the champion.
    Promote,
    /// The challenger is no challenger any more.
    Drop,
    /// Nothing can be said yet; it is looked at again when there are more rows.
    Wait,
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// No figure calls for anything.
    Quiet,
    /// There are too few rows to say anything.
    TooFewRows,
    /// A retraining is called for, and the last was too lately.
    CoolingDown,
    /// A retraining is called for, and there is too little new to learn from.
    TooFewOutcomes,
    /// A retraining is on its way, or its version waits for rows.
    UnderWay,
    /// What is asked about looks otherwise than what was learned from.
    Drifted,
    /// Answers are surely worse than they were on held-out rows.
    ErrorRose,
    /// A challenger can be judged.
    ChallengerReady,
    /// The champion before this one is surely better on the rows since.
    OneBeforeIsBetter,
    /// The challenger is surely better.
    Better,
    /// It is as good, and surely better calibrated.
    BetterCalibrated,
    /// It is surely worse.
    Worse,
    /// It is as good, and no better in any way.
    NoBetter,
    /// The rows don't tell the two apart.
    Undecided,
    /// The rows didn't tell the two apart for as long as was waited.
    OutOfPatience,
}

/// The loss on live rows beside the one on held-out rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LiveError {
    /// Live rows whose truth is known.
    #[serde(flatten)]
    pub counted: Counted,
    /// Their mean loss.
    pub loss: f64,
    /// The mean loss on rows left out at the training.
    pub held_out: f64,
    /// By how much the live loss is above that.
    pub above: Difference,
    /// Whether it surely is by more than the policy lets it.
    pub rose: bool,
}

impl LiveError {
    /// Whether the live loss is surely above 0. A forecaster's is that beside the statistical methods:
    /// then they surely do better.
    pub fn is_above_zero(&self) -> bool {
        self.held_out + self.above.low > 0.0
    }
}

/// How the champion did beside the one that it took the place of, on the rows since.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// The champion first, the one before it second.
    pub compared: Compared,
    /// Whether the one before is surely better.
    pub worse: bool,
}

/// What was judged of a challenger.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// What to do.
    pub decision: Decision,
    /// Why.
    pub because: Because,
    /// The champion first, the challenger second; none with too few rows.
    pub compared: Option<Compared>,
}

/// How a challenger stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Challenge {
    /// Rows that both versions can be judged on.
    #[serde(flatten)]
    pub counted: Counted,
    /// How many there were when it was judged last.
    pub judged_at: Option<usize>,
    /// Whether they are enough to judge it, again or for the first time.
    pub due: bool,
    /// Whether it has waited for longer than the policy lets it.
    pub out_of_patience: bool,
}

/// What a watch knows.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// What was found of drift; none with too few rows.
    pub drift: Option<Drift>,
    /// What was found of the live loss; none with too few rows.
    pub error: Option<LiveError>,
    /// What was found of the champion before; none without one, or with too few rows.
    pub review: Option<Review>,
    /// The challenger, where there is one.
    pub challenge: Option<Challenge>,
    /// Whether there is enough new that a retraining may learn from.
    pub learnable: bool,
    /// Hours since the last retraining was asked for.
    pub hours_since: Option<f64>,
    /// Whether one is under way.
    pub under_way: bool,
}

/// Whether rows are enough to be looked at, again or for the first time. Looking at every new row would
/// find a difference some day where there is none; so between two looks the rows double.
pub fn due(sample: &Sample, looked_at: Option<usize>, policy: &Policy) -> bool {
    let doubled = looked_at.map_or(0, |last| last.saturating_mul(2));
    sample.is_enough(policy) && sample.counted().rows >= doubled
}

/// Holds the losses of live rows against the mean loss on held-out rows; none with too few rows.
pub fn live_error(
    losses: &[f64],
    held_out: f64,
    sample: &Sample,
    policy: &Policy,
    seed: u64,
) -> Option<LiveError> {
    if !sample.is_enough(policy) {
        return None;
    }
    let above: Vec<f64> = losses.iter().map(|loss| loss - held_out).collect();
    let above = mean_within(&above, sample, policy.confidence, seed);
    Some(LiveError {
        counted: sample.counted(),
        loss: mean(losses),
        held_out,
        above,
        rose: above.low > policy.error_margin,
    })
}

/// Holds the champion against the one before it, on rows that it answered; none with too few.
pub fn review(
    champion: &impl Said,
    before: &impl Said,
    sample: &Sample,
    policy: &Policy,
    seed: u64,
) -> Option<Review> {
    if !sample.is_enough(policy) {
        return None;
    }
    let compared = compare(champion, before, sample, policy.confidence, seed);
    Some(Review {
        compared,
        worse: compared.loss.low > 0.0,
    })
}

/// Holds the challenger against the champion, on rows that neither was trained on.
pub fn judge(
    champion: &impl Said,
    challenger: &impl Said,
    sample: &Sample,
    out_of_patience: bool,
    policy: &Policy,
    seed: u64,
) -> Judgement {
    let undecided = |because, compared| Judgement {
        decision: if out_of_patience {
            Decision::Drop
        } else {
            Decision::Wait
        },
        because: if out_of_patience {
            Because::OutOfPatience
        } else {
            because
        },
        compared,
    };
    if !sample.is_enough(policy) {
        return undecided(Because::TooFewRows, None);
    }
    let compared = compare(champion, challenger, sample, policy.confidence, seed);
    let Difference { low, high, .. } = compared.loss;
    let decided = |decision, because| Judgement {
        decision,
        because,
        compared: Some(compared),
    };
    if low > 0.0 {
        return decided(Decision::Promote, Because::Better);
    }
    if high < 0.0 {
        return decided(Decision::Drop, Because::Worse);
    }
    // The bounds hold 0. Not worse by more than a tie is as good.
    if low >= -policy.tie {
        if compared.calibration_error.low > 0.0 {
            return decided(Decision::Promote, Because::BetterCalibrated);
        }
        if high <= policy.tie {
            return decided(Decision::Drop, Because::NoBetter);
        }
    }
    undecided(Because::Undecided, Some(compared))
}

/// What to do about a model, the most urgent first: a champion that does worse than the one before
/// it is not kept for a challenger's sake, and a challenger is judged before another is trained.
pub fn watch(facts: &Facts, policy: &Policy) -> (Decision, Because) {
    if facts.review.is_some_and(|review| review.worse) {
        return (Decision::RollBack, Because::OneBeforeIsBetter);
    }
    if facts.under_way {
        return (Decision::Nothing, Because::UnderWay);
    }
    if let Some(challenge) = facts.challenge {
        return if challenge.due || challenge.out_of_patience {
            (Decision::Judge, Because::ChallengerReady)
        } else {
            (Decision::Nothing, Because::UnderWay)
        };
    }
    let rose = facts.error.is_some_and(|error| error.rose);
    let drifted = facts.drift.as_ref().is_some_and(|drift| drift.drifted);
    let because = match (rose, drifted) {
        (true, _) => Because::ErrorRose,
        (false, true) => Because::Drifted,
        (false, false) if facts.drift.is_none() && facts.error.is_none() => {
            return (Decision::Nothing, Because::TooFewRows);
        }
        (false, false) => return (Decision::Nothing, Because::Quiet),
    };
    let cool_down = f64::from(policy.cool_down_hours);
    if facts.hours_since.is_some_and(|hours| hours < cool_down) {
        return (Decision::Nothing, Because::CoolingDown);
    }
    if !facts.learnable {
        return (Decision::Nothing, Because::TooFewOutcomes);
    }
    (Decision::Retrain, because)
}
