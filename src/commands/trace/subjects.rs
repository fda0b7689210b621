//! Which objects the arguments of `flux trace` name: as for kubectl, `TYPE NAME…` or `TYPE/NAME…`.

use crate::error::{Error, Result};

/// A resource in the user's words, and the name of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    pub resource: String,
    pub name: String,
}

/// Reads the arguments.
pub(super) fn read(words: &[String]) -> Result<Vec<Subject>> {
    let Some((first, names)) = words.split_first() else { return Err(incomplete()) };
    match words.iter().filter(|word| word.contains('/')).count() {
        0 if names.is_empty() => Err(incomplete()),
        0 => {
            let types = first.split(',').filter(|resource| !resource.is_empty());
            let subjects = types.flat_map(|resource| {
                names.iter().map(|name| Subject { resource: resource.to_owned(), name: name.clone() })
            });
            Ok(subjects.collect())
        }
        count if count == words.len() => words.iter().map(|word| pair(word)).collect(),
        _ => Err(Error::usage("an argument with a slash names its own resource type").hint(
            "write either all objects as TYPE/NAME, or one type and then names: flux trace deployment web",
        )),
    }
}

fn pair(word: &str) -> Result<Subject> {
    match word.split_once('/') {
        Some((resource, name))
            if !resource.is_empty() && !name.is_empty() && !name.contains('/') && !resource.contains(',') =>
        {
            Ok(Subject { resource: resource.to_owned(), name: name.to_owned() })
        }
        _ => Err(Error::usage(format!("{word:?} does not name a single object"))
            .hint("write TYPE/NAME, for example deployment/web")),
    }
}

fn incomplete() -> Error {
    // In flux's words.
    Error::usage("either `<resource>/<name>` or `<resource> <name>` is required as an argument")
        .hint("for example: flux trace deployment/web -n apps")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(line: &str) -> std::result::Result<Vec<String>, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let read = read(&words).map_err(|error| error.to_string())?;
        Ok(read.iter().map(|it| format!("{} {}", it.resource, it.name)).collect())
    }

    #[test]
    fn types_and_names_are_read_in_every_form() {
        assert_eq!(subjects("deploy a b").unwrap(), ["deploy a", "deploy b"]);
        assert_eq!(subjects("pod/a cm/b").unwrap(), ["pod a", "cm b"]);
        assert_eq!(subjects("svc,deploy a").unwrap(), ["svc a", "deploy a"]);
    }

    #[test]
    fn incomplete_and_mixed_arguments_are_refused() {
        for line in ["", "deploy", "pod/a deploy b", "pod/", "/a", "pod/a/b", "pod,svc/a"] {
            assert!(subjects(line).is_err(), "{line}");
        }
    }
}
