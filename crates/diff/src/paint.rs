//! Colors for a terminal.

/// Colors texts, or returns them unchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paint {
    /// Whether the terminal shows colors.
    pub colors: bool,
}

impl Paint {
    /// Colors an addition.
    pub fn added(self, text: &str) -> String {
        self.each_line(text, "32")
    }

    /// Colors a removal.
    pub fn removed(self, text: &str) -> String {
        self.each_line(text, "31")
    }

    /// Colors the description of a change.
    pub fn note(self, text: &str) -> String {
        self.each_line(text, "33")
    }

    /// Emphasizes a text.
    pub fn strong(self, text: &str) -> String {
        self.each_line(text, "1")
    }

    fn each_line(self, text: &str, code: &str) -> String {
        if !self.colors {
            return text.to_owned();
        }
        let line = |line: &str| {
            if line.is_empty() { String::new() } else { format!("\x1b[{code}m{line}\x1b[0m") }
        };
        text.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Returns the number of visible characters, without the codes of colors.
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
    fn color_codes_have_no_width() {
        let paint = Paint { colors: true };
        assert_eq!(width(&paint.added("añb")), 3);
        assert_eq!(width("\x1b[x"), 3);
        assert_eq!(Paint::default().added("a\nb"), "a\nb");
        assert_eq!(paint.note("a\n\nb"), "\x1b[33ma\x1b[0m\n\n\x1b[33mb\x1b[0m");
    }
}
