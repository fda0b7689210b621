//! Post-renderers of a HelmRelease.

use std::collections::BTreeMap;
use std::path::Path;

use edgeflux_kustomize::{Build, MemoryFs, Options, Resource, Warning, add_metadata, build};
use serde_json::{Value, json};

use super::settings::{CommonMetadata, Kustomize};
use super::{Error, Settings};
use crate::release::{Manifest, split};

/// Group and kind of CRDs.
const CRD: (&str, &str) = ("apiextensions.k8s.io", "CustomResourceDefinition");

/// Annotation that tells the template of an object while it passes through post-renderers (Helm 4).
const PATH: &str = "postrenderer.helm.sh/postrender-filename";

/// Fields of a patch's target that the CRD knows.
const TARGET: [&str; 7] =
    ["group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"];
/// Fields of an image that the CRD knows.
const IMAGE: [&str; 4] = ["name", "newName", "newTag", "digest"];

/// What helm-controller does with rendered templates: the post-renderers of the HelmRelease, then its common metadata,
/// then the labels that tell the origin of an object.
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
        let common = settings.common_metadata();
        Self {
            kustomizations: kustomizations.collect(),
            common: common.filter(|it| !(it.labels.is_empty() && it.annotations.is_empty())).cloned(),
            origin: [label("name", &settings.name), label("namespace", &settings.namespace)].into(),
        }
    }

    /// Changes the text of each template, by path, and returns what kustomize warns about.
    ///
    /// All objects pass through as one stream, each with an annotation of its path, as in Helm. Those that a
    /// post-renderer adds get a path of their own.
    ///
    /// # Errors
    /// A text is no stream of Kubernetes objects, two objects have the same id, or a patch does not fit.
    pub fn run(
        &self,
        files: &BTreeMap<String, String>,
    ) -> Result<(BTreeMap<String, String>, Vec<Warning>), Error> {
        let mut warnings = Vec::new();
        let mut objects = Vec::new();
        let mut take = |field: String, built: edgeflux_kustomize::Result<Build>| {
            let fail = |error: edgeflux_kustomize::Error| Error::new(field.clone(), error.to_string());
            let mut built = built.map_err(fail)?;
            warnings.append(&mut built.warnings);
            objects =
                built.resources.iter().map(Resource::to_json).collect::<Result<Vec<_>, _>>().map_err(fail)?;
            built.to_yaml().map_err(fail)
        };
        let mut text = merged(files)?;
        for (at, kustomize) in &self.kustomizations {
            text = take(format!("spec.postRenderers[{at}]"), kustomize.run(&text))?;
        }
        if let Some(CommonMetadata { labels, annotations }) = &self.common {
            text = take("spec.commonMetadata".to_owned(), add_metadata(&text, labels, annotations))?;
        }
        let none = BTreeMap::new();
        take("the rendered objects".to_owned(), add_metadata(&text, &self.origin, &none))?;
        Ok((by_path(objects)?, warnings))
    }
}

impl PostRenderers {
    /// The CRDs of a chart's directory `crds`, with the labels of the origin. Other objects there are not applied.
    ///
    /// # Errors
    /// A file is no stream of Kubernetes objects.
    pub fn crds(&self, crds: Vec<Manifest>, warnings: &mut Vec<String>) -> Result<Vec<Manifest>, Error> {
        let mut kept = Vec::new();
        for crd in crds {
            let fail = |error: edgeflux_kustomize::Error| Error::new(crd.path.clone(), error.to_string());
            let built = add_metadata(&crd.content, &self.origin, &BTreeMap::new()).map_err(fail)?;
            for resource in built.resources {
                let object = resource.to_json().map_err(fail)?;
                let group = object["apiVersion"].as_str().and_then(|version| version.split_once('/'));
                if object["kind"] == CRD.1 && group.is_some_and(|(group, _)| group == CRD.0) {
                    kept.push(Manifest {
                        path: crd.path.clone(),
                        kind: crd.kind.clone(),
                        content: edgeflux_yaml::to_string(&object),
                    });
                } else {
                    let path = &crd.path;
                    warnings.push(format!(
                        "{path}: {} is no CRD, so the controller does not apply it",
                        resource.id()
                    ));
                }
            }
        }
        Ok(kept)
    }
}

