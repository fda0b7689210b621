//! Merge schemas: the lists of each kind that strategic merge patches merge item by item, and their keys.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::tree::{Map, Node};

/// The schema of a type or a field, as far as merging needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schema<'a> {
    table: &'a Table,
    shape: usize,
}

/// The schema of a field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    /// Schema of its value, or of the items of a list.
    pub shape: Option<Schema<'a>>,
    /// Keys by which its items are merged; an empty list for single values, `None` if the list is replaced.
    pub merge_keys: Option<&'a [String]>,
}

/// The schemas of a build: those of the built-in kinds, those of `openapi`, or both.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Schemas<'a> {
    /// Schemas of `openapi`, which go before the built-in ones.
    pub custom: Option<&'a Table>,
    /// Whether `custom` replaces the built-in schemas, as in kustomize, instead of adding to them.
    pub without_built_in: bool,
}

/// Shapes of kinds.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) shapes: Vec<Shape>,
    /// By apiVersion and kind.
    pub(crate) kinds: HashMap<String, HashMap<String, usize>>,
    /// By the name of the OpenAPI definition.
    pub(crate) definitions: HashMap<String, usize>,
}

/// Fields of a mapping.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    pub(crate) fields: HashMap<String, FieldSchema>,
    /// Schema of every field that is not in `fields`.
    pub(crate) others: Option<Box<FieldSchema>>,
}

/// Where a field's shape is, and the merge keys of a list.
#[derive(Debug, Default)]
pub(crate) struct FieldSchema {
    pub(crate) shape: ShapeId,
    pub(crate) merge_keys: Option<Vec<String>>,
}

/// Index of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ShapeId {
    #[default]
    None,
    /// In the same table.
    Own(usize),
    /// In the built-in table.
    BuiltIn(usize),
}

/// The built-in kinds of Kubernetes. The file documents its format.
static BUILT_IN: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { shapes: vec![Shape::default()], ..Table::default() };
    for line in include_str!("../merge_keys.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let Some(first) = words.next() else { continue };
        if let Some(shape) = first.strip_prefix('@') {
            let shape = shape.parse().unwrap_or_default();
            table.definitions.extend(words.map(|name| (name.to_owned(), shape)));
        } else if let Some((kind, shape)) = first.split_once('=') {
            let shape = shape.parse().unwrap_or_default();
            for version in words {
                table.kinds.entry(version.to_owned()).or_default().insert(kind.to_owned(), shape);
            }
        } else {
            table.shapes.push(Shape { fields: words.filter_map(field_schema).collect(), others: None });
        }
    }
    table
});

/// Parses `name=N`, `name[]=N` or `name*key,key=N`.
fn field_schema(word: &str) -> Option<(String, FieldSchema)> {
    let (field, shape) = word.split_once('=')?;
    let shape = match shape.parse().ok()? {
        0 => ShapeId::None,
        shape => ShapeId::Own(shape),
    };
    Some(match field.split_once('*') {
        Some((name, keys)) => {
            let keys = keys.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect();
            (name.to_owned(), FieldSchema { shape, merge_keys: Some(keys) })
        }
        None => (field.trim_end_matches("[]").to_owned(), FieldSchema { shape, merge_keys: None }),
    })
}

/// Returns the built-in shape of an OpenAPI definition.
pub(crate) fn built_in_definition(name: &str) -> Option<usize> {
    BUILT_IN.definitions.get(name).copied()
}

impl<'a> Schemas<'a> {
    /// Returns the schema of the object with these fields, by its apiVersion and kind.
    pub fn of_fields(self, map: &Map) -> Option<Schema<'a>> {
        let text = |name| map.get(name).and_then(Node::text).filter(|text| !text.is_empty());
        let (version, kind) = (text("apiVersion")?, text("kind")?);
        let built_in: Option<&'static Table> = (!self.without_built_in).then(|| &*BUILT_IN);
        [self.custom, built_in].into_iter().flatten().find_map(|table| {
            let shape = *table.kinds.get(version)?.get(kind)?;
            Some(Schema { table, shape })
        })
    }
}

/// A table of one shape, without fields.
static NOTHING: LazyLock<Table> =
    LazyLock::new(|| Table { shapes: vec![Shape::default()], ..Table::default() });

impl<'a> Schema<'a> {
    /// Returns a schema without fields, for a value whose own schema replaces the known one.
    pub fn nothing() -> Self {
        Schema { table: &NOTHING, shape: 0 }
    }

    /// Returns the schema of the field `name`.
    pub fn field(self, name: &str) -> Option<Field<'a>> {
        let shape = self.table.shapes.get(self.shape)?;
        let entry = shape.fields.get(name).or(shape.others.as_deref())?;
        let shape = match entry.shape {
            ShapeId::None => None,
            ShapeId::Own(shape) => Some(Schema { table: self.table, shape }),
            ShapeId::BuiltIn(shape) => Some(Schema { table: &BUILT_IN, shape }),
        };
        Some(Field { shape, merge_keys: entry.merge_keys.as_deref() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_the_merge_keys_of_a_kind() {
        let node =
            crate::tree::parse::document("apiVersion: apps/v1\nkind: Deployment\n", 0).unwrap().unwrap();
        let mut schema = Schemas::default().of_fields(node.as_map().unwrap()).unwrap();
        for name in ["spec", "template", "spec"] {
            schema = schema.field(name).unwrap().shape.unwrap();
        }
        let containers = schema.field("containers").unwrap();
        assert_eq!(containers.merge_keys.unwrap(), ["name"]);
        let ports = containers.shape.unwrap().field("ports").unwrap();
        assert_eq!(ports.merge_keys.unwrap(), ["containerPort", "protocol"]);
        assert!(schema.field("tolerations").is_none());
    }
}
