//! The steps of a seed, as its dice say.

use std::rc::Rc;
use std::time::Duration;

use queue::JobId;
use support::history::Known;
use uuid::Uuid;

use crate::acts;
use crate::body::{self, Script};
use crate::enqueues;
use crate::process::{LEASE, Op, QUEUE};
use crate::simulation::Simulation;

/// The most processes at one time.
const PROCESSES: usize = 3;
/// The most claims of one process on their way.
const CLAIMS: usize = 2;

impl Simulation<'_> {
    pub fn step(&mut self) {
        if self.processes.is_empty() {
            return self.start(u32::MAX);
        }
        match self.dice.below(100) {
            0..22 => self.enqueue(),
            22..36 => self.claim(),
            36..62 => self.go_on_with_any(),
            62..72 => self.act(),
            72..80 => self.chore(),
            80..94 => self.let_time_pass(),
            94..96 => self.change_processes(),
            96..98 => self.take_over(),
            _ => self.settle_effects(),
        }
    }

    fn any_process(&mut self) -> usize {
        self.dice.below(self.processes.len())
    }

    fn enqueue(&mut self) {
        let at = self.any_process();
        let queue = self.processes[at].queue.clone();
        // Windows are counted by the enqueuer's clock, so they mean nothing where clocks disagree.
        let windows = self.exact.then(|| Rc::clone(&self.windows));
        let op = enqueues::any(&mut self.dice, &queue, &self.world, windows.as_ref());
        self.begin_op(at, op);
    }

    fn claim(&mut self) {
        let at = self.any_process();
        let limit = 1 + self.dice.below(3);
        let process = &self.processes[at];
        if process.ops.iter().filter(|op| op.name == "claim").count() == CLAIMS {
            return self.go_on_with_any();
        }
        let op = claim(process, limit, &self.world);
        self.begin_op(at, op);
        self.begin_bodies();
    }

    /// What was claimed begins, or is handed back.
    fn begin_bodies(&mut self) {
        for at in 0..self.processes.len() {
            let hands = self.processes[at].hands.take();
            for claimed in hands {
                let process = &mut self.processes[at];
                let worker = process.worker.clone();
                let (world, exact) = (self.world.clone(), self.exact);
                if self.dice.percent(5) {
                    let op = op("give back", async move {
                        if worker.give_back(&[claimed], true).await.is_ok() {
                            world.count("given back");
                        }
                    });
                    process.ops.push(op);
                    continue;
                }
                let script = Script::any(&mut self.dice);
                let name = format!("body of {} {script:?}", claimed.job().id);
                let attempt = body::attempt((worker, claimed), script, world, exact);
                process.ops.push(op(&name, attempt));
            }
        }
    }

    /// Something that was begun goes on for a while.
    fn go_on_with_any(&mut self) {
        let begun: Vec<usize> = (0..self.processes.len())
            .filter(|at| !self.processes[*at].ops.is_empty())
            .collect();
        let Some(at) = self.dice.pick(&begun).copied() else {
            return;
        };
        let count = self.processes[at].ops.len();
        let op = self.processes[at].ops.remove(self.dice.below(count));
        let waits = u32::try_from(self.dice.below(16)).unwrap();
        match self.dice.below(100) {
            0..50 => self.go_on(at, op, u32::MAX),
            50..93 => self.go_on(at, op, waits),
            _ => self.die_in(at, op, waits),
        }
        self.begin_bodies();
    }

    /// A job, by its place in the history.
    fn any_job(&mut self, wanted: impl Fn(&Known) -> bool) -> Option<JobId> {
        let jobs = self.laws.jobs().filter(|(_, job)| wanted(job));
        let ids: Vec<String> = jobs.map(|(id, _)| id.to_owned()).collect();
        let id: Uuid = self.dice.pick(&ids)?.parse().unwrap();
        Some(JobId::from(id))
    }

    fn act(&mut self) {
        let at = self.any_process();
        let queue = self.processes[at].queue.clone();
        let world = self.world.clone();
        let op = match self.dice.below(10) {
            0..3 => {
                let id = self.any_job(|job| !job.pruned);
                id.map(|id| acts::cancel(&queue, &world, id))
            }
            3 => {
                let id = self.any_job(|job| !job.needs.is_empty());
                id.map(|id| acts::cancel_flow_of(&queue, &world, id))
            }
            _ => {
                let id = self.any_job(|job| matches!(job.state.as_str(), "dead" | "cancelled"));
                id.map(|id| acts::retry(&queue, &world, id))
            }
        };
        if let Some(op) = op {
            self.begin_op(at, op);
        }
    }

    fn chore(&mut self) {
        let at = self.any_process();
        let queue = self.processes[at].queue.clone();
        let op = acts::chore(&mut self.dice, &queue, &self.world);
        self.begin_op(at, op);
    }

    fn settle_effects(&mut self) {
        let at = self.any_process();
        let op = acts::settling(&self.processes[at].queue, &self.world, self.exact);
        self.begin_op(at, op);
    }

    /// Time passes, and some notice it.
    fn let_time_pass(&mut self) {
        let by = match self.dice.below(20) {
            0..12 => Duration::from_secs(1 + self.dice.below(3) as u64),
            12..16 => LEASE + Duration::from_secs(1),
            16..19 => Duration::from_secs(70),
            _ => Duration::from_mins(31),
        };
        self.pass(by);
        if !self.exact && self.dice.percent(20) {
            // One clock steps forward alone.
            let at = self.any_process();
            self.processes[at].clock.pass(LEASE * 2);
        }
        let sleepy = self.dice.percent(40);
        for at in 0..self.processes.len() {
            if !sleepy || self.dice.percent(50) {
                self.beat(at);
            }
        }
    }

    /// One is frozen in the middle of its bodies, another takes its jobs over, and it wakes.
    fn take_over(&mut self) {
        if self.processes.len() < 2 {
            return self.start(u32::MAX);
        }
        let Some(frozen) = self.processes.iter().position(|one| !one.ops.is_empty()) else {
            return self.claim();
        };
        let other = usize::from(frozen == 0);
        self.world.count("hands that changed");
        self.pass(LEASE + Duration::from_secs(1));
        self.beat(other);
        let (queue, world) = (self.processes[other].queue.clone(), self.world.clone());
        self.go_on(
            other,
            op("rescue", acts::rescue(queue.clone(), world.clone())),
            u32::MAX,
        );
        self.pass(Duration::from_mins(1));
        self.beat(other);
        self.go_on(other, op("promote", acts::promote(queue, world)), u32::MAX);
        let claiming = claim(&self.processes[other], 20, &self.world);
        self.go_on(other, claiming, u32::MAX);
        self.begin_bodies();
        for op in std::mem::take(&mut self.processes[frozen].ops) {
            self.go_on(frozen, op, u32::MAX);
        }
    }

    fn change_processes(&mut self) {
        if self.processes.len() < PROCESSES && self.dice.percent(70) {
            let waits = if self.dice.percent(15) {
                u32::try_from(self.dice.below(30)).unwrap()
            } else {
                u32::MAX
            };
            self.start(waits);
        } else {
            let at = self.any_process();
            let process = self.processes.remove(at);
            self.say(format!("p{} is killed", process.number));
            self.world.count("kills");
            process.die();
        }
    }
}

pub fn op(name: &str, future: impl Future<Output = ()> + 'static) -> Op {
    Op {
        name: name.to_owned(),
        future: Box::pin(future),
    }
}

pub fn claim(process: &crate::process::Process, limit: usize, world: &crate::world::World) -> Op {
    let (worker, hands) = (process.worker.clone(), Rc::clone(&process.hands));
    let world = world.clone();
    op("claim", async move {
        match worker.claim(QUEUE, limit).await {
            Ok(claimed) => {
                for _ in &claimed {
                    world.count("claimed");
                }
                hands.borrow_mut().extend(claimed);
            }
            Err(error) if error.is_transient() => world.count("claims that failed"),
            Err(error) => world.breach(format!("a claim was refused: {error}")),
        }
    })
}
