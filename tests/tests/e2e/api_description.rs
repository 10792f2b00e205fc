//! The OpenAPI document tells the truth: every path answers, every code can be met.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use support::site::Site;
use uuid::Uuid;

use crate::refusals::PROVOKED;

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_path_answers_for_its_method() {
    let site = Site::sqlite();
    let (_program, client) = site.up().await;
    let api: Value = client
        .without_token()
        .get("/openapi.json")
        .await
        .expect(200)
        .json();
    assert!(api["openapi"].as_str().unwrap().starts_with("3."));
    let operator = client.with_token(&site.operator("nina").await);
    let mut answered = 0;
    for (path, methods) in api["paths"].as_object().unwrap() {
        let real = path.replace("{id}", &Uuid::nil().to_string());
        let real = real
            .replace("{queue}", "studio")
            .replace("{name}", "accounts")
            .replace("{model}", "fans")
            .replace("{number}", "1");
        let caller = if real.starts_with("/v1/admin") {
            &operator
        } else {
            &client
        };
        assert!(!real.contains('{'), "{path}");
        for method in methods.as_object().unwrap().keys() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else {
                continue;
            };
            let answer = caller.send(caller.request(method.clone(), &real)).await;
            let status = answer.status;
            assert_ne!(status, 405, "{method} {path}");
            assert!(status < 500, "{method} {path}: {status}");
            if status == 404 && method != Method::HEAD {
                assert_eq!(answer.problem(404), "not_found", "{method} {path}");
            }
            let documented = &api["paths"][path][method.as_str().to_lowercase()]["responses"];
            assert!(
                documented.get(status.to_string()).is_some(),
                "{method} {path}: {status} is not documented"
            );
            answered += 1;
        }
    }
    assert!(answered >= 40, "{answered}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_refusal_can_be_met() {
    let site = Site::sqlite();
    let (_program, client) = site.up().await;
    let api: Value = client.get("/openapi.json").await.expect(200).json();
    let operations = api["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|path| path.as_object().unwrap().values());
    let mut documented = BTreeSet::new();
    for operation in operations {
        for (status, response) in operation["responses"].as_object().unwrap() {
            if status.starts_with('4') {
                let words = response["description"]
                    .as_str()
                    .unwrap_or_default()
                    .split('`')
                    .skip(1)
                    .step_by(2);
                documented.extend(words.map(ToOwned::to_owned));
            }
        }
    }
    assert!(documented.len() >= 15, "{documented:?}");
    let unmet: Vec<_> = documented
        .iter()
        .filter(|code| !PROVOKED.contains(&code.as_str()))
        .collect();
    assert!(unmet.is_empty(), "documented, but no test meets {unmet:?}");
}
