//! Metrics: files and single values handed in, and what is kept of them.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use support::client::{Answer, Client, Page};
use support::site::Site;

on_both_databases! {
    a_file_is_imported_and_its_bad_rows_are_named
    what_can_not_be_read_is_dead_with_its_reason
    values_are_put_all_or_none
    another_artists_metrics_and_imports_are_not_found
    an_import_that_was_killed_in_the_middle_ends_with_the_same_rows
}

const HEADER: &str = "date,metric,source,track,value\n";

fn request(client: &Client, name: &str, bytes: impl Into<Vec<u8>>) -> RequestBuilder {
    let path = format!("/v1/metrics/imports?filename={name}");
    client.request(Method::POST, &path).body(bytes.into())
}

async fn send(client: &Client, name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    client.send(request(client, name, bytes)).await
}

/// Imports a file and waits for its end.
async fn imported(client: &Client, name: &str, bytes: impl Into<Vec<u8>>) -> Value {
    let accepted = send(client, name, bytes).await.expect(202);
    let import: Value = accepted.json();
    let job_id = import["job_id"].as_str().unwrap();
    assert_eq!(accepted.header("location"), format!("/v1/jobs/{job_id}"));
    let job = client.finished(job_id).await;
    assert_eq!(job.kind, "import_metrics");
    let path = format!("/v1/metrics/imports/{}", import["id"].as_str().unwrap());
    client.get(&path).await.expect(200).json()
}

fn counts(import: &Value) -> [u64; 6] {
    let names = [
        "rows_read",
        "added",
        "changed",
        "unchanged",
        "superseded",
        "refused",
    ];
    names.map(|name| import[name].as_u64().unwrap())
}

