//! Splitting of bytes.

/// Position of a part in bytes.
pub fn find(whole: &[u8], part: &[u8]) -> Option<usize> {
    let Some((first, others)) = part.split_first() else { return Some(0) };
    let mut from = 0;
    while let Some(at) = whole.get(from..)?.iter().position(|byte| byte == first) {
        if whole[from + at + 1..].starts_with(others) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// Number of parts into which all of a text is split, at most.
pub fn count(whole: &[u8], separator: &[u8]) -> usize {
    let (mut count, mut rest) = (1, whole);
    if separator.is_empty() {
        return whole.len();
    }
    while let Some(at) = find(rest, separator) {
        count += 1;
        rest = &rest[at + separator.len()..];
    }
    count
}

/// Go's `strings.SplitN`: at most `limit` parts, none for 0, all for less. Without a separator, the characters.
pub fn split<'t>(whole: &'t [u8], separator: &[u8], limit: i64) -> Vec<&'t [u8]> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut rest = whole;
    if limit == 0 || separator.is_empty() && whole.is_empty() {
        return parts;
    }
    while parts.len() + 1 < limit {
        if separator.is_empty() {
            let length = first_length(rest);
            if length == rest.len() {
                break;
            }
            parts.push(&rest[..length]);
            rest = &rest[length..];
        } else if let Some(at) = find(rest, separator) {
            parts.push(&rest[..at]);
            rest = &rest[at + separator.len()..];
        } else {
            break;
        }
    }
    parts.push(rest);
    parts
}

/// Length of the first character in bytes; 1 for a byte that is not UTF-8.
fn first_length(bytes: &[u8]) -> usize {
    let start = &bytes[..bytes.len().min(4)];
    start.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()).map_or(1, char::len_utf8)
}
