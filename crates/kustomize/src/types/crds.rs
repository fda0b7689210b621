//! `crds`: OpenAPI definitions of custom kinds, whose extensions mark the fields with labels, annotations, identities and
//! names of other objects.

use serde_json::{Map, Value};

use super::field_spec::{self, FieldSpec};
use super::id::Gvk;
use super::transformer_config::{NameReference, TransformerConfig};
use crate::error::{Error, Result};

const ANNOTATIONS: &str = "x-kubernetes-annotation";
const LABELS: &str = "x-kubernetes-label-selector";
const IDENTITY: &str = "x-kubernetes-identity";
const NAMED_VERSION: &str = "x-kubernetes-object-ref-api-version";
const NAMED_KIND: &str = "x-kubernetes-object-ref-kind";
const NAME_KEY: &str = "x-kubernetes-object-ref-name-key";

/// Highest depth of definitions that refer to each other, since they may form a circle.
const MAX_DEPTH: usize = 64;

/// Returns the fields that the definitions in `text`, JSON or YAML, mark. The last part of a definition's name is its
/// kind.
pub(crate) fn config(text: &str) -> Result<TransformerConfig> {
    let definitions = match read(text)? {
        Value::Object(definitions) => definitions,
        Value::Null => return Ok(TransformerConfig::default()),
        _ => return Err(not_definitions("the file is not a mapping")),
    };
    let mut config = TransformerConfig::default();
    for (name, definition) in &definitions {
        let properties = properties(name, definition)?;
        let is_object =
            ["apiVersion", "kind", "metadata"].iter().all(|field| properties.contains_key(*field));
        if is_object {
            let kind = name.rsplit('.').next().unwrap_or(name);
            let gvk = Gvk { kind: kind.to_owned(), ..Gvk::default() };
            Reader { config: &mut config, definitions: &definitions, gvk }.read(name, &mut Vec::new())?;
        }
    }
    Ok(config)
}

fn read(text: &str) -> Result<Value> {
    if text.starts_with('{') {
        return serde_json::from_str(text)
            .map_err(|error| Error::new(format!("not JSON: {error}")).line(error.line()));
    }
    Ok(edgeflux_yaml::first_document(text)?)
}

fn not_definitions(what: &str) -> Error {
    Error::new(what).hint("crds takes OpenAPI definitions by name; list CRDs in resources")
}

/// Returns the properties in the `Schema` of a definition.
fn properties<'a>(name: &str, definition: &'a Value) -> Result<&'a Map<String, Value>> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    let fields = match definition {
        Value::Object(fields) => fields,
        Value::Null => return Ok(&NONE),
        _ => return Err(not_definitions(&format!("{name} is not a definition")).field(name)),
    };
    let schema = fields.get("Schema").or_else(|| {
        fields.iter().find(|(key, _)| key.eq_ignore_ascii_case("schema")).map(|(_, value)| value)
    });
    Ok(schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object).unwrap_or(&NONE))
}

struct Reader<'a> {
    config: &'a mut TransformerConfig,
    definitions: &'a Map<String, Value>,
    gvk: Gvk,
}

impl Reader<'_> {
    fn read(&mut self, name: &str, path: &mut Vec<String>) -> Result<()> {
        if path.len() > MAX_DEPTH {
            return Err(Error::new(format!("definitions are nested more than {MAX_DEPTH} levels deep"))
                .field(name)
                .hint("check for definitions that refer to each other"));
        }
        let Some(definition) = self.definitions.get(name) else { return Ok(()) };
        for (field, property) in properties(name, definition)? {
            path.push(field.clone());
            self.property(property, path)?;
            path.pop();
        }
        Ok(())
    }

    fn property(&mut self, property: &Value, path: &mut Vec<String>) -> Result<()> {
        let mark = |name: &str| {
            let fields = property.as_object()?;
            fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
        };
        let here = || FieldSpec { gvk: self.gvk.clone(), path: path.clone(), create: false };
        if mark(ANNOTATIONS).is_some() {
            field_spec::merge(&mut self.config.common_annotations, &[here()])?;
        }
        if mark(LABELS).is_some() {
            field_spec::merge(&mut self.config.common_labels, &[here()])?;
        }
        if mark(IDENTITY).is_some() {
            field_spec::merge(&mut self.config.name_prefix, &[here()])?;
        }
        if let (Some(version), Some(kind)) = (mark(NAMED_VERSION), mark(NAMED_KIND)) {
            let target = Gvk { kind: kind.to_owned(), version: version.to_owned(), group: String::new() };
            let mut field = here();
            field.path.push(mark(NAME_KEY).unwrap_or("name").to_owned());
            let references = &mut self.config.name_references;
            match references.iter_mut().find(|known| known.target == target) {
                Some(known) => field_spec::merge(&mut known.referrers, &[field])?,
                None => references.push(NameReference { target, referrers: vec![field] }),
            }
        }
        match property.get("$ref").and_then(Value::as_str) {
            Some(name) => self.read(name, path),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEE: &str = r#"{
        "example.v1.Bee": {"Schema": {"properties": {
            "apiVersion": {}, "kind": {}, "metadata": {}, "spec": {"$ref": "example.v1.BeeSpec"}}}},
        "example.v1.BeeSpec": {"Schema": {"properties": {
            "hive": {"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "Hive"},
            "tags": {"x-kubernetes-label-selector": ""}}}}
    }"#;

    #[test]
    fn marked_fields_are_found_through_references() {
        let config = config(BEE).unwrap();
        assert_eq!(config.common_labels[0].path, ["spec", "tags"]);
        assert_eq!(config.common_labels[0].gvk.kind, "Bee");
        assert_eq!(config.name_references[0].target.kind, "Hive");
        assert_eq!(config.name_references[0].referrers[0].path, ["spec", "hive", "name"]);
    }

    #[test]
    fn definitions_that_refer_to_each_other_are_refused() {
        let circle = BEE.replace("example.v1.BeeSpec\"}", "example.v1.Bee\"}");
        assert!(config(&circle).unwrap_err().to_string().contains("levels deep"));
    }
}
