//! Strings, numbers, booleans and times of TOML.

use crate::functions::dates;
use crate::template::Value;

/// A string at the start of a text, and its length there. The error is a message.
pub fn string(text: &str) -> Result<(String, usize), String> {
    let quote = text.get(..1).unwrap_or_default();
    let triple = quote.repeat(3);
    if text.starts_with(&triple) {
        let inner = &text[3..];
        let body = inner.strip_prefix("\r\n").or_else(|| inner.strip_prefix('\n')).unwrap_or(inner);
        let start = text.len() - body.len();
        let end = end_of_long(body, &triple).ok_or("the string has no end")?;
        let value = if quote == "'" { body[..end].to_owned() } else { unescape(&body[..end], true)? };
        return Ok((value, start + end + 3));
    }
    let body = &text[1..];
    let mut escaped = false;
    let end = body.find(|c: char| {
        let ends = !escaped && quote.starts_with(c) || c == '\n';
        escaped = !escaped && c == '\\' && quote == "\"";
        ends
    });
    let end = end.filter(|&end| !body[end..].starts_with('\n')).ok_or("the string has no end")?;
    let value = if quote == "'" { body[..end].to_owned() } else { unescape(&body[..end], false)? };
    Ok((value, end + 2))
}

/// Where a string in three quotes ends, which can have up to two more.
fn end_of_long(body: &str, triple: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = body.get(at..)?;
        if rest.starts_with(triple) {
            let more = rest[3..].bytes().take(2).take_while(|byte| triple.as_bytes()[0] == *byte).count();
            return Some(at + more);
        }
        let c = rest.chars().next()?;
        at += c.len_utf8();
        if c == '\\' && triple.starts_with('"') {
            at += body.get(at..)?.chars().next()?.len_utf8();
        }
    }
}

fn unescape(text: &str, long: bool) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        out.push_str(plain);
        let Some(c) = escape.chars().next() else {
            return Err("the string ends with a backslash".to_owned());
        };
        rest = &escape[c.len_utf8()..];
        match c {
            'b' => out.push('\u{8}'),
            't' => out.push('\t'),
            'n' => out.push('\n'),
            'f' => out.push('\u{c}'),
            'r' => out.push('\r'),
            'e' => out.push('\u{1b}'),
            '"' | '\\' => out.push(c),
            'x' | 'u' | 'U' => {
                let length = match c {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let digits = rest.get(..length).unwrap_or_default();
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                out.push(code.ok_or_else(|| format!("invalid escape \\{c}{digits}"))?);
                rest = &rest[length..];
            }
            ' ' | '\t' | '\n' | '\r'
                if long && escape.trim_start_matches([' ', '\t', '\r']).starts_with('\n') =>
            {
                rest = escape.trim_start();
            }
            _ => return Err(format!("invalid escape \\{c}")),
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// A number, boolean or time.
pub fn plain(word: &str) -> Option<Value> {
    match word {
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        "inf" | "+inf" => return Some(Value::Float(f64::INFINITY)),
        "-inf" => return Some(Value::Float(f64::NEG_INFINITY)),
        "nan" | "+nan" | "-nan" => return Some(Value::Float(f64::NAN)),
        _ => {}
    }
    if let Some(integer) = integer(word) {
        return Some(Value::Int64(integer));
    }
    if let Some(float) = float(word) {
        return Some(Value::Float(float));
    }
    dates::of_toml(word)
}

/// Digits with single underscores between them.
fn digits(text: &str, radix: u32) -> Option<String> {
    let valid = !text.is_empty()
        && text.split('_').all(|part| !part.is_empty() && part.chars().all(|c| c.is_digit(radix)));
    valid.then(|| text.replace('_', ""))
}

fn integer(word: &str) -> Option<i64> {
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(number) = word.strip_prefix(prefix) {
            return i64::from_str_radix(&digits(number, radix)?, radix).ok();
        }
    }
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    let number = digits(unsigned, 10)?;
    if number.len() > 1 && number.starts_with('0') {
        return None;
    }
    let sign = if word.starts_with('-') { "-" } else { "" };
    format!("{sign}{number}").parse().ok()
}

fn float(word: &str) -> Option<f64> {
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    let (mantissa, exponent) =
        unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    if exponent.is_none() && fraction.is_none() {
        return None;
    }
    let whole = digits(whole, 10)?;
    if whole.len() > 1 && whole.starts_with('0') {
        return None;
    }
    let fraction = fraction.map_or(Some("0".to_owned()), |fraction| digits(fraction, 10))?;
    let exponent = match exponent {
        Some(exponent) => {
            let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let sign = if exponent.starts_with('-') { "-" } else { "" };
            format!("{sign}{}", digits(unsigned, 10)?)
        }
        None => "0".to_owned(),
    };
    let sign = if word.starts_with('-') { "-" } else { "" };
    format!("{sign}{whole}.{fraction}e{exponent}").parse().ok()
}
