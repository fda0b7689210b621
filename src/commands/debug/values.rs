//! Values of a chart while they are merged, as the Go program of helm-controller holds them: maps and lists are shared.
//!
//! A merge copies only the maps that it has to change, so a value that is set by path may also change the map of inline
//! values that is merged last. Whether it does decides which of the two wins, as in helm-controller.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Map, Value};

/// Largest integer up to which a 64-bit float has all of them. The controller reads every number as such a float.
const EXACT: u64 = 1 << 53;

/// A value; a clone shares the content of maps and lists.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Map(SharedMap),
    List(SharedList),
    Leaf(Value),
}

/// A map that may be part of several others.
pub(super) type SharedMap = Rc<RefCell<BTreeMap<String, Node>>>;

/// A list that may be part of several others.
pub(super) type SharedList = Rc<RefCell<Vec<Node>>>;

impl Node {
    /// Converts a value that was read from YAML or JSON.
    pub fn read(value: Value) -> Node {
        match value {
            Value::Object(map) => Node::Map(read_map(map)),
            Value::Array(list) => {
                Node::List(Rc::new(RefCell::new(list.into_iter().map(Node::read).collect())))
            }
            Value::Number(number) => {
                let is_exact = number.as_i64().is_none_or(|int| int.unsigned_abs() <= EXACT)
                    && number.as_u64().is_none_or(|int| int <= EXACT);
                let float = number.as_f64().filter(|_| !is_exact).and_then(serde_json::Number::from_f64);
                Node::Leaf(Value::Number(float.unwrap_or(number)))
            }
            leaf => Node::Leaf(leaf),
        }
    }

    fn value(&self) -> Value {
        match self {
            Node::Map(map) => value(map),
            Node::List(list) => list.borrow().iter().map(Node::value).collect(),
            Node::Leaf(leaf) => leaf.clone(),
        }
    }
}

/// Converts a map that was read from YAML or JSON.
pub(super) fn read_map(map: Map<String, Value>) -> SharedMap {
    Rc::new(RefCell::new(map.into_iter().map(|(key, value)| (key, Node::read(value))).collect()))
}

/// The map as JSON.
pub(super) fn value(map: &SharedMap) -> Value {
    map.borrow().iter().map(|(key, node)| (key.clone(), node.value())).collect::<Map<_, _>>().into()
}

/// Merges `over` over `under` into a new map: maps recursively, everything else as a whole. What only one of them has is
/// shared with it.
pub(super) fn merge(under: &SharedMap, over: &SharedMap) -> SharedMap {
    let mut merged = under.borrow().clone();
    for (key, node) in over.borrow().iter() {
        let node = match (merged.get(key), node) {
            (Some(Node::Map(under)), Node::Map(over)) => Node::Map(merge(under, over)),
            _ => node.clone(),
        };
        merged.insert(key.clone(), node);
    }
    Rc::new(RefCell::new(merged))
}
