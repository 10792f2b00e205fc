//! SIGTERM: an orderly end within the grace period; and many workers that share the work.

use futures::stream::{self, StreamExt};
use reqwest::Body;
use support::client::{Job, Page};
use support::program::eventually;
use support::site::Site;

on_both_databases! {
    a_stopped_platform_loses_nothing_and_the_next_one_goes_on
    a_running_job_that_fits_the_grace_period_is_finished_before_the_end
}

/// Long enough that progress is told before the end (a minute of music is mastered between two
/// reports), and less than what is kept for the next attempt.
const LONG_SECONDS: f64 = 500.0;

async fn a_stopped_platform_loses_nothing_and_the_next_one_goes_on(site: Site) {
    let site = site.with("queue.drain_seconds", 1);
    let (program, client) = site.up().await;
    let track = client.song(LONG_SECONDS).await;
    let (first, second) = (
        client.master_of(&track).await,
        client.master_of(&track).await,
    );
    let mut events = client.events(&first.job_id).await;
    events.until_past(0.02).await;
    let ended = program.stop().await;
    assert_eq!(ended.code(), Some(0));
    // The stream ended with the server, and did not hold it up.
    let last = events.all().await.pop();
    assert!(last.is_none_or(|job| job.state != "dead"));
    assert_eq!(site.unfinished_files(), Vec::<std::path::PathBuf>::new());

    let listed = site.run(&["jobs", "ls", "--json"]).await.well();
    let states: Vec<serde_json::Value> = listed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(states.len(), 2);
    assert!(
        states.iter().all(|job| job["state"] != "running"),
        "{listed}"
    );

    let (_program, client) = site.up().await;
    for master in [first, second] {
        let job = client.finished(&master.job_id).await;
        assert_eq!(job.state, "done", "{job:?}");
        assert_eq!(site.masters(&master.id).len(), 1);
        let shown = site.run(&["jobs", "show", &job.id, "--json"]).await.well();
        assert!(
            !shown.contains("lease_lost"),
            "it was handed back, not lost: {shown}"
        );
    }
}

async fn a_running_job_that_fits_the_grace_period_is_finished_before_the_end(site: Site) {
    let site = site.with("workers.queues.studio", 1);
    let (program, client) = site.up().await;
    let track = client.song(LONG_SECONDS).await;
    let (first, second) = (
        client.master_of(&track).await,
        client.master_of(&track).await,
    );
    let mut events = client.events(&first.job_id).await;
    events.until_past(0.02).await;
    assert_eq!(program.stop().await.code(), Some(0));

    assert_eq!(state(&site, &first.job_id).await, "done");
    assert_eq!(state(&site, &second.job_id).await, "waiting");
}

/// An upload that sends nothing more holds the intake's end up for as long as that may wait.
#[tokio::test(flavor = "multi_thread")]
async fn workers_claim_no_more_while_the_intake_ends() {
    let site = Site::sqlite()
        .with("workers.queues.studio", 1)
        .with("limits.upload_idle_seconds", 3600);
    let (mut program, client) = site.up().await;
    let track = client.song(LONG_SECONDS).await;
    let pieces = stream::iter([Ok::<_, std::io::Error>(vec![0; 1000])]);
    let body = Body::wrap_stream(pieces.chain(stream::pending()));
    let upload = client.upload_request("song.wav").body(body).send();
    let upload = tokio::spawn(upload);
    let begun = || (!site.unfinished_files().is_empty()).then_some(());
    eventually("the upload's file", begun).await;

    let (first, second) = (
        client.master_of(&track).await,
        client.master_of(&track).await,
    );
    let mut events = client.events(&first.job_id).await;
    events.until_past(0.02).await;
    program.terminate();
    assert_eq!(program.ended().await.code(), Some(0));
    upload.abort();
    assert_eq!(state(&site, &first.job_id).await, "done");
    assert_eq!(state(&site, &second.job_id).await, "waiting");
}

async fn state(site: &Site, id: &str) -> String {
    let shown = site.run(&["jobs", "show", id, "--json"]).await.well();
    let story: serde_json::Value = serde_json::from_str(&shown).unwrap();
    story["job"]["state"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_twenty_jobs_and_each_is_done_once() {
    let site = Site::postgres().await;
    let (_intake, client) = site.intake().await;
    let (mut one, mut other) = (site.worker().await, site.worker().await);
    let track = client.song(20.0).await;
    let mut masters = Vec::new();
    for _ in 0..20 {
        masters.push(client.master_of(&track).await);
    }
    for master in &masters {
        let job = client.finished(&master.job_id).await;
        assert_eq!((job.state.as_str(), job.attempt), ("done", 1), "{job:?}");
        assert_eq!(site.masters(&master.id).len(), 1);
    }
    let done: Page = client.get("/v1/jobs?state=done").await.expect(200).json();
    assert_eq!(done.items.len(), 20);
    one.is_well();
    other.is_well();
    let ends = |log: &str| log.matches("an attempt ended").count();
    assert_eq!(ends(&one.log()) + ends(&other.log()), 20);
    let by = |log: &str| {
        masters
            .iter()
            .filter(|master| log.contains(&master.job_id))
            .count()
    };
    let (ones, others) = (by(&one.log()), by(&other.log()));
    assert!(
        ones > 0 && others > 0 && ones + others == 20,
        "{ones} and {others}"
    );
    assert_eq!(
        (one.stop().await.code(), other.stop().await.code()),
        (Some(0), Some(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_stopped_hands_its_job_to_another() {
    let site = Site::postgres().await.with("queue.drain_seconds", 1);
    let (_intake, client) = site.intake().await;
    let one = site.worker().await;
    let track = client.song(LONG_SECONDS).await;
    let master = client.master_of(&track).await;
    let mut events = client.events(&master.job_id).await;
    events.until_past(0.02).await;
    let _other = site.worker().await;
    assert_eq!(one.stop().await.code(), Some(0));
    let job = events.until("its end", Job::is_finished).await;
    assert_eq!(job.state, "done", "{job:?}");
    assert_eq!(site.masters(&master.id).len(), 1);
}
