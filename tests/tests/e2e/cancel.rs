//! Cancelling: at once while a job waits, quickly while it runs, and not after its end.

use std::time::Instant;

use support::client::Job;
use support::program::eventually;
use support::site::Site;

on_both_databases! {
    a_waiting_job_is_cancelled_at_once
    a_running_job_stops_soon_and_leaves_nothing
    a_finished_job_can_not_be_cancelled
}

fn path(job: &str) -> String {
    format!("/v1/jobs/{job}")
}

async fn a_waiting_job_is_cancelled_at_once(site: Site) {
    let (_program, client) = site.intake().await;
    let track = client.song(2.0).await;
    let master = client.master_of(&track).await;
    let mut events = client.events(&master.job_id).await;
    assert_eq!(events.next().await.unwrap().state, "waiting");

    let answer = client.delete(&path(&master.job_id)).await.expect(200);
    assert_eq!(answer.json::<Job>().state, "cancelled");
    let last = events.all().await.pop().unwrap();
    assert_eq!((last.state.as_str(), last.attempt), ("cancelled", 0));
    assert!(last.finished_at.is_some());
    client.delete(&path(&master.job_id)).await.expect(200);

    let shown = client.show_master(&master.id).await;
    assert_eq!((shown.state.as_str(), shown.result), ("cancelled", None));
    let audio = client
        .get(&format!("/v1/masters/{}/audio", master.id))
        .await;
    assert_eq!(audio.problem(409), "not_finished");
    let detail = audio.json::<serde_json::Value>()["detail"].to_string();
    assert!(
        detail.contains(&format!("/v1/masters/{}.", master.id)),
        "{detail}"
    );
}

async fn a_running_job_stops_soon_and_leaves_nothing(site: Site) {
    let (mut program, client) = site.up().await;
    let track = client.song(900.0).await;
    let master = client.master_of(&track).await;
    let mut events = client.events(&master.job_id).await;
    let before = events.until_past(0.02).await;

    let asked = Instant::now();
    let answer = client.delete(&path(&master.job_id)).await.expect(202);
    let asked_job: Job = answer.json();
    assert!(
        asked_job.state == "running" || asked_job.state == "cancelled",
        "{asked_job:?}"
    );
    let last = events.until("its end", Job::is_finished).await;
    println!(
        "stopped after {:?} at {} of {}",
        asked.elapsed(),
        last.progress,
        before.progress
    );
    assert_eq!((last.state.as_str(), last.attempt), ("cancelled", 1));
    assert!(last.progress < 1.0);

    client.delete(&path(&master.job_id)).await.expect(200);
    assert_eq!(site.masters(&master.id), [""; 0]);
    let clean = || site.unfinished_files().is_empty().then_some(());
    eventually("no unfinished file is left", clean).await;
    assert_eq!(client.show_master(&master.id).await.result, None);

    // The slot is free again.
    let short = client.song(2.0).await;
    let next = client.master_of(&short).await;
    assert_eq!(client.finished(&next.job_id).await.state, "done");
    program.is_well();
}

async fn a_finished_job_can_not_be_cancelled(site: Site) {
    let (_program, client) = site.up().await;
    let track = client.song(2.0).await;
    let master = client.master_of(&track).await;
    assert_eq!(client.finished(&master.job_id).await.state, "done");
    let late = client.delete(&path(&master.job_id)).await;
    assert_eq!(late.problem(409), "already_finished");
    assert_eq!(client.job(&master.job_id).await.state, "done");
}
