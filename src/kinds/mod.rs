//! Table of Flux kinds: data, no I/O.
//!
//! The command tree, completions, `get`, `check`, `uninstall` and the tests are generated from this table. What differs
//! between kinds is a field here; a verb never checks which kind it has. A new kind is a row here and a file in `api`.

mod facts;
mod helm;
mod image;
mod kustomize;
mod notification;
mod operator;
mod reference;
mod source;
mod summary;
mod suspension;
mod verb;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api;
use crate::object::Resource;

pub use facts::Fact;
pub use reference::SourceRef;
use reference::{dependencies, source_ref};
pub use summary::{Metadata, Summary};
pub use suspension::Suspension;
pub use verb::{Flag, Verb};

/// Annotation that requests a reconciliation. Its value is the time of the request.
pub const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";

/// A column in the table of `flux get`, after namespace and name.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Header; tables print it in capitals.
    pub header: &'static str,
    /// What its cells hold.
    pub content: Content,
}

/// How the content of a cell is read from an object, by its type.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// Text; empty if the object does not have it.
    Text(fn(&Summary) -> String),
    /// Yes or no.
    Bool(fn(&Summary) -> bool),
}

/// Words after a verb that name a kind, such as `source git`.
#[derive(Debug, Clone, Copy)]
pub struct Path {
    /// Words, that of the group first.
    pub words: &'static [&'static str],
    /// Aliases of the last word.
    pub aliases: &'static [&'static str],
}

/// Whether a controller reconciles an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reconciler {
    /// A controller reconciles it and reports conditions.
    Dynamic,
    /// No controller does: the object is ready once it exists.
    Static,
}

/// Product that brings a kind to the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Flux, with `flux install` or `flux bootstrap`.
    Flux,
    /// flux-operator, which many clusters do not have: a list of several kinds leaves its kinds out where they cannot
    /// be listed.
    FluxOperator,
}

impl Product {
    /// What a user does if the cluster does not have the kind.
    pub fn installation_hint(self) -> &'static str {
        match self {
            Product::Flux => {
                "install Flux, or the component that provides this kind, with `flux install` or `flux bootstrap`"
            }
            Product::FluxOperator => "this kind comes with flux-operator: https://fluxoperator.dev/docs",
        }
    }
}

/// How the objects that an object of a kind applied are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applier {
    /// Group in the labels `<group>/name` and `<group>/namespace` of what it applied.
    pub labels: &'static str,
    /// Where they are listed.
    pub record: Record,
}

/// Where the objects that an object applied are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// In `status.inventory.entries`.
    Inventory,
    /// In the Secret of a Helm release.
    HelmStorage,
}

