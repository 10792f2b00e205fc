//! The faults stop: whoever was frozen wakes, and everything comes to its end.

use queue::{Page, Scope};

use crate::acts;
use crate::body::{self, Script};
use crate::process::{LEASE, Process};
use crate::simulation::Simulation;
use crate::steps::{claim, op};

/// More rounds than any seed needs.
const ROUNDS: usize = 40;

impl Simulation<'_> {
    pub fn heal(&mut self) {
        self.say("the faults stop".to_owned());
        self.wake_the_frozen();
        // Whatever clocks said, they agree from here on.
        let latest = self.processes.iter().map(|process| process.queue.now());
        self.now = latest.fold(self.now, Ord::max);
        for process in self.processes.drain(..) {
            process.die();
        }
        self.exact = true;
        let mut healer = None;
        for round in 0..ROUNDS {
            self.pass(LEASE * 12);
            if healer.is_none() {
                self.start(u32::MAX);
                healer = self.processes.pop();
            }
            if let Some(process) = &healer {
                if round > 0 {
                    process.clock.pass(LEASE * 12);
                }
                self.round(process);
            }
            if !self.is_well() || self.is_over() {
                break;
            }
        }
        if let Some(process) = healer {
            process.die();
        }
        self.laws.at_the_end();
    }

    /// Zombies go on as if nothing had happened, most of them long after their lease was taken.
    fn wake_the_frozen(&mut self) {
        for at in 0..self.processes.len() {
            let process = &mut self.processes[at];
            let mut said = Vec::new();
            // Whoever holds a lock ends first or later; nobody waits for ever.
            for _ in 0..3 {
                for mut op in std::mem::take(&mut process.ops) {
                    let driven = process.drive(&mut op, u32::MAX);
                    said.push(format!(
                        "p{} wakes, {}: {driven:?}",
                        process.number, op.name
                    ));
                    if driven == crate::process::Driven::Waits {
                        process.ops.push(op);
                    }
                }
            }
            for said in said {
                self.say(said);
            }
        }
    }

    fn is_over(&self) -> bool {
        let mut jobs = self.laws.jobs();
        jobs.all(|(_, job)| job.is_final() || job.pruned || job.state == "blocked")
    }

    fn round(&mut self, process: &Process) {
        let (queue, world) = (process.queue.clone(), self.world.clone());
        let ended = |name: &str, future| {
            let mut op = op(name, future);
            process.drive(&mut op, u32::MAX);
        };
        process.beat();
        for _ in 0..5 {
            process.attend_briefly();
        }
        let pausing = queue.clone();
        ended(
            "pause",
            Box::pin(async move {
                let Ok(all) = pausing.schedules(Scope::Operator, Page::default()).await else {
                    return;
                };
                for schedule in all {
                    // Tried again in the next round.
                    let _ = pausing.pause_schedule(Scope::Operator, schedule.id).await;
                }
            }) as futures::future::LocalBoxFuture<'static, ()>,
        );
        ended(
            "rescue",
            Box::pin(acts::rescue(queue.clone(), world.clone())),
        );
        ended(
            "promote",
            Box::pin(acts::promote(queue.clone(), world.clone())),
        );
        ended(
            "settle",
            Box::pin(acts::settle(queue.clone(), world.clone(), true)),
        );
        ended("unblock", Box::pin(acts::unblock(queue, world.clone())));
        loop {
            let mut claiming = claim(process, 20, &world);
            process.drive(&mut claiming, u32::MAX);
            let hands = process.hands.take();
            if hands.is_empty() {
                break;
            }
            for claimed in hands {
                let whose = (process.worker.clone(), claimed);
                let attempt = body::attempt(whose, Script::well(), world.clone(), true);
                ended("body", Box::pin(attempt));
            }
        }
    }
}
