//! Uploads of any size go through the intake in constant memory, and what is refused or broken off
//! leaves nothing behind.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what is not as it should be must fail the test loudly"
)]

use std::convert::Infallible;
use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method, RequestBuilder};
use serde_json::Value;
use sha2::{Digest, Sha256};
use support::client::{Client, Page, Track};
use support::memory::{MIB_IN_KIB, peak_kib};
use support::music::{Music, wav_16};
use support::program::{Program, eventually, patiently};
use support::site::Site;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const SIZE_BYTES: u64 = 2 << 30;
const CHUNK_BYTES: usize = 1 << 20;
/// A slow disk may need it.
const UPLOAD_TAKES_AT_MOST: Duration = Duration::from_mins(10);

/// A WAV file of 2 GiB that is never anywhere as a whole.
fn song() -> impl Iterator<Item = Vec<u8>> {
    let mut head = wav_16(44_100, 2, &[]);
    let data_bytes = u32::try_from(SIZE_BYTES).expect("a WAV's size") - 44;
    head[4..8].copy_from_slice(&(data_bytes + 36).to_le_bytes());
    head[40..44].copy_from_slice(&data_bytes.to_le_bytes());
    let music = Music::of_seconds(8.0).wav().split_off(44);
    let mut left = SIZE_BYTES - 44;
    let sound = std::iter::from_fn(move || {
        let size = left.min(CHUNK_BYTES as u64);
        left -= size;
        let size = usize::try_from(size).expect("a chunk's size");
        (size > 0).then(|| music[..size].to_vec())
    });
    std::iter::once(head).chain(sound)
}

fn streamed(
    chunks: impl Iterator<Item = Vec<u8>>,
) -> impl Stream<Item = Result<Vec<u8>, Infallible>> {
    stream::iter(chunks).map(Ok)
}

fn sha256_of_the_song() -> String {
    let hash = song()
        .fold(Sha256::new(), |hash, chunk| hash.chain_update(&chunk))
        .finalize();
    hex::encode(hash)
}

async fn small_intake() -> (Site, Program, Client) {
    let site = Site::sqlite()
        .with("limits.max_upload_bytes", CHUNK_BYTES)
        .with("limits.upload_idle_seconds", 1);
    site.run(&["migrate"]).await.well();
    let (program, client) = site.intake().await;
    (site, program, client)
}

async fn nothing_is_left(site: &Site, client: &Client) {
    eventually("no unfinished file", || {
        site.unfinished_files().is_empty().then_some(())
    })
    .await;
    assert!(
        site.objects("artists/").is_empty(),
        "{:?}",
        site.objects("")
    );
    let tracks: Page = client.get("/v1/tracks").await.expect(200).json();
    assert!(tracks.items.is_empty(), "{tracks:?}");
}

/// Raw, so that the test decides what is sent and what is not.
async fn connect(program: &Program, site: &Site, headers: &str) -> TcpStream {
    let url = program.url();
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)
        .await
        .expect("the intake listens");
    let token = site.owner_token();
    let request = format!(
        "POST /v1/tracks HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n{headers}\r\n\r\n"
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("the intake reads");
    stream
}

