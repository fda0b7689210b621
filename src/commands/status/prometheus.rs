//! Metrics in the text format of Prometheus, for the text file collector of node_exporter. They are documented in
//! docs/output/status.md.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::document::{Document, Named};

pub(super) fn write(document: &Document) -> String {
    let mut text = String::new();
    let mut metric = |name: &str, help: &str, samples: &[Sample]| {
        let _ = writeln!(text, "# HELP flux_{name} {help}\n# TYPE flux_{name} gauge");
        for (labels, value) in samples {
            let labels: Vec<String> =
                labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(text, "flux_{name}{labels} {value}");
        }
    };
    metric(
        "healthy",
        "Whether Flux and everything it manages is healthy (1) or not (0).",
        &[(Vec::new(), i64::from(document.healthy()))],
    );
    let unknown = || "unknown".to_owned();
    metric(
        "info",
        "Versions of Flux and Kubernetes.",
        &[(
            vec![
                ("version", document.flux.version.clone().unwrap_or_else(unknown)),
                ("kubernetes", document.kubernetes.clone().unwrap_or_else(unknown)),
            ],
            1,
        )],
    );
    let controllers: Vec<Sample> = document
        .controllers
        .iter()
        .map(|it| (vec![("namespace", it.namespace.clone()), ("name", it.name.clone())], i64::from(it.ready)))
        .collect();
    metric("controller_ready", "Whether a controller of Flux is ready (1) or not (0).", &controllers);
    let counts: Vec<Sample> = document
        .counts
        .iter()
        .flat_map(|it| {
            let states = [
                ("ready", it.ready),
                ("failed", it.failed),
                ("waiting", it.waiting),
                ("progressing", it.progressing),
                ("suspended", it.suspended),
            ];
            states.map(|(state, count)| {
                (vec![("kind", it.kind.to_owned()), ("state", state.to_owned())], number(count))
            })
        })
        .collect();
    metric("objects", "Objects of a kind in a state.", &counts);
    let stale: Vec<Sample> =
        document.counts.iter().map(|it| (vec![("kind", it.kind.to_owned())], number(it.stale))).collect();
    metric("objects_stale", "Objects of a kind that were not reconciled in time.", &stale);
    let not_ready = document.not_ready.iter().map(|it| {
        let mut labels = of(&it.object);
        labels.extend([("state", it.state.as_str().to_owned()), ("reason", it.reason.clone())]);
        (labels, seconds(&it.since))
    });
    metric(
        "object_not_ready_since_timestamp_seconds",
        "Unix time since which an object has not been ready; 0 if unknown.",
        &not_ready.collect::<Vec<_>>(),
    );
    let sources = document.sources.iter().map(|it| (of(&it.object), seconds(&it.fetched)));
    metric(
        "source_fetched_timestamp_seconds",
        "Unix time at which the artifact of a source was fetched; 0 if it has none.",
        &sources.collect::<Vec<_>>(),
    );
    metric(
        "status_requests_refused",
        "Requests that the API server denied for lack of permission.",
        &[(Vec::new(), i64::try_from(document.unread.len()).unwrap_or(i64::MAX))],
    );
    metric(
        "status_timestamp_seconds",
        "Unix time at which the status was read from the cluster.",
        &[(Vec::new(), seconds(document.time.as_deref().unwrap_or_default()))],
    );
    text
}

/// Labels and value of a sample.
type Sample = (Vec<(&'static str, String)>, i64);

fn of(object: &Named) -> Vec<(&'static str, String)> {
    vec![
        ("kind", object.kind.to_owned()),
        ("namespace", object.namespace.clone()),
        ("name", object.name.clone()),
    ]
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn seconds(time: &str) -> i64 {
    time.parse::<Timestamp>().map_or(0, Timestamp::as_second)
}

/// A value of a label: back slashes, quotes and line feeds are escaped.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn values_of_labels_are_escaped() {
        assert_eq!(escaped("a\\b \"c\"\nd"), r#"a\\b \"c\"\nd"#);
    }
}
