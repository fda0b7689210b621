//! Keywords for maps, lists, texts and numbers.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Map, Number, Value as Json};

use super::super::draft::Draft;
use super::super::failure::{Kind, all_quoted, quoted};
use super::super::keywords::{Additional, Dependency, Items};
use super::super::number::{Decimal, count, shown};
use super::{Frame, Token, dependency_message, missing};
use crate::functions::compile_regex;

/// Whether a number that compares so with a bound is wrong.
type IsWrong = fn(Ordering) -> bool;

fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

impl<'v> Frame<'v, '_, '_> {
    /// Checks a length with its bounds.
    fn check_length(&mut self, what: &str, found: usize, minimum: Option<i64>, maximum: Option<i64>) {
        let found = length(found);
        if let Some(minimum) = minimum.filter(|minimum| found < *minimum) {
            self.fail(|| format!("min{what}: got {}, want {}", count(found), count(minimum)));
        }
        if let Some(maximum) = maximum.filter(|maximum| found > *maximum) {
            self.fail(|| format!("max{what}: got {}, want {}", count(found), count(maximum)));
        }
    }

    pub(super) fn check_object(&mut self, entries: &'v Map<String, Json>) {
        let schema = self.schema;
        self.check_length("Properties", entries.len(), schema.min_properties, schema.max_properties);
        match missing(entries, &schema.required).as_slice() {
            [] => {}
            [name] => self.fail(|| format!("missing property {}", quoted(name))),
            names => self.fail(|| format!("missing properties {}", all_quoted(names))),
        }
        if self.quiet && !self.failures.is_empty() {
            return;
        }
        for (name, dependency) in schema.dependencies.iter().filter(|(name, _)| entries.contains_key(*name)) {
            match dependency {
                Dependency::Schema(index) => {
                    let result = self.validate_self(*index, "", false);
                    self.add(result);
                }
                Dependency::Properties(required) => self.check_dependency(entries, name, required),
            }
        }
        self.check_properties(entries);
        if let Some(index) = schema.property_names {
            for name in entries.keys() {
                let failure =
                    self.check.whole(index, &Json::String(name.clone()), self.quiet, self.depth + 1);
                if let Some(mut failure) = failure {
                    failure.kind = Kind::Message(format!("invalid propertyName {}", quoted(name)));
                    self.failures.push(failure);
                }
            }
        }
        for (_, index) in schema.dependent_schemas.iter().filter(|(name, _)| entries.contains_key(*name)) {
            let result = self.validate_self(*index, "", false);
            self.add(result);
        }
        for (name, required) in &schema.dependent_required {
            if entries.contains_key(name) {
                self.check_dependency(entries, name, required);
            }
        }
    }

    fn check_dependency(&mut self, entries: &Map<String, Json>, name: &str, required: &[String]) {
        let missing = missing(entries, required);
        if !missing.is_empty() {
            self.fail(|| dependency_message(name, &missing));
        }
    }

    fn check_properties(&mut self, entries: &'v Map<String, Json>) {
        let schema = self.schema;
        let mut additional = Vec::new();
        for (name, value) in entries {
            if self.quiet && !self.failures.is_empty() {
                return;
            }
            let mut evaluated = false;
            if let Some(index) = schema.properties.get(name) {
                evaluated = true;
                let result = self.validate_in(*index, value, Token::Key(name));
                self.add(result);
            }
            for (pattern, index) in &schema.pattern_properties {
                if matches(pattern, name) {
                    evaluated = true;
                    let result = self.validate_in(*index, value, Token::Key(name));
                    self.add(result);
                }
            }
            match schema.additional_properties {
                Some(Additional::Any(is_allowed)) if !evaluated => {
                    evaluated = true;
                    if !is_allowed {
                        additional.push(name);
                    }
                }
                Some(Additional::Schema(index)) if !evaluated => {
                    evaluated = true;
                    let result = self.validate_in(index, value, Token::Key(name));
                    self.add(result);
                }
                _ => {}
            }
            if evaluated {
                self.unevaluated.properties.remove(name.as_str());
            }
        }
        if !additional.is_empty() {
            self.fail(|| format!("additional properties {} not allowed", all_quoted(&additional)));
        }
    }

