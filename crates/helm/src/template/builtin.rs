//! Go's built-in functions.

mod compare;
mod escape;
mod index;

use super::error::Error;
use super::exec::BuiltinArgument as Operand;
use super::format;
use super::function::{Signature, Type};
use super::value::{Members, Value};

/// A built-in function, which also sees whether an argument is absent.
pub struct Builtin {
    name: &'static str,
    pub signature: Signature,
    pub body: fn(&[Operand]) -> Result<Operand, Error>,
}

const ONE: Signature = Signature::new(&[Type::Value]);
const TWO: Signature = Signature::new(&[Type::Value, Type::Value]);
const MORE: Signature = Signature::variadic(&[Type::Value], Type::Value);
const ANY: Signature = Signature::variadic(&[], Type::Any);
const FORMAT: Signature = Signature::variadic(&[Type::String], Type::Any);

static BUILTINS: [Builtin; 19] = [
    // These three are evaluated where they are called.
    Builtin { name: "and", signature: MORE, body: |_| Ok(Operand::default()) },
    Builtin { name: "or", signature: MORE, body: |_| Ok(Operand::default()) },
    Builtin { name: "call", signature: MORE, body: |_| Ok(Operand::default()) },
    Builtin { name: "html", signature: ANY, body: |values| text(escape::html(&escapable(values))) },
    Builtin { name: "index", signature: MORE, body: index::index },
    Builtin { name: "slice", signature: MORE, body: index::slice },
    Builtin { name: "js", signature: ANY, body: |values| text(escape::js(&escapable(values))) },
    Builtin { name: "len", signature: ONE, body: length },
    Builtin { name: "not", signature: ONE, body: |values| truth(!values[0].value.is_true()) },
    Builtin { name: "print", signature: ANY, body: |values| text(printed(values)) },
    Builtin { name: "printf", signature: FORMAT, body: printf },
    Builtin { name: "println", signature: ANY, body: |values| text(format::println(&plain(values))) },
    Builtin { name: "urlquery", signature: ANY, body: |values| text(escape::url_query(&escapable(values))) },
    Builtin { name: "eq", signature: MORE, body: |values| truth(compare::equal(&values[0], &values[1..])?) },
    Builtin { name: "ne", signature: TWO, body: |values| truth(!compare::equal(&values[0], &values[1..])?) },
    Builtin { name: "lt", signature: TWO, body: |values| truth(compare::less(&values[0], &values[1])?) },
    Builtin {
        name: "le",
        signature: TWO,
        body: |values| truth(compare::less_or_equal(&values[0], &values[1])?),
    },
    Builtin {
        name: "gt",
        signature: TWO,
        body: |values| truth(!compare::less_or_equal(&values[0], &values[1])?),
    },
    Builtin { name: "ge", signature: TWO, body: |values| truth(!compare::less(&values[0], &values[1])?) },
];

pub fn find(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.name == name)
}

#[allow(clippy::unnecessary_wraps, reason = "the type of `Builtin::body`")]
fn truth(value: bool) -> Result<Operand, Error> {
    Ok(Operand::new(Value::Bool(value)))
}

#[allow(clippy::unnecessary_wraps, reason = "the type of `Builtin::body`")]
fn text(text: Vec<u8>) -> Result<Operand, Error> {
    Ok(Operand::new(Value::String(text.into())))
}

fn plain(values: &[Operand]) -> Vec<Value> {
    values.iter().map(|operand| operand.value.clone()).collect()
}

fn printed(values: &[Operand]) -> Vec<u8> {
    format::print(&plain(values))
}

/// What the escapes work on: like `print`, with nil as templates show it.
fn escapable(values: &[Operand]) -> Vec<u8> {
    let shown = |operand: &Operand| match &operand.value {
        Value::Nil => Value::from("<no value>"),
        value => value.clone(),
    };
    format::print(&values.iter().map(shown).collect::<Vec<_>>())
}

fn printf(values: &[Operand]) -> Result<Operand, Error> {
    let Value::String(layout) = &values[0].value else {
        return Err(Error::new("the format is not a string"));
    };
    text(format::printf(layout.as_bytes(), &plain(&values[1..])))
}

fn length(values: &[Operand]) -> Result<Operand, Error> {
    let length = match &values[0].value {
        Value::Nil if values[0].is_absent() => {
            return Err(Error::new("reflect: call of reflect.Value.Type on zero Value"));
        }
        Value::Nil => return Err(Error::new("len of nil pointer")),
        Value::String(text) => text.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        value => match value {
            Value::Object(object) if let Members::Map(entries) = object.members() => entries.len(),
            _ => return Err(Error::new(format!("len of type {}", value.pointed_type_name()))),
        },
    };
    Ok(Operand::new(Value::Int(i64::try_from(length).unwrap_or(i64::MAX))))
}

/// `call`, which finds no functions among the values that templates have. The name is that of the first argument.
pub fn call(name: Option<String>, values: &[Operand]) -> Error {
    let callee = &values[0].value;
    if let Value::Nil = callee {
        return Error::new("call of nil");
    }
    let name = name.unwrap_or_else(|| match callee {
        Value::String(text) => text.lossy().into_owned(),
        _ => format!("<{} Value>", callee.type_name()),
    });
    Error::new(format!("non-function {name} of type {}", callee.type_name()))
}
