//! `.gitmodules`: names and paths of submodules.

use std::path::PathBuf;

/// Reads the names and paths of a `.gitmodules` file. Those that leave the repository are skipped.
pub fn read(text: &str) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut name = None;
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default();
            name = header.strip_prefix("submodule").map(|rest| unquoted(rest.trim()));
        } else if let (Some(name), Some((key, value))) = (&name, line.split_once('='))
            && key.trim().eq_ignore_ascii_case("path")
        {
            let path = unquoted(value.trim());
            let is_inside = |path: &str| !path.split('/').any(|part| matches!(part, "" | "." | ".."));
            if is_inside(&path) && is_inside(name) {
                found.push((name.clone(), PathBuf::from(path)));
            }
        }
    }
    found
}

/// Removes the quotes and backslashes of a value.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut text = String::new();
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        text.extend(if char == '\\' { chars.next() } else { Some(char) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_are_read() {
        let text = "[submodule \"a \\\"b\"]\n\tpath = vendor/lib\n\turl = x\n[submodule \"c\"]\n\tpath=\"d e\"\n\
                    [core]\n\tpath = no\n[submodule \"out\"]\n\tpath = ../out\n[submodule \"../x\"]\n\tpath = y\n";
        let expected = [("a \"b", "vendor/lib"), ("c", "d e")];
        assert_eq!(read(text), expected.map(|(name, path)| (name.to_owned(), PathBuf::from(path))));
    }
}
