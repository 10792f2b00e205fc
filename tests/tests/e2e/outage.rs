//! The database goes away and comes back; the process stays.

use serde_json::json;
use support::client::{Client, Page};
use support::music::Music;
use support::postgres;
use support::program::patiently;
use support::site::Site;
use support::wire::Wire;

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_survives_the_loss_of_its_database() {
    let url = postgres::database().await;
    let (server, name) = url.split_once('@').unwrap().1.split_once('/').unwrap();
    let mut wire = Wire::to(server).await;
    let through = format!("postgres://postgres@{}/{name}", wire.address());
    let site = Site::sqlite()
        .with("database.url", through)
        .with_short_leases();
    let (mut program, client) = site.up().await;
    client.get("/readyz").await.expect(200);
    let song = Music::of_seconds(3.0).wav();
    let track = client.upload("before.wav", &song).await;

    wire.cut().await;
    let refused = client.get("/readyz").await;
    assert_eq!(refused.problem(503), "not_ready");
    assert!(refused.header("retry-after").parse::<u32>().is_ok());
    client.get("/healthz").await.expect(200);
    assert_eq!(client.get("/v1/tracks").await.problem(503), "unavailable");
    let wish = json!({ "track_id": track.id, "target": "spotify" });
    assert_eq!(
        client.post("/v1/masters", &wish).await.problem(503),
        "unavailable"
    );
    assert_eq!(
        client.try_upload("during.wav", &song).await.problem(503),
        "unavailable"
    );

    wire.mend();
    ready(&client).await;
    let after = client.upload("after.wav", &song).await;
    for track in [&track, &after] {
        let master = client.master_of(track).await;
        let job = client.finished(&master.job_id).await;
        assert_eq!((job.state.as_str(), job.attempt), ("done", 1));
    }
    assert_eq!(site.objects("artists/").len(), 4);
    program.is_well();
}

/// The track is there, whatever its artist was told: then its bytes must be there too.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_commit_is_not_answered_keeps_its_bytes() {
    let url = postgres::database().await;
    let (server, name) = url.split_once('@').unwrap().1.split_once('/').unwrap();
    let wire = Wire::to(server).await;
    let through = format!("postgres://postgres@{}/{name}", wire.address());
    let site = Site::sqlite().with("database.url", through);
    let (mut program, client) = site.intake().await;
    let song = Music::of_seconds(1.0).wav();

    wire.lose_the_next_answer_to("COMMIT");
    let refused = client.try_upload("song.wav", &song).await;
    assert_eq!(refused.problem(503), "unavailable");
    let tracks: Page = client.get("/v1/tracks").await.expect(200).json();
    let id = tracks.items[0]["id"].as_str().unwrap();
    let audio = client.get(&format!("/v1/tracks/{id}/audio")).await;
    assert!(audio.expect(200).body == song);
    program.is_well();
}

#[tokio::test(flavor = "multi_thread")]
async fn work_goes_on_after_the_server_closed_every_connection() {
    let url = postgres::database().await;
    let site = Site::sqlite().with("database.url", &url);
    let (mut program, client) = site.up().await;
    let track = client.song(3.0).await;
    for _ in 0..3 {
        let close = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                     WHERE datname = current_database() AND pid <> pg_backend_pid()";
        postgres::client(&url)
            .await
            .batch_execute(close)
            .await
            .unwrap();
        ready(&client).await;
        let master = client.master_of(&track).await;
        assert_eq!(client.finished(&master.job_id).await.state, "done");
    }
    program.is_well();
}

async fn ready(client: &Client) {
    let asking = async {
        while client.get("/readyz").await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    patiently("ready again", asking).await;
}
