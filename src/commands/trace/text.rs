//! Traces as flux prints them.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::lineage::{Ready, Step, Trace};
use crate::kinds::HELM_RELEASE;

/// Width of labels, where flux does not use the width of the first block: with a HelmRelease.
const HELM_WIDTHS: [(&str, usize); 3] =
    [("GitRepository", 15), ("OCIRepository", 17), ("ExternalArtifact", 17)];

/// Writes a trace that has steps.
pub(super) fn write(trace: &Trace, zone: &TimeZone) -> String {
    let is_helm = trace.steps.first().is_some_and(|step| step.kind == HELM_RELEASE.kind);
    let width = if is_helm { 16 } else { 17 };
    // The kinds of flux-operator have longer names than flux's columns allow.
    let longest = trace.steps.iter().map(|step| step.kind.len() + 2).max().unwrap_or(0);
    let width = if trace.steps.iter().any(|step| step.of_operator) { longest.max(width) } else { width };
    let mut text = String::from("\n");
    line(&mut text, width, "Object", &format!("{}/{}", trace.object.kind, trace.object.name));
    if !trace.object.namespace.is_empty() {
        line(&mut text, width, "Namespace", &trace.object.namespace);
    }
    line(&mut text, width, "Status", "Managed by Flux");
    for step in &trace.steps {
        let own = HELM_WIDTHS.iter().find(|(kind, _)| is_helm && *kind == step.kind);
        block(&mut text, own.map_or(width, |(_, width)| *width), step, !is_helm, zone);
    }
    text
}

fn block(text: &mut String, width: usize, step: &Step, with_origin: bool, zone: &TimeZone) {
    text.push_str("---\n");
    line(text, width, step.kind, &step.name);
    line(text, width, "Namespace", &step.namespace);
    for fact in &step.facts {
        match fact.field {
            "originRevision" | "originSource" if !with_origin => {}
            "originRevision" | "originSource" if fact.value.is_empty() => text.push('\n'),
            _ => line(text, width, fact.label, &fact.value),
        }
    }
    let Some(Ready { status, message, last_transition_time, .. }) = &step.ready else {
        return line(text, width, "Status", "Unknown");
    };
    let what = if step.traces_failure && status == "False" { "reconciliation failed" } else { "reconciled" };
    line(text, width, "Status", &format!("Last {what} at {}", local(last_transition_time, zone)));
    line(text, width, "Message", message);
}

fn line(text: &mut String, width: usize, label: &str, value: &str) {
    let label = format!("{label}:");
    let _ = writeln!(text, "{label:width$}{value}");
}

/// The time as Go prints it.
fn local(time: &str, zone: &TimeZone) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %z %Z").to_string(),
        Err(_) => "0001-01-01 00:00:00 +0000 UTC".to_owned(),
    }
}
