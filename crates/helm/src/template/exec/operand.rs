//! Values during an evaluation.

use crate::template::value::Value;

/// A value, and whether it is known as an `interface {}`.
///
/// Go keeps the entries of maps and lists as interfaces, which shows in messages (`can't evaluate field a in type
/// interface {}`) and in what a nil is: an entry that is nil has no fields, whereas fields of an absent value are nil.
#[derive(Debug, Clone, Default)]
pub struct Operand {
    pub value: Value,
    pub boxed: bool,
}

impl Operand {
    pub fn new(value: Value) -> Self {
        Self { value, boxed: false }
    }

    pub fn boxed(value: Value) -> Self {
        Self { value, boxed: true }
    }

    /// What a function returned. Those that can return nil return an interface.
    pub fn result(value: Value) -> Self {
        let boxed = matches!(value, Value::Nil);
        Self { value, boxed }
    }

    /// Without the interface around the value.
    pub fn unboxed(self) -> Self {
        Self { boxed: false, ..self }
    }

    /// Go's zero `reflect.Value`: there is no value, and nothing is known about its type.
    pub fn is_absent(&self) -> bool {
        !self.boxed && matches!(self.value, Value::Nil)
    }

    pub fn type_name(&self) -> String {
        if self.boxed { "interface {}".to_owned() } else { self.value.type_name() }
    }
}
