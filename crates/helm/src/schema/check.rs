//! Validates values.

mod conditions;
mod values;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::draft::Draft;
use super::failure::{Failure, Kind, all_quoted, quoted};
use super::keywords::{Index, Schema, TYPES, equals, type_of};
use super::number::Decimal;
use super::reference::escape;
use crate::error::Error;
use crate::template::quote;

/// Most checks of a value with a schema, of all charts of a release.
const MAX_STEPS: u64 = 10_000_000;

/// Deepest nesting of such checks. Each level takes up to 4 KiB of the stack, in debug builds.
const MAX_DEPTH: usize = 5_000;

/// Most bytes of messages that the failures of one value may have.
const MAX_TEXT: usize = 16 << 20;

/// What may still be done.
#[derive(Debug, Default)]
pub struct Budget {
    steps: Cell<u64>,
}

impl Budget {
    pub fn take_step(&self) -> Result<(), Error> {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MAX_STEPS {
            return Err(Error::new(format!("exceeded maximum of {MAX_STEPS} checks")));
        }
        Ok(())
    }
}

/// A validation with a set of schemas.
pub struct Check<'s> {
    schemas: &'s [Schema],
    budget: &'s Budget,
    /// Schemas of the drafts that parts of a document have, by the pointer of the part.
    metaschemas: BTreeMap<&'s str, Index>,
    /// Bytes of the messages.
    text: Cell<usize>,
    /// Why the validation ended before its time.
    stopped: RefCell<Option<Error>>,
}

impl<'s> Check<'s> {
    pub fn new(schemas: &'s [Schema], budget: &'s Budget, metaschemas: BTreeMap<&'s str, Index>) -> Self {
        Self { schemas, budget, metaschemas, text: Cell::new(0), stopped: RefCell::default() }
    }

    /// Validates a value.
    ///
    /// # Errors
    /// A limit is exceeded.
    pub fn run(&self, root: Index, value: &Json) -> Result<Option<Failure>, Error> {
        let failure = self.whole(root, value, false, 0);
        match self.stopped.take() {
            Some(error) => Err(error),
            None => Ok(failure),
        }
    }

    /// Validates a value that is in no other one.
    fn whole(&self, root: Index, value: &Json, quiet: bool, depth: usize) -> Option<Failure> {
        let schema = &self.schemas[root];
        let scope = Scope { schema, index: root, keyword: "", value: 0, parent: None };
        let mut frame = Frame {
            check: self,
            value,
            place: &Place { token: Token::Root, parent: None },
            schema,
            scope: &scope,
            unevaluated: Unevaluated::of(value, schema, false),
            failures: Vec::new(),
            quiet,
            meta: (!self.metaschemas.is_empty()).then_some(root),
            depth,
        };
        let failure = frame.validate().err()?;
        Some(Failure {
            pointer: String::new(),
            kind: Kind::Schema(schema.location()),
            causes: failure.into_ungrouped(),
        })
    }

    fn stop(&self, error: Error) -> Failure {
        self.stopped.borrow_mut().get_or_insert(error);
        Failure::default()
    }
}

/// Where a value is.
struct Place<'p> {
    token: Token<'p>,
    parent: Option<&'p Place<'p>>,
}

#[derive(Clone, Copy)]
enum Token<'p> {
    Root,
    Key(&'p str),
    Item(usize),
}

impl Place<'_> {
    fn pointer(&self) -> String {
        let mut tokens = Vec::new();
        let mut place = Some(self);
        while let Some(at) = place {
            match at.token {
                Token::Root => {}
                Token::Key(key) => tokens.push(escape(key)),
                Token::Item(item) => tokens.push(item.to_string()),
            }
            place = at.parent;
        }
        tokens.iter().rev().flat_map(|token| ["/", token]).collect()
    }
}

/// The schemas on the way to a check.
struct Scope<'c> {
    schema: &'c Schema,
    index: Index,
    /// The keyword that refers to the schema; empty if it is a part of the one before.
    keyword: &'static str,
    /// Which value is checked: values in it have a larger number.
    value: usize,
    parent: Option<&'c Scope<'c>>,
}

impl<'c> Scope<'c> {
    fn chain(&self) -> impl Iterator<Item = &Scope<'c>> {
        std::iter::successors(Some(self), |scope| scope.parent)
    }

    /// The check of the same value with the same schema that this one is a part of.
    fn cycle(&self) -> Option<&Scope<'c>> {
        self.chain().skip(1).take_while(|it| it.value == self.value).find(|it| it.index == self.index)
    }

    /// The keywords on the way here.
    fn keywords(&self) -> String {
        let mut parts = Vec::new();
        for scope in self.chain() {
            let Some(parent) = scope.parent else { break };
            parts.push(if scope.keyword.is_empty() {
                let start = parent.schema.location().len();
                scope.schema.location().get(start..).unwrap_or_default().to_owned()
            } else {
                format!("/{}", escape(scope.keyword))
            });
        }
        parts.into_iter().rev().collect()
    }
}

