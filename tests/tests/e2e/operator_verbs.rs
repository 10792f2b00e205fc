//! The operators' verbs on the command line, beside a running platform.

use serde_json::Value;
use support::site::Site;
use uuid::Uuid;

on_both_databases! {
    jobs_are_searched_redriven_and_told
    queues_are_paused_limited_and_resumed
    limits_are_set_listed_and_removed
    what_is_not_there_is_said
}

fn object(said: &str) -> Value {
    serde_json::from_str(said).unwrap()
}

async fn jobs_are_searched_redriven_and_told(site: Site) {
    let (_intake, client) = site.intake().await;
    let track = client.song(3.0).await;
    let master = client.master_of(&track).await;
    let id = master.job_id.as_str();
    let field = format!("master_id={}", master.id);
    let found = [
        "jobs",
        "search",
        "--payload",
        &field,
        "--created-from",
        "1h",
        "--json",
    ];
    assert_eq!(object(&site.run(&found).await.well())["id"], id);
    let none = ["jobs", "search", "--payload", "master_id=none", "--json"];
    assert_eq!(site.run(&none).await.well(), "");
    let why = "not loud enough";
    site.run(&["jobs", "cancel", id, "--actor", "otto", "--why", why])
        .await
        .well();
    let all = ["jobs", "redrive", "--state", "cancelled"];
    let counted = site
        .run(&[&all[..], &["--dry-run", "--json"]].concat())
        .await
        .well();
    assert_eq!(object(&counted)["would_retry"], 1);
    let said = site
        .run(&[&all[..], &["--actor", "nina"]].concat())
        .await
        .well();
    assert!(said.contains("1 will run again"), "{said}");
    let _worker = site.worker().await;
    assert_eq!(client.finished(id).await.state, "done");
    let shown = site.run(&["jobs", "show", id]).await.well();
    for words in ["attempts", "done", "pid", "redriven by nina", "otto", why] {
        assert!(shown.contains(words), "{words} is not in {shown}");
    }
    let story = object(&site.run(&["jobs", "show", id, "--json"]).await.well());
    assert_eq!(story["attempts"][0]["ended"], "done");
    let acts = site.run(&["acts", "ls"]).await.well();
    let lines: Vec<_> = acts.lines().collect();
    assert!(
        lines[1].contains("nina") && lines[1].contains("redrive_jobs"),
        "{acts}"
    );
    assert!(
        lines[2].contains("otto") && lines[2].contains("cancel_job"),
        "{acts}"
    );
    let workers = site.run(&["workers", "ls", "--json"]).await.well();
    let worker = object(workers.lines().next().unwrap());
    let one = worker["id"].as_str().unwrap();
    let shown = site.run(&["workers", "show", one]).await.well();
    assert!(shown.contains("studio"), "{shown}");
}

async fn limits_are_set_listed_and_removed(site: Site) {
    let _intake = site.intake().await;
    let set = [
        "limits",
        "set",
        "mails",
        "--running",
        "3",
        "--rate",
        "100/60",
    ];
    site.run(&set).await.well();
    let table = site.run(&["limits", "ls"]).await.well();
    let line = table
        .lines()
        .find(|line| line.starts_with("mails"))
        .unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words, ["mails", "3", "100/60", "s", "1"]);
    site.run(&["limits", "set", "mails/a", "--running", "3"])
        .await
        .refused();
    site.run(&["limits", "rm", "mails"]).await.well();
    site.run(&["limits", "rm", "mails"]).await.refused();
}

async fn queues_are_paused_limited_and_resumed(site: Site) {
    let (_intake, client) = site.intake().await;
    site.run(&["queues", "pause", "studio", "--actor", "nina"])
        .await
        .well();
    let track = client.song(3.0).await;
    let job = client.master_of(&track).await.job_id;
    let _worker = site.worker().await;
    let drained = ["queues", "drain", "studio", "--wait", "--json"];
    assert_eq!(object(&site.run(&drained).await.well())["running"], 0);
    site.run(&["queues", "limit", "studio", "2"]).await.well();
    let table = site.run(&["queues", "ls"]).await.well();
    let line = table
        .lines()
        .find(|line| line.starts_with("studio"))
        .unwrap();
    assert!(line.contains("by nina"), "{table}");
    let view = object(
        &site
            .run(&["queues", "show", "studio", "--json"])
            .await
            .well(),
    );
    assert_eq!(
        (&view["max_running"], &view["jobs"]["waiting"]),
        (&2.into(), &1.into())
    );
    assert_eq!(client.job(&job).await.state, "waiting");
    site.run(&["queues", "limit", "studio", "none"])
        .await
        .well();
    site.run(&["queues", "resume", "studio"]).await.well();
    assert_eq!(client.finished(&job).await.state, "done");
    site.run(&["queues", "pause", "*"]).await.well();
    let table = site.run(&["queues", "ls"]).await.well();
    assert!(table.contains("all queues together: paused 2"), "{table}");
}

async fn what_is_not_there_is_said(site: Site) {
    let (_intake, _client) = site.intake().await;
    let nobody = Uuid::nil().to_string();
    for verb in [
        &["schedules", "show"][..],
        &["schedules", "pause"],
        &["schedules", "resume"],
        &["schedules", "trigger"],
        &["schedules", "rm"],
        &["schedules", "upcoming"],
        &["workers", "show"],
        &["flows", "show"],
        &["flows", "cancel"],
    ] {
        let said = site.run(&[verb, &[&nobody]].concat()).await.refused();
        assert!(said.contains("there is no"), "{verb:?}: {said}");
    }
    let settle = [
        "effects",
        "resolve",
        &nobody,
        "post",
        "--not-happened",
        "--json",
    ];
    let said = site.run(&settle).await;
    assert_eq!(
        (said.code, said.stdout.trim()),
        (Some(1), r#"{"refused":"not_found"}"#)
    );
    for wrong in [
        &["queues", "limit", "studio", "many"][..],
        &["jobs", "ls", "--created-from", "yesterday"],
        &["effects", "resolve", &nobody, "post"],
    ] {
        assert_eq!(site.run(wrong).await.code, Some(2), "{wrong:?}");
    }
    for empty in ["effects", "acts"] {
        assert_eq!(site.run(&[empty, "ls", "--json"]).await.well(), "");
    }
}