/// The objects of all templates in one stream, each with the path of its template.
fn merged(files: &BTreeMap<String, String>) -> Result<String, Error> {
    let mut stream = String::new();
    for (path, text) in files {
        let is_partial = path.rsplit('/').next().is_some_and(|name| name.starts_with('_'));
        if is_partial {
            continue;
        }
        let annotation = BTreeMap::from([(PATH.to_owned(), path.clone())]);
        for document in split(text).filter(|document| !document.trim().is_empty()) {
            let fail = |error: edgeflux_kustomize::Error| Error::new(path.clone(), error.to_string());
            let built = add_metadata(document, &BTreeMap::new(), &annotation).map_err(fail)?;
            if built.resources.is_empty() {
                check_empty(path, document)?;
            }
            // Helm writes what it has annotated, before kustomize does.
            let annotated = built.rewritten().to_yaml().map_err(fail)?;
            if !(stream.is_empty() || annotated.is_empty()) {
                stream.push_str("---\n");
            }
            stream.push_str(&annotated);
        }
    }
    Ok(stream)
}

/// Refuses a document without objects, unless it is empty.
fn check_empty(path: &str, document: &str) -> Result<(), Error> {
    let what = match edgeflux_yaml::documents(document).unwrap_or_default().first() {
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(fields)) if fields.is_empty() => "an empty map",
        _ => return Ok(()),
    };
    Err(Error::new(
        path.to_owned(),
        format!("it renders {what}; make it render Kubernetes objects or nothing"),
    ))
}

/// The objects as text, by the paths that their annotations name.
///
/// Helm finds the kind of an object in the API, and fails for one without `apiVersion`.
fn by_path(objects: Vec<Value>) -> Result<BTreeMap<String, String>, Error> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for (at, mut object) in objects.into_iter().enumerate() {
        let path = take_path(&mut object).unwrap_or_else(|| format!("generated-by-postrender-{at}.yaml"));
        if object["apiVersion"].as_str().is_none_or(str::is_empty) {
            let [kind, name] =
                [&object["kind"], &object["metadata"]["name"]].map(|it| it.as_str().unwrap_or_default());
            return Err(Error::new(path, format!("{kind} {name} has no apiVersion; add it to the template")));
        }
        let text = files.entry(path).or_default();
        if !text.is_empty() {
            text.push_str("---\n");
        }
        text.push_str(&edgeflux_yaml::to_string(&object));
    }
    Ok(files)
}

