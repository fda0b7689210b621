//! What becomes of a text that stands behind `>` when kustomize writes it and reads it back, which it does once with every
//! object. Its YAML library counts the line breaks wrong in some places, and a cluster gets what comes of it.

/// The text after it was written behind `>` and read back.
pub(super) fn written(text: &str) -> String {
    if !is_folded_again(text) {
        return text.to_owned();
    }
    // A break is doubled after a line without indentation, but the library looks at the first line instead of the next.
    let doubles =
        !text.trim_start_matches('\n').starts_with([' ', '\t']) && !text.trim_matches('\n').is_empty();
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    let mut before: Option<&str> = None;
    loop {
        let end = rest.find('\n').unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        out.push_str(line);
        if !line.is_empty() {
            before = Some(line);
        }
        let count = behind.len() - behind.trim_start_matches('\n').len();
        if count == 0 {
            return out;
        }
        rest = &behind[count..];
        let is_text = before.is_some_and(|line| !line.starts_with([' ', '\t']));
        let written = count + usize::from(is_text && doubles);
        let kept = match (before, rest) {
            // The first break stands for the end of the line with the `>`.
            (None, _) => count - 1,
            // One break at the end is all that `>` keeps, and `>+` keeps each.
            (Some(_), "") if count == 1 => 1,
            (Some(_), "") => written,
            // Between two lines of text one of them is none, or a space.
            (Some(_), next) if is_text && !next.starts_with([' ', '\t']) => written - 1,
            _ => written,
        };
        match kept {
            0 if before.is_some() => out.push(' '),
            kept => out.extend(std::iter::repeat_n('\n', kept)),
        }
    }
}

/// Whether the text is written behind `>` again: otherwise it gets quotes, which change nothing.
fn is_folded_again(text: &str) -> bool {
    let is_special = |char: char| {
        char.is_control() && !matches!(char, '\n' | '\t')
            || matches!(char, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    text.contains('\n') && !text.ends_with(' ') && !text.contains(" \n") && !text.contains(is_special)
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn a_break_before_an_indented_line_is_doubled() {
        for (text, expected) in [
            ("one two", "one two"),
            ("one\ntwo\n\nthree", "one\ntwo\n\nthree"),
            ("one(\n  two\n)", "one(\n\n  two\n)"),
            ("one(\n\n  two\n\n)\n", "one(\n\n\n  two\n\n)\n"),
            ("one\n\n", "one\n\n\n"),
            ("  one\ntwo\nthree\n", "  one\ntwo three\n"),
            ("one \n  two", "one \n  two"),
        ] {
            assert_eq!(written(text), expected, "{text:?}");
        }
    }
}
