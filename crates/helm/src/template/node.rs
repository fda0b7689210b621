//! The tree that a template is parsed into.

use std::fmt;
use std::ops::{Deref, Range};
use std::rc::Rc;

use super::number::Number;
use super::quote::quote;

/// A parsed template.
#[derive(Debug)]
pub struct Tree {
    pub name: String,
    pub source: Rc<Source>,
    pub root: Vec<Node>,
}

/// The text that trees are parsed from.
#[derive(Debug)]
pub struct Source {
    pub name: String,
    pub text: Rc<str>,
}

impl Source {
    /// `name:line:column`, with the column in bytes from zero.
    pub fn location(&self, position: usize) -> String {
        let before = &self.text[..position.min(self.text.len())];
        let column = before.rfind('\n').map_or(position, |at| position - at - 1);
        format!("{}:{}:{column}", self.name, 1 + before.matches('\n').count())
    }
}

/// A slice of the source text, without a copy.
#[derive(Clone)]
pub struct Word {
    source: Rc<Source>,
    range: Range<usize>,
}

impl Word {
    /// The slice of these bytes.
    pub fn new(source: &Rc<Source>, range: Range<usize>) -> Self {
        Self { source: source.clone(), range }
    }
}

impl Deref for Word {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        &self.source.text[self.range.clone()]
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
    Action { position: usize, pipe: Pipe },
    If(Box<Branch>),
    With(Box<Branch>),
    Range(Box<Branch>),
    Template { position: usize, name: String, pipe: Option<Box<Pipe>> },
    Break { position: usize },
    Continue { position: usize },
}

/// `if`, `with` or `range`.
#[derive(Debug)]
pub struct Branch {
    pub position: usize,
    pub pipe: Pipe,
    pub body: Vec<Node>,
    pub otherwise: Option<Vec<Node>>,
}

/// Commands of which each gets the result of the one before it, with declarations or assignments.
#[derive(Debug)]
pub struct Pipe {
    pub position: usize,
    pub assigns: bool,
    pub variables: Vec<Word>,
    pub commands: Vec<Command>,
}

#[derive(Debug)]
pub struct Command {
    pub position: usize,
    pub arguments: Vec<Term>,
}

/// A term with its position.
#[derive(Debug)]
pub struct Term {
    pub position: usize,
    pub kind: TermKind,
}

#[derive(Debug)]
pub enum TermKind {
    Bool(bool),
    Number(Number),
    String {
        literal: Word,
        value: Rc<[u8]>,
    },
    Nil,
    Dot,
    Field(Vec<Word>),
    /// The name with its `$`, and fields.
    Variable(Word, Vec<Word>),
    Identifier(Word),
    Chain(Box<Term>, Vec<Word>),
    Pipe(Pipe),
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
    pub fn position(&self) -> usize {
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
    pub fn position(&self) -> usize {
        match self {
            Self::Text(text) => text.range.start,
            Self::Action { position, .. }
            | Self::Template { position, .. }
            | Self::Break { position }
            | Self::Continue { position } => *position,
            Self::If(branch) | Self::With(branch) | Self::Range(branch) => branch.position,
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
