//! An artist who is erased is in no table and no folder any more, whatever was at work for it, and whatever
//! dies on the way; and everything of another's stays.

use std::path::PathBuf;

use futures::{StreamExt, stream};
use reqwest::{Body, Method};
use serde_json::{Value, json};
use support::client::{Client, Page, Track};
use support::listeners::{self, Mood, met};
use support::music::Music;
use support::program::{eventually, patiently};
use support::site::Site;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::artist_rows::{Rows, aged, held_for_ever, let_go, unsettled};
use crate::forecasters::{asked, csv, imported};

on_both_databases! {
    nothing_stays_but_the_record_and_nothing_of_anothers_goes
    an_erasing_that_is_killed_at_any_step_goes_on
    what_is_under_way_for_the_artist_is_left_nowhere
    a_storm_of_requests_leaves_nothing_behind
    operators_erase_by_id_and_are_refused_where_it_is_not_theirs_to_say
}

/// What an erasing says of its steps, in their order.
const STEPS: [&str; 5] = [
    "access has ended",
    "nothing of it runs",
    "its rows are gone",
    "its jobs are gone",
    "its files are gone",
];

/// An artist, and all that it can be known by.
struct Artist {
    id: String,
    name: String,
    client: Client,
    known_by: Vec<String>,
}

impl Artist {
    async fn new(site: &Site, client: &Client, name: &str) -> Self {
        let (id, token) = site.artist(name).await;
        Self {
            known_by: vec![id.clone(), name.to_owned()],
            id,
            name: name.to_owned(),
            client: client.with_token(&token),
        }
    }

    /// Hands in a song under the artist's own name.
    async fn song(&mut self, seconds: f64, seed: u64) -> Track {
        let song = Music::of_seconds(seconds).seeded(seed).wav();
        let request = self.client.upload_request(&format!("{}.wav", self.name));
        let request = request.header("idempotency-key", format!("song {seed}"));
        let answer = self.client.send(request.body(song)).await;
        let track: Track = answer.expect(201).json();
        self.known_by.push(track.id.clone());
        track
    }

    /// Asks for something that a job makes: the job.
    async fn asks(&mut self, path: &str, wish: &Value) -> String {
        let accepted: Value = self.client.post(path, wish).await.expect(202).json();
        self.known_by.push(text(&accepted["id"]));
        text(&accepted["job_id"])
    }

    /// Everything that an artist can have; its jobs have ended.
    async fn filled(&mut self, site: &Site, operator: &Client) {
        let (one, two) = (self.song(3.0, 1).await, self.song(3.0, 2).await);
        let isrc = json!({ "isrc": "USRC17607839" });
        let client = self.client.clone();
        put(&client, &format!("/v1/tracks/{}/isrc", one.id), &isrc).await;
        let reference = json!([{ "track_id": two.id }]);
        let master = json!({ "track_id": one.id, "target": "spotify", "references": reference });
        let album =
            json!({ "track_ids": [one.id, two.id], "target": "spotify", "title": self.name });
        let mut jobs = vec![
            self.asks("/v1/masters", &master).await,
            self.asks("/v1/albums", &album).await,
            self.asks("/v1/analyses", &json!({ "track_id": one.id }))
                .await,
        ];
        jobs.push(imported(&client, csv(2, 90)).await);
        let dataset = client.dataset(&listeners::csv(300, 1)).await;
        jobs.push(client.train("fans", &dataset, 1).await);
        for job in &jobs {
            assert_eq!(client.finished(job).await.state, "done");
        }
        // It has too few series.
        let dead = asked(&client).await;
        assert_eq!(client.finished(&dead).await.state, "dead");
        let cancelled = client.master_of(&one).await.job_id;
        client.delete(&format!("/v1/jobs/{cancelled}")).await;
        client.finished(&cancelled).await;
        jobs.extend([dead.clone(), cancelled]);

        let policy = json!({ "cron": "30 3 1 1 *", "timezone": "Europe/Berlin" });
        put(&client, "/v1/analytics/models/fans/upkeep", &policy).await;
        let (rows, _) = met(Mood::Usual, 3, 5);
        let question = json!({ "model": "fans", "rows": rows, "key": "listener", "reasons": 0 });
        let predict = "/v1/analytics/predict-churn";
        client.post(predict, &question).await.expect(200);
        let schedule = self.schedule(operator).await;
        let trigger = format!("/v1/admin/schedules/{schedule}/trigger");
        let watch = operator.post(&trigger, &json!({})).await.expect(202);
        let watch = text(&watch.json::<Value>()["job"]);
        assert_eq!(client.finished(&watch).await.state, "done");
        jobs.push(watch);
        aged(site, &self.id, &dead, &schedule).await;
        self.known_by.extend(jobs);
        self.known_by.push(schedule);
    }

