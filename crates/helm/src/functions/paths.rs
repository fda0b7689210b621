//! Functions for paths with slashes. On Linux, those of the system (`osBase` …) do nearly the same.

use super::arguments::{TEXT, bytes, text};
use crate::template::{Functions, Signature, Value};

pub fn add(functions: &mut Functions) {
    let one = Signature::new(TEXT);
    for name in ["base", "osBase"] {
        functions.add(name, one, |_, values| Ok(text(base(bytes(&values[0])))));
    }
    for name in ["dir", "osDir"] {
        functions.add(name, one, |_, values| Ok(text(dir(bytes(&values[0])))));
    }
    for name in ["clean", "osClean"] {
        functions.add(name, one, |_, values| Ok(text(clean(bytes(&values[0])))));
    }
    for name in ["ext", "osExt"] {
        functions.add(name, one, |_, values| Ok(text(extension(bytes(&values[0])))));
    }
    for name in ["isAbs", "osIsAbs"] {
        functions.add(name, one, |_, values| Ok(Value::Bool(bytes(&values[0]).starts_with(b"/"))));
    }
}

fn base(path: &[u8]) -> &[u8] {
    let Some(last) = path.iter().rposition(|&byte| byte != b'/') else {
        return if path.is_empty() { b"." } else { b"/" };
    };
    let path = &path[..=last];
    path.iter().rposition(|&byte| byte == b'/').map_or(path, |slash| &path[slash + 1..])
}

fn dir(path: &[u8]) -> Vec<u8> {
    clean(path.iter().rposition(|&byte| byte == b'/').map_or(b"", |slash| &path[..=slash]))
}

/// The shortest path to the same file, by text alone.
fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|&last| last != b"..") => {
                parts.pop();
            }
            b".." if rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join(b"/".as_slice());
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/".as_slice(), &joined].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

fn extension(path: &[u8]) -> &[u8] {
    let name = path.iter().rposition(|&byte| byte == b'/').map_or(path, |slash| &path[slash + 1..]);
    name.iter().rposition(|&byte| byte == b'.').map_or(b"", |dot| &name[dot..])
}
