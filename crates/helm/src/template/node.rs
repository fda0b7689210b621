//! The tree that a template is parsed into.

use std::fmt;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use super::number::Number;
use super::quote::quote;

/// A parsed template.
#[derive(Debug)]
pub struct Tree {
    pub name: String,
    pub source: Rc<Source>,
    pub root: Box<[Node]>,
}

/// The text that trees are parsed from.
#[derive(Debug)]
pub struct Source {
    pub name: String,
    pub text: Arc<str>,
}

impl Source {
    /// `name:line:column`, with the column in bytes from zero.
    pub fn location(&self, position: Position) -> String {
        let position = position.get();
        let before = &self.text[..position.min(self.text.len())];
        let column = before.rfind('\n').map_or(position, |at| position - at - 1);
        format!("{}:{}:{column}", self.name, 1 + before.matches('\n').count())
    }
}

/// Bytes before a place in the source text. Trees of large charts have many, so they are small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position(u32);

impl Position {
    /// Most bytes of a source text.
    pub const MAX: usize = u32::MAX as usize;

    /// The place after these bytes, of which there are at most [`Self::MAX`].
    pub fn new(bytes: usize) -> Self {
        Self(u32::try_from(bytes).unwrap_or(u32::MAX))
    }

    pub fn get(self) -> usize {
        self.0 as usize
    }
}

/// A slice of the source text, without a copy.
#[derive(Clone)]
pub struct Word {
    source: Rc<Source>,
    start: Position,
    end: Position,
}

impl Word {
    /// The slice between two places.
    pub fn new(source: &Rc<Source>, start: usize, end: usize) -> Self {
        Self { source: source.clone(), start: Position::new(start), end: Position::new(end) }
    }
}

impl Deref for Word {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        &self.source.text[self.start.get()..self.end.get()]
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// A part of a template's body.
#[derive(Debug)]
pub enum Node {
    Text(Word),
    Action { position: Position, pipe: Pipe },
    If(Box<Branch>),
    With(Box<Branch>),
    Range(Box<Branch>),
    Template { position: Position, name: Box<str>, pipe: Option<Box<Pipe>> },
    Break { position: Position },
    Continue { position: Position },
}

/// `if`, `with` or `range`.
#[derive(Debug)]
pub struct Branch {
    pub pipe: Pipe,
    pub body: Box<[Node]>,
    pub otherwise: Option<Box<[Node]>>,
}

/// Commands of which each gets the result of the one before it, with declarations or assignments.
#[derive(Debug)]
pub struct Pipe {
    pub position: Position,
    pub assigns: bool,
    pub variables: Box<[Word]>,
    pub commands: Box<[Command]>,
}

#[derive(Debug)]
pub struct Command {
    pub position: Position,
    pub arguments: Box<[Term]>,
}

/// A term with its position.
#[derive(Debug)]
pub struct Term {
    pub position: Position,
    pub kind: TermKind,
}

#[derive(Debug)]
pub enum TermKind {
    Bool(bool),
    Number(Box<Number>),
    String {
        literal: Word,
        value: Rc<[u8]>,
    },
    Nil,
    Dot,
    Field(Box<[Word]>),
    /// The name with its `$`, and fields.
    Variable(Word, Box<[Word]>),
    Identifier(Word),
    Chain(Box<Term>, Box<[Word]>),
    Pipe(Box<Pipe>),
}

/// Reports whether a body has nothing but spaces (and comments, which are not in the tree).
pub fn is_empty(body: &[Node]) -> bool {
    body.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
}

/// What messages point to.
#[derive(Debug, Clone, Copy)]
pub enum Place<'t> {
    Node(&'t Node),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Term(&'t Term),
}

impl Place<'_> {
    pub fn position(&self) -> Position {
        match self {
            Self::Node(node) => node.position(),
            Self::Pipe(pipe) => pipe.position,
            Self::Command(command) => command.position,
            Self::Term(term) => term.position,
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => node.fmt(f),
            Self::Pipe(pipe) => pipe.fmt(f),
            Self::Command(command) => command.fmt(f),
            Self::Term(term) => term.fmt(f),
        }
    }
}

impl Node {
    pub fn position(&self) -> Position {
        match self {
            Self::Text(text) => text.start,
            Self::Action { position, .. }
            | Self::Template { position, .. }
            | Self::Break { position }
            | Self::Continue { position } => *position,
            Self::If(branch) | Self::With(branch) | Self::Range(branch) => branch.pipe.position,
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Action { pipe, .. } => write!(f, "{{{{{pipe}}}}}"),
            Self::If(branch) => branch.show("if", f),
            Self::With(branch) => branch.show("with", f),
            Self::Range(branch) => branch.show("range", f),
            Self::Template { name, pipe, .. } => {
                write!(f, "{{{{template {}", quote(name.as_bytes()))?;
                if let Some(pipe) = pipe {
                    write!(f, " {pipe}")?;
                }
                f.write_str("}}")
            }
            Self::Break { .. } => f.write_str("{{break}}"),
            Self::Continue { .. } => f.write_str("{{continue}}"),
        }
    }
}

impl Branch {
    fn show(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{{name} {}}}}}", self.pipe)?;
        self.body.iter().try_for_each(|node| write!(f, "{node}"))?;
        if let Some(otherwise) = &self.otherwise {
            f.write_str("{{else}}")?;
            otherwise.iter().try_for_each(|node| write!(f, "{node}"))?;
        }
        f.write_str("{{end}}")
    }
}

impl fmt::Display for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.variables.is_empty() {
            let names: Vec<&str> = self.variables.iter().map(|name| &**name).collect();
            write!(f, "{} {} ", names.join(", "), if self.assigns { "=" } else { ":=" })?;
        }
        for (at, command) in self.commands.iter().enumerate() {
            if at > 0 {
                f.write_str(" | ")?;
            }
            command.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, argument) in self.arguments.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            argument.nested(f)?;
        }
        Ok(())
    }
}

impl Term {
    /// Shows a pipeline in parentheses.
    fn nested(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TermKind::Pipe(pipe) => write!(f, "({pipe})"),
            _ => write!(f, "{self}"),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TermKind::Bool(value) => value.fmt(f),
            TermKind::Number(number) => f.write_str(&number.text),
            TermKind::String { literal, .. } => f.write_str(literal),
            TermKind::Nil => f.write_str("nil"),
            TermKind::Dot => f.write_str("."),
            TermKind::Field(fields) => show_fields(fields, f),
            TermKind::Variable(name, fields) => {
                f.write_str(name)?;
                show_fields(fields, f)
            }
            TermKind::Identifier(name) => f.write_str(name),
            TermKind::Chain(term, fields) => {
                term.nested(f)?;
                show_fields(fields, f)
            }
            TermKind::Pipe(pipe) => pipe.fmt(f),
        }
    }
}

fn show_fields(fields: &[Word], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    fields.iter().try_for_each(|field| write!(f, ".{field}"))
}
