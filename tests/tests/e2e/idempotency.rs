//! `Idempotency-Key`: a repeated request gets the first one's answer and does nothing again.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use support::client::{Answer, Client, Master, Page, Track};
use support::music::Music;
use support::site::Site;

on_both_databases! {
    a_repeated_wish_makes_one_master
    eight_equal_wishes_at_once_make_one_master
    a_repeated_upload_keeps_one_file
    a_key_belongs_to_its_artist
}

const KEY: &str = "idempotency-key";

async fn wish(client: &Client, key: &str, body: &Value) -> Answer {
    let request = client.request(Method::POST, "/v1/masters").header(KEY, key);
    client.send(request.json(body)).await
}

async fn hand_in(client: &Client, key: &str, name: &str, bytes: &[u8]) -> Answer {
    let request = client.upload_request(name).header(KEY, key);
    client.send(request.body(bytes.to_vec())).await
}

async fn jobs(client: &Client) -> usize {
    client
        .get("/v1/jobs")
        .await
        .expect(200)
        .json::<Page>()
        .items
        .len()
}

async fn a_repeated_wish_makes_one_master(site: Site) {
    let (_program, client) = site.intake().await;
    let track = client.song(2.0).await;
    let body = json!({ "track_id": track.id, "target": "spotify" });
    let first = wish(&client, "a", &body).await.expect(202);
    assert_eq!(first.header("idempotent-replayed"), "");
    let again = wish(&client, "a", &body).await.expect(202);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(first.json::<Master>(), again.json::<Master>());
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(jobs(&client).await, 1);

    let other = json!({ "track_id": track.id, "target": "club" });
    let reused = wish(&client, "a", &other).await;
    assert_eq!(reused.problem(422), "idempotency_key_reused");
    let reused = hand_in(&client, "a", "song.wav", &Music::of_seconds(2.0).wav()).await;
    assert_eq!(reused.problem(422), "idempotency_key_reused");
    assert_eq!(jobs(&client).await, 1);
    wish(&client, "b", &body).await.expect(202);
    assert_eq!(jobs(&client).await, 2);

    assert_eq!(
        wish(&client, &"k".repeat(256), &body).await.problem(400),
        "bad_idempotency_key"
    );
    // A refused wish uses its key up for nothing.
    let wrong = json!({ "track_id": track.id, "target": "nowhere" });
    assert_eq!(
        wish(&client, "c", &wrong).await.problem(422),
        "unknown_target"
    );
    wish(&client, "c", &body).await.expect(202);
}

async fn eight_equal_wishes_at_once_make_one_master(site: Site) {
    let (_program, client) = site.intake().await;
    let track = client.song(2.0).await;
    let body = json!({ "track_id": track.id, "target": "spotify" });
    let answers = join_all((0..8).map(|_| wish(&client, "same", &body))).await;
    let fresh = answers
        .iter()
        .filter(|answer| answer.header("idempotent-replayed").is_empty());
    assert_eq!(fresh.count(), 1);
    let masters: Vec<Master> = answers
        .into_iter()
        .map(|answer| answer.expect(202).json())
        .collect();
    assert!(
        masters.iter().all(|master| *master == masters[0]),
        "{masters:?}"
    );
    assert_eq!(jobs(&client).await, 1);
}

async fn a_repeated_upload_keeps_one_file(site: Site) {
    let (_program, client) = site.intake().await;
    let song = Music::of_seconds(2.0).wav();
    let first = hand_in(&client, "u", "song.wav", &song).await.expect(201);
    assert_eq!(first.header("idempotent-replayed"), "");
    let repeats = (0..4).map(|_| hand_in(&client, "u", "song.wav", &song));
    for again in join_all(repeats).await {
        let again = again.expect(201);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(first.json::<Track>(), again.json::<Track>());
    }
    let other = Music::of_seconds(2.0).seeded(2).wav();
    let reused = hand_in(&client, "u", "song.wav", &other).await;
    assert_eq!(reused.problem(422), "idempotency_key_reused");
    let renamed = hand_in(&client, "u", "another name.wav", &song).await;
    assert_eq!(renamed.problem(422), "idempotency_key_reused");

    let at_once = join_all((0..8).map(|_| hand_in(&client, "at once", "song.wav", &song))).await;
    let tracks: Vec<Track> = at_once
        .into_iter()
        .map(|answer| answer.expect(201).json())
        .collect();
    assert!(tracks.iter().all(|track| *track == tracks[0]), "{tracks:?}");
    let kept = site.objects("artists/");
    assert_eq!(kept.len(), 2, "{kept:?}");
    let listed: Page = client.get("/v1/tracks").await.expect(200).json();
    assert_eq!(listed.items.len(), 2);
}

async fn a_key_belongs_to_its_artist(site: Site) {
    let (_program, first) = site.intake().await;
    let (_, token) = site.artist("Second").await;
    let song = Music::of_seconds(2.0).wav();
    let one = hand_in(&first, "shared", "song.wav", &song)
        .await
        .expect(201);
    let two = hand_in(&first.with_token(&token), "shared", "song.wav", &song)
        .await
        .expect(201);
    assert_eq!(two.header("idempotent-replayed"), "");
    assert_ne!(one.json::<Track>().id, two.json::<Track>().id);
}