    async fn schedule(&self, operator: &Client) -> String {
        let page: Page = operator.get("/v1/admin/schedules").await.expect(200).json();
        let mut own = page.items.iter();
        let own = own.find(|schedule| schedule["tenant_id"] == json!(self.id));
        text(&own.unwrap()["id"])
    }

    /// Nothing of it is in any row but one, or among the files.
    async fn is_nowhere(&self, site: &Site) {
        let rows = Rows::of(site).await;
        let telling = rows.telling(&self.known_by);
        let acts = rows.of_table("queue_acts");
        assert_eq!(telling.into_iter().collect::<Vec<_>>(), [("queue_acts", 1)]);
        let id = self.id.replace('-', "");
        let act = acts.iter().find(|act| act.contains(&id)).unwrap();
        assert!(act.contains("erase_tenant"), "{act}");
        assert!(!act.contains(&self.name.to_lowercase()), "{act}");
        assert_eq!(site.objects(&format!("artists/{}", self.id)), [""; 0]);
        let folder = site.data().join("objects/artists").join(&self.id);
        assert!(!folder.exists(), "an empty folder has its id");
        for known in &self.known_by {
            let kept = site.kept_of(known);
            assert!(kept.is_empty(), "{kept:?}");
        }
        let refused = self.client.get("/v1/tracks").await;
        assert_eq!(refused.problem(401), "unauthorised");
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

async fn put(client: &Client, path: &str, wish: &Value) {
    let request = client.request(Method::PUT, path).json(wish);
    client.send(request).await.expect(200);
}

fn object(said: &str) -> Value {
    serde_json::from_str(said).unwrap()
}

async fn nothing_stays_but_the_record_and_nothing_of_anothers_goes(site: Site) {
    let (mut program, owner) = site.up().await;
    let operator = owner.with_token(&site.operator("nina").await);
    let mut one = Artist::new(&site, &owner, "Aurora Borealis").await;
    let mut other = Artist::new(&site, &owner, "Corona Australis").await;
    tokio::join!(one.filled(&site, &operator), other.filled(&site, &operator));
    let before = Rows::of(&site).await;
    before.hold_something_everywhere(&one.known_by);
    let others_files = site.objects(&format!("artists/{}", other.id));
    assert!(others_files.len() > 5, "{others_files:?}");

    // Without --yes nothing is changed, and it is told what would go.
    let erase = ["artists", "erase", &one.name, "--json", "--actor", "nina"];
    let would = object(&site.run(&erase).await.well());
    let would = &would["would_erase"];
    assert_eq!(
        (
            &would["artist_id"],
            &would["rows"]["tracks"],
            &would["schedules"]
        ),
        (&json!(one.id), &json!(2), &json!(1))
    );
    assert!(would["bytes"].as_u64() > Some(100_000), "{would}");
    let own = before.telling(std::slice::from_ref(&one.id));
    for table in own.keys().filter(|table| !table.starts_with("queue_")) {
        let told = *table == "artists" || would["rows"].get(table).is_some();
        assert!(told, "{table} is erased, and nobody is told of it");
    }
    let still = Rows::of(&site).await;
    assert_eq!(still.telling(&one.known_by), before.telling(&one.known_by));

    let erased = site.run(&[&erase[..], &["--yes"]].concat()).await.well();
    let counts = &object(&erased)["erased"]["counts"];
    for table in would["rows"].as_object().unwrap().keys() {
        assert_eq!(counts[table], would["rows"][table], "{table}");
    }
    for (word, told) in [
        ("queue_jobs", "jobs"),
        ("objects", "objects"),
        ("bytes", "bytes"),
    ] {
        assert_eq!(counts[word], would[told], "{word}");
    }
    one.is_nowhere(&site).await;
    let after = Rows::of(&site).await;
    assert_eq!(
        after.telling(&other.known_by),
        before.telling(&other.known_by)
    );
    assert_eq!(site.objects(&format!("artists/{}", other.id)), others_files);
    let tracks: Page = other.client.get("/v1/tracks").await.expect(200).json();
    assert_eq!(tracks.items.len(), 2);
    let question = json!({ "model": "fans", "rows": listeners::asked() });
    let judged = other.client.post("/v1/analytics/predict-churn", &question);
    judged.await.expect(200);

    // By its name it is not found any more; by its id nothing is left to do.
    assert_eq!(
        object(&site.run(&erase).await.stdout)["refused"],
        "not_found"
    );
    let by_id = ["artists", "erase", &one.id, "--yes", "--json"];
    let again = object(&site.run(&by_id).await.well());
    assert_eq!(again["erased"]["counts"], *counts);
    let acts = ["acts", "ls", "--act", "erase_tenant", "--json"];
    let acts = site.run(&acts).await.well();
    assert_eq!(acts.lines().count(), 1);
    assert_eq!(object(&acts)["actor"], "nina");
    program.is_well();
}

async fn an_erasing_that_is_killed_at_any_step_goes_on(site: Site) {
    let (intake, owner) = site.intake().await;
    let mut one = Artist::new(&site, &owner, "Aurora Borealis").await;
    let mut other = Artist::new(&site, &owner, "Corona Australis").await;
    for artist in [&mut one, &mut other] {
        let track = artist.song(2.0, 1).await;
        let wish = json!({ "track_id": track.id, "target": "spotify" });
        let job = artist.asks("/v1/masters", &wish).await;
        artist.known_by.push(job);
    }
    let erase = ["artists", "erase", &one.id, "--yes"];
    for step in STEPS {
        site.killed_at(&erase, step).await;
        let refused = one.client.get("/v1/tracks").await;
        assert_eq!(refused.problem(401), "unauthorised");
    }
    site.run(&erase).await.well();
    one.is_nowhere(&site).await;
    other.client.get("/v1/tracks").await.expect(200);

    // Whoever is the keeper goes on as well, when nobody does.
    site.killed_at(&["artists", "erase", &other.id, "--yes"], STEPS[2])
        .await;
    let _worker = site.worker().await;
    let folder = site.data().join("objects/artists").join(&other.id);
    let gone = || (!folder.exists()).then_some(());
    eventually("its files are gone", gone).await;
    other.is_nowhere(&site).await;
    drop(intake);
}

async fn what_is_under_way_for_the_artist_is_left_nowhere(site: Site) {
    let (mut program, owner) = site.up().await;
    let mut one = Artist::new(&site, &owner, "Aurora Borealis").await;
    let track = one.song(300.0, 1).await;
    let wish = json!({ "track_id": track.id, "target": "spotify" });
    let job = one.asks("/v1/masters", &wish).await;
    one.known_by.push(job.clone());
    one.client.events(&job).await.until_past(0.1).await;
    // An upload has come half-way when its artist goes.
    let (go_on, going) = oneshot::channel::<()>();
    let song = Music::of_seconds(1.0).wav();
    let (first, second) = (song[..40_000].to_vec(), song[40_000..].to_vec());
    let first = stream::iter([Ok::<_, std::io::Error>(first)]);
    let second = stream::once(async move {
        going.await.map_err(std::io::Error::other)?;
        Ok(second)
    });
    let body = Body::wrap_stream(first.chain(second));
    let upload = one.client.upload_request("half.wav").body(body);
    let client = one.client.clone();
    let upload = tokio::spawn(async move { client.send(upload).await });
    let of_upload = |path: &PathBuf| path.to_string_lossy().contains("/spool-");
    let received = || site.unfinished_files().into_iter().find(of_upload);
    eventually("the first half", received).await;

    site.run(&["artists", "erase", &one.id, "--yes"])
        .await
        .well();
    one.is_nowhere(&site).await;
    go_on.send(()).unwrap();
    let answer = patiently("an answer", upload).await.unwrap();
    assert_eq!(answer.problem(409), "gone");
    one.is_nowhere(&site).await;
    let clean = || site.unfinished_files().is_empty().then_some(());
    eventually("no working file is left", clean).await;
    program.is_well();
}

/// Asks again and again, until the artist is known no more: how often it was done.
async fn storming(client: Client, method: Method, path: String, body: Vec<u8>) -> usize {
    let mut done = 0;
    loop {
        let request = client.request(method.clone(), &path).body(body.clone());
        let answer = client.send(request).await;
        match answer.status {
            200..=202 => done += 1,
            401 => return done,
            // The model is gone a moment before its artist; too much waits.
            404 | 429 => {}
            _ => assert_eq!(answer.problem(409), "gone"),
        }
    }
}

async fn a_storm_of_requests_leaves_nothing_behind(site: Site) {
    let (mut program, owner) = site.up().await;
    let mut one = Artist::new(&site, &owner, "Aurora Borealis").await;
    let track = one.song(0.5, 1).await;
    let dataset = one.client.dataset(&listeners::csv(300, 1)).await;
    let model = one.client.train("fans", &dataset, 1).await;
    assert_eq!(one.client.finished(&model).await.state, "done");
    let day = json!({ "date": "2026-06-01", "metric": "streams", "source": "spotify", "value": 7 });
    let asked = [
        (Method::PUT, "/v1/metrics", json!({ "rows": [day] })),
        (
            Method::POST,
            "/v1/masters",
            json!({ "track_id": track.id, "target": "spotify" }),
        ),
        (
            Method::POST,
            "/v1/analyses",
            json!({ "track_id": track.id }),
        ),
        (
            Method::PUT,
            "/v1/analytics/models/fans/upkeep",
            json!({ "cron": "30 3 * * *", "timezone": "Europe/Berlin" }),
        ),
    ];
    let mut storm: Vec<_> = asked
        .into_iter()
        .map(|(method, path, body)| {
            let body = body.to_string().into_bytes();
            tokio::spawn(storming(one.client.clone(), method, path.to_owned(), body))
        })
        .collect();
    let song = Music::of_seconds(0.2).wav();
    storm.push(tokio::spawn(storming(
        one.client.clone(),
        Method::POST,
        "/v1/tracks".to_owned(),
        song,
    )));
    site.run(&["artists", "erase", &one.id, "--yes"])
        .await
        .well();
    for asked in storm {
        let done = patiently("the storm's end", asked).await.unwrap();
        assert!(done > 0, "nothing was under way");
    }
    one.is_nowhere(&site).await;
    program.is_well();
}

async fn operators_erase_by_id_and_are_refused_where_it_is_not_theirs_to_say(site: Site) {
    let (mut intake, owner) = site.intake().await;
    let operator = owner.with_token(&site.operator("nina").await);
    let mut one = Artist::new(&site, &owner, "Aurora Borealis").await;
    let track = one.song(1.0, 1).await;
    let wish = json!({ "track_id": track.id, "target": "spotify" });
    let (job, stuck) = (
        one.asks("/v1/masters", &wish).await,
        one.asks("/v1/masters", &wish).await,
    );
    one.known_by.extend([job.clone(), stuck.clone()]);
    let path = format!("/v1/admin/artists/{}", one.id);
    assert_eq!(owner.delete(&path).await.problem(403), "operators_only");
    let nobody = format!("/v1/admin/artists/{}", Uuid::nil());
    assert_eq!(operator.delete(&nobody).await.problem(404), "not_found");
    let long = operator.delete(&format!("{path}?wait_seconds=61")).await;
    assert_eq!(long.problem(422), "out_of_range");

    // What nobody knows of does not vanish: before anything is changed.
    one.client
        .delete(&format!("/v1/jobs/{job}"))
        .await
        .expect(200);
    unsettled(&site, &job).await;
    let shown: Value = operator.get(&path).await.expect(200).json();
    assert_eq!(shown["unsettled_effects"][0]["job_id"], json!(job));
    let refused = operator.delete(&path).await;
    assert_eq!(refused.problem(409), "effects_unsettled");
    let said = String::from_utf8(refused.body).unwrap();
    assert!(said.contains(&job) && said.contains("`post`"), "{said}");
    let said = site.run(&["artists", "erase", &one.id, "--yes"]).await;
    assert!(said.refused().contains("effects resolve"));
    one.client.get("/v1/tracks").await.expect(200);

    // What does not stop is waited for; access has ended, and all else is there.
    held_for_ever(&site, &stuck).await;
    let give_up = format!("{path}?abandon_effects=true&wait_seconds=0");
    let refused = operator.delete(&give_up).await;
    assert_eq!(refused.problem(409), "still_running");
    let refused = one.client.get("/v1/tracks").await;
    assert_eq!(refused.problem(401), "unauthorised");
    let rows: Value = operator.get(&path).await.expect(200).json();
    assert_eq!(rows["rows"]["tracks"], json!(1));
    let_go(&site, &stuck).await;
    let erased: Value = operator.delete(&give_up).await.expect(200).json();
    assert_eq!(erased["counts"]["abandoned_effects"], json!(1));
    assert_eq!(erased["abandoned"], json!(["told"]));
    one.is_nowhere(&site).await;
    let again: Value = operator.delete(&give_up).await.expect(200).json();
    assert_eq!(again, erased);
    assert_eq!(operator.get(&path).await.problem(404), "not_found");

    // A name that two have names neither.
    let twins = [site.artist("Twin").await.0, site.artist("Twin").await.0];
    let said = site.run(&["artists", "erase", "Twin", "--yes"]).await;
    let said = said.refused();
    for twin in &twins {
        assert!(said.contains(twin), "{said}");
        site.run(&["artists", "erase", twin, "--yes"]).await.well();
    }

    // The first artist, too, does not come back.
    let first = Uuid::from_u128(1).to_string();
    let first = ["artists", "erase", &first, "--yes"];
    site.run(&first).await.well();
    assert!(!site.data().join("owner.token").exists());
    assert_eq!(owner.get("/v1/tracks").await.problem(401), "unauthorised");
    intake.is_well();
    intake.stop().await;
    let mut intake = site.intake_again().await;
    assert_eq!(site.run(&["artists", "ls"]).await.well(), "");
    assert!(!site.data().join("owner.token").exists());
    intake.is_well();
}
