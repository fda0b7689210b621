//! Timestamps as Go's YAML packages recognize them.
//!
//! A string that looks like a timestamp is written in quotes, and kustomize's reader parses timestamps and writes them in
//! another form. Source of the rules: the four layouts in go-yaml's `parseTimestamp`, as Go's `time.Parse` accepts them
//! (month, day, hour, minute and second with one or two digits, any number of fraction digits).

/// Returns whether `text` is a timestamp to go-yaml: `2006-1-2`, `2006-1-2 15:4:5.9`, `2006-1-2T15:4:5.9Z07:00`.
pub(super) fn is_timestamp(text: &str) -> bool {
    rfc3339(text).is_some()
}

/// Formats the timestamp `text` as Go writes times in JSON (RFC 3339, without trailing zeros in the fraction); `None` if it
/// is not a timestamp.
pub fn rfc3339(text: &str) -> Option<String> {
    // A quick check, as in go-yaml: four digits and a hyphen.
    let year = text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let mut rest = Rest(text.as_bytes().get(4..)?);
    let (month, day) = rest.date(year.parse().ok()?)?;
    let (time, zone) = if rest.0.is_empty() { ("00:00:00".to_owned(), "Z".to_owned()) } else { rest.time()? };
    Some(format!("{year}-{month:02}-{day:02}T{time}{zone}"))
}

/// The rest of the text.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn date(&mut self, year: u32) -> Option<(u32, u32)> {
        self.take(b"-")?;
        let month = self.number()?;
        self.take(b"-")?;
        let day = self.number()?;
        ((1..=12).contains(&month) && (1..=days_in(month, year)).contains(&day)).then_some((month, day))
    }

    /// Parses what follows the date: `T` or `t`, a time and a zone, or spaces and a time.
    fn time(&mut self) -> Option<(String, String)> {
        let zoned = self.take(b"Tt").is_some();
        if !zoned {
            self.take(b" ")?;
            while self.take(b" ").is_some() {}
        }
        let (hour, minute, second) = (self.number()?, self.sixty()?, self.sixty()?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let fraction = self.fraction();
        let zone = if zoned { self.zone()? } else { "Z".to_owned() };
        self.0.is_empty().then(|| (format!("{hour:02}:{minute:02}:{second:02}{fraction}"), zone))
    }

    /// Returns the fraction down to nanoseconds with its point; empty if it is missing or zero.
    fn fraction(&mut self) -> String {
        let [b'.' | b',', digits @ ..] = self.0 else { return String::new() };
        let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            return String::new();
        }
        self.0 = &digits[length..];
        let nanoseconds = String::from_utf8_lossy(&digits[..length.min(9)]);
        let significant = nanoseconds.trim_end_matches('0');
        if significant.is_empty() { String::new() } else { format!(".{significant}") }
    }

    /// Parses `Z`, or an offset of less than a day.
    fn zone(&mut self) -> Option<String> {
        if self.take(b"Z").is_some() {
            return Some("Z".to_owned());
        }
        let sign = char::from(*self.0.first()?);
        self.take(b"+-")?;
        let [h1, h2, b':', m1, m2] = *self.0 else { return None };
        if ![h1, h2, m1, m2].iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.0 = &[];
        // Go accepts 24 hours and 60 minutes.
        let (hours, minutes) = ((h1 - b'0') * 10 + h2 - b'0', (m1 - b'0') * 10 + m2 - b'0');
        if hours > 24 || minutes > 60 {
            return None;
        }
        let (hours, minutes) = (hours + minutes / 60, minutes % 60);
        if hours == 0 && minutes == 0 {
            return Some("Z".to_owned());
        }
        Some(format!("{sign}{hours:02}:{minutes:02}"))
    }

    fn sixty(&mut self) -> Option<u32> {
        self.take(b":")?;
        self.number()
    }

    fn take(&mut self, any_of: &[u8]) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        any_of.contains(first).then(|| self.0 = rest)
    }

    /// Parses one or two digits.
    fn number(&mut self) -> Option<u32> {
        let digits = self.0.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        Some(number.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
    }
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn times_are_written_as_in_go() {
        for (text, expected) in [
            ("2020-01-01", "2020-01-01T00:00:00Z"),
            ("2020-1-2 3:4:5.10", "2020-01-02T03:04:05.1Z"),
            ("2020-1-2   3:4:5", "2020-01-02T03:04:05Z"),
            ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"),
            ("2001-12-14T21:59:43,000Z", "2001-12-14T21:59:43Z"),
            ("2001-12-14T21:59:43.1234567891+00:00", "2001-12-14T21:59:43.123456789Z"),
            ("2000-02-29", "2000-02-29T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn invalid_times_are_not_timestamps() {
        for text in [
            "2020-13-01",
            "1900-02-29",
            "2020-01-00",
            "20200-01-01",
            "2020-01-01T10:00:00",
            "2020-01-01 10:00:00Z",
            "2020-01-01 24:00:00",
            "2001-12-14 21:59:43.10 -5",
            "2020-01-01T10:00:00+0100",
            "2020-001-01",
            "2020",
            "",
        ] {
            assert_eq!(rfc3339(text), None, "{text}");
        }
    }
}
