//! One line as the guidelines for Nagios plugins demand: the state, a text, and performance data.

use super::document::{Document, Level};
use crate::error::Error;

/// The line and the exit code.
pub(super) fn line(outcome: Result<&Document, &Error>) -> (String, u8) {
    let document = match outcome {
        Ok(document) => document,
        Err(error) => return (format!("UNKNOWN - {}", plain(&error.to_string())), 3),
    };
    let (word, code) = match document.level {
        Level::Critical => ("CRITICAL", 2),
        Level::Warning => ("WARNING", 1),
        Level::Ok if !document.unread.is_empty() => ("UNKNOWN", 3),
        Level::Ok => ("OK", 0),
    };
    let mut parts = vec![document.summary()];
    parts.extend(document.not_ready.first().map(|first| format!("{}: {}", first.object, first.message)));
    if !document.unread.is_empty() {
        parts.push(format!("requests denied: {}", document.unread.len()));
    }
    let sum = document.totals();
    let down = document.controllers.iter().filter(|controller| !controller.ready).count() as u64;
    // label=value;warning;critical;minimum
    let data = [
        ("ready", sum.ready, ";"),
        ("failed", sum.failed, ";0"),
        ("waiting", sum.waiting, "0;"),
        ("progressing", sum.progressing, ";"),
        ("suspended", sum.suspended, ";"),
        ("stale", sum.stale, "0;"),
        ("controllers_down", down, ";0"),
    ];
    let data: Vec<String> =
        data.iter().map(|(label, value, limits)| format!("{label}={value};{limits};0")).collect();
    (format!("{word} - {}|{}", plain(&parts.join("; ")), data.join(" ")), code)
}

/// A text without what ends it: line breaks and the bar before the performance data.
fn plain(text: &str) -> String {
    let text: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    text.replace('|', "¦")
}
