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

/// Words in lower case with a connector between them. What is not UTF-8 belongs to the word before or after it.
pub fn separated(bytes: &[u8], connector: char) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut kind, mut word, mut rest) = next_word(bytes);
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
                    push(&mut out, connector);
                }
            }
            Kind::Connector => lower(&mut out, previous, last, connector),
            Kind::Punctuation => {}
            _ if kind != Kind::Number => {
                if !matches!(kind, Kind::Connector | Kind::Punctuation) {
                    push(&mut out, connector);
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
                        push(&mut out, connector);
                    }
                    continue;
                }
                push(&mut out, connector);
                lower(&mut out, Kind::Number, number, connector);
                while matches!(kind, Kind::Alphabet | Kind::Number) {
                    lower(&mut out, kind, word, connector);
                    (kind, word, rest) = next_word(rest);
                }
                if !matches!(kind, Kind::Nothing | Kind::Connector | Kind::Punctuation) {
                    push(&mut out, connector);
                }
            }
        }
    }
    lower(&mut out, kind, word, connector);
    out
}

fn push(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn lower(out: &mut Vec<u8>, kind: Kind, word: &[u8], connector: char) {
    if !matches!(kind, Kind::Upper | Kind::Connector) {
        out.extend_from_slice(word);
        return;
    }
    for c in runes(word) {
        let c = match c {
            _ if is_connector(c) => connector,
            _ if is_upper(c) => to_lower(c),
            _ => c,
        };
        push(out, c);
    }
}

/// The next character that is valid, and the length up to its end. If none is, `otherwise` and the whole length.
fn next_valid(text: &[u8], otherwise: char) -> (char, usize) {
    let mut at = 0;
    while at < text.len() {
        let (c, length) = first(&text[at..]);
        at += length;
        if c != char::REPLACEMENT_CHARACTER {
            return (c, at);
        }
    }
    (otherwise, at)
}

/// The first character of a text that is not empty, and its length; U+FFFD and 1 if it is not UTF-8.
fn first(text: &[u8]) -> (char, usize) {
    let start = &text[..text.len().min(4)];
    let valid = start.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    valid.chars().next().map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, c.len_utf8()))
}

/// The next word, its kind, and what follows it.
fn next_word(text: &[u8]) -> (Kind, &[u8], &[u8]) {
    let (first, start) = next_valid(text, char::REPLACEMENT_CHARACTER);
    let run = |from: usize, belongs: &dyn Fn(char) -> bool| {
        let (mut end, mut current) = (from, first);
        while end < text.len() {
            let length;
            (current, length) = next_valid(&text[end..], current);
            if !belongs(current) {
                break;
            }
            end += length;
        }
        end
    };
    let small = |c: char| is_alphabet(c) && !is_upper(c);
    let (kind, end) = if first == char::REPLACEMENT_CHARACTER {
        (Kind::Nothing, text.len())
    } else if is_connector(first) {
        (Kind::Connector, run(start, &is_connector))
    } else if is_punctuation(first) {
        (Kind::Punctuation, run(start, &is_punctuation))
    } else if is_upper(first) {
        (Kind::Upper, upper_word(text, first, start, &run))
    } else if is_alphabet(first) {
        (Kind::Alphabet, run(start, &small))
    } else if first.is_numeric() {
        (Kind::Number, run(start, &char::is_numeric))
    } else {
        let other = |c: char| !(is_connector(c) || is_alphabet(c) || c.is_numeric() || is_punctuation(c));
        (Kind::Other, run(start, &other))
    };
    let (word, rest) = text.split_at(end);
    (kind, word, rest)
}

/// The end of the characters from a place on that belong to a word.
type Run<'r> = dyn Fn(usize, &dyn Fn(char) -> bool) -> usize + 'r;

/// The end of a word that starts with a capital letter.
fn upper_word(text: &[u8], first: char, start: usize, run: &Run<'_>) -> usize {
    if start == text.len() {
        return start;
    }
    let (second, length) = next_valid(&text[start..], first);
    if !is_upper(second) {
        return if is_alphabet(second) {
            run(start + length, &|c| is_alphabet(c) && !is_upper(c))
        } else {
            start
        };
    }
    let (mut end, mut last, mut current) = (start + length, length, second);
    while end < text.len() {
        let length;
        (current, length) = next_valid(&text[end..], current);
        if !is_upper(current) {
            // The last capital of several starts the next word: `HTTPStatus`.
            return if is_alphabet(current) { end - last } else { end };
        }
        (end, last) = (end + length, length);
    }
    end
}
