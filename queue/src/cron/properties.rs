//! What holds for every expression in every zone, compared with walking over every minute.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use db::Time;
use proptest::prelude::*;

use super::zone::Reading;
use super::{Cron, CronError};

const MINUTE: Duration = Duration::from_mins(1);

/// One change of the clocks in each zone with rules of its own, and an ordinary day.
const SCENES: [(&str, &str); 10] = [
    ("Europe/Berlin", "2026-03-29T01:00:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    ("America/New_York", "2026-03-08T07:00:00Z"),
    ("America/New_York", "2026-11-01T06:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
    ("Antarctica/Troll", "2026-10-25T01:00:00Z"),
    // A whole day that was skipped.
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Asia/Kathmandu", "2026-06-01T00:00:00Z"),
];

fn field(values: std::ops::RangeInclusive<u32>) -> impl Strategy<Value = String> {
    let value = values.clone().prop_map(|value| value.to_string());
    let range =
        (values.clone(), values.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b)));
    let step = (values, 1_u32..6).prop_map(|(from, step)| format!("{from}/{step}"));
    prop_oneof![
        3 => Just("*".to_owned()),
        1 => (1_u32..6).prop_map(|step| format!("*/{step}")),
        2 => value.clone(),
        1 => (value.clone(), value).prop_map(|(a, b)| format!("{a},{b}")),
        1 => range,
        1 => step,
    ]
}

/// Any expression; more often than by chance one for the small hours, when clocks are changed.
fn expression() -> impl Strategy<Value = String> {
    let hour = prop_oneof![3 => field(0..=4), 1 => field(0..=23)];
    let any_day = Just("* * *".to_owned());
    let some_days = (field(1..=31), field(1..=12), field(0..=7))
        .prop_map(|(day, month, weekday)| format!("{day} {month} {weekday}"));
    let days = prop_oneof![1 => any_day, 1 => some_days];
    (field(0..=59), hour, days).prop_map(|(minute, hour, days)| format!("{minute} {hour} {days}"))
}

fn parsed(expression: &str, zone: &str) -> Option<Cron> {
    match Cron::parse(expression, zone) {
        Ok(cron) => Some(cron),
        Err(CronError { field, .. }) => {
            assert_eq!(field, "day of month", "{expression}");
            None
        }
    }
}

/// The rules, said once more as a walk: what the clocks showed a minute ago tells what they skip,
/// and what they have shown before tells what comes twice.
fn walked(cron: &Cron, from: Time, minutes: u32) -> Vec<Time> {
    let matches = |local: NaiveDateTime| {
        let before = local - TimeDelta::seconds(1);
        cron.calendar.times_after(before).next() == Some(local)
    };
    let mut ticks = Vec::new();
    let mut previous = cron.zone.local(from).unwrap();
    let mut furthest = previous;
    for minute in 1..=minutes {
        let at = from + MINUTE * minute;
        let local = cron.zone.local(at).unwrap();
        let mut hit = matches(local);
        if cron.calendar.is_fixed() {
            hit &= local > furthest;
            let mut skipped = previous + TimeDelta::minutes(1);
            while skipped < local {
                hit |= matches(skipped);
                skipped += TimeDelta::minutes(1);
            }
        }
        if hit {
            ticks.push(at);
        }
        furthest = furthest.max(local);
        previous = local;
    }
    ticks
}

proptest! {
    #[test]
    fn ticks_are_those_of_a_walk_over_every_minute(
        expression in expression(),
        (zone, change) in prop::sample::select(SCENES.to_vec()),
    ) {
        let Some(cron) = parsed(&expression, zone) else { return Ok(()) };
        let from = change.parse::<Time>().unwrap() - Duration::from_hours(30);
        let minutes = 60 * 60;
        let ticks: Vec<Time> = cron.ticks(from, from + MINUTE * minutes).collect();
        prop_assert_eq!(ticks, walked(&cron, from, minutes), "{} in {}", expression, zone);
    }

    #[test]
    fn a_tick_is_later_than_what_it_follows_and_no_other_lies_between(
        expression in expression(),
        (zone, _) in prop::sample::select(SCENES.to_vec()),
        after in 0_i64..4_000_000_000_000_000,
        within in 0.0..1.0,
    ) {
        let Some(cron) = parsed(&expression, zone) else { return Ok(()) };
        let after = Time::from_micros(after);
        let Some(tick) = cron.next_after(after) else { return Ok(()) };
        prop_assert!(tick > after);
        prop_assert_eq!(tick.as_micros() % 1_000_000, 0);
        let between = after + tick.since(after).mul_f64(within);
        if between < tick {
            prop_assert_eq!(cron.next_after(between), Some(tick));
        }
    }

    #[test]
    fn the_newest_tick_of_a_stretch_is_its_last(
        expression in expression(),
        (zone, change) in prop::sample::select(SCENES.to_vec()),
        seconds in 0_u64..200_000,
    ) {
        let Some(cron) = parsed(&expression, zone) else { return Ok(()) };
        let from = change.parse::<Time>().unwrap() - Duration::from_hours(24);
        let until = from + Duration::from_secs(seconds);
        prop_assert_eq!(cron.newest(from, until), cron.ticks(from, until).last());
    }
}

#[test]
fn clocks_are_read_as_they_are_changed() {
    let zone = |name| Cron::parse("@daily", name).unwrap().zone;
    let local = |text: &str| text.parse::<NaiveDateTime>().unwrap();
    let at = |text: &str| text.parse::<Time>().unwrap();
    let skipped = zone("Pacific/Apia").read(local("2011-12-30T12:00:00"));
    let until = Some(at("2011-12-30T10:00:00Z"));
    assert_eq!(skipped, Reading::Skipped { until });
    let twice = zone("Africa/Casablanca").read(local("2026-02-15T02:30:00"));
    let passes = (at("2026-02-15T01:30:00Z"), at("2026-02-15T02:30:00Z"));
    assert_eq!(twice, Reading::Twice(passes.0, passes.1));
}
