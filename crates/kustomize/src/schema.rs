//! Which lists of which kinds are merged item by item, and by which keys.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::node::{Map, Node};

/// The shape of a type or a field, as far as merging needs it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schema<'a> {
    table: &'a Table,
    shape: usize,
}

/// What is known of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    /// The shape of its value, or of its items where it is a list.
    pub shape: Option<Schema<'a>>,
    /// The keys by which its items are merged, where they are; none for a list of single values.
    pub merge_keys: Option<&'a [String]>,
}

/// The schemas of a build: those of the built-in kinds, those that its `openapi` describes, or both.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Schemas<'a> {
    /// What `openapi` describes. It goes before what is built in.
    pub custom: Option<&'a Table>,
    /// Whether `custom` stands in the place of the built-in schemas, as in kustomize, instead of adding to them.
    pub without_built_in: bool,
}

/// The shapes of some kinds.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) shapes: Vec<Shape>,
    /// By apiVersion and kind.
    pub(super) kinds: HashMap<String, HashMap<String, usize>>,
    /// By the name of the OpenAPI definition.
    pub(super) definitions: HashMap<String, usize>,
}

/// The fields of a mapping.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) fields: HashMap<String, Entry>,
    /// Every field that is not among `fields`.
    pub(super) others: Option<Box<Entry>>,
}

#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) shape: ShapeId,
    pub(super) merge_keys: Option<Vec<String>>,
}

/// Where a shape stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ShapeId {
    #[default]
    None,
    /// In the same table.
    Own(usize),
    /// Among the built-in ones.
    BuiltIn(usize),
}

/// The built-in kinds of Kubernetes. The file says how it is read.
static BUILT_IN: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { shapes: vec![Shape::default()], ..Table::default() };
    for line in include_str!("merge_keys.txt").lines().filter(|line| !line.starts_with('#')) {
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
            table.shapes.push(Shape { fields: words.filter_map(entry).collect(), others: None });
        }
    }
    table
});

/// `name=N`, `name[]=N` or `name*key,key=N`.
fn entry(word: &str) -> Option<(String, Entry)> {
    let (field, shape) = word.split_once('=')?;
    let shape = match shape.parse().ok()? {
        0 => ShapeId::None,
        shape => ShapeId::Own(shape),
    };
    Some(match field.split_once('*') {
        Some((name, keys)) => {
            let keys = keys.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect();
            (name.to_owned(), Entry { shape, merge_keys: Some(keys) })
        }
        None => (field.trim_end_matches("[]").to_owned(), Entry { shape, merge_keys: None }),
    })
}

/// The built-in shape of an OpenAPI definition.
pub(super) fn built_in_definition(name: &str) -> Option<usize> {
    BUILT_IN.definitions.get(name).copied()
}

impl<'a> Schemas<'a> {
    /// The shape of the object with these fields, by its apiVersion and kind.
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

/// One shape, without fields.
static NOTHING: LazyLock<Table> =
    LazyLock::new(|| Table { shapes: vec![Shape::default()], ..Table::default() });

impl<'a> Schema<'a> {
    /// The shape of which nothing is known but that it is no other.
    pub fn nothing() -> Self {
        Schema { table: &NOTHING, shape: 0 }
    }

    /// What is known of the field `name`.
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
    fn the_table_leads_from_a_kind_to_its_merged_lists() {
        let node = crate::read::document("apiVersion: apps/v1\nkind: Deployment\n", 0).unwrap().unwrap();
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
