//! What becomes of a node when kustomize writes it as YAML and reads it again, which it does once with every object.

use std::borrow::Cow;

use edgeflux_yaml::node::Style;
use serde_json::{Map as JsonMap, Number, Value};

use super::resolve::{Plain, is_ambiguous_name, resolve};
use super::{Block, Map, Node, Scalar, Tag, go_json};
use crate::error::{Error, Result, Warning};

impl Scalar {
    /// Returns the value as JSON.
    ///
    /// # Errors
    /// The text was replaced by one that the type of the scalar does not allow.
    pub fn to_json(&self) -> Result<Value> {
        self.written(false)
    }

    /// Becomes what is read after it was written. Of what keeps its style, only folded texts change.
    pub(crate) fn rewrite(&mut self) {
        if self.block == Block::Folded {
            self.text = refolded(&self.text);
        }
    }

    /// Returns the value that kustomize reads after it wrote the scalar; `flow` if it is in braces or brackets.
    fn written(&self, flow: bool) -> Result<Value> {
        // A plain text of several lines becomes a block.
        let is_block = !flow
            && (self.block != Block::None
                || (self.plain && matches!(self.tag, Tag::Str | Tag::Unset) && self.text.contains('\n')))
            && may_be_block(&self.text);
        if is_block && self.text.starts_with('\t') {
            return Err(Error::new(
                "a multi-line string starts with a tab, which kustomize cannot read back",
            )
            .hint("write it in double quotes, or start it with another character"));
        }
        if self.block == Block::Folded && !flow {
            return Ok(Value::String(refolded(&self.text)));
        }
        // In braces, what is empty or has a colon gets quotes.
        if flow && self.plain && (self.text.is_empty() || self.text.contains(':')) {
            return Ok(Value::String(self.text.clone()));
        }
        if !self.plain || self.tag == Tag::Str {
            return Ok(Value::String(self.text.clone()));
        }
        let plain = resolve(&self.text);
        let mismatch = |what: &str| {
            Err(Error::new(format!("{:?} replaces {what}", self.text))
                .hint("quote the value that is replaced"))
        };
        Ok(match (self.tag, plain) {
            (Tag::Bool, Plain::Bool(_))
            | (Tag::Unset, _)
            | (Tag::Int, Plain::Int(_) | Plain::Uint(_))
            | (Tag::Float, Plain::Int(_) | Plain::Uint(_) | Plain::Float(_))
            | (Tag::Timestamp, Plain::Timestamp) => value_of(plain, &self.text)?,
            (Tag::Null, Plain::Null) => Value::Null,
            (Tag::Int, _) => return mismatch("an integer"),
            (Tag::Float, _) => return mismatch("a number"),
            (Tag::Bool, _) => return mismatch("true or false"),
            (Tag::Null, _) => return mismatch("null"),
            (Tag::Timestamp, _) => return mismatch("a date"),
            (Tag::Str, _) => Value::String(self.text.clone()),
        })
    }

    /// Warns if kustomize changes the value when it writes the scalar.
    fn changed_value(&self, flow: bool) -> Option<Warning> {
        if !self.plain {
            return None;
        }
        let text = &self.text;
        if flow && text.is_empty() && self.tag == Tag::Null {
            return Some(
                Warning::new("an empty value in braces or brackets becomes the text \"\" in the cluster")
                    .hint("write null, or \"\""),
            );
        }
        let becomes = match self.tag {
            Tag::Int => match resolve(text) {
                Plain::Uint(number) => {
                    let mut value = Value::from(number);
                    hold_as_float(&mut value);
                    edgeflux_yaml::to_string(&value).trim_end().to_owned()
                }
                _ => return None,
            },
            Tag::Timestamp if flow && text.contains(':') => return None,
            Tag::Timestamp => edgeflux_yaml::rfc3339(text)?,
            Tag::Float if text.bytes().skip(1).all(|byte| byte.is_ascii_digit()) => match resolve(text) {
                Plain::Float(number) => shortest(number),
                _ => return None,
            },
            _ => return None,
        };
        if becomes == *text {
            return None;
        }
        Some(
            Warning::new(format!("{text} becomes {becomes} in the cluster"))
                .hint(format!("write \"{text}\"")),
        )
    }
}

/// Returns a text as it is read back after it was written behind `>`.
fn refolded(text: &str) -> String {
    edgeflux_yaml::reread(text, Style::Folded).map_or_else(|_| text.to_owned(), Cow::into_owned)
}

fn value_of(plain: Plain, text: &str) -> Result<Value> {
    Ok(match plain {
        Plain::Null => Value::Null,
        Plain::Bool(value) => Value::Bool(value),
        Plain::Int(value) => Value::Number(value.into()),
        Plain::Uint(value) => Value::Number(value.into()),
        Plain::Float(value) => Value::Number(json_number(value).ok_or_else(|| {
            Error::new(format!("{text} is not a number in JSON")).hint("put it in quotes if it is a string")
        })?),
        Plain::Timestamp => Value::String(edgeflux_yaml::rfc3339(text).unwrap_or_else(|| text.to_owned())),
        Plain::Str => Value::String(text.to_owned()),
    })
}

