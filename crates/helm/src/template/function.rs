//! Functions that templates call, with the types of their parameters.

use std::any::Any;
use std::collections::HashMap;
use std::rc::Rc;

use super::error::Error;
use super::exec::Call;
use super::value::{Element, Value};

/// Type of a parameter. Arguments that do not fit are refused with Go's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Any value, and nil.
    Any,
    /// A boolean.
    Bool,
    /// An `int`, also from a constant that has its value.
    Int,
    /// An `int64`, also from a constant that has its value.
    Int64,
    /// A `uint32`, from a constant that has its value. Functions get it as [`Value::Uint64`].
    Uint32,
    /// A `float64`, also from any constant number.
    Float,
    /// Text.
    String,
    /// `map[string]interface {}`, or nil.
    Map,
    /// `[]interface {}`, or nil.
    List,
    /// `[]string`, or nil.
    Strings,
    /// A type of an [`Object`](super::value::Object), by name.
    Object(&'static str),
    /// Any value, also an absent one: the type of the built-in functions, Go's `reflect.Value`.
    Value,
}

impl Type {
    /// The name in Go.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint32 => "uint32",
            Self::Float => "float64",
            Self::String => "string",
            Self::Map => "map[string]interface {}",
            Self::List => "[]interface {}",
            Self::Strings => "[]string",
            Self::Object(name) => name,
            Self::Value => "reflect.Value",
        }
    }

    /// Reports whether a parameter of the type can be nil.
    pub fn can_be_nil(self) -> bool {
        match self {
            Self::Any | Self::Map | Self::List | Self::Strings | Self::Value => true,
            Self::Object(name) => name.starts_with('*'),
            Self::Bool | Self::Int | Self::Int64 | Self::Uint32 | Self::Float | Self::String => false,
        }
    }

    /// Reports whether a value that is not nil can be given to a parameter of the type.
    pub fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any | Self::Value, _)
            | (Self::Bool, Value::Bool(_))
            | (Self::Int, Value::Int(_))
            | (Self::Int64, Value::Int64(_))
            | (Self::Float, Value::Float(_))
            | (Self::String, Value::String(_)) => true,
            (Self::Map, Value::Map(map)) => map.element() == Element::Any,
            (Self::List, Value::List(list)) => list.element() == Element::Any,
            (Self::Strings, Value::List(list)) => list.element() == Element::String,
            (Self::Object(name), Value::Object(object)) => object.type_name() == name,
            _ => false,
        }
    }
}

/// Types of the parameters of a function.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// The parameters that every call has.
    pub fixed: &'static [Type],
    /// Type of any number of further parameters.
    pub variadic: Option<Type>,
}

impl Signature {
    /// A fixed number of parameters.
    pub const fn new(fixed: &'static [Type]) -> Self {
        Self { fixed, variadic: None }
    }

    /// Fixed parameters, and any number of further ones.
    pub const fn variadic(fixed: &'static [Type], rest: Type) -> Self {
        Self { fixed, variadic: Some(rest) }
    }

    /// Type of the parameter at an index.
    pub(super) fn parameter(&self, index: usize) -> Type {
        self.fixed.get(index).copied().or(self.variadic).unwrap_or(Type::Any)
    }
}

/// What a function does with arguments that fit its signature.
pub type Body = fn(&mut Call<'_>, &[Value]) -> Result<Value, Error>;

/// A function that templates can call.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Types of its parameters.
    pub signature: Signature,
    /// What it does.
    pub body: Body,
}

/// Functions by name. They come before Go's built-in ones of the same name.
#[derive(Debug, Clone, Default)]
pub struct Functions {
    table: HashMap<&'static str, Function, foldhash::fast::RandomState>,
    context: Option<Rc<dyn Any>>,
}

impl Functions {
    /// Adds a function, in place of one of the same name.
    pub fn add(&mut self, name: &'static str, signature: Signature, body: Body) {
        self.table.insert(name, Function { signature, body });
    }

    /// The same functions with something that they all can use, by [`Call::context`].
    #[must_use]
    pub fn with_context(self, context: impl Any) -> Self {
        Self { context: Some(Rc::new(context)), ..self }
    }

    /// The names, in no order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.table.keys().copied()
    }

    pub(super) fn get(&self, name: &str) -> Option<Function> {
        self.table.get(name).copied()
    }

    pub(super) fn context<T: Any>(&self) -> Option<&T> {
        self.context.as_deref()?.downcast_ref()
    }
}
