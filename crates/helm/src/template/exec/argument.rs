//! Arguments of calls, checked against the types of parameters.

use super::State;
use super::operand::Operand;
use crate::template::error::Error;
use crate::template::function::Type;
use crate::template::node::{Place, Term, TermKind};
use crate::template::value::Value;

impl<'t> State<'t, '_> {
    /// The value of a term, without a type that it must fit.
    pub(super) fn term(&mut self, dot: &Operand, term: &'t Term) -> Result<Operand, Error> {
        self.place = Some(Place::Term(term));
        match &term.kind {
            TermKind::Dot => Ok(dot.clone()),
            TermKind::Nil => Ok(Operand::boxed(Value::Nil)),
            TermKind::Field(fields) => {
                self.field_chain(dot, dot.clone(), term, fields, std::slice::from_ref(term), None)
            }
            TermKind::Variable(name, fields) => self.variable(dot, term, name, fields, &[], None),
            TermKind::Pipe(pipe) => self.pipeline(dot, pipe),
            TermKind::Identifier(name) => self.function(dot, term, name, Place::Term(term), &[], None),
            TermKind::Chain(inner, fields) => self.chain(dot, term, inner, fields, &[], None),
            TermKind::Bool(_) | TermKind::Number(_) | TermKind::String { .. } => self.constant(term),
        }
    }

    /// The value of a term as an argument for a parameter.
    pub(super) fn argument(&mut self, dot: &Operand, kind: Type, term: &'t Term) -> Result<Operand, Error> {
        self.place = Some(Place::Term(term));
        match &term.kind {
            TermKind::Nil if kind.can_be_nil() => Ok(zero(kind)),
            TermKind::Nil => Err(self.error(format!("cannot assign nil to {}", kind.name()))),
            TermKind::Bool(_) | TermKind::Number(_) | TermKind::String { .. } => self.literal(kind, term),
            _ => {
                let value = self.term(dot, term)?;
                self.fit(value, kind)
            }
        }
    }

    /// A constant takes the type of the parameter if it can.
    fn literal(&mut self, kind: Type, term: &'t Term) -> Result<Operand, Error> {
        let value = match (kind, &term.kind) {
            (Type::Any | Type::Value, _) => return self.constant(term),
            (Type::Bool, TermKind::Bool(value)) => Value::Bool(*value),
            (Type::String, TermKind::String { value, .. }) => Value::String(value.clone().into()),
            (Type::Int, TermKind::Number(number)) if number.int.is_some() => {
                Value::Int(number.int.unwrap_or_default())
            }
            (Type::Int64, TermKind::Number(number)) if number.int.is_some() => {
                Value::Int64(number.int.unwrap_or_default())
            }
            (Type::Float, TermKind::Number(number)) if number.float.is_some() => {
                Value::Float(number.float.unwrap_or_default())
            }
            (Type::Uint32, TermKind::Number(number)) if number.uint.is_some() => {
                Value::Uint64(number.uint.unwrap_or_default() & u64::from(u32::MAX))
            }
            (Type::Uint32, _) => {
                return Err(self.error(format!("expected unsigned integer; found {term}")));
            }
            (Type::Bool, _) => return Err(self.error(format!("expected bool; found {term}"))),
            (Type::String, _) => return Err(self.error(format!("expected string; found {term}"))),
            (Type::Int | Type::Int64, _) => return Err(self.error(format!("expected integer; found {term}"))),
            (Type::Float, _) => return Err(self.error(format!("expected float; found {term}"))),
            _ => return Err(self.error(format!("can't handle {term} for arg of type {}", kind.name()))),
        };
        Ok(Operand::new(value))
    }

    /// Checks that a value fits a parameter.
    pub(super) fn fit(&self, value: Operand, kind: Type) -> Result<Operand, Error> {
        if value.is_absent() {
            if kind.can_be_nil() {
                return Ok(zero(kind));
            }
            return Err(self.error(format!("invalid value; expected {}", kind.name())));
        }
        let nil = matches!(value.value, Value::Nil);
        match kind {
            Type::Any | Type::Value => Ok(value),
            Type::Map if kind.accepts(&value.value) => Ok(match value.value {
                // The type of the parameter has no name.
                Value::Map(map) => Operand::new(Value::Map(map.unnamed())),
                other => Operand::new(other),
            }),
            _ if !nil && kind.accepts(&value.value) => Ok(value.unboxed()),
            _ => {
                let found = if nil { value.type_name() } else { value.value.type_name() };
                Err(self.error(format!("wrong type for value; expected {}; got {found}", kind.name())))
            }
        }
    }
}

/// What a parameter gets for nil.
fn zero(kind: Type) -> Operand {
    Operand { value: Value::Nil, boxed: kind == Type::Any }
}
