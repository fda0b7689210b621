//! What both syntaxes do with keys and lists.

use crate::error::Error;
use crate::template::{Element, List, Map, Value};
use crate::values::table::empty;

/// Highest index of a list.
const MAX_INDEX: i64 = 65536;

/// Most names in a key.
const MAX_NAMES: usize = 30;

/// Most items by which lists may grow in one text.
pub const MAX_ITEMS: usize = 1_000_000;

/// Deepest nesting of lists.
pub const MAX_NESTING: usize = 250;

/// Why reading a key ends.
#[derive(Debug)]
pub(super) enum End {
    /// The text is over. Helm ignores what is incomplete there.
    Text,
    /// The text is wrong.
    Wrong(Error),
}

/// An error of the syntax.
pub(super) fn wrong(message: impl Into<String>) -> End {
    End::Wrong(Error::new(message))
}

/// The message of Go for a value of another type than expected.
pub(super) fn conversion(value: &Value, expected: &str) -> End {
    let found = match value {
        Value::Nil => "nil".to_owned(),
        other => other.type_name(),
    };
    wrong(format!("unable to parse key: interface conversion: interface {{}} is {found}, not {expected}"))
}

/// The characters that are still to be read.
pub(super) struct Reader<'t> {
    pub rest: &'t str,
    /// Items that lists may still grow by.
    items: usize,
    nesting: usize,
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { rest: text, items: MAX_ITEMS, nesting: 0 }
    }

    pub fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    /// Reads up to one of some characters, and returns it too; `None` at the end of the text.
    pub fn until(&mut self, marks: &[char], escapes: bool) -> (String, Option<char>) {
        let mut read = String::new();
        while let Some(next) = self.next() {
            if marks.contains(&next) {
                return (read, Some(next));
            }
            if escapes && next == '\\' {
                match self.next() {
                    Some(next) => read.push(next),
                    None => break,
                }
            } else {
                read.push(next);
            }
        }
        (read, None)
    }

    /// Reads an index and its bracket.
    pub fn index(&mut self, escapes: bool) -> Result<i64, End> {
        let (text, Some(_)) = self.until(&[']'], escapes) else { return Err(End::Text) };
        text.parse().map_err(|_| {
            let text = crate::template::quote(text.as_bytes());
            wrong(format!("error parsing index: strconv.Atoi: parsing {text}: invalid syntax"))
        })
    }

    /// Sets an item of a list, which grows if it has to.
    pub fn set_item(&mut self, list: &mut Vec<Value>, index: i64, value: Value) -> Result<(), End> {
        if index > MAX_INDEX {
            let message = format!("index of {index} is greater than maximum supported index of {MAX_INDEX}");
            return Err(wrong(message));
        }
        let at = usize::try_from(index).unwrap_or_default();
        if list.len() <= at {
            let grows = at + 1 - list.len();
            let too_many = || wrong(format!("more than {MAX_ITEMS} items of lists"));
            self.items = self.items.checked_sub(grows).ok_or_else(too_many)?;
            list.resize(at + 1, Value::Nil);
        }
        list[at] = value;
        Ok(())
    }

    /// Begins a list within a list.
    pub fn enter(&mut self) -> Result<(), End> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(wrong(format!("lists nest more than {MAX_NESTING} deep")));
        }
        Ok(())
    }

    /// Ends a list within a list.
    pub fn leave(&mut self) {
        self.nesting -= 1;
    }
}

/// Counts a name of a key.
pub(super) fn count_name(names: usize) -> Result<usize, End> {
    if names >= MAX_NAMES {
        let message =
            format!("value name nested level is greater than maximum supported nested level of {MAX_NAMES}");
        return Err(wrong(message));
    }
    Ok(names + 1)
}

/// Refuses a negative index.
pub(super) fn check_index(index: i64) -> Result<(), End> {
    if index < 0 { Err(wrong(format!("negative {index} index not allowed"))) } else { Ok(()) }
}

/// Sets a value, unless its name is empty.
pub(super) fn set(values: &Map, name: &str, value: Value) {
    if !name.is_empty() {
        values.insert(name.into(), value);
    }
}

/// A list as a value.
pub(super) fn list_value(items: Vec<Value>) -> Value {
    Value::List(List::new(Element::Any, items))
}

/// The map of a name, or a new one.
pub(super) fn inner_map(values: &Map, name: &str) -> Result<Map, End> {
    match values.get(name.as_bytes()) {
        None => Ok(empty()),
        Some(Value::Map(map)) => Ok(map),
        Some(other) => Err(conversion(&other, "map[string]interface {}")),
    }
}

/// The list of a name, or a new one.
pub(super) fn inner_list(values: &Map, name: &str) -> Result<Vec<Value>, End> {
    match values.get(name.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::List(list)) => Ok(list.items().clone()),
        Some(other) => Err(conversion(&other, "[]interface {}")),
    }
}

/// The map in a list, or a new one in place of something else.
pub(super) fn item_map(list: &mut [Value], index: i64) -> Map {
    let Some(item) = usize::try_from(index).ok().and_then(|at| list.get_mut(at)) else { return empty() };
    match item {
        Value::Map(map) => map.clone(),
        other => {
            let map = empty();
            *other = Value::Map(map.clone());
            map
        }
    }
}

/// The list in a list, or a new one.
pub(super) fn item_list(list: &[Value], index: i64) -> Result<Vec<Value>, End> {
    match usize::try_from(index).ok().and_then(|at| list.get(at)) {
        None | Some(Value::Nil) => Ok(Vec::new()),
        Some(Value::List(list)) => Ok(list.items().clone()),
        Some(other) => Err(conversion(other, "[]interface {}")),
    }
}
