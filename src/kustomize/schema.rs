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

/// The shapes of all known kinds.
#[derive(Debug, Default)]
pub(super) struct Table {
    shapes: Vec<HashMap<String, Entry>>,
    kinds: HashMap<(String, String), usize>,
}

#[derive(Debug)]
struct Entry {
    shape: usize,
    merge_keys: Option<Vec<String>>,
}

/// The built-in kinds of Kubernetes. The file says how it is read.
static BUILT_IN: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { shapes: vec![HashMap::new()], kinds: HashMap::new() };
    for line in include_str!("merge_keys.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let Some(first) = words.next() else { continue };
        if let Some((kind, shape)) = first.split_once('=') {
            let shape = shape.parse().unwrap_or_default();
            table.kinds.extend(words.map(|version| ((version.to_owned(), kind.to_owned()), shape)));
        } else {
            table.shapes.push(words.filter_map(entry).collect());
        }
    }
    table
});

/// `name=N`, `name[]=N` or `name*key,key=N`.
fn entry(word: &str) -> Option<(String, Entry)> {
    let (field, shape) = word.split_once('=')?;
    let shape = shape.parse().ok()?;
    Some(match field.split_once('*') {
        Some((name, keys)) => {
            let keys = keys.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect();
            (name.to_owned(), Entry { shape, merge_keys: Some(keys) })
        }
        None => (field.trim_end_matches("[]").to_owned(), Entry { shape, merge_keys: None }),
    })
}

impl<'a> Schema<'a> {
    /// The shape of the object with these fields, by its apiVersion and kind.
    pub fn of_fields(map: &Map) -> Option<Schema<'static>> {
        let text = |name| map.get(name).and_then(Node::text).filter(|text| !text.is_empty());
        let shape = *BUILT_IN.kinds.get(&(text("apiVersion")?.to_owned(), text("kind")?.to_owned()))?;
        Some(Schema { table: &BUILT_IN, shape })
    }

    /// What is known of the field `name`.
    pub fn field(self, name: &str) -> Option<Field<'a>> {
        let entry = self.table.shapes.get(self.shape)?.get(name)?;
        Some(Field {
            shape: (entry.shape != 0).then_some(Schema { table: self.table, shape: entry.shape }),
            merge_keys: entry.merge_keys.as_deref(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_leads_from_a_kind_to_its_merged_lists() {
        let node =
            crate::kustomize::read::document("apiVersion: apps/v1\nkind: Deployment\n", 0).unwrap().unwrap();
        let mut schema = Schema::of_fields(node.as_map().unwrap()).unwrap();
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
