//! Shell patterns: `*`, `?`, `[a-z]`, `[^a-z]` and `\`.

/// A pattern.
#[derive(Debug)]
pub(crate) struct Glob {
    pattern: String,
    form: Form,
}

/// Most patterns need no search.
#[derive(Debug)]
enum Form {
    /// The text itself.
    Literal,
    /// A star and how the text ends, such as `*.png`.
    End,
    Other,
}

impl Glob {
    pub(crate) fn new(pattern: &str) -> Self {
        let is_literal = |text: &str| !text.contains(['*', '?', '[', '\\']);
        let form = match pattern.strip_prefix('*') {
            _ if is_literal(pattern) => Form::Literal,
            Some(end) if is_literal(end) => Form::End,
            _ => Form::Other,
        };
        Self { pattern: pattern.to_owned(), form }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.pattern
    }

    /// Bits that [`bits_of`] returns for every text that the pattern matches.
    pub(crate) fn bits(&self) -> u128 {
        match self.form {
            Form::Literal => bit_of_whole(&self.pattern),
            Form::End => bit_of_end(&self.pattern[1..]),
            Form::Other => 0,
        }
    }

    /// Returns whether the pattern matches all of `text`. `*` and `?` match a slash only if `slashes`.
    pub(crate) fn matches(&self, text: &str, slashes: bool) -> bool {
        match self.form {
            Form::Literal => self.pattern == text,
            // The last byte tells most texts apart.
            Form::End if text.bytes().last() != self.pattern.bytes().last() && self.pattern.len() > 1 => {
                false
            }
            Form::End => {
                let start = text.strip_suffix(&self.pattern[1..]);
                start.is_some_and(|start| slashes || !start.contains('/'))
            }
            Form::Other => search(&self.pattern, text, slashes),
        }
    }
}

/// Returns a bit for a text and one for its end, which tell most texts apart.
pub(crate) fn bits_of(text: &str) -> u128 {
    bit_of_whole(text) | bit_of_end(text)
}

fn bit_of_whole(text: &str) -> u128 {
    let (Some(first), Some(last)) = (text.bytes().next(), text.bytes().last()) else { return 0 };
    1 << (64 + (text.len() * 7 + usize::from(first) * 31 + usize::from(last)) % 64)
}

/// A bit for the last two bytes.
fn bit_of_end(text: &str) -> u128 {
    match text.as_bytes() {
        [.., before, last] => 1 << ((usize::from(*before) * 5 + usize::from(*last)) % 64),
        _ => 0,
    }
}

fn search(pattern: &str, text: &str, slashes: bool) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut pos) = (0, 0);
    // Position of the last star, and of the text that it has matched.
    let mut star: Option<(usize, usize)> = None;
    loop {
        if at == pattern.len() && pos == text.len() {
            return true;
        }
        if pattern.get(at) == Some(&'*') {
            star = Some((at, pos));
            at += 1;
            continue;
        }
        if let Some(next) = text.get(pos).and_then(|char| one(&pattern, at, *char, slashes)) {
            at = next;
            pos += 1;
            continue;
        }
        match star {
            Some((place, reached)) if reached < text.len() && (slashes || text[reached] != '/') => {
                star = Some((place, reached + 1));
                at = place + 1;
                pos = reached + 1;
            }
            _ => return false,
        }
    }
}

/// Matches `char` with the pattern at `at`, and returns where the pattern continues.
fn one(pattern: &[char], at: usize, char: char, slashes: bool) -> Option<usize> {
    match pattern.get(at)? {
        '?' if char != '/' || slashes => Some(at + 1),
        '?' => None,
        '\\' => (pattern.get(at + 1) == Some(&char)).then_some(at + 2),
        '[' => class(pattern, at + 1, char),
        literal => (*literal == char).then_some(at + 1),
    }
}

/// Matches `char` with a character class that starts at `at`.
fn class(pattern: &[char], mut at: usize, char: char) -> Option<usize> {
    let negated = pattern.get(at) == Some(&'^');
    at += usize::from(negated);
    let start = at;
    let mut found = false;
    loop {
        let mut low = *pattern.get(at)?;
        if low == ']' && at > start {
            return (found != negated).then_some(at + 1);
        }
        (low, at) = member(pattern, at)?;
        let mut high = low;
        if pattern.get(at) == Some(&'-') {
            (high, at) = member(pattern, at + 1)?;
        }
        found |= (low..=high).contains(&char);
    }
}

/// Returns a character of a class and the position after it. An unescaped `-` or `]` is invalid, as in Go.
fn member(pattern: &[char], at: usize) -> Option<(char, usize)> {
    match *pattern.get(at)? {
        '-' | ']' => None,
        '\\' => Some((*pattern.get(at + 1)?, at + 2)),
        char => Some((char, at + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str, slashes: bool) -> bool {
        let found = Glob::new(pattern).matches(text, slashes);
        assert_eq!(search(pattern, text, slashes), found, "{pattern} {text}");
        assert!(!found || Glob::new(pattern).bits() & !bits_of(text) == 0, "{pattern} {text}");
        found
    }

    #[test]
    fn stars_and_classes_match() {
        for (pattern, text) in [
            ("*", ""),
            ("a*c", "abbc"),
            ("*.y?ml", "x.yaml"),
            ("*.yaml", "x.yaml"),
            ("*.yaml", ".yaml"),
            ("x.yaml", "x.yaml"),
            ("[a-c]x", "bx"),
            ("[^a]x", "bx"),
            (r"\*", "*"),
            ("*a*b", "xaxbxb"),
            (r"[\-\]]", "]"),
            (r"[a-\c]", "b"),
        ] {
            assert!(matches(pattern, text, false), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("a", "ab"),
            ("*.yaml", "x/y.yaml"),
            ("*.yaml", "x.yml"),
            ("*/b", "a/x/b"),
            ("[a-c]", "d"),
            ("?", "/"),
            ("[", "["),
            ("a*", "ba"),
            ("[]a]", "a"),
            ("[a-]", "a"),
            ("[-a]", "a"),
        ] {
            assert!(!matches(pattern, text, false), "{pattern} {text}");
        }
        assert!(matches("*/b", "a/x/b", true));
    }
}
