//! `kill -9` in the middle of the work: every job is finished once, whatever was killed and when.

use support::client::{Client, Job, Master};
use support::dice::Dice;
use support::music::Music;
use support::program::Program;
use support::site::Site;

on_both_databases! {
    a_master_whose_process_was_killed_is_finished_once_after_the_next_start
    a_long_master_that_was_killed_goes_on_behind_its_first_pass
    a_batch_survives_ten_kills_at_random_moments
}

/// Long enough that a kill in the middle is one.
const LONG_SECONDS: f64 = 600.0;

async fn a_master_whose_process_was_killed_is_finished_once_after_the_next_start(site: Site) {
    let site = site.with_short_leases();
    let (program, client) = site.up().await;
    let track = client.song(LONG_SECONDS).await;
    let master = client.master_of(&track).await;
    let mut events = client.events(&master.job_id).await;
    events.until_past(0.2).await;
    program.kill();

    let (mut program, client) = site.up().await;
    let job = client.finished(&master.job_id).await;
    finished_once(&site, &client, &master, &job).await;
    assert_eq!(job.attempt, 2);
    lost_one_lease(&site, &job).await;
    program.is_well();
}

async fn a_long_master_that_was_killed_goes_on_behind_its_first_pass(site: Site) {
    let site = site.with_short_leases();
    let (program, client) = site.up().await;
    let track = client.song(LONG_SECONDS).await;
    let master = client.master_of(&track).await;
    // The first pass ends at 0.35 of a master without references.
    let (id, line) = (&master.job_id, "going on from there");
    let (mut program, client) = goes_on(&site, (program, client), (id, 0.4), line).await;
    let job = client.job(id).await;
    finished_once(&site, &client, &master, &job).await;
    // Going on or not, the bytes are the same.
    let whole = client.master_of(&track).await;
    assert_eq!(client.finished(&whole.job_id).await.state, "done");
    let bytes = async |id: &str| client.show_master(id).await.result.unwrap().sha256;
    assert_eq!(bytes(&master.id).await, bytes(&whole.id).await);
    program.is_well();
}

/// Kills the program once a job is past where it keeps something, and starts it again: the job's second attempt
/// ends well, with this line in its story, and leaves nothing behind.
pub async fn goes_on(
    site: &Site,
    (program, client): (Program, Client),
    (job, past): (&str, f32),
    line: &str,
) -> (Program, Client) {
    client.events(job).await.until_past(past).await;
    program.kill();
    assert!(!site.kept_of(job).is_empty());
    let (program, client) = site.up().await;
    let ended = client.finished(job).await;
    assert_eq!(
        (ended.state.as_str(), ended.attempt),
        ("done", 2),
        "{ended:?}"
    );
    let story = site.run(&["jobs", "show", job, "--json"]).await.well();
    assert!(story.contains(line), "{story}");
    let kept = site.kept_of(job);
    assert!(kept.is_empty(), "{kept:?}");
    (program, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_worker_process_was_killed_is_finished_once_by_another() {
    let site = Site::postgres().await.with_short_leases();
    let (mut intake, client) = site.intake().await;
    let worker = site.worker().await;
    let track = client.song(LONG_SECONDS).await;
    let master = client.master_of(&track).await;
    let mut events = client.events(&master.job_id).await;
    events.until_past(0.2).await;
    worker.kill();

    let mut other = site.worker().await;
    // The same stream goes on: the intake never noticed.
    let job = events.until("its end", Job::is_finished).await;
    finished_once(&site, &client, &master, &job).await;
    assert_eq!(job.attempt, 2);
    lost_one_lease(&site, &job).await;
    intake.is_well();
    other.is_well();
}

/// Kills come when the job at work has come as far as dice say, or before there is any.
async fn a_batch_survives_ten_kills_at_random_moments(site: Site) {
    const SEED: u64 = 20_261_123;
    println!("seed {SEED}");
    let mut dice = Dice(SEED);
    // One at a time, so that no job is unlucky five times, which would rightly end it.
    let site = site.with_short_leases().with("workers.queues.studio", 1);
    let mut masters = Vec::new();
    for kill in 0..10 {
        let (program, client) = site.up().await;
        if masters.is_empty() {
            // All of them wait before the first begins, so that the kills find work to spread over.
            let mut tracks = Vec::new();
            for seed in 0..6 {
                let song = Music::of_seconds(90.0).seeded(seed).wav();
                tracks.push(client.upload(&format!("{seed}.wav"), &song).await);
            }
            for track in &tracks {
                masters.push(client.master_of(track).await);
            }
        }
        let moment = dice.unit() * 1.2 - 0.2;
        let reached = someone_at(&client, &masters, moment).await;
        println!("kill {kill} at {moment:.2}: {reached}");
        program.kill();
    }
    let (mut program, client) = site.up().await;
    for master in &masters {
        let job = client.finished(&master.job_id).await;
        println!("{} {} after {} attempts", job.id, job.state, job.attempt);
        finished_once(&site, &client, master, &job).await;
    }
    assert_eq!(site.masters("").len(), masters.len());
    program.is_well();
}

/// Waits until the first unfinished job that runs has come as far as `moment`, or has ended.
async fn someone_at(client: &Client, masters: &[Master], moment: f64) -> String {
    if moment < 0.0 {
        return "at once".to_owned();
    }
    let streams = masters.iter().map(|master| async {
        if client.job(&master.job_id).await.is_finished() {
            return std::future::pending().await;
        }
        let mut events = client.events(&master.job_id).await;
        // Until it is taken back, the row of the job that was killed says what it said then.
        let stale = events.until("any", |_| true).await;
        let moves = |job: &Job| (job.attempt, job.progress) != (stale.attempt, stale.progress);
        let there = |job: &Job| {
            let reached = job.state == "running" && f64::from(job.progress) >= moment;
            job.is_finished() || (reached && moves(job))
        };
        let job = events.until("the moment", there).await;
        format!("{} {} {:.2}", job.id, job.state, job.progress)
    });
    let all_done = async {
        let mut left = masters.len();
        for master in masters {
            left -= usize::from(client.job(&master.job_id).await.is_finished());
        }
        if left == 0 {
            "all done".to_owned()
        } else {
            std::future::pending().await
        }
    };
    let first = futures::future::select_all(streams.map(Box::pin));
    tokio::select! {
        (said, _, _) = first => said,
        said = all_done => said,
    }
}

async fn finished_once(site: &Site, client: &Client, master: &Master, job: &Job) {
    assert_eq!(job.state, "done", "{job:?}");
    let shown = client.show_master(&master.id).await;
    let result = shown.result.unwrap();
    let kept = site.masters(&master.id);
    assert_eq!(kept.len(), 1, "{kept:?}");
    let audio = client
        .get(&format!("/v1/masters/{}/audio", master.id))
        .await
        .expect(200);
    assert_eq!(support::digest::sha256(&audio.body), result.sha256);
}

async fn lost_one_lease(site: &Site, job: &Job) {
    let shown = site.run(&["jobs", "show", &job.id, "--json"]).await.well();
    let story: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let attempts = story["attempts"].as_array().unwrap();
    let told = |one: &serde_json::Value| (one["attempt"].clone(), one["ended"].clone());
    let told: Vec<_> = attempts.iter().map(told).collect();
    let expected = [(1, "lease_lost"), (2, "done")];
    let expected = expected.map(|(attempt, ended)| (attempt.into(), ended.into()));
    assert_eq!(told, expected, "{shown}");
}
