//! Wrapping and abbreviating, by the rules of goutils 1.1.1.

use super::split::find;
use crate::functions::arguments::check_length;
use crate::template::Error;

/// Lines of a width, divided at spaces.
pub fn wrapped(text: &[u8], width: i64, line_break: &[u8], break_words: bool) -> Result<Vec<u8>, Error> {
    let width = usize::try_from(width).unwrap_or_default().max(1);
    let line_break = if line_break.is_empty() { b"\n" } else { line_break };
    let mut out = Vec::new();
    let mut rest = text;
    while rest.len() > width {
        if rest[0] == b' ' {
            rest = &rest[1..];
            continue;
        }
        let space = rest[..=width].iter().rposition(|&byte| byte == b' ');
        let (line, skipped) = match space {
            Some(space) => (space, 1),
            None if break_words => (width, 0),
            None => match find(&rest[width..], b" ") {
                Some(space) => (width + space, 1),
                None => break,
            },
        };
        check_length(out.len() + line + line_break.len())?;
        out.extend_from_slice(&rest[..line]);
        out.extend_from_slice(line_break);
        rest = &rest[line + skipped..];
    }
    out.extend_from_slice(rest);
    Ok(out)
}

/// Text of at most `width` bytes that starts at an offset, with `...` for what is left out.
pub fn abbreviated(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let Some(width) = usize::try_from(width).ok().filter(|&width| width >= 4) else { return text.to_vec() };
    if text.len() <= width {
        return text.to_vec();
    }
    let mut offset = offset.min(i64::try_from(text.len()).unwrap_or(i64::MAX));
    let (length, shown) = (text.len(), width - 3);
    let distance = |offset: i64| i64::try_from(length).unwrap_or(i64::MAX).saturating_sub(offset);
    let shown_length = i64::try_from(shown).unwrap_or(i64::MAX);
    if distance(offset) < shown_length {
        offset = distance(shown_length);
    }
    if offset <= 4 {
        return [&text[..shown], b"..."].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    let start = usize::try_from(offset).unwrap_or_default();
    if start + shown < length {
        return [b"...".as_slice(), &abbreviated(&text[start..], 0, shown_length)].concat();
    }
    [b"...".as_slice(), &text[length - shown..]].concat()
}
