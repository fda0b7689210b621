//! Semantic versions.

use crate::template::quote_char;

use super::wrong;

pub fn semver(text: &str) -> Result<(), String> {
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    if let Some(build) = build {
        if build.is_empty() {
            return wrong("build is empty");
        }
        for identifier in build.split('.') {
            check_identifier(identifier, "build")?;
        }
    }
    let (core, release) = text.split_once('-').map_or((text, None), |(core, release)| (core, Some(release)));
    for identifier in release.into_iter().flat_map(|release| release.split('.')) {
        check_identifier(identifier, "pre-release")?;
        let is_number = identifier.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && identifier.len() > 1 && identifier.starts_with('0') {
            return wrong("pre-release numeric identifier starts with zero");
        }
    }
    let numbers: Vec<&str> = core.split('.').collect();
    if numbers.len() != 3 {
        return wrong("versionCore must have 3 numbers separated by dot");
    }
    for (number, name) in numbers.into_iter().zip(["major", "minor", "patch"]) {
        if number.is_empty() {
            return Err(format!("{name} is empty"));
        }
        if number.len() > 1 && number.starts_with('0') {
            return Err(format!("{name} starts with zero"));
        }
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("{name} contains non-digit"));
        }
    }
    Ok(())
}

fn check_identifier(identifier: &str, kind: &str) -> Result<(), String> {
    if identifier.is_empty() {
        return Err(format!("{kind} identifier is empty"));
    }
    match identifier.chars().find(|it| !it.is_ascii_alphanumeric() && *it != '-') {
        Some(character) => {
            Err(format!("invalid character {} in {kind} identifier", quote_char(character, false)))
        }
        None => Ok(()),
    }
}
