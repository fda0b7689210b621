//! The registry of Flux kinds: data, no I/O.
//!
//! One table feeds the command tree, completions, `get`, `events`, `check`, `uninstall` and the
//! tests. What differs from kind to kind is a field here; a verb never asks which kind it has.
//! Adding a kind is one row here and one file in `api`.

mod helm;
mod image;
mod kustomize;
mod notification;
mod source;
mod summary;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api;

pub use summary::{Condition, Summary};

/// What a command does with objects of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `flux get`
    Get,
    /// `flux export`
    Export,
    /// `flux suspend`
    Suspend,
    /// `flux resume`
    Resume,
    /// `flux reconcile`
    Reconcile,
    /// `flux delete`
    Delete,
}

/// A flag that a verb takes for some kinds only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// `get … --show-source`
    ShowSource,
    /// `export source … --with-credentials`
    WithCredentials,
    /// `reconcile … --with-source`
    WithSource,
    /// `reconcile … --force`
    Force,
    /// `reconcile … --reset`
    Reset,
}

impl Flag {
    /// The verb that takes the flag.
    pub fn verb(self) -> Verb {
        match self {
            Flag::ShowSource => Verb::Get,
            Flag::WithCredentials => Verb::Export,
            Flag::WithSource | Flag::Force | Flag::Reset => Verb::Reconcile,
        }
    }

    /// The annotation by which a reconciliation is asked for with this flag; its value is that of
    /// `reconcile.fluxcd.io/requestedAt`.
    pub fn annotation(self) -> Option<&'static str> {
        match self {
            Flag::Force => Some("reconcile.fluxcd.io/forceAt"),
            Flag::Reset => Some("reconcile.fluxcd.io/resetAt"),
            Flag::ShowSource | Flag::WithCredentials | Flag::WithSource => None,
        }
    }
}

/// A column of `flux get`'s table, after namespace and name.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name, as written in code; tables print it in capitals.
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

/// The object that an object of some kind takes its content from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRef {
    /// For instance `GitRepository`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Whether its own source is reconciled first, whatever the flags say: a Helm chart of a
    /// release is only worth asking for after its repository.
    pub with_source: bool,
}

/// The words under a verb that name a kind, for instance `source git`.
#[derive(Debug, Clone, Copy)]
pub struct Path {
    /// The words, the group's first.
    pub words: &'static [&'static str],
    /// Other spellings of the last word.
    pub aliases: &'static [&'static str],
}

/// What readiness of a kind's objects rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reconciler {
    /// A controller works on every object and reports conditions.
    Dynamic,
    /// No controller: the object is as ready as it is there.
    Static,
}

/// A kind of Flux object: a row of the table.
pub struct Kind {
    /// Its name in manifests, for instance `GitRepository`.
    pub kind: &'static str,
    /// The API group, for instance `source.toolkit.fluxcd.io`.
    pub group: &'static str,
    /// The version that we write.
    pub version: &'static str,
    /// Older versions that an older Flux in the cluster may serve instead, newest first.
    pub older: &'static [&'static str],
    /// The resource's name in URLs, for instance `gitrepositories`.
    pub plural: &'static str,
    /// What messages call it, for instance `source git`.
    pub human: &'static str,
    /// Its words under every verb but `get`.
    pub path: Path,
    /// Its words under `get`.
    pub get: Path,
    /// Whether `flux get all` lists it.
    pub in_get_all: bool,
    /// Whether a controller puts finalizers on its objects, which an uninstallation removes.
    pub finalized: bool,
    /// The verbs that take it.
    pub verbs: &'static [Verb],
    /// The flags of those verbs that only some kinds take.
    pub flags: &'static [Flag],
    /// The columns of `flux get`.
    pub columns: &'static [Column],
    /// Status and message of the Ready condition, as tables show them.
    pub ready: fn(&Summary) -> (String, String),
    /// Whether a status selector such as `Ready=True` is answered by the conditions (the rule), or
    /// by `ready` for kinds that have none.
    pub has_conditions: bool,
    /// Whether a controller reconciles this object.
    pub reconciler: fn(&Value) -> Reconciler,
    /// What to say after a reconciliation that went well.
    pub success: fn(&Value) -> String,
    /// The object's source; none for kinds without one.
    pub source: Option<fn(&Value) -> Option<SourceRef>>,
    /// The Secret that holds the object's credentials, by name in the object's namespace.
    pub secret: fn(&Value) -> Option<String>,
    /// What `get --show-source` shows of an object, where the kind takes that flag.
    pub shown_source: Option<fn(&Summary) -> String>,
    /// The object as its API type writes it: what a user sets, without what the cluster adds.
    pub typed: fn(&Value) -> serde_json::Result<Value>,
}

