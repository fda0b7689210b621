//! Post-renderers of a HelmRelease.

use std::collections::BTreeMap;
use std::path::Path;

use edgeflux_kustomize::{Build, MemoryFs, Options, Warning, add_metadata, build};
use serde_json::{Value, json};

use super::settings::{CommonMetadata, Kustomize};
use super::{Error, Settings};

/// Fields of a patch's target that the CRD knows.
const TARGET: [&str; 7] =
    ["group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"];
/// Fields of an image that the CRD knows.
const IMAGE: [&str; 4] = ["name", "newName", "newTag", "digest"];

/// What helm-controller does with a rendered stream of objects: the post-renderers of the HelmRelease, then its common
/// metadata, then the labels that tell the origin of an object.
#[derive(Debug, Clone)]
pub struct PostRenderers {
    /// Each with its index in `spec.postRenderers`.
    kustomizations: Vec<(usize, Kustomize)>,
    common: Option<CommonMetadata>,
    origin: BTreeMap<String, String>,
}

impl PostRenderers {
    /// The post-renderers of a HelmRelease.
    pub fn of(settings: &Settings) -> Self {
        let renderers = settings.post_renderers().iter().enumerate();
        let kustomizations = renderers.filter_map(|(at, one)| Some((at, one.kustomize.clone()?)));
        let label = |name: &str, value: &str| (format!("helm.toolkit.fluxcd.io/{name}"), value.to_owned());
        Self {
            kustomizations: kustomizations.collect(),
            common: settings.common_metadata().cloned(),
            origin: [label("name", &settings.name), label("namespace", &settings.namespace)].into(),
        }
    }

    /// Changes a stream of YAML documents. Returns the new one, with what kustomize warns about.
    ///
    /// # Errors
    /// The stream has no objects where some are expected, two with the same id, or a patch does not fit.
    pub fn run(&self, stream: &str) -> Result<(String, Vec<Warning>), Error> {
        let mut text = stream.to_owned();
        let mut warnings = Vec::new();
        let mut take = |field: String, built: edgeflux_kustomize::Result<Build>| {
            let written = built.and_then(|mut built| {
                warnings.append(&mut built.warnings);
                built.to_yaml()
            });
            written.map_err(|error| Error::new(field, error.to_string()))
        };
        for (at, kustomize) in &self.kustomizations {
            text = take(format!("spec.postRenderers[{at}]"), kustomize.run(&text))?;
        }
        if let Some(common) = &self.common
            && !(common.labels.is_empty() && common.annotations.is_empty())
        {
            text = take(
                "spec.commonMetadata".to_owned(),
                add_metadata(&text, &common.labels, &common.annotations),
            )?;
        }
        text = take("the rendered objects".to_owned(), add_metadata(&text, &self.origin, &BTreeMap::new()))?;
        Ok((text, warnings))
    }
}

impl Kustomize {
    fn run(&self, stream: &str) -> edgeflux_kustomize::Result<Build> {
        let patches: Vec<Value> = self
            .patches
            .iter()
            .map(|patch| match &patch.target {
                Some(target) => json!({"patch": patch.patch, "target": only(target, &TARGET)}),
                None => json!({"patch": patch.patch}),
            })
            .collect();
        let kustomization = json!({
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": ["helm-output.yaml"],
            "images": self.images.iter().map(|image| only(image, &IMAGE)).collect::<Vec<_>>(),
            "patches": patches,
        });
        let mut fs = MemoryFs::new();
        fs.write("/kustomization.yaml", kustomization.to_string());
        fs.write("/helm-output.yaml", stream);
        build(&fs, Path::new("/"), &Options::default())
    }
}

/// Some fields of an object; the API server removes all others.
fn only(object: &Value, fields: &[&str]) -> Value {
    let known = fields.iter().filter_map(|field| Some(((*field).to_owned(), object.get(field)?.clone())));
    Value::Object(known.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "---\n# Source: app/templates/app.yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  name: app\n  labels:\n    team: chart\nspec:\n  containers:\n    - name: app\n      image: \"app:1\"\n";

    fn run(spec: &Value, stream: &str) -> Result<String, Error> {
        let mut object = json!({"metadata": {"name": "app", "namespace": "apps"}, "spec": spec});
        object["spec"]["chartRef"] = json!({"kind": "OCIRepository", "name": "app"});
        let settings = Settings::from_object(&object).unwrap();
        PostRenderers::of(&settings).run(stream).map(|(text, _)| text)
    }

    #[test]
    fn every_object_is_labeled_with_its_origin() {
        assert_eq!(
            run(&json!({}), STREAM).unwrap(),
            "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    helm.toolkit.fluxcd.io/name: app\n    helm.toolkit.fluxcd.io/namespace: apps\n    team: chart\n  name: app\nspec:\n  containers:\n  - image: app:1\n    name: app\n"
        );
        assert_eq!(run(&json!({}), "").unwrap(), "");
    }

    #[test]
    fn common_metadata_comes_after_the_post_renderers_and_before_the_origin() {
        let spec = json!({
            "commonMetadata": {
                "labels": {"team": "edge", "helm.toolkit.fluxcd.io/name": "other"},
                "annotations": {"note": "1"},
            },
            "postRenderers": [
                {"kustomize": {"images": [{"name": "app", "newTag": "2"}]}},
                {"kustomize": {"patches": [{
                    "patch": "- {op: add, path: /metadata/labels/team, value: patch}\n- {op: add, path: /spec/hostname, value: edge}\n",
                    "target": {"kind": "Pod", "name": "app"},
                }]}},
            ],
        });
        assert_eq!(
            run(&spec, STREAM).unwrap(),
            "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    note: \"1\"\n  labels:\n    helm.toolkit.fluxcd.io/name: app\n    helm.toolkit.fluxcd.io/namespace: apps\n    team: edge\n  name: app\nspec:\n  containers:\n  - image: app:2\n    name: app\n  hostname: edge\n"
        );
    }

    #[test]
    fn an_error_names_the_post_renderer() {
        let spec = json!({"postRenderers": [
            {},
            {"kustomize": {"patches": [{"patch": "- {op: remove, path: /none}", "target": {"kind": "Pod"}}]}},
        ]});
        let error = run(&spec, STREAM).unwrap_err();
        assert_eq!(error.field, "spec.postRenderers[1]");
        assert!(error.message.contains("/none"), "{error}");
    }
}
