//! Patterns of `.Files.Glob`, by the rules of Go's gobwas/glob with `/` as separator.

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(char),
    /// `?`: any character but `/`.
    Single,
    /// `*`: any characters but `/`.
    Any,
    /// `**`: any characters.
    Super,
    /// `[abc]` and `[!abc]`.
    Set {
        characters: Vec<char>,
        negated: bool,
    },
    /// `[a-c]` and `[!a-c]`.
    Range {
        low: char,
        high: char,
        negated: bool,
    },
    /// `{a,b}`.
    Alternatives(Vec<Vec<Part>>),
}

/// A pattern for paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob(Vec<Part>);

/// Deepest nesting of alternatives.
const MAX_DEPTH: usize = 32;

impl Glob {
    /// Reads a pattern. One that is not valid matches everything, as in Helm.
    pub fn new(pattern: &str) -> Self {
        let characters: Vec<char> = pattern.chars().collect();
        let mut parser = Parser { rest: &characters };
        let parts = match parser.sequence(0) {
            Some((parts, _)) => parts,
            None => vec![Part::Super],
        };
        Self(parts)
    }

    pub fn matches(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        let mut at = vec![false; path.len() + 1];
        at[0] = true;
        sequence(&self.0, &path, at).last() == Some(&true)
    }
}

/// The positions that a sequence leads to from some positions.
fn sequence(parts: &[Part], path: &[char], mut at: Vec<bool>) -> Vec<bool> {
    for part in parts {
        at = step(part, path, &at);
    }
    at
}

fn step(part: &Part, path: &[char], at: &[bool]) -> Vec<bool> {
    let one = |fits: &dyn Fn(char) -> bool| {
        let moved = path.iter().zip(at).map(|(character, at)| *at && fits(*character));
        std::iter::once(false).chain(moved).collect()
    };
    let many = |fits: &dyn Fn(char) -> bool| {
        let mut reached = at.to_vec();
        for (index, character) in path.iter().enumerate() {
            reached[index + 1] |= reached[index] && fits(*character);
        }
        reached
    };
    match part {
        Part::Literal(literal) => one(&|it| it == *literal),
        Part::Single => one(&|it| it != '/'),
        Part::Set { characters, negated } => one(&|it| characters.contains(&it) != *negated),
        Part::Range { low, high, negated } => one(&|it| (*low..=*high).contains(&it) != *negated),
        Part::Any => many(&|it| it != '/'),
        Part::Super => many(&|_| true),
        Part::Alternatives(alternatives) => {
            let mut reached = vec![false; at.len()];
            for alternative in alternatives {
                let end = sequence(alternative, path, at.to_vec());
                reached.iter_mut().zip(end).for_each(|(reached, end)| *reached |= end);
            }
            reached
        }
    }
}

struct Parser<'p> {
    rest: &'p [char],
}

impl Parser<'_> {
    fn next(&mut self) -> Option<char> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// Reads up to the end of the pattern or of an alternative, and returns what ends it. `None` if it is not valid.
    fn sequence(&mut self, depth: usize) -> Option<(Vec<Part>, Option<char>)> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut parts = Vec::new();
        while let Some(next) = self.next() {
            parts.push(match next {
                '\\' => match self.next() {
                    Some(escaped) => Part::Literal(escaped),
                    None => break,
                },
                '?' => Part::Single,
                '*' if self.rest.first() == Some(&'*') => {
                    self.next();
                    Part::Super
                }
                '*' => Part::Any,
                '[' => self.range()?,
                '{' => self.alternatives(depth)?,
                ',' | '}' if depth > 0 => return Some((parts, Some(next))),
                other => Part::Literal(other),
            });
        }
        Some((parts, None))
    }

    fn alternatives(&mut self, depth: usize) -> Option<Part> {
        let mut alternatives = Vec::new();
        loop {
            let (parts, end) = self.sequence(depth + 1)?;
            alternatives.push(parts);
            if end != Some(',') {
                return Some(Part::Alternatives(alternatives));
            }
        }
    }

    fn range(&mut self) -> Option<Part> {
        let negated = self.rest.first() == Some(&'!');
        if negated {
            self.next();
        }
        if let [low, '-', high, ']', ..] = self.rest {
            let (low, high) = (*low, *high);
            self.rest = &self.rest[4..];
            return (low <= high).then_some(Part::Range { low, high, negated });
        }
        if self.rest.get(1) == Some(&'-') {
            return None;
        }
        let mut characters = Vec::new();
        loop {
            match self.next()? {
                ']' if characters.is_empty() => return None,
                ']' => return Some(Part::Set { characters, negated }),
                '\\' => characters.push(self.next()?),
                other => characters.push(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_paths() {
        for (pattern, path, expected) in [
            ("config/*.yaml", "config/a.yaml", true),
            ("config/*.yaml", "config/x/a.yaml", false),
            ("config/**.yaml", "config/x/a.yaml", true),
            ("**", "a/b/c", true),
            ("config/**", "config/", true),
            ("*", "a/b", false),
            ("?.txt", "a.txt", true),
            ("?b", "/b", false),
            ("{a,b/*}.txt", "b/c.txt", true),
            ("{a,b", "b", true),
            ("a}b,c", "a}b,c", true),
            ("[ab].txt", "b.txt", true),
            ("[!ab].txt", "b.txt", false),
            ("[!a]b", "/b", true),
            ("[a-c]", "c", true),
            ("[!a-c]", "d", true),
            (r"a\*", "a*", true),
            ("[", "anything/else", true),
            ("[]", "x", true),
            ("[c-a]", "x", true),
            ("{[,b}", "x/y", true),
            ("", "", true),
            ("", "a", false),
            ("{{a,b},{c,d}}", "d", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn patterns_take_no_exponential_time() {
        let pattern = "*a".repeat(200) + "{**,*}b";
        assert!(!Glob::new(&pattern).matches(&"a".repeat(2000)));
    }
}
