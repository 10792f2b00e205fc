//! Whose turn it is.

use std::time::Duration;

use db::Time;

use super::Duty;
use crate::jitter;

/// The duties of one term, each with its next turn.
pub(super) struct Rota {
    seed: u64,
    turns: Vec<Turn>,
}

struct Turn {
    duty: Duty,
    at: Time,
    /// How often it has come round.
    round: u64,
}

impl Rota {
    /// The duties of a term that begins at `now`.
    pub(super) fn begin(duties: Vec<Duty>, seed: u64, now: Time) -> Self {
        let mut turns = Vec::with_capacity(duties.len());
        for (number, duty) in (0_u64..).zip(duties) {
            // Office changes, and with it the first round: a process that lives shorter than a
            // round must still have a chance to come to its end.
            let share = jitter::fraction(seed, &[number, 0]);
            let wait = if duty.at_once {
                Duration::ZERO
            } else {
                duty.every.mul_f64(share)
            };
            turns.push(Turn {
                at: now + wait,
                duty,
                round: 0,
            });
        }
        Self { seed, turns }
    }

    /// The duty that has waited longest for its turn, which it takes with this; or when the next
    /// turn comes.
    pub(super) fn next(&mut self, now: Time) -> Result<Duty, Time> {
        let seed = self.seed;
        let turns = (0_u64..).zip(&mut self.turns);
        let Some((number, turn)) = turns.min_by_key(|(_, turn)| turn.at) else {
            return Err(now + Duration::from_mins(1));
        };
        if turn.at > now {
            return Err(turn.at);
        }
        turn.round += 1;
        let share = if turn.duty.at_once {
            1.0
        } else {
            0.9 + 0.2 * jitter::fraction(seed, &[number, turn.round])
        };
        // Counted from now: a turn that came late is not made up for.
        turn.at = now + turn.duty.every.mul_f64(share);
        Ok(turn.duty.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duty(name: &'static str, every: Duration) -> Duty {
        Duty::new(name, every, |_| async { Ok::<_, std::io::Error>(0) })
    }

    #[test]
    fn a_duty_comes_round_as_often_as_it_should_give_or_take_a_tenth() {
        let every = Duration::from_mins(10);
        let mut now = Time::from_micros(0);
        let mut rota = Rota::begin(vec![duty("prune", every)], 3, now);
        now = rota.next(now).unwrap_err();
        assert!(
            now <= Time::from_micros(0) + every,
            "within the first round"
        );
        for _ in 0..100 {
            assert_eq!(rota.next(now).unwrap().name, "prune");
            let next = rota.next(now).unwrap_err();
            assert!(next.since(now) >= every.mul_f64(0.9) && next.since(now) <= every.mul_f64(1.1));
            now = next;
        }
    }

    #[test]
    fn what_shall_be_done_at_once_is_done_first_and_a_late_turn_is_not_made_up_for() {
        let start = Time::from_micros(0);
        let beat = Duration::from_secs(1);
        let duties = vec![duty("prune", beat * 600), duty("rescue", beat).at_once()];
        let mut rota = Rota::begin(duties, 5, start);
        assert_eq!(rota.next(start).unwrap().name, "rescue");
        let late = start + beat * 60;
        assert_eq!(rota.next(late).unwrap().name, "rescue");
        assert_eq!(rota.next(late).unwrap_err(), late + beat);
    }

    #[test]
    fn every_duty_gets_its_turn_however_long_the_others_take() {
        let beat = Duration::from_secs(1);
        let duties = vec![duty("one", beat).at_once(), duty("two", beat).at_once()];
        let mut now = Time::from_micros(0);
        let mut rota = Rota::begin(duties, 1, now);
        let mut done = Vec::new();
        for _ in 0..6 {
            done.push(rota.next(now).unwrap().name);
            now = now + beat * 5;
        }
        assert_eq!(done, ["one", "two", "one", "two", "one", "two"]);
    }
}
