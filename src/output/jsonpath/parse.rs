//! From the text of a template to its parts.

use serde_json::{Number, Value};

use super::{Operator, Part, Slice, Step};

/// Parses a template.
pub(super) fn template(text: &str) -> Result<Vec<Part>, String> {
    // The parts around the ranges that are open, innermost last.
    let mut open: Vec<(Vec<Step>, Vec<Part>)> = Vec::new();
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, action)) = rest.split_once('{') {
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        let mut reader = Reader { text: action };
        let action = reader.action()?;
        rest = reader.text;
        match action {
            Action::Path(steps) => parts.push(Part::Path(steps)),
            Action::Range(steps) => open.push((steps, std::mem::take(&mut parts))),
            Action::End => {
                let (steps, outer) = open.pop().ok_or("{end} without {range}")?;
                let body = std::mem::replace(&mut parts, outer);
                parts.push(Part::Range(steps, body));
            }
        }
    }
    if !open.is_empty() {
        return Err("{range} without {end}".into());
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

/// What is between braces.
enum Action {
    Path(Vec<Step>),
    Range(Vec<Step>),
    End,
}

/// Reads an action from the start of a text, up to its closing brace.
struct Reader<'a> {
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn action(&mut self) -> Result<Action, String> {
        let mut steps = Vec::new();
        let mut word = None;
        loop {
            let Some(next) = self.text.chars().next().filter(|it| !is_line_end(*it)) else {
                return Err("unclosed action: } is missing".into());
            };
            if let Some(rest) = self.text.strip_prefix("[?(") {
                self.text = rest;
                steps.push(self.filter()?);
            } else if let Some(rest) = self.text.strip_prefix("..") {
                if steps.last() == Some(&Step::Descent) {
                    return Err("invalid multiple recursive descent: ..".into());
                }
                self.text = rest;
                steps.push(Step::Descent);
                if self.text.starts_with(is_letter) {
                    steps.push(self.field());
                }
            } else {
                match next {
                    '}' => {
                        self.skip(1);
                        break;
                    }
                    ' ' | '@' | '$' => self.skip(1),
                    '[' => self.brackets(&mut steps)?,
                    '"' | '\'' => steps.push(self.quoted()?),
                    '.' => {
                        self.skip(1);
                        steps.push(self.field());
                    }
                    _ if is_numeric(next) => steps.push(self.number()?),
                    _ if is_letter(next) => match self.until(is_terminator) {
                        truth @ ("true" | "false") => steps.push(Step::Literal((truth == "true").into())),
                        it @ ("range" | "end") if word.is_none() && steps.is_empty() => word = Some(it),
                        other => {
                            return Err(format!(
                                "unrecognized identifier {other}: fields begin with a dot, and text is in quotes"
                            ));
                        }
                    },
                    other => return Err(format!("unrecognized character in action: {other:?}")),
                }
            }
        }
        match word {
            Some("range") => Ok(Action::Range(steps)),
            Some(_) if steps.is_empty() => Ok(Action::End),
            Some(_) => Err("{end} stands alone".into()),
            None => Ok(Action::Path(steps)),
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.text = &self.text[bytes..];
    }

    /// The text before the first character for which `ends` holds, which is read.
    fn until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let end = self.text.find(ends).unwrap_or(self.text.len());
        let (found, rest) = self.text.split_at(end);
        self.text = rest;
        found
    }

    /// A field after its dot. A backslash makes the character after it part of the name.
    fn field(&mut self) -> Step {
        let mut name = String::new();
        let mut chars = self.text.char_indices();
        let end = loop {
            match chars.next() {
                Some((_, '\\')) => {
                    name.extend(chars.next().map(|(_, char)| char).filter(|char| *char != '\\'));
                }
                Some((at, char)) if is_terminator(char) => break at,
                Some((_, char)) => name.push(char),
                None => break self.text.len(),
            }
        };
        let is_wildcard = &self.text[..end] == "*";
        self.skip(end);
        if is_wildcard { Step::Wildcard } else { Step::Field(name) }
    }

    fn number(&mut self) -> Result<Step, String> {
        let sign = usize::from(self.text.starts_with(['+', '-']));
        let end = self.text[sign..].find(|it: char| it != '.' && !it.is_numeric());
        let (number, rest) = self.text.split_at(end.map_or(self.text.len(), |end| end + sign));
        self.text = rest;
        let value = match number.parse::<i64>() {
            Ok(whole) => Some(Value::from(whole)),
            Err(_) => number.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number),
        };
        value.map(Step::Literal).ok_or_else(|| format!("cannot parse number {number}"))
    }

    /// A string in quotes, with the escapes of Go.
    fn quoted(&mut self) -> Result<Step, String> {
        let end = end_of_quotes(self.text).ok_or("unterminated quoted string")?;
        let (quoted, rest) = self.text.split_at(end);
        self.text = rest;
        let text = unescape(&quoted[1..quoted.len() - 1])
            .ok_or_else(|| format!("invalid escape sequence in {quoted}"))?;
        Ok(Step::Literal(text.into()))
    }

    /// `[…]` without a filter: a name in quotes, an index, a slice, or a union.
    fn brackets(&mut self, steps: &mut Vec<Step>) -> Result<(), String> {
        let end = self.text.find([']', '\n']).filter(|end| self.text[*end..].starts_with(']'));
        let end = end.ok_or("unterminated array: ] is missing")?;
        let inner = &self.text[1..end];
        self.skip(end + 1);
        if inner.contains(',') {
            let members = inner.split(',').map(|member| nested(&format!("[{}]", member.trim_matches(' '))));
            steps.push(Step::Union(members.collect::<Result<_, _>>()?));
        } else if let Some(name) = inner.strip_prefix('\'').and_then(|it| it.strip_suffix('\''))
            && !name.contains('\'')
        {
            steps.extend(nested(&format!(".{name}"))?);
        } else {
            steps.push(Step::Slice(slice(inner)?));
        }
        Ok(())
    }

    /// A filter after `[?(`, up to its `)]`.
    fn filter(&mut self) -> Result<Step, String> {
        let end = end_of_filter(self.text).ok_or("unterminated filter: )] is missing")?;
        let inner = &self.text[..end];
        self.skip(end + 1);
        self.text = self.text.strip_prefix(']').ok_or("unclosed filter: ] is missing after )")?;
        let is_operator = |char: char| "!<>=".contains(char);
        let compared = inner.find(is_operator).filter(|at| *at > 0).and_then(|at| {
            let length = inner[at..].find(|char| !is_operator(char))?;
            Some((&inner[..at], &inner[at..at + length], &inner[at + length..]))
        });
        let Some((left, operator, right)) = compared else {
            return Ok(Step::Filter(nested(inner)?, None));
        };
        let operator = match operator {
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            other => return Err(format!("unrecognized filter operator {other}")),
        };
        Ok(Step::Filter(nested(left)?, Some((operator, nested(right)?))))
    }
}

