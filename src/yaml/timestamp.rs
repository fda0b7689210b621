//! The timestamps that Go's YAML packages know by sight.
//!
//! They matter twice: a string that looks like one is written in quotes, and kustomize's reader makes a
//! time of one. Source of the rule: the four layouts in go-yaml's `parseTimestamp`, as Go's `time.Parse`
//! takes them (month, day, hour, minute and second with one or two digits, any number of fraction digits).

/// Whether `text` is a timestamp to go-yaml: `2006-1-2`, `2006-1-2 15:4:5.9`, `2006-1-2T15:4:5.9Z07:00`.
pub(super) fn is_timestamp(text: &str) -> bool {
    let mut rest = Rest(text.as_bytes());
    rest.date().is_some_and(|()| rest.0.is_empty() || rest.time_of_day().is_some())
}

/// What is left to parse.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn date(&mut self) -> Option<()> {
        let year = self.0.get(..4).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
        let year = year.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        self.0 = &self.0[4..];
        self.take(b"-")?;
        let month = self.number()?;
        self.take(b"-")?;
        let day = self.number()?;
        ((1..=12).contains(&month) && (1..=days_in(month, year)).contains(&day)).then_some(())
    }

    /// What follows the date to the end of the text: `T` or `t`, a time and a zone, or spaces and a time.
    fn time_of_day(&mut self) -> Option<()> {
        let zoned = self.take(b"Tt").is_some();
        if !zoned {
            self.take(b" ")?;
            while self.take(b" ").is_some() {}
        }
        let (hour, minute, second) = (self.number()?, self.sixty()?, self.sixty()?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        if self.0.len() > 1 && matches!(self.0[0], b'.' | b',') && self.0[1].is_ascii_digit() {
            self.0 = &self.0[1..];
            while self.0.first().is_some_and(u8::is_ascii_digit) {
                self.0 = &self.0[1..];
            }
        }
        if zoned {
            self.zone()?;
        }
        self.0.is_empty().then_some(())
    }

    /// `Z`, or an offset of at most 24 hours and 60 minutes.
    fn zone(&mut self) -> Option<()> {
        if self.take(b"Z").is_some() {
            return Some(());
        }
        self.take(b"+-")?;
        let [h1, h2, b':', m1, m2] = *self.0 else { return None };
        if ![h1, h2, m1, m2].iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.0 = &[];
        ((h1 - b'0') * 10 + h2 - b'0' <= 24 && (m1 - b'0') * 10 + m2 - b'0' <= 60).then_some(())
    }

    fn sixty(&mut self) -> Option<u32> {
        self.take(b":")?;
        self.number()
    }

    fn take(&mut self, any_of: &[u8]) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        any_of.contains(first).then(|| self.0 = rest)
    }

    /// One or two digits.
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
