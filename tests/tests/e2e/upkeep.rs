//! Models that are looked after by themselves: what is asked drifts, a version is trained, judged on rows that
//! nobody learned from, promoted, and rolled back when it does worse; all of it by jobs, which operators can
//! stop.

use reqwest::Method;
use serde_json::{Value, json};
use support::client::{Answer, Client, Job, Page};
use support::listeners::{Mood, csv, met};
use support::site::Site;

on_both_databases! {
    a_model_is_trained_anew_promoted_and_rolled_back_by_itself
    operators_stop_upkeep_and_the_champion_answers
    an_interval_and_what_would_help_are_told
    erasing_leaves_nothing_that_is_looked_after
}

pub const MODEL: &str = "/v1/analytics/models/fans";
const PREDICT: &str = "/v1/analytics/predict-churn";

/// A model that is looked after, its operator, and its schedule.
pub struct Tended {
    pub client: Client,
    pub operator: Client,
    pub schedule: String,
    model: &'static str,
}

/// The schedules of upkeep; the platform has others of its own.
async fn schedules(operator: &Client) -> Vec<String> {
    let page: Page = operator.get("/v1/admin/schedules").await.expect(200).json();
    let of_upkeep = page.items.iter().filter(|schedule| {
        let name = schedule["name"].as_str().unwrap();
        name.starts_with("upkeep of")
    });
    of_upkeep
        .map(|schedule| schedule["id"].as_str().unwrap().to_owned())
        .collect()
}

impl Tended {
    /// Trains a first version and has it looked after from now on.
    pub async fn new(site: &Site, client: Client) -> Self {
        let dataset = client.dataset(&csv(600, 1)).await;
        let job = client.train("fans", &dataset, 1).await;
        assert_eq!(client.finished(&job).await.state, "done");
        let policy = json!({ "least_rows": 100, "least_outcomes": 100, "cool_down_hours": 1 });
        Self::of(site, client, MODEL, policy).await
    }

    /// Has a model looked after from now on.
    pub async fn of(site: &Site, client: Client, model: &'static str, policy: Value) -> Self {
        let wish = json!({ "cron": "30 3 1 1 *", "timezone": "Europe/Berlin", "policy": policy });
        let request = client.request(Method::PUT, &format!("{model}/upkeep"));
        let shown: Value = client.send(request.json(&wish)).await.expect(200).json();
        assert_eq!(
            (&shown["timezone"], &shown["policy"]["psi"]),
            (&json!("Europe/Berlin"), &json!(0.25))
        );
        let operator = client.with_token(&site.operator("nina").await);
        let schedule = schedules(&operator).await.remove(0);
        Self {
            client,
            operator,
            schedule,
            model,
        }
    }

    /// The same at a program that was started again.
    pub fn at(&self, client: &Client, operator: &str) -> Self {
        Self {
            client: client.clone(),
            operator: client.with_token(operator),
            schedule: self.schedule.clone(),
            model: self.model,
        }
    }

    /// Asks about listeners and tells what became of them.
    pub async fn live(&self, mood: Mood, count: usize, seed: u64) {
        let (rows, outcomes) = met(mood, count, seed);
        let question = json!({ "model": "fans", "rows": rows, "key": "listener", "reasons": 0 });
        let answer: Value = self
            .client
            .post(PREDICT, &question)
            .await
            .expect(200)
            .json();
        assert_eq!(answer["kept"], json!(count));
        let told: Value = put(&self.client, "outcomes", &json!({ "outcomes": outcomes }))
            .await
            .expect(200)
            .json();
        assert_eq!(told, json!({ "known": count, "unknown": [] }));
    }

    /// What the operator does to a queue.
    async fn steer(&self, queue: &str, verb: &str) {
        let path = format!("/v1/admin/queues/{queue}/{verb}");
        self.operator.post(&path, &json!({})).await.expect(200);
    }

    /// Has the clock's job made now: its id.
    pub async fn trigger(&self) -> String {
        let path = format!("/v1/admin/schedules/{}/trigger", self.schedule);
        let triggered = self.operator.post(&path, &json!({})).await.expect(202);
        let triggered: Value = triggered.json();
        triggered["job"].as_str().unwrap().to_owned()
    }

    /// Watches: the decision, and the job that follows.
    pub async fn watched(&self) -> (String, Option<String>) {
        let job = self.client.finished(&self.trigger().await).await;
        assert_eq!(
            (job.state.as_str(), job.queue.as_str()),
            ("done", "upkeep"),
            "{job:?}"
        );
        let output = job.output.unwrap();
        let next = output["next_job_id"].as_str().map(ToOwned::to_owned);
        (
            output["decision"].as_str().unwrap_or_default().to_owned(),
            next,
        )
    }

    /// The artist's jobs of a kind, newest first.
    pub async fn jobs(&self, kind: &str) -> Vec<Job> {
        let page: Page = self
            .client
            .get("/v1/jobs?limit=200")
            .await
            .expect(200)
            .json();
        let jobs = page
            .items
            .into_iter()
            .map(|job| serde_json::from_value(job).unwrap());
        jobs.filter(|job: &Job| job.kind == kind).collect()
    }

