//! INI: sections of `name = value`, as the library of SOPS reads and writes them.

use std::fmt::Write as _;

use super::error::{Error, Result};

/// Name and entries of a section.
pub(super) type Section = (String, Vec<(String, String)>);

/// Name of the section before the first header.
const DEFAULT: &str = "DEFAULT";

/// Parses the sections in order, `DEFAULT` first.
pub(super) fn read(text: &str) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = vec![(DEFAULT.to_owned(), Vec::new())];
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let fail = |what: &str| Error::Format { format: "INI", what: format!("{what} on line {}", at + 1) };
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.rsplit_once(']').ok_or_else(|| fail("no ]"))?.0;
            if name != DEFAULT {
                sections.push((name.to_owned(), Vec::new()));
            }
            continue;
        }
        let end = line.find(['=', ':']).ok_or_else(|| fail("no ="))?;
        let (name, value) = (line[..end].trim(), line[end + 1..].trim());
        let name = name.trim_matches(['"', '`']).to_owned();
        if let Some((_, entries)) = sections.last_mut() {
            let value = unquoted(value).to_owned();
            match entries.iter_mut().find(|(other, _)| *other == name) {
                Some((_, other)) => *other = value,
                None => entries.push((name, value)),
            }
        }
    }
    Ok(sections)
}

/// Removes the quotes of a value, or the comment after it.
fn unquoted(value: &str) -> &str {
    for quote in ["\"\"\"", "`", "\"", "'"] {
        if let Some(inside) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inside;
        }
    }
    let comment = [value.find(" #"), value.find(" ;")].into_iter().flatten().min();
    comment.map_or(value, |at| value[..at].trim_end())
}

/// Writes the sections, with the names of each padded to the longest.
pub(super) fn write(sections: &[Section]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for (at, (name, entries)) in sections.iter().enumerate() {
        if at > 0 || name != DEFAULT {
            let _ = writeln!(text, "[{name}]");
        }
        let longest = entries.iter().map(|(name, _)| quoted_name(name).len()).max().unwrap_or_default();
        for (name, value) in entries {
            let name = quoted_name(name);
            let _ = writeln!(text, "{name:longest$} = {}", quoted(value));
        }
        if at + 1 < sections.len() && !(name == DEFAULT && entries.is_empty()) {
            text.push('\n');
        }
    }
    text
}

fn quoted_name(name: &str) -> String {
    if name.contains(['"', '=', ':', '#', ';']) || name.contains(char::is_whitespace) && name.trim() != name {
        format!("`{name}`")
    } else {
        name.to_owned()
    }
}

fn quoted(value: &str) -> String {
    if value.contains(['\n', '`']) {
        format!("\"\"\"{value}\"\"\"")
    } else if value.contains(['#', ';']) || value.trim() != value {
        format!("`{value}`")
    } else {
        value.to_owned()
    }
}
