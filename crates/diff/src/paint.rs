//! Colours for a terminal.

/// Colours texts, or leaves them as they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paint {
    /// Whether there is a terminal that shows colours.
    pub colours: bool,
}

impl Paint {
    /// What is there now and was not before.
    pub fn added(self, text: &str) -> String {
        self.each_line(text, "32")
    }

    /// What was there before.
    pub fn removed(self, text: &str) -> String {
        self.each_line(text, "31")
    }

    /// What is said about a change.
    pub fn note(self, text: &str) -> String {
        self.each_line(text, "33")
    }

    /// What stands out.
    pub fn strong(self, text: &str) -> String {
        self.each_line(text, "1")
    }

    fn each_line(self, text: &str, code: &str) -> String {
        if !self.colours {
            return text.to_owned();
        }
        let line = |line: &str| {
            if line.is_empty() { String::new() } else { format!("\x1b[{code}m{line}\x1b[0m") }
        };
        text.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }
}

/// How many characters of `text` are seen: without the codes of colours.
pub(super) fn width(text: &str) -> usize {
    let mut count = 0;
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        count += rest[..at].chars().count();
        let code = &rest[at + 2..];
        let end = code.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
        if code[end..].starts_with('m') {
            rest = &code[end + 1..];
        } else {
            count += 2;
            rest = code;
        }
    }
    count + rest.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_do_not_count_as_characters() {
        let paint = Paint { colours: true };
        assert_eq!(width(&paint.added("añb")), 3);
        assert_eq!(width("\x1b[x"), 3);
        assert_eq!(Paint::default().added("a\nb"), "a\nb");
        assert_eq!(paint.note("a\n\nb"), "\x1b[33ma\x1b[0m\n\n\x1b[33mb\x1b[0m");
    }
}
