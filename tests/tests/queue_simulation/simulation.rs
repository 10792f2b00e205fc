//! One seed: processes, faults, and after every step a look at the database.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use db::{Kind, Time};
use support::dice::Dice;
use support::history::{self, Laws};
use tokio::runtime::Runtime;

use crate::enqueues::Windows;
use crate::process::{Driven, Op, Process};
use crate::store::Store;
use crate::world::World;

/// Seeds of which a part has clocks that disagree by more than a lease.
const SKEWED_PERCENT: usize = 25;

pub struct Simulation<'a> {
    pub dice: Dice,
    pub world: World,
    pub laws: Laws,
    pub processes: Vec<Process>,
    pub now: Time,
    /// All clocks agree.
    pub exact: bool,
    pub windows: Windows,
    store: &'a mut Store,
    runtime: &'a Runtime,
    started: u32,
    last: i64,
    trace: Vec<String>,
}

/// What a seed came to.
pub struct Told {
    pub breaches: Vec<String>,
    pub trace: Vec<String>,
    pub counts: BTreeMap<String, u64>,
}

impl<'a> Simulation<'a> {
    pub fn begin(seed: u64, store: &'a mut Store, runtime: &'a Runtime) -> Self {
        runtime.block_on(store.begin());
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let exact = !dice.percent(SKEWED_PERCENT);
        Self {
            dice,
            exact,
            world: World::default(),
            laws: Laws::default(),
            processes: Vec::new(),
            // Later than every id that is made on the way, as the engine's own clock always is.
            now: "2100-06-01T12:00:00Z".parse().unwrap(),
            windows: Rc::new(RefCell::default()),
            store,
            runtime,
            started: 0,
            last: 0,
            trace: Vec::new(),
        }
    }

    /// Runs the seed to its end.
    pub fn run(mut self, steps: usize) -> Told {
        for _ in 0..steps {
            self.step();
            self.world.count("steps");
            if !self.is_well() {
                return self.tell();
            }
        }
        self.heal();
        self.tell()
    }

    fn tell(mut self) -> Told {
        for process in self.processes.drain(..) {
            process.die();
        }
        let mut breaches = std::mem::take(&mut self.laws.breaches);
        breaches.extend(self.world.breaches());
        let mut counts = self.world.counts();
        for (what, count) in &self.laws.counts {
            *counts.entry(format!("history: {what}")).or_default() += count;
        }
        Told {
            breaches,
            counts,
            trace: self.trace,
        }
    }

    pub fn say(&mut self, what: String) {
        self.trace.push(what);
    }

    /// Looks at what has become of everything.
    pub fn is_well(&mut self) -> bool {
        let after = match self.store.kind {
            Kind::Sqlite => self.last,
            // A lower number may come later.
            Kind::Postgres => 0,
        };
        let reading = history::read(self.store.observer(), after);
        let entries = self.runtime.block_on(reading);
        self.last = entries.last().map_or(self.last, |entry| entry.seq);
        self.laws.judge(entries);
        self.laws.at_rest();
        let leaders = self.processes.iter().filter(|one| one.worker.leads());
        if self.exact && leaders.count() > 1 {
            self.world.breach("two lead at one time".to_owned());
        }
        let hex = |id: &queue::JobId| id.uuid().simple().to_string();
        for id in self.world.refused() {
            if self.laws.job(&hex(&id)).is_some() {
                self.world
                    .breach(format!("{id} was rolled back and is there"));
            }
        }
        for id in self.world.acknowledged() {
            if self.laws.job(&hex(&id)).is_none() {
                self.world
                    .breach(format!("{id} was acknowledged and is lost"));
            }
        }
        self.laws.breaches.is_empty() && self.world.breaches().is_empty()
    }

    /// Starts a process; it may die on the way, or find the database locked.
    pub fn start(&mut self, waits: u32) {
        self.started += 1;
        let mut now = self.now;
        if !self.exact {
            let skew = [0, 2, 9, 40, 400][self.dice.below(5)];
            now = if self.dice.percent(50) {
                now + Duration::from_secs(skew)
            } else {
                now - Duration::from_secs(skew)
            };
        }
        let place = (self.store.url.as_str(), self.store.kind);
        let process = Process::start(place, self.started, now, waits);
        self.say(format!(
            "p{} starts at {now}: {}",
            self.started,
            process.is_some()
        ));
        self.processes.extend(process);
    }

    /// Time passes for everyone.
    pub fn pass(&mut self, by: Duration) {
        self.now = self.now + by;
        for process in &self.processes {
            process.clock.pass(by);
        }
        self.say(format!("{by:?} pass"));
    }

    pub fn beat(&mut self, at: usize) {
        let process = &self.processes[at];
        let id = process.worker.id();
        let late = process.worker.lease_until() <= process.queue.now();
        let renewed = process.beat();
        let (number, changed) = (process.number, process.worker.id() != id);
        if late && renewed {
            self.world.count("late beats");
        }
        if changed {
            self.world.count("leases lost and opened anew");
        }
        self.say(format!(
            "p{number} beats: {renewed}, late {late}, anew {changed}"
        ));
        self.settle(at);
    }

    /// SQLite has one writer: a process that does not mean to be frozen lets it go.
    fn settle(&mut self, at: usize) {
        if self.store.kind == Kind::Sqlite {
            let frozen = !self.processes[at].ops.is_empty();
            let limit = if frozen { 1 } else { 3 };
            for _ in 0..limit {
                self.processes[at].attend_briefly();
            }
        }
    }

    /// A process begins something, and comes to its end, is frozen, or dies.
    pub fn begin_op(&mut self, at: usize, op: Op) {
        let fate = self.dice.below(100);
        let waits = u32::try_from(self.dice.below(8)).unwrap();
        match fate {
            0..84 => self.go_on(at, op, u32::MAX),
            84..93 => self.go_on(at, op, waits),
            _ => self.die_in(at, op, waits),
        }
    }

    pub fn go_on(&mut self, at: usize, mut op: Op, waits: u32) {
        let process = &mut self.processes[at];
        let driven = process.drive(&mut op, waits);
        let said = format!("p{} {}: {driven:?}", process.number, op.name);
        if driven == Driven::Waits {
            process.ops.push(op);
            self.world.count("frozen");
        } else {
            self.settle(at);
        }
        self.say(said);
    }

    pub fn die_in(&mut self, at: usize, mut op: Op, waits: u32) {
        let mut process = self.processes.remove(at);
        let driven = process.drive(&mut op, waits);
        self.say(format!("p{} {} and dies", process.number, op.name));
        self.world.count(match driven {
            Driven::Ended => "deaths at rest",
            Driven::Waits => "deaths in the middle",
        });
        process.ops.push(op);
        process.die();
    }
}