/// Properties and items that no keyword has checked.
#[derive(Debug, Default)]
struct Unevaluated<'v> {
    properties: BTreeSet<&'v str>,
    items: BTreeSet<usize>,
}

impl<'v> Unevaluated<'v> {
    fn of(value: &'v Json, schema: &Schema, is_needed: bool) -> Self {
        let mut unevaluated = Self::default();
        match value {
            Json::Object(entries)
                if !schema.evaluates_all_properties()
                    && (is_needed || schema.unevaluated_properties.is_some()) =>
            {
                unevaluated.properties = entries.keys().map(String::as_str).collect();
            }
            Json::Array(items) if is_needed || schema.unevaluated_items.is_some() => {
                let (all, count) = schema.evaluated_items();
                if !all {
                    unevaluated.items = (count..items.len()).collect();
                }
            }
            _ => {}
        }
        unevaluated
    }

    fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.items.is_empty()
    }

    /// Removes what another check of the value has looked at.
    fn merge(&mut self, other: &Self) {
        self.properties.retain(|name| other.properties.contains(name));
        self.items.retain(|at| other.items.contains(at));
    }
}

/// The check of one value with one schema.
struct Frame<'v, 'f, 's> {
    check: &'f Check<'s>,
    value: &'v Json,
    place: &'f Place<'f>,
    schema: &'f Schema,
    scope: &'f Scope<'f>,
    unevaluated: Unevaluated<'v>,
    failures: Vec<Failure>,
    /// Whether only the success counts, and not the reason of a failure.
    quiet: bool,
    /// The schema of the draft, where a schema is validated.
    meta: Option<Index>,
    depth: usize,
}