/// A kind of the Flux API: a row of the table.
pub struct Kind {
    /// Name in manifests, such as `GitRepository`.
    pub kind: &'static str,
    /// API group, such as `source.toolkit.fluxcd.io`.
    pub group: &'static str,
    /// Version that is written.
    pub version: &'static str,
    /// Versions that an older Flux in the cluster may serve instead, newest first.
    pub older: &'static [&'static str],
    /// Plural in paths, such as `gitrepositories`.
    pub plural: &'static str,
    /// Name in messages, such as `source git`.
    pub human: &'static str,
    /// The name of an object, for examples in the help.
    pub example: &'static str,
    /// Words after every verb but `get`.
    pub path: Path,
    /// Words after `get`.
    pub get: Path,
    /// Product that brings it to the cluster.
    pub product: Product,
    /// Whether `flux get all` lists it.
    pub in_get_all: bool,
    /// Whether a controller sets finalizers on its objects, which `uninstall` removes.
    pub finalized: bool,
    /// Verbs for the kind.
    pub verbs: &'static [Verb],
    /// Flags of these verbs that only some kinds have.
    pub flags: &'static [Flag],
    /// Columns of `flux get`.
    pub columns: &'static [Column],
    /// Returns status and message of the Ready condition, as tables show them.
    pub ready: fn(&Summary) -> (String, String),
    /// Whether a status selector such as `Ready=True` uses the conditions. Kinds without conditions use `ready`.
    pub has_conditions: bool,
    /// Returns whether a controller reconciles an object.
    pub reconciler: fn(&Value) -> Reconciler,
    /// Whether its controller records the request and the generation that it handled.
    pub acknowledges: bool,
    /// How its objects are suspended.
    pub suspension: Suspension,
    /// Returns how often an object is reconciled, as a Go duration.
    pub interval: fn(&Value) -> Option<String>,
    /// Returns the message after a successful reconciliation.
    pub success: fn(&Value) -> String,
    /// Returns whether a ready object has an artifact (`status.artifact`), as sources do.
    pub has_artifact: fn(&Value) -> bool,
    /// Returns the source of an object; none for kinds without one.
    pub source: Option<fn(&Value) -> Option<SourceRef>>,
    /// Returns the objects whose events tell about an object too, such as its source; none for kinds that refer to no
    /// other object.
    pub related: Option<fn(&Value) -> Vec<SourceRef>>,
    /// Returns further objects that must be ready before an object is reconciled, such as those of `spec.dependsOn`.
    pub depends_on: fn(&Value) -> Vec<SourceRef>,
    /// Returns the revision that an object is at: fetched, applied, released or selected.
    pub revision: fn(&Value) -> Option<String>,
    /// Returns the name of the Secret with the credentials of an object, in the object's namespace.
    pub secret: fn(&Value) -> Option<String>,
    /// Returns the source as `get --show-source` shows it; none for kinds without that flag.
    pub shown_source: Option<fn(&Summary) -> String>,
    /// Returns what `flux trace` shows of an object.
    pub facts: fn(&Value) -> Vec<Fact>,
    /// Returns the objects that an object was made from, nearest first, as `flux trace` follows them.
    pub upstream: fn(&Value) -> Vec<SourceRef>,
    /// What its objects apply to the cluster; none for kinds that apply nothing.
    pub applies: Option<Applier>,
    /// Whether `flux trace` says of an object that its last reconciliation failed.
    pub traces_failure: bool,
    /// Returns an object as its API type serializes it: without what the cluster adds.
    pub typed: fn(&Value) -> serde_json::Result<Value>,
}

impl Kind {
    /// Returns `group/version`, as in the `apiVersion` of a manifest.
    pub fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }

    /// Returns the name of an object in `get all`: `gitrepository/podinfo`.
    pub fn qualified(&self, name: &str) -> String {
        format!("{}/{name}", self.kind.to_lowercase())
    }

    /// Returns the words that name the kind after a verb.
    pub fn path_of(&self, verb: Verb) -> &Path {
        match verb {
            Verb::Get => &self.get,
            _ => &self.path,
        }
    }

    /// Whether an object lacks the artifact that a ready object of the kind has.
    pub fn lacks_artifact(&self, object: &Value) -> bool {
        (self.has_artifact)(object) && artifact_revision(object).is_none()
    }

    /// Whether an object is suspended.
    pub fn is_suspended(&self, object: &Summary) -> bool {
        self.suspension.holds_in(object)
    }

    /// Returns the objects that an object waits for: its sources and those that it depends on.
    pub fn needs(&self, object: &Value) -> Vec<SourceRef> {
        let mut needs = (self.depends_on)(object);
        needs.extend(self.related.map(|related| related(object)).unwrap_or_default());
        needs
    }

    /// Whether a verb exists for the kind.
    pub fn takes(&self, verb: Verb) -> bool {
        self.verbs.contains(&verb)
    }
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind)
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// Revision of the artifact of an object; none without an artifact.
pub fn artifact_revision(object: &Value) -> Option<String> {
    text(object, "/status/artifact/revision")
}

/// Kinds that `flux stats` counts, in its order.
pub static COUNTED: &[&Kind] = &[
    &GIT_REPOSITORY,
    &OCI_REPOSITORY,
    &HELM_REPOSITORY,
    &HELM_CHART,
    &BUCKET,
    &KUSTOMIZATION,
    &HELM_RELEASE,
    &ALERT,
    &PROVIDER,
    &RECEIVER,
    &IMAGE_UPDATE_AUTOMATION,
    &IMAGE_POLICY,
    &IMAGE_REPOSITORY,
];

