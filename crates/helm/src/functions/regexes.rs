//! Regular expressions. Those of Go (RE2) are translated for the `regex` crate.

mod translate;

use std::cell::RefCell;
use std::collections::HashMap;

use regex::bytes::{Captures, Match, Regex, RegexBuilder};

use super::arguments::{TEXT, THREE_TEXTS, TWO_TEXTS, bytes, check_length, integer, lossy, text, texts};
use crate::template::{Call, ENTRY, Element, Error, Functions, List, Signature, Type, Value, quote};

/// Largest compiled expression, in bytes.
const MAX_SIZE: usize = 4 << 20;

/// Memory that the search for an expression takes, in bytes; with more states than fit it becomes slower.
const MAX_STATES: usize = 512 << 10;

const TEXTS_AND_NUMBER: &[Type] = &[Type::String, Type::String, Type::Int];

pub fn add(functions: &mut Functions) {
    let two = Signature::new(TWO_TEXTS);
    functions.add("regexMatch", two, |call, values| {
        let Ok(regex) = of_value(&values[0]) else { return Ok(Value::Bool(false)) };
        count(call, &regex, &values[1])?;
        Ok(Value::Bool(regex.regex.is_match(bytes(&values[1]))))
    });
    functions.add("mustRegexMatch", two, |call, values| {
        Ok(Value::Bool(of(call, values)?.is_match(bytes(&values[1]))))
    });
    functions.add("regexFind", two, |call, values| Ok(find(&must_compile(call, values)?, values)));
    functions.add("mustRegexFind", two, |call, values| Ok(find(&of(call, values)?, values)));
    let number = Signature::new(TEXTS_AND_NUMBER);
    functions.add("regexFindAll", number, |call, values| {
        let regex = must_compile(call, values)?;
        find_all(call, &regex, values)
    });
    functions.add("mustRegexFindAll", number, |call, values| {
        let regex = of(call, values)?;
        find_all(call, &regex, values)
    });
    functions.add("regexSplit", number, |call, values| {
        let regex = must_compile(call, values)?;
        split(call, &regex, values)
    });
    functions.add("mustRegexSplit", number, |call, values| {
        let regex = of(call, values)?;
        split(call, &regex, values)
    });
    let three = Signature::new(THREE_TEXTS);
    functions
        .add("regexReplaceAll", three, |call, values| replace(&must_compile(call, values)?, values, expand));
    functions.add("mustRegexReplaceAll", three, |call, values| replace(&of(call, values)?, values, expand));
    functions.add("regexReplaceAllLiteral", three, |call, values| {
        replace(&must_compile(call, values)?, values, |_, replacement, out| {
            out.extend_from_slice(replacement);
        })
    });
    functions.add("mustRegexReplaceAllLiteral", three, |call, values| {
        replace(&of(call, values)?, values, |_, replacement, out| out.extend_from_slice(replacement))
    });
    functions.add("regexQuoteMeta", Signature::new(TEXT), |_, values| {
        let mut out = Vec::new();
        for &byte in bytes(&values[0]) {
            if br"\.+*?()|[]{}^$".contains(&byte) {
                out.push(b'\\');
            }
            out.push(byte);
        }
        Ok(text(out))
    });
}

/// A compiled expression.
#[derive(Clone)]
struct Expression {
    regex: Regex,
    /// Steps that a search counts for each byte of the text.
    steps: u64,
}

/// Expressions that were compiled, since templates use the same in loops.
struct Compiled {
    /// Largest compiled expression among them, in bytes.
    size: usize,
    /// Steps for each byte, which may visit all states of the expression.
    steps: u64,
    /// How many are kept.
    count: usize,
    expressions: HashMap<String, Expression>,
}

