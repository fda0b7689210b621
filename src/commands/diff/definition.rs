//! Where the files of a repository define Flux objects that apply others.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::outcome::Definition;
use crate::kinds::{APPLIERS, Kind};
use crate::object::ObjectId;

/// Definitions of a repository by kind and name.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    found: BTreeMap<(String, String), Vec<Found>>,
}

/// An object in a file.
#[derive(Debug)]
struct Found {
    /// Namespace; empty if the file does not give it.
    namespace: String,
    directory: PathBuf,
    definition: Definition,
}

impl Definitions {
    /// Finds the definitions in the files below `root`. Files that cannot be read have none.
    pub(super) fn below(root: &Path) -> Self {
        let mut definitions = Self::default();
        let mut directories = vec![root.to_path_buf()];
        while let Some(directory) = directories.pop() {
            let Ok(entries) = fs::read_dir(&directory) else { continue };
            for entry in entries.flatten() {
                let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
                let is_yaml =
                    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
                if kind.is_dir() && entry.file_name() != ".git" {
                    directories.push(path);
                } else if kind.is_file() && is_yaml {
                    definitions.read(root, &path);
                }
            }
        }
        definitions
    }

    fn read(&mut self, root: &Path, file: &Path) {
        let Ok(text) = fs::read_to_string(file) else { return };
        if !APPLIERS.iter().any(|kind| text.contains(kind.group)) {
            return;
        }
        let relative = file.strip_prefix(root).unwrap_or(file);
        for (line, document) in documents(&text) {
            let Some(object) = edgeflux_yaml::documents(document).ok().and_then(|mut all| all.pop()) else {
                continue;
            };
            let id = ObjectId::of(&object);
            if APPLIERS.iter().any(|kind| kind.kind == id.kind && kind.group == id.group()) {
                self.found.entry((id.kind, id.name)).or_default().push(Found {
                    namespace: id.namespace,
                    directory: file.parent().unwrap_or(root).to_path_buf(),
                    definition: Definition { file: relative.display().to_string(), line },
                });
            }
        }
    }

    /// The definition of an object, given its namespace and name and a directory near its file. An overlay may change the
    /// namespace, so that of the file only decides between several.
    pub(super) fn find(
        &self,
        kind: &Kind,
        (namespace, name): (&str, &str),
        near: &Path,
    ) -> Option<&Definition> {
        let found = self.found.get(&(kind.kind.to_owned(), name.to_owned()))?;
        // Nearer files first; of the others, any is better than none only if it is the only one.
        let distance = |it: &Found| {
            let is_other = !it.namespace.is_empty() && it.namespace != namespace;
            (it.directory != near, !it.directory.starts_with(near), is_other)
        };
        let best = found.iter().min_by_key(|it| distance(it))?;
        let (is_far, is_other) = (!best.directory.starts_with(near), distance(best).2);
        (found.len() == 1 || !(is_far || is_other)).then_some(&best.definition)
    }
}

/// Documents of a file, each with the number of its first line that is neither empty nor a comment.
fn documents(text: &str) -> Vec<(usize, &str)> {
    let mut documents = Vec::new();
    let (mut start, mut first, mut at) = (0, None, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.starts_with("---") {
            documents.extend(first.take().map(|line| (line, &text[start..at])));
            start = at + line.len();
        } else if first.is_none() && !line.trim().is_empty() && !line.starts_with('#') {
            first = Some(number + 1);
        }
        at += line.len();
    }
    documents.extend(first.map(|line| (line, &text[start..])));
    documents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{HELM_RELEASE, KUSTOMIZATION};

    fn object(kind: &str, group: &str, namespace: &str, name: &str) -> String {
        format!("apiVersion: {group}/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {namespace}\n")
    }

    #[test]
    fn a_definition_is_the_first_line_of_its_document() {
        let root = tempfile::TempDir::new().unwrap();
        fs::create_dir_all(root.path().join("clusters/a")).unwrap();
        fs::create_dir_all(root.path().join("clusters/b")).unwrap();
        let apps = object("Kustomization", "kustomize.toolkit.fluxcd.io", "flux-system", "apps");
        let web = object("HelmRelease", "helm.toolkit.fluxcd.io", "''", "web");
        for cluster in ["a", "b"] {
            let text = format!("# comment\n---\n{web}---\n\n# yaml-language-server: …\n{apps}");
            fs::write(root.path().join(format!("clusters/{cluster}/apps.yaml")), text).unwrap();
        }
        let definitions = Definitions::below(root.path());
        let find = |kind: &'static Kind, namespace, name, near: &str| {
            definitions.find(kind, (namespace, name), &root.path().join(near)).cloned()
        };
        let definition = |file: &str, line| Some(Definition { file: file.to_owned(), line });
        assert_eq!(
            find(&KUSTOMIZATION, "flux-system", "apps", "clusters/b"),
            definition("clusters/b/apps.yaml", 11)
        );
        assert_eq!(find(&HELM_RELEASE, "apps", "web", "clusters/a"), definition("clusters/a/apps.yaml", 3));
        // Two that are equally far: neither is known to be it.
        assert_eq!(find(&HELM_RELEASE, "apps", "web", "apps"), None);
        assert_eq!(find(&KUSTOMIZATION, "flux-system", "infra", "clusters/a"), None);
    }
}