async fn listed(client: &Client, query: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/metrics?limit=1000{query}{cursor}");
        let page: Page = client.get(&path).await.expect(200).json();
        items.extend(page.items);
        match page.next_cursor {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

async fn a_file_is_imported_and_its_bad_rows_are_named(site: Site) {
    let (mut program, client) = site.up().await;
    let csv = format!(
        "\u{feff}{HEADER}2026-01-01,streams,spotify,,10\r\n2026-01-01,revenue_minor_eur,spotify,,1.5\n\
         2026-01-02,streams,spotify,,NaN\n2999-01-01,streams,spotify,,1\n\"2026-01-03\",streams,spotify,A,12\n\
         2026-01-01,streams,spot\0ify,,10\n"
    );
    let import = imported(&client, "a.csv", csv.clone()).await;
    assert_eq!(
        (&import["state"], &import["format"]),
        (&json!("done"), &json!("csv"))
    );
    assert_eq!(counts(&import), [6, 2, 0, 0, 0, 4]);
    // The list counts what was refused, and leaves the rows out.
    let page: Page = client.get("/v1/metrics/imports").await.expect(200).json();
    assert_eq!(
        (&page.items[0]["refused"], &page.items[0]["refused_rows"]),
        (&json!(4), &json!([]))
    );
    let refused: Vec<_> = import["refused_rows"].as_array().unwrap().iter().collect();
    let places = refused.iter().map(|row| {
        (
            row["line"].as_u64().unwrap(),
            row["column"].as_str().unwrap(),
        )
    });
    let expected = [(3, "value"), (4, "value"), (5, "date"), (7, "source")];
    assert_eq!(places.collect::<Vec<_>>(), expected);
    assert!(
        refused
            .iter()
            .all(|row| row["rule"].as_str().unwrap().len() > 8)
    );

    let rows = listed(&client, "").await;
    assert_eq!(
        rows,
        [
            json!({"date": "2026-01-03", "metric": "streams", "source": "spotify", "track": "A", "value": 12.0, "import_id": import["id"]}),
            json!({"date": "2026-01-01", "metric": "streams", "source": "spotify", "track": "", "value": 10.0, "import_id": import["id"]}),
        ]
    );
    // The same again, compressed and as JSON, changes nothing.
    let again = imported(&client, "a.csv.gz", gzip(csv.as_bytes())).await;
    assert_eq!(counts(&again), [6, 0, 0, 2, 0, 4]);
    let object =
        json!({"date": "2026-01-01", "metric": "streams", "source": "spotify", "value": 10});
    let lines = format!("{object}\n{object}\n");
    assert_eq!(
        counts(&imported(&client, "a.jsonl", lines).await),
        [2, 0, 0, 2, 0, 0]
    );
    assert_eq!(listed(&client, "").await, rows);
    let mut newer = object;
    newer["value"] = json!(11);
    assert_eq!(
        counts(&imported(&client, "b", json!([newer]).to_string()).await),
        [1, 0, 1, 0, 0, 0]
    );
    assert_eq!(listed(&client, "&track=").await[0]["value"], 11.0);
    assert_eq!(
        listed(
            &client,
            "&from=2026-01-02&to=2026-01-03&metric=streams&source=spotify"
        )
        .await
        .len(),
        1
    );

    for (query, field) in [
        ("from=x", "from"),
        ("limit=0", "limit"),
        ("cursor=00", "cursor"),
        ("track=%00", "track"),
    ] {
        let refused = client.get(&format!("/v1/metrics?{query}")).await;
        refused.problem(422);
        assert_eq!(refused.field(), field);
    }
    let page: Page = client
        .get("/v1/metrics/imports?limit=2")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (page.items.len(), page.items[0]["filename"].as_str()),
        (2, Some("b"))
    );
    assert!(page.next_cursor.is_some());
    let files = site.objects("artists/");
    assert_eq!(
        files.iter().filter(|key| key.contains("/metrics/")).count(),
        4,
        "{files:?}"
    );
    program.is_well();
}

async fn what_can_not_be_read_is_dead_with_its_reason(site: Site) {
    let (_program, client) = site.up().await;
    let row = json!({"date": "2026-01-01", "metric": "streams", "source": "spotify", "value": 11});
    // What came before the fault stays.
    let broken = imported(&client, "c.json", format!("[{row},")).await;
    assert_eq!(
        (&broken["state"], &broken["error"]["code"]),
        (&json!("dead"), &json!("bad_json"))
    );
    assert_eq!(counts(&broken), [1, 1, 0, 0, 0, 0]);
    let headless = imported(&client, "d.csv", "2026-01-01,streams,spotify,,1\n").await;
    assert_eq!(headless["error"]["code"], "bad_header");
    for (bytes, code) in [
        (Vec::new(), "empty_file"),
        (b" \n".to_vec(), "empty_file"),
        (b"\x1f\x8bno".to_vec(), "corrupt"),
    ] {
        let refused = send(&client, "e", bytes).await;
        assert_eq!(
            (refused.problem(422).as_str(), refused.field().as_str()),
            (code, "file")
        );
    }
}

async fn put(client: &Client, rows: Value) -> Answer {
    let request = client.request(Method::PUT, "/v1/metrics");
    client.send(request.json(&json!({ "rows": rows }))).await
}

async fn values_are_put_all_or_none(site: Site) {
    let (_program, client) = site.up().await;
    let row = |day: usize, value: f64| json!({"date": format!("2026-01-{day:02}"), "metric": "saves", "source": "x", "track": "A", "value": value});
    let rows: Vec<_> = (1..=3).map(|day| row(day, 1.0)).collect();
    let answer: Value = put(&client, json!(rows)).await.expect(200).json();
    assert_eq!(answer["added"], 3);
    let job = client.finished(answer["job_id"].as_str().unwrap()).await;
    assert_eq!(
        (job.kind.as_str(), job.state.as_str()),
        ("refresh_analytics", "done")
    );
    let answer: Value = put(&client, json!([row(1, 1.0), row(2, 2.0)]))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&answer["unchanged"], &answer["changed"]),
        (&json!(1), &json!(1))
    );

    let mut wrong = row(4, 1.0);
    wrong["value"] = json!("1");
    let refused = put(
        &client,
        json!([row(4, 1.0), wrong, row(5, 1e16), row(4, 2.0), 7]),
    )
    .await;
    assert_eq!(
        (refused.problem(422).as_str(), refused.field().as_str()),
        ("invalid_rows", "rows")
    );
    let problem: Value = refused.json();
    let errors = problem["errors"].as_array().unwrap().iter();
    let places: Vec<_> = errors
        .map(|error| {
            (
                error["index"].as_u64().unwrap(),
                error["field"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(places, [(1, "value"), (2, "value"), (3, ""), (4, "")]);
    assert_eq!(listed(&client, "").await.len(), 3, "none of them");

    let most: Vec<_> = (0..1000).map(|at| json!({"date": format!("20{:02}-01-{:02}", at / 28 % 25, at % 28 + 1), "metric": "m".repeat(63), "source": "s".repeat(40), "track": format!("{at:064}"), "value": 1.0})).collect();
    put(&client, json!(most)).await.expect(200);
    let more: Vec<_> = (0..1001).map(|_| row(1, 1.0)).collect();
    assert_eq!(put(&client, json!(more)).await.problem(422), "out_of_range");
    assert_eq!(put(&client, json!([])).await.problem(422), "out_of_range");
    let request = client.request(Method::PUT, "/v1/metrics");
    let large = client.send(request.body("x".repeat(600_000))).await;
    assert_eq!(large.problem(413), "too_large");
}

async fn another_artists_metrics_and_imports_are_not_found(site: Site) {
    let (_program, first) = site.up().await;
    let (_, token) = site.artist("Second Artist").await;
    let second = first.with_token(&token);
    let csv = format!("{HEADER}2026-01-01,streams,spotify,,10\n");
    let import = imported(&first, "a.csv", csv.clone()).await;
    let path = format!("/v1/metrics/imports/{}", import["id"].as_str().unwrap());
    assert_eq!(second.get(&path).await.problem(404), "not_found");
    let page: Page = second.get("/v1/metrics/imports").await.expect(200).json();
    assert!(page.items.is_empty() && listed(&second, "").await.is_empty());
    // The same file is the other's own: nothing of it was there.
    let own = imported(&second, "a.csv", csv.replace(",10", ",20")).await;
    assert_eq!(counts(&own), [1, 1, 0, 0, 0, 0]);
    assert_eq!(listed(&first, "").await[0]["value"], 10.0);
    assert_eq!(
        second.without_token().get("/v1/metrics").await.problem(401),
        "unauthorised"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_keep_keys_and_quotas() {
    let site = Site::sqlite().with("limits.max_waiting_jobs_per_artist", 1);
    let (_program, client) = site.intake().await;
    let ask = |key: &'static str, bytes: &'static str| {
        client.send(request(&client, "a.csv", bytes).header("idempotency-key", key))
    };
    let first: Value = ask("a", "date").await.expect(202).json();
    let again = ask("a", "date").await.expect(202);
    assert_eq!(
        (again.header("idempotent-replayed"), &again.json::<Value>()),
        ("true", &first)
    );
    assert_eq!(
        ask("a", "other").await.problem(422),
        "idempotency_key_reused"
    );
    assert_eq!(ask("b", "date").await.problem(429), "too_many_waiting_jobs");
    let kept = site.objects("artists/");
    assert_eq!(kept.len(), 1, "{kept:?}");
}

async fn an_import_that_was_killed_in_the_middle_ends_with_the_same_rows(site: Site) {
    const ROWS: usize = 120_000;
    let site = site.with_short_leases();
    let (program, client) = site.up().await;
    let mut csv = HEADER.to_owned();
    for at in 0..ROWS {
        // Every row but each tenth, which is refused.
        let value = if at % 10 == 9 {
            "?".to_owned()
        } else {
            at.to_string()
        };
        let (month, day) = (at / 28 % 12 + 1, at % 28 + 1);
        let row = format!(
            "2025-{month:02}-{day:02},streams,spotify,T{},{value}\n",
            at / 336
        );
        csv.push_str(&row);
    }
    let import: Value = send(&client, "long.csv", csv).await.expect(202).json();
    let (id, job_id) = (
        import["id"].as_str().unwrap(),
        import["job_id"].as_str().unwrap(),
    );
    client.events(job_id).await.until_past(0.2).await;
    program.kill();

    let (mut program, client) = site.up().await;
    let job = client.finished(job_id).await;
    assert_eq!((job.state.as_str(), job.attempt), ("done", 2));
    let import: Value = client
        .get(&format!("/v1/metrics/imports/{id}"))
        .await
        .expect(200)
        .json();
    let (all, bad) = (ROWS as u64, ROWS as u64 / 10);
    // Every row counts once: those of the killed attempt were not merged again.
    assert_eq!(counts(&import), [all, all - bad, 0, 0, 0, bad]);
    let refused = import["refused_rows"].as_array().unwrap();
    let lines = refused.iter().map(|row| row["line"].as_u64().unwrap());
    assert!(lines.eq((0..1000).map(|at| at * 10 + 11)));
    let shown = site.run(&["jobs", "show", job_id, "--json"]).await.well();
    assert!(shown.contains("going on behind row"), "{shown}");
    for track in [0, 100, 357] {
        let rows = listed(&client, &format!("&track=T{track}")).await;
        let mut values: Vec<_> = rows
            .iter()
            .map(|row| row["value"].as_f64().unwrap())
            .collect();
        values.sort_by(f64::total_cmp);
        let expected = (0..ROWS).filter(|at| at % 10 != 9 && at / 336 == track);
        assert_eq!(values, expected.map(|at| at as f64).collect::<Vec<_>>());
    }
    program.is_well();
}
