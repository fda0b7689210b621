//! The differences from flux's modules that are known, as narrow rules. `docs/differences.md` has each.

use super::oracle::Request;

/// A difference and how it shows.
pub struct Fault {
    pub name: &'static str,
    /// Whether two renderings differ in nothing else.
    shows: fn(&Request, &str, &str) -> bool,
}

static FAULTS: [Fault; 1] = [Fault { name: "hashes of other kinds", shows: only_hashes_differ }];

/// The difference that explains why flux renders `theirs` and we render `ours`.
pub fn find(request: &Request, theirs: &str, ours: &str) -> Option<&'static Fault> {
    FAULTS.iter().find(|fault| (fault.shows)(request, theirs, ours))
}

fn differing<'a>(theirs: &'a str, ours: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    theirs.lines().zip(ours.lines()).filter(|(theirs, ours)| theirs != ours)
}

/// Where a patch gives a generated object another kind, kustomize's hash is of its own memory, places in files included.
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
