//! Formats of texts.

mod address;
mod time;
mod version;

use crate::template::quote_char;

/// Checks a text. The error is the reason of a failure.
type Rule = fn(&str) -> Result<(), String>;

const RULES: &[(&str, Rule)] = &[
    ("date", time::date),
    ("date-time", time::date_time),
    ("duration", time::duration),
    ("email", address::email),
    ("hostname", address::hostname),
    ("ipv4", address::ipv4),
    ("ipv6", address::ipv6),
    ("iri", address::uri),
    ("iri-reference", address::uri_reference),
    ("json-pointer", json_pointer),
    ("period", time::period),
    ("regex", regex),
    ("relative-json-pointer", relative_json_pointer),
    ("semver", version::semver),
    ("time", time::time),
    ("uri", address::uri),
    ("uri-reference", address::uri_reference),
    ("uri-template", address::uri_template),
    ("uuid", uuid),
];

/// A format that is checked.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    name: &'static str,
    rule: Rule,
}

impl Format {
    /// The format with a name; `None` if it is only a note.
    pub fn named(name: &str) -> Option<Self> {
        RULES.iter().find(|(it, _)| *it == name).map(|(name, rule)| Self { name, rule: *rule })
    }

    pub fn name(self) -> &'static str {
        self.name
    }

    pub fn check(self, text: &str) -> Result<(), String> {
        (self.rule)(text)
    }
}

/// An error with a fixed reason.
fn wrong<T>(reason: &str) -> Result<T, String> {
    Err(reason.to_owned())
}

fn invalid_character<T>(character: char) -> Result<T, String> {
    Err(format!("invalid character {}", quote_char(character, false)))
}

/// How many digits a text starts with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Go's `strconv.Atoi`.
fn integer(text: &str) -> Result<i64, String> {
    let failed = |reason: &str| {
        Err(format!("strconv.Atoi: parsing {}: {reason}", crate::template::quote(text.as_bytes())))
    };
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.is_empty() || digits(unsigned) < unsigned.len() {
        return failed("invalid syntax");
    }
    text.parse().or_else(|_| failed("value out of range"))
}

fn regex(text: &str) -> Result<(), String> {
    crate::functions::compile_regex(text).map(drop).map_err(|error| error.message())
}

fn json_pointer(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let Some(tokens) = text.strip_prefix('/') else { return wrong("not starting with /") };
    for token in tokens.split('/') {
        let mut characters = token.chars();
        while let Some(character) = characters.next() {
            if character == '~' && !matches!(characters.next(), Some('0' | '1')) {
                return wrong("~ must be followed by 0 or 1");
            }
        }
    }
    Ok(())
}

fn relative_json_pointer(text: &str) -> Result<(), String> {
    let digits = digits(text);
    if digits == 0 {
        return wrong("must start with non-negative integer");
    }
    if digits > 1 && text.starts_with('0') {
        return wrong("starts with zero");
    }
    if &text[digits..] == "#" { Ok(()) } else { json_pointer(&text[digits..]) }
}

fn uuid(text: &str) -> Result<(), String> {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    if groups.len() != LENGTHS.len() {
        return wrong("must have 5 elements");
    }
    for (at, (group, length)) in groups.iter().zip(LENGTHS).enumerate() {
        if group.len() != length {
            return Err(format!("element {} must be {length} characters long", at + 1));
        }
        if let Some(character) = group.chars().find(|it| !it.is_ascii_hexdigit()) {
            return Err(format!("non-hex character {}", quote_char(character, false)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reason why a text does not have a format; empty if it has.
    fn reason(name: &str, text: &str) -> String {
        Format::named(name).expect("a format").check(text).err().unwrap_or_default()
    }

    #[test]
    fn formats_are_checked_as_helm_does() {
        for (name, text, expected) in [
            ("date", "2024-02-29", ""),
            ("date", "2023-02-29", "parsing time \"2023-02-29\": day out of range"),
            ("time", "23:59:60Z", ""),
            ("time", "22:59:60Z", "invalid leap second"),
            ("time", "10:00:00", "less than 9 characters long"),
            ("time", "10:00:00.5+01:00", ""),
            ("date-time", "2024-01-01T00:00:00Z", ""),
            ("date-time", "2024-01-01 00:00:00Z", "11th character must be t or T"),
            ("duration", "P1DT2H", ""),
            ("duration", "PT1D", "invalid unit 'D'"),
            ("duration", "P1D1M", "unit 'M' out of order"),
            ("period", "P1D/2024-01-01T00:00:00Z", ""),
            ("period", "P1D", "missing slash"),
            ("email", "a@b.c", ""),
            ("email", "a..b@c", "consecutive dots"),
            ("email", "a@-b", "invalid domain: label starts with hyphen"),
            ("email", "a@[1.2.3.4]", ""),
            ("hostname", "a_b", "invalid character '_'"),
            ("ipv4", "1.2.3.256", "decimal must be between 0 and 255"),
            ("ipv4", "1.2.3.x", "strconv.Atoi: parsing \"x\": invalid syntax"),
            ("ipv6", "::1", ""),
            ("ipv6", "1.2.3.4", "missing colon"),
            ("ipv6", "fe80::1%eth0", "zone id is not a part of ipv6 address"),
            ("uri", "http://a/b", ""),
            ("uri", "/b", "relative url"),
            ("uri-reference", "a\\b", "contains \\"),
            ("uri-template", "http://a/{b", "no matching closing brace"),
            ("json-pointer", "/a~2", "~ must be followed by 0 or 1"),
            ("relative-json-pointer", "1/a", ""),
            ("relative-json-pointer", "01", "starts with zero"),
            ("regex", "[", "error parsing regexp: missing closing ]: `[`"),
            ("semver", "1.2.3-rc.1+x", ""),
            ("semver", "1.2", "versionCore must have 3 numbers separated by dot"),
            ("uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d1638", "element 5 must be 12 characters long"),
        ] {
            assert_eq!(reason(name, text), expected, "{name} {text}");
        }
        assert!(Format::named("color").is_none());
    }
}
