//! Checks of a value by a schema.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;
use serde_json::{Map, Value};

use super::{Problem, combined, format, limits};

/// Problems that are reported of one object; further ones are left out.
const MOST: usize = 50;

/// Deepest nesting of schemas. Schemas that refer to themselves without consuming a value end here.
const DEEPEST: usize = 200;

/// What happens to fields that a schema does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The API server refuses to apply the object.
    Refused,
    /// The controller drops them.
    Dropped,
}

/// A check of one object.
pub(super) struct Check<'a> {
    /// Document in which references are looked up.
    pub root: &'a Value,
    pub unknown: Unknown,
    pub problems: Vec<Problem>,
    patterns: RefCell<HashMap<String, Option<Regex>>>,
}

impl<'a> Check<'a> {
    pub fn new(root: &'a Value, unknown: Unknown) -> Self {
        Check { root, unknown, problems: Vec::new(), patterns: RefCell::default() }
    }

    /// Checks a part of an object by itself, for schemas of which only some must fit.
    pub fn apart(&self) -> Check<'a> {
        Check {
            patterns: RefCell::new(self.patterns.borrow().clone()),
            ..Check::new(self.root, self.unknown)
        }
    }

    pub fn fail(&mut self, field: &str, message: impl Into<String>) {
        self.add(Problem::error(field, message));
    }

    pub fn invalid(&mut self, field: &str, value: &Value, what: impl std::fmt::Display) {
        self.fail(field, format!("Invalid value: {value}: {field} in body {what}"));
    }

    pub fn add(&mut self, problem: Problem) {
        if self.problems.len() < MOST && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Whether nothing was found that makes the object invalid.
    pub fn is_valid(&self) -> bool {
        self.problems.iter().all(|problem| problem.is_warning)
    }

    /// Whether a text matches a pattern; true if the pattern cannot be read.
    pub fn matches(&self, pattern: &str, text: &str) -> bool {
        let mut patterns = self.patterns.borrow_mut();
        let compiled = patterns.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).ok());
        compiled.as_ref().is_none_or(|regex| regex.is_match(text))
    }

    /// Follows a reference within the document.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        for _ in 0..DEEPEST {
            let Some(reference) = schema["$ref"].as_str() else { break };
            let Some((_, pointer)) = reference.split_once('#') else { break };
            match self.root.pointer(pointer) {
                Some(found) => schema = found,
                None => break,
            }
        }
        schema
    }

    /// Checks the value of a field.
    pub fn value(&mut self, schema: &'a Value, value: &Value, field: &str, depth: usize) {
        if depth > DEEPEST || self.problems.len() >= MOST {
            return;
        }
        // These have their own notation, which is not that of their schema.
        if let Some(reference) = schema["$ref"].as_str()
            && (reference.ends_with("api.resource.Quantity")
                || reference.ends_with("util.intstr.IntOrString"))
        {
            if !(value.is_string() || value.is_number() || value.is_null()) {
                self.wrong_type(field, "string", value);
            }
            return;
        }
        let schema = self.resolved(schema);
        let Some(rules) = schema.as_object() else { return };
        if value.is_null() && (rules.get("nullable") == Some(&Value::Bool(true))) {
            return;
        }
        if !self.has_type(rules, value, field) {
            return;
        }
        match value {
            Value::Object(fields) => self.object(rules, fields, field, depth),
            Value::Array(items) => {
                limits::array(self, rules, items, field);
                if let Some(schema) = rules.get("items").filter(|schema| schema.is_object()) {
                    for (at, item) in items.iter().enumerate() {
                        self.value(schema, item, &format!("{field}[{at}]"), depth + 1);
                    }
                }
            }
            Value::String(text) => {
                limits::string(self, rules, text, field);
                if let Some(name) = rules.get("format").and_then(Value::as_str)
                    && !format::is_valid(name, text)
                {
                    self.invalid(field, value, format_args!("must be of type {name}: {value}"));
                }
            }
            Value::Number(number) => limits::number(self, rules, number, field),
            Value::Null | Value::Bool(_) => {}
        }
        if let Some(allowed) = rules.get("enum").and_then(Value::as_array)
            && !allowed.contains(value)
        {
            let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
            let allowed = allowed.join(", ");
            self.fail(field, format!("Unsupported value: {value}: supported values: {allowed}"));
        }
        combined::check(self, rules, value, field, depth);
    }

    /// Whether the value has a type that the rules allow.
    fn has_type(&mut self, rules: &Map<String, Value>, value: &Value, field: &str) -> bool {
        let names: Vec<&str> = match rules.get("type") {
            _ if is_set(rules, "x-kubernetes-int-or-string") => vec!["integer", "string"],
            Some(Value::String(name)) if rules.get("format").is_some_and(|it| it == "int-or-string") => {
                vec![name, "integer"]
            }
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => return true,
        };
        let fits = |name: &&str| match *name {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "number" => value.is_number(),
            "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            "null" => value.is_null(),
            // An unknown type means nothing.
            _ => true,
        };
        if names.iter().any(fits) {
            return true;
        }
        self.wrong_type(field, &names.join(","), value);
        false
    }

    fn wrong_type(&mut self, field: &str, expected: &str, value: &Value) {
        let found = type_name(value);
        self.fail(
            field,
            format!("Invalid value: \"{found}\": {field} in body must be of type {expected}: \"{found}\""),
        );
    }

    fn object(
        &mut self,
        rules: &'a Map<String, Value>,
        fields: &Map<String, Value>,
        field: &str,
        depth: usize,
    ) {
        limits::object(self, rules, fields, field);
        let properties = rules.get("properties").and_then(Value::as_object);
        let is_embedded = is_set(rules, "x-kubernetes-embedded-resource");
        let required = rules.get("required").and_then(Value::as_array).into_iter().flatten();
        let required = required.filter_map(Value::as_str);
        for name in required.chain(["apiVersion", "kind"].into_iter().filter(|_| is_embedded)) {
            // A default fills the field before the check.
            let has_default = || {
                properties
                    .is_some_and(|it| it.get(name).is_some_and(|it| !self.resolved(it)["default"].is_null()))
            };
            if !fields.contains_key(name) && !has_default() {
                self.fail(&below(field, name), "Required value");
            }
        }
        for (name, value) in fields {
            let place = below(field, name);
            if let Some(schema) = properties.and_then(|properties| properties.get(name)) {
                self.value(schema, value, &place, depth + 1);
                continue;
            }
            let patterns = rules.get("patternProperties").and_then(Value::as_object);
            let by_pattern =
                patterns.and_then(|it| it.iter().find(|(pattern, _)| self.matches(pattern, name)));
            if let Some((_, schema)) = by_pattern {
                self.value(schema, value, &place, depth + 1);
                continue;
            }
            match rules.get("additionalProperties") {
                Some(schema) if schema.is_object() => self.value(schema, value, &place, depth + 1),
                Some(Value::Bool(true)) => {}
                Some(Value::Bool(false)) => self.unknown_field(&place, properties, name),
                _ => {
                    let is_known = is_embedded && matches!(name.as_str(), "apiVersion" | "kind" | "metadata");
                    let is_open = is_set(rules, "x-kubernetes-preserve-unknown-fields");
                    // An object without properties may hold anything.
                    if !is_open && !is_known && properties.is_some_and(|properties| !properties.is_empty()) {
                        self.unknown_field(&place, properties, name);
                    }
                }
            }
        }
    }

    /// Reports a field that the schema does not have.
    pub fn unknown_field(&mut self, place: &str, properties: Option<&Map<String, Value>>, name: &str) {
        let known = properties.into_iter().flat_map(|it| it.keys());
        // A misspelling differs in case, or is one step away.
        let meant = known.into_iter().find(|known| {
            known.eq_ignore_ascii_case(name)
                || (name.len() > 3 && strsim::damerau_levenshtein(known, name) == 1)
        });
        let meant = meant.map(|known| format!("; did you mean {known}?")).unwrap_or_default();
        let is_warning = self.unknown == Unknown::Dropped;
        let message =
            if is_warning { "unknown field, which is dropped" } else { "field not declared in schema" };
        self.add(Problem { field: place.to_owned(), message: format!("{message}{meant}"), is_warning });
    }
}

/// Whether a rule is `true`.
pub(super) fn is_set(rules: &Map<String, Value>, name: &str) -> bool {
    rules.get(name) == Some(&Value::Bool(true))
}

/// Field of a field.
pub(super) fn below(field: &str, name: &str) -> String {
    if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
