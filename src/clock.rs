//! The current time as a value, so that a test can fix it.

use jiff::Timestamp;

/// Source of the current time for everything that appears in output or in objects: ages, `requestedAt`, dates.
///
/// Deadlines and back-offs use [`std::time::Instant`] instead, which no test needs to fix.
#[derive(Debug, Default, Clone, Copy)]
pub struct Clock(Option<Timestamp>);

impl Clock {
    /// Clock of the machine.
    pub fn system() -> Self {
        Clock(None)
    }

    /// Clock that stands still.
    pub fn fixed(now: Timestamp) -> Self {
        Clock(Some(now))
    }

    /// Current time.
    pub fn now(self) -> Timestamp {
        self.0.unwrap_or_else(Timestamp::now)
    }

    /// Current time in seconds since 1970, as OpenPGP writes it; none before 1970 and after 2106.
    pub fn unix_seconds(self) -> Option<u32> {
        u32::try_from(self.now().as_second()).ok()
    }

    /// Time that has passed since `then`; zero if the clock was set back.
    pub fn since(self, then: Timestamp) -> std::time::Duration {
        self.now().duration_since(then).try_into().unwrap_or_default()
    }

    /// Time since `then` as kubectl shows ages.
    pub fn age(self, then: Timestamp) -> String {
        age(self.now(), then)
    }
}

/// Time from `then` to `now` as kubectl shows ages: `45s`, `3m7s`, `5h`, `2d3h`, `325d`.
pub fn age(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    let pair = |large: i64, unit: char, small: i64, small_unit: char| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit}{small}{small_unit}"),
    };
    match seconds {
        ..-1 => "<invalid>".into(),
        -1 => "0s".into(),
        0..120 => format!("{seconds}s"),
        120..600 => pair(minutes, 'm', seconds % 60, 's'),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => pair(hours, 'h', minutes % 60, 'm'),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => pair(days, 'd', hours % 24, 'h'),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => pair(years, 'y', days % 365, 'd'),
        _ => format!("{years}y"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_still() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(Clock::fixed(now).now(), now);
        assert!(Clock::system().now() > now);
    }

    #[test]
    fn seconds_are_counted_from_1970_to_2106() {
        let at = |second| Clock::fixed(Timestamp::from_second(second).unwrap()).unix_seconds();
        assert_eq!((at(-1), at(0), at(1 << 32)), (None, Some(0), None));
    }

    #[test]
    fn ages_are_shown_as_kubectl_shows_them() {
        let then = Timestamp::UNIX_EPOCH;
        for (seconds, shown) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (119, "119s"),
            (120, "2m"),
            (187, "3m7s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (11_100, "3h5m"),
            (28_800, "8h"),
            (172_799, "47h"),
            (183_600, "2d3h"),
            (691_200, "8d"),
            (62_985_600, "729d"),
            (63_072_000, "2y"),
            (63_158_400, "2y1d"),
            (252_288_000, "8y"),
        ] {
            let now = Timestamp::from_second(seconds).unwrap();
            assert_eq!(Clock::fixed(now).age(then), shown, "{seconds}");
        }
    }
}
