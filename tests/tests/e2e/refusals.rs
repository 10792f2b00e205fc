//! Every refusal that the API documents, met once: the right status, code and field.

use futures::stream::{self, StreamExt};
use reqwest::{Body, Method};
use serde_json::{Value, json};
use support::client::{Answer, Client};
use support::music::Music;
use support::site::Site;

/// What the tests of this suite meet, here and in `artist_erased`, `cancel`, `idempotency`, `lists`,
/// `settings`, `story` and `tenants`.
pub const PROVOKED: [&str; 51] = [
    "alias_moved",
    "already_finished",
    "bad_cursor",
    "bad_data",
    "bad_idempotency_key",
    "bad_json",
    "bad_line",
    "bad_query",
    "corrupt",
    "drm_protected",
    "duplicate_output",
    "duplicate_track",
    "effects_unsettled",
    "empty_file",
    "idempotency_key_reused",
    "invalid_field",
    "invalid_rows",
    "isrc_taken",
    "job_invalid",
    "limit_invalid",
    "missing_column",
    "missing_field",
    "model_damaged",
    "no_challenger",
    "no_previous_version",
    "no_such_range",
    "no_such_stage",
    "not_a_number",
    "not_audio",
    "not_failed",
    "not_finished",
    "not_found",
    "not_in_this_format",
    "not_together",
    "not_with_assistant",
    "operators_only",
    "out_of_range",
    "reference_needed",
    "still_running",
    "too_large",
    "too_long",
    "too_many_waiting_jobs",
    "truncated",
    "unauthorised",
    "unknown_column",
    "unknown_preset",
    "unknown_state",
    "unknown_target",
    "unsupported_audio",
    "upload_interrupted",
    "upload_stalled",
];

#[tokio::test(flavor = "multi_thread")]
async fn files_that_can_not_be_used_are_refused_by_their_bytes() {
    let site = Site::sqlite().with("limits.max_duration_seconds", 10);
    let (mut program, client) = site.intake().await;
    let song = Music::of_seconds(4.0).wav();
    let mut headless = song[..12].to_vec();
    headless.extend(&song[36..]);
    for (code, status, bytes) in [
        ("empty_file", 422, Vec::new()),
        ("not_audio", 415, b"a letter to a friend\n".to_vec()),
        (
            "unsupported_audio",
            415,
            [b"wvpk".as_slice(), &[0; 4096]].concat(),
        ),
        ("truncated", 422, song[..song.len() / 2].to_vec()),
        ("corrupt", 422, headless),
        ("drm_protected", 422, protected_mp4()),
        ("too_long", 422, Music::of_seconds(11.0).wav()),
    ] {
        // The name claims something else: it must not matter.
        let answer = client.try_upload("innocent.mp3", &bytes).await;
        assert_eq!(answer.problem(status), code);
        assert_eq!(answer.field(), "file");
    }
    client.upload("really a wav.mp3", &song).await;
    assert_eq!(site.objects("artists/").len(), 1);
    assert!(site.unfinished_files().is_empty());
    program.is_well();
}

