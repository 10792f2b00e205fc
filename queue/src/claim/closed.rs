//! Lanes that wait for their limit's key to open.

use std::collections::HashMap;

use db::Time;

use super::ring::Turn;

/// The closed keys, each with its lanes in the order in which they shall have their turns.
#[derive(Debug, Default)]
pub(super) struct Closed {
    keys: HashMap<String, Key>,
}

#[derive(Debug)]
struct Key {
    lanes: Vec<Turn>,
    /// When it is tried again without news.
    until: Time,
}

impl Closed {
    /// Closes the key of this lane.
    pub(super) fn close(&mut self, turn: Turn, until: Time) {
        let Some(key) = turn.lane.limit_key.clone() else {
            return;
        };
        let lanes = Vec::new();
        let key = self.keys.entry(key).or_insert(Key { lanes, until });
        key.until = until;
        key.add(turn);
    }

    /// Keeps a lane whose key is closed, and hands back any other.
    pub(super) fn keep(&mut self, turn: Turn) -> Option<Turn> {
        let key = turn.lane.limit_key.as_ref();
        match key.and_then(|key| self.keys.get_mut(key)) {
            Some(key) => {
                key.add(turn);
                None
            }
            None => Some(turn),
        }
    }

    /// The lanes of the keys that are `wanted`, or whose time has come.
    pub(super) fn open(&mut self, now: Time, wanted: impl Fn(&str) -> bool) -> Vec<Turn> {
        let open = |key: &String, closed: &mut Key| closed.until <= now || wanted(key);
        let opened = self.keys.extract_if(|key, closed| open(key, closed));
        opened.flat_map(|(_, closed)| closed.lanes).collect()
    }

    /// When the first key is tried again without news.
    pub(super) fn next(&self) -> Option<Time> {
        self.keys.values().map(|closed| closed.until).min()
    }

    /// The closed keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = &String> {
        self.keys.keys()
    }
}

impl Key {
    fn add(&mut self, turn: Turn) {
        let same = |known: &&mut Turn| known.lane == turn.lane;
        match self.lanes.iter_mut().find(same) {
            Some(known) => known.after = known.after.min(turn.after),
            None => self.lanes.push(turn),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::{Lane, LaneId, Place};

    fn at(micros: i64) -> Time {
        Time::from_micros(micros)
    }

    fn turn(tenant: u128, key: &str, after: i64) -> Turn {
        let tenant_id = Some(uuid::Uuid::from_u128(tenant));
        Turn {
            lane: Lane {
                priority: 5,
                id: LaneId::of(tenant_id, Some(key)),
                tenant_id,
                limit_key: Some(key.to_owned()),
            },
            after: Place::before(at(after)),
        }
    }

    #[test]
    fn lanes_of_a_closed_key_wait_together_and_open_in_order() {
        let mut closed = Closed::default();
        closed.close(turn(1, "a", 5), at(100));
        closed.close(turn(2, "a", 5), at(100));
        assert_eq!(closed.keep(turn(3, "b", 5)), Some(turn(3, "b", 5)));
        assert_eq!(closed.keep(turn(3, "a", 5)), None);
        assert_eq!(closed.keep(turn(1, "a", 3)), None);
        assert_eq!(closed.open(at(99), |_| false), []);
        let opened = closed.open(at(99), |key| key == "a");
        assert_eq!(opened, [turn(1, "a", 3), turn(2, "a", 5), turn(3, "a", 5)]);
        assert_eq!(closed.next(), None);
    }

    #[test]
    fn a_key_opens_without_news_when_its_time_has_come() {
        let mut closed = Closed::default();
        closed.close(turn(1, "a", 5), at(100));
        closed.close(turn(1, "b", 5), at(200));
        assert_eq!(closed.next(), Some(at(100)));
        assert_eq!(closed.open(at(100), |_| false), [turn(1, "a", 5)]);
        assert_eq!(closed.next(), Some(at(200)));
    }
}