    pub async fn checks(&self) -> Vec<Value> {
        let page: Page = self
            .client
            .get(&format!("{}/checks?limit=200", self.model))
            .await
            .expect(200)
            .json();
        page.items
    }

    pub async fn model(&self) -> Value {
        self.client.get(self.model).await.expect(200).json()
    }

    pub async fn champion(&self) -> String {
        self.model().await["champion"].as_str().unwrap().to_owned()
    }
}

pub async fn put(client: &Client, what: &str, body: &Value) -> Answer {
    let request = client.request(Method::PUT, &format!("{MODEL}/{what}"));
    client.send(request.json(body)).await
}

async fn a_model_is_trained_anew_promoted_and_rolled_back_by_itself(site: Site) {
    let (mut program, client) = site.up().await;
    let tended = Tended::new(&site, client).await;
    let first = tended.champion().await;
    assert_eq!(tended.watched().await.0, "nothing");
    tended.live(Mood::Usual, 300, 11).await;
    assert_eq!(tended.watched().await.0, "nothing");
    let quiet = tended.checks().await;
    assert_eq!(
        (&quiet[0]["because"], &quiet[1]["because"]),
        (&json!("quiet"), &json!("too_few_rows"))
    );
    assert_eq!(quiet[0]["evidence"]["error"]["rows"], json!(300));

    tended.live(Mood::Turned, 900, 12).await;
    let (decision, training) = tended.watched().await;
    assert_eq!(decision, "retrain");
    let check = tended.checks().await[0].clone();
    assert_eq!(check["because"], "error_rose");
    let drift = &check["evidence"]["drift"];
    assert_eq!(
        (&drift["drifted"], &drift["moved"][0]["column"]),
        (&json!(true), &json!("visits")),
        "{check}"
    );
    let trained = client_finished(&tended, training.as_deref()).await;
    let second = trained.output.unwrap()["version"]
        .as_str()
        .unwrap()
        .to_owned();
    let judge = tended.jobs("judge_challenger").await;
    assert_eq!(judge.len(), 1);
    let judged = tended.client.finished(&judge[0].id).await.output.unwrap();
    assert_eq!(
        judged["decision"],
        "promote",
        "{:?}",
        tended.checks().await[0]
    );
    let check = tended.checks().await[0].clone();
    let compared = &check["evidence"]["compared"];
    // Rows that were held back, a third of those that were kept, and none of those that it learned from.
    let rows = compared["rows"].as_u64().unwrap();
    assert!(
        (250..470).contains(&rows) && check["compared"] == json!(rows),
        "{check}"
    );
    assert!(compared["loss"]["low"].as_f64().unwrap() > 0.0, "{check}");
    let model = tended.model().await;
    assert_eq!(model["champion"], json!(second));
    assert_eq!(
        (&model["moves"][0]["act"], &model["moves"][0]["why"]),
        (&json!("promoted"), &json!("upkeep: better"))
    );
    assert_eq!(model["moves"][0]["evidence"], check["evidence"]);
    assert!(
        model["moves"][0]["actor"]
            .as_str()
            .unwrap()
            .ends_with(&judge[0].id)
    );

    // A retraining was just asked for, and the champion is as good as it was said to be.
    tended.live(Mood::Turned, 200, 13).await;
    assert_eq!(tended.watched().await.0, "nothing");
    tended.live(Mood::Calm, 700, 14).await;
    let (decision, back) = tended.watched().await;
    assert_eq!(decision, "roll_back", "{:?}", tended.checks().await[0]);
    let rolled = client_finished(&tended, back.as_deref()).await;
    assert_eq!(
        (rolled.kind.as_str(), &rolled.output.unwrap()["decision"]),
        ("roll_back_model", &json!("roll_back"))
    );
    let model = tended.model().await;
    assert_eq!(
        (&model["champion"], &model["challenger"]),
        (&json!(first), &json!(first))
    );
    // What was found worse does not challenge again.
    tended.live(Mood::Calm, 200, 15).await;
    let (decision, _) = tended.watched().await;
    assert_eq!(decision, "nothing");
    assert_eq!(tended.jobs("judge_challenger").await.len(), 1);
    assert_eq!(tended.champion().await, first);
    let shown: Value = tended
        .client
        .get(&format!("{MODEL}/upkeep"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&shown["rows"], &shown["outcomes"]),
        (&json!(2300), &json!(2300))
    );
    program.is_well();
}

pub async fn client_finished(tended: &Tended, job: Option<&str>) -> Job {
    let job = tended.client.finished(job.expect("a job follows")).await;
    assert_eq!(job.state, "done", "{job:?}");
    job
}

