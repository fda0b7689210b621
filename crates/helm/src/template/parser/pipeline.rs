//! Pipelines, commands and terms.

use super::Parser;
use crate::template::error::Error;
use crate::template::node::{Command, Pipe, Position, Term, TermKind, Word};
use crate::template::number::Number;
use crate::template::quote::quote;
use crate::template::token::{Kind, Token};

/// Variables that a pipeline declares or assigns.
#[derive(Default)]
struct Declared {
    assigns: bool,
    variables: Vec<Word>,
}

impl<'a> Parser<'a, '_> {
    /// Declarations and commands, up to a token of kind `end`.
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipe, Error> {
        let position = Position::new(self.peek_non_space().position);
        let mut declared = Declared::default();
        while self.declaration(&mut declared, context)? {}
        let start = self.shared.commands.len();
        loop {
            let token = self.next_non_space();
            if token.kind == end {
                let commands: Box<[Command]> = self.shared.commands.drain(start..).collect();
                self.check(&commands, context)?;
                let Declared { assigns, variables } = declared;
                return Ok(Pipe { position, assigns, variables: variables.into(), commands });
            }
            if !token.kind.is_term() {
                return Err(self.unexpected(&token, context));
            }
            self.back(token);
            let command = self.command()?;
            self.shared.commands.push(command);
        }
    }

    /// A variable with `:=`, `=` or a comma after it. Returns whether another one may follow.
    fn declaration(&mut self, declared: &mut Declared, context: &str) -> Result<bool, Error> {
        if self.peek_non_space().kind != Kind::Variable {
            return Ok(false);
        }
        let variable = self.next();
        let after = self.next();
        let next = if after.kind == Kind::Space { self.next_non_space() } else { after };
        match next.kind {
            Kind::Assign | Kind::Declare => {
                declared.assigns = next.kind == Kind::Assign;
                self.declare(declared, variable);
                Ok(false)
            }
            Kind::Char if next.value == "," => {
                self.declare(declared, variable);
                if context == "range" && declared.variables.len() < 2 {
                    let kind = self.peek_non_space().kind;
                    return match kind {
                        Kind::Variable | Kind::RightDelimiter | Kind::RightParen => Ok(true),
                        _ => Err(self.error("range can only initialize variables")),
                    };
                }
                Err(self.error(format!("too many declarations in {context}")))
            }
            _ => {
                self.back(next);
                if after.kind == Kind::Space {
                    self.back(after);
                }
                self.back(variable);
                Ok(false)
            }
        }
    }

    fn declare(&mut self, declared: &mut Declared, variable: Token<'a>) {
        declared.variables.push(self.word(&variable));
        self.variables.push(variable.value);
    }

    fn check(&self, commands: &[Command], context: &str) -> Result<(), Error> {
        if commands.is_empty() {
            return Err(self.error(format!("missing value for {context}")));
        }
        for (at, command) in commands.iter().enumerate().skip(1) {
            if let TermKind::Bool(_)
            | TermKind::Dot
            | TermKind::Nil
            | TermKind::Number(_)
            | TermKind::String { .. } = command.arguments[0].kind
            {
                return Err(self.error(format!("non executable command in pipeline stage {}", at + 1)));
            }
        }
        Ok(())
    }

    /// Terms up to `|`, which is read, or to the end of the pipeline, which is not.
    fn command(&mut self) -> Result<Command, Error> {
        let position = Position::new(self.peek_non_space().position);
        let start = self.shared.terms.len();
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                self.shared.terms.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelimiter | Kind::RightParen => self.back(token),
                Kind::Pipe => {}
                _ => return Err(self.unexpected(&token, "operand")),
            }
            break;
        }
        if self.shared.terms.len() == start {
            return Err(self.error("empty command"));
        }
        Ok(Command { position, arguments: self.shared.terms.drain(start..).collect() })
    }

    /// A term with the fields after it.
    fn operand(&mut self) -> Result<Option<Term>, Error> {
        let Some(mut term) = self.term()? else {
            return Ok(None);
        };
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(Some(term));
        }
        let position = Position::new(first.position);
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            let field = self.next();
            fields.push(self.field(&field));
        }
        let kind = match term.kind {
            TermKind::Field(start) => TermKind::Field(start.into_iter().chain(fields).collect()),
            TermKind::Variable(name, start) => {
                TermKind::Variable(name, start.into_iter().chain(fields).collect())
            }
            TermKind::Bool(_)
            | TermKind::String { .. }
            | TermKind::Number(_)
            | TermKind::Nil
            | TermKind::Dot => {
                let shown = quote(term.to_string().as_bytes());
                return Err(self.error(format!("unexpected . after term {shown}")));
            }
            kind => {
                term.kind = kind;
                TermKind::Chain(Box::new(term), fields.into())
            }
        };
        Ok(Some(Term { position, kind }))
    }

    /// The name of a field, without the period.
    fn field(&self, token: &Token<'_>) -> Word {
        self.word(&Token { position: token.position + 1, value: &token.value[1..], ..*token })
    }

    fn term(&mut self) -> Result<Option<Term>, Error> {
        let token = self.next_non_space();
        let kind = match token.kind {
            Kind::Identifier => {
                if !(self.shared.has_function)(token.value) {
                    let name = quote(token.value.as_bytes());
                    return Err(self.error(format!("function {name} not defined")));
                }
                TermKind::Identifier(self.word(&token))
            }
            Kind::Dot => TermKind::Dot,
            Kind::Nil => TermKind::Nil,
            Kind::Variable => {
                if !self.variables.contains(&token.value) {
                    let name = quote(token.value.as_bytes());
                    return Err(self.error(format!("undefined variable {name}")));
                }
                TermKind::Variable(self.word(&token), Box::default())
            }
            Kind::Field => TermKind::Field([self.field(&token)].into()),
            Kind::Bool => TermKind::Bool(token.value == "true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                let number = Number::parse(token.value, token.kind);
                TermKind::Number(Box::new(number.map_err(|message| self.error(message))?))
            }
            Kind::LeftParen => {
                let pipe =
                    self.nested(|parser| parser.pipeline("parenthesized pipeline", Kind::RightParen))?;
                return Ok(Some(Term { position: pipe.position, kind: TermKind::Pipe(Box::new(pipe)) }));
            }
            Kind::String | Kind::RawString => {
                TermKind::String { value: self.unquote(token.value)?.into(), literal: self.word(&token) }
            }
            _ => {
                self.back(token);
                return Ok(None);
            }
        };
        Ok(Some(Term { position: Position::new(token.position), kind }))
    }
}
