//! Lists by pages, and what is refused of their parameters.

use std::collections::BTreeSet;

use futures::StreamExt;
use futures::stream;
use support::client::{Client, Page};
use support::music::Music;
use support::site::Site;

on_both_databases! {
    pages_give_every_row_exactly_once_newest_first
    wrong_parameters_name_the_field
}

const ROWS: usize = 120;

async fn pages_give_every_row_exactly_once_newest_first(site: Site) {
    let (_program, client) = site.intake().await;
    let song = Music::of_seconds(0.5).wav();
    let made = stream::iter(0..ROWS).map(|_| async {
        let track = client.upload("song.wav", &song).await;
        (track.id.clone(), client.master_of(&track).await)
    });
    let made: Vec<_> = made.buffer_unordered(4).collect().await;
    let tracks: BTreeSet<_> = made.iter().map(|(track, _)| track.clone()).collect();
    let masters: BTreeSet<_> = made.iter().map(|(_, master)| master.id.clone()).collect();
    let jobs: BTreeSet<_> = made
        .iter()
        .map(|(_, master)| master.job_id.clone())
        .collect();

    for (list, expected) in [("tracks", tracks), ("masters", masters), ("jobs", jobs)] {
        for limit in [7, 50, 120, 200] {
            let ids = walked(&client, &format!("/v1/{list}?limit={limit}")).await;
            assert_eq!(ids.len(), ROWS, "{list} by {limit}");
            assert!(
                ids.is_sorted_by(|newer, older| newer > older),
                "{list} by {limit}"
            );
            assert_eq!(
                ids.into_iter().collect::<BTreeSet<_>>(),
                expected,
                "{list} by {limit}"
            );
        }
        let page: Page = client.get(&format!("/v1/{list}")).await.expect(200).json();
        assert_eq!(page.items.len(), 50);
    }
    let waiting = walked(&client, "/v1/jobs?limit=50&state=waiting&kind=master_track").await;
    assert_eq!(waiting.len(), ROWS);
    assert_eq!(
        walked(&client, "/v1/jobs?limit=50&state=done").await.len(),
        0
    );
    assert_eq!(
        walked(&client, "/v1/jobs?limit=50&kind=other_kind")
            .await
            .len(),
        0
    );
}

/// The ids of all pages; rows that are added meanwhile don't disturb.
async fn walked(client: &Client, path: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(at) = next.take() {
        let page: Page = client.get(&at).await.expect(200).json();
        ids.extend(
            page.items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        next = page
            .next_cursor
            .map(|cursor| format!("{path}&cursor={cursor}"));
    }
    ids
}

async fn wrong_parameters_name_the_field(site: Site) {
    let (_program, client) = site.intake().await;
    for list in ["tracks", "masters", "previews", "analyses", "jobs"] {
        for (query, code, field) in [
            ("limit=0", "out_of_range", "limit"),
            ("limit=201", "out_of_range", "limit"),
            ("cursor=nonsense", "bad_cursor", "cursor"),
        ] {
            let answer = client.get(&format!("/v1/{list}?{query}")).await;
            assert_eq!(
                (answer.problem(422).as_str(), answer.field().as_str()),
                (code, field),
                "{list}?{query}"
            );
        }
        for query in ["limit=-5", "limit=many", "order=up", "limit=1&limit=2"] {
            let answer = client.get(&format!("/v1/{list}?{query}")).await;
            assert_eq!(answer.problem(400), "bad_query", "{list}?{query}");
        }
    }
    let answer = client.get("/v1/jobs?state=sleeping").await;
    assert_eq!(
        (answer.problem(422).as_str(), answer.field().as_str()),
        ("unknown_state", "state")
    );
}
