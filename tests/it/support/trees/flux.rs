//! Flux Kustomizations, and directories that have no kustomization of their own.

use super::Tree;
use super::objects::Object;
use super::words::VARIABLES;
use super::yaml::{Yaml, y};
use crate::support::oracle::Request;

impl Tree {
    pub(super) fn for_flux(mut self, path: String) -> Request {
        let objects = if self.random.chance(70) {
            self.kustomization(&path, 0, false);
            let objects = std::mem::take(&mut self.unnamed);
            if self.random.chance(5) {
                self.files
                    .insert(format!("{path}/.sourceignore"), "*.txt\nsub/\n!sub/keep.yaml\n".to_owned());
            }
            objects
        } else {
            self.plain_directory(&path)
        };
        let owner = self.owner(&path, &objects);
        let kustomization = {
            let style = self.style();
            super::yaml::write(&[owner], &style, &mut self.random)
        };
        let mut ignore = Vec::new();
        if self.random.chance(8) {
            ignore.push(
                self.random
                    .pick(&["r1.yaml", "*.yml", "sub/", "base*", "!r1.yaml", "/sub/*.yaml", "**/r2.*"])
                    .to_owned(),
            );
        }
        let strict = self.random.chance(10);
        Request { files: self.files, path, kustomization, ignore, strict }
    }

    /// Files in directories, of which the controller makes a kustomization.
    fn plain_directory(&mut self, path: &str) -> Vec<Object> {
        let mut objects = Vec::new();
        for _ in 0..=self.random.below(4) {
            let number = self.number();
            let directory = self.random.pick(&["", "", "sub/", "sub/deep/", ".hidden/", "A/", "a-b/"]);
            let name = self.random.pick(&["r", "Z", "_", "b-"]);
            let ending = self.random.pick(&["yaml", "yaml", "yml", "txt", "YAML", "json"]);
            let found = self.object_file(&format!("{path}/{directory}{name}{number}.{ending}"));
            if matches!(ending, "yaml" | "yml") {
                objects.extend(found);
            }
        }
        if self.random.chance(25) {
            objects.extend(self.kustomization(&format!("{path}/own"), 1, false));
        }
        if self.random.chance(20) {
            let lines = [
                "*.yml",
                "sub/",
                "# comment",
                "!keep.yaml",
                "/r1.yaml",
                "deep",
                "A/**",
                "**/r2.yaml",
                "r?.yaml",
                "\\!x",
                "sub/*.yaml",
                "",
            ];
            let mut text = String::new();
            for _ in 0..=self.random.below(3) {
                text.push_str(self.random.pick(&lines));
                text.push('\n');
            }
            let directory = self.random.pick(&["", "", "sub/"]);
            self.files.insert(format!("{path}/{directory}.sourceignore"), text);
        }
        if self.random.chance(5) {
            self.files.insert(format!("{path}/values.yaml"), "just: values\n".to_owned());
        }
        objects
    }

    fn owner(&mut self, path: &str, objects: &[Object]) -> Yaml {
        let mut spec = y!({ "interval": "10m", "path": "./app", "prune": true, "sourceRef": { "kind": "GitRepository", "name": "flux-system" } });
        if self.random.chance(if self.home.is_some() { 50 } else { 20 }) {
            let namespace = self.namespace();
            spec.set("targetNamespace", Yaml::from(namespace));
        }
        if self.random.chance(12) {
            spec.set("namePrefix", Yaml::from("fx-"));
        }
        if self.random.chance(12) {
            spec.set("nameSuffix", Yaml::from("-fx"));
        }
        if self.random.chance(20) {
            let mut metadata = Yaml::Map(Vec::new());
            if self.random.chance(70) {
                let pairs = self.texts();
                metadata.set("labels", pairs);
            }
            if self.random.chance(60) {
                let pairs = self.texts();
                metadata.set("annotations", pairs);
            }
            spec.set("commonMetadata", metadata);
        }
        if self.random.chance(25) && !objects.is_empty() {
            let mut list = Vec::new();
            for _ in 0..=self.random.below(2) {
                let object = &objects[self.random.below(objects.len())];
                let entry = self.patch("patches", "", object);
                list.push(entry);
            }
            spec.set("patches", Yaml::List(list));
        }
        if self.random.chance(18) {
            let images = self.images();
            if let Yaml::List(mut entries) = images {
                for entry in &mut entries {
                    if let Yaml::Map(fields) = entry {
                        fields.retain(|(name, _)| name != "tagSuffix");
                        for (_, value) in fields {
                            *value = Yaml::from(value.text());
                        }
                    }
                }
                spec.set("images", Yaml::List(entries));
            }
        }
        if self.random.chance(10) {
            let number = self.number();
            let mut list = vec![Yaml::from(format!("../comp{number}"))];
            self.directories.push((String::new(), objects.to_vec()));
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            self.kustomization(&format!("{parent}/comp{number}"), 1, true);
            self.directories.pop();
            if self.random.chance(20) {
                list.push(Yaml::from("missing"));
                spec.set("ignoreMissingComponents", Yaml::from(self.random.chance(80)));
            }
            spec.set("components", Yaml::List(list));
        }
        if self.random.chance(4) {
            spec.set("buildMetadata", y!(["originAnnotations"]));
        }
        if self.expressions || self.random.chance(10) {
            let build = self.post_build();
            spec.set("postBuild", build);
        }
        let mut metadata = y!({ "name": "k" });
        if self.random.chance(80) {
            metadata.set("namespace", Yaml::from("flux-system"));
        }
        y!({ "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": (metadata), "spec": (spec) })
    }

    /// Pairs that are texts, as the API wants them.
    fn texts(&mut self) -> Yaml {
        let mut pairs = self.pairs();
        if let Yaml::Map(fields) = &mut pairs {
            for (_, value) in fields {
                *value = Yaml::from(value.text());
            }
        }
        pairs
    }

    fn post_build(&mut self) -> Yaml {
        let mut build = Yaml::Map(Vec::new());
        if self.random.chance(85) {
            let mut variables = Yaml::Map(Vec::new());
            for (at, (name, value)) in VARIABLES.iter().enumerate() {
                // The last names are none.
                if self.random.chance(if at < 3 {
                    90
                } else if at < 8 {
                    50
                } else if self.errors {
                    8
                } else {
                    0
                }) {
                    variables.set(name, Yaml::from(*value));
                }
            }
            if self.home.is_some() && self.random.chance(70) {
                variables.set("MISSING", Yaml::from("found"));
            }
            build.set("substitute", variables);
        }
        if self.random.chance(20) {
            build.set("substituteStrategy", Yaml::from(self.random.pick(&["Always", "WithVariables"])));
        }
        if self.random.chance(5) {
            build.set("substituteFrom", y!([{ "kind": "ConfigMap", "name": "vars" }]));
        }
        build
    }
}