/// Returns the number as Go reads it back from JSON: `1.0` and `1e3` become integers.
pub(crate) fn json_number(value: f64) -> Option<Number> {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        return Some((value as i64).into());
    }
    if value.fract() == 0.0 && value.abs() < 1e21 {
        // The shortest digits that mean it, as Go writes them.
        let digits = value.to_string();
        if let Ok(number) = digits.parse::<i64>() {
            return Some(number.into());
        }
        if let Ok(number) = digits.parse::<u64>() {
            return Some(number.into());
        }
    }
    Number::from_f64(value)
}

/// Turns integers beyond 63 bits into floating-point numbers, as the controller holds them.
pub(crate) fn hold_as_float(value: &mut Value) {
    match value {
        Value::Number(number) => {
            #[expect(clippy::cast_precision_loss, reason = "the controller loses precision too")]
            let float =
                number.as_u64().filter(|number| i64::try_from(*number).is_err()).map(|number| number as f64);
            if let Some(float) = float.and_then(json_number) {
                *number = float;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hold_as_float),
        Value::Object(fields) => fields.values_mut().for_each(hold_as_float),
        _ => {}
    }
}

/// Returns whether a text may be written as a block; otherwise it gets quotes.
fn may_be_block(text: &str) -> bool {
    let is_special = |char: char| {
        char.is_control() && !matches!(char, '\n' | '\t')
            || matches!(char, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    !text.ends_with(' ') && !text.contains(" \n") && !text.contains(is_special)
}

/// Returns the first control character of a value that kustomize cannot read back.
pub(crate) fn unreadable(value: &Value) -> Option<char> {
    let in_text = |text: &str| {
        // Most texts are ASCII.
        if text.bytes().all(|byte| byte < 0x7f) {
            return None;
        }
        text.chars()
            .find(|char| matches!(char, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'))
    };
    match value {
        Value::String(text) => in_text(text),
        Value::Array(items) => items.iter().find_map(unreadable),
        Value::Object(fields) => {
            fields.iter().find_map(|(name, value)| in_text(name).or_else(|| unreadable(value)))
        }
        _ => None,
    }
}

/// Folds U+0085 as Go's JSON and YAML do, which take it for a line break.
pub(crate) fn fold_next_lines(value: &mut Value) {
    match value {
        Value::String(text) if !text.is_ascii() && text.contains('\u{85}') => {
            if let Ok(Cow::Owned(read)) = edgeflux_yaml::reread_json(text) {
                *text = read;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(fold_next_lines),
        Value::Object(fields) => fields.values_mut().for_each(fold_next_lines),
        _ => {}
    }
}

impl Node {
    /// Returns the value that kustomize prints.
    pub fn to_json(&self) -> Result<Value> {
        self.written(false)
    }

    fn written(&self, flow: bool) -> Result<Value> {
        Ok(match self {
            Self::Scalar(scalar) => scalar.written(flow)?,
            Self::Seq(items) => {
                let flow = flow || items.presentation.flow;
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    list.push(item.written(flow).map_err(|error| error.inside(&format!("[{index}]")))?);
                }
                Value::Array(list)
            }
            Self::Map(_) if self.is_null() => Value::Null,
            Self::Map(map) => {
                let flow = flow || map.presentation.flow;
                if map.presentation.ambiguous_name
                    && let Some((name, _)) = map.iter().find(|(name, _)| is_ambiguous_name(name))
                {
                    return Err(Error::new(format!(
                        "kustomize adds the field {name:?} without quotes, so it is not a string"
                    ))
                    .field(name)
                    .hint("choose another name, or write the field in the resource itself"));
                }
                let mut object = JsonMap::new();
                for (name, value) in map.iter() {
                    object.insert(name.to_owned(), value.written(flow).map_err(|error| error.inside(name))?);
                }
                Value::Object(object)
            }
        })
    }

    /// Returns a warning for each value that kustomize changes when it writes the object.
    pub(crate) fn changed_values(&self) -> Vec<Warning> {
        let mut found = Vec::new();
        self.find_changed_values(false, &mut found);
        found
    }

    fn find_changed_values(&self, flow: bool, found: &mut Vec<Warning>) {
        let flow = flow || self.presentation().flow;
        let mut step = |value: &Self, name: &dyn Fn() -> String| {
            let from = found.len();
            value.find_changed_values(flow, found);
            for warning in &mut found[from..] {
                *warning = std::mem::take(warning).inside(&name());
            }
        };
        match self {
            Self::Map(map) => map.iter().for_each(|(name, value)| step(value, &|| name.to_owned())),
            Self::Seq(items) => {
                items.iter().enumerate().for_each(|(at, item)| step(item, &|| format!("[{at}]")));
            }
            Self::Scalar(scalar) => found.extend(scalar.changed_value(flow)),
        }
    }

    /// Returns the node as kustomize reads it from JSON: with the types of its scalars and quotes around all strings.
    pub(crate) fn through_json(&self) -> Result<Self> {
        let mut node = Self::of_go_json(&self.to_json()?);
        node.quote();
        refuse_leading_tabs(&mut node)?;
        Ok(node)
    }

    /// Returns the node that kustomize reads from a value that Go's `encoding/json` wrote.
    fn of_go_json(value: &Value) -> Self {
        match value {
            Value::Number(number) => Self::Scalar(Scalar::plain(go_json::number(number))),
            Value::Array(items) => Self::Seq(items.iter().map(Self::of_go_json).collect()),
            Value::Object(fields) => Self::Map(Map::from_entries(
                fields.iter().map(|(name, value)| (name.clone(), Self::of_go_json(value))).collect(),
            )),
            Value::Null | Value::Bool(_) | Value::String(_) => Self::from_json(value),
        }
    }

    fn quote(&mut self) {
        match self {
            Self::Map(map) => map.values_mut().for_each(|(_, value)| value.quote()),
            Self::Seq(items) => items.iter_mut().for_each(Self::quote),
            Self::Scalar(scalar) => scalar.plain &= scalar.tag != Tag::Str,
        }
    }

    /// Returns the node of a value that kustomize reads from JSON, where all numbers are floating-point, writes as YAML
    /// and reads again.
    pub(crate) fn read_again(value: &Value) -> Result<Self> {
        let mut node = Self::from_json(value);
        node.for_each_scalar(&mut |scalar| {
            if matches!(scalar.tag, Tag::Int | Tag::Float)
                && let Plain::Int(_) | Plain::Uint(_) | Plain::Float(_) = resolve(&scalar.text)
                && let Ok(number) = scalar.text.parse::<f64>()
            {
                *scalar = Scalar::plain(shortest(number));
            }
        });
        refuse_leading_tabs(&mut node)?;
        Ok(node)
    }

    /// Returns the node of a JSON value.
    pub fn from_json(value: &Value) -> Self {
        let scalar = |text: String, tag| Self::Scalar(Scalar { tag, ..Scalar::string(text) });
        match value {
            Value::Null => scalar("null".to_owned(), Tag::Null),
            Value::Bool(value) => scalar(value.to_string(), Tag::Bool),
            Value::Number(number) if number.is_f64() => {
                scalar(edgeflux_yaml::to_string(value).trim_end().to_owned(), Tag::Float)
            }
            Value::Number(number) => scalar(number.to_string(), Tag::Int),
            Value::String(text) => {
                // Kustomize writes the object and reads it again here: strings that need quotes have them from now on.
                let plain = !edgeflux_yaml::to_string(value).starts_with(['"', '\'', '|', '>']);
                let block =
                    if text.contains('\n') && may_be_block(text) { Block::Literal } else { Block::None };
                Self::Scalar(Scalar { plain, block, ..Scalar::string(text) })
            }
            Value::Array(items) => Self::Seq(items.iter().map(Self::from_json).collect()),
            Value::Object(fields) => Self::Map(Map::from_entries(
                fields.iter().map(|(name, value)| (name.clone(), Self::from_json(value))).collect(),
            )),
        }
    }
}

/// Refuses a block that starts with a tab.
fn refuse_leading_tabs(node: &mut Node) -> Result<()> {
    let mut tab = false;
    node.for_each_scalar(&mut |scalar| {
        tab |= scalar.block == Block::Literal && scalar.text.starts_with('\t');
    });
    if tab {
        return Err(Error::new("a multi-line string starts with a tab, which kustomize cannot read back")
            .hint("start it with another character"));
    }
    Ok(())
}

/// Formats a float as Go's `%v` and its YAML do: with an exponent below 1e-4 and from 1e6 on.
pub(crate) fn shortest(number: f64) -> String {
    let text = format!("{number:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    match exponent.parse::<i32>() {
        Ok(exponent) if (-4..6).contains(&exponent) => number.to_string(),
        Ok(exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        Err(_) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Node;

    #[test]
    fn the_text_of_a_number_from_json_is_what_go_writes() {
        assert_eq!(Node::from_json(&serde_json::json!(1e-6)).text(), Some("1e-06"));
    }

    #[test]
    fn the_next_line_character_is_folded() {
        let mut value = serde_json::json!({"a": ["b\u{85}c", "d \u{85}\u{85} e", "é\u{2028}f"]});
        super::fold_next_lines(&mut value);
        assert_eq!(value, serde_json::json!({"a": ["b c", "d\ne", "é\u{2028}f"]}));
    }
}
