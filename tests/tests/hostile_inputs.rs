//! Every malformed input goes through the real program, by HTTP and on to a master when it is
//! taken: each is refused with a stable code, ends as a dead job with a stable code, or becomes a
//! master because decoders conceal such damage. The process survives them all, in bounded memory.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::{StreamExt, stream};
use support::client::{Client, Track};
use support::hostile::{self, Input};
use support::memory::{MIB_IN_KIB, peak_kib};
use support::site::Site;

const SEED: u64 = 20_261_123;
/// Anything that takes longer hangs.
const LONGEST: Duration = Duration::from_mins(1);
/// Inputs on their way at the same time.
const AT_ONCE: usize = 2;

/// Codes of `POST /v1/tracks` that blame the file.
const REFUSALS: &[&str] = &[
    "empty_file",
    "not_audio",
    "unsupported_audio",
    "truncated",
    "drm_protected",
    "corrupt",
    "too_long",
    "too_many_channels",
    "sample_rate_out_of_range",
    "no_audio_track",
];

/// Codes of dead jobs that blame the file.
const DEATHS: &[&str] = &[
    "unsupported_format",
    "not_audio",
    "truncated",
    "corrupt",
    "drm_protected",
    "no_audio_track",
    "too_long",
    "too_many_channels",
    "unsupported_sample_rate",
    "empty",
];

#[tokio::test(flavor = "multi_thread")]
async fn malformed_inputs_are_refused_or_die_with_a_stable_code_and_never_harm_the_process() {
    let inputs = hostile::inputs(SEED);
    assert!(inputs.len() >= 200, "{} inputs", inputs.len());
    let site = Site::sqlite()
        .with("limits.max_duration_seconds", 900)
        .with("workers.queues.studio", AT_ONCE);
    let (mut program, client) = site.up().await;

    let outcomes: Vec<_> = stream::iter(&inputs)
        .map(|input| {
            let client = client.clone();
            async move { (input, outcome(&client, input).await) }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;

    let mut table: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (input, outcome) in &outcomes {
        let told = outcome.as_ref().map_or("WRONG", String::as_str);
        *table.entry((input.class, told)).or_default() += 1;
    }
    for ((class, told), times) in &table {
        println!("{class:18} {told:32} {times:4}");
    }
    let peak = peak_kib(program.pid()).expect("the process lives");
    println!(
        "{} inputs, peak resident memory {} MiB",
        inputs.len(),
        peak / MIB_IN_KIB
    );

    let wrong: Vec<_> = outcomes
        .iter()
        .filter_map(|(input, outcome)| Some((input.class, &input.name, outcome.as_ref().err()?)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    program.is_well();
    assert!(peak < 600 * MIB_IN_KIB, "{peak} KiB");
    client.get("/readyz").await.expect(200);
}

/// What became of the input, or how that is wrong.
async fn outcome(client: &Client, input: &Input) -> Result<String, String> {
    let hangs = |what: &str| format!("{what} took longer than {LONGEST:?}");
    // The name tells nothing: it must not help, and it must not mislead.
    let upload = client.try_upload("song.wav", &input.bytes);
    let answer = tokio::time::timeout(LONGEST, upload)
        .await
        .map_err(|_| hangs("the upload"))?;
    if answer.status != 201 {
        let code = answer.problem(answer.status);
        let fits = REFUSALS.contains(&code.as_str()) && matches!(answer.status, 415 | 422);
        let told = format!("{} {code}", answer.status);
        return if fits { Ok(told) } else { Err(told) };
    }
    let track: Track = answer.json();
    let master = client.master_of(&track).await;
    let end = client.finished(&master.job_id);
    let job = tokio::time::timeout(LONGEST, end)
        .await
        .map_err(|_| hangs("the job"))?;
    let code = job.error.map(|error| error.code).unwrap_or_default();
    match job.state.as_str() {
        "done" => Ok("done".to_owned()),
        "dead" if DEATHS.contains(&code.as_str()) => Ok(format!("dead {code}")),
        state => Err(format!("{state} {code}")),
    }
}
