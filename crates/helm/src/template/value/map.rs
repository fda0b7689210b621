//! Shared maps.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Element, Text, Value, drop_all};
use crate::template::error::Error;
use crate::template::function::Signature;

/// A named type of maps with methods, such as `common.Values`.
#[derive(Debug)]
pub struct MapType {
    /// Name of the type in Go.
    pub name: &'static str,
    /// The parameters of a method, if the type has one of that name.
    pub method: fn(&str) -> Option<Signature>,
    /// Calls a method with arguments that fit its parameters.
    pub call: fn(&Map, &str, &[Value]) -> Result<Value, Error>,
}

/// A map of Go with string keys. Clones share the entries, so a change is seen through all of them.
#[derive(Debug, Clone)]
pub struct Map {
    element: Element,
    kind: Option<&'static MapType>,
    nil: bool,
    entries: Rc<Entries>,
}

#[derive(Debug)]
struct Entries(RefCell<BTreeMap<Text, Value>>);

impl Drop for Entries {
    fn drop(&mut self) {
        drop_all(std::mem::take(self.0.get_mut()).into_values().collect());
    }
}

impl Map {
    /// A map with values of one type.
    pub fn new(element: Element, entries: BTreeMap<Text, Value>) -> Self {
        Self { element, kind: None, nil: false, entries: Rc::new(Entries(RefCell::new(entries))) }
    }

    /// Go's nil map: an empty map that is `null` in JSON. Nothing can be added to it.
    pub fn nil(element: Element) -> Self {
        Self { nil: true, ..Self::new(element, BTreeMap::new()) }
    }

    /// Reports whether it is a nil map.
    pub fn is_nil(&self) -> bool {
        self.nil
    }

    /// The same map as a named type.
    #[must_use]
    pub fn named(self, kind: &'static MapType) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// The named type that it has.
    pub fn named_type(&self) -> Option<&'static MapType> {
        self.kind
    }

    /// The same map with the type of another.
    #[must_use]
    pub fn same_name(self, other: &Self) -> Self {
        Self { kind: other.kind, ..self }
    }

    /// The same map without a name for its type.
    #[must_use]
    pub fn unnamed(self) -> Self {
        Self { kind: None, ..self }
    }

    /// Type of the values.
    pub fn element(&self) -> Element {
        self.element
    }

    /// Name of the type in Go.
    pub fn type_name(&self) -> String {
        self.kind
            .map_or_else(|| format!("map[string]{}", self.element.type_name()), |kind| kind.name.to_owned())
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.0.borrow().len()
    }

    /// Reports whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        self.entries.0.borrow().get(key).cloned()
    }

    /// Sets the value of a key, and returns the one before.
    pub fn insert(&self, key: Text, value: Value) -> Option<Value> {
        self.entries.0.borrow_mut().insert(key, value)
    }

    /// Removes a key, and returns its value.
    pub fn remove(&self, key: &[u8]) -> Option<Value> {
        self.entries.0.borrow_mut().remove(key)
    }

    /// The entries, sorted by key. The map can't be changed while they are borrowed.
    pub fn entries(&self) -> Ref<'_, BTreeMap<Text, Value>> {
        self.entries.0.borrow()
    }

    /// Reports whether two maps share their entries.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.entries, &other.entries)
    }

    /// Reports whether nothing else shares the entries.
    pub(crate) fn is_only(&self) -> bool {
        Rc::strong_count(&self.entries) == 1
    }

    pub(super) fn take_into(self, out: &mut Vec<Value>) {
        if let Some(mut entries) = Rc::into_inner(self.entries) {
            out.extend(std::mem::take(entries.0.get_mut()).into_values());
        }
    }
}
