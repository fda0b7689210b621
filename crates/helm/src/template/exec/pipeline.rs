//! Pipelines, commands and variables.

use super::State;
use super::operand::Operand;
use crate::template::error::Error;
use crate::template::node::{Command, Pipe, Place, Term, TermKind, Word};
use crate::template::number::Number;
use crate::template::quote::quote;
use crate::template::value::{Text, Value};

impl<'t> State<'t, '_> {
    /// The value of a pipeline, whose variables are declared or assigned.
    pub(super) fn pipeline(&mut self, dot: &Operand, pipe: &'t Pipe) -> Result<Operand, Error> {
        self.place = Some(Place::Pipe(pipe));
        self.nested(|state| {
            let mut value = None;
            for command in &pipe.commands {
                value = Some(state.command(dot, command, value)?.unboxed());
            }
            let value = value.unwrap_or_default();
            for variable in &pipe.variables {
                if pipe.assigns {
                    state.assign(variable, value.clone())?;
                } else {
                    state.variables.push((variable, value.clone()));
                }
            }
            Ok(value)
        })
    }

    /// Gives a new value to the innermost variable of a name.
    pub(super) fn assign(&mut self, name: &str, value: Operand) -> Result<(), Error> {
        match self.variables.iter_mut().rev().find(|(other, _)| *other == name) {
            Some((_, slot)) => {
                *slot = value;
                Ok(())
            }
            None => Err(self.error(format!("undefined variable: {name}"))),
        }
    }

    fn lookup(&self, name: &str) -> Result<Operand, Error> {
        match self.variables.iter().rev().find(|(other, _)| *other == name) {
            Some((_, value)) => Ok(value.clone()),
            None => Err(self.error(format!("undefined variable: {name}"))),
        }
    }

    /// `last` is the value of the command before this one in the pipeline.
    fn command(
        &mut self,
        dot: &Operand,
        command: &'t Command,
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        let first = &command.arguments[0];
        let arguments = &*command.arguments;
        match &first.kind {
            TermKind::Field(fields) => {
                self.place = Some(Place::Term(first));
                self.field_chain(dot, dot.clone(), first, fields, arguments, last)
            }
            TermKind::Chain(term, fields) => self.chain(dot, first, term, fields, arguments, last),
            TermKind::Identifier(name) => {
                self.function(dot, first, name, Place::Command(command), arguments, last)
            }
            TermKind::Pipe(pipe) => {
                self.not_a_function(arguments, last.as_ref())?;
                self.pipeline(dot, pipe)
            }
            TermKind::Variable(name, fields) => self.variable(dot, first, name, fields, arguments, last),
            _ => {
                self.place = Some(Place::Term(first));
                self.not_a_function(arguments, last.as_ref())?;
                match &first.kind {
                    TermKind::Dot => Ok(dot.clone()),
                    TermKind::Nil => Err(self.error("nil is not a command")),
                    _ => self.constant(first),
                }
            }
        }
    }

    fn not_a_function(&self, arguments: &[Term], last: Option<&Operand>) -> Result<(), Error> {
        match arguments {
            [first, ..] if arguments.len() > 1 || last.is_some() => {
                Err(self.error(format!("can't give argument to non-function {first}")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn chain(
        &mut self,
        dot: &Operand,
        whole: &'t Term,
        term: &'t Term,
        fields: &'t [Word],
        arguments: &'t [Term],
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        self.place = Some(Place::Term(whole));
        if let TermKind::Nil = term.kind {
            return Err(self.error(format!("indirection through explicit nil in {whole}")));
        }
        let receiver = self.term(dot, term)?;
        self.field_chain(dot, receiver, whole, fields, arguments, last)
    }

    pub(super) fn variable(
        &mut self,
        dot: &Operand,
        term: &'t Term,
        name: &str,
        fields: &'t [Word],
        arguments: &'t [Term],
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        self.place = Some(Place::Term(term));
        let value = self.lookup(name)?;
        if fields.is_empty() {
            self.not_a_function(arguments, last.as_ref())?;
            return Ok(value);
        }
        self.field_chain(dot, value, term, fields, arguments, last)
    }

    /// The value of a constant, whose notation gives its type.
    pub(super) fn constant(&mut self, term: &'t Term) -> Result<Operand, Error> {
        self.place = Some(Place::Term(term));
        let value = match &term.kind {
            TermKind::Bool(value) => Value::Bool(*value),
            TermKind::String { value, .. } => Value::String(Text::from(value.clone())),
            TermKind::Number(number) => self.number(number)?,
            _ => {
                return Err(
                    self.error(format!("can't evaluate command {}", quote(term.to_string().as_bytes())))
                );
            }
        };
        Ok(Operand::new(value))
    }

    fn number(&self, number: &Number) -> Result<Value, Error> {
        match number {
            Number { complex: Some((real, imaginary)), .. } => Ok(Value::Complex(*real, *imaginary)),
            Number { float: Some(value), .. } if number.is_written_as_float() => Ok(Value::Float(*value)),
            Number { int: Some(value), .. } => Ok(Value::Int(*value)),
            _ => Err(self.error(format!("{} overflows int", number.text))),
        }
    }
}