thread_local! {
    /// Many small expressions, and a few large ones.
    static COMPILED: RefCell<[Compiled; 3]> = RefCell::new([
        Compiled { size: 16 << 10, steps: 1, count: 64, expressions: HashMap::new() },
        Compiled { size: 256 << 10, steps: 20, count: 64, expressions: HashMap::new() },
        Compiled { size: MAX_SIZE, steps: 400, count: 8, expressions: HashMap::new() },
    ]);
}

/// The expression that the first argument is, for a search in the second one.
fn of(call: &mut Call<'_>, values: &[Value]) -> Result<Regex, Error> {
    let regex = of_value(&values[0])?;
    count(call, &regex, &values[1])?;
    Ok(regex.regex)
}

/// The expression that a value is, which must be UTF-8.
fn of_value(value: &Value) -> Result<Expression, Error> {
    match std::str::from_utf8(bytes(value)) {
        Ok(expression) => compiled(expression),
        Err(error) => {
            let rest = String::from_utf8_lossy(&bytes(value)[error.valid_up_to()..]);
            Err(Error::new(format!("error parsing regexp: invalid UTF-8: `{rest}`")))
        }
    }
}

/// Counts a search in a text.
fn count(call: &mut Call<'_>, regex: &Expression, text: &Value) -> Result<(), Error> {
    let length = u64::try_from(bytes(text).len()).unwrap_or(u64::MAX);
    call.work(length.saturating_mul(regex.steps))
}

/// Compiles an expression. The error is that of Go's `regexp.Compile`.
pub fn compile(expression: &str) -> Result<Regex, Error> {
    compiled(expression).map(|compiled| compiled.regex)
}

fn compiled(expression: &str) -> Result<Expression, Error> {
    let known = COMPILED.with_borrow(|all| all.iter().find_map(|it| it.expressions.get(expression).cloned()));
    if let Some(regex) = known {
        return Ok(regex);
    }
    let failed = |message: String| Error::new(format!("error parsing regexp: {message}"));
    let translated = translate::translate(expression).map_err(failed)?;
    COMPILED.with_borrow_mut(|all| {
        for compiled in all {
            let mut builder = RegexBuilder::new(&translated);
            match builder.size_limit(compiled.size).dfa_size_limit(MAX_STATES).build() {
                Ok(regex) => {
                    if compiled.expressions.len() >= compiled.count {
                        compiled.expressions.clear();
                    }
                    let known = Expression { regex, steps: compiled.steps };
                    compiled.expressions.insert(expression.to_owned(), known.clone());
                    return Ok(known);
                }
                Err(regex::Error::CompiledTooBig(_)) => {}
                Err(_) => return Err(failed(format!("invalid expression: `{expression}`"))),
            }
        }
        Err(failed(format!("expression too large: `{expression}`")))
    })
}

/// Like `of`, with the message of `regexp.MustCompile`.
fn must_compile(call: &mut Call<'_>, values: &[Value]) -> Result<Regex, Error> {
    let regex = of_value(&values[0]).map_err(|error| {
        let expression = lossy(&values[0]);
        let plain = std::str::from_utf8(bytes(&values[0])).is_ok()
            && !expression
                .contains(|c: char| c == '`' || c < ' ' && c != '\t' || c == '\x7f' || c == '\u{feff}');
        let shown = if plain { format!("`{expression}`") } else { quote(bytes(&values[0])) };
        error.wrap(format!("regexp: Compile({shown}): "))
    })?;
    count(call, &regex, &values[1])?;
    Ok(regex.regex)
}

/// Whether a match is one for Go, which finds no empty text in the middle of a character.
fn is_whole(whole: &[u8], found: &Match<'_>) -> bool {
    let starts_character = |at: usize| at == 0 || whole.get(at).is_none_or(|byte| byte & 0xC0 != 0x80);
    !found.is_empty() || starts_character(found.start()) || std::str::from_utf8(whole).is_err()
}

/// All matches.
fn matches<'r, 'w: 'r>(regex: &'r Regex, whole: &'w [u8]) -> impl Iterator<Item = Match<'w>> + 'r {
    regex.find_iter(whole).filter(|found| is_whole(whole, found))
}

