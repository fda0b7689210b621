//! `.Capabilities`: what the cluster can do.

use std::rc::Rc;

use crate::error::Error;
use crate::template::{self, Element, Json, List, Object, Shape, Signature, Type, Value};

/// Versions of APIs that Helm assumes without a cluster, in its order.
const API_VERSIONS: &str = include_str!("api_versions.txt");

/// Version of Kubernetes that Helm assumes without a cluster.
const KUBE_VERSION: &str = "v1.36.0";

/// What Helm 4.2 says of itself.
const HELM: [(&str, &str); 5] = [
    ("Version", "v4.2"),
    ("GitCommit", ""),
    ("GitTreeState", ""),
    ("GoVersion", "go1.26.8"),
    ("KubeClientVersion", "v1.36"),
];

/// A version of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeVersion {
    /// The whole version, with `v` before it.
    pub version: String,
    /// The numbers of the version, with `v` before them, for comparison with constraints.
    pub normalized: String,
    /// First number.
    pub major: String,
    /// Second number.
    pub minor: String,
}

impl KubeVersion {
    /// Reads a version with two numbers or more, such as `v1.33.4-gke.1245000`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || Error::new(format!("invalid Kubernetes version {text:?}; write it as 1.34.0"));
        let digits = text.trim_start();
        let digits = digits.strip_prefix('v').unwrap_or(digits);
        let end = digits.find(|it: char| it != '.' && !it.is_ascii_digit()).unwrap_or(digits.len());
        let mut numbers = Vec::new();
        for part in digits[..end].trim_end_matches('.').split('.') {
            numbers.push(part.parse::<u64>().map_err(|_| wrong())?);
        }
        let is_padded = digits.starts_with('0') && !digits.starts_with("0.");
        let [major, minor, ..] = numbers.as_slice() else { return Err(wrong()) };
        if is_padded {
            return Err(wrong());
        }
        let parts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        Ok(Self {
            version: if text.starts_with('v') { text.to_owned() } else { format!("v{text}") },
            normalized: format!("v{}", parts.join(".")),
            major: major.to_string(),
            minor: minor.to_string(),
        })
    }
}

/// What the cluster can do, as far as charts ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Version of Kubernetes.
    pub kube_version: KubeVersion,
    /// Versions of APIs (`apps/v1`), and of kinds (`apps/v1/Deployment`).
    pub api_versions: Vec<String>,
}

impl Default for Capabilities {
    /// What `helm template` assumes.
    fn default() -> Self {
        let (major, minor) = ("1".to_owned(), "36".to_owned());
        let version = KUBE_VERSION.to_owned();
        Self {
            kube_version: KubeVersion { normalized: version.clone(), version, major, minor },
            api_versions: API_VERSIONS.lines().map(str::to_owned).collect(),
        }
    }
}

impl Capabilities {
    /// The capabilities as templates see them.
    pub(super) fn value(&self) -> Value {
        let versions = self.api_versions.iter().map(|version| Value::from(version.as_str())).collect();
        let versions = List::new(Element::String, versions);
        Value::object(Root {
            kube_version: Value::object(Kube(self.kube_version.clone())),
            api_versions: Value::List(versions.clone().with_methods(Rc::new(VersionSet(versions)))),
            helm_version: Value::object(Helm),
        })
    }
}

/// Go's `*common.Capabilities`.
#[derive(Debug)]
struct Root {
    kube_version: Value,
    api_versions: Value,
    helm_version: Value,
}

impl Object for Root {
    fn type_name(&self) -> String {
        "*common.Capabilities".to_owned()
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "KubeVersion" => Some(self.kube_version.clone()),
            "APIVersions" => Some(self.api_versions.clone()),
            "HelmVersion" => Some(self.helm_version.clone()),
            _ => None,
        }
    }

    fn shape(&self) -> Shape {
        let fields = vec![
            ("KubeVersion", self.kube_version.clone()),
            ("APIVersions", self.api_versions.clone()),
            ("HelmVersion", self.helm_version.clone()),
        ];
        Shape::Fields { pointer: true, fields }
    }
}

/// Go's `common.KubeVersion`.
#[derive(Debug)]
struct Kube(KubeVersion);

impl Object for Kube {
    fn type_name(&self) -> String {
        "common.KubeVersion".to_owned()
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Version" => Some(Value::from(self.0.version.as_str())),
            "Major" => Some(Value::from(self.0.major.as_str())),
            "Minor" => Some(Value::from(self.0.minor.as_str())),
            _ => None,
        }
    }

    fn method(&self, name: &str) -> Option<Signature> {
        matches!(name, "GitVersion" | "String").then_some(Signature::new(&[]))
    }

    fn call(&self, name: &str, _: &[Value]) -> Result<Value, template::Error> {
        let version = if name == "String" { &self.0.normalized } else { &self.0.version };
        Ok(Value::from(version.as_str()))
    }

    fn shape(&self) -> Shape {
        Shape::Text(self.0.normalized.clone())
    }

    fn json(&self) -> Json {
        let fields = ["Version", "Major", "Minor"];
        Json::Fields(
            fields.into_iter().filter_map(|name| Some((name.to_owned(), self.field(name)?))).collect(),
        )
    }
}

/// Methods of Go's `common.VersionSet`, a list.
#[derive(Debug)]
struct VersionSet(List);

impl Object for VersionSet {
    fn type_name(&self) -> String {
        "common.VersionSet".to_owned()
    }

    fn method(&self, name: &str) -> Option<Signature> {
        (name == "Has").then_some(Signature::new(&[Type::String]))
    }

    fn call(&self, _: &str, arguments: &[Value]) -> Result<Value, template::Error> {
        let Some(Value::String(wanted)) = arguments.first() else { return Ok(Value::Bool(false)) };
        let is_wanted = |version: &Value| matches!(version, Value::String(version) if version == wanted);
        Ok(Value::Bool(self.0.items().iter().any(is_wanted)))
    }

    fn shape(&self) -> Shape {
        Shape::Entries
    }
}

/// Go's `version.BuildInfo`.
#[derive(Debug)]
struct Helm;

impl Object for Helm {
    fn type_name(&self) -> String {
        "version.BuildInfo".to_owned()
    }

    fn field(&self, name: &str) -> Option<Value> {
        HELM.iter().find(|(field, _)| *field == name).map(|(_, value)| Value::from(*value))
    }

    fn shape(&self) -> Shape {
        let fields = HELM.iter().map(|(name, value)| (*name, Value::from(*value))).collect();
        Shape::Fields { pointer: false, fields }
    }

    fn json(&self) -> Json {
        let names = [
            ("version", "Version"),
            ("go_version", "GoVersion"),
            ("kube_client_version", "KubeClientVersion"),
        ];
        Json::Fields(
            names
                .into_iter()
                .filter_map(|(name, field)| Some((name.to_owned(), self.field(field)?)))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_kubernetes_are_read_loosely() {
        let parsed = |text: &str| KubeVersion::parse(text).map(|it| (it.version, it.normalized, it.minor));
        let version = |version: &str, normalized: &str, minor: &str| {
            Ok((version.to_owned(), normalized.to_owned(), minor.to_owned()))
        };
        assert_eq!(parsed("1.34"), version("v1.34", "v1.34", "34"));
        assert_eq!(parsed("v1.33.4-gke.12"), version("v1.33.4-gke.12", "v1.33.4", "33"));
        assert_eq!(parsed("1.33+k3s1"), version("v1.33+k3s1", "v1.33", "33"));
        for wrong in ["", "1", "v", "x.1", "01.2", "1..2"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
