//! What must hold of every history, entry by entry, whatever died and whenever.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Entry;

/// A job as its history tells it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Its state.
    pub state: String,
    /// Its fence.
    pub fence: i64,
    /// Its attempt.
    pub attempt: i64,
    /// Claims that were not given back uncounted: counted here, not read from the row.
    pub spent: i64,
    /// The most attempts.
    pub most: i64,
    /// Its unique key.
    pub unique_key: Option<String>,
    /// What it needs, and what follows when that fails.
    pub needs: Vec<(String, String)>,
    /// The schedule and time of the tick that made it.
    pub tick: Option<(String, i64)>,
    /// It has just ended an attempt that may turn out not to count.
    uncounted: bool,
    /// Whether retention let it go.
    pub pruned: bool,
}

impl Known {
    /// Whether nothing more happens to it by itself.
    pub fn is_final(&self) -> bool {
        matches!(self.state.as_str(), "done" | "cancelled" | "dead")
    }
}

/// Judges a history. Every breach is a sentence in [`Laws::breaches`].
#[derive(Debug, Default)]
pub struct Laws {
    jobs: HashMap<String, Known>,
    order: Vec<String>,
    /// The unfinished job of each unique key.
    keys: HashMap<String, String>,
    ticks: HashSet<(String, i64)>,
    ticked: HashMap<String, (String, i64)>,
    /// Each attempt's tag, and the fence under which it wrote.
    tags: HashMap<String, (String, i64)>,
    fences: HashMap<(String, i64), String>,
    seen: HashSet<i64>,
    /// How often each thing was seen.
    pub counts: BTreeMap<String, u64>,
    /// What should never have been.
    pub breaches: Vec<String>,
}

impl Laws {
    /// The jobs, in the order in which they appeared.
    pub fn jobs(&self) -> impl Iterator<Item = (&str, &Known)> {
        let known = |id: &'_ String| self.jobs.get(id);
        let jobs = self.order.iter();
        jobs.filter_map(move |id| Some((id.as_str(), known(id)?)))
    }

    /// One job.
    pub fn job(&self, id: &str) -> Option<&Known> {
        self.jobs.get(id)
    }

