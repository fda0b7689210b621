//! Sets a value by its path, in the language of Helm's `--set`: `a.b[0]=value,c={x,y}`, with `\` before characters that
//! would end a key or a value.
//!
//! A value of a ConfigMap is put behind `path=`, so commas, braces and dots in it have their meaning there. Helm's
//! parser is followed in its oddities: a key without end at the end of the text is dropped without a word, and a list is
//! changed in place if it is long enough.

use std::cell::RefCell;
use std::iter::Peekable;
use std::rc::Rc;
use std::str::Chars;

use serde_json::Value;

use super::values::{Node, SharedList, SharedMap};

/// Largest index of a list.
const MOST_INDEX: usize = 65_536;
/// Most dots in a path.
const MOST_LEVELS: usize = 30;

/// Whether text follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    More,
    End,
}

/// Sets `path=value` in the map. Quoted values, and with `literal` all, stay strings; with `literal` no character of the value has
/// a meaning.
///
/// # Errors
/// The path or the value cannot be read, or the path leads through something that is neither map nor list. The message
/// does not have the value.
pub(super) fn set(values: &SharedMap, path: &str, value: &str, literal: bool) -> Result<(), String> {
    let quotes = ['\'', '"'];
    let is_quoted =
        !literal && quotes.iter().any(|quote| value.starts_with(*quote) && value.ends_with(*quote));
    let value = if literal {
        let mut escaped = String::with_capacity(value.len());
        for char in value.chars() {
            if matches!(char, '\\' | ',' | '[' | ']' | '{' | '}') {
                escaped.push('\\');
            }
            escaped.push(char);
        }
        escaped
    } else if is_quoted {
        value.trim_matches(quotes).to_owned()
    } else {
        value.to_owned()
    };
    let text = format!("{path}={value}");
    let mut parser = Parser { text: text.chars().peekable(), is_string: literal || is_quoted };
    while parser.key(values, 0)? == Rest::More {}
    Ok(())
}

struct Parser<'a> {
    text: Peekable<Chars<'a>>,
    is_string: bool,
}

impl Parser<'_> {
    /// Reads up to one of the characters; none if the text ends before.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut read = String::new();
        while let Some(char) = self.text.next() {
            if stops.contains(&char) {
                return (read, Some(char));
            }
            if char == '\\' {
                let Some(escaped) = self.text.next() else { break };
                read.push(escaped);
            } else {
                read.push(char);
            }
        }
        (read, None)
    }

    fn key(&mut self, data: &SharedMap, level: usize) -> Result<Rest, String> {
        let (key, stop) = self.until(&['=', '[', ',', '.']);
        match stop {
            None if key.is_empty() => Ok(Rest::End),
            None => Err("the last key has no value".to_owned()),
            Some('[') => {
                let Some(index) = self.index()? else { return Ok(Rest::End) };
                let list = match data.borrow().get(&key) {
                    None => SharedList::default(),
                    Some(Node::List(list)) => Rc::clone(list),
                    Some(_) => return Err(format!("{key:?} is not a list")),
                };
                let (list, rest) = self.item(list, index, level)?;
                assign(data, &key, Node::List(list));
                Ok(rest)
            }
            Some('=') => {
                let Some(first) = self.text.peek() else {
                    assign(data, &key, Node::Leaf(Value::String(String::new())));
                    return Ok(Rest::End);
                };
                let value = if *first == '{' { self.list()? } else { self.value() };
                assign(data, &key, value);
                Ok(Rest::More)
            }
            Some(',') => Err(format!("the key {key:?} has no value")),
            Some(_) => {
                if level >= MOST_LEVELS {
                    return Err(format!("the path has more than {MOST_LEVELS} levels"));
                }
                let inner = match data.borrow().get(&key) {
                    None => SharedMap::default(),
                    Some(Node::Map(map)) => Rc::clone(map),
                    Some(_) => return Err(format!("{key:?} is not a map")),
                };
                let rest = self.key(&inner, level + 1)?;
                let is_empty = inner.borrow().is_empty();
                if is_empty && rest == Rest::More {
                    return Err(format!("the map {key:?} has no value"));
                }
                if !is_empty {
                    assign(data, &key, Node::Map(inner));
                }
                Ok(rest)
            }
        }
    }

    /// Reads an index and the bracket behind it; none if the text ends before.
    fn index(&mut self) -> Result<Option<usize>, String> {
        let (index, Some(_)) = self.until(&[']']) else { return Ok(None) };
        let index: i64 = index.parse().map_err(|_| "an index is not a number".to_owned())?;
        match usize::try_from(index) {
            Ok(index) if index <= MOST_INDEX => Ok(Some(index)),
            Ok(index) => Err(format!("the index {index} is greater than {MOST_INDEX}")),
            Err(_) => Err(format!("the index {index} is negative")),
        }
    }

    /// Sets what follows an index. Returns the list, which is another one if it had to grow.
    fn item(&mut self, list: SharedList, index: usize, level: usize) -> Result<(SharedList, Rest), String> {
        let (text, stop) = self.until(&['[', '.', '=']);
        if !text.is_empty() {
            return Err("there is text between an index and what follows it".to_owned());
        }
        let present = list.borrow().get(index).cloned();
        let value = match stop {
            None => return Ok((list, Rest::End)),
            Some('=') => match self.text.peek() {
                None => Node::Leaf(Value::String(String::new())),
                Some('{') => self.list()?,
                Some(_) => self.value(),
            },
            Some('[') => {
                let Some(next) = self.index()? else { return Ok((list, Rest::End)) };
                let inner = match present {
                    None | Some(Node::Leaf(Value::Null)) => SharedList::default(),
                    Some(Node::List(inner)) => inner,
                    Some(_) => return Err(format!("the item {index} is not a list")),
                };
                match self.item(inner, next, level)? {
                    (inner, Rest::More) => Node::List(inner),
                    (_, Rest::End) => return Ok((list, Rest::End)),
                }
            }
            Some(_) => {
                let inner = match &present {
                    Some(Node::Map(inner)) => Rc::clone(inner),
                    other => {
                        let inner = SharedMap::default();
                        if other.is_some() {
                            list.borrow_mut()[index] = Node::Map(Rc::clone(&inner));
                        }
                        inner
                    }
                };
                match self.key(&inner, level)? {
                    Rest::More => Node::Map(inner),
                    Rest::End => return Ok((list, Rest::End)),
                }
            }
        };
        Ok((assign_item(list, index, value), Rest::More))
    }

    /// Reads a value up to a comma.
    fn value(&mut self) -> Node {
        let (text, _) = self.until(&[',']);
        self.typed(text)
    }

    /// Reads a list in braces, and a comma behind it.
    fn list(&mut self) -> Result<Node, String> {
        self.text.next();
        let mut list = Vec::new();
        loop {
            let (text, stop) = self.until(&[',', '}']);
            match stop {
                None => return Err("a list does not end with '}'".to_owned()),
                Some(',') => list.push(self.typed(text)),
                Some(_) => {
                    self.text.next_if_eq(&',');
                    list.push(self.typed(text));
                    return Ok(Node::List(Rc::new(RefCell::new(list))));
                }
            }
        }
    }

    /// The value of a text: a Boolean, null, or an integer that does not begin with 0, unless it is to be a string.
    fn typed(&self, text: String) -> Node {
        let value = if self.is_string {
            Value::String(text)
        } else if text.eq_ignore_ascii_case("true") {
            Value::Bool(true)
        } else if text.eq_ignore_ascii_case("false") {
            Value::Bool(false)
        } else if text.eq_ignore_ascii_case("null") {
            Value::Null
        } else if text == "0" {
            0.into()
        } else {
            let number = text.parse::<i64>().ok().filter(|_| !text.starts_with('0'));
            number.map_or_else(|| Value::String(text), Value::from)
        };
        Node::Leaf(value)
    }
}

