//! Selectors: the objects that a patch or replacement is for.

use regex::Regex;

use super::decode::{At, Decode};
use super::id::{Gvk, ResId};
use super::label_selector::LabelSelector;
use super::resource::Resource;
use crate::error::{Error, Result};

/// Regular expressions for type, name and namespace, and selectors for labels and annotations. Empty parts select
/// everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selector {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    pub labels: LabelSelector,
    pub annotations: LabelSelector,
    /// Error of an invalid selector, which is reported once it is used.
    invalid: Option<Error>,
}

/// A regular expression for the whole text.
#[derive(Debug, Clone, Default)]
enum Pattern {
    /// Matches everything.
    #[default]
    Any,
    /// An expression without special characters matches itself.
    Text(String),
    Regex(Regex),
}

impl Pattern {
    fn new(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::Any);
        }
        if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/')) {
            return Ok(Self::Text(text.to_owned()));
        }
        match Regex::new(&format!("^(?:{text})$")) {
            Ok(regex) => Ok(Self::Regex(regex)),
            Err(_) => Err(Error::new(format!("invalid regular expression {text:?}"))),
        }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Text(own) => own == text,
            Self::Regex(regex) => regex.is_match(text),
        }
    }

    fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }
}

impl Selector {
    /// Returns whether every id matches.
    pub fn has_no_id(&self) -> bool {
        [&self.group, &self.version, &self.kind, &self.name, &self.namespace].iter().all(|part| part.is_any())
    }

    /// Returns whether it selects by name.
    pub fn has_name(&self) -> bool {
        !self.name.is_any()
    }

    fn matches_type(&self, gvk: &Gvk) -> bool {
        self.kind.matches(&gvk.kind) && self.group.matches(&gvk.group) && self.version.matches(&gvk.version)
    }

    /// Returns whether an id matches, with the namespace as it is written.
    pub fn matches_id(&self, id: &ResId) -> bool {
        self.matches_type(&id.gvk) && self.name.matches(&id.name) && self.namespace.matches(&id.namespace)
    }

    /// Returns whether an object is selected, by its current or original name and namespace.
    pub fn selects(&self, resource: &Resource) -> Result<bool> {
        if !self.kind.matches(resource.kind()) {
            return Ok(false);
        }
        let first = resource.previous.first();
        let names = self.name.is_any()
            || self.name.matches(resource.name())
            || first.is_some_and(|first| self.name.matches(&first.name));
        let groups = || {
            let (group, version) = resource.group_and_version();
            self.group.matches(group) && self.version.matches(version)
        };
        let namespaces = || {
            self.namespace.is_any()
                || self.namespace.matches(resource.id().effective_namespace())
                || self.namespace.matches(resource.original_id().effective_namespace())
        };
        Ok(names && groups() && namespaces() && self.selects_metadata(resource)?)
    }

    /// Returns whether the labels and annotations of an object match.
    pub fn selects_metadata(&self, resource: &Resource) -> Result<bool> {
        if let Some(error) = &self.invalid {
            return Err(error.clone());
        }
        Ok(self.labels.matches(|| resource.metadata_texts("labels"))
            && self.annotations.matches(|| resource.metadata_texts("annotations")))
    }

    /// Returns whether it selects by labels or annotations.
    pub fn has_metadata(&self) -> bool {
        self.invalid.is_some() || !(self.labels.is_empty() && self.annotations.is_empty())
    }
}

impl Decode for Selector {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let mut pattern = |name: &'static str| {
            let text: String = fields.get(name)?;
            Pattern::new(&text).map_err(|error| error.field(format!("{at}.{name}")))
        };
        let (group, version, kind) = (pattern("group")?, pattern("version")?, pattern("kind")?);
        let (name, namespace) = (pattern("name")?, pattern("namespace")?);
        let mut invalid = None;
        let mut selector = |name: &'static str| -> Result<LabelSelector> {
            let text: String = fields.get(name)?;
            Ok(LabelSelector::parse(&text).unwrap_or_else(|error| {
                invalid.get_or_insert(error.field(format!("{at}.{name}")));
                LabelSelector::default()
            }))
        };
        let (labels, annotations) = (selector("labelSelector")?, selector("annotationSelector")?);
        fields.finish()?;
        Ok(Self { group, version, kind, name, namespace, labels, annotations, invalid })
    }
}
