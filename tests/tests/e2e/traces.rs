//! One id joins a request with the work that it led to, in the logs of whichever processes.

use reqwest::Method;
use serde_json::{Value, json};
use support::client::Master;
use support::program::eventually;
use support::site::Site;

on_both_databases! {
    the_callers_trace_is_on_the_request_and_on_its_jobs_lines
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

async fn the_callers_trace_is_on_the_request_and_on_its_jobs_lines(site: Site) {
    let site = site.with("log.format", "json");
    let (program, client) = site.up().await;
    let track = client.song(2.0).await;
    let wish = client
        .request(Method::POST, "/v1/masters")
        .header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01"))
        .json(&json!({ "track_id": track.id, "target": "spotify" }));
    let master: Master = client.send(wish).await.expect(202).json();
    assert_eq!(client.finished(&master.job_id).await.state, "done");
    let traced = |line: &Value, span: &str, message: &str| {
        line["fields"]["message"] == message
            && line["spans"].as_array().is_some_and(|spans| {
                spans
                    .iter()
                    .any(|one| one["name"] == span && one["trace.id"] == TRACE)
            })
    };
    let found = |span: &str, message: &str| {
        let log = program.log();
        let mut lines = log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        lines.find(|line| traced(line, span, message))
    };
    eventually("the request's line", || found("request", "answered")).await;
    let ended = eventually("the job's line", || found("job", "an attempt ended")).await;
    assert_eq!(ended["spans"][0]["job.id"], master.job_id.as_str());
    program.stop().await;
}
