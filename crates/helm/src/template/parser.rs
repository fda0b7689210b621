//! Parses a template into trees: one for the text, and one for each template that it defines.

mod control;
mod pipeline;

use std::rc::Rc;
use std::sync::Arc;

use super::error::Error;
use super::lexer::{Delimiters, Lexer};
use super::node::{Command, Node, Position, Source, Term, Tree, Word, is_empty};
use super::quote::unquote;
use super::token::{Kind, Token};

/// Deepest nesting of blocks and parentheses. Go allows 10,000 parentheses and any number of blocks.
pub const MAX_NESTING: usize = 250;

/// Parses `text`. `has_function` knows the functions that it may call. The first tree is that of the text itself.
pub fn parse(
    name: &str,
    text: &Arc<str>,
    delimiters: Delimiters<'_>,
    has_function: &dyn Fn(&str) -> bool,
) -> Result<Vec<Tree>, Error> {
    if text.len() > Position::MAX {
        return Err(Error::new(format!("template: {name}: exceeded maximum of {} bytes", Position::MAX)));
    }
    let source = Rc::new(Source { name: name.to_owned(), text: text.clone() });
    let mut shared = Shared {
        lexer: Lexer::new(text, delimiters),
        source: source.clone(),
        has_function,
        trees: Vec::new(),
        nesting: 0,
        nodes: Vec::new(),
        commands: Vec::new(),
        terms: Vec::new(),
    };
    let mut parser = Parser::new(&mut shared);
    let root = parser.document()?;
    parser.add(name.to_owned(), root)?;
    let mut trees = shared.trees;
    let main = trees.iter().position(|tree| tree.name == name).unwrap_or_default();
    trees.swap(0, main);
    Ok(trees)
}

/// What the parsers of a text and of its definitions share.
struct Shared<'a> {
    lexer: Lexer<'a>,
    source: Rc<Source>,
    has_function: &'a dyn Fn(&str) -> bool,
    trees: Vec<Tree>,
    nesting: usize,
    /// Parts of bodies, pipelines and commands that are parsed, which take the memory that they need when they are complete.
    nodes: Vec<Node>,
    commands: Vec<Command>,
    terms: Vec<Term>,
}

/// The parser of one tree.
struct Parser<'a, 's> {
    shared: &'s mut Shared<'a>,
    /// Tokens that were read ahead; the last one is next.
    pending: Vec<Token<'a>>,
    /// Position of the last token that was read, for messages.
    last: Option<usize>,
    /// Position of the action that is parsed.
    action: Option<usize>,
    variables: Vec<&'a str>,
    range_depth: usize,
}

/// What ends a body.
enum Ending {
    End,
    Else,
}

/// What an action is: a node, or the end of a body.
enum Parsed {
    Node(Node),
    Ending(Ending),
}

impl<'a, 's> Parser<'a, 's> {
    fn new(shared: &'s mut Shared<'a>) -> Self {
        Self { shared, pending: Vec::new(), last: None, action: None, variables: vec!["$"], range_depth: 0 }
    }

