//! Made-up listeners, some of whom leave: rows to learn from.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::dice::Dice;

/// A file of listeners. Those on a free plan leave more often, and those who come often do less.
pub fn csv(count: usize, seed: u64) -> Vec<u8> {
    let mut dice = Dice(seed);
    let mut text = "listener,plan,visits,age,left\n".to_owned();
    for row in 0..count {
        let plan = ["free", "student", "paid"]
            .get(dice.below(3))
            .copied()
            .unwrap_or_default();
        let visits = dice.below(40);
        let age = if dice.percent(5) {
            String::new()
        } else {
            (16 + dice.below(60)).to_string()
        };
        let odds: usize = if plan == "free" { 55 } else { 20 };
        let left = if dice.percent((odds + 20).saturating_sub(visits)) {
            "yes"
        } else {
            "no"
        };
        // Writing to a string can't fail.
        let _ = writeln!(text, "u{seed}-{row},{plan},{visits},{age},{left}");
    }
    text.into_bytes()
}

/// Listeners to judge.
pub fn asked() -> Value {
    json!([
        { "plan": "free", "visits": 1, "age": 22 },
        { "plan": "paid", "visits": 38, "age": null },
        { "plan": "student", "visits": 17, "age": 19, "listener": "somebody" },
    ])
}

/// Who comes, and what makes them leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As in [`csv`].
    Usual,
    /// They come more often, and those who pay leave.
    Turned,
    /// They come more often, and leave as usual.
    Calm,
}

/// Listeners to ask about, each named by `listener`, and what becomes of them.
pub fn met(mood: Mood, count: usize, seed: u64) -> (Vec<Value>, Vec<Value>) {
    let mut dice = Dice(seed);
    let (mut rows, mut outcomes) = (Vec::new(), Vec::new());
    for row in 0..count {
        let plan = ["free", "student", "paid"]
            .get(dice.below(3))
            .copied()
            .unwrap_or_default();
        let visits = dice.below(40) + if mood == Mood::Usual { 0 } else { 25 };
        let odds: usize = match (mood, plan) {
            (Mood::Turned, "paid") => 75,
            (Mood::Turned, _) => 10,
            (_, "free") => 75_usize.saturating_sub(visits),
            _ => 40_usize.saturating_sub(visits),
        };
        let key = format!("m{seed}-{row}");
        let age = 16 + dice.below(60);
        rows.push(json!({ "listener": key, "plan": plan, "visits": visits, "age": age }));
        outcomes.push(json!({ "key": key, "left": dice.percent(odds) }));
    }
    (rows, outcomes)
}
