//! Integers.

use std::fmt::Write;

use super::printer::Printer;
use crate::template::quote::quote_char;
use crate::template::unicode::is_printable;

/// An integer of any type.
#[derive(Debug, Clone, Copy)]
pub struct Integer {
    magnitude: u64,
    negative: bool,
    signed: bool,
}

impl Integer {
    pub fn signed(value: i64) -> Self {
        Self { magnitude: value.unsigned_abs(), negative: value < 0, signed: true }
    }

    pub fn unsigned(value: u64) -> Self {
        Self { magnitude: value, negative: false, signed: false }
    }

    /// The bits of the number in two's complement.
    fn bits(self) -> u64 {
        if self.negative { self.magnitude.wrapping_neg() } else { self.magnitude }
    }
}

/// Prints an integer, unless it does not have the verb.
pub fn print(printer: &mut Printer, number: Integer, verb: char) -> bool {
    match verb {
        'v' if printer.flags.sharp_v && !number.signed => {
            let sharp = std::mem::replace(&mut printer.flags.sharp, true);
            digits(printer, number, 16, verb);
            printer.flags.sharp = sharp;
        }
        'v' | 'd' => digits(printer, number, 10, verb),
        'b' => digits(printer, number, 2, verb),
        'o' | 'O' => digits(printer, number, 8, verb),
        'x' | 'X' => digits(printer, number, 16, verb),
        'c' => {
            let c = character(number);
            printer.pad(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        'q' => {
            let quoted = quote_char(character(number), printer.flags.plus);
            printer.pad(quoted.as_bytes());
        }
        'U' => unicode(printer, number.bits()),
        _ => return false,
    }
    true
}

fn character(number: Integer) -> char {
    u32::try_from(number.bits()).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn digits(printer: &mut Printer, number: Integer, radix: u8, verb: char) {
    let flags = printer.flags;
    if flags.precision == Some(0) && number.magnitude == 0 {
        return printer.pad_with_spaces(b"");
    }
    let signed = number.negative || flags.plus || flags.space;
    let precision = match (flags.precision, flags.width) {
        (Some(precision), _) => precision,
        (None, Some(width)) if flags.zero && !flags.minus => width.saturating_sub(usize::from(signed)),
        _ => 0,
    };
    let mut text = match radix {
        2 => format!("{:b}", number.magnitude),
        8 => format!("{:o}", number.magnitude),
        16 if verb == 'X' => format!("{:X}", number.magnitude),
        16 => format!("{:x}", number.magnitude),
        _ => number.magnitude.to_string(),
    };
    if text.len() < precision {
        text.insert_str(0, &"0".repeat(precision - text.len()));
    }
    let prefix = match radix {
        2 if flags.sharp => "0b",
        8 if flags.sharp && !text.starts_with('0') => "0",
        16 if flags.sharp && verb == 'X' => "0X",
        16 if flags.sharp => "0x",
        _ => "",
    };
    let octal = if verb == 'O' { "0o" } else { "" };
    let sign = if number.negative {
        "-"
    } else if flags.plus {
        "+"
    } else if flags.space {
        " "
    } else {
        ""
    };
    printer.pad_with_spaces(format!("{sign}{octal}{prefix}{text}").as_bytes());
}

/// `U+0041`, with the character after it if asked for.
fn unicode(printer: &mut Printer, bits: u64) {
    let mut text = format!("{bits:X}");
    let precision = printer.flags.precision.unwrap_or_default().max(4);
    if text.len() < precision {
        text.insert_str(0, &"0".repeat(precision - text.len()));
    }
    text.insert_str(0, "U+");
    if let Some(c) = u32::try_from(bits).ok().and_then(char::from_u32).filter(|&c| is_printable(c))
        && printer.flags.sharp
    {
        let _ = write!(text, " '{c}'");
    }
    printer.pad_with_spaces(text.as_bytes());
}
