//! Values of flags, read as Go's flag library reads them.

use std::time::Duration;

use crate::api;

/// A boolean: `1`, `t`, `T`, `true`, `TRUE`, `True`, and the like for false.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("expected true or false".into()),
    }
}

/// A duration in Go's form: `1h30m`, `10s`, `250ms`; a bare `0` too. Not negative.
pub fn duration(text: &str) -> Result<Duration, String> {
    let span: api::Duration = text.parse().map_err(|error: api::DurationError| error.to_string())?;
    span.to_std().ok_or_else(|| format!("the duration {text:?} is negative"))
}

/// The values of one use of a flag that takes several, as in `--label=a=1,b=2`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List(pub Vec<String>);

impl List {
    /// The values of all uses of a flag, in their order.
    pub fn all(lists: Vec<List>) -> Vec<String> {
        lists.into_iter().flat_map(|list| list.0).collect()
    }
}

/// Values separated by commas, as Go's flag library reads them: one line of CSV, so that a value
/// that holds a comma or starts with a quote stands in double quotes (`"a,b",c`).
pub fn list(text: &str) -> Result<List, String> {
    let mut values = Vec::new();
    let mut rest = text;
    if rest.is_empty() {
        return Ok(List::default());
    }
    loop {
        let (value, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_value(quoted)?,
            None => match rest.split_once(',') {
                Some((value, after)) => (value.to_owned(), Some(after)),
                None => (rest.to_owned(), None),
            },
        };
        if value.contains('"') && !rest.starts_with('"') {
            return Err(format!("a quote inside {value:?}: put the whole value in double quotes"));
        }
        values.push(value);
        match after {
            Some(after) => rest = after,
            None => return Ok(List(values)),
        }
    }
}

/// A value up to its closing quote, and what stands after the comma that follows it.
fn quoted_value(text: &str) -> Result<(String, Option<&str>), String> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let Some((before, after)) = rest.split_once('"') else {
            return Err(format!("the closing quote of \"{text} is missing"));
        };
        value.push_str(before);
        match after.chars().next() {
            None => return Ok((value, None)),
            Some(',') => return Ok((value, Some(&after[1..]))),
            Some('"') => {
                value.push('"');
                rest = &after[1..];
            }
            Some(_) => return Err(format!("expected a comma after the quoted {value:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, seconds) in
            [("5m0s", 300.0), ("1h30m", 5400.0), ("1.5h", 5400.0), ("250ms", 0.25), ("0", 0.0)]
        {
            assert_eq!(duration(text).unwrap(), Duration::from_secs_f64(seconds), "{text}");
        }
        for text in ["", "5", "5 m", "m", "-1s", "1d", "1e3s", "99999999999999999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lists_are_read_as_a_line_of_csv() {
        let read = |text| list(text).map(|list| list.0);
        assert_eq!(read("a,b"), Ok(vec!["a".into(), "b".into()]));
        assert_eq!(read(""), Ok(vec![]));
        assert_eq!(read("a,"), Ok(vec!["a".into(), String::new()]));
        assert_eq!(read(r#""a,b",c"#), Ok(vec!["a,b".into(), "c".into()]));
        assert_eq!(read(r#""say ""hi""""#), Ok(vec![r#"say "hi""#.into()]));
        for text in [r#"a"b"#, r#""a"#, r#""a"b"#] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