fn find(regex: &Regex, values: &[Value]) -> Value {
    text(regex.find(bytes(&values[1])).map_or(&b""[..], |found| found.as_bytes()))
}

/// Maximum number of matches; a negative number means no limit.
fn limit(value: &Value) -> usize {
    usize::try_from(integer(value)).unwrap_or(usize::MAX)
}

fn find_all(call: &mut Call<'_>, regex: &Regex, values: &[Value]) -> Result<Value, Error> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for found in matches(regex, bytes(&values[1])).take(limit(&values[2])) {
        call.made(ENTRY)?;
        parts.push(found.as_bytes());
    }
    Ok(if parts.is_empty() { Value::List(List::nil(Element::String)) } else { texts(parts) })
}

fn split(call: &mut Call<'_>, regex: &Regex, values: &[Value]) -> Result<Value, Error> {
    let (whole, limit) = (bytes(&values[1]), limit(&values[2]));
    if limit == 0 {
        return Ok(Value::List(List::nil(Element::String)));
    }
    if whole.is_empty() && !bytes(&values[0]).is_empty() {
        return Ok(texts([""]));
    }
    let (mut parts, mut begin, mut end) = (Vec::new(), 0, 0);
    for found in matches(regex, whole).take(limit) {
        if parts.len() + 1 == limit {
            break;
        }
        call.made(ENTRY)?;
        end = found.start();
        if found.end() != 0 {
            parts.push(&whole[begin..end]);
        }
        begin = found.end();
    }
    if end != whole.len() {
        parts.push(&whole[begin..]);
    }
    Ok(texts(parts))
}

fn replace(
    regex: &Regex,
    values: &[Value],
    replacement: impl Fn(&Captures<'_>, &[u8], &mut Vec<u8>),
) -> Result<Value, Error> {
    let whole = bytes(&values[1]);
    let (mut out, mut from) = (Vec::new(), 0);
    for captures in regex.captures_iter(whole) {
        let Some(found) = captures.get(0).filter(|found| is_whole(whole, found)) else { continue };
        out.extend_from_slice(&whole[from..found.start()]);
        replacement(&captures, bytes(&values[2]), &mut out);
        from = found.end();
        check_length(out.len())?;
    }
    out.extend_from_slice(&whole[from..]);
    Ok(text(out))
}

/// Writes a replacement with `$1`, `${1}`, `$name` and `$$`.
fn expand(captures: &Captures<'_>, replacement: &[u8], out: &mut Vec<u8>) {
    let mut rest = replacement;
    while let Some(dollar) = rest.iter().position(|&byte| byte == b'$') {
        out.extend_from_slice(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix(b"$") {
            out.push(b'$');
            rest = after;
            continue;
        }
        let (braces, inner) = rest.strip_prefix(b"{").map_or((false, rest), |inner| (true, inner));
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let length = inner.iter().take_while(|byte| is_name(byte)).count();
        if length == 0 || braces && inner.get(length) != Some(&b'}') {
            out.push(b'$');
            continue;
        }
        let name = String::from_utf8_lossy(&inner[..length]);
        rest = &inner[length + usize::from(braces)..];
        let numbered =
            name.bytes().all(|byte| byte.is_ascii_digit()) && (name.len() == 1 || !name.starts_with('0'));
        let group = if numbered {
            name.parse().ok().and_then(|number: usize| captures.get(number))
        } else {
            captures.name(&name)
        };
        out.extend_from_slice(group.map_or(&b""[..], |group| group.as_bytes()));
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_that_are_not_utf8_are_refused() {
        let error = of_value(&text(&b"a\xffb"[..])).map(|it| it.steps).expect_err("an error");
        assert_eq!(error.message(), "error parsing regexp: invalid UTF-8: `\u{fffd}b`");
    }
}
