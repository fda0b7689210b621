//! Values as templates see them.

mod json;
mod list;
mod map;
mod object;
mod text;

use std::rc::Rc;

pub use list::List;
pub use map::{Map, MapType};
pub use object::{Json, Members, Object, Shape};
pub use text::Text;

/// A value, with the type that it has in Go.
///
/// Numbers of YAML and JSON are `Float`, those of templates `Int` or `Float`. Maps and lists are shared, as in Go: a
/// function that changes one changes it everywhere.
#[derive(Debug, Clone, Default)]
pub enum Value {
    #[default]
    /// Go's nil.
    Nil,
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(i64),
    /// `int64`.
    Int64(i64),
    /// `uint8`, a byte of a string.
    Uint8(u8),
    /// `uint64`, a number of a version.
    Uint64(u64),
    /// `float64`.
    Float(f64),
    /// `complex128`: real and imaginary part.
    Complex(f64, f64),
    /// `string`.
    String(Text),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A value of a type that the caller defines.
    Object(Rc<dyn Object>),
}

/// Type of the entries of a map or list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Element {
    /// Go's `interface {}`: values of any type.
    #[default]
    Any,
    /// `string`.
    String,
    /// `int`.
    Int,
    /// `uint8`, that is, bytes.
    Uint8,
    /// `map[string]interface {}`.
    Map,
    /// `[]interface {}`.
    List,
}

impl Element {
    /// Name of the type in Go.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::String => "string",
            Self::Int => "int",
            Self::Uint8 => "uint8",
            Self::Map => "map[string]interface {}",
            Self::List => "[]interface {}",
        }
    }

    /// The value that a missing entry has.
    pub fn zero(self) -> Value {
        match self {
            Self::Any | Self::Map | Self::List => Value::Nil,
            Self::String => Value::from(""),
            Self::Int => Value::Int(0),
            Self::Uint8 => Value::Uint8(0),
        }
    }
}

impl Value {
    /// Name of the type, as `printf "%T"` shows it.
    pub fn type_name(&self) -> String {
        match self {
            Self::Nil => "<nil>".to_owned(),
            Self::Bool(_) => "bool".to_owned(),
            Self::Int(_) => "int".to_owned(),
            Self::Int64(_) => "int64".to_owned(),
            Self::Uint8(_) => "uint8".to_owned(),
            Self::Uint64(_) => "uint64".to_owned(),
            Self::Float(_) => "float64".to_owned(),
            Self::Complex(..) => "complex128".to_owned(),
            Self::String(_) => "string".to_owned(),
            Self::List(list) => list.type_name(),
            Self::Map(map) => map.type_name(),
            Self::Object(object) => object.type_name(),
        }
    }

    /// Name of the type, or of what a pointer points to.
    pub(super) fn pointed_type_name(&self) -> String {
        self.type_name().trim_start_matches('*').to_owned()
    }

    /// Whether `if` takes the value for true.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(value) | Self::Int64(value) => *value != 0,
            Self::Uint8(value) => *value != 0,
            Self::Uint64(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Self::String(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Object(object) => match object.members() {
                Members::Struct => true,
                Members::Map(entries) => !entries.is_empty(),
            },
        }
    }

    /// A list of values of any type.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(List::new(Element::Any, items.into_iter().collect()))
    }

    /// A map of values of any type.
    pub fn map<K: Into<Text>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(Map::new(
            Element::Any,
            entries.into_iter().map(|(key, value)| (key.into(), value)).collect(),
        ))
    }

    /// A value of a type that the caller defines.
    pub fn object(object: impl Object + 'static) -> Self {
        Self::Object(Rc::new(object))
    }

    /// Takes the children out of a value that nothing else holds.
    fn take_children(self, out: &mut Vec<Self>) {
        match self {
            Self::List(list) => list.take_into(out),
            Self::Map(map) => map.take_into(out),
            _ => {}
        }
    }
}

/// Drops values without recursion, so that no depth of nesting can exhaust the stack.
fn drop_all(mut values: Vec<Value>) {
    while let Some(value) = values.pop() {
        value.take_children(&mut values);
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_maps_and_lists() {
        let value = Value::map([("a", Value::Int(1))]);
        let Value::Map(map) = value.clone() else { unreachable!() };
        map.insert("b".into(), Value::Nil);
        assert_eq!(value.to_string(), "map[a:1 b:<nil>]");
    }

    #[test]
    fn deep_values_are_dropped_without_recursion() {
        let mut value = Value::Nil;
        for _ in 0..300_000 {
            value = Value::list([Value::map([("a", value)])]);
        }
        drop(value);
    }
}
