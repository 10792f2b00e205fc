//! Artists see their own things and nobody else's.

use reqwest::Method;
use serde_json::json;
use support::client::{Client, Page};
use support::music::Music;
use support::site::Site;

on_both_databases! {
    another_artists_things_are_not_found
    requests_without_a_token_in_force_are_refused
}

async fn another_artists_things_are_not_found(site: Site) {
    let (_program, first) = site.up().await;
    let (_, token) = site.artist("Second Artist").await;
    let second = first.with_token(&token);
    let song = Music::of_seconds(5.0).wav();
    let track = first.upload("song.wav", &song).await;
    let master = first.master_of(&track).await;
    assert_eq!(first.finished(&master.job_id).await.state, "done");

    for path in [
        format!("/v1/tracks/{}", track.id),
        format!("/v1/tracks/{}/audio", track.id),
        format!("/v1/masters/{}", master.id),
        format!("/v1/masters/{}/audio", master.id),
        format!("/v1/jobs/{}", master.job_id),
        format!("/v1/jobs/{}/events", master.job_id),
    ] {
        first
            .send(first.request(Method::GET, &path))
            .await
            .expect(200);
        assert_eq!(second.get(&path).await.problem(404), "not_found", "{path}");
    }
    let cancel = second.delete(&format!("/v1/jobs/{}", master.job_id)).await;
    assert_eq!(cancel.problem(404), "not_found");

    let own = second.upload("own.wav", &song).await;
    assert_ne!(own.id, track.id);
    let borrowed = json!({ "track_id": track.id, "target": "spotify" });
    let refused = second.post("/v1/masters", &borrowed).await;
    assert_eq!(
        (refused.problem(404).as_str(), refused.field().as_str()),
        ("not_found", "track_id")
    );
    let reference = json!({ "track_id": own.id, "reference_track_id": track.id, "target": "cd" });
    let refused = second.post("/v1/masters", &reference).await;
    assert_eq!(
        (refused.problem(404).as_str(), refused.field().as_str()),
        ("not_found", "reference_track_id")
    );

    assert_eq!(ids(&second, "/v1/tracks").await, [own.id]);
    assert_eq!(ids(&second, "/v1/masters").await, [""; 0]);
    assert_eq!(ids(&second, "/v1/jobs").await, [""; 0]);
    // The cursor is an id: another artist's shows nothing either.
    let page: Page = second
        .get(&format!("/v1/jobs?cursor={}", master.job_id))
        .await
        .expect(200)
        .json();
    assert!(page.items.is_empty());
    assert_eq!(ids(&first, "/v1/tracks").await, [track.id]);
    assert_eq!(first.job(&master.job_id).await.state, "done");
}

async fn requests_without_a_token_in_force_are_refused(site: Site) {
    let (_program, owner) = site.up().await;
    let (artist, token) = site.artist("Somebody").await;
    let somebody = owner.with_token(&token);
    somebody.get("/v1/tracks").await.expect(200);

    let nobody = owner.without_token();
    assert_eq!(
        nobody.get("/v1/tracks").await.header("www-authenticate"),
        "Bearer"
    );
    let unknown = owner.with_token(&format!("mb_{}", "0".repeat(64)));
    for caller in [
        nobody,
        unknown,
        owner.with_token("mb_short"),
        owner.with_token(""),
    ] {
        for path in ["/v1/tracks", "/v1/masters", "/v1/jobs"] {
            assert_eq!(caller.get(path).await.problem(401), "unauthorised");
        }
        let wish = json!({ "track_id": artist, "target": "spotify" });
        assert_eq!(
            caller.post("/v1/masters", &wish).await.problem(401),
            "unauthorised"
        );
        assert_eq!(
            caller.try_upload("a.wav", b"RIFF").await.problem(401),
            "unauthorised"
        );
    }

    let listed = site.run(&["artists", "tokens", &artist]).await.well();
    let id = listed.split_whitespace().next().unwrap();
    assert!(
        listed.contains("in force") && !listed.contains(&token),
        "{listed}"
    );
    site.run(&["artists", "revoke-token", &artist, id])
        .await
        .well();
    assert_eq!(
        somebody.get("/v1/tracks").await.problem(401),
        "unauthorised"
    );
    site.run(&["artists", "revoke-token", &artist, id])
        .await
        .refused();
    let more = site.run(&["artists", "add-token", &artist]).await.well();
    let fresh = more.lines().find(|line| line.starts_with("mb_")).unwrap();
    owner.with_token(fresh).get("/v1/tracks").await.expect(200);
    owner.get("/v1/tracks").await.expect(200);
}

async fn ids(client: &Client, path: &str) -> Vec<String> {
    let page: Page = client.get(path).await.expect(200).json();
    page.items
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}
