//! Results of tests in JUnit's format, as GitHub's and GitLab's readers expect it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::validate::{Finding, Outcome, Test, Tests};

/// Writes the report: a suite for each directory of a cluster, and a case for each test.
pub(super) fn write(tests: &Tests) -> String {
    let mut suites: BTreeMap<&str, Vec<&Test>> = BTreeMap::new();
    for test in &tests.tests {
        suites.entry(&test.suite).or_default().push(test);
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all: Vec<&Test> = tests.tests.iter().collect();
    let _ = writeln!(out, "<testsuites name=\"flux test\"{}>", counts(&all));
    for (name, tests) in suites {
        let name = if name.is_empty() { "elsewhere" } else { name };
        let _ = writeln!(out, "  <testsuite name=\"{}\"{}>", escaped(name), counts(&tests));
        for test in tests {
            case(&mut out, test);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Attributes with the number of tests and their time.
fn counts(tests: &[&Test]) -> String {
    let count = |outcome| tests.iter().filter(|test| test.outcome == outcome).count();
    let took: Duration = tests.iter().map(|test| test.took).sum();
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.3}\"",
        tests.len(),
        count(Outcome::Fail),
        count(Outcome::Skip),
        took.as_secs_f64(),
    )
}

fn case(out: &mut String, test: &Test) {
    let id = &test.id;
    let class =
        if id.namespace.is_empty() { id.kind.to_owned() } else { format!("{}.{}", id.kind, id.namespace) };
    let _ = write!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\"",
        escaped(&class),
        escaped(&id.name),
        test.took.as_secs_f64(),
    );
    // Readers show the failure beside the file.
    if let Some(file) = test.failures.iter().find_map(|failure| failure.file.as_deref()) {
        let _ = write!(out, " file=\"{}\"", escaped(file));
    }
    out.push_str(">\n");
    match test.outcome {
        Outcome::Pass => {}
        Outcome::Fail => {
            let body = lines(&test.failures);
            let _ = writeln!(
                out,
                "      <failure message=\"{}\" type=\"invalid\">{}</failure>",
                escaped(&test.reason),
                escaped(&body)
            );
        }
        Outcome::Skip => {
            let _ = writeln!(out, "      <skipped message=\"{}\"/>", escaped(&test.reason));
        }
    }
    if !test.warnings.is_empty() {
        let _ = writeln!(out, "      <system-out>{}</system-out>", escaped(&lines(&test.warnings)));
    }
    out.push_str("    </testcase>\n");
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(Finding::text).collect::<Vec<_>>().join("\n")
}

/// The text as XML. Characters that XML does not allow at all are shown as escapes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(char),
            '\u{fffe}' | '\u{ffff}' => out.extend(char.escape_unicode()),
            char if char.is_control() => out.extend(char.escape_unicode()),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_is_escaped_for_xml() {
        assert_eq!(escaped("<a b=\"c\"> & d\n"), "&lt;a b=&quot;c&quot;&gt; &amp; d\n");
        assert_eq!(escaped("\u{1b}[31m\0\r é"), "\\u{1b}[31m\\u{0}\\u{d} é");
    }
}
