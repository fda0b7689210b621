//! Fields of maps and objects.

use super::State;
use super::operand::Operand;
use crate::template::MissingKey;
use crate::template::error::Error;
use crate::template::node::{Place, Term, Word};
use crate::template::quote::quote;
use crate::template::value::{Element, Map, Members, Object, Value};

impl<'t> State<'t, '_> {
    /// `.a.b.c`, of which the last one gets the arguments if it is a method.
    pub(super) fn field_chain(
        &mut self,
        dot: &Operand,
        receiver: Operand,
        term: &'t Term,
        fields: &'t [Word],
        arguments: &'t [Term],
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        let Some((final_field, fields)) = fields.split_last() else {
            return Ok(receiver);
        };
        let mut receiver = receiver;
        for field in fields {
            receiver = self.field(dot, &receiver, term, field, &[], None)?;
        }
        self.field(dot, &receiver, term, final_field, arguments, last)
    }

    fn field(
        &mut self,
        dot: &Operand,
        receiver: &Operand,
        term: &'t Term,
        name: &str,
        arguments: &'t [Term],
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        if receiver.is_absent() {
            if self.missing_key() == MissingKey::Error {
                let key = quote(name.as_bytes());
                return Err(self.error(format!("nil data; no entry for key {key}")));
            }
            return Ok(Operand::default());
        }
        let has_arguments = arguments.len() > 1 || last.is_some();
        match &receiver.value {
            Value::Nil => {
                let type_name = receiver.type_name();
                Err(self.error(format!("nil pointer evaluating {type_name}.{name}")))
            }
            Value::Map(map) => {
                if let Some(kind) = map.named_type()
                    && let Some(signature) = (kind.method)(name)
                {
                    let callee = super::call::Callee::MapMethod(map.clone(), kind, signature);
                    return self.call(dot, &callee, Place::Term(term), name, arguments, last);
                }
                if has_arguments {
                    return Err(self.error(format!("{name} is not a method but has arguments")));
                }
                self.entry(map, name)
            }
            Value::Object(object) => {
                if let Some(signature) = object.method(name) {
                    let callee = super::call::Callee::Method(object.clone(), signature);
                    return self.call(dot, &callee, Place::Term(term), name, arguments, last);
                }
                self.object_field(object.as_ref(), receiver, name, has_arguments)
            }
            Value::List(items) => match items.methods().map(|methods| (methods, methods.method(name))) {
                Some((methods, Some(signature))) => {
                    let callee = super::call::Callee::Method(methods.clone(), signature);
                    self.call(dot, &callee, Place::Term(term), name, arguments, last)
                }
                _ => Err(self.no_field(receiver, name)),
            },
            _ => Err(self.no_field(receiver, name)),
        }
    }

    fn entry(&self, map: &Map, name: &str) -> Result<Operand, Error> {
        let boxed = map.element() == Element::Any;
        match (map.get(name.as_bytes()), self.missing_key()) {
            (Some(value), _) => Ok(Operand { value, boxed }),
            (None, MissingKey::Default) => Ok(Operand::default()),
            (None, MissingKey::Zero) => Ok(Operand { value: map.element().zero(), boxed }),
            (None, MissingKey::Error) => Err(self.no_entry(name)),
        }
    }

    fn object_field(
        &self,
        object: &dyn Object,
        receiver: &Operand,
        name: &str,
        has_arguments: bool,
    ) -> Result<Operand, Error> {
        match object.members() {
            Members::Struct => match object.field(name) {
                Some(_) if has_arguments => {
                    Err(self.error(format!("{name} has arguments but cannot be invoked as function")))
                }
                Some(value) => Ok(Operand::new(value)),
                None => Err(self.no_field(receiver, name)),
            },
            Members::Map(_) if has_arguments => {
                Err(self.error(format!("{name} is not a method but has arguments")))
            }
            Members::Map(entries) => {
                let found = entries.into_iter().find(|(key, _)| key.as_bytes() == name.as_bytes());
                match (found, self.missing_key()) {
                    (Some((_, value)), _) => Ok(Operand::new(value)),
                    (None, MissingKey::Default) => Ok(Operand::default()),
                    (None, MissingKey::Zero) => Ok(Operand::new(object.missing())),
                    (None, MissingKey::Error) => Err(self.no_entry(name)),
                }
            }
        }
    }

    fn no_entry(&self, name: &str) -> Error {
        self.error(format!("map has no entry for key {}", quote(name.as_bytes())))
    }

    fn no_field(&self, receiver: &Operand, name: &str) -> Error {
        self.error(format!("can't evaluate field {name} in type {}", receiver.type_name()))
    }
}
