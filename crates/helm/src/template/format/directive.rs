//! The directives of a format: flags, argument indexes, width, precision and verb.

use super::printer::{Flags, Printer};
use crate::template::limits::MAX_TEXT;
use crate::template::value::Value;

/// Largest width and precision.
const MAX_NUMBER: i64 = 1_000_000;

struct Formatter<'a> {
    printer: Printer,
    format: &'a [u8],
    at: usize,
    values: &'a [Value],
    /// Index of the next argument.
    argument: usize,
    /// An index such as `[3]` was used.
    reordered: bool,
    /// The index of this directive exists.
    good_index: bool,
    /// The last item of this directive was an index.
    after_index: bool,
}

pub fn format(format: &[u8], values: &[Value]) -> Vec<u8> {
    let mut formatter = Formatter {
        printer: Printer::default(),
        format,
        at: 0,
        values,
        argument: 0,
        reordered: false,
        good_index: true,
        after_index: false,
    };
    while formatter.at < format.len() && formatter.printer.out.len() <= MAX_TEXT {
        let rest = &format[formatter.at..];
        let text = rest.iter().position(|&byte| byte == b'%').unwrap_or(rest.len());
        formatter.printer.out.extend_from_slice(&rest[..text]);
        formatter.at += text;
        if formatter.at < format.len() {
            formatter.at += 1;
            formatter.directive();
        }
    }
    formatter.extra();
    formatter.printer.out
}

impl Formatter<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn directive(&mut self) {
        self.good_index = true;
        self.printer.flags = Flags::default();
        while let Some(byte) = self.peek() {
            let flags = &mut self.printer.flags;
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        // A simple verb after flags, which Go handles first.
        if let Some(verb @ b'a'..=b'z') = self.peek()
            && self.argument < self.values.len()
        {
            self.at += 1;
            return self.operand(char::from(verb));
        }
        self.index();
        self.width();
        self.precision();
        if !self.after_index {
            self.index();
        }
        self.verb();
    }

    fn width(&mut self) {
        if self.peek() == Some(b'*') {
            self.at += 1;
            let width = self.number_argument();
            match width {
                None => self.printer.out.extend_from_slice(b"%!(BADWIDTH)"),
                Some(width) if width < 0 => {
                    self.printer.flags.minus = true;
                    self.printer.flags.zero = false;
                }
                Some(_) => {}
            }
            self.printer.flags.width = width.and_then(|width| usize::try_from(width.abs()).ok());
            self.after_index = false;
        } else {
            self.printer.flags.width = self.number();
            if self.after_index && self.printer.flags.width.is_some() {
                self.good_index = false;
            }
        }
    }

    fn precision(&mut self) {
        if self.peek() != Some(b'.') || self.at + 1 >= self.format.len() {
            return;
        }
        self.at += 1;
        if self.after_index {
            self.good_index = false;
        }
        self.index();
        if self.peek() == Some(b'*') {
            self.at += 1;
            let precision = self.number_argument().and_then(|precision| usize::try_from(precision).ok());
            if precision.is_none() {
                self.printer.out.extend_from_slice(b"%!(BADPREC)");
            }
            self.printer.flags.precision = precision;
            self.after_index = false;
        } else {
            self.printer.flags.precision = Some(self.number().unwrap_or_default());
        }
    }

    fn verb(&mut self) {
        let Some((verb, length)) = decode(&self.format[self.at.min(self.format.len())..]) else {
            self.printer.out.extend_from_slice(b"%!(NOVERB)");
            return;
        };
        self.at += length;
        if verb == '%' {
            self.printer.out.push(b'%');
        } else if !self.good_index {
            self.bad(verb, "(BADINDEX)");
        } else if self.argument >= self.values.len() {
            self.bad(verb, "(MISSING)");
        } else {
            self.operand(verb);
        }
    }

    fn bad(&mut self, verb: char, message: &str) {
        self.printer.out.extend_from_slice(format!("%!{verb}{message}").as_bytes());
    }

    fn operand(&mut self, verb: char) {
        if matches!(verb, 'v' | 'w') {
            let flags = &mut self.printer.flags;
            flags.sharp_v = std::mem::take(&mut flags.sharp);
            flags.plus_v = std::mem::take(&mut flags.plus);
        }
        let value = &self.values[self.argument];
        self.printer.argument(value, verb);
        self.argument += 1;
    }

    /// A decimal number. One that is too large ends the format.
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let value: i64 = number.unwrap_or_default();
            if value > MAX_NUMBER {
                self.at = self.format.len();
                return None;
            }
            number = Some(value * 10 + i64::from(digit - b'0'));
            self.at += 1;
        }
        number.and_then(|number| usize::try_from(number).ok())
    }

    /// The next argument as a width or precision.
    fn number_argument(&mut self) -> Option<i64> {
        let value = self.values.get(self.argument)?;
        self.argument += 1;
        let number = match value {
            Value::Int(number) | Value::Int64(number) => *number,
            Value::Uint8(number) => i64::from(*number),
            Value::Uint64(number) => i64::try_from(*number).ok()?,
            _ => return None,
        };
        (-MAX_NUMBER..=MAX_NUMBER).contains(&number).then_some(number)
    }

    /// An index such as `[3]`, which moves to that argument.
    fn index(&mut self) {
        self.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = &self.format[self.at..];
        let close = rest.iter().position(|&byte| byte == b']').filter(|_| rest.len() >= 3);
        let Some(close) = close else {
            self.good_index = false;
            self.at += 1;
            return;
        };
        let digits = std::str::from_utf8(&rest[1..close]).unwrap_or_default();
        let index = Some(digits)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse::<usize>().ok());
        self.at += close + 1;
        match index {
            Some(index) if (1..=self.values.len()).contains(&index) => {
                self.argument = index - 1;
                self.after_index = true;
            }
            Some(_) => {
                self.good_index = false;
                self.after_index = true;
            }
            None => self.good_index = false,
        }
    }

    /// Reports arguments that no directive used.
    fn extra(&mut self) {
        if self.reordered || self.argument >= self.values.len() {
            return;
        }
        self.printer.flags = Flags::default();
        self.printer.out.extend_from_slice(b"%!(EXTRA ");
        for (at, value) in self.values[self.argument..].iter().enumerate() {
            if at > 0 {
                self.printer.out.extend_from_slice(b", ");
            }
            if let Value::Nil = value {
                self.printer.out.extend_from_slice(b"<nil>");
            } else {
                self.printer.out.extend_from_slice(value.type_name().as_bytes());
                self.printer.out.push(b'=');
                self.printer.argument(value, 'v');
            }
        }
        self.printer.out.push(b')');
    }
}

/// The first character and its length.
fn decode(text: &[u8]) -> Option<(char, usize)> {
    let chunk = text.utf8_chunks().next()?;
    match chunk.valid().chars().next() {
        Some(c) => Some((c, c.len_utf8())),
        None => Some((char::REPLACEMENT_CHARACTER, 1)),
    }
}
