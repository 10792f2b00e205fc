//! The lanes in which jobs are known to wait, and whose turn comes next.
//!
//! Priorities are strict. Within one, tenants take turns: each claim gives every tenant the same
//! share, and a tenant with several lanes uses them one after another. A lane remembers how far
//! its claims have come, so that the next need not step over what was claimed before.

use std::collections::{BTreeMap, HashMap, VecDeque};

use uuid::Uuid;

use crate::lane::{Head, Lane, LaneId, Place};

/// A lane with the place up to which its jobs were claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) lane: Lane,
    pub(crate) after: Place,
}

impl Turn {
    /// Jobs wait in this lane, from that time on.
    pub(crate) fn of(head: Head) -> Self {
        Self {
            after: Place::before(head.run_at),
            lane: head.lane,
        }
    }
}

/// What one claim may take from one lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Take {
    pub(crate) turn: Turn,
    /// At most so many jobs, at least one.
    pub(crate) quota: usize,
    /// The word by which the lane was known.
    word: u64,
}

impl Take {
    /// The limit's key of its jobs.
    pub(crate) fn key(&self) -> Option<&str> {
        self.turn.lane.limit_key.as_deref()
    }
}

/// A lane with the last word of it: a claim that was planned before that word came cannot say
/// how far its jobs are claimed.
#[derive(Debug)]
struct Known {
    turn: Turn,
    word: u64,
}

/// The tenants of one priority, in turn.
#[derive(Debug, Default)]
struct Level {
    order: VecDeque<Option<Uuid>>,
    lanes: HashMap<Option<Uuid>, VecDeque<Known>>,
}

impl Level {
    fn put(&mut self, known: Known) {
        let tenant = known.turn.lane.tenant_id;
        let lanes = self.lanes.entry(tenant).or_default();
        if lanes.is_empty() {
            self.order.push_back(tenant);
        }
        lanes.push_back(known);
    }

    /// Gives a lane that was taken out the next turn of all.
    fn put_first(&mut self, known: Known) {
        let tenant = known.turn.lane.tenant_id;
        let lanes = self.lanes.entry(tenant).or_default();
        self.order.retain(|other| *other != tenant);
        self.order.push_front(tenant);
        lanes.push_front(known);
    }

    fn find(&mut self, tenant: Option<Uuid>, id: LaneId) -> Option<&mut Known> {
        let lanes = self.lanes.get_mut(&tenant)?;
        lanes.iter_mut().find(|known| known.turn.lane.id == id)
    }

    fn remove(&mut self, tenant: Option<Uuid>, id: LaneId) {
        if let Some(lanes) = self.lanes.get_mut(&tenant) {
            lanes.retain(|known| known.turn.lane.id != id);
            if lanes.is_empty() {
                self.lanes.remove(&tenant);
                self.order.retain(|other| *other != tenant);
            }
        }
    }

    /// The next tenant's next lane. Its other lanes wait until the tenant's next turn.
    fn next(&mut self) -> Option<Known> {
        let tenant = self.order.pop_front()?;
        let lanes = self.lanes.get_mut(&tenant)?;
        let known = lanes.pop_front();
        if lanes.is_empty() {
            self.lanes.remove(&tenant);
        } else {
            self.order.push_back(tenant);
        }
        known
    }
}

/// The known lanes of one queue.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    levels: BTreeMap<i16, Level>,
    words: u64,
}

impl Ring {
    /// Adds a lane, or puts a known one back to an earlier place.
    pub(crate) fn put(&mut self, turn: Turn) {
        let word = self.word();
        let level = self.levels.entry(turn.lane.priority).or_default();
        match level.find(turn.lane.tenant_id, turn.lane.id) {
            Some(known) => {
                known.turn.after = known.turn.after.min(turn.after);
                known.word = word;
            }
            None => level.put(Known { turn, word }),
        }
    }