async fn status_line(mut stream: TcpStream) -> String {
    let mut answer = [0; 256];
    let size = patiently("an answer", stream.read(&mut answer))
        .await
        .expect("an answer");
    let answer = String::from_utf8_lossy(&answer[..size]).into_owned();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gibibytes_go_through_the_intake_in_constant_memory() {
    let site = Site::sqlite();
    site.run(&["migrate"]).await.well();
    let (mut program, client) = site.intake().await;
    let expected = tokio::task::spawn_blocking(sha256_of_the_song)
        .await
        .expect("a hash");
    let idle = peak_kib(program.pid()).expect("the intake runs");

    let body = Body::wrap_stream(streamed(song()));
    let raw = client
        .request(Method::POST, "/v1/tracks")
        .header("content-length", SIZE_BYTES)
        .body(body);
    let part = Part::stream_with_length(Body::wrap_stream(streamed(song())), SIZE_BYTES);
    let form = Form::new().part("file", part.file_name("long.wav"));
    let multipart = client.request(Method::POST, "/v1/tracks").multipart(form);

    for (form, request) in [("raw", raw), ("multipart", multipart)] {
        let track = uploaded(request).await;
        assert_eq!(
            (track.size_bytes, track.sha256.as_str()),
            (SIZE_BYTES, expected.as_str()),
            "{form}"
        );
        let peak = peak_kib(program.pid()).expect("the intake runs");
        println!("{form}: idle {idle} KiB, peak {peak} KiB");
        assert!(
            peak - idle < 100 * MIB_IN_KIB,
            "{form}: idle {idle} KiB, peak {peak} KiB"
        );
        assert!(site.unfinished_files().is_empty());
        // The disk needs to hold one of them only.
        for object in site.objects("artists/") {
            std::fs::remove_file(site.data().join("objects").join(object)).expect("a file");
        }
    }
    program.is_well();
}

async fn uploaded(request: RequestBuilder) -> Track {
    let answer = tokio::time::timeout(UPLOAD_TAKES_AT_MOST, request.send()).await;
    let response = answer
        .expect("the upload ends")
        .expect("the intake answers");
    let status = response.status();
    let body: Value = response.json().await.expect("JSON");
    assert_eq!(status, 201, "{body}");
    serde_json::from_value(body).expect("a track")
}

#[tokio::test]
async fn what_declares_itself_too_large_is_refused_before_its_first_byte() {
    let (site, mut program, client) = small_intake().await;
    let stream = connect(&program, &site, "Content-Length: 5000000000").await;
    let status = status_line(stream).await;
    assert!(status.contains(" 413 "), "{status}");
    nothing_is_left(&site, &client).await;
    program.is_well();
}

#[tokio::test]
async fn what_turns_out_to_be_too_large_is_refused_when_it_does() {
    let (site, mut program, client) = small_intake().await;
    let chunks = song().take(17);
    let request = client
        .request(Method::POST, "/v1/tracks")
        .body(Body::wrap_stream(streamed(chunks)));
    let answer = client.send(request).await;
    assert_eq!(answer.problem(413), "too_large");

    let part = Part::stream(Body::wrap_stream(streamed(song().take(17)))).file_name("long.wav");
    let form = Form::new().part("file", part);
    let answer = client
        .send(client.request(Method::POST, "/v1/tracks").multipart(form))
        .await;
    assert_eq!(answer.problem(413), "too_large");
    nothing_is_left(&site, &client).await;
    program.is_well();
}

#[tokio::test]
async fn a_sender_that_vanishes_leaves_neither_a_file_nor_a_track() {
    let site = Site::sqlite();
    site.run(&["migrate"]).await.well();
    let (mut program, client) = site.intake().await;
    let multipart = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000000\r\n\r\n\
                     --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n";
    for headers in [
        "Content-Length: 100000000",
        "Transfer-Encoding: chunked\r\n\r\n400000",
        multipart,
    ] {
        let mut stream = connect(&program, &site, headers).await;
        for chunk in song().take(4) {
            stream.write_all(&chunk).await.expect("the intake reads");
        }
        let arriving = || {
            site.unfinished_files()
                .iter()
                .any(|file| file.metadata().is_ok_and(|about| about.len() > 0))
        };
        eventually("the upload arrives", || arriving().then_some(())).await;
        drop(stream);
        nothing_is_left(&site, &client).await;
    }
    program.is_well();
}

#[tokio::test]
async fn a_sender_that_falls_silent_is_let_go() {
    let (site, mut program, client) = small_intake().await;
    let mut stream = connect(&program, &site, "Content-Length: 500000").await;
    stream
        .write_all(&[0; 1000])
        .await
        .expect("the intake reads");
    let status = status_line(stream).await;
    assert!(status.contains(" 408 "), "{status}");
    nothing_is_left(&site, &client).await;
    program.is_well();
}
