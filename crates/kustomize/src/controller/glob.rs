//! Shell patterns: `*`, `?`, `[a-z]`, `[^a-z]` and `\`.

/// Whether `pattern` matches the whole of `text`. A slash is matched by `*` and `?` only where `slashes` says so.
pub(super) fn matches(pattern: &str, text: &str, slashes: bool) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut pos) = (0, 0);
    // Where the last star stands, and how far it has reached.
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

/// Where the pattern goes on after `char` has matched what stands at `at`.
fn one(pattern: &[char], at: usize, char: char, slashes: bool) -> Option<usize> {
    match pattern.get(at)? {
        '?' if char != '/' || slashes => Some(at + 1),
        '?' => None,
        '\\' => (pattern.get(at + 1) == Some(&char)).then_some(at + 2),
        '[' => class(pattern, at + 1, char),
        literal => (*literal == char).then_some(at + 1),
    }
}

/// A class of characters, of which `at` is the first place.
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

/// A character of a class, and the place after it. Without a backslash, `-` and `]` are none: Go refuses such patterns.
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

    #[test]
    fn stars_and_classes_match() {
        for (pattern, text) in [
            ("*", ""),
            ("a*c", "abbc"),
            ("*.y?ml", "x.yaml"),
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
