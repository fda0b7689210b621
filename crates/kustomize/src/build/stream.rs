//! Objects without a kustomization.

use std::collections::BTreeMap;

use super::options::Build;
use crate::error::Result;
use crate::transform::{annotations, labels};
use crate::tree::parse;
use crate::types::field_spec::FieldSpec;
use crate::types::id::Gvk;
use crate::types::resmap::ResMap;
use crate::types::resource::Resource;

/// Adds labels and annotations to the metadata of every object in a stream of YAML documents, and nowhere else.
///
/// This is what programs do that use kustomize's transformers as a library, such as helm-controller. Values of the same
/// names are replaced.
///
/// # Errors
/// The text is no stream of Kubernetes objects, or two of them have the same id.
pub fn add_metadata(
    stream: &str,
    labels: &BTreeMap<String, String>,
    annotations: &BTreeMap<String, String>,
) -> Result<Build> {
    let mut map = ResMap::default();
    for node in parse::objects(stream)? {
        map.append(Resource::new(node))?;
    }
    if !labels.is_empty() {
        labels::label(&mut map, labels, &[labels::metadata_labels()])?;
    }
    if !annotations.is_empty() {
        let field = FieldSpec::new(Gvk::default(), "metadata/annotations", true);
        annotations::annotate(&mut map, annotations, &[field])?;
    }
    let warnings = map.take_warnings();
    Ok(Build { resources: map.into_resources(), warnings })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const DEPLOYMENT: &str = "kind: Deployment\napiVersion: apps/v1\nmetadata:\n  name: app\n  labels: {team: a}\nspec:\n  selector:\n    matchLabels: {app: app}\n  template:\n    metadata:\n      labels: {app: app}\n";

    #[test]
    fn only_the_metadata_of_the_object_itself_changes() {
        let build = add_metadata(DEPLOYMENT, &pairs(&[("team", "b")]), &pairs(&[("note", "true")])).unwrap();
        assert_eq!(
            build.to_yaml().unwrap(),
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  annotations:\n    note: \"true\"\n  labels:\n    team: b\n  name: app\nspec:\n  selector:\n    matchLabels:\n      app: app\n  template:\n    metadata:\n      labels:\n        app: app\n"
        );
    }

    #[test]
    fn objects_for_local_use_are_kept() {
        let local = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations: {config.kubernetes.io/local-config: \"true\"}\n";
        let build = add_metadata(local, &pairs(&[("a", "b")]), &BTreeMap::new()).unwrap();
        assert_eq!(build.resources.len(), 1);
    }

    #[test]
    fn an_object_that_comes_twice_is_an_error() {
        let twice = format!("{DEPLOYMENT}---\n{DEPLOYMENT}");
        let error = add_metadata(&twice, &BTreeMap::new(), &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("already exists"), "{error}");
    }
}