    /// Puts back a lane that had no turn after all: the next is its.
    pub(crate) fn put_first(&mut self, turn: Turn) {
        let word = self.word();
        let level = self.levels.entry(turn.lane.priority).or_default();
        level.put_first(Known { turn, word });
    }

    /// Keeps the lanes of a claim that is on its way, so that another may be planned beside it:
    /// their turns come round again.
    pub(crate) fn lend(&mut self, takes: &[Take]) {
        for take in takes {
            let (turn, word) = (take.turn.clone(), take.word);
            let level = self.levels.entry(turn.lane.priority).or_default();
            level.put(Known { turn, word });
        }
    }

    /// Hears how far a claim beside which its lane was kept has come; none: nothing waits behind
    /// what it brought. Only where no word of the lane came meanwhile is that all there is to know.
    pub(crate) fn settle(&mut self, take: Take, after: Option<Place>) {
        let Take { turn, word, .. } = take;
        let lane = &turn.lane;
        let level = self.levels.entry(lane.priority).or_default();
        match (level.find(lane.tenant_id, lane.id), after) {
            (Some(known), _) if known.word != word => {}
            (Some(known), Some(after)) => known.turn.after = known.turn.after.max(after),
            (Some(_), None) => {
                level.remove(lane.tenant_id, lane.id);
            }
            (None, Some(after)) => self.put(Turn { after, ..turn }),
            (None, None) => {}
        }
        self.levels.retain(|_, level| !level.order.is_empty());
    }

    fn word(&mut self) -> u64 {
        self.words += 1;
        self.words
    }

    /// How many lanes are known.
    pub(crate) fn lanes(&self) -> usize {
        let of_level = |level: &Level| level.lanes.values().map(VecDeque::len).sum::<usize>();
        self.levels.values().map(of_level).sum()
    }

