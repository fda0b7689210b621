//! Custom resource definitions (CRDs): names, printer columns and schema of a kind.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::structural;

/// CRD of a kind.
#[derive(Debug)]
pub struct Crd {
    /// Kind, such as `GitRepository`.
    pub kind: &'static str,
    /// Plural name, as used in API paths, such as `gitrepositories`.
    pub plural: &'static str,
    /// Short names for kubectl.
    pub short_names: &'static [&'static str],
    /// API group, such as `source.toolkit.fluxcd.io`.
    pub group: &'static str,
    /// Version that is served and stored, such as `v1`.
    pub version: &'static str,
    /// Category for `kubectl get`, besides `all` and `fluxcd`.
    pub category: &'static str,
    /// Description of the kind.
    pub description: &'static str,
    /// Columns of `kubectl get`, after the name.
    pub columns: &'static [Column],
    pub(super) spec: fn(&mut SchemaGenerator) -> Schema,
    pub(super) status: Option<fn(&mut SchemaGenerator) -> Schema>,
}

/// Column of `kubectl get`.
#[derive(Debug)]
pub struct Column {
    /// Column heading.
    pub name: &'static str,
    /// JSON path of the value in the object.
    pub path: &'static str,
    /// Type: `string`, or `date` for an age.
    pub shown_as: &'static str,
    /// Whether the column is shown with `-o wide` only.
    pub wide: bool,
}

/// Creates a text column.
pub(super) const fn text(name: &'static str, path: &'static str) -> Column {
    Column { name, path, shown_as: "string", wide: false }
}

/// Creates a text column for `-o wide`.
pub(super) const fn wide(name: &'static str, path: &'static str) -> Column {
    Column { name, path, shown_as: "string", wide: true }
}

pub(super) const AGE: Column =
    Column { name: "Age", path: ".metadata.creationTimestamp", shown_as: "date", wide: false };
pub(super) const READY: Column = text("Ready", r#".status.conditions[?(@.type=="Ready")].status"#);
pub(super) const STATUS: Column = text("Status", r#".status.conditions[?(@.type=="Ready")].message"#);

/// Generates the schema of a type. [`Crd`] stores pointers to this function.
pub(super) fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

impl Crd {
    /// Returns the API group and version, such as `source.toolkit.fluxcd.io/v1`.
    pub fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }

    /// Returns the name of the CRD.
    pub fn name(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }

    /// Returns the `CustomResourceDefinition` object, with its name added to `metadata`.
    pub fn to_value(&self, mut metadata: Map<String, Value>) -> Value {
        metadata.insert("name".into(), self.name().into());
        let singular = self.kind.to_ascii_lowercase();
        let mut names = json!({
            "categories": ["all", "fluxcd", self.category],
            "kind": self.kind,
            "listKind": format!("{}List", self.kind),
            "plural": self.plural,
            "singular": singular,
        });
        if !self.short_names.is_empty() {
            names["shortNames"] = self.short_names.into();
        }
        let columns: Vec<Value> = self.columns.iter().map(Column::to_value).collect();
        let subresources = if self.status.is_some() { json!({"status": {}}) } else { json!({}) };
        let mut version = json!({
            "additionalPrinterColumns": columns,
            "name": self.version,
            "served": true,
            "storage": true,
            "subresources": subresources,
        });
        version["schema"] = Value::Object(Map::from_iter([("openAPIV3Schema".into(), self.schema())]));
        let mut spec = json!({"group": self.group, "names": names, "scope": "Namespaced"});
        spec["versions"] = Value::Array(vec![version]);
        Value::Object(Map::from_iter([
            ("apiVersion".into(), "apiextensions.k8s.io/v1".into()),
            ("kind".into(), "CustomResourceDefinition".into()),
            ("metadata".into(), metadata.into()),
            ("spec".into(), spec),
        ]))
    }

    /// Returns the structural schema of the kind.
    pub fn schema(&self) -> Value {
        let mut schema = self.schema_without_status();
        if let Some(status) = self.status {
            schema["properties"]["status"] = structural::of(status(&mut generator()));
        }
        schema
    }

    /// Returns the structural schema of what users write: all but `status`.
    pub fn schema_without_status(&self) -> Value {
        let mut properties = Map::new();
        for (field, description) in [
            ("apiVersion", "API group and version in which the object is represented."),
            ("kind", "Kind of the object."),
        ] {
            properties.insert(field.into(), json!({"description": description, "type": "string"}));
        }
        // The API server describes the metadata itself and rejects a description here.
        properties.insert("metadata".into(), json!({"type": "object"}));
        properties.insert("spec".into(), structural::of((self.spec)(&mut generator())));
        Value::Object(Map::from_iter([
            ("description".into(), self.description.into()),
            ("properties".into(), properties.into()),
            ("type".into(), "object".into()),
        ]))
    }
}

/// Generates schemas without references, which the API server does not accept.
fn generator() -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    settings.into_generator()
}

impl Column {
    fn to_value(&self) -> Value {
        let mut column = json!({"jsonPath": self.path, "name": self.name, "type": self.shown_as});
        if self.wide {
            column["priority"] = 1.into();
        }
        column
    }
}
