//! What operators ask of a running platform: health, metrics, request ids, and nothing from outside.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::Value;
use support::client::Client;
use support::site::Site;

on_both_databases! {
    health_and_readiness_are_told_without_a_token
    metrics_are_prometheus_text_and_count
}

async fn health_and_readiness_are_told_without_a_token(site: Site) {
    let (_program, client) = site.up().await;
    let client = client.without_token();
    for path in ["/healthz", "/readyz"] {
        let health: Value = client.get(path).await.expect(200).json();
        assert_eq!(health["status"], "ok");
    }
    let own = client
        .get_with("/healthz", "x-request-id", "my-own-id")
        .await;
    assert_eq!(own.header("x-request-id"), "my-own-id");
    let long = client
        .get_with("/healthz", "x-request-id", &"x".repeat(500))
        .await;
    assert!(
        !long.header("x-request-id").is_empty() && !long.header("x-request-id").contains("xxx")
    );
    let nowhere = client.get("/v1/nowhere").await;
    assert_eq!(nowhere.problem(404), "no_such_route");
}

async fn metrics_are_prometheus_text_and_count(site: Site) {
    let (_program, client) = site.up().await;
    let before = metrics(&client).await;
    let track = client.song(2.0).await;
    let master = client.master_of(&track).await;
    assert_eq!(client.finished(&master.job_id).await.state, "done");
    for _ in 0..5 {
        client.get("/healthz").await.expect(200);
    }
    for word in ["BREW", "brew", "WHEN"] {
        let own = client.request(Method::from_bytes(word.as_bytes()).unwrap(), "/healthz");
        client.send(own).await.expect(404);
    }
    let after = metrics(&client).await;
    let of = |all: &BTreeMap<String, f64>, name: &str, labels: &[&str]| {
        let fits = |series: &&String| {
            series.starts_with(name) && labels.iter().all(|label| series.contains(label))
        };
        all.keys()
            .filter(fits)
            .map(|series| all[series])
            .sum::<f64>()
    };
    let healthz = ["route=\"/healthz\"", "status=\"200\""];
    let grown =
        of(&after, "http_requests_total", &healthz) - of(&before, "http_requests_total", &healthz);
    assert!((grown - 5.0).abs() < 0.5, "{grown}");
    let waiting = ["state=\"waiting\"", "queue=\"studio\""];
    assert!(after.keys().any(|series| series.starts_with("queue_jobs{")));
    assert!(of(&after, "queue_jobs", &waiting).abs() < 0.5);
    assert!(
        of(
            &after,
            "http_request_duration_seconds_count",
            &["/v1/tracks"]
        ) >= 1.0
    );
    let made_up = ["method=\"other\""];
    assert!(of(&after, "http_requests_total", &made_up) >= 3.0);
    let word = |series: &String| series.contains("BREW") || series.contains("WHEN");
    assert!(!after.keys().any(word));
    let private = |series: &String| series.contains(&track.id) || series.contains("song.wav");
    assert!(!after.keys().any(private));
}

/// Every series with its value; fails on any line that is not Prometheus text.
async fn metrics(client: &Client) -> BTreeMap<String, f64> {
    let answer = client.without_token().get("/metrics").await.expect(200);
    assert!(answer.header("content-type").starts_with("text/plain"));
    let text = String::from_utf8(answer.body).unwrap();
    let mut series = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(comment) = line.strip_prefix("# ") {
            assert!(
                comment.starts_with("TYPE ") || comment.starts_with("HELP "),
                "{line}"
            );
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        let bare = name.split('{').next().unwrap();
        let fine = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        assert!(
            bare.chars().all(fine) && !bare.starts_with(|c: char| c.is_ascii_digit()),
            "{line}"
        );
        assert!(bare == name || name.ends_with('}'), "{line}");
        let twice = series.insert(name.to_owned(), value.parse().unwrap());
        assert!(twice.is_none(), "{line}");
    }
    series
}

#[tokio::test]
async fn the_page_and_its_description_name_no_outside_host() {
    let site = Site::sqlite();
    let (_program, client) = site.up().await;
    let client = client.without_token();
    for path in ["/", "/docs/"] {
        let answer = client.get(path).await.expect(200);
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{path}"
        );
        let page = String::from_utf8(answer.body).unwrap();
        let links = page.split(['"', '\'']).filter(|text| text.contains("//"));
        let outside: Vec<_> = links
            .filter(|link| link.starts_with("http") || link.starts_with("//"))
            .collect();
        assert!(outside.is_empty(), "{path}: {outside:?}");
        let files = page.split(['"', '\'']).filter(|text| {
            [".js", ".css", ".svg", ".png"]
                .iter()
                .any(|end| text.ends_with(end))
                && !text.contains(' ')
        });
        for file in files {
            let from_root = if file.starts_with('/') {
                file.to_owned()
            } else {
                format!("{path}{file}").replace("/./", "/")
            };
            client.get(&from_root).await.expect(200);
        }
    }
    let page = client.get("/").await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("default-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(
        client.get("/assets/nothing.js").await.problem(404),
        "not_found"
    );
}