/// All kinds, in the order of `flux get all`.
pub static KINDS: &[&Kind] = &[
    &source::OCI_REPOSITORY,
    &source::BUCKET,
    &source::GIT_REPOSITORY,
    &source::HELM_REPOSITORY,
    &source::HELM_CHART,
    &source::EXTERNAL_ARTIFACT,
    &image::IMAGE_REPOSITORY,
    &image::IMAGE_POLICY,
    &image::IMAGE_UPDATE_AUTOMATION,
    &helm::HELM_RELEASE,
    &kustomize::KUSTOMIZATION,
    &notification::RECEIVER,
    &notification::PROVIDER,
    &notification::ALERT,
    &source::ARTIFACT_GENERATOR,
    &operator::FLUX_INSTANCE,
    &operator::FLUX_REPORT,
    &operator::RESOURCE_SET,
    &operator::RESOURCE_SET_INPUT_PROVIDER,
];

/// Kinds whose objects apply others, in the order in which `flux trace` prefers their labels.
pub static APPLIERS: &[&Kind] = &[&KUSTOMIZATION, &HELM_RELEASE, &RESOURCE_SET, &FLUX_INSTANCE];

pub use helm::HELM_RELEASE;
pub use image::{IMAGE_POLICY, IMAGE_REPOSITORY, IMAGE_UPDATE_AUTOMATION};
pub use kustomize::KUSTOMIZATION;
pub use notification::{ALERT, PROVIDER, RECEIVER};
pub use operator::{FLUX_INSTANCE, FLUX_REPORT, RESOURCE_SET, RESOURCE_SET_INPUT_PROVIDER};
pub use source::{
    ARTIFACT_GENERATOR, BUCKET, EXTERNAL_ARTIFACT, GIT_REPOSITORY, HELM_CHART, HELM_REPOSITORY,
    OCI_REPOSITORY,
};

/// Returns the kind with a name, in any case.
pub fn by_name(kind: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|row| row.kind.eq_ignore_ascii_case(kind))
}

/// Returns the kind that a user names as for kubectl, in any case: by its plural, its singular or a short name.
pub fn by_word(word: &str) -> Option<&'static Kind> {
    let is_short = |row: &Kind| {
        let crd = api::CRDS.iter().find(|crd| crd.kind == row.kind);
        crd.is_some_and(|crd| crd.short_names.contains(&word))
    };
    let is_alias = |row: &Kind| row.path.aliases.contains(&word);
    let named = KINDS.iter().copied().find(|row| row.plural == word || is_short(row) || is_alias(row));
    named.or_else(|| by_name(word))
}

/// Returns the kind of a resource.
pub fn of_resource(resource: &Resource) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|row| row.plural == resource.plural && row.group == resource.group)
}

/// Returns the resource of an `apiVersion` and kind, if it is one of Flux's or a built-in one.
pub fn resource(api_version: &str, kind: &str) -> Option<Resource> {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let of_flux = KINDS.iter().find(|row| row.kind == kind && row.group == group);
    let resource = of_flux.map(|row| Resource::from(*row)).or_else(|| Resource::built_in(group, kind))?;
    Some(resource.with_version(version.to_owned()))
}

impl From<&Kind> for Resource {
    fn from(kind: &Kind) -> Self {
        Resource {
            kind: kind.kind.into(),
            group: kind.group.into(),
            version: kind.version.into(),
            plural: kind.plural.into(),
            namespaced: true,
            older: kind.older,
        }
    }
}

/// Defaults of a kind; each row sets its names, its columns and what differs. Kind, group, version and plural are those of
/// its CRD.
const fn usual<S: api::Spec + DeserializeOwned>() -> Kind {
    let crd = S::CRD;
    Kind {
        kind: crd.kind,
        group: crd.group,
        version: crd.version,
        older: &["v1beta2"],
        plural: crd.plural,
        human: "",
        example: "podinfo",
        path: path(&[]),
        get: path(&[]),
        product: Product::Flux,
        in_get_all: true,
        finalized: true,
        verbs: EVERY_VERB,
        flags: &[],
        columns: &[SUSPENDED],
        ready: ready_condition,
        has_conditions: true,
        reconciler: dynamic,
        acknowledges: true,
        suspension: Suspension::Field,
        interval: |object| text(object, "/spec/interval"),
        success: |_| String::new(),
        has_artifact: |_| false,
        source: None,
        related: None,
        depends_on: |_| Vec::new(),
        revision: artifact_revision,
        secret: no_secret,
        shown_source: None,
        facts: |_| Vec::new(),
        upstream: |_| Vec::new(),
        applies: None,
        traces_failure: false,
        typed: typed::<S>,
    }
}

