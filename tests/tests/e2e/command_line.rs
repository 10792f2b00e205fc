//! The operator's verbs and the program's own words.

use serde_json::Value;
use support::music::silence;
use support::site::Site;
use uuid::Uuid;

on_both_databases! {
    jobs_are_listed_shown_cancelled_and_retried
    roles_on_a_database_without_its_schema_say_what_to_run
    migrating_twice_changes_nothing
}

async fn jobs_are_listed_shown_cancelled_and_retried(site: Site) {
    let (_intake, client) = site.intake().await;
    let track = client.song(3.0).await;
    let (first, second) = (
        client.master_of(&track).await,
        client.master_of(&track).await,
    );
    let ids = async |args: &[&str]| {
        let said = site
            .run(&[&["jobs", "ls", "--json"], args].concat())
            .await
            .well();
        let id = |line: &str| {
            serde_json::from_str::<Value>(line).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        said.lines().map(id).collect::<Vec<_>>()
    };
    let (one, two) = (first.job_id.as_str(), second.job_id.as_str());
    assert_eq!(ids(&[]).await, [two, one]);
    assert_eq!(ids(&["--limit", "1"]).await, [two]);
    assert_eq!(ids(&["--state", "done"]).await, [""; 0]);
    assert_eq!(
        ids(&["--kind", "master_track", "--queue", "studio"]).await,
        [two, one]
    );
    let table = site.run(&["jobs", "ls"]).await.well();
    assert!(table.contains("waiting") && table.contains(one), "{table}");
    let wrong = site
        .run(&["jobs", "ls", "--state", "sleeping"])
        .await
        .refused();
    assert!(wrong.contains("sleeping"), "{wrong}");

    let shown = site.run(&["jobs", "show", one]).await.well();
    assert!(
        shown.contains("master_track") && shown.contains("waiting"),
        "{shown}"
    );
    let unfinished = site.run(&["jobs", "retry", one]).await.refused();
    assert!(
        unfinished.contains("neither dead nor cancelled"),
        "{unfinished}"
    );
    site.run(&["jobs", "cancel", one]).await.well();
    assert_eq!(client.job(one).await.state, "cancelled");
    let late = site.run(&["jobs", "cancel", one]).await.refused();
    assert!(late.contains("finished already"), "{late}");
    site.run(&["jobs", "retry", one]).await.well();
    assert_eq!(client.job(one).await.state, "waiting");

    let nobody = Uuid::nil().to_string();
    for verb in ["show", "cancel", "retry"] {
        let said = site.run(&["jobs", verb, &nobody]).await.refused();
        assert!(said.contains("there is no job"), "{said}");
        site.run(&["jobs", verb, "not-an-id"]).await.refused();
    }
    let _worker = site.worker().await;
    assert_eq!(client.finished(one).await.state, "done");
    assert_eq!(client.finished(two).await.state, "done");
}

async fn roles_on_a_database_without_its_schema_say_what_to_run(site: Site) {
    let site = site.with_empty_database().await;
    for role in ["intake", "worker"] {
        let said = site.run(&[role]).await.refused();
        assert!(said.contains("maxbooster migrate"), "{role}: {said}");
    }
}

async fn migrating_twice_changes_nothing(site: Site) {
    let site = site.with_empty_database().await;
    let first = site.run(&["migrate"]).await.well();
    let second = site.run(&["migrate"]).await.well();
    assert!(
        first.lines().count() > second.lines().count(),
        "{first}\n{second}"
    );
    assert!(second.contains("up to date"), "{second}");
    let (_program, client) = site.intake().await;
    client.upload("song.wav", &silence(2.0)).await;
}

#[tokio::test]
async fn check_config_shows_where_settings_come_from_and_masks_secrets() {
    let url = "postgres://someone:s3cret@127.0.0.1:1/nowhere";
    let site = Site::sqlite()
        .with("database.url", url)
        .with("storage.secret_access_key", "hush");
    let said = site.run(&["check-config"]).await.well();
    assert!(!said.contains("s3cret") && !said.contains("hush"), "{said}");
    let line = |key: &str| {
        said.lines()
            .find(|line| line.starts_with(key))
            .unwrap()
            .to_owned()
    };
    assert!(line("database.url").contains("***"));
    assert!(line("data.dir").contains("MAXBOOSTER__DATA__DIR"));
    assert!(
        line("queue.lease_seconds").contains("30")
            && line("queue.lease_seconds").contains("default")
    );

    let wrong = Site::sqlite().with("queue.lease_secnds", 5);
    let said = wrong.run(&["check-config"]).await.refused();
    assert!(said.to_lowercase().contains("lease_seconds"), "{said}");
    let wrong = Site::sqlite().with("queue.lease_seconds", "soon");
    assert!(wrong.run(&["up"]).await.refused().contains("lease_seconds"));
}

#[tokio::test]
async fn a_wrong_database_address_never_shows_its_password() {
    let url = "postgres://someone:s3cret@127.0.0.1:1/nowhere";
    let site = Site::sqlite().with("database.url", url);
    for verb in ["up", "intake", "worker", "migrate"] {
        let said = site.run(&[verb]).await.refused();
        assert!(
            !said.contains("s3cret") && said.contains("database"),
            "{verb}: {said}"
        );
    }
}

#[tokio::test]
async fn every_verb_tells_how_it_is_used() {
    let site = Site::sqlite();
    let verbs = [
        "",
        "up",
        "intake",
        "worker",
        "migrate",
        "check-config",
        "master",
        "measure",
        "jobs",
        "jobs ls",
        "jobs show",
        "jobs cancel",
        "jobs retry",
        "jobs redrive",
        "queues",
        "queues ls",
        "queues pause",
        "queues resume",
        "queues drain",
        "queues limit",
        "schedules",
        "schedules ls",
        "schedules upcoming",
        "workers",
        "workers ls",
        "effects",
        "effects ls",
        "effects resolve",
        "flows",
        "flows show",
        "flows cancel",
        "acts",
        "acts ls",
        "operators",
        "operators add",
        "operators ls",
        "operators revoke",
        "artists",
        "artists ls",
        "artists add",
        "artists tokens",
        "artists add-token",
        "artists revoke-token",
        "artists erase",
    ];
    for verb in verbs {
        let args: Vec<_> = verb.split_whitespace().chain(["--help"]).collect();
        let said = site.run(&args).await.well();
        assert!(said.contains("Usage: maxbooster"), "{verb}: {said}");
    }
    assert_eq!(site.run(&["sing"]).await.code, Some(2));
    let version = site.run(&["--version"]).await.well();
    assert!(version.starts_with("maxbooster "), "{version}");
    assert!(
        !site.data().exists(),
        "asking for help makes no data folder"
    );
}