/// Removes the path from the annotations, and these if no other is left.
fn take_path(object: &mut Value) -> Option<String> {
    let metadata = object.get_mut("metadata")?.as_object_mut()?;
    let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
    let path = annotations.remove(PATH).and_then(|path| path.as_str().map(str::to_owned));
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    path.filter(|path| !path.is_empty())
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

    const POD: &str = "# A comment\napiVersion: v1\nkind: Pod\nmetadata:\n  name: app\n  labels:\n    team: chart\nspec:\n  containers:\n    - name: app\n      image: \"app:1\"\n";

    fn run(spec: &Value, files: &[(&str, &str)]) -> Result<BTreeMap<String, String>, Error> {
        let mut object = json!({"metadata": {"name": "app", "namespace": "apps"}, "spec": spec});
        object["spec"]["chartRef"] = json!({"kind": "OCIRepository", "name": "app"});
        let settings = Settings::from_object(&object).unwrap();
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        PostRenderers::of(&settings).run(&files).map(|(files, _)| files)
    }

    #[test]
    fn every_object_is_labeled_with_its_origin_and_keeps_its_path() {
        let two = format!("---\n{POD}---\n{}", POD.replace("name: app\n  labels", "name: other\n  labels"));
        let files =
            run(&json!({}), &[("a/pod.yaml", &two), ("a/_partial.yaml", "x"), ("a/empty.yaml", " \n")])
                .unwrap();
        let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    helm.toolkit.fluxcd.io/name: app\n    helm.toolkit.fluxcd.io/namespace: apps\n    team: chart\n  name: app\nspec:\n  containers:\n  - image: app:1\n    name: app\n";
        let other = pod.replace("  name: app\nspec", "  name: other\nspec");
        assert_eq!(files, BTreeMap::from([("a/pod.yaml".to_owned(), format!("{pod}---\n{other}"))]));
        assert!(run(&json!({}), &[]).unwrap().is_empty());
    }

    /// Helm writes the annotated object, and kustomize writes it again; go-yaml adds a line break each time.
    #[test]
    fn a_folded_text_is_written_twice() {
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: >-\n    one\n      two\n    three\n";
        let files = run(&json!({}), &[("a/map.yaml", map)]).unwrap();
        let object = edgeflux_yaml::documents(&files["a/map.yaml"]).unwrap().remove(0);
        assert_eq!(object["data"]["x"], "one\n\n\n  two\nthree");
    }

    #[test]
    fn a_list_and_an_empty_map_are_refused() {
        let message = |text: &str| run(&json!({}), &[("a/b.yaml", text)]).map_err(|error| error.to_string());
        assert_eq!(
            message("[]\n").unwrap_err(),
            "a/b.yaml: it renders a list; make it render Kubernetes objects or nothing"
        );
        assert_eq!(
            message("{}\n").unwrap_err(),
            "a/b.yaml: it renders an empty map; make it render Kubernetes objects or nothing"
        );
        assert_eq!(message("# nothing\n---\nnull\n").unwrap(), BTreeMap::new());
    }

    #[test]
    fn an_object_without_an_api_version_is_refused() {
        let message = |text: &str| run(&json!({}), &[("a/pod.yaml", text)]).unwrap_err().to_string();
        let expected = "a/pod.yaml: Pod app has no apiVersion; add it to the template";
        assert_eq!(message("kind: Pod\nmetadata: {name: app}\n"), expected);
        assert_eq!(message("apiVersion: ''\nkind: Pod\nmetadata: {name: app}\n"), expected);
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
            run(&spec, &[("a.yaml", POD)]).unwrap()["a.yaml"],
            "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    note: \"1\"\n  labels:\n    helm.toolkit.fluxcd.io/name: app\n    helm.toolkit.fluxcd.io/namespace: apps\n    team: edge\n  name: app\nspec:\n  containers:\n  - image: app:2\n    name: app\n  hostname: edge\n"
        );
    }

    #[test]
    fn a_patch_can_delete_an_object() {
        let delete = "$patch: delete\napiVersion: v1\nkind: Pod\nmetadata:\n  name: app\n";
        let spec = json!({"postRenderers": [{"kustomize": {"patches": [{"patch": delete}]}}]});
        assert!(run(&spec, &[("a.yaml", POD)]).unwrap().is_empty());
    }

    #[test]
    fn an_error_names_the_post_renderer_or_the_template() {
        let spec = json!({"postRenderers": [
            {},
            {"kustomize": {"patches": [{"patch": "- {op: remove, path: /none}", "target": {"kind": "Pod"}}]}},
        ]});
        let error = run(&spec, &[("a.yaml", POD)]).unwrap_err();
        assert_eq!(error.field, "spec.postRenderers[1]");
        assert!(error.message.contains("/none"), "{error}");
        let error = run(&json!({}), &[("a.yaml", POD), ("b.yaml", "a: 1\n")]).unwrap_err();
        assert_eq!(error.field, "b.yaml");
        let error = run(&json!({}), &[("a.yaml", POD), ("b.yaml", POD)]).unwrap_err();
        assert!(error.to_string().starts_with("the rendered objects: "), "{error}");
    }
}