impl Kind {
    /// `group/version`, as a manifest's `apiVersion` has it.
    pub fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }

    /// The name under which `get all` lists an object: `gitrepository/podinfo`.
    pub fn qualified(&self, name: &str) -> String {
        format!("{}/{name}", self.kind.to_lowercase())
    }

    /// The kind's own flags of a verb.
    pub fn flags_of(&self, verb: Verb) -> impl Iterator<Item = Flag> {
        self.flags.iter().copied().filter(move |flag| flag.verb() == verb)
    }

    /// Whether `verb` takes this kind.
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

/// Every kind, in the order in which `flux get all` lists them.
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
];

pub use helm::HELM_RELEASE;
pub use image::{IMAGE_POLICY, IMAGE_REPOSITORY, IMAGE_UPDATE_AUTOMATION};
pub use kustomize::KUSTOMIZATION;
pub use notification::{ALERT, PROVIDER, RECEIVER};
pub use source::{
    ARTIFACT_GENERATOR, BUCKET, EXTERNAL_ARTIFACT, GIT_REPOSITORY, HELM_CHART, HELM_REPOSITORY,
    OCI_REPOSITORY,
};

/// The row of the kind called `kind` in manifests, in any case.
pub fn by_name(kind: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|row| row.kind.eq_ignore_ascii_case(kind))
}

/// What most kinds have: a row says its names, its columns and what is otherwise. Kind, group, version and
/// plural are those of its definition.
const fn usual<S: api::Spec + DeserializeOwned>() -> Kind {
    let definition = S::DEFINITION;
    Kind {
        kind: definition.kind,
        group: definition.group,
        version: definition.version,
        older: &["v1beta2"],
        plural: definition.plural,
        human: "",
        path: path(&[]),
        get: path(&[]),
        in_get_all: true,
        finalized: true,
        verbs: EVERY_VERB,
        flags: &[],
        columns: &[SUSPENDED],
        ready: ready_condition,
        has_conditions: true,
        reconciler: dynamic,
        success: |_| String::new(),
        source: None,
        secret: no_secret,
        shown_source: None,
        typed: typed::<S>,
    }
}

const EVERY_VERB: &[Verb] =
    &[Verb::Get, Verb::Export, Verb::Suspend, Verb::Resume, Verb::Reconcile, Verb::Delete];

/// A path without other spellings.
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

/// The object read and written by its API type. Fields that the type does not have are dropped.
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

/// The `spec.sourceRef` of an object, in its own namespace where it names none.
fn source_ref(object: &Value, pointer: &str) -> Option<SourceRef> {
    let source = object.pointer(pointer)?;
    let namespace = text(source, "/namespace").or_else(|| text(object, "/metadata/namespace"));
    Some(SourceRef {
        kind: text(source, "/kind")?,
        name: text(source, "/name")?,
        namespace: namespace.unwrap_or_default(),
        with_source: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_described_by_the_api() {
        assert_eq!(KINDS.len(), crate::api::DEFINITIONS.len());
        for definition in crate::api::DEFINITIONS {
            let kind = by_name(definition.kind).expect("a row for the definition");
            assert_eq!(definition.api_version(), kind.api_version());
            assert!(!kind.human.is_empty() && !kind.path.words.is_empty() && !kind.get.words.is_empty());
            assert!(!kind.takes(Verb::Reconcile) || !(kind.success)(&Value::Null).is_empty(), "{kind:?}");
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
    fn a_kind_that_can_be_reconciled_with_its_source_has_one() {
        for kind in KINDS {
            assert_eq!(kind.flags.contains(&Flag::WithSource), kind.source.is_some(), "{kind:?}");
        }
    }

    #[test]
    fn a_source_is_shown_of_the_kinds_that_take_the_flag() {
        for kind in KINDS {
            assert_eq!(kind.flags.contains(&Flag::ShowSource), kind.shown_source.is_some(), "{kind:?}");
        }
    }

    #[test]
    fn flags_belong_to_a_verb_that_the_kind_takes() {
        for kind in KINDS {
            for flag in kind.flags {
                assert!(kind.takes(flag.verb()), "{kind:?} {flag:?}");
            }
        }
    }
}
