//! One value, with a verb and its flags.

use super::float;
use super::integer::{self, Integer};
use crate::template::limits::MAX_TEXT;
use crate::template::quote::{can_backquote, quote, quote_ascii};
use crate::template::value::{Element, Map, Members, Object, Shape, Value};

/// Deepest nesting that is printed: a map can contain itself, on which Go never ends.
const MAX_DEPTH: usize = 1000;

/// Flags, width and precision of a directive.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flags {
    pub width: Option<usize>,
    pub precision: Option<usize>,
    pub minus: bool,
    pub plus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
    /// `%+v`.
    pub plus_v: bool,
    /// `%#v`.
    pub sharp_v: bool,
}

/// The output, and the directive that is worked on.
#[derive(Debug, Default)]
pub struct Printer {
    pub out: Vec<u8>,
    pub flags: Flags,
    /// A wrong verb is being reported.
    erroring: bool,
    depth: usize,
}

impl Printer {
    /// Prints an operand of a call.
    pub fn argument(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Nil, _) => self.bad_verb(value, verb),
            (_, 'T') => self.string(value.type_name().as_bytes()),
            // Go prints an address.
            (Value::List(_) | Value::Map(_), 'p') => {
                let sharp = self.flags.sharp;
                self.flags.sharp = !sharp;
                integer::print(self, Integer::unsigned(0xc0_0000_0000), 'x');
                self.flags.sharp = sharp;
            }
            (_, 'p') => self.bad_verb(value, verb),
            (Value::List(list), 'v') if self.flags.sharp_v && list.element() == Element::Uint8 => {
                self.sequence("[]byte{", ", ", b'}', &list.items().clone(), verb);
            }
            _ => self.value(value, verb),
        }
    }

    fn value(&mut self, value: &Value, verb: char) {
        // Text that is longer becomes an error where the function was called.
        if self.depth > MAX_DEPTH || self.out.len() > MAX_TEXT {
            self.out.extend_from_slice(b"...");
            return;
        }
        self.depth += 1;
        match value {
            Value::Nil if self.flags.sharp_v => self.out.extend_from_slice(b"interface {}(nil)"),
            Value::Nil => self.out.extend_from_slice(b"<nil>"),
            Value::Bool(flag) if matches!(verb, 't' | 'v') => {
                self.pad(if *flag { b"true" } else { b"false" });
            }
            Value::Int(number) | Value::Int64(number) => self.integer(value, Integer::signed(*number), verb),
            Value::Uint8(number) => self.integer(value, Integer::unsigned(u64::from(*number)), verb),
            Value::Uint64(number) => self.integer(value, Integer::unsigned(*number), verb),
            Value::Float(number) => {
                if !float::print(self, *number, verb) {
                    self.bad_verb(value, verb);
                }
            }
            Value::Complex(real, imaginary) => self.complex(value, (*real, *imaginary), verb),
            Value::String(text) => self.text(value, text.as_bytes(), verb),
            Value::List(_) | Value::Map(_) | Value::Object(_) if verb == 'w' && !self.erroring => {
                self.bad_verb(value, verb);
            }
            Value::List(list) => {
                let items = list.items().clone();
                if list.element() == Element::Uint8 && matches!(verb, 's' | 'q' | 'x' | 'X') {
                    self.text(value, &bytes(&items), verb);
                } else if self.flags.sharp_v {
                    self.sequence(&format!("{}{{", value.type_name()), ", ", b'}', &items, verb);
                } else {
                    self.sequence("[", " ", b']', &items, verb);
                }
            }
            Value::Map(map) => self.map(map, verb),
            Value::Object(object) => self.object(object.as_ref(), verb),
            Value::Bool(_) => self.bad_verb(value, verb),
        }
        self.depth -= 1;
    }

    fn integer(&mut self, value: &Value, number: Integer, verb: char) {
        if !integer::print(self, number, verb) {
            self.bad_verb(value, verb);
        }
    }

    fn complex(&mut self, value: &Value, (real, imaginary): (f64, f64), verb: char) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(value, verb);
        }
        let plus = self.flags.plus;
        self.out.push(b'(');
        float::print(self, real, verb);
        self.flags.plus = true;
        float::print(self, imaginary, verb);
        self.out.extend_from_slice(b"i)");
        self.flags.plus = plus;
    }

    fn text(&mut self, value: &Value, text: &[u8], verb: char) {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => self.string(text),
            'x' => self.hex(text, b"0123456789abcdefx"),
            'X' => self.hex(text, b"0123456789ABCDEFX"),
            'q' => self.quoted(text),
            _ => self.bad_verb(value, verb),
        }
    }

    fn string(&mut self, text: &[u8]) {
        let text = self.truncated(text);
        self.pad(text);
    }

    /// Text of no more characters than the precision says.
    fn truncated<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let Some(precision) = self.flags.precision else {
            return text;
        };
        let (mut end, mut left) = (0, precision);
        for chunk in text.utf8_chunks() {
            for c in chunk.valid().chars() {
                if left == 0 {
                    return &text[..end];
                }
                left -= 1;
                end += c.len_utf8();
            }
            for _ in chunk.invalid() {
                if left == 0 {
                    return &text[..end];
                }
                left -= 1;
                end += 1;
            }
        }
        text
    }

    fn quoted(&mut self, text: &[u8]) {
        let text = self.truncated(text);
        if self.flags.sharp && can_backquote(text) {
            let mut raw = vec![b'`'];
            raw.extend_from_slice(text);
            raw.push(b'`');
            return self.pad(&raw);
        }
        let quoted = if self.flags.plus { quote_ascii(text) } else { quote(text) };
        self.pad(quoted.as_bytes());
    }

    fn hex(&mut self, text: &[u8], digits: &[u8; 17]) {
        let length = self.flags.precision.map_or(text.len(), |precision| precision.min(text.len()));
        let mut hex = Vec::with_capacity(2 * length);
        for (at, byte) in text[..length].iter().enumerate() {
            if self.flags.space && at > 0 {
                hex.push(b' ');
            }
            if self.flags.sharp && (at == 0 || self.flags.space) {
                hex.extend_from_slice(&[b'0', digits[16]]);
            }
            hex.extend_from_slice(&[digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
        }
        self.pad(&hex);
    }

    fn sequence(&mut self, open: &str, separator: &str, close: u8, items: &[Value], verb: char) {
        self.out.extend_from_slice(open.as_bytes());
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.extend_from_slice(separator.as_bytes());
            }
            self.value(item, verb);
        }
        self.out.push(close);
    }

    fn map(&mut self, map: &Map, verb: char) {
        let entries: Vec<_> = map.entries().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        let entries: Vec<_> = entries.into_iter().map(|(key, value)| (Value::String(key), value)).collect();
        self.entries(&map.type_name(), &entries, verb);
    }

    fn entries(&mut self, type_name: &str, entries: &[(Value, Value)], verb: char) {
        let (separator, close) = if self.flags.sharp_v { (", ", b'}') } else { (" ", b']') };
        if self.flags.sharp_v {
            self.out.extend_from_slice(type_name.as_bytes());
            self.out.push(b'{');
        } else {
            self.out.extend_from_slice(b"map[");
        }
        for (at, (key, value)) in entries.iter().enumerate() {
            if at > 0 {
                self.out.extend_from_slice(separator.as_bytes());
            }
            self.value(key, verb);
            self.out.push(b':');
            self.value(value, verb);
        }
        self.out.push(close);
    }

    fn object(&mut self, object: &dyn Object, verb: char) {
        match object.shape() {
            Shape::Text(text)
                if !self.flags.sharp_v && !self.erroring && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') =>
            {
                self.text(&Value::Nil, text.as_bytes(), verb);
            }
            Shape::Text(text) => self.out.extend_from_slice(text.as_bytes()),
            Shape::Entries => {
                let entries: Vec<_> = match object.members() {
                    Members::Map(entries) => {
                        entries.into_iter().map(|(key, value)| (Value::String(key), value)).collect()
                    }
                    Members::Struct => Vec::new(),
                };
                self.entries(&object.type_name(), &entries, verb);
            }
            Shape::Fields { pointer, fields } => {
                if pointer {
                    self.out.push(b'&');
                }
                self.fields(object, &fields, verb);
            }
        }
    }

    fn fields(&mut self, object: &dyn Object, fields: &[(&'static str, Value)], verb: char) {
        let flags = self.flags;
        if flags.sharp_v {
            self.out.extend_from_slice(object.type_name().trim_start_matches('*').as_bytes());
        }
        self.out.push(b'{');
        for (at, (name, value)) in fields.iter().enumerate() {
            if at > 0 {
                self.out.extend_from_slice(if flags.sharp_v { b", " } else { b" " });
            }
            if flags.sharp_v || flags.plus_v {
                self.out.extend_from_slice(name.as_bytes());
                self.out.push(b':');
            }
            self.value(value, verb);
        }
        self.out.push(b'}');
    }

    /// Reports a verb that the value has not.
    fn bad_verb(&mut self, value: &Value, verb: char) {
        self.erroring = true;
        self.out.extend_from_slice(b"%!");
        self.out.extend_from_slice(verb.encode_utf8(&mut [0; 4]).as_bytes());
        self.out.push(b'(');
        if let Value::Nil = value {
            self.out.extend_from_slice(b"<nil>");
        } else {
            self.out.extend_from_slice(value.type_name().as_bytes());
            self.out.push(b'=');
            self.argument(value, 'v');
        }
        self.out.push(b')');
        self.erroring = false;
    }

    /// Writes text, filled up to the width.
    pub fn pad(&mut self, text: &[u8]) {
        let count: usize =
            text.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum();
        let padding = self.flags.width.unwrap_or_default().saturating_sub(count);
        if self.flags.minus {
            self.out.extend_from_slice(text);
            self.padding(padding);
        } else {
            self.padding(padding);
            self.out.extend_from_slice(text);
        }
    }

    pub fn padding(&mut self, count: usize) {
        let byte = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        self.out.resize(self.out.len() + count, byte);
    }

    /// Writes text, filled up with spaces.
    pub fn pad_with_spaces(&mut self, text: &[u8]) {
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(text);
        self.flags.zero = zero;
    }
}

fn bytes(items: &[Value]) -> Vec<u8> {
    items
        .iter()
        .map(|item| match item {
            Value::Uint8(byte) => *byte,
            _ => 0,
        })
        .collect()
}
