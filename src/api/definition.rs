//! What a custom resource definition says beside the schema of its types, and the definition
//! as an object.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::structural;

/// A kind of the Flux API as the cluster knows it: names, API version, table columns, types.
#[derive(Debug)]
pub struct Definition {
    /// The kind, as in "GitRepository".
    pub kind: &'static str,
    /// The plural in URLs, as in "gitrepositories".
    pub plural: &'static str,
    /// Short names that kubectl takes.
    pub short_names: &'static [&'static str],
    /// The API group, as in "source.toolkit.fluxcd.io".
    pub group: &'static str,
    /// The version that is served and stored, as in "v1".
    pub version: &'static str,
    /// The category beside "all" and "fluxcd" under which `kubectl get` finds the kind.
    pub category: &'static str,
    /// What an object of the kind is for.
    pub description: &'static str,
    /// The columns of `kubectl get`, after the name.
    pub columns: &'static [Column],
    pub(super) spec: fn(&mut SchemaGenerator) -> Schema,
    pub(super) status: Option<fn(&mut SchemaGenerator) -> Schema>,
}

/// A column of `kubectl get`.
#[derive(Debug)]
pub struct Column {
    /// The heading.
    pub name: &'static str,
    /// Where the text stands in the object, as a JSON path.
    pub path: &'static str,
    /// How it is shown: "string" or "date" (as an age).
    pub shown_as: &'static str,
    /// Shown with `-o wide` only.
    pub wide: bool,
}

/// A column of text.
pub(super) const fn text(name: &'static str, path: &'static str) -> Column {
    Column { name, path, shown_as: "string", wide: false }
}

/// A column of text that `-o wide` shows.
pub(super) const fn wide(name: &'static str, path: &'static str) -> Column {
    Column { name, path, shown_as: "string", wide: true }
}

pub(super) const AGE: Column =
    Column { name: "Age", path: ".metadata.creationTimestamp", shown_as: "date", wide: false };
pub(super) const READY: Column = text("Ready", r#".status.conditions[?(@.type=="Ready")].status"#);
pub(super) const STATUS: Column = text("Status", r#".status.conditions[?(@.type=="Ready")].message"#);

/// The schema of a type, as a function that [`Definition`] can hold.
pub(super) fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

impl Definition {
    /// Group and version, as in "source.toolkit.fluxcd.io/v1".
    pub fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }

    /// The name of the custom resource definition.
    pub fn crd_name(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }

    /// The `CustomResourceDefinition` of the kind, with `metadata` beside its name.
    pub fn to_crd(&self, mut metadata: Map<String, Value>) -> Value {
        metadata.insert("name".into(), self.crd_name().into());
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

    /// The structural schema of a whole object of the kind.
    pub fn schema(&self) -> Value {
        let mut settings = SchemaSettings::draft2020_12();
        settings.inline_subschemas = true;
        settings.meta_schema = None;
        let mut generator = settings.into_generator();
        let mut properties = Map::new();
        for (field, description) in [
            ("apiVersion", "Group and version of the API in which this object is written."),
            ("kind", "The kind of this object."),
        ] {
            properties.insert(field.into(), json!({"description": description, "type": "string"}));
        }
        // The server describes the metadata itself and refuses a description here.
        properties.insert("metadata".into(), json!({"type": "object"}));
        properties.insert("spec".into(), structural::of((self.spec)(&mut generator)));
        if let Some(status) = self.status {
            properties.insert("status".into(), structural::of(status(&mut generator)));
        }
        Value::Object(Map::from_iter([
            ("description".into(), self.description.into()),
            ("properties".into(), properties.into()),
            ("type".into(), "object".into()),
        ]))
    }
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
