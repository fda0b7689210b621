//! Schemas by API version and kind.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Problem;
use super::validate::{Check, Unknown, below};

/// Groups whose kinds are part of Kubernetes, and whose unknown fields kustomize-controller drops.
const BUILT_IN: [&str; 19] = [
    "",
    "admissionregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// Whether a group is part of Kubernetes, so that kustomize-controller drops unknown fields from objects of its kinds.
pub fn is_built_in_group(group: &str) -> bool {
    BUILT_IN.contains(&group)
}

/// Known schemas.
#[derive(Debug, Default)]
pub struct Schemas {
    /// Schemas of CRDs, by group and kind, then by version.
    crds: BTreeMap<(String, String), BTreeMap<String, Schema>>,
    /// Schemas of OpenAPI documents, by API version and kind.
    pub(super) listed: HashMap<(String, String), Schema>,
    /// Files with one schema each, by name in lower case.
    pub(super) files: HashMap<String, PathBuf>,
}

/// Schema of a kind.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Document that contains it.
    pub(super) document: Arc<Value>,
    /// Where in the document it is.
    pub(super) pointer: String,
}

/// Result of looking for a schema.
#[derive(Debug)]
pub enum Found {
    /// The schema.
    Schema(Schema),
    /// The kind is known, but not in this version; these are its versions.
    OtherVersions(Vec<String>),
    /// Nothing is known.
    Nothing,
}

impl Schemas {
    /// Adds the schema of a kind in one version, which takes the place of all earlier ones of the kind.
    pub fn add_kind(&mut self, group: &str, kind: &str, version: &str, schema: Value) {
        let schema = Schema { document: Arc::new(schema), pointer: String::new() };
        self.crds.insert((group.to_owned(), kind.to_owned()), BTreeMap::from([(version.to_owned(), schema)]));
    }

    /// Adds the schemas of a CRD, which take the place of those of an earlier one.
    pub fn add_crd(&mut self, crd: &Value) {
        let spec = &crd["spec"];
        let (Some(group), Some(kind)) = (spec["group"].as_str(), spec["names"]["kind"].as_str()) else {
            return;
        };
        let mut versions = BTreeMap::new();
        for version in spec["versions"].as_array().into_iter().flatten() {
            let Some(name) = version["name"].as_str().filter(|_| version["served"] != false) else {
                continue;
            };
            let schema = version["schema"]["openAPIV3Schema"].clone();
            let schema = Schema { document: Arc::new(schema), pointer: String::new() };
            versions.insert(name.to_owned(), schema);
        }
        if !versions.is_empty() {
            self.crds.insert((group.to_owned(), kind.to_owned()), versions);
        }
    }

    /// Looks for the schema of a kind. A schema that the user gave takes precedence over one of a CRD.
    ///
    /// # Errors
    /// Its file cannot be read.
    pub fn find(&self, api_version: &str, kind: &str) -> Result<Found, String> {
        if let Some(schema) = self.listed.get(&(api_version.to_owned(), kind.to_owned())) {
            return Ok(Found::Schema(schema.clone()));
        }
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        if let Some(schema) = self.in_file(group, version, kind)? {
            return Ok(Found::Schema(schema));
        }
        let Some(versions) = self.crds.get(&(group.to_owned(), kind.to_owned())) else {
            return Ok(Found::Nothing);
        };
        Ok(match versions.get(version) {
            Some(schema) => Found::Schema(schema.clone()),
            None => Found::OtherVersions(versions.keys().cloned().collect()),
        })
    }
}

impl Schema {
    /// Checks an object. Its `status`, which controllers write, is left out, and of `metadata` only the name is checked.
    pub fn check(&self, object: &Value) -> Vec<Problem> {
        let Some(schema) = self.document.pointer(&self.pointer) else { return Vec::new() };
        let group =
            object["apiVersion"].as_str().unwrap_or_default().rsplit_once('/').map_or("", |(group, _)| group);
        let unknown = if is_built_in_group(group) { Unknown::Dropped } else { Unknown::Refused };
        let mut object = object.clone();
        if unknown == Unknown::Dropped {
            drop_nulls(&mut object);
        }
        let mut check = Check::new(&self.document, unknown);
        let empty = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&empty);
        let mut name = Value::Null;
        if let Some(fields) = object.as_object_mut() {
            fields.remove("status");
            name = fields.remove("metadata").map(|metadata| metadata["name"].clone()).unwrap_or_default();
            fields.retain(|field, _| {
                !matches!(field.as_str(), "apiVersion" | "kind") || properties.contains_key(field)
            });
        }
        check.value(schema, &object, "", 0);
        if let Some(rules) = properties.get("metadata").map(|metadata| &metadata["properties"]["name"]) {
            check.value(rules, &name, &below("metadata", "name"), 0);
        }
        // Left out above, and required of an object that has it.
        check.problems.retain(|it| {
            !(it.message == "Required value"
                && matches!(it.field.as_str(), "metadata" | "apiVersion" | "kind"))
        });
        check.problems
    }
}

/// Removes null fields, as the controller does for built-in kinds.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
