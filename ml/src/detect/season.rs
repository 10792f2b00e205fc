//! What the same time of earlier seasons was.

use std::collections::VecDeque;

/// Seasons back that are asked; their median is what is expected.
const SEASONS: usize = 4;
/// Points remembered; seasons longer than this many points are not looked at.
const MEMORY: usize = 65_536;
const DAY_SECONDS: i64 = 86_400;

/// Earlier points by their time, with one reader a season back.
#[derive(Debug, Clone)]
pub struct Season {
    points: VecDeque<(i64, f64)>,
    /// Points that left `points` at its front.
    left: usize,
    /// The point that each reader stands at, counted from the first point ever.
    readers: [usize; SEASONS],
    gap_seconds: Option<i64>,
}

impl Season {
    /// Nothing was seen.
    pub fn new() -> Self {
        Self {
            points: VecDeque::new(),
            left: 0,
            readers: [0; SEASONS],
            gap_seconds: None,
        }
    }

    /// The median of the values at this time of up to four seasons before, none within the first
    /// season; then remembers the point. A season is a day, or a week where the first two points
    /// lie half a day or more apart.
    pub fn expect(&mut self, time: i64, value: f64) -> Option<f64> {
        if let (None, Some((before, _))) = (self.gap_seconds, self.points.back()) {
            self.gap_seconds = Some(time.saturating_sub(*before));
        }
        let season = match self.gap_seconds {
            Some(gap) if gap >= DAY_SECONDS / 2 => 7 * DAY_SECONDS,
            _ => DAY_SECONDS,
        };
        let mut earlier = [0.0; SEASONS];
        let mut found = 0;
        for (back, slot) in (1..).zip(&mut earlier) {
            let Some(then) = self.at(back, time.saturating_sub(season.saturating_mul(back))) else {
                break;
            };
            *slot = then;
            found += 1;
        }
        self.remember(time, value);
        let earlier = earlier.get_mut(..found)?;
        earlier.sort_by(f64::total_cmp);
        earlier.get(found / 2).copied()
    }

    /// The last value at or before `time`, read by the reader `back` seasons back.
    fn at(&mut self, back: i64, time: i64) -> Option<f64> {
        let reader = usize::try_from(back - 1)
            .ok()
            .and_then(|index| self.readers.get_mut(index))?;
        let mut place = reader.checked_sub(self.left)?;
        if self.points.get(place)?.0 > time {
            return None;
        }
        while self
            .points
            .get(place + 1)
            .is_some_and(|next| next.0 <= time)
        {
            place += 1;
        }
        *reader = place + self.left;
        self.points.get(place).map(|point| point.1)
    }

    fn remember(&mut self, time: i64, value: f64) {
        if self.points.len() == MEMORY {
            self.points.pop_front();
            self.left += 1;
        }
        self.points.push_back((time, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_hour_of_the_days_before_is_expected() {
        let mut season = Season::new();
        for hour in 0..24 * 6_i64 {
            let value = f64::from(u8::try_from(hour % 24).unwrap());
            let expected = season.expect(hour * 3600, value);
            assert_eq!(expected, (hour >= 24).then_some(value), "hour {hour}");
        }
    }

    #[test]
    fn daily_points_have_weeks() {
        let mut season = Season::new();
        for day in 0..40_i64 {
            let value = f64::from(u8::try_from(day % 7).unwrap());
            let expected = season.expect(day * DAY_SECONDS, value);
            assert_eq!(expected, (day >= 7).then_some(value), "day {day}");
        }
    }
}
