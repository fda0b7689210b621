//! The few fields of an object that a table shows; everything else is skipped while it is read.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::suspension::{GENERATOR_RECONCILE, OPERATOR_RECONCILE};
use crate::object::Condition;

/// What tables show of an object of any Flux kind. Absent fields are empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Summary {
    /// Name, namespace and the annotations that matter.
    pub metadata: Metadata,
    /// What was asked for.
    pub spec: Spec,
    /// What the controller reports.
    pub status: Status,
}

/// The part of an object's metadata that tables show.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    /// The object's name.
    pub name: String,
    /// The object's namespace.
    pub namespace: String,
    /// The object's version, from which a watch knows whether it has changed.
    pub resource_version: String,
    /// When the object was created, RFC 3339.
    pub creation_timestamp: Option<String>,
    /// Annotations by which some kinds are switched off.
    pub annotations: Annotations,
}

/// Annotations that a table depends on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Annotations {
    /// `disabled` stops source-watcher's work on an ArtifactGenerator.
    #[serde(rename = "source.extensions.fluxcd.io/reconcile")]
    pub generator_reconcile: Option<String>,
    /// `disabled` stops flux-operator's work on its objects.
    #[serde(rename = "fluxcd.controlplane.io/reconcile")]
    pub operator_reconcile: Option<String>,
}

impl Annotations {
    /// Value of an annotation that is kept.
    pub fn get(&self, key: &str) -> Option<&str> {
        match key {
            GENERATOR_RECONCILE => self.generator_reconcile.as_deref(),
            OPERATOR_RECONCILE => self.operator_reconcile.as_deref(),
            _ => None,
        }
    }
}

/// The part of `spec` that tables show.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Spec {
    /// Whether reconciliation is suspended.
    pub suspend: bool,
    /// The kind of a HelmRepository: `default` or `oci`.
    #[serde(rename = "type")]
    pub repository_type: Option<String>,
    /// Where content comes from.
    pub source_ref: Option<Reference>,
    /// Where a HelmRelease's chart comes from.
    pub chart_ref: Option<Reference>,
    /// The template of a HelmRelease's chart, or the name of a HelmChart's.
    pub chart: Option<Chart>,
    /// How often the object is reconciled.
    pub interval: String,
    /// Address of a source.
    pub url: String,
    /// Name of a Bucket in its store.
    pub bucket_name: String,
    /// Image of an ImageRepository.
    pub image: String,
    /// Repository of an ImagePolicy's image.
    pub image_repository_ref: Option<Reference>,
}

/// A reference to another object.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Reference {
    /// The object's kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace; empty means that of the object that refers to it.
    pub namespace: String,
}

/// A chart as HelmRelease (a template) and HelmChart (a name) give it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Chart {
    /// HelmRelease: `spec.chart.spec`.
    Template {
        /// The chart's own spec.
        spec: ChartSpec,
    },
    /// HelmChart: the chart's name.
    Name(String),
}

/// What a HelmRelease says of its chart.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ChartSpec {
    /// The repository that the chart comes from.
    pub source_ref: Reference,
}

/// The part of `status` that tables show.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Status {
    /// The object's conditions.
    pub conditions: Vec<Condition>,
    /// A source's newest artifact.
    pub artifact: Option<Artifact>,
    /// A Kustomization's newest applied revision.
    pub last_applied_revision: String,
    /// A HelmRelease's newest attempted chart version.
    pub last_attempted_revision: String,
    /// A HelmRelease's releases, or a Kustomization's runs, newest first.
    pub history: Vec<Release>,
    /// An ImageRepository's newest scan.
    pub last_scan_result: Option<Scan>,
    /// An ImagePolicy's choice.
    pub latest_ref: Option<ImageRef>,
    /// An ImageUpdateAutomation's newest run, RFC 3339.
    pub last_automation_run_time: String,
}

/// An artifact, of which tables show the revision.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Artifact {
    /// For instance `main@sha1:<40 hex>`.
    pub revision: String,
}

/// A release of a HelmRelease, of which tables show the chart's version, or a run of a Kustomization.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Release {
    /// A semantic version.
    pub chart_version: String,
    /// When the Kustomization last ran with the same result, RFC 3339.
    pub last_reconciled: Option<String>,
    /// Reason of that result.
    pub last_reconciled_status: String,
}

/// Reason of a successful run of a Kustomization.
const SUCCEEDED: &str = "ReconciliationSucceeded";

/// A scan of an image repository.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Scan {
    /// When, RFC 3339.
    pub scan_time: String,
}