async fn operators_stop_upkeep_and_the_champion_answers(site: Site) {
    let (mut program, client) = site.up().await;
    let tended = Tended::new(&site, client).await;
    let first = tended.champion().await;
    tended.live(Mood::Turned, 600, 21).await;
    tended.steer("upkeep", "pause").await;
    let watch = tended.trigger().await;
    // Other work of the same artist goes on and ends, and this waits.
    let dataset = tended.client.dataset(&csv(300, 3)).await;
    let other = tended.client.train("others", &dataset, 1).await;
    assert_eq!(tended.client.finished(&other).await.state, "done");
    assert_eq!(tended.client.job(&watch).await.state, "waiting");
    tended.live(Mood::Turned, 100, 22).await;
    assert!(tended.checks().await.is_empty());

    // Stopped between the training and the judgement: nothing is promoted.
    tended.steer("insight", "pause").await;
    tended.steer("upkeep", "resume").await;
    let output = tended.client.finished(&watch).await.output.unwrap();
    assert_eq!(output["decision"], "retrain");
    tended.steer("upkeep", "drain").await;
    tended.steer("insight", "resume").await;
    client_finished(&tended, output["next_job_id"].as_str()).await;
    let judge = tended.jobs("judge_challenger").await;
    assert!(!judge[0].is_finished() && tended.champion().await == first);
    tended.steer("upkeep", "resume").await;
    assert_eq!(tended.client.finished(&judge[0].id).await.state, "done");
    assert_ne!(tended.champion().await, first);

    // One model's schedule is paused by itself, and the artist sees it.
    let pause = format!("/v1/admin/schedules/{}/pause", tended.schedule);
    tended.operator.post(&pause, &json!({})).await.expect(200);
    let shown: Value = tended
        .client
        .get(&format!("{MODEL}/upkeep"))
        .await
        .expect(200)
        .json();
    assert!(
        shown["next_at"].is_null() && shown["paused_at"].is_string(),
        "{shown}"
    );
    tended
        .client
        .delete(&format!("{MODEL}/upkeep"))
        .await
        .expect(204);
    assert!(schedules(&tended.operator).await.is_empty());
    assert!(!tended.checks().await.is_empty(), "the record stays");
    program.is_well();
}

async fn an_interval_and_what_would_help_are_told(site: Site) {
    let (mut program, client) = site.up().await;
    let dataset = client.dataset(&csv(2000, 1)).await;
    let job = client.train("fans", &dataset, 1).await;
    assert_eq!(client.finished(&job).await.state, "done");
    let rows = json!([
        { "plan": "free", "visits": 1, "age": 30 },
        { "plan": "paid", "visits": 39, "age": 30 },
    ]);
    let question = json!({ "model": "fans", "rows": rows, "actionable": ["plan", "visits"] });
    let answer: Value = client.post(PREDICT, &question).await.expect(200).json();
    let (lost, safe) = (&answer["predictions"][0], &answer["predictions"][1]);
    for row in [lost, safe] {
        let of = |field: &str| row["interval"][field].as_f64().unwrap();
        let probability = row["probability"].as_f64().unwrap();
        assert!(
            of("low") <= probability && probability <= of("high") && of("low") < of("high"),
            "{row}"
        );
    }
    let actions = lost["actions"].as_array().unwrap();
    let columns: Vec<_> = actions
        .iter()
        .map(|it| it["column"].as_str().unwrap())
        .collect();
    assert!(
        columns.contains(&"plan") && columns.contains(&"visits"),
        "{lost}"
    );
    for action in actions {
        let expected = action["probability"].as_f64().unwrap();
        assert!(
            expected < lost["interval"]["low"].as_f64().unwrap(),
            "{action}"
        );
        assert!(action["rows_alike"].as_u64().unwrap() > 0);
        // It is what the model itself answers then.
        let mut changed = json!({ "plan": "free", "visits": 1, "age": 30 });
        changed[action["column"].as_str().unwrap()] = action["value"].clone();
        let question = json!({ "model": "fans", "rows": [changed] });
        let asked: Value = client.post(PREDICT, &question).await.expect(200).json();
        let told = asked["predictions"][0]["probability"].as_f64().unwrap();
        assert!((told - expected).abs() < 1e-9, "{action} {told}");
        assert_eq!(asked["predictions"][0]["actions"], json!([]));
    }
    assert_eq!(safe["actions"], json!([]), "nothing helps who stays anyway");
    program.is_well();
}

async fn erasing_leaves_nothing_that_is_looked_after(site: Site) {
    let (mut program, client) = site.up().await;
    let tended = Tended::new(&site, client).await;
    tended.live(Mood::Usual, 150, 31).await;
    assert_eq!(tended.watched().await.0, "nothing");
    tended
        .client
        .delete("/v1/analytics/models")
        .await
        .expect(200);
    let upkeep = tended.client.get(&format!("{MODEL}/upkeep")).await;
    assert_eq!(upkeep.problem(404), "not_found");
    assert!(tended.checks().await.is_empty());
    assert!(schedules(&tended.operator).await.is_empty());
    let told = put(
        &tended.client,
        "outcomes",
        &json!({ "outcomes": [{ "key": "m31-0", "left": true }] }),
    )
    .await;
    assert_eq!(told.problem(404), "not_found");
    assert_eq!(site.objects("artists/"), [""; 0]);
    program.is_well();
}
