//! What an artist erases is in no table and no folder any more, whatever was at work on it.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use reqwest::Method;
use serde_json::{Value, json};
use support::client::Client;
use support::listeners;
use support::site::Site;

use crate::forecasters::{asked, csv, imported};

on_both_databases! {
    erasing_metrics_and_models_leaves_no_row_and_no_file
}

/// The first artist, by the id that it always has.
const OWNER: u128 = 1;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// How many rows of an artist's there are, by table: of all tables that have any.
async fn rows(site: &Site, artist: u128) -> BTreeMap<String, i64> {
    let url = site.database_url();
    let pool = db::Pool::connect(&url, db::PoolOptions::default())
        .await
        .unwrap();
    let mut connection = pool.get().await.unwrap();
    let db: &mut db::Db = &mut connection;
    let (tables, id) = match db {
        db::Db::Pg(_) => (
            "SELECT table_name::text AS name FROM information_schema.columns \
             WHERE column_name = 'artist_id' AND table_schema = current_schema()",
            format!("'{}'::uuid", uuid::Uuid::from_u128(artist)),
        ),
        db::Db::Sqlite(_) => (
            "SELECT tables.name AS name FROM sqlite_master AS tables \
             JOIN pragma_table_info(tables.name) AS columns \
             WHERE tables.type = 'table' AND columns.name = 'artist_id'",
            format!("x'{artist:032x}'"),
        ),
    };
    let query = diesel::sql_query(tables);
    let tables: Vec<Name> = db::on!(db, conn => query.load(conn).await).unwrap();
    assert!(tables.len() >= 15, "{}", tables.len());
    let mut found = BTreeMap::new();
    for Name { name } in tables {
        let sql = format!("SELECT count(*) AS rows FROM {name} WHERE artist_id = {id}");
        let query = diesel::sql_query(sql);
        let count: Count = db::on!(db, conn => query.get_result(conn).await).unwrap();
        if count.rows > 0 {
            found.insert(name, count.rows);
        }
    }
    found
}

/// Hands in, learns and computes everything that insight can have of an artist.
async fn filled(client: &Client) {
    imported(client, csv(16, 100)).await;
    let dataset = client.dataset(&listeners::csv(300, 1)).await;
    let churn = client.train("fans", &dataset, 1).await;
    for job in [churn, asked(client).await] {
        assert_eq!(client.finished(&job).await.state, "done");
    }
}

async fn erasing_metrics_and_models_leaves_no_row_and_no_file(site: Site) {
    let (mut program, client) = site.up().await;
    let (_, token) = site.artist("Second Artist").await;
    let second = client.with_token(&token);
    imported(&second, csv(2, 90)).await;
    filled(&client).await;
    let before = rows(&site, OWNER).await;
    for table in [
        "analytics_results",
        "datasets",
        "metric_imports",
        "metrics_daily",
        "model_trainings",
        "model_versions",
    ] {
        assert!(before.contains_key(table), "{table}: {before:?}");
    }
    // That of the forecaster is among them.
    assert_eq!(before["model_trainings"], 2);
    // One import is still at it, or to come.
    let request = client.request(Method::POST, "/v1/metrics/imports");
    let late: Value = client
        .send(request.body(csv(400, 200)))
        .await
        .expect(202)
        .json();
    let erased: Value = client.delete("/v1/metrics").await.expect(200).json();
    assert_eq!(erased["imports"], json!(2));
    assert!(erased["values"].as_u64().unwrap() >= 1600, "{erased}");
    assert!(erased["objects"].as_u64().unwrap() >= 1, "{erased}");
    let late = client.finished(late["job_id"].as_str().unwrap()).await;
    assert!(
        ["cancelled", "dead"].contains(&late.state.as_str()),
        "{late:?}"
    );
    client.delete("/v1/analytics/models").await.expect(200);

    let left = rows(&site, OWNER).await;
    let only = BTreeMap::from([("api_tokens".to_owned(), before["api_tokens"])]);
    assert_eq!(left, only, "of {before:?}");
    let folder = format!("artists/{}/", uuid::Uuid::from_u128(OWNER));
    assert_eq!(site.objects(&folder), [""; 0]);
    assert!(
        site.unfinished_files().is_empty(),
        "{:?}",
        site.unfinished_files()
    );
    let told: Value = client
        .get("/v1/analytics/milestones")
        .await
        .expect(200)
        .json();
    assert_eq!(told["status"], "not_computed");
    // What is another's stays.
    let told: Value = second
        .get("/v1/analytics/milestones")
        .await
        .expect(200)
        .json();
    assert_eq!(told["status"], "ready");
    assert!(!site.objects("artists/").is_empty());
    program.is_well();
}
