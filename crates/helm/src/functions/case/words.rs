//! Names in camel, snake and kebab case, by the rules of xstrings 1.5.

use std::sync::LazyLock;

use regex::Regex;

use super::{is_upper, runes, to_lower, to_upper};
use crate::template::is_letter;

static PUNCTUATION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\p{P}").expect("a valid expression"));

fn is_connector(c: char) -> bool {
    matches!(c, '-' | '_') || c.is_whitespace()
}

fn is_punctuation(c: char) -> bool {
    PUNCTUATION.is_match(c.encode_utf8(&mut [0; 4]))
}

/// Reports whether a character is a letter of a script with words, so not Chinese.
fn is_alphabet(c: char) -> bool {
    is_letter(c) && !matches!(u32::from(c), 0x4e00..=0x9fcc | 0x3400..=0x4d85 | 0x2_0000..=0x2_b81d)
}

/// Words joined, each with a capital letter. Connectors at the start stay.
pub fn pascal_case(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut rest = runes(bytes);
    let mut first = None;
    let mut upper = false;
    for c in rest.by_ref() {
        if is_connector(c) {
            // The last connector of a text that has nothing else is written twice.
            out.push(c);
            first = Some(c);
            continue;
        }
        upper = is_upper(c);
        first = Some(to_upper(c));
        break;
    }
    let Some(mut current) = first else { return out };
    for next in rest {
        let previous = current;
        current = next;
        if is_connector(current) && is_connector(previous) {
            out.push(previous);
            continue;
        }
        if is_connector(previous) {
            upper = is_upper(current);
            current = to_upper(current);
        } else {
            if upper {
                if is_upper(current) {
                    current = to_lower(current);
                } else {
                    upper = false;
                }
            }
            out.push(previous);
        }
    }
    out.push(current);
    out
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nothing,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// Words in lower case with a connector between them.
pub fn separated(bytes: &[u8], connector: char) -> String {
    let characters: Vec<char> = runes(bytes).collect();
    let mut out = String::new();
    let (mut kind, mut word, mut rest) = next_word(&characters);
    while !rest.is_empty() {
        if kind != Kind::Connector {
            lower(&mut out, kind, word, connector);
        }
        let (previous, last) = (kind, word);
        (kind, word, rest) = next_word(rest);
        match previous {
            Kind::Number => {
                while matches!(kind, Kind::Alphabet | Kind::Number) {
                    lower(&mut out, kind, word, connector);
                    (kind, word, rest) = next_word(rest);
                }
                if !matches!(kind, Kind::Nothing | Kind::Punctuation | Kind::Connector) {
                    out.push(connector);
                }
            }
            Kind::Connector => lower(&mut out, previous, last, connector),
            Kind::Punctuation => {}
            _ if kind != Kind::Number => {
                if !matches!(kind, Kind::Connector | Kind::Punctuation) {
                    out.push(connector);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (kind, word, rest) = next_word(rest);
                // A number is part of the word before it, unless small letters follow.
                if kind != Kind::Alphabet {
                    lower(&mut out, Kind::Number, number, connector);
                    if !matches!(kind, Kind::Connector | Kind::Punctuation) {
                        out.push(connector);
                    }
                    continue;
                }
                out.push(connector);
                lower(&mut out, Kind::Number, number, connector);
                while matches!(kind, Kind::Alphabet | Kind::Number) {
                    lower(&mut out, kind, word, connector);
                    (kind, word, rest) = next_word(rest);
                }
                if !matches!(kind, Kind::Nothing | Kind::Connector | Kind::Punctuation) {
                    out.push(connector);
                }
            }
        }
    }
    lower(&mut out, kind, word, connector);
    out
}

fn lower(out: &mut String, kind: Kind, word: &[char], connector: char) {
    let changes = matches!(kind, Kind::Upper | Kind::Connector);
    out.extend(word.iter().map(|&c| match c {
        _ if !changes => c,
        _ if is_connector(c) => connector,
        _ if is_upper(c) => to_lower(c),
        _ => c,
    }));
}

/// The next word, its kind, and what follows it.
fn next_word(text: &[char]) -> (Kind, &[char], &[char]) {
    let Some(&first) = text.first() else { return (Kind::Nothing, &[], &[]) };
    let run = |belongs: &dyn Fn(char) -> bool| text.iter().take_while(|&&c| belongs(c)).count();
    let small = |c: char| is_alphabet(c) && !is_upper(c);
    let (kind, length) = if is_connector(first) {
        (Kind::Connector, run(&is_connector))
    } else if is_punctuation(first) {
        (Kind::Punctuation, run(&is_punctuation))
    } else if is_upper(first) {
        let capitals = run(&is_upper);
        let next = text.get(capitals).copied();
        let length = match next {
            // The last capital of several starts the next word: `HTTPStatus`.
            Some(next) if capitals > 1 && is_alphabet(next) => capitals - 1,
            Some(_) if capitals == 1 => 1 + text[1..].iter().take_while(|&&c| small(c)).count(),
            _ => capitals,
        };
        (Kind::Upper, length)
    } else if is_alphabet(first) {
        (Kind::Alphabet, run(&small))
    } else if first.is_numeric() {
        (Kind::Number, run(&char::is_numeric))
    } else {
        let other = |c: char| !(is_connector(c) || is_alphabet(c) || c.is_numeric() || is_punctuation(c));
        (Kind::Other, run(&other))
    };
    let (word, rest) = text.split_at(length.max(1));
    (kind, word, rest)
}
