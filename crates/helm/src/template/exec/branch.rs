//! `if`, `with` and `range`.

use super::operand::Operand;
use super::{Flow, State};
use crate::template::error::Error;
use crate::template::format;
use crate::template::node::{Branch, Node, Place};
use crate::template::value::{Element, Members, Value};

impl<'t> State<'t, '_> {
    /// `if`, or `with`, which moves the dot.
    pub(super) fn choice(
        &mut self,
        dot: &Operand,
        branch: &'t Branch,
        moves_dot: bool,
    ) -> Result<Flow, Error> {
        let mark = self.variables.len();
        let value = self.pipeline(dot, &branch.pipe)?;
        let flow = if value.value.is_true() {
            self.body(if moves_dot { &value } else { dot }, &branch.body)?
        } else if let Some(otherwise) = &branch.otherwise {
            self.body(dot, otherwise)?
        } else {
            Flow::Done
        };
        self.variables.truncate(mark);
        Ok(flow)
    }

    pub(super) fn range(&mut self, dot: &Operand, branch: &'t Branch, node: &'t Node) -> Result<Flow, Error> {
        self.place = Some(Place::Node(node));
        let mark = self.variables.len();
        let value = self.pipeline(dot, &branch.pipe)?.value;
        let flow = self.iterations(dot, branch, &value)?;
        self.variables.truncate(mark);
        Ok(flow)
    }

    fn iterations(&mut self, dot: &Operand, branch: &'t Branch, value: &Value) -> Result<Flow, Error> {
        let mut loops = Iterations { branch, mark: self.variables.len(), ran: false };
        let two = branch.pipe.variables.len() > 1;
        let flow = match value {
            Value::Nil => Flow::Done,
            Value::Int(_) | Value::Int64(_) | Value::Uint8(_) | Value::Uint64(_) if two => {
                let shown = format::shown(value);
                return Err(self.error(format!("can't use {shown} to iterate over more than one variable")));
            }
            Value::Int(count) => loops.numbers(self, *count, Value::Int)?,
            Value::Int64(count) => loops.numbers(self, *count, Value::Int64)?,
            Value::Uint8(count) => loops
                .numbers(self, i64::from(*count), |at| Value::Uint8(u8::try_from(at).unwrap_or_default()))?,
            Value::Uint64(count) => loops.numbers(self, i64::try_from(*count).unwrap_or(i64::MAX), |at| {
                Value::Uint64(at.unsigned_abs())
            })?,
            Value::List(list) => {
                let boxed = list.element() == Element::Any;
                let length = list.len();
                loops.each(
                    self,
                    (0..length).map(|at| {
                        let index = Value::Int(i64::try_from(at).unwrap_or(i64::MAX));
                        let item = list.get(at).unwrap_or_default();
                        (Operand::new(index), Operand { value: item, boxed })
                    }),
                )?
            }
            Value::Map(map) => {
                let boxed = map.element() == Element::Any;
                let entries: Vec<_> =
                    map.entries().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
                loops.each(
                    self,
                    entries
                        .into_iter()
                        .map(|(key, value)| (Operand::new(Value::String(key)), Operand { value, boxed })),
                )?
            }
            Value::Object(object) => match object.members() {
                Members::Map(entries) => loops.each(
                    self,
                    entries
                        .into_iter()
                        .map(|(key, value)| (Operand::new(Value::String(key)), Operand::new(value))),
                )?,
                Members::Struct => return Err(self.not_iterable(value)),
            },
            Value::Bool(_) | Value::Float(_) | Value::Complex(..) | Value::String(_) => {
                return Err(self.not_iterable(value));
            }
        };
        match &branch.otherwise {
            // In Go, `break` in the `else` part ends this `range`, `continue` goes on with the one around it.
            Some(otherwise) if !loops.ran => match self.body(dot, otherwise)? {
                Flow::Break => Ok(Flow::Done),
                flow => Ok(flow),
            },
            _ => Ok(flow),
        }
    }

    fn not_iterable(&self, value: &Value) -> Error {
        self.error(format!("range can't iterate over {}", format::shown(value)))
    }
}

/// The iterations of a `range`.
struct Iterations<'t> {
    branch: &'t Branch,
    /// Number of variables before the body declares its own.
    mark: usize,
    ran: bool,
}

impl<'t> Iterations<'t> {
    fn numbers(
        &mut self,
        state: &mut State<'t, '_>,
        count: i64,
        value: impl Fn(i64) -> Value,
    ) -> Result<Flow, Error> {
        self.each(state, (0..count).map(|at| (Operand::default(), Operand::new(value(at)))))
    }

    fn each(
        &mut self,
        state: &mut State<'t, '_>,
        pairs: impl Iterator<Item = (Operand, Operand)>,
    ) -> Result<Flow, Error> {
        for (key, item) in pairs {
            self.ran = true;
            state.step()?;
            self.set_variables(state, key, &item)?;
            let flow = state.body(&item, &self.branch.body)?;
            state.variables.truncate(self.mark);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::Done)
    }

    fn set_variables(&self, state: &mut State<'t, '_>, key: Operand, item: &Operand) -> Result<(), Error> {
        let pipe = &self.branch.pipe;
        match (&*pipe.variables, pipe.assigns) {
            ([one], true) => state.assign(one, item.clone()),
            ([first, second, ..], true) => {
                state.assign(first, key)?;
                state.assign(second, item.clone())
            }
            (variables, _) => {
                let top = state.variables.len();
                if !variables.is_empty() {
                    state.variables[top - 1].1 = item.clone();
                }
                if variables.len() > 1 {
                    state.variables[top - 2].1 = key;
                }
                Ok(())
            }
        }
    }
}
