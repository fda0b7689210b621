//! A schema that was compiled.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Number, Value as Json};

use super::draft::Draft;
use super::format::Format;
use super::number::Decimal;

/// Position of a schema among all that were compiled.
pub type Index = usize;

/// Types that a value may have, in the order of messages.
pub const TYPES: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];

/// A set of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Types(u8);

impl Types {
    pub fn of(value: &Json) -> Self {
        let mut types = Self::default();
        match value {
            Json::String(name) => types.add(name),
            Json::Array(items) => items.iter().filter_map(Json::as_str).for_each(|name| types.add(name)),
            _ => {}
        }
        types
    }

    pub fn add(&mut self, name: &str) {
        if let Some(at) = TYPES.iter().position(|it| *it == name) {
            self.0 |= 1 << at;
        }
    }

    pub fn contains(self, name: &str) -> bool {
        TYPES.iter().position(|it| *it == name).is_some_and(|at| self.0 >> at & 1 == 1)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn names(self) -> Vec<&'static str> {
        TYPES.into_iter().filter(|name| self.contains(name)).collect()
    }
}

/// Name of the type of a value.
pub fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// Whether two values are equal. Numbers are compared by their value.
pub fn equals(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => Decimal::of(one).compare(Decimal::of(other)).is_eq(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equals(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| equals(value, other)))
        }
        _ => one == other,
    }
}

/// What is allowed beside the properties or items that are listed.
#[derive(Debug, Clone, Copy)]
pub enum Additional {
    Any(bool),
    Schema(Index),
}

/// What the presence of a property asks for.
#[derive(Debug, Clone)]
pub enum Dependency {
    Properties(Vec<String>),
    Schema(Index),
}

/// `items` of the drafts before 2020-12.
#[derive(Debug, Clone, Default)]
pub enum Items {
    #[default]
    Any,
    All(Index),
    Each(Vec<Index>),
}

/// The keywords of a schema. Absent ones are empty.
#[derive(Debug, Default)]
pub struct Schema {
    pub url: Rc<str>,
    pub pointer: String,
    pub draft: Option<Draft>,
    /// The schema with an address that contains it.
    pub resource: Index,
    pub boolean: Option<bool>,
    pub reference: Option<Index>,
    pub recursive_reference: Option<Index>,
    pub recursive_anchor: bool,
    /// The first target, and its name.
    pub dynamic_reference: Option<(Index, String)>,
    pub dynamic_anchor: String,
    /// Schemas of a resource with names for `$dynamicRef`.
    pub dynamic_anchors: BTreeMap<String, Index>,
    pub types: Types,
    pub one_of_values: Option<Vec<Json>>,
    pub constant: Option<Json>,
    pub format: Option<Format>,
    pub not: Option<Index>,
    pub all_of: Vec<Index>,
    pub any_of: Vec<Index>,
    pub one_of: Vec<Index>,
    pub condition: Option<Index>,
    pub then: Option<Index>,
    pub otherwise: Option<Index>,

    pub min_properties: Option<i64>,
    pub max_properties: Option<i64>,
    pub required: Vec<String>,
    pub property_names: Option<Index>,
    pub properties: BTreeMap<String, Index>,
    pub pattern_properties: Vec<(String, Index)>,
    pub additional_properties: Option<Additional>,
    pub dependencies: BTreeMap<String, Dependency>,
    pub dependent_required: BTreeMap<String, Vec<String>>,
    pub dependent_schemas: BTreeMap<String, Index>,
    pub unevaluated_properties: Option<Index>,

    pub min_items: Option<i64>,
    pub max_items: Option<i64>,
    pub unique_items: bool,
    pub contains: Option<Index>,
    pub min_contains: Option<i64>,
    pub max_contains: Option<i64>,
    pub items: Items,
    pub additional_items: Option<Additional>,
    pub prefix_items: Vec<Index>,
    /// `items` of draft 2020-12: all that follow those with a schema of their own.
    pub rest_items: Option<Index>,
    pub unevaluated_items: Option<Index>,

    pub min_length: Option<i64>,
    pub max_length: Option<i64>,
    pub pattern: Option<String>,

    pub minimum: Option<Number>,
    pub maximum: Option<Number>,
    pub exclusive_minimum: Option<Number>,
    pub exclusive_maximum: Option<Number>,
    pub multiple_of: Option<Number>,
}

impl Schema {
    /// The address of the schema, as messages show it.
    pub fn location(&self) -> String {
        super::reference::shown(&self.url, &self.pointer)
    }

    /// Whether the keywords of a draft apply.
    pub fn is_since(&self, draft: Draft) -> bool {
        self.draft.unwrap_or(Draft::LATEST) >= draft
    }

    /// Whether each property is checked by some keyword.
    pub fn evaluates_all_properties(&self) -> bool {
        self.additional_properties.is_some()
    }

    /// Whether each item is checked by some keyword, and how many surely are.
    pub fn evaluated_items(&self) -> (bool, usize) {
        if self.is_since(Draft::Draft2020) {
            return (self.rest_items.is_some(), self.prefix_items.len());
        }
        let (all, count) = match &self.items {
            Items::Any => (false, 0),
            Items::All(_) => (true, 0),
            Items::Each(items) => (false, items.len()),
        };
        (all || self.additional_items.is_some(), count)
    }
}