    pub(super) fn check_array(&mut self, items: &'v [Json]) {
        let schema = self.schema;
        self.check_length("Items", items.len(), schema.min_items, schema.max_items);
        if schema.unique_items
            && let Some((one, other)) = duplicates(items)
        {
            self.fail(|| format!("items at {} and {} are equal", count(length(one)), count(length(other))));
        }
        if schema.is_since(Draft::Draft2020) {
            let rest = schema.prefix_items.len().min(items.len());
            self.check_items(items, |at| schema.prefix_items.get(at).copied());
            if let Some(index) = schema.rest_items {
                self.check_items(&items[rest..], |_| Some(index));
            }
        } else {
            let evaluated = match &schema.items {
                Items::Any => 0,
                Items::All(index) => {
                    self.check_items(items, |_| Some(*index));
                    items.len()
                }
                Items::Each(each) => {
                    self.check_items(items, |at| each.get(at).copied());
                    each.len().min(items.len())
                }
            };
            match schema.additional_items {
                Some(Additional::Any(false)) if evaluated != items.len() => {
                    let left = count(length(items.len() - evaluated));
                    self.fail(|| format!("last {left} additionalItem(s) not allowed"));
                }
                Some(Additional::Schema(index)) => self.check_items(&items[evaluated..], |_| Some(index)),
                _ => {}
            }
        }
        self.check_contains(items);
    }

    /// Checks items with the schema of their position. Positions in failures count from the first of these items.
    fn check_items(&mut self, items: &'v [Json], schema: impl Fn(usize) -> Option<usize>) {
        for (at, item) in items.iter().enumerate() {
            let Some(index) = schema(at) else { break };
            let result = self.validate_in(index, item, Token::Item(at));
            self.add(result);
        }
    }

    fn check_contains(&mut self, items: &'v [Json]) {
        let schema = self.schema;
        let Some(index) = schema.contains else { return };
        let (mut failures, mut matched) = (Vec::new(), Vec::new());
        for (at, item) in items.iter().enumerate() {
            if let Err(failure) = self.validate_in(index, item, Token::Item(at)) {
                failures.push(failure);
                continue;
            }
            matched.push(at);
            if schema.is_since(Draft::Draft2020) {
                self.unevaluated.items.remove(&at);
            }
        }
        let found = length(matched.len());
        let at = || matched.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
        let places = || format!("but matched {} items at {}", count(found), at());
        match schema.min_contains {
            Some(minimum) if found < minimum => {
                let minimum = count(minimum);
                let places = if matched.is_empty() { "but none matched".to_owned() } else { places() };
                self.fail_with(
                    failures,
                    &format!("min {minimum} items required to match contains schema, {places}"),
                );
            }
            None if matched.is_empty() => self.fail_with(failures, "no items match contains schema"),
            _ => {}
        }
        if let Some(maximum) = schema.max_contains.filter(|maximum| found > *maximum) {
            let maximum = count(maximum);
            self.fail(|| format!("max {maximum} items required to match contains schema, {}", places()));
        }
    }

    pub(super) fn check_text(&mut self, text: &str) {
        let schema = self.schema;
        if schema.min_length.is_some() || schema.max_length.is_some() {
            self.check_length("Length", text.chars().count(), schema.min_length, schema.max_length);
        }
        if let Some(pattern) = &schema.pattern
            && !matches(pattern, text)
        {
            self.fail(|| format!("{} does not match pattern {}", quoted(text), quoted(pattern)));
        }
    }

    pub(super) fn check_number(&mut self, number: &Number) {
        let schema = self.schema;
        let value = Decimal::of(number);
        let bounds: [(_, _, IsWrong); 4] = [
            ("minimum", &schema.minimum, Ordering::is_lt),
            ("maximum", &schema.maximum, Ordering::is_gt),
            ("exclusiveMinimum", &schema.exclusive_minimum, Ordering::is_le),
            ("exclusiveMaximum", &schema.exclusive_maximum, Ordering::is_ge),
        ];
        for (name, bound, is_wrong) in bounds {
            if let Some(bound) = bound
                && is_wrong(value.compare(Decimal::of(bound)))
            {
                self.fail(|| format!("{name}: got {}, want {}", shown(number), shown(bound)));
            }
        }
        if let Some(divisor) = &schema.multiple_of
            && !value.is_multiple_of(Decimal::of(divisor))
        {
            self.fail(|| format!("multipleOf: got {}, want {}", shown(number), shown(divisor)));
        }
    }
}

/// Whether a text matches a pattern, which was compiled before.
fn matches(pattern: &str, text: &str) -> bool {
    compile_regex(pattern).is_ok_and(|regex| regex.is_match(text.as_bytes()))
}

/// The first two items that are equal.
fn duplicates(items: &[Json]) -> Option<(usize, usize)> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (at, item) in items.iter().enumerate() {
        let mut text = String::new();
        write_canonical(item, &mut text);
        if let Some(before) = seen.insert(text, at) {
            return Some((before, at));
        }
    }
    None
}

/// Writes a value so that equal values are equal texts.
fn write_canonical(value: &Json, out: &mut String) {
    match value {
        Json::Number(number) => {
            let _ = write!(out, "{}", Decimal::of(number).canonical());
        }
        Json::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Json::Object(entries) => {
            out.push('{');
            for (key, value) in entries {
                let _ = write!(out, "{key:?}:");
                write_canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}