    fn next(&mut self) -> Token<'a> {
        if let Some(token) = self.pending.pop() {
            return token;
        }
        let token = self.shared.lexer.token();
        self.last = Some(token.position);
        token
    }

    #[inline]
    fn back(&mut self, token: Token<'a>) {
        self.pending.push(token);
    }

    #[inline]
    fn peek(&mut self) -> Token<'a> {
        if let Some(token) = self.pending.last() {
            return *token;
        }
        let token = self.next();
        self.back(token);
        token
    }

    fn next_non_space(&mut self) -> Token<'a> {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Token<'a> {
        let token = self.next_non_space();
        self.back(token);
        token
    }

    fn error(&self, message: impl std::fmt::Display) -> Error {
        Error::new(format!("template: {}:{}: {message}", self.shared.source.name, self.line()))
    }

    fn line(&self) -> usize {
        self.last.map_or(0, |position| self.shared.lexer.line(position))
    }

    fn unexpected(&self, token: &Token<'_>, context: &str) -> Error {
        if token.kind != Kind::Error {
            return self.error(format!("unexpected {token} in {context}"));
        }
        let message = self.shared.lexer.message();
        let line = |position| self.shared.lexer.line(position);
        let Some(start) = self.action.map(line).filter(|start| *start != line(token.position)) else {
            return self.error(message);
        };
        let place = format!("started at {}:{start}", self.shared.source.name);
        let joint = if message.ends_with(" action") { " " } else { " in action " };
        self.error(format!("{message}{joint}{place}"))
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Token<'a>, Error> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(&token, context)) }
    }

    /// The name of a template, a quoted string.
    fn template_name(&mut self, token: &Token<'_>, context: &str) -> Result<String, Error> {
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return Err(self.unexpected(token, context));
        }
        Ok(String::from_utf8_lossy(&self.unquote(token.value)?).into_owned())
    }

    fn word(&self, token: &Token<'_>) -> Word {
        Word::new(&self.shared.source, token.position, token.position + token.value.len())
    }

    fn unquote(&self, literal: &str) -> Result<Vec<u8>, Error> {
        unquote(literal).ok_or_else(|| self.error(super::quote::INVALID))
    }

    /// Runs a part of the parser one level deeper.
    fn nested<T>(&mut self, part: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.shared.nesting >= MAX_NESTING {
            return Err(self.error("max expression depth exceeded"));
        }
        self.shared.nesting += 1;
        let result = part(self);
        self.shared.nesting -= 1;
        result
    }

    fn document(&mut self) -> Result<Box<[Node]>, Error> {
        let start = self.shared.nodes.len();
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelimiter {
                let delimiter = self.next();
                let token = self.next_non_space();
                if token.kind == Kind::Define {
                    Parser::new(self.shared).definition()?;
                    continue;
                }
                self.back(token);
                self.back(delimiter);
            }
            match self.text_or_action()? {
                Parsed::Node(node) => self.shared.nodes.push(node),
                Parsed::Ending(ending) => return Err(self.error(format!("unexpected {ending}"))),
            }
        }
        Ok(self.shared.nodes.drain(start..).collect())
    }

    fn definition(&mut self) -> Result<(), Error> {
        let context = "define clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, context)?;
        self.expect(Kind::RightDelimiter, context)?;
        let (body, ending) = self.nested(Self::body)?;
        if let Ending::Else = ending {
            return Err(self.error(format!("unexpected {ending} in {context}")));
        }
        self.add(name, body)
    }

    /// Nodes up to `{{end}}` or `{{else}}`.
    fn body(&mut self) -> Result<(Box<[Node]>, Ending), Error> {
        let start = self.shared.nodes.len();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Parsed::Node(node) => self.shared.nodes.push(node),
                Parsed::Ending(ending) => return Ok((self.shared.nodes.drain(start..).collect(), ending)),
            }
        }
        Err(self.error("unexpected EOF"))
    }

    fn text_or_action(&mut self) -> Result<Parsed, Error> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Parsed::Node(Node::Text(self.word(&token)))),
            Kind::LeftDelimiter => {
                self.action = Some(token.position);
                let parsed = self.action()?;
                self.action = None;
                Ok(parsed)
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    /// Adds a tree. A template may be defined once, apart from empty ones.
    fn add(&mut self, name: String, root: Box<[Node]>) -> Result<(), Error> {
        let tree = Tree { name, source: self.shared.source.clone(), root };
        match self.shared.trees.iter_mut().find(|other| other.name == tree.name) {
            None => self.shared.trees.push(tree),
            Some(other) if is_empty(&other.root) => *other = tree,
            Some(_) if is_empty(&tree.root) => {}
            Some(_) => {
                let name = super::quote::quote(tree.name.as_bytes());
                return Err(self.error(format!("template: multiple definition of template {name}")));
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        })
    }
}
