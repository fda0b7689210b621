//! Go's text/template: the whole grammar, the built-in functions and the messages of Go 1.26.
//!
//! [`Templates`] is a set of named templates that can call each other. [`Functions`] are what they can call beside Go's
//! own; [`Value`] is what they are given.

mod builtin;
mod error;
mod exec;
mod format;
mod function;
mod lexer;
mod limits;
mod node;
mod number;
mod parsed;
mod parser;
mod quote;
mod stack;
mod token;
mod unicode;
mod value;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

pub use error::Error;
pub use exec::{Call, Run};
pub use function::{Body, Function, Functions, Signature, Type};
pub use lexer::Delimiters;
pub use limits::Limits;
pub use parsed::Parsed;
pub use stack::on_large_stack;
pub use value::{Element, Json, List, Map, MapType, Members, Object, Shape, Text, Value};

pub(crate) use format::{format_float, print};
pub(crate) use limits::{ENTRY, ITEM, LIST, MAP, MAX_ITEMS, MAX_TEXT};
pub(crate) use number::{parse_float, parse_int};
pub(crate) use quote::{quote, quote_char};
pub(crate) use unicode::{is_digit, is_letter};

pub(crate) use unicode::is_printable;

use node::{Tree, is_empty};

/// What a field is that a map does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingKey {
    /// No value at all, whose own fields are missing too.
    #[default]
    Default,
    /// The zero value of the map's entries: nil for most maps, whose fields are an error. What Helm does.
    Zero,
    /// An error.
    Error,
}

/// A set of named templates. Clones share the parsed templates.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    name: String,
    trees: Rc<HashMap<String, Rc<Tree>>>,
    /// Templates of a text that is rendered by a template. They come first.
    own: HashMap<String, Rc<Tree>>,
    functions: Rc<Functions>,
    missing_key: MissingKey,
    limits: Limits,
    delimiters: Option<(String, String)>,
}

impl Templates {
    /// An empty set. Its name is that of templates without one of their own, as those of [`Call::render`].
    pub fn new(name: impl Into<String>, functions: Functions) -> Self {
        Self { name: name.into(), functions: Rc::new(functions), ..Self::default() }
    }

    /// The same set with a rule for missing keys.
    #[must_use]
    pub fn missing_key(self, missing_key: MissingKey) -> Self {
        Self { missing_key, ..self }
    }

    /// The same set with other limits.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same set with other delimiters for templates that are parsed from now on.
    #[must_use]
    pub fn delimiters(self, left: &str, right: &str) -> Self {
        Self { delimiters: Some((left.to_owned(), right.to_owned())), ..self }
    }

    /// Parses text as the template of a name, with the templates that it defines. They replace those of the same names,
    /// unless they are empty.
    pub fn parse(&mut self, name: &str, text: &str) -> Result<(), Error> {
        self.parse_once(&mut Parsed::default(), name, &text.into())
    }

    /// Like [`Templates::parse`], but reuses the trees if the same text was parsed under this name before.
    pub(crate) fn parse_once(
        &mut self,
        parsed: &mut Parsed,
        name: &str,
        text: &Arc<str>,
    ) -> Result<(), Error> {
        let trees = parsed.get(name, text, || self.trees_of(name, text))?;
        for tree in trees.iter() {
            if self.takes(tree) {
                Rc::make_mut(&mut self.trees).insert(tree.name.clone(), tree.clone());
            }
        }
        Ok(())
    }

    /// Parses text as the template that has the name of the set, and returns it. The other sets do not get the templates.
    fn parse_own(&mut self, text: &str) -> Result<Rc<Tree>, Error> {
        let trees = self.trees_of(&self.name, &text.into())?;
        let main = trees[0].clone();
        for tree in trees {
            if self.takes(&tree) {
                self.own.insert(tree.name.clone(), tree);
            }
        }
        Ok(main)
    }

    /// The template of a text, and those that it defines.
    fn trees_of(&self, name: &str, text: &Arc<str>) -> Result<Vec<Rc<Tree>>, Error> {
        let delimiters = match &self.delimiters {
            Some((left, right)) => Delimiters { left, right },
            None => Delimiters::default(),
        };
        let has_function = |name: &str| self.functions.get(name).is_some() || builtin::find(name).is_some();
        Ok(parser::parse(name, text, delimiters, &has_function)?.into_iter().map(Rc::new).collect())
    }

    /// Reports whether a template is added: an empty one does not replace another.
    fn takes(&self, tree: &Tree) -> bool {
        !is_empty(&tree.root) || self.get(&tree.name).is_none()
    }

    fn get(&self, name: &str) -> Option<Rc<Tree>> {
        self.own.get(name).or_else(|| self.trees.get(name)).cloned()
    }

    fn not_associated(&self, name: &str) -> Error {
        let (name, own) = (quote::quote(name.as_bytes()), quote::quote(self.name.as_bytes()));
        Error::new(format!("template: no template {name} associated with template {own}"))
    }

    /// Renders a template. A value that is missing becomes `<no value>`.
    pub fn execute(&self, name: &str, data: Value) -> Result<Vec<u8>, Error> {
        self.execute_in(&mut Run::default(), name, data)
    }

    /// Renders a template as one of several that share the limits of a run.
    pub fn execute_in(&self, run: &mut Run, name: &str, data: Value) -> Result<Vec<u8>, Error> {
        let tree = self.get(name).ok_or_else(|| self.not_associated(name))?;
        run.begin(name);
        exec::render(self, run, &tree, data)
    }
}
