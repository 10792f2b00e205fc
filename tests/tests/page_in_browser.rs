//! The page in a real browser: an artist masters a track with it, from the token to the download.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what is not as it should be must fail the test loudly"
)]

use serde_json::Value;
use support::browser::Browser;
use support::client::{Client, Master, Page};
use support::digest::sha256;
use support::music::Music;
use support::program::Program;
use support::program::eventually;
use support::site::Site;

/// Collects what the progress line says from now on, so that no step is too quick to be seen.
const COLLECT: &str = "(() => {
  window.seen = [];
  const look = () => {
    const percent = document.querySelector('#master .percent')?.textContent;
    if (percent && percent !== window.seen.at(-1)) window.seen.push(percent);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  return true;
})()";

const DONE: &str = "document.querySelector('#master .verdict')?.textContent";

/// A wide window on the page, opened by its owner's link.
async fn signed_in(site: &Site, program: &Program) -> Browser {
    let browser = Browser::start().await;
    browser.resize(1400).await;
    browser
        .open(&format!("{}/#token={}", program.url(), site.owner_token()))
        .await;
    browser
        .until("!document.getElementById('studio').hidden")
        .await;
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artist_masters_a_track_in_the_browser_from_the_token_to_the_download() {
    let site = Site::sqlite();
    let song = site.file("summer song.wav", &Music::of_seconds(600.0).wav());
    let (mut program, client) = site.up().await;
    let browser = signed_in(&site, &program).await;
    let address = browser.value("location.href").await;
    assert!(
        !address.to_string().contains("mb_"),
        "the token stays in the address: {address}"
    );
    both_widths(&browser, "1-empty").await;

    browser
        .type_into("#track-slot input[type=file]", &song.display().to_string())
        .await;
    browser
        .until("!document.getElementById('submit').disabled")
        .await;
    assert_eq!(
        browser.text("#track-slot .card-title").await,
        "summer song.wav"
    );
    browser.click("input[name=target][value=youtube]").await;
    assert!(browser.text("#target-note").await.contains("turned down"));
    both_widths(&browser, "2-chosen").await;

    what_is_in_the_track_is_told(&browser).await;
    a_preview_can_be_heard(&browser, &client).await;
    both_widths(&browser, "2-heard").await;

    browser.value(COLLECT).await;
    browser.click("#submit").await;
    browser
        .until("Number(document.querySelector('#master .percent')?.textContent) > 0")
        .await;
    browser.picture("3-running-1400").await;
    let seen = browser.value("window.seen").await;

    // The page keeps nothing of the job: it finds it again by its address.
    let before = browser.value("location.href").await;
    browser.reload().await;
    assert_eq!(browser.value("location.href").await, before);
    browser.value(COLLECT).await;
    browser.until(DONE).await;
    let seen_after = browser.value("window.seen").await;
    progress_was_live(&[seen, seen_after]);

    let master = the_master(&client).await;
    figures_are_the_reports(&browser, &master).await;
    both_sides_can_be_heard(&browser).await;
    both_widths(&browser, "4-done").await;
    the_download_is_the_master(&browser, &master).await;
    for name in ["#master .track-name", "#history .row-name"] {
        assert_eq!(browser.text(name).await, "summer song.wav", "{name}");
    }
    browser.click("#master .actions .quiet").await;
    browser
        .until("!document.getElementById('composer').hidden")
        .await;
    assert_eq!(
        browser.text("#track-slot .card-title").await,
        "summer song.wav"
    );

    let console = browser.console().await;
    assert!(console.is_empty(), "{console:#?}");
    program.is_well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_and_a_file_that_is_no_sound_are_told_of_in_plain_words() {
    let site = Site::sqlite();
    let text = site.file(
        "letter.wav",
        "Dear studio, my song is attached.\n".repeat(20).as_bytes(),
    );
    let (mut program, client) = site.up().await;
    let browser = signed_in(&site, &program).await;
    browser
        .type_into("#track-slot input[type=file]", &text.display().to_string())
        .await;
    let told = browser
        .until("document.querySelector('#track-slot .problem')?.textContent")
        .await
        .to_string();
    assert!(
        told.contains("text") && told.contains("not_audio"),
        "{told}"
    );
    browser.picture("5-refused-1400").await;
    let tracks: Page = client.get("/v1/tracks").await.json();
    assert!(tracks.items.is_empty());

    // Another tab has another token: the first one's is not lent to it.
    let wrong = format!("mb_{}", "x".repeat(site.owner_token().len() - 3));
    browser.open_tab().await;
    browser
        .open(&format!("{}/#token={wrong}", program.url()))
        .await;
    browser
        .until("!document.getElementById('gate').hidden")
        .await;
    let told = browser
        .until("document.querySelector('#gate-problem .problem')?.textContent")
        .await
        .to_string();
    assert!(told.contains("unauthorised"), "{told}");
    assert_eq!(
        browser
            .value("document.getElementById('studio').hidden")
            .await,
        true
    );
    both_widths(&browser, "6-gate").await;

    browser.type_into("#gate-token", &site.owner_token()).await;
    browser.click("#gate-form button[type=submit]").await;
    browser
        .until("!document.getElementById('studio').hidden")
        .await;
    program.is_well();
}

async fn what_is_in_the_track_is_told(browser: &Browser) {
    browser.click("#listen").await;
    browser
        .until("document.querySelector('#findings .facts')")
        .await;
    let told = browser.text("#findings").await;
    for word in ["LUFS", "dBTP", "Key", "bpm"] {
        assert!(told.contains(word), "{word}: {told}");
    }
}

async fn a_preview_can_be_heard(browser: &Browser, client: &Client) {
    browser.click("#preview").await;
    let length = "document.querySelector('#previewed audio')?.duration";
    browser.until(length).await;
    let length = browser.value(length).await;
    assert_eq!(length.as_f64().map(f64::round), Some(30.0), "{length}");
    assert!(browser.text("#previewed").await.contains("LUFS"));
    let previews: Page = client.get("/v1/previews").await.expect(200).json();
    assert_eq!(previews.items[0]["target"]["name"], "youtube");
    // It speaks of what was asked: another choice takes it away.
    browser.click("input[name=target][value=spotify]").await;
    browser
        .until("!document.querySelector('#previewed audio')")
        .await;
    browser.click("input[name=target][value=youtube]").await;
    browser.click("#preview").await;
    browser
        .until("document.querySelector('#previewed audio')?.duration")
        .await;
}

/// Pictures of the same state for a desk and for a pocket, where nothing may stick out.
async fn both_widths(browser: &Browser, name: &str) {
    for width in [380, 1400] {
        browser.resize(width).await;
        let page = browser.value("document.documentElement.scrollWidth").await;
        let fits = page.as_u64().is_some_and(|page| page <= u64::from(width));
        assert!(fits, "{name} is {page} wide in a window of {width}");
        browser.picture(&format!("{name}-{width}")).await;
    }
}

fn progress_was_live(seen: &[Value]) {
    for seen in seen {
        let seen: Vec<u32> = seen
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|percent| percent.as_str()?.parse().ok())
            .collect();
        assert!(
            seen.iter().any(|percent| (1..100).contains(percent)),
            "{seen:?}"
        );
        assert!(seen.is_sorted(), "{seen:?}");
    }
}

async fn the_master(client: &Client) -> Master {
    let masters: Page = client.get("/v1/masters").await.expect(200).json();
    assert_eq!(masters.items.len(), 1, "{:?}", masters.items);
    let id = masters.items[0]["id"].as_str().expect("an id");
    client.show_master(id).await
}

async fn figures_are_the_reports(browser: &Browser, master: &Master) {
    let rows = "[...document.querySelectorAll('#master .comparison tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))";
    let rows = browser.value(rows).await;
    let rows = rows.as_array().expect("rows");
    let report = &master.result.as_ref().expect("a result").report;
    let names = [
        "integrated_lufs",
        "true_peak_dbtp",
        "max_short_term_lufs",
        "lra_lu",
        "plr_db",
    ];
    assert_eq!(rows.len(), names.len(), "{rows:?}");
    for (row, name) in rows.iter().zip(names) {
        for (side, cell) in [("before", 1), ("after", 2)] {
            let shown = row[cell].as_str().expect("text").replace('\u{2212}', "-");
            let shown: f64 = shown.parse().expect("a number");
            let reported = report[side][name].as_f64().expect("a number");
            assert!(
                (shown - reported).abs() <= 0.0501,
                "{name} {side}: {shown}, {reported}"
            );
        }
    }
    let verdict = browser.text("#master .verdict").await;
    assert_eq!(
        report["target_reached"],
        verdict.starts_with("On target"),
        "{verdict}"
    );
}

async fn both_sides_can_be_heard(browser: &Browser) {
    let pressed = "[...document.querySelectorAll('#master .side')].map((side) => side.getAttribute('aria-pressed')).join()";
    assert_eq!(browser.value(pressed).await, "false,true");
    browser.click("#master .play").await;
    browser
        .until("document.querySelector('#master .play').getAttribute('aria-label') === 'Pause'")
        .await;
    browser
        .until("Number(document.querySelector('#master .seek').value) > 0")
        .await;
    browser.click("#master .side.before").await;
    assert_eq!(browser.value(pressed).await, "true,false");
    assert_eq!(browser.text("#master .player-status").await, "");
    // By the keyboard too.
    browser.type_into("body", "b").await;
    assert_eq!(browser.value(pressed).await, "false,true");
    let enabled = "[...document.querySelectorAll('#master .side')].every((side) => !side.disabled)";
    assert_eq!(browser.value(enabled).await, true);
    browser.click("#master .play").await;
    browser
        .until("document.querySelector('#master .play').getAttribute('aria-label') === 'Play'")
        .await;
}

async fn the_download_is_the_master(browser: &Browser, master: &Master) {
    let result = master.result.as_ref().expect("a result");
    browser.click("#master .actions .primary").await;
    let path = browser.downloads().join(&result.filename);
    let size = |path: &std::path::Path| path.metadata().map(|about| about.len()).ok();
    eventually("the download", || {
        (size(&path) == Some(result.size_bytes)).then_some(())
    })
    .await;
    let bytes = std::fs::read(&path).expect("the download");
    assert_eq!(sha256(&bytes), result.sha256);
}
