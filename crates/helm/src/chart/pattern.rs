//! Shell patterns by the rules of Go's `filepath.Match`.

/// A pattern that is not well-formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadPattern;

/// Reports whether a name matches a pattern: `*` and `?` match no `/`, `[a-z]` and `[^a-z]` match any character.
pub fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    // Most patterns are names, or ends of names.
    let is_literal = |text: &str| !text.bytes().any(|byte| matches!(byte, b'*' | b'?' | b'[' | b'\\'));
    if is_literal(pattern) {
        return Ok(pattern == name);
    }
    if let Some(end) = pattern.strip_prefix('*').filter(|end| is_literal(end)) {
        return Ok(name.strip_suffix(end).is_some_and(|start| !start.contains('/')));
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut pattern, mut name) = (pattern.as_slice(), name.as_slice());
    'chunks: while !pattern.is_empty() {
        let (star, chunk, rest) = next_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Ok(!name.contains(&'/'));
        }
        let fits = |rest: &[char]| rest.is_empty() || !pattern.is_empty();
        if let Some(rest) = match_chunk(chunk, name)?.filter(|rest| fits(rest)) {
            name = rest;
            continue;
        }
        if star {
            for skipped in 1..=name.len() {
                if name[skipped - 1] == '/' {
                    break;
                }
                if let Some(rest) = match_chunk(chunk, &name[skipped..])?.filter(|rest| fits(rest)) {
                    name = rest;
                    continue 'chunks;
                }
            }
        }
        while !pattern.is_empty() {
            let (_, chunk, rest) = next_chunk(pattern);
            pattern = rest;
            match_chunk(chunk, &[])?;
        }
        return Ok(false);
    }
    Ok(name.is_empty())
}

/// Whether stars come first, what follows them up to the next star, and the rest.
fn next_chunk(pattern: &[char]) -> (bool, &[char], &[char]) {
    let stars = pattern.iter().take_while(|it| **it == '*').count();
    let pattern = &pattern[stars..];
    let (mut at, mut in_range) = (0, false);
    while at < pattern.len() {
        match pattern[at] {
            '\\' => at += 1,
            '[' => in_range = true,
            ']' => in_range = false,
            '*' if !in_range => break,
            _ => {}
        }
        at += 1;
    }
    let (chunk, rest) = pattern.split_at(at.min(pattern.len()));
    (stars > 0, chunk, rest)
}

/// What is left of a text that begins with a match of a chunk.
fn match_chunk<'n>(mut chunk: &[char], mut text: &'n [char]) -> Result<Option<&'n [char]>, BadPattern> {
    let mut failed = false;
    while let Some((first, rest)) = chunk.split_first() {
        failed |= text.is_empty();
        let next = text.first().copied().unwrap_or_default();
        if !failed {
            text = &text[1..];
        }
        match first {
            '[' => {
                let (matched, rest) = match_range(rest, next)?;
                failed |= !matched;
                chunk = rest;
            }
            '?' => {
                failed |= next == '/';
                chunk = rest;
            }
            '\\' => {
                let (escaped, rest) = rest.split_first().ok_or(BadPattern)?;
                failed |= *escaped != next;
                chunk = rest;
            }
            other => {
                failed |= *other != next;
                chunk = rest;
            }
        }
    }
    Ok((!failed).then_some(text))
}

/// Whether a character is in the range after `[`, and what follows the range.
fn match_range(mut chunk: &[char], next: char) -> Result<(bool, &[char]), BadPattern> {
    let negated = chunk.first() == Some(&'^');
    if negated {
        chunk = &chunk[1..];
    }
    let (mut matched, mut count) = (false, 0);
    loop {
        if count > 0 && chunk.first() == Some(&']') {
            return Ok((matched != negated, &chunk[1..]));
        }
        let (low, rest) = range_end(chunk)?;
        let (high, rest) = match rest.first() {
            Some('-') => range_end(&rest[1..])?,
            _ => (low, rest),
        };
        matched |= (low..=high).contains(&next);
        count += 1;
        chunk = rest;
    }
}

fn range_end(chunk: &[char]) -> Result<(char, &[char]), BadPattern> {
    let (first, rest) = match chunk.split_first() {
        None | Some(('-' | ']', _)) => return Err(BadPattern),
        Some(('\\', rest)) => rest.split_first().ok_or(BadPattern)?,
        Some(split) => split,
    };
    if rest.is_empty() { Err(BadPattern) } else { Ok((*first, rest)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, name, expected) in [
            ("abc", "abc", Ok(true)),
            ("*", "abc", Ok(true)),
            ("*c", "abc", Ok(true)),
            ("*c", "a/c", Ok(false)),
            ("*c", "ab", Ok(false)),
            ("a*", "ab/c", Ok(false)),
            ("a*/b", "abc/b", Ok(true)),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", Ok(true)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Ok(true)),
            ("ab[c]", "abc", Ok(true)),
            ("ab[b-d]", "abc", Ok(true)),
            ("ab[^c]", "abc", Ok(false)),
            ("a\\*b", "a*b", Ok(true)),
            ("a?b", "a\u{263a}b", Ok(true)),
            ("[a-ζ]*", "α", Ok(true)),
            ("*[a-ζ]", "A", Ok(false)),
            ("a?b", "a/b", Ok(false)),
            ("[\\]a]", "]", Ok(true)),
            ("[\\-x]", "-", Ok(true)),
            ("[]a]", "]", Err(BadPattern)),
            ("[-]", "-", Err(BadPattern)),
            ("[a-b-c]", "a", Err(BadPattern)),
            ("[", "a", Err(BadPattern)),
            ("[^bc", "a", Err(BadPattern)),
            ("a[", "ab", Err(BadPattern)),
            ("*x", "xxx", Ok(true)),
            ("\\", "a", Err(BadPattern)),
            ("", "", Ok(true)),
            ("", "a", Ok(false)),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
