//! Runs templates, by the rules of Go's text/template.

mod argument;
mod branch;
mod call;
mod field;
mod operand;
mod pipeline;

use std::collections::HashMap;
use std::rc::Rc;

use super::error::Error;
use super::format;
use super::node::{Node, Place, Tree};
use super::quote::quote;
use super::value::Value;
use super::{MissingKey, Templates};
use operand::Operand;

pub use call::Call;
pub(super) use operand::Operand as BuiltinArgument;

/// What templates that are executed together have used of their limits.
#[derive(Debug, Default)]
pub struct Run {
    /// Name of the template that is executed.
    template: String,
    /// How many numbers [`Call::serial`] has given.
    serial: u64,
    steps: u64,
    written: usize,
    /// Bytes of text and values that functions have made.
    made: usize,
    depth: usize,
    /// How many calls of [`Call::render`] run.
    renders: usize,
    /// How many calls of [`Call::include`] run, by name.
    includes: HashMap<String, usize>,
}

impl Run {
    /// Begins with another template.
    pub(super) fn begin(&mut self, template: &str) {
        template.clone_into(&mut self.template);
        self.serial = 0;
    }
}

/// Renders a template with data.
pub(super) fn render(
    templates: &Templates,
    run: &mut Run,
    tree: &Tree,
    data: Value,
) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let dot = Operand::new(data);
    State::new(templates, run, &mut out, tree, dot.clone()).body(&dot, &tree.root)?;
    Ok(out)
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Done,
    Break,
    Continue,
}

/// The execution of one template.
struct State<'t, 'r> {
    templates: &'r Templates,
    run: &'r mut Run,
    out: &'r mut Vec<u8>,
    tree: &'t Tree,
    /// What is being evaluated, for messages.
    place: Option<Place<'t>>,
    variables: Vec<(&'t str, Operand)>,
}

impl<'t, 'r> State<'t, 'r> {
    fn new(
        templates: &'r Templates,
        run: &'r mut Run,
        out: &'r mut Vec<u8>,
        tree: &'t Tree,
        dot: Operand,
    ) -> Self {
        Self { templates, run, out, tree, place: None, variables: vec![("$", dot)] }
    }

    fn error(&self, message: impl std::fmt::Display) -> Error {
        self.fail(Error::new(message.to_string()))
    }

    /// Prefixes an error with the place of the execution.
    fn fail(&self, cause: Error) -> Error {
        let name = &self.tree.name;
        let Some(place) = self.place else {
            return cause.prefix(format!("template: {name}: ")).executing(name);
        };
        let location = self.tree.source.location(place.position());
        let quoted = quote(name.as_bytes());
        cause.prefix(format!("template: {location}: executing {quoted} at <{place}>: ")).executing(name)
    }

    /// Counts a step of the execution.
    fn step(&mut self) -> Result<(), Error> {
        self.run.steps += 1;
        let limit = self.templates.limits.steps;
        if self.run.steps > limit {
            return Err(self.error(format!("exceeded maximum of {limit} steps")));
        }
        Ok(())
    }

    /// Runs a part one level deeper.
    fn nested<T>(&mut self, part: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let limit = self.templates.limits.depth;
        if self.run.depth >= limit {
            return Err(self.error(format!("exceeded maximum depth of {limit} levels")));
        }
        self.run.depth += 1;
        let result = part(self);
        self.run.depth -= 1;
        result
    }

    fn write(&mut self, text: &[u8]) -> Result<(), Error> {
        self.run.written += text.len();
        let limit = self.templates.limits.output;
        if self.run.written > limit {
            return Err(self.error(format!("exceeded maximum output of {limit} bytes")));
        }
        self.out.extend_from_slice(text);
        Ok(())
    }

    fn body(&mut self, dot: &Operand, nodes: &'t [Node]) -> Result<Flow, Error> {
        self.nested(|state| {
            for node in nodes {
                let flow = state.node(dot, node)?;
                if flow != Flow::Done {
                    return Ok(flow);
                }
            }
            Ok(Flow::Done)
        })
    }

    fn node(&mut self, dot: &Operand, node: &'t Node) -> Result<Flow, Error> {
        self.place = Some(Place::Node(node));
        self.step()?;
        match node {
            Node::Text(text) => self.write(text.as_bytes())?,
            Node::Action { pipe, .. } => {
                // Variables stay until the body ends; an action that declares some prints nothing.
                let value = self.pipeline(dot, pipe)?;
                if pipe.variables.is_empty() {
                    self.place = Some(Place::Node(node));
                    self.print(&value)?;
                }
            }
            Node::If(branch) => return self.choice(dot, branch, false),
            Node::With(branch) => return self.choice(dot, branch, true),
            Node::Range(branch) => return self.range(dot, branch, node),
            Node::Template { name, pipe, .. } => {
                let Some(tree) = self.templates.get(name) else {
                    return Err(self.error(format!("template {} not defined", quote(name.as_bytes()))));
                };
                let dot = match pipe {
                    Some(pipe) => self.pipeline(dot, pipe)?,
                    None => Operand::default(),
                };
                self.template(&tree, &dot)?;
            }
            Node::Break { .. } => return Ok(Flow::Break),
            Node::Continue { .. } => return Ok(Flow::Continue),
        }
        Ok(Flow::Done)
    }

    /// Runs another template, which sees none of the variables.
    fn template(&mut self, tree: &Rc<Tree>, dot: &Operand) -> Result<(), Error> {
        State::new(self.templates, self.run, self.out, tree, dot.clone()).body(dot, &tree.root)?;
        Ok(())
    }

    fn print(&mut self, value: &Operand) -> Result<(), Error> {
        match &value.value {
            Value::Nil if !value.boxed => self.write(b"<no value>"),
            Value::String(text) => self.write(text.as_bytes()),
            value => {
                let text = format::print(std::slice::from_ref(value));
                self.write(&text)
            }
        }
    }

    fn missing_key(&self) -> MissingKey {
        self.templates.missing_key
    }
}
