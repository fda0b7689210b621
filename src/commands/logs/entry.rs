//! A line of a controller's log, and what a user selects lines by.

use std::borrow::Cow;
use std::fmt::Write;

use serde::Deserialize;
use serde_json::Value;

use crate::cluster::LogSource;
use crate::output::printable;

/// The fields of a line in JSON that are shown or selected by.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Entry<'a> {
    #[serde(borrow)]
    ts: Cow<'a, str>,
    #[serde(borrow)]
    level: Cow<'a, str>,
    #[serde(borrow)]
    msg: Cow<'a, str>,
    #[serde(borrow)]
    error: Cow<'a, str>,
    /// Kind, as controllers wrote it in former times.
    #[serde(borrow, rename = "reconciler kind")]
    kind: Cow<'a, str>,
    #[serde(borrow, rename = "controllerKind")]
    controller_kind: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    namespace: Cow<'a, str>,
}

impl<'a> Entry<'a> {
    /// Reads a line; none if it is not a JSON object of this form.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        if line.first() != Some(&b'{') {
            return None;
        }
        serde_json::from_slice(line).ok()
    }

    /// The line as flux shows it.
    pub fn text(&self) -> String {
        let kind = if self.kind.is_empty() { &self.controller_kind } else { &self.kind };
        let mut text = String::with_capacity(self.msg.len() + self.error.len() + 96);
        let _ = write!(text, "{} {} {kind}", self.ts, self.level);
        if !self.name.is_empty() {
            let _ = write!(text, "/{}.{}", self.name, self.namespace);
        }
        let _ = writeln!(text, " - {} {}", self.msg, self.error);
        printable(text)
    }
}

/// Selects the lines to show.
#[derive(Debug, Default)]
pub struct Filter {
    /// Level; empty means all.
    pub level: String,
    /// Kind, in any case; empty means all.
    pub kind: String,
    /// Name of an object, in any case; empty means all.
    pub name: String,
    /// Namespace of the objects, in any case; none means all, and lines about no object.
    pub namespace: Option<String>,
}

impl Filter {
    /// Whether a line is shown.
    pub fn shows(&self, entry: &Entry<'_>) -> bool {
        let matches = |wanted: &str, found: &str| wanted.is_empty() || wanted.eq_ignore_ascii_case(found);
        (self.level.is_empty() || self.level == entry.level)
            && (matches(&self.kind, &entry.kind) || matches(&self.kind, &entry.controller_kind))
            && matches(&self.name, &entry.name)
            && self.namespace.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(&entry.namespace))
    }

    /// Whether lines that are not JSON are shown, such as those of a crash: they have no level and no object to select
    /// them by.
    pub fn shows_other_lines(&self) -> bool {
        self.level.is_empty() && self.kind.is_empty() && self.name.is_empty()
    }
}

/// A line in JSON as its controller wrote it, with the controller and the pod added at its end.
pub fn with_source(line: &str, source: &LogSource) -> Option<String> {
    let fields = line.trim_end().strip_suffix('}')?;
    let comma = if fields.trim_end().ends_with('{') { "" } else { "," };
    let (controller, pod) = (Value::from(source.controller.as_str()), Value::from(source.pod.as_str()));
    Some(format!("{fields}{comma}\"deployment\":{controller},\"pod\":{pod}}}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_shown_as_flux_shows_it() {
        let shown = |line: &str| Entry::parse(line.as_bytes()).map(|entry| entry.text());
        assert_eq!(
            shown(r#"{"ts":"T","level":"error","msg":"Reconciler error","error":"denied","controllerKind":"Kustomization","name":"apps","namespace":"prod"}"#).as_deref(),
            Some("T error Kustomization/apps.prod - Reconciler error denied\n")
        );
        assert_eq!(
            shown(r#"{"ts":"T","level":"info","msg":"a\u001b[31mb"}"#).as_deref(),
            Some("T info  - a^[[31mb \n")
        );
        for line in ["", "panic: oops", "{", r#"{"ts":1}"#, "[]"] {
            assert!(shown(line).is_none(), "{line}");
        }
    }

    #[test]
    fn lines_are_selected_by_level_kind_name_and_namespace() {
        let line = r#"{"level":"info","controllerKind":"Kustomization","name":"apps","namespace":"prod"}"#;
        let entry = Entry::parse(line.as_bytes()).unwrap();
        let filter = |level: &str, kind: &str, name: &str, namespace: Option<&str>| Filter {
            level: level.into(),
            kind: kind.into(),
            name: name.into(),
            namespace: namespace.map(str::to_owned),
        };
        for shown in [
            filter("", "", "", None),
            filter("info", "kustomization", "APPS", Some("prod")),
            filter("", "Kustomization", "", Some("PROD")),
        ] {
            assert!(shown.shows(&entry), "{shown:?}");
        }
        for hidden in [
            filter("error", "", "", None),
            filter("", "HelmRelease", "", None),
            filter("", "", "app", None),
            filter("", "", "", Some("flux-system")),
        ] {
            assert!(!hidden.shows(&entry), "{hidden:?}");
        }
    }
}
