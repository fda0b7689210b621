//! Values with methods, which the caller defines.

use std::fmt;

use super::{Text, Value};
use crate::template::error::Error;
use crate::template::function::Signature;

/// A value of a type that the caller defines, such as `.Files` and `.Capabilities`.
pub trait Object: fmt::Debug {
    /// Name of the type in Go.
    fn type_name(&self) -> String;

    /// Whether it is a struct or a map.
    fn members(&self) -> Members {
        Members::Struct
    }

    /// What an entry is that a map does not have: the zero value of its type.
    fn missing(&self) -> Value {
        Value::Nil
    }

    /// The field of a struct.
    fn field(&self, name: &str) -> Option<Value> {
        let _ = name;
        None
    }

    /// The parameters of a method, if it has one of that name.
    fn method(&self, name: &str) -> Option<Signature> {
        let _ = name;
        None
    }

    /// Calls a method with arguments that fit its parameters.
    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, Error> {
        let _ = arguments;
        Err(Error::new(format!("{name} is not a method")))
    }

    /// How many parts of it a method may read.
    fn size(&self) -> usize {
        0
    }

    /// How it is printed.
    fn shape(&self) -> Shape;

    /// Name of its kind in Go's reflect package.
    fn kind(&self) -> &'static str {
        match self.members() {
            Members::Map(_) => "map",
            Members::Struct if self.type_name().starts_with('*') => "ptr",
            Members::Struct => "struct",
        }
    }

    /// Reports whether another object has the same type and contents.
    fn equals(&self, other: &dyn Object) -> bool {
        self.type_name() == other.type_name() && format!("{self:?}") == format!("{other:?}")
    }

    /// What it is in JSON and YAML.
    fn json(&self) -> Json {
        match (self.members(), self.shape()) {
            (Members::Map(entries), _) => {
                Json::Fields(entries.into_iter().map(|(key, value)| (key.to_string(), value)).collect())
            }
            (Members::Struct, Shape::Fields { fields, .. }) => {
                Json::Fields(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }
            (Members::Struct, _) => Json::Fields(Vec::new()),
        }
    }
}

/// What an object is in JSON.
#[derive(Debug, Clone)]
pub enum Json {
    /// A string.
    Text(String),
    /// An object, with its names in the order in which JSON has them. YAML sorts them.
    Fields(Vec<(String, Value)>),
}

/// What an object consists of.
#[derive(Debug, Clone)]
pub enum Members {
    /// Fields that templates name.
    Struct,
    /// Entries that templates can also range over, sorted by key.
    Map(Vec<(Text, Value)>),
}

/// What an object is printed as.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Text of its own (Go's `Stringer`).
    Text(String),
    /// Its fields, with a `&` before them if it is a pointer.
    Fields {
        /// Whether Go has a pointer to it.
        pointer: bool,
        /// Names and values, in their order.
        fields: Vec<(&'static str, Value)>,
    },
    /// Its entries.
    Entries,
}