impl<'v> Frame<'v, '_, '_> {
    fn validate(&mut self) -> Result<Unevaluated<'v>, Failure> {
        if self.check.stopped.borrow().is_some() {
            return Err(Failure::default());
        }
        self.check.budget.take_step().map_err(|error| self.check.stop(error))?;
        if self.depth > MAX_DEPTH {
            return Err(self
                .check
                .stop(Error::new(format!("exceeded maximum of {MAX_DEPTH} nested checks"))));
        }
        let schema = self.schema;
        match schema.boolean {
            Some(true) => return Ok(std::mem::take(&mut self.unevaluated)),
            Some(false) => return Err(self.failure("false schema")),
            None => {}
        }
        if let Some(cycle) = self.scope.cycle() {
            return Err(self.failure_of(|| {
                let (one, two) = (self.scope.keywords(), cycle.keywords());
                let url = quote(schema.location().as_bytes());
                format!("both {one} and {two} resolve to {url} causing reference cycle")
            }));
        }
        self.check_value()?;
        if let Some(target) = schema.reference {
            let result = self.validate_reference(target, "$ref");
            if !schema.is_since(Draft::Draft2019) {
                return result.map(|()| std::mem::take(&mut self.unevaluated));
            }
            self.add(result);
        }
        let value = self.value;
        match value {
            Json::Object(entries) => self.check_object(entries),
            Json::Array(items) => self.check_array(items),
            Json::String(text) => self.check_text(text),
            Json::Number(number) => self.check_number(number),
            Json::Null | Json::Bool(_) => {}
        }
        if self.failures.is_empty() || !self.quiet {
            if schema.is_since(Draft::Draft2019) {
                self.check_dynamic_references();
            }
            self.check_conditions();
            if schema.is_since(Draft::Draft2019) {
                self.check_unevaluated();
            }
        }
        match self.failures.len() {
            0 => Ok(std::mem::take(&mut self.unevaluated)),
            1 => Err(self.failures.pop().unwrap_or_default()),
            _ => {
                let causes = std::mem::take(&mut self.failures);
                let pointer = if self.quiet { String::new() } else { self.place.pointer() };
                Err(Failure { pointer, kind: Kind::Group, causes })
            }
        }
    }

    /// Checks the keywords after whose failure no other one is looked at.
    fn check_value(&self) -> Result<(), Failure> {
        let (schema, value) = (self.schema, self.value);
        let found = type_of(value);
        if !schema.types.is_empty() && !schema.types.contains(found) {
            let is_integer = value.as_number().is_some_and(|number| Decimal::of(number).is_integer());
            if !(is_integer && schema.types.contains(TYPES[3])) {
                return Err(
                    self.failure_of(|| format!("got {found}, want {}", schema.types.names().join(" or ")))
                );
            }
        }
        if let Some(constant) = &schema.constant
            && !equals(value, constant)
        {
            return Err(self.failure_of(|| match constant {
                Json::Array(_) | Json::Object(_) => "'const' failed".to_owned(),
                _ => format!("value must be {}", shown(constant)),
            }));
        }
        if let Some(allowed) = &schema.one_of_values
            && !allowed.iter().any(|allowed| equals(value, allowed))
        {
            return Err(self.failure_of(|| match allowed.as_slice() {
                all if all.iter().any(|it| it.is_array() || it.is_object()) => "'enum' failed".to_owned(),
                [only] => format!("value must be {}", shown(only)),
                all => {
                    let all: Vec<String> = all.iter().map(shown).collect();
                    format!("value must be one of {}", all.join(", "))
                }
            }));
        }
        if let Some(format) = &schema.format
            && let Json::String(text) = value
        {
            return format.check(text).map_err(|reason| {
                self.failure_of(|| format!("{} is not valid {}: {reason}", quoted(text), format.name()))
            });
        }
        Ok(())
    }

    /// Checks the same value with another schema.
    fn validate_self(&mut self, index: Index, keyword: &'static str, quiet: bool) -> Result<(), Failure> {
        let is_needed = !self.unevaluated.is_empty();
        let scope = self.scope;
        let value = scope.value;
        let checked = self.child(self.value, self.place, index, keyword, value, quiet, is_needed)?;
        self.unevaluated.merge(&checked);
        Ok(())
    }

    /// Checks a value in this one.
    fn validate_in(&self, index: Index, value: &Json, token: Token<'_>) -> Result<(), Failure> {
        let place = Place { token, parent: Some(self.place) };
        self.child(value, &place, index, "", self.scope.value + 1, false, false).map(drop)
    }

    #[expect(clippy::too_many_arguments, reason = "what differs between the checks of a value and in it")]
    fn child<'w>(
        &self,
        value: &'w Json,
        place: &Place<'_>,
        index: Index,
        keyword: &'static str,
        number: usize,
        quiet: bool,
        is_needed: bool,
    ) -> Result<Unevaluated<'w>, Failure> {
        let mut meta = self.meta;
        let mut index = index;
        if meta == Some(index)
            && let Some(own) = self.check.metaschemas.get(place.pointer().as_str())
        {
            (meta, index) = (Some(*own), *own);
        }
        let schema = &self.check.schemas[index];
        let scope = Scope { schema, index, keyword, value: number, parent: Some(self.scope) };
        let mut frame = Frame {
            check: self.check,
            value,
            place,
            schema,
            scope: &scope,
            unevaluated: Unevaluated::of(value, schema, is_needed),
            failures: Vec::new(),
            quiet: self.quiet || quiet,
            meta,
            depth: self.depth + 1,
        };
        frame.validate()
    }

    fn validate_reference(&mut self, index: Index, keyword: &'static str) -> Result<(), Failure> {
        self.validate_self(index, keyword, false).map_err(|failure| {
            let pointer = if self.quiet { String::new() } else { self.place.pointer() };
            Failure { pointer, kind: Kind::Reference, causes: failure.into_ungrouped() }
        })
    }

    fn check_dynamic_references(&mut self) {
        let (schema, schemas) = (self.schema, self.check.schemas);
        if let Some(first) = schema.recursive_reference {
            let mut target = first;
            if schemas[first].recursive_anchor {
                for scope in self.scope.chain() {
                    if schemas[scope.schema.resource].recursive_anchor {
                        target = scope.index;
                    }
                }
            }
            let result = self.validate_reference(target, "$recursiveRef");
            self.add(result);
        }
        if let Some((first, name)) = &schema.dynamic_reference {
            let mut target = *first;
            if !name.is_empty() && schemas[*first].dynamic_anchor == *name {
                for scope in self.scope.chain() {
                    if let Some(found) = schemas[scope.schema.resource].dynamic_anchors.get(name) {
                        target = *found;
                    }
                }
            }
            let result = self.validate_reference(target, "$dynamicRef");
            self.add(result);
        }
    }

    /// A failure with a fixed message.
    fn failure(&self, message: &str) -> Failure {
        self.failure_of(|| message.to_owned())
    }

    fn failure_of(&self, message: impl FnOnce() -> String) -> Failure {
        if self.quiet {
            return Failure::default();
        }
        let (pointer, message) = (self.place.pointer(), message());
        self.check.text.set(self.check.text.get() + pointer.len() + message.len() + 64);
        if self.check.text.get() > MAX_TEXT {
            return self.check.stop(Error::new(format!("exceeded maximum of {MAX_TEXT} bytes of failures")));
        }
        Failure { pointer, kind: Kind::Message(message), causes: Vec::new() }
    }

    fn add(&mut self, result: Result<(), Failure>) {
        self.failures.extend(result.err());
    }

    fn fail(&mut self, message: impl FnOnce() -> String) {
        let failure = self.failure_of(message);
        self.failures.push(failure);
    }

    fn fail_with(&mut self, causes: Vec<Failure>, message: &str) {
        let failure = self.failure(message);
        self.failures.push(Failure { causes, ..failure });
    }
}

/// A value in a message.
fn shown(value: &Json) -> String {
    match value {
        Json::Null => "<nil>".to_owned(),
        Json::String(text) => quoted(text),
        Json::Array(_) | Json::Object(_) => "value".to_owned(),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
    }
}

/// The properties that a value lacks.
fn missing<'r>(entries: &serde_json::Map<String, Json>, required: &'r [String]) -> Vec<&'r str> {
    required.iter().map(String::as_str).filter(|name| !entries.contains_key(*name)).collect()
}

/// What a property asks for, in words.
fn dependency_message(name: &str, missing: &[&str]) -> String {
    format!("properties {} required, if {} exists", all_quoted(missing), quoted(name))
}
