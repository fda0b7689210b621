//! Known differences from flux's modules, as narrow rules. `docs/differences.md` lists each.

use super::oracle::{Files, Request};

/// The known reason why flux renders `theirs` and we render `ours`.
pub fn find(
    request: &Request,
    theirs: &Result<String, String>,
    ours: &Result<String, String>,
) -> Option<&'static str> {
    match (theirs, ours) {
        (Ok(theirs), Ok(ours)) if only_hashes_differ(request, theirs, ours) => Some("hashes of other kinds"),
        (Err(error), Ok(_)) if is_misplaced_comment(&request.files, error) => {
            Some("comments that kustomize writes in the wrong place")
        }
        _ => None,
    }
}

/// A patch moves a comment behind braces to block style, or a comment behind a field name into braces, and kustomize cannot
/// read what it writes then.
pub fn is_misplaced_comment(files: &Files, error: &str) -> bool {
    let words = [
        "could not find expected ':'",
        "mapping values are not allowed in this context",
        "did not find expected",
        "yaml: invalid map key: map[",
    ];
    let has_comment = |text: &String| ["} #", "] #", ": #"].iter().any(|comment| text.contains(comment));
    words.iter().any(|words| error.contains(words)) && files.values().any(has_comment)
}

fn differing<'a>(theirs: &'a str, ours: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    theirs.lines().zip(ours.lines()).filter(|(theirs, ours)| theirs != ours)
}

/// If a patch gives a generated object another kind, kustomize's hash depends on internal state such as file positions.
fn only_hashes_differ(request: &Request, theirs: &str, ours: &str) -> bool {
    let is_hash = |text: &str| text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let stem = |line: &str| {
        let (stem, hash) = line.trim_end_matches('"').rsplit_once('-')?;
        is_hash(hash).then(|| stem.to_owned())
    };
    request.files.values().any(|text| text.contains("/kind") || text.contains("allowKindChange"))
        && theirs.lines().count() == ours.lines().count()
        && differing(theirs, ours).all(|(theirs, ours)| stem(theirs).is_some() && stem(theirs) == stem(ours))
}