const EVERY_VERB: &[Verb] =
    &[Verb::Get, Verb::Export, Verb::Suspend, Verb::Resume, Verb::Reconcile, Verb::Delete, Verb::Wait];

/// Creates a path without aliases.
const fn path(words: &'static [&'static str]) -> Path {
    Path { words, aliases: &[] }
}

const SUSPENDED: Column = Column { header: "Suspended", content: Content::Bool(Summary::suspended) };

fn dynamic(_: &Value) -> Reconciler {
    Reconciler::Dynamic
}

fn fixed(_: &Value) -> Reconciler {
    Reconciler::Static
}

fn ready_condition(summary: &Summary) -> (String, String) {
    summary.ready()
}

fn ready_shortened(summary: &Summary) -> (String, String) {
    let (status, message) = summary.ready();
    (status, summary::shorten_digests(&message))
}

fn text(object: &Value, pointer: &str) -> Option<String> {
    object.pointer(pointer)?.as_str().filter(|s| !s.is_empty()).map(str::to_owned)
}

/// Deserializes and serializes an object by its API type, which drops unknown fields.
fn typed<S: api::Spec + DeserializeOwned>(object: &Value) -> serde_json::Result<Value> {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let mut typed = api::Object::new("", "", S::deserialize(spec)?);
    typed.metadata = api::Metadata::deserialize(object.get("metadata").unwrap_or(&Value::Null))?;
    serde_json::to_value(typed)
}

fn secret_ref(object: &Value) -> Option<String> {
    text(object, "/spec/secretRef/name")
}

fn no_secret(_: &Value) -> Option<String> {
    None
}

/// Returns the reference in `spec.sourceRef`, for events.
fn related_source(object: &Value) -> Vec<SourceRef> {
    source_ref(object, "/spec/sourceRef").into_iter().collect()
}

/// Returns the reference to an object of a fixed kind at a JSON pointer, by default in the namespace of the object.
fn reference_to(kind: &Kind, object: &Value, pointer: &str) -> Option<SourceRef> {
    let reference = object.pointer(pointer)?;
    let namespace = text(reference, "/namespace").or_else(|| text(object, "/metadata/namespace"));
    Some(SourceRef {
        kind: kind.kind.to_owned(),
        name: text(reference, "/name")?,
        namespace: namespace.unwrap_or_default(),
        with_source: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_described_by_the_api() {
        let of_flux = KINDS.iter().filter(|kind| kind.product == Product::Flux);
        assert_eq!(of_flux.count(), crate::api::CRDS.len());
        for crd in crate::api::CRDS {
            let kind = by_name(crd.kind).expect("a row for the CRD");
            assert_eq!(crd.api_version(), kind.api_version());
        }
        for kind in KINDS {
            assert!(!kind.human.is_empty() && !kind.path.words.is_empty() && !kind.get.words.is_empty());
            assert!(!kind.takes(Verb::Reconcile) || !(kind.success)(&Value::Null).is_empty(), "{kind:?}");
        }
    }

    #[test]
    fn every_kind_that_applies_objects_is_an_applier() {
        for kind in KINDS {
            assert_eq!(kind.applies.is_some(), APPLIERS.contains(kind), "{kind:?}");
        }
    }

    #[test]
    fn names_are_unique_and_found_in_any_case() {
        for kind in KINDS {
            assert_eq!(KINDS.iter().filter(|other| other.plural == kind.plural).count(), 1, "{kind:?}");
            assert_eq!(by_name(&kind.kind.to_uppercase()), Some(*kind));
        }
        assert_eq!(by_name("Deployment"), None);
    }

    #[test]
    fn kinds_with_the_flag_with_source_have_a_source() {
        for kind in KINDS {
            assert_eq!(kind.flags.contains(&Flag::WithSource), kind.source.is_some(), "{kind:?}");
        }
    }

    #[test]
    fn kinds_with_the_flag_show_source_show_one() {
        for kind in KINDS {
            assert_eq!(kind.flags.contains(&Flag::ShowSource), kind.shown_source.is_some(), "{kind:?}");
        }
    }

    #[test]
    fn flags_belong_to_a_verb_of_the_kind() {
        for kind in KINDS {
            for flag in kind.flags {
                assert!(kind.takes(flag.verb()), "{kind:?} {flag:?}");
            }
        }
    }
}
