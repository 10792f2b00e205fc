//! The rules for changing clocks, as a table over 2026. The instants are worked out by hand from
//! the zones' own rules, and the counts agree with an independent walk over every minute.

use db::Time;

use super::Cron;

/// Where and when (UTC) clocks are changed, and schedules there: how many ticks the local year
/// has, and those within an hour of each change (UTC).
struct Zone {
    name: &'static str,
    changes: [&'static str; 2],
    schedules: &'static [(&'static str, usize, [&'static str; 2])],
}

const TABLE: [Zone; 4] = [
    // Sunday 29 March, 02:00 to 03:00 is skipped. Sunday 25 October, 02:00 to 03:00 comes twice.
    Zone {
        name: "Europe/Berlin",
        changes: ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"],
        schedules: &[
            ("0 2 * * *", 365, ["01:00", "00:00"]),
            ("30 2 * * *", 365, ["01:00", "00:30"]),
            ("30 2 * * SUN", 52, ["01:00", "00:30"]),
            ("0 3 * * *", 365, ["01:00", "02:00"]),
            // 02:00, 02:30 and 03:00 meet in one instant.
            ("0,30 2,3 * * *", 1458, ["01:00 01:30", "00:00 00:30 02:00"]),
            ("*/15 * * * *", 35040, [QUARTERS_FROM_0, QUARTERS_FROM_0]),
            (
                "0 * * * *",
                8760,
                ["00:00 01:00 02:00", "00:00 01:00 02:00"],
            ),
            ("15 */2 * * *", 4380, ["", "00:15 01:15"]),
            (
                "*/20 2 * * *",
                1095,
                ["", "00:00 00:20 00:40 01:00 01:20 01:40"],
            ),
        ],
    },
    // Sunday 8 March, 02:00 to 03:00 is skipped. Sunday 1 November, 01:00 to 02:00 comes twice.
    Zone {
        name: "America/New_York",
        changes: ["2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"],
        schedules: &[
            ("30 1 * * *", 365, ["06:30", "05:30"]),
            ("30 2 * * *", 365, ["07:00", ""]),
            ("0 3 * * *", 365, ["07:00", ""]),
            (
                "*/15 * * * *",
                35040,
                [
                    "06:00 06:15 06:30 06:45 07:00 07:15 07:30 07:45 08:00",
                    "05:00 05:15 05:30 05:45 06:00 06:15 06:30 06:45 07:00",
                ],
            ),
            (
                "0 * * * *",
                8760,
                ["06:00 07:00 08:00", "05:00 06:00 07:00"],
            ),
            (
                "*/20 1 * * *",
                1098,
                ["06:00 06:20 06:40", "05:00 05:20 05:40 06:00 06:20 06:40"],
            ),
            ("*/20 2 * * *", 1092, ["", "07:00"]),
        ],
    },
    // By half an hour: Sunday 5 April, 01:30 to 02:00 comes twice. Sunday 4 October, 02:00 to
    // 02:30 is skipped.
    Zone {
        name: "Australia/Lord_Howe",
        changes: ["2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"],
        schedules: &[
            ("45 1 * * *", 365, ["14:45", "15:15"]),
            ("15 2 * * *", 365, ["15:45", "15:30"]),
            ("30 2 * * *", 365, ["16:00", "15:30"]),
            // No full hour is doubled, and one is skipped.
            ("0 * * * *", 8759, ["14:00 15:30", "14:30 16:00"]),
            (
                "*/10 * * * *",
                52560,
                [
                    "14:00 14:10 14:20 14:30 14:40 14:50 15:00 15:10 15:20 15:30 15:40 15:50 16:00",
                    "14:30 14:40 14:50 15:00 15:10 15:20 15:30 15:40 15:50 16:00 16:10 16:20 16:30",
                ],
            ),
            (
                "*/15 1 * * *",
                1462,
                [
                    "14:00 14:15 14:30 14:45 15:00 15:15",
                    "14:30 14:45 15:00 15:15",
                ],
            ),
            ("*/15 2 * * *", 1458, ["15:30 15:45 16:00", "15:30 15:45"]),
        ],
    },
    // Back for Ramadan: Sunday 15 February, 02:00 to 03:00 comes twice. Sunday 22 March, 02:00
    // to 03:00 is skipped.
    Zone {
        name: "Africa/Casablanca",
        changes: ["2026-02-15T02:00:00Z", "2026-03-22T02:00:00Z"],
        schedules: &[
            ("30 2 * * *", 365, ["01:30", "02:00"]),
            ("0 3 * * *", 365, ["03:00", "02:00"]),
            (
                "*/15 * * * *",
                35040,
                [
                    "01:00 01:15 01:30 01:45 02:00 02:15 02:30 02:45 03:00",
                    "01:00 01:15 01:30 01:45 02:00 02:15 02:30 02:45 03:00",
                ],
            ),
            (
                "0 * * * *",
                8760,
                ["01:00 02:00 03:00", "01:00 02:00 03:00"],
            ),
            (
                "*/20 2 * * *",
                1095,
                ["01:00 01:20 01:40 02:00 02:20 02:40", ""],
            ),
        ],
    },
];

const QUARTERS_FROM_0: &str = "00:00 00:15 00:30 00:45 01:00 01:15 01:30 01:45 02:00";

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// The instant at which the zone's clocks show the beginning of a year, less the shortest time.
fn before_new_year(cron: &Cron, year: i32) -> Time {
    let midnight = chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    let midnight = midnight.and_time(chrono::NaiveTime::MIN);
    match cron.zone.read(midnight) {
        super::Reading::Once(at) => Time::from_micros(at.as_micros() - 1),
        reading => panic!("{reading:?}"),
    }
}

#[test]
fn a_year_with_changing_clocks_has_exactly_the_documented_ticks() {
    let mut rows = 0;
    for zone in TABLE {
        for (expression, count, around) in zone.schedules {
            let cron = Cron::parse(expression, zone.name).unwrap();
            let (from, to) = (before_new_year(&cron, 2026), before_new_year(&cron, 2027));
            let ticks: Vec<Time> = cron.ticks(from, to).collect();
            let name = format!("{expression} in {}", zone.name);
            assert_eq!(ticks.len(), *count, "{name}");
            assert!(ticks.is_sorted_by(|a, b| a < b), "{name}");
            for (change, expected) in zone.changes.iter().zip(around) {
                let near: Vec<String> = ticks
                    .iter()
                    .filter(|tick| {
                        (tick.as_micros() - at(change).as_micros()).abs() <= 3_600_000_000
                    })
                    .map(|tick| tick.utc().format("%H:%M").to_string())
                    .collect();
                assert_eq!(near.join(" "), *expected, "{name} around {change}");
            }
            rows += 1;
        }
    }
    assert_eq!(rows, 28);
}

#[test]
fn seconds_are_ticked_like_minutes() {
    let count = |expression| {
        let cron = Cron::parse(expression, "Europe/Berlin").unwrap();
        let day = |text| {
            cron.ticks(at(text), at(text) + std::time::Duration::from_hours(3))
                .count()
        };
        (day("2026-03-28T23:59:59Z"), day("2026-10-24T23:59:59Z"))
    };
    // Of 01:00 to 05:00 and 02:00 to 04:00.
    assert_eq!(count("*/10 30 * * * *"), (18, 18));
    assert_eq!(count("0,10 30 2 * * *"), (1, 2));
    assert_eq!(count("* 30 2 * * *"), (0, 120));
}

#[test]
fn a_search_for_ticks_ends_even_when_there_are_none() {
    // The last Sunday of March, by both day fields together.
    let cron = Cron::parse("* 2 25-31 3 */7", "Europe/Berlin").unwrap();
    assert_eq!(cron.next_after(at("2026-01-01T00:00:00Z")), None);
    let rare = Cron::parse("0 0 29 2 */7", "UTC").unwrap();
    let sunday = rare.next_after(at("2089-01-01T00:00:00Z"));
    assert_eq!(sunday, Some(at("2128-02-29T00:00:00Z")));
    assert_eq!(cron.next_after(Time::from_micros(i64::MAX)), None);
    assert!(cron.next_after(Time::from_micros(i64::MIN)).is_some());
}

#[test]
fn either_day_field_is_enough_unless_one_begins_with_a_star() {
    let november = |expression| {
        let cron = Cron::parse(expression, "UTC").unwrap();
        let ticks = cron.ticks(at("2026-10-31T23:59:59Z"), at("2026-11-30T23:59:59Z"));
        let days = ticks.map(|tick| tick.utc().format("%d").to_string());
        days.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(november("0 0 12 * FRI"), "06 12 13 20 27");
    assert_eq!(november("0 0 * * FRI"), "06 13 20 27");
    assert_eq!(november("0 0 13 * *"), "13");
    assert_eq!(november("0 0 1-7 * */7"), "01");
    assert_eq!(november("0 0 */2 * MON"), "09 23");
}