/// An iTunes purchase of old, as far as its headers go.
fn protected_mp4() -> Vec<u8> {
    let part = |kind: &[u8; 4], body: &[u8]| {
        let size = u32::try_from(body.len() + 8).unwrap().to_be_bytes();
        [&size, kind.as_slice(), body].concat()
    };
    let entry = part(b"drms", &[0; 28]);
    let entries = part(
        b"stsd",
        &[[0, 0, 0, 0, 0, 0, 0, 1].as_slice(), &entry].concat(),
    );
    let info = part(b"minf", &part(b"stbl", &entries));
    let handler = part(b"hdlr", &[&[0; 8], b"soun".as_slice(), &[0; 12]].concat());
    let media = part(b"mdia", &[part(b"mdhd", &[0; 32]), handler, info].concat());
    let movie = part(b"moov", &part(b"trak", &media));
    let kind = part(b"ftyp", b"M4A \0\0\0\0");
    [kind, movie, part(b"mdat", &[0; 64])].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_are_too_large_stall_or_break_off_leave_nothing() {
    let site = Site::sqlite()
        .with("limits.max_upload_bytes", 200_000)
        .with("limits.upload_idle_seconds", 1)
        .with("limits.max_concurrent_uploads", 1);
    let (mut program, client) = site.intake().await;
    let song = Music::of_seconds(2.0).wav();
    assert_eq!(
        client.try_upload("song.wav", &song).await.problem(413),
        "too_large"
    );
    let pieces = stream::iter([0, 1].map(|_| Ok::<_, std::io::Error>(song[..150_000].to_vec())));
    let counted = client
        .request(Method::POST, "/v1/tracks")
        .body(Body::wrap_stream(pieces));
    assert_eq!(client.send(counted).await.problem(413), "too_large");

    let stalled = async {
        let mut answer = stalling(&client, &song).await;
        // The other one may have had the only place.
        while answer.status == 503 {
            answer = stalling(&client, &song).await;
        }
        answer
    };
    let crowded = async {
        let mut answer = client.try_upload("b.wav", &song[..1000]).await;
        // Until the stalling upload has taken the only place, ours is merely truncated.
        while answer.status == 422 {
            answer = client.try_upload("b.wav", &song[..1000]).await;
        }
        answer
    };
    let both = async { tokio::join!(stalled, crowded) };
    let (stalled, crowded) = support::program::patiently("both", Box::pin(both)).await;
    assert_eq!(stalled.problem(408), "upload_stalled");
    assert_eq!(crowded.problem(503), "too_many_uploads");
    assert!(crowded.header("retry-after").parse::<u32>().is_ok());

    let broken = client
        .request(Method::POST, "/v1/tracks")
        .header("content-type", "multipart/form-data; boundary=x")
        .body("--x\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\nRIFF");
    assert_eq!(client.send(broken).await.problem(400), "upload_interrupted");
    assert_eq!(site.objects("artists/"), [""; 0]);
    let clean = || site.unfinished_files().is_empty().then_some(());
    support::program::eventually("no unfinished file is left", clean).await;
    client.song(0.5).await;
    program.is_well();
}

async fn stalling(client: &Client, song: &[u8]) -> Answer {
    let first = stream::iter([Ok::<_, std::io::Error>(song[..1000].to_vec())]);
    let body = Body::wrap_stream(first.chain(stream::pending()));
    client
        .send(client.request(Method::POST, "/v1/tracks").body(body))
        .await
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of wishes, one a row")]
async fn wishes_that_can_not_be_met_name_what_is_wrong() {
    let site = Site::sqlite().with("limits.max_waiting_jobs_per_artist", 2);
    let (_program, client) = site.intake().await;
    let track = client.song(1.0).await;
    let wish = |with: Value| {
        let mut wish = json!({ "track_id": track.id, "target": "spotify" });
        for (name, value) in with.as_object().unwrap() {
            wish[name] = value.clone();
        }
        wish
    };
    let nobody = uuid::Uuid::nil();
    for (body, status, code, field) in [
        (
            wish(json!({ "target": "spotfy" })),
            422,
            "unknown_target",
            "target",
        ),
        (
            wish(json!({ "target": { "integrated_lufs": 1.0 } })),
            422,
            "out_of_range",
            "target.integrated_lufs",
        ),
        (
            wish(json!({ "target": { "integrated_lufs": -9.0, "ceiling_dbtp": 0.5 } })),
            422,
            "out_of_range",
            "target.ceiling_dbtp",
        ),
        (
            wish(json!({ "format": "flac", "bits": "32f" })),
            422,
            "not_in_this_format",
            "bits",
        ),
        (
            wish(json!({ "track_id": nobody })),
            404,
            "not_found",
            "track_id",
        ),
        (
            wish(json!({ "reference_track_id": nobody })),
            404,
            "not_found",
            "reference_track_id",
        ),
        (
            wish(json!({ "track_id": "not an id" })),
            422,
            "invalid_field",
            "track_id",
        ),
        (wish(json!({ "bits": "8" })), 422, "invalid_field", "bits"),
        (
            wish(json!({ "colour": "red" })),
            422,
            "invalid_field",
            "colour",
        ),
        (wish(json!({ "target": 7 })), 422, "invalid_field", "target"),
        (json!({ "target": "spotify" }), 422, "invalid_field", ""),
        (json!([]), 422, "invalid_field", ""),
    ] {
        let answer = client.post("/v1/masters", &body).await;
        assert_eq!(
            (answer.problem(status).as_str(), answer.field().as_str()),
            (code, field),
            "{body}"
        );
    }
    for text in ["", "{", "{\"track_id\":", "\u{0}"] {
        let request = client
            .request(Method::POST, "/v1/masters")
            .body(text.to_owned());
        assert_eq!(
            client.send(request).await.problem(400),
            "bad_json",
            "{text:?}"
        );
    }
    let huge = client
        .request(Method::POST, "/v1/masters")
        .body(" ".repeat(100_000));
    assert_eq!(client.send(huge).await.problem(413), "too_large");

    client
        .post("/v1/masters", &wish(json!({})))
        .await
        .expect(202);
    client
        .post("/v1/masters", &wish(json!({})))
        .await
        .expect(202);
    let full = client.post("/v1/masters", &wish(json!({}))).await;
    assert_eq!(full.problem(429), "too_many_waiting_jobs");
    assert!(full.header("retry-after").parse::<u32>().is_ok());

    for path in [
        "/v1/tracks/x",
        "/v1/masters/x",
        "/v1/jobs/x",
        "/v1/jobs/x/events",
        "/v1/masters/x/audio",
    ] {
        assert_eq!(client.get(path).await.problem(404), "not_found", "{path}");
    }
    let unknown = client
        .request(Method::POST, "/v1/tracks?name=song.wav")
        .body("");
    assert_eq!(client.send(unknown).await.problem(400), "bad_query");
}
