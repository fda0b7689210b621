//! Keys and values that are separated by commas.

use serde_json::Value as Json;

use super::place::{
    End, Reader, check_index, count_name, inner_list, inner_map, item_list, item_map, list_value, set, wrong,
};
use crate::error::Error;
use crate::template::{Map, Value};

/// What the text of a value means.
pub(super) enum Scalars<'r> {
    /// Numbers, booleans and null are not text.
    Typed,
    /// Everything is text.
    Text,
    /// JSON.
    Json,
    /// The path of a file, whose content is the value.
    File(&'r mut dyn FnMut(&str) -> Result<String, Error>),
}

pub(super) struct Parser<'t, 'r> {
    reader: Reader<'t>,
    scalars: Scalars<'r>,
}

impl<'t, 'r> Parser<'t, 'r> {
    pub fn new(text: &'t str, scalars: Scalars<'r>) -> Self {
        Self { reader: Reader::new(text), scalars }
    }

    pub fn parse(mut self, values: &Map) -> Result<(), Error> {
        loop {
            match self.key(values, 0) {
                Ok(()) => {}
                Err(End::Text) => return Ok(()),
                Err(End::Wrong(error)) => return Err(error),
            }
        }
    }

    fn key(&mut self, values: &Map, names: usize) -> Result<(), End> {
        let (name, stop) = self.reader.until(&['=', '[', ',', '.'], true);
        let quoted = || crate::template::quote(name.as_bytes());
        match stop {
            None if name.is_empty() => Err(End::Text),
            None => Err(wrong(format!("key {} has no value", quoted()))),
            Some('[') => {
                let index = self.reader.index(true)?;
                let mut list = inner_list(values, &name)?;
                let result = self.item(&mut list, index, names);
                set(values, &name, list_value(list));
                result
            }
            Some('=') => {
                let (value, result) = self.value()?;
                set(values, &name, value);
                result
            }
            Some('.') => {
                let names = count_name(names)?;
                let inner = inner_map(values, &name)?;
                let result = self.key(&inner, names);
                if inner.is_empty() {
                    return result.and_then(|()| Err(wrong(format!("key map {} has no value", quoted()))));
                }
                set(values, &name, Value::Map(inner));
                result
            }
            Some(_) => {
                set(values, &name, Value::from(""));
                Err(wrong(format!("key {} has no value (cannot end with ,)", quoted())))
            }
        }
    }

    fn item(&mut self, list: &mut Vec<Value>, index: i64, names: usize) -> Result<(), End> {
        check_index(index)?;
        let (extra, stop) = self.reader.until(&['[', '.', '='], true);
        if !extra.is_empty() {
            let extra = crate::template::quote(extra.as_bytes());
            return Err(wrong(format!("unexpected data at end of array index: {extra}")));
        }
        match stop {
            None => Err(End::Text),
            Some('=') => {
                let (value, _) = self.value()?;
                self.reader.set_item(list, index, value)
            }
            Some('[') => {
                let inner_index = self.reader.index(true)?;
                let mut inner = item_list(list, index)?;
                self.reader.enter()?;
                self.item(&mut inner, inner_index, names)?;
                self.reader.leave();
                self.reader.set_item(list, index, list_value(inner))
            }
            Some(_) => {
                let inner = item_map(list, index);
                self.key(&inner, names)?;
                self.reader.set_item(list, index, Value::Map(inner))
            }
        }
    }

    /// Reads a value, and whether the text ends with it.
    fn value(&mut self) -> Result<(Value, Result<(), End>), End> {
        if matches!(self.scalars, Scalars::Json) {
            let value = self.json()?;
            return Ok((value, Ok(())));
        }
        match self.reader.rest.chars().next() {
            None => Ok((Value::from(""), Err(End::Text))),
            Some('{') => {
                self.reader.next();
                Ok((self.list()?, Ok(())))
            }
            Some(_) => {
                let (text, _) = self.reader.until(&[','], true);
                Ok((self.scalar(&text)?, Ok(())))
            }
        }
    }

    fn list(&mut self) -> Result<Value, End> {
        let mut items = Vec::new();
        loop {
            let (text, stop) = self.reader.until(&[',', '}'], true);
            let Some(stop) = stop else { return Err(wrong("list must terminate with '}'")) };
            let value = self.scalar(&text)?;
            items.push(value);
            if stop == '}' {
                self.reader.rest = self.reader.rest.strip_prefix(',').unwrap_or(self.reader.rest);
                return Ok(list_value(items));
            }
        }
    }

    fn scalar(&mut self, text: &str) -> Result<Value, End> {
        match &mut self.scalars {
            Scalars::Typed => Ok(typed(text)),
            Scalars::Text | Scalars::Json => Ok(Value::from(text)),
            Scalars::File(read) => read(text).map(Value::from).map_err(End::Wrong),
        }
    }

    /// Reads a value of JSON, and the comma after it. Nothing is null.
    fn json(&mut self) -> Result<Value, End> {
        if self.skip_comma() {
            return Ok(Value::Nil);
        }
        let mut stream = serde_json::Deserializer::from_str(self.reader.rest).into_iter::<Json>();
        let value = match stream.next() {
            Some(Ok(value)) => Value::from(&value),
            Some(Err(error)) => return Err(wrong(error.to_string())),
            None => Value::Nil,
        };
        self.reader.rest = &self.reader.rest[stream.byte_offset()..];
        self.skip_comma();
        Ok(value)
    }

    /// Skips white space, and a comma after it. Reports whether there is nothing else.
    fn skip_comma(&mut self) -> bool {
        let rest = self.reader.rest.trim_start();
        self.reader.rest = rest.strip_prefix(',').unwrap_or(rest);
        rest.is_empty() || rest.starts_with(',')
    }
}

fn typed(text: &str) -> Value {
    for (word, value) in [
        ("true", Value::Bool(true)),
        ("false", Value::Bool(false)),
        ("null", Value::Nil),
        ("0", Value::Int64(0)),
    ] {
        if text.eq_ignore_ascii_case(word) {
            return value;
        }
    }
    match text.parse() {
        Ok(int) if !text.starts_with('0') => Value::Int64(int),
        _ => Value::from(text),
    }
}
