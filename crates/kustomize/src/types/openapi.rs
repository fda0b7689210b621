//! `openapi`: an OpenAPI document that describes custom kinds, as far as merging needs it.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::schema::{FieldSchema, Shape, ShapeId, Table, built_in_definition};
use crate::error::{Error, Result};

/// Highest number of references to follow from one definition to the next, since they may form a circle.
const MAX_REFERENCES: usize = 64;

/// Reads an OpenAPI document (version 2), JSON or YAML. With `with_built_in`, it may refer to the built-in definitions.
pub(crate) fn read(text: &str, with_built_in: bool) -> Result<Table> {
    let document = if text.starts_with('{') {
        serde_json::from_str(text)
            .map_err(|error| Error::new(format!("not JSON: {error}")).line(error.line()))?
    } else {
        edgeflux_yaml::first_document(text)?
    };
    let Value::Object(fields) = &document else {
        return Err(Error::new("not an OpenAPI document")
            .hint("use a mapping with definitions, as printed by kustomize openapi fetch"));
    };
    let none = Map::new();
    let definitions = match fields.get("definitions") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(definitions)) => definitions,
        Some(_) => return Err(Error::new("expected a mapping of definitions").field("definitions")),
    };
    let mut reader = Reader { definitions, with_built_in, numbers: HashMap::new(), table: Table::default() };
    for (at, name) in definitions.keys().enumerate() {
        reader.numbers.insert(name, at);
        reader.table.shapes.push(Shape::default());
    }
    for (at, (name, schema)) in definitions.iter().enumerate() {
        reader.table.shapes[at] = reader.fields(schema);
        reader.table.definitions.insert(name.clone(), at);
        for (version, kind) in kinds(schema) {
            reader.table.kinds.entry(version).or_default().insert(kind, at);
        }
    }
    Ok(reader.table)
}

/// Returns apiVersion and kind of each kind that a definition is for.
fn kinds(schema: &Value) -> impl Iterator<Item = (String, String)> {
    let kinds = schema.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
    kinds.into_iter().flatten().filter_map(|kind| {
        let text = |name: &str| kind.get(name).and_then(Value::as_str);
        let version = text("version")?;
        let version = match text("group") {
            Some(group) if !group.is_empty() => format!("{group}/{version}"),
            _ => version.to_owned(),
        };
        Some((version, text("kind")?.to_owned()))
    })
}

struct Reader<'a> {
    definitions: &'a Map<String, Value>,
    with_built_in: bool,
    /// Shapes of the definitions.
    numbers: HashMap<&'a str, usize>,
    table: Table,
}

/// What the references of a schema lead to.
enum Resolved<'a> {
    /// A schema, with the number of its definition if it is one.
    Schema(&'a Value, Option<usize>),
    BuiltIn(usize),
    Nothing,
}

impl<'a> Reader<'a> {
    fn fields(&mut self, schema: &'a Value) -> Shape {
        let properties = schema.get("properties").and_then(Value::as_object);
        let fields = properties
            .into_iter()
            .flatten()
            .filter_map(|(name, property)| Some((name.clone(), self.field_schema(property)?)))
            .collect();
        let others = schema.get("additionalProperties").filter(|schema| schema.is_object());
        let others = others.and_then(|schema| self.field_schema(schema)).map(Box::new);
        Shape { fields, others }
    }

    fn resolve(&self, mut schema: &'a Value) -> Resolved<'a> {
        let mut number = None;
        for _ in 0..MAX_REFERENCES {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
                return Resolved::Schema(schema, number);
            };
            let Some(name) = reference.strip_prefix("#/definitions/") else { return Resolved::Nothing };
            let name = name.replace("~1", "/").replace("~0", "~");
            match (self.definitions.get_key_value(&name), built_in_definition(&name)) {
                (Some((name, definition)), _) => {
                    number = self.numbers.get(name.as_str()).copied();
                    schema = definition;
                }
                (None, Some(shape)) if self.with_built_in => return Resolved::BuiltIn(shape),
                _ => return Resolved::Nothing,
            }
        }
        Resolved::Nothing
    }

    /// Returns the schema of a field; `None` if it says no more than that of an unknown field.
    fn field_schema(&mut self, schema: &'a Value) -> Option<FieldSchema> {
        let (schema, number) = match self.resolve(schema) {
            Resolved::Schema(schema, number) => (schema, number),
            Resolved::BuiltIn(shape) => {
                return Some(FieldSchema { shape: ShapeId::BuiltIn(shape), merge_keys: None });
            }
            Resolved::Nothing => return None,
        };
        if schema.get("items").is_none() {
            return Some(FieldSchema { shape: self.shape(schema, number), merge_keys: None });
        }
        let merge_keys = merge_keys(schema);
        let shape = match schema.get("items").map(|items| self.resolve(items)) {
            Some(Resolved::Schema(items, number)) => self.shape(items, number),
            Some(Resolved::BuiltIn(shape)) => ShapeId::BuiltIn(shape),
            Some(Resolved::Nothing) | None => ShapeId::None,
        };
        Some(FieldSchema { shape, merge_keys })
    }

    fn shape(&mut self, schema: &'a Value, number: Option<usize>) -> ShapeId {
        if let Some(number) = number {
            return ShapeId::Own(number);
        }
        let shape = self.fields(schema);
        if shape.fields.is_empty() && shape.others.is_none() {
            return ShapeId::None;
        }
        self.table.shapes.push(shape);
        ShapeId::Own(self.table.shapes.len() - 1)
    }
}

/// Returns the keys by which the items of a list are merged; `None` if its strategy is another.
fn merge_keys(schema: &Value) -> Option<Vec<String>> {
    let strategy = schema.get("x-kubernetes-patch-strategy")?.as_str()?;
    if !strategy.split(',').any(|strategy| strategy == "merge") {
        return None;
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(keys) = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array) {
        return Some(keys.iter().filter_map(text).collect());
    }
    Some(schema.get("x-kubernetes-patch-merge-key").and_then(text).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::schema::Schemas;

    const ROLLOUT: &str = r"
definitions:
  v1.Rollout:
    properties:
      spec:
        $ref: '#/definitions/v1.Spec'
    x-kubernetes-group-version-kind: [{group: example.dev, kind: Rollout, version: v1}]
  v1.Spec:
    properties:
      steps:
        items: {properties: {name: {}}}
        x-kubernetes-patch-strategy: merge
        x-kubernetes-patch-merge-key: name
      template:
        $ref: '#/definitions/io.k8s.api.core.v1.PodTemplateSpec'
";

    #[test]
    fn a_definition_may_refer_to_a_built_in_one() {
        let object = crate::tree::parse::document("apiVersion: example.dev/v1\nkind: Rollout\n", 0);
        let object = object.unwrap().unwrap();
        for (with_built_in, pods_are_known) in [(true, true), (false, false)] {
            let table = read(ROLLOUT, with_built_in).unwrap();
            let schemas = Schemas { custom: Some(&table), without_built_in: !with_built_in };
            let spec = schemas.of_fields(object.as_map().unwrap()).unwrap().field("spec").unwrap();
            let spec = spec.shape.unwrap();
            assert_eq!(spec.field("steps").unwrap().merge_keys.unwrap(), ["name"]);
            assert_eq!(spec.field("template").is_some_and(|field| field.shape.is_some()), pods_are_known);
        }
    }

    #[test]
    fn definitions_may_refer_to_each_other_in_a_circle() {
        let table =
            read("definitions:\n  a: {$ref: '#/definitions/b'}\n  b: {$ref: '#/definitions/a'}\n", true);
        assert_eq!(table.unwrap().shapes.len(), 2);
    }
}