    /// Judges entries; those that it has seen already it passes over.
    pub fn judge(&mut self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            if self.seen.insert(entry.seq) {
                self.judge_one(&entry);
            }
        }
    }

    fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    fn breach(&mut self, entry: &Entry, why: &str) {
        let known = self.jobs.get(&entry.job);
        let breach = format!("{why}: {entry:?}, known as {known:?}");
        self.breaches.push(breach);
    }

    fn judge_one(&mut self, entry: &Entry) {
        match entry.what.as_str() {
            "made" => self.made(entry),
            "moved" => self.moved(entry),
            "pruned" => self.pruned(entry),
            "ended" | "resulted" => self.wrote_beside(entry),
            "ticked" => self.ticked(entry),
            "needs" => self.needs(entry),
            other => self.breach(entry, other),
        }
    }

    fn made(&mut self, entry: &Entry) {
        let state = entry.state.clone().unwrap_or_default();
        if self.jobs.contains_key(&entry.job) {
            self.breach(entry, "a job was made twice");
        }
        if !matches!(state.as_str(), "waiting" | "scheduled" | "blocked") {
            self.breach(entry, "a job began in no state to begin in");
        }
        if (entry.fence, entry.attempt) != (Some(0), Some(0)) {
            self.breach(entry, "a new job has a past");
        }
        let tick = self.ticked.get(&entry.job).cloned();
        if tick
            .as_ref()
            .is_some_and(|(_, at)| entry.run_at != Some(*at))
        {
            self.breach(entry, "a tick's job is not due at its tick");
        }
        let known = Known {
            state,
            most: entry.most.unwrap_or_default(),
            unique_key: entry.unique_key.clone(),
            tick,
            ..Known::default()
        };
        self.jobs.insert(entry.job.clone(), known);
        self.order.push(entry.job.clone());
        self.keep_key(entry);
        self.count("made");
    }

    /// One unfinished job a key.
    fn keep_key(&mut self, entry: &Entry) {
        let Some(known) = self.jobs.get(&entry.job) else {
            return;
        };
        let Some(key) = known.unique_key.clone() else {
            return;
        };
        let held = self.keys.get(&key).cloned();
        let ours = held.as_ref() == Some(&entry.job);
        if known.is_final() || known.pruned {
            if ours {
                self.keys.remove(&key);
            }
        } else if held.is_some() && !ours {
            self.breach(entry, "two unfinished jobs have one unique key");
        } else {
            self.keys.insert(key, entry.job.clone());
        }
    }

    fn moved(&mut self, entry: &Entry) {
        let Some(known) = self.jobs.get(&entry.job).cloned() else {
            return self.breach(entry, "an unknown job moved");
        };
        let (before, state) = (
            entry.state_before.clone().unwrap_or_default(),
            entry.state.clone().unwrap_or_default(),
        );
        let was = (
            known.state.as_str(),
            Some(known.fence),
            Some(known.attempt),
            Some(known.most),
        );
        let said = (
            before.as_str(),
            entry.fence_before,
            entry.attempt_before,
            entry.most_before,
        );
        if was != said {
            self.breach(entry, "the row is not as it was left");
        }
        let (fence, attempt, most) = (
            entry.fence.unwrap_or_default(),
            entry.attempt.unwrap_or_default(),
            entry.most.unwrap_or_default(),
        );
        let steps = (fence - known.fence, attempt - known.attempt);
        // SQLite takes an attempt that does not count back in a statement of its own.
        let taken_back = known.uncounted && before == state && steps == (0, -1);
        if !taken_back && !is_legal(&before, &state, steps) {
            self.breach(entry, "no such transition");
        }
        let spent = known.spent
            + match (before.as_str(), state.as_str(), steps.1) {
                ("waiting", "running", _) => 1,
                ("running", _, -1) => -1,
                _ if taken_back => -1,
                _ => 0,
            };
        let released = matches!(state.as_str(), "waiting" | "scheduled" | "cancelled");
        if attempt > most || spent > most || spent != attempt {
            self.breach(entry, "attempts are not counted, or above the maximum");
        }
        let may_grow = matches!(before.as_str(), "dead" | "cancelled");
        if most != known.most && !(may_grow && most > known.most) {
            self.breach(entry, "the maximum of attempts moved");
        }
        if (state == "running") != entry.worker.as_ref().is_some_and(|id| !id.is_empty()) {
            self.breach(entry, "who runs it is not told");
        }
        if before == "blocked" && matches!(state.as_str(), "waiting" | "scheduled") {
            let judged = self.judged(&known);
            if judged != Judged::Ready {
                self.breach(entry, "it left its flow's block too early");
            }
        }
        if before != state {
            self.count(&format!("{before} to {state}"));
        }
        self.jobs.insert(
            entry.job.clone(),
            Known {
                state,
                fence,
                attempt,
                spent,
                most,
                uncounted: before == "running" && released && steps.1 == 0,
                ..known
            },
        );
        self.keep_key(entry);
        // A rescue's own words, and a cancel's, are no tag.
        self.tagged(entry);
    }

    /// Attempts and fences belong together one to one: a stale write would carry an attempt's tag
    /// under another's fence.
    fn tagged(&mut self, entry: &Entry) {
        let Some(tag) = entry.wrote.clone().filter(|tag| tag.starts_with('#')) else {
            return;
        };
        let place = (entry.job.clone(), entry.fence.unwrap_or_default());
        let first = self.tags.entry(tag.clone()).or_insert(place.clone());
        let first_tag = self.fences.entry(place.clone()).or_insert(tag.clone());
        if *first != place || *first_tag != tag {
            self.breach(entry, "a stale write was accepted");
        }
        self.count("tagged writes");
    }

    fn wrote_beside(&mut self, entry: &Entry) {
        let known = self.jobs.get(&entry.job);
        if known.is_none_or(|known| Some(known.fence) != entry.fence) {
            self.breach(entry, "written under a fence that is not the job's");
        }
        if entry.what == "resulted" && entry.state.as_deref() != Some("running") {
            self.breach(entry, "a result of a job that does not run");
        }
        let ended = entry.state.clone().unwrap_or_default();
        self.count(&format!("{} {ended}", entry.what));
        self.tagged(entry);
    }

    fn pruned(&mut self, entry: &Entry) {
        let Some(known) = self.jobs.get_mut(&entry.job) else {
            return self.breach(entry, "an unknown job was pruned");
        };
        // A windowed key that is taken already takes its job out again in the same transaction.
        let withdrawn = known.unique_key.is_some() && known.fence == 0;
        let lost = !known.is_final() && !withdrawn;
        known.pruned = true;
        if withdrawn && !known.is_final() {
            "cancelled".clone_into(&mut known.state);
        }
        if lost {
            self.breach(entry, "an unfinished job was pruned");
        }
        self.keep_key(entry);
        self.count("pruned");
    }

    fn ticked(&mut self, entry: &Entry) {
        let tick = (
            entry.wrote.clone().unwrap_or_default(),
            entry.run_at.unwrap_or_default(),
        );
        if !self.ticks.insert(tick.clone()) {
            self.breach(entry, "a tick made a second job");
        }
        if self.ticked.insert(entry.job.clone(), tick).is_some() {
            self.breach(entry, "a job has two ticks");
        }
        self.count("ticked");
    }

    fn needs(&mut self, entry: &Entry) {
        let edge = (
            entry.wrote.clone().unwrap_or_default(),
            entry.state.clone().unwrap_or_default(),
        );
        match self.jobs.get_mut(&entry.job) {
            Some(known) if known.state == "blocked" => known.needs.push(edge),
            _ => self.breach(entry, "a job that needs another is not blocked"),
        }
    }

    fn judged(&self, job: &Known) -> Judged {
        let mut judged = Judged::Ready;
        for (needed, on_failure) in &job.needs {
            let needed = self.jobs.get(needed);
            let state = needed.map_or("done", |needed| needed.state.as_str());
            match (state, on_failure.as_str()) {
                ("done", _) | ("dead" | "cancelled", "ignore") => {}
                ("dead" | "cancelled", "cancel") => return Judged::Failed,
                _ => judged = Judged::Blocked,
            }
        }
        judged
    }

    /// Judges what must hold whenever no transaction is open: a blocked job waits for something,
    /// and every tick has its job.
    pub fn at_rest(&mut self) {
        let stuck = |(id, job): (&str, &Known)| {
            let moves = job.state == "blocked" && self.judged(job) != Judged::Blocked;
            moves.then(|| format!("blocked without a need: {id} {job:?}"))
        };
        let stuck: Vec<String> = self.jobs().filter_map(stuck).collect();
        let jobless = |job: &&String| !self.jobs.contains_key(*job);
        let jobless: Vec<String> = self.ticked.keys().filter(jobless).cloned().collect();
        self.breaches.extend(stuck);
        let jobless = jobless.into_iter();
        self.breaches
            .extend(jobless.map(|job| format!("a tick's job is not there: {job}")));
    }

    /// Judges what must hold once everything has come to its end.
    pub fn at_the_end(&mut self) {
        self.at_rest();
        let open = |(id, job): (&str, &Known)| {
            let held = job.state == "blocked" && self.judged(job) == Judged::Blocked;
            let ended = job.is_final() || job.pruned || held;
            (!ended).then(|| format!("it never ended: {id} {job:?}"))
        };
        let open: Vec<String> = self.jobs().filter_map(open).collect();
        self.breaches.extend(open);
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Judged {
    Ready,
    Blocked,
    Failed,
}

/// Whether a row may go so, with so many steps of its fence and its attempt.
fn is_legal(before: &str, state: &str, steps: (i64, i64)) -> bool {
    match (before, state) {
        ("waiting", "running") => steps == (1, 1),
        ("running", "running" | "retrying" | "done" | "dead") => steps == (0, 0),
        ("running", "waiting" | "scheduled" | "cancelled") => steps == (0, 0) || steps == (0, -1),
        ("scheduled" | "retrying", "waiting") | ("blocked", "waiting" | "scheduled") => {
            steps == (0, 0)
        }
        ("waiting" | "scheduled" | "retrying" | "blocked", "cancelled")
        | ("dead" | "cancelled", "waiting" | "blocked") => steps == (1, 0),
        // A rescue moves the fence of what it has taken back.
        (before, state) if before == state => steps == (1, 0) || steps == (0, 0),
        _ => false,
    }
}
