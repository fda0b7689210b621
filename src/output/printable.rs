//! Text from a cluster, made safe for a terminal.

/// Makes control characters visible, as `^[` for the escape character, so that the text cannot write escape sequences
/// to a terminal. Line feeds and tabs stay; a carriage return before a line feed is dropped.
pub fn printable(text: String) -> String {
    let is_safe = |char: char| !char.is_control() || char == '\n' || char == '\t';
    if text.chars().all(is_safe) {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\r' if chars.peek() == Some(&'\n') => {}
            char if is_safe(char) => shown.push(char),
            char if char.is_ascii() => {
                shown.push('^');
                // `^[` for 0x1b, `^?` for 0x7f.
                shown.push(char::from(char as u8 ^ 0x40));
            }
            char => shown.extend(char.escape_unicode()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn control_characters_are_visible() {
        let shown = |text: &str| printable(text.to_owned());
        assert_eq!(shown("one\r\ntwo\tthree é"), "one\ntwo\tthree é");
        assert_eq!(shown("\u{1b}]0;title\u{7} \u{7f}\r \u{9b}1m"), "^[]0;title^G ^?^M \\u{9b}1m");
    }
}