/// An image with its tag.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ImageRef {
    /// The image's name.
    pub name: String,
    /// Its tag.
    pub tag: String,
}

impl Summary {
    /// Whether the object is suspended.
    pub fn suspended(&self) -> bool {
        self.spec.suspend
    }

    /// Status and message of the Ready condition.
    pub fn ready(&self) -> (String, String) {
        self.condition("Ready").map_or_else(
            || ("False".into(), "waiting to be reconciled".into()),
            |ready| (ready.status.clone(), ready.message.clone()),
        )
    }

    /// When the object was last reconciled successfully, RFC 3339; none if its controller does not record runs that
    /// change nothing.
    pub fn last_run(&self) -> Option<&str> {
        let Status { history, last_scan_result, last_automation_run_time, .. } = &self.status;
        let succeeded = history.iter().filter(|run| run.last_reconciled_status == SUCCEEDED);
        let runs = succeeded.filter_map(|run| run.last_reconciled.as_deref());
        let scan = last_scan_result.as_ref().map(|scan| scan.scan_time.as_str());
        // Times of one form are in the order of their texts.
        runs.chain(scan).chain([last_automation_run_time.as_str()]).filter(|time| !time.is_empty()).max()
    }

    /// Since when the Ready condition has its status, RFC 3339.
    pub fn ready_since(&self) -> Option<&str> {
        let ready = self.condition("Ready")?;
        Some(ready.last_transition_time.as_str()).filter(|time| !time.is_empty())
    }

    /// The condition of this type, in any case.
    pub fn condition(&self, condition_type: &str) -> Option<&Condition> {
        self.status.conditions.iter().rev().find(|c| c.condition_type.eq_ignore_ascii_case(condition_type))
    }

    /// The revision of the artifact as it is; empty where there is none.
    pub fn artifact_revision(&self) -> String {
        self.status.artifact.as_ref().map(|artifact| artifact.revision.clone()).unwrap_or_default()
    }

    /// Source that the object refers to, or the URL of a source itself; empty if it has neither.
    pub fn origin(&self) -> String {
        let spec = &self.spec;
        let chart = match &spec.chart {
            Some(Chart::Template { spec }) => Some(&spec.source_ref),
            _ => None,
        };
        if let Some(source) = spec.chart_ref.as_ref().or(chart).or(spec.source_ref.as_ref()) {
            return self.reference(source);
        }
        if let Some(repository) = &spec.image_repository_ref {
            // Its kind is known and not written.
            let kind = "ImageRepository".to_owned();
            return self.reference(&Reference { kind, ..repository.clone() });
        }
        [&spec.url, &spec.image, &spec.bucket_name]
            .into_iter()
            .find(|it| !it.is_empty())
            .cloned()
            .unwrap_or_default()
    }

    /// `Kind/namespace/name` of a reference made by this object.
    pub fn reference(&self, to: &Reference) -> String {
        let namespace = if to.namespace.is_empty() { &self.metadata.namespace } else { &to.namespace };
        format!("{}/{namespace}/{}", to.kind, to.name)
    }
}

/// Digests of 40 to 128 hexadecimal digits cut to their first 8, as tables show them.
pub fn shorten_digests(text: &str) -> String {
    static DIGEST: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[a-f0-9]{40,128}\b").ok());
    // Most cells hold no digest; the pattern is compiled only for those that may.
    if text.len() < 40 {
        return text.to_owned();
    }
    match &*DIGEST {
        Some(digest) => {
            digest.replace_all(text, |found: &regex::Captures| found[0][..8].to_owned()).into_owned()
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_cut_to_eight_digits_wherever_they_stand() {
        let sha1 = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(
            shorten_digests(&format!("main@sha1:{sha1} and {sha1}")),
            "main@sha1:01234567 and 01234567"
        );
        assert_eq!(shorten_digests(&sha1.to_uppercase()), sha1.to_uppercase());
        assert_eq!(shorten_digests("short"), "short");
    }

    #[test]
    fn both_forms_of_chart_are_read() {
        let release: Summary = serde_json::from_str(
            r#"{"spec":{"chart":{"spec":{"chart":"c","sourceRef":{"kind":"HelmRepository","name":"r"}}}}}"#,
        )
        .unwrap();
        assert!(matches!(release.spec.chart, Some(Chart::Template { .. })));
        let chart: Summary = serde_json::from_str(r#"{"spec":{"chart":"c"}}"#).unwrap();
        assert!(matches!(chart.spec.chart, Some(Chart::Name(name)) if name == "c"));
    }
}
