//! `Chart.yaml`, `Chart.lock` and their predecessors.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::decode::Fields;
use crate::error::Error;
use crate::semver::Version;
use crate::template::is_printable;

/// Content of `Chart.yaml`.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "the fields of the file")]
pub struct Metadata {
    pub name: String,
    pub home: String,
    pub sources: Vec<String>,
    pub version: String,
    pub description: String,
    pub keywords: Vec<String>,
    pub maintainers: Vec<Maintainer>,
    pub icon: String,
    pub api_version: String,
    pub condition: String,
    pub tags: String,
    pub app_version: String,
    pub deprecated: bool,
    pub annotations: BTreeMap<String, String>,
    pub kube_version: String,
    pub dependencies: Vec<Dependency>,
    pub kind: String,
    /// Whether the file has the field `dependencies`, even if it is empty.
    pub(crate) lists_dependencies: bool,
    /// Whether the file has the field `annotations`, even if it is empty.
    pub(crate) has_annotations: bool,
}

/// A maintainer of a chart.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "the fields of the file")]
pub struct Maintainer {
    pub name: String,
    pub email: String,
    pub url: String,
}

/// A chart that a chart needs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dependency {
    /// Name of the chart, in its own `Chart.yaml`.
    pub name: String,
    /// Range of versions.
    pub version: String,
    /// URL of the repository, or `file://` and a path.
    pub repository: String,
    /// Paths of values, separated by commas, of which the first that is a boolean enables or disables the dependency.
    pub condition: String,
    /// Keys of the value `tags` that enable or disable the dependency.
    pub tags: Vec<String>,
    /// Whether the dependency is enabled; set while values are processed.
    pub enabled: bool,
    /// Values of the dependency that the chart takes over: names of exports, or maps with `child` and `parent`.
    pub import_values: Vec<Value>,
    /// Name of the dependency in this chart, if it is another.
    pub alias: String,
}

/// Content of `Chart.lock`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lock {
    /// When it was written.
    pub generated: String,
    /// Digest of the dependencies in `Chart.yaml`.
    pub digest: String,
    /// The dependencies with their exact versions.
    pub dependencies: Vec<Dependency>,
}

impl Metadata {
    /// Takes over the fields of a document.
    pub(super) fn update(&mut self, document: &Value) -> Result<(), Error> {
        let fields = Fields::of(document)?;
        for (name, target) in [
            ("name", &mut self.name),
            ("home", &mut self.home),
            ("version", &mut self.version),
            ("description", &mut self.description),
            ("icon", &mut self.icon),
            ("apiVersion", &mut self.api_version),
            ("condition", &mut self.condition),
            ("tags", &mut self.tags),
            ("appVersion", &mut self.app_version),
            ("kubeVersion", &mut self.kube_version),
            ("type", &mut self.kind),
        ] {
            fields.text(name, target)?;
        }
        fields.bool("deprecated", &mut self.deprecated)?;
        fields.texts("sources", &mut self.sources)?;
        fields.texts("keywords", &mut self.keywords)?;
        fields.text_map("annotations", &mut self.annotations)?;
        self.has_annotations |= fields.get("annotations").is_some();
        fields.objects("maintainers", &mut self.maintainers, Maintainer::decode)?;
        self.lists_dependencies |= fields.get("dependencies").is_some();
        fields.objects("dependencies", &mut self.dependencies, Dependency::decode)
    }

    /// Checks the fields, and replaces or removes what cannot be printed.
    pub(super) fn validate(&mut self) -> Result<(), Error> {
        for text in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ] {
            sanitize(text);
        }
        self.sources.iter_mut().chain(&mut self.keywords).for_each(sanitize);
        let invalid = |message: String| Err(Error::new(format!("validation: {message}")));
        if self.api_version.is_empty() {
            return invalid("chart.metadata.apiVersion is required".to_owned());
        }
        if self.name.is_empty() {
            return invalid("chart.metadata.name is required".to_owned());
        }
        if self.name == "." || self.name == ".." {
            return invalid(format!("chart.metadata.name {:?} is not allowed", self.name));
        }
        if self.name.contains('/') && self.name != "/" {
            return invalid(format!("chart.metadata.name {:?} is invalid", self.name));
        }
        if self.version.is_empty() {
            return invalid("chart.metadata.version is required".to_owned());
        }
        if Version::parse(&self.version).is_err() {
            return invalid(format!("chart.metadata.version {:?} is invalid", self.version));
        }
        if !matches!(self.kind.as_str(), "" | "application" | "library") {
            return invalid("chart.metadata.type must be application or library".to_owned());
        }
        for maintainer in &mut self.maintainers {
            [&mut maintainer.name, &mut maintainer.email, &mut maintainer.url].into_iter().for_each(sanitize);
        }
        let mut names = HashSet::new();
        for dependency in &mut self.dependencies {
            dependency.validate()?;
            let name = dependency.effective_name();
            if !names.insert(name) {
                return invalid(format!("more than one dependency with name or alias {name:?}"));
            }
        }
        Ok(())
    }

    /// Reports whether the chart only has templates for others.
    pub fn is_library(&self) -> bool {
        self.kind.eq_ignore_ascii_case("library")
    }
}

impl Maintainer {
    fn decode(fields: &Fields<'_>) -> Result<Self, Error> {
        let mut maintainer = Self::default();
        fields.text("name", &mut maintainer.name)?;
        fields.text("email", &mut maintainer.email)?;
        fields.text("url", &mut maintainer.url)?;
        Ok(maintainer)
    }
}

impl Dependency {
    fn decode(fields: &Fields<'_>) -> Result<Self, Error> {
        let mut dependency = Self::default();
        for (name, target) in [
            ("name", &mut dependency.name),
            ("version", &mut dependency.version),
            ("repository", &mut dependency.repository),
            ("condition", &mut dependency.condition),
            ("alias", &mut dependency.alias),
        ] {
            fields.text(name, target)?;
        }
        fields.texts("tags", &mut dependency.tags)?;
        fields.bool("enabled", &mut dependency.enabled)?;
        fields.list("import-values", &mut dependency.import_values, |value, _| Ok(value.clone()))?;
        Ok(dependency)
    }

    fn validate(&mut self) -> Result<(), Error> {
        for text in [&mut self.name, &mut self.version, &mut self.repository, &mut self.condition] {
            sanitize(text);
        }
        self.tags.iter_mut().for_each(sanitize);
        if !self.alias.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_' || it == b'-') {
            let message =
                format!("validation: dependency {:?} has disallowed characters in the alias", self.name);
            return Err(Error::new(message));
        }
        Ok(())
    }

    /// The alias, or else the name.
    pub fn effective_name(&self) -> &str {
        if self.alias.is_empty() { &self.name } else { &self.alias }
    }
}

impl Lock {
    pub(super) fn decode(document: &Value) -> Result<Self, Error> {
        let fields = Fields::of(document)?;
        let mut lock = Self::default();
        fields.text("generated", &mut lock.generated)?;
        fields.text("digest", &mut lock.digest)?;
        fields.objects("dependencies", &mut lock.dependencies, Dependency::decode)?;
        Ok(lock)
    }
}

/// Replaces white space by blanks, and removes what cannot be printed.
fn sanitize(text: &mut String) {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return;
    }
    *text = text
        .chars()
        .map(|it| if it.is_whitespace() { ' ' } else { it })
        .filter(|it| is_printable(*it))
        .collect();
}