/// Sets a key; none if it is empty.
fn assign(data: &SharedMap, key: &str, value: Node) {
    if !key.is_empty() {
        data.borrow_mut().insert(key.to_owned(), value);
    }
}

/// Sets an item: in place, or in a longer copy.
fn assign_item(list: SharedList, index: usize, value: Node) -> SharedList {
    let list = if index < list.borrow().len() {
        list
    } else {
        let mut longer = list.borrow().clone();
        longer.resize(index + 1, Node::Leaf(Value::Null));
        Rc::new(RefCell::new(longer))
    };
    list.borrow_mut()[index] = value;
    list
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::values;
    use super::*;

    fn after(values: &Value, path: &str, value: &str, literal: bool) -> Result<Value, String> {
        let map = values::read_map(values.as_object().cloned().unwrap_or_default());
        set(&map, path, value, literal)?;
        Ok(values::value(&map))
    }

    #[test]
    fn values_are_typed_as_by_helm() {
        for (text, expected) in [
            ("true", json!(true)),
            ("FALSE", json!(false)),
            ("null", json!(null)),
            ("0", json!(0)),
            ("12", json!(12)),
            ("-1", json!(-1)),
            ("012", json!("012")),
            ("1.5", json!("1.5")),
            ("", json!("")),
            ("'true'", json!("true")),
            ("\"1\"", json!("1")),
            ("{a,2}", json!(["a", 2])),
            ("a\\,b", json!("a,b")),
        ] {
            assert_eq!(after(&json!({}), "key", text, false).unwrap(), json!({"key": expected}), "{text}");
        }
    }

    #[test]
    fn paths_reach_into_maps_and_lists() {
        let set = |values: &Value, path: &str| after(values, path, "x", false).unwrap();
        assert_eq!(set(&json!({}), "a.b.c"), json!({"a": {"b": {"c": "x"}}}));
        assert_eq!(set(&json!({"a": {"k": 1}}), "a.b"), json!({"a": {"b": "x", "k": 1}}));
        assert_eq!(set(&json!({"l": [1, 2]}), "l[1]"), json!({"l": [1, "x"]}));
        assert_eq!(set(&json!({}), "l[1]"), json!({"l": [null, "x"]}));
        assert_eq!(set(&json!({}), "l[0].name"), json!({"l": [{"name": "x"}]}));
        assert_eq!(set(&json!({}), "l[0][1]"), json!({"l": [[null, "x"]]}));
        assert_eq!(set(&json!({}), "a\\.b"), json!({"a.b": "x"}));
    }

    #[test]
    fn a_comma_in_a_value_starts_another_assignment() {
        assert_eq!(after(&json!({}), "a", "1,b=2", false).unwrap(), json!({"a": 1, "b": 2}));
        assert!(after(&json!({}), "a", "1,b", false).is_err());
    }

    #[test]
    fn a_literal_value_is_taken_as_it_is() {
        let text = "a,b={x}[0]\\n: 1\n";
        assert_eq!(after(&json!({}), "a.b", text, true).unwrap(), json!({"a": {"b": text}}));
        assert_eq!(after(&json!({}), "a", "true", true).unwrap(), json!({"a": "true"}));
    }

    #[test]
    fn paths_through_other_values_are_refused_without_the_value() {
        let values = json!({"text": "t", "map": {}});
        for path in ["text.a", "text[0]", "map[0]", "l[x]", "l[-1]", "l[70000]", "l[0]y", &"a.".repeat(40)] {
            let error = after(&values, path, "hunter2", false).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