/// The steps of an expression within another one.
fn nested(text: &str) -> Result<Vec<Step>, String> {
    let text = format!("{text}}}");
    let mut reader = Reader { text: &text };
    match reader.action()? {
        Action::Path(steps) if reader.text.is_empty() => Ok(steps),
        _ => Err(format!("invalid expression: {}", text.trim_end_matches('}'))),
    }
}

/// Where a quoted string at the start of a text ends.
fn end_of_quotes(text: &str) -> Option<usize> {
    let quote = text.chars().next()?;
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Where the first `)` outside of quotes is.
fn end_of_filter(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        match rest.chars().next()? {
            ')' => return Some(at),
            '"' | '\'' => at += end_of_quotes(rest)?,
            '\n' => return None,
            other => at += other.len_utf8(),
        }
    }
}

/// Bounds of a slice: `*`, `index`, or `start:end:step`.
fn slice(text: &str) -> Result<Slice, String> {
    let text = if text == "*" { ":" } else { text };
    let bounds: Vec<&str> = text.split(':').collect();
    let bound = |at: usize| match bounds.get(at) {
        None | Some(&"") => Ok(None),
        Some(bound) => bound.parse().map(Some).map_err(|_| format!("array index {bound} is not a number")),
    };
    if text.is_empty()
        || bounds.len() > 3
        || text.contains(|char: char| !matches!(char, '0'..='9' | '-' | ':'))
    {
        return Err(format!("invalid array index {text:?}: names are in single quotes"));
    }
    Ok(Slice { start: bound(0)?, end: bound(1)?, step: bound(2)?, is_index: bounds.len() == 1 })
}

/// Replaces the escape sequences of Go strings; none if there is an unknown one.
fn unescape(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escaped)) = rest.split_once('\\') {
        plain.push_str(before);
        let name = escaped.chars().next()?;
        let (skipped, digits, radix) = match name {
            'x' => (1, 2, 16),
            'u' => (1, 4, 16),
            'U' => (1, 8, 16),
            '0'..='7' => (0, 3, 8),
            _ => (name.len_utf8(), 0, 10),
        };
        let code = escaped.get(skipped..skipped + digits)?;
        plain.push(match name {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' | '\'' | '"' => name,
            _ if digits > 0 => char::from_u32(u32::from_str_radix(code, radix).ok()?)?,
            _ => return None,
        });
        rest = &escaped[skipped + digits..];
    }
    plain.push_str(rest);
    Some(plain)
}

/// Whether a character ends the name of a field.
fn is_terminator(char: char) -> bool {
    matches!(char, ' ' | '\t' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}') || is_line_end(char)
}

fn is_line_end(char: char) -> bool {
    matches!(char, '\r' | '\n')
}

fn is_letter(char: char) -> bool {
    char == '_' || char.is_alphanumeric()
}

fn is_numeric(char: char) -> bool {
    matches!(char, '+' | '-') || char.is_numeric()
}