    /// Takes out the lanes whose turn it is, of one priority, with an equal share of `limit` jobs
    /// for each. Whoever claims puts back those in which more may wait.
    pub(crate) fn plan(&mut self, limit: usize) -> Vec<Take> {
        let mut takes: Vec<Take> = Vec::new();
        if let Some(mut first) = self.levels.first_entry() {
            let level = first.get_mut();
            let tenants = level.order.len().min(limit);
            let share = limit.checked_div(tenants).unwrap_or(0);
            let extra = limit.checked_rem(tenants).unwrap_or(0);
            for place in 0..tenants {
                if let Some(Known { turn, word }) = level.next() {
                    let quota = share + usize::from(place < extra);
                    takes.push(Take { turn, quota, word });
                }
            }
            if level.order.is_empty() {
                first.remove();
            }
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use db::Time;

    use super::*;

    fn head(priority: i16, tenant: u128, key: Option<&str>) -> Head {
        let tenant_id = Some(Uuid::from_u128(tenant));
        Head {
            lane: Lane {
                priority,
                id: LaneId::of(tenant_id, key),
                tenant_id,
                limit_key: key.map(str::to_owned),
            },
            run_at: Time::from_micros(0),
        }
    }

    fn tenants(takes: &[Take]) -> Vec<u128> {
        let tenant = |take: &Take| take.turn.lane.tenant_id.map(|id| id.as_u128());
        takes.iter().filter_map(tenant).collect()
    }

    /// Claims one job at a time from lanes that never run dry.
    fn rounds(ring: &mut Ring, count: usize) -> Vec<u128> {
        let mut order = Vec::new();
        for _ in 0..count {
            let takes = ring.plan(1);
            order.extend(tenants(&takes));
            for take in takes {
                ring.put(take.turn);
            }
        }
        order
    }

    #[test]
    fn tenants_take_turns_however_many_lanes_each_has() {
        let mut ring = Ring::default();
        for key in ["a", "b", "c"] {
            ring.put(Turn::of(head(5, 1, Some(key))));
        }
        ring.put(Turn::of(head(5, 2, None)));
        assert_eq!(rounds(&mut ring, 6), [1, 2, 1, 2, 1, 2]);
    }

    #[test]
    fn a_newcomer_waits_for_one_round_at_most() {
        let mut ring = Ring::default();
        (1..=4).for_each(|tenant| ring.put(Turn::of(head(5, tenant, None))));
        rounds(&mut ring, 2);
        ring.put(Turn::of(head(5, 9, None)));
        assert!(rounds(&mut ring, 5).contains(&9));
    }

    #[test]
    fn a_more_urgent_priority_goes_first_and_alone() {
        let mut ring = Ring::default();
        ring.put(Turn::of(head(5, 1, None)));
        ring.put(Turn::of(head(0, 2, None)));
        assert_eq!(tenants(&ring.plan(10)), [2]);
        assert_eq!(tenants(&ring.plan(10)), [1]);
        assert!(ring.plan(10).is_empty());
    }

    #[test]
    fn the_shares_of_one_claim_are_equal_and_add_up() {
        let mut ring = Ring::default();
        (1..=3).for_each(|tenant| ring.put(Turn::of(head(5, tenant, None))));
        let quotas: Vec<_> = ring.plan(10).iter().map(|take| take.quota).collect();
        assert_eq!(quotas, [4, 3, 3]);
    }

    #[test]
    fn an_earlier_job_puts_its_lane_back() {
        let mut ring = Ring::default();
        let mut later = head(5, 1, None);
        later.run_at = Time::from_micros(9);
        ring.put(Turn::of(later.clone()));
        ring.put(Turn::of(head(5, 1, None)));
        ring.put(Turn::of(later));
        let takes = ring.plan(10);
        assert_eq!(takes.len(), 1);
        assert_eq!(takes[0].turn.after, Place::before(Time::from_micros(0)));
    }

    /// The place at which the next claim begins, none for an empty ring.
    fn next_place(ring: &mut Ring) -> Option<Place> {
        let takes = ring.plan(10);
        ring.lend(&takes);
        takes.first().map(|take| take.turn.after)
    }

    fn place(micros: i64) -> Place {
        Place::before(Time::from_micros(micros))
    }

    /// A ring of one lane with two claims on their way, both from its beginning.
    fn two_on_their_way() -> (Ring, Take, Take) {
        let mut ring = Ring::default();
        ring.put(Turn::of(head(5, 1, None)));
        let mut plan = || {
            let takes = ring.plan(10);
            ring.lend(&takes);
            takes.into_iter().next().expect("one lane")
        };
        let (first, second) = (plan(), plan());
        (ring, first, second)
    }

    #[test]
    fn claims_beside_each_other_leave_the_place_of_the_furthest() {
        let (mut ring, first, second) = two_on_their_way();
        ring.settle(second, Some(place(20)));
        ring.settle(first, Some(place(10)));
        assert_eq!(next_place(&mut ring), Some(place(20)));
    }

    #[test]
    fn word_of_an_earlier_job_outlives_the_claims_that_did_not_know_of_it() {
        let (mut ring, first, second) = two_on_their_way();
        ring.settle(first, Some(place(10)));
        let mut earlier = head(5, 1, None);
        earlier.run_at = Time::from_micros(5);
        ring.put(Turn::of(earlier));
        ring.settle(second, Some(place(20)));
        assert_eq!(next_place(&mut ring), Some(place(5)));
    }

    #[test]
    fn word_of_a_job_that_came_meanwhile_keeps_a_lane_that_ran_dry() {
        let (mut ring, first, second) = two_on_their_way();
        let mut later = head(5, 1, None);
        later.run_at = Time::from_micros(30);
        ring.put(Turn::of(later));
        ring.settle(first, None);
        ring.settle(second, None);
        assert_eq!(next_place(&mut ring), Some(place(0)));
    }

    #[test]
    fn a_dry_lane_leaves_the_ring_and_comes_back_with_a_full_claim() {
        let (mut ring, first, second) = two_on_their_way();
        ring.settle(first, None);
        assert_eq!(ring.lanes(), 0);
        ring.settle(second, Some(place(20)));
        assert_eq!(next_place(&mut ring), Some(place(20)));
    }
}
