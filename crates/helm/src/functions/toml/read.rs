//! Reading TOML 1.0. The messages of errors are our own.

use super::Table;
use super::scalar;
use crate::template::{Element, Error, List, Map, Text, Value};

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 200;

/// Reads a document.
pub fn read(text: &str) -> Result<Value, Error> {
    let root = Map::new(Element::Any, Table::new());
    let mut reader = Reader { text, at: 0, depth: 0, defined: Vec::new() };
    reader.document(&root)?;
    Ok(Value::Map(root))
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// Tables that have a head or are written inline, to which nothing can be added.
    defined: Vec<Map>,
}

impl<'t> Reader<'t> {
    fn error(&self, message: &str) -> Error {
        let line = self.text[..self.at].matches('\n').count() + 1;
        Error::new(format!("toml: line {line}: {message}"))
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn takes(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }

    /// Spaces, line breaks and comments.
    fn space(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
            if !self.rest().starts_with('#') {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn end_of_line(&mut self) -> Result<(), Error> {
        self.blanks();
        if self.rest().starts_with('#') {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
        if self.rest().is_empty() || self.takes("\n") || self.takes("\r\n") {
            return Ok(());
        }
        Err(self.error("expected a line break after the value"))
    }

    fn document(&mut self, root: &Map) -> Result<(), Error> {
        let mut table = root.clone();
        loop {
            self.space();
            if self.rest().is_empty() {
                return Ok(());
            }
            if self.takes("[[") {
                let path = self.path()?;
                if !self.takes("]]") {
                    return Err(self.error("expected ]] after the name of the table"));
                }
                table = self.array_table(root, &path)?;
            } else if self.takes("[") {
                let path = self.path()?;
                if !self.takes("]") {
                    return Err(self.error("expected ] after the name of the table"));
                }
                table = self.table(root, &path)?;
            } else {
                self.entry(&table)?;
            }
            self.end_of_line()?;
        }
    }

    /// The table at a path. Missing ones are made; of arrays of tables the last is meant.
    fn step(&self, table: &Map, key: &Text) -> Result<Map, Error> {
        match table.get(key.as_bytes()) {
            None => {
                let made = Map::new(Element::Any, Table::new());
                table.insert(key.clone(), Value::Map(made.clone()));
                Ok(made)
            }
            Some(Value::Map(inner)) => Ok(inner),
            Some(Value::List(list)) if list.element() == Element::Map => match list.items().last() {
                Some(Value::Map(newest)) => Ok(newest.clone()),
                _ => Err(self.error("the array has no table")),
            },
            Some(_) => Err(self.error(&format!("key '{key}' has already been defined"))),
        }
    }

    fn is_defined(&self, table: &Map) -> bool {
        self.defined.iter().any(|defined| defined.is_same(table))
    }

    fn table(&mut self, root: &Map, path: &[Text]) -> Result<Map, Error> {
        let mut table = root.clone();
        for key in path {
            table = self.step(&table, key)?;
        }
        let last = path.last().cloned().unwrap_or_else(|| Text::from(""));
        if self.is_defined(&table) {
            return Err(self.error(&format!("key '{last}' has already been defined")));
        }
        self.defined.push(table.clone());
        Ok(table)
    }

    fn array_table(&mut self, root: &Map, path: &[Text]) -> Result<Map, Error> {
        let Some((last, parents)) = path.split_last() else { return Err(self.error("a table needs a name")) };
        let mut parent = root.clone();
        for key in parents {
            parent = self.step(&parent, key)?;
        }
        let mut items = match parent.get(last.as_bytes()) {
            None => Vec::new(),
            Some(Value::List(tables)) if tables.element() == Element::Map => tables.items().clone(),
            Some(_) => return Err(self.error(&format!("key '{last}' has already been defined"))),
        };
        let made = Map::new(Element::Any, Table::new());
        items.push(Value::Map(made.clone()));
        parent.insert(last.clone(), Value::List(List::new(Element::Map, items)));
        Ok(made)
    }

    fn entry(&mut self, table: &Map) -> Result<(), Error> {
        let path = self.path()?;
        let Some((last, parents)) = path.split_last() else { return Err(self.error("expected a key")) };
        if !self.takes("=") {
            return Err(self.error("expected '=' after the key"));
        }
        let mut table = table.clone();
        for key in parents {
            table = self.step(&table, key)?;
            if self.is_defined(&table) {
                return Err(self.error(&format!("key '{key}' has already been defined")));
            }
        }
        self.blanks();
        let value = self.value()?;
        if table.get(last.as_bytes()).is_some() {
            return Err(self.error(&format!("key '{last}' has already been defined")));
        }
        table.insert(last.clone(), value);
        Ok(())
    }

    /// A key with dots, and the spaces around its parts.
    fn path(&mut self) -> Result<Vec<Text>, Error> {
        let mut path = Vec::new();
        loop {
            self.blanks();
            path.push(self.key()?);
            self.blanks();
            if path.len() > MAX_DEPTH {
                return Err(self.error("nested too deeply"));
            }
            if !self.takes(".") {
                return Ok(path);
            }
        }
    }

    fn key(&mut self) -> Result<Text, Error> {
        let rest = self.rest();
        if rest.starts_with(['"', '\'']) {
            let (key, length) = scalar::string(rest).map_err(|message| self.error(&message))?;
            self.at += length;
            return Ok(Text::from(key));
        }
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
            .count();
        if length == 0 {
            return Err(self.error("expected a key"));
        }
        self.at += length;
        Ok(Text::from(&rest[..length]))
    }

    fn value(&mut self) -> Result<Value, Error> {
        let rest = self.rest();
        if rest.starts_with(['[', '{']) {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(self.error("nested too deeply"));
            }
            self.at += 1;
            let value = if rest.starts_with('[') { self.array() } else { self.inline_table() };
            self.depth -= 1;
            return value;
        }
        if rest.starts_with(['"', '\'']) {
            let (value, length) = scalar::string(rest).map_err(|message| self.error(&message))?;
            self.at += length;
            return Ok(Value::from(value));
        }
        let end = rest.find([',', ']', '}', '#', '\n', '\r']).unwrap_or(rest.len());
        let word = rest[..end].trim_end_matches([' ', '\t']);
        let value =
            scalar::plain(word).ok_or_else(|| self.error(&format!("expected a value but found {word:?}")))?;
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self) -> Result<Value, Error> {
        let mut items = Vec::new();
        loop {
            self.space();
            if self.takes("]") {
                return Ok(array_of(items));
            }
            items.push(self.value()?);
            self.space();
            if !self.takes(",") && !self.rest().starts_with(']') {
                return Err(self.error("expected a comma or the end of the array"));
            }
        }
    }

    fn inline_table(&mut self) -> Result<Value, Error> {
        let table = Map::new(Element::Any, Table::new());
        self.blanks();
        if !self.takes("}") {
            loop {
                self.entry(&table)?;
                self.blanks();
                if self.takes("}") {
                    break;
                }
                if !self.takes(",") {
                    return Err(self.error("expected a comma or the end of the inline table"));
                }
            }
        }
        self.defined.push(table.clone());
        Ok(Value::Map(table))
    }
}

/// An array that has nothing but tables has their type.
fn array_of(items: Vec<Value>) -> Value {
    let tables = !items.is_empty() && items.iter().all(|item| matches!(item, Value::Map(_)));
    Value::List(List::new(if tables { Element::Map } else { Element::Any }, items))
}
