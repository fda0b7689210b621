//! Fields of a kustomization that change how its objects are rendered, and mistakes in them.

use super::Tree;
use super::objects::{self, Object};
use super::yaml::{Yaml, y};

impl Tree {
    pub(super) fn settings(&mut self, directory: &str, depth: usize, fields: &mut Yaml, objects: &[Object]) {
        if self.random.chance(20) {
            let images = self.images();
            fields.set(if self.random.chance(92) { "images" } else { "imageTags" }, images);
        }
        let scaled: Vec<_> = objects
            .iter()
            .filter(|object| {
                matches!(&*object.kind, "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController")
            })
            .collect();
        if self.random.chance(20) && (!scaled.is_empty() || self.errors) {
            let name = match scaled.len() {
                0 => objects::any_name(&mut self.random).to_owned(),
                count => scaled[self.random.below(count)].name.clone(),
            };
            fields.set("replicas", y!([{ "name": (name), "count": (self.random.below(9)) }]));
        }
        if self.random.chance(8) {
            let order = self.random.below(4);
            let options = match order {
                0 => y!({ "order": "fifo" }),
                1 => y!({ "order": "legacy" }),
                2 => {
                    y!({ "order": "legacy", "legacySortOptions": { "orderFirst": ["Namespace", "Deployment"], "orderLast": ["Secret"] } })
                }
                _ => y!({ "order": "legacy", "legacySortOptions": { "orderFirst": [], "orderLast": [] } }),
            };
            fields.set("sortOptions", options);
        }
        if self.random.chance(10) {
            let list = match self.random.below(5) {
                0 => y!(["managedByLabel"]),
                1 => y!(["originAnnotations"]),
                2 => y!(["transformerAnnotations"]),
                3 if self.errors => y!(["unknownOption"]),
                _ => y!(["originAnnotations", "transformerAnnotations"]),
            };
            fields.set("buildMetadata", list);
        }
        if self.random.chance(8) && !objects.is_empty() {
            self.variables(fields, objects);
        }
        if self.random.chance(8) {
            let name = format!("config{}.yaml", self.number());
            let config = self.configuration();
            self.write(&format!("{directory}/{name}"), &[config]);
            fields.set("configurations", y!([(name)]));
        }
        if self.random.chance(4) {
            self.schema(directory, fields);
        }
        if self.random.chance(5) {
            self.definitions(directory, fields);
        }
        if self.random.chance(8) {
            let list = self.transformers(directory, objects);
            fields.set("transformers", list);
        }
        if depth == 0 && self.random.chance(2) {
            fields.set(
                "metadata",
                y!({ "name": "x", "annotations": { "config.kubernetes.io/local-config": "true" } }),
            );
        }
    }

    /// A schema of its own for a custom kind, or for one that is built in.
    pub(super) fn schema(&mut self, directory: &str, fields: &mut Yaml) {
        if self.random.chance(10) {
            fields.set("openapi", y!({ "version": "v1.21.2" }));
            return;
        }
        let name = format!("schema{}.json", self.number());
        let (group, version, kind) = match self.random.below(3) {
            0 => ("apps", "v1", "Deployment"),
            1 => ("", "v1", "Service"),
            _ => ("example.dev", "v1", "Thing"),
        };
        let mut items = y!({ "type": "array", "items": { "type": "object", "properties": { "name": { "type": "string" } } } });
        if self.random.chance(80) {
            items.set("x-kubernetes-patch-strategy", Yaml::from("merge"));
            items.set("x-kubernetes-patch-merge-key", Yaml::from("name"));
        }
        let spec = y!({ "type": "object", "properties": { "ports": (items.clone()), "list": (items) } });
        let definition = y!({
            "type": "object",
            "properties": { "spec": (spec) },
            "x-kubernetes-group-version-kind": [{ "group": group, "version": version, "kind": kind }]
        });
        let text = super::patches::json(&y!({ "definitions": { "own": (definition) } }));
        self.files.insert(format!("{directory}/{name}"), text);
        fields.set("openapi", y!({ "path": (name) }));
    }

    /// A CRD of a kind whose fields name other objects or contain labels.
    pub(super) fn definitions(&mut self, directory: &str, fields: &mut Yaml) {
        let name = format!("crds{}.json", self.number());
        let mut spec = Yaml::Map(Vec::new());
        if self.random.chance(70) {
            let named = y!({ "type": "string", "x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "ConfigMap" });
            spec.set("ref", named);
        }
        if self.random.chance(50) {
            spec.set("labels", y!({ "type": "object", "x-kubernetes-label-selector": "" }));
        }
        if self.random.chance(50) {
            spec.set("notes", y!({ "type": "object", "x-kubernetes-annotation": "" }));
        }
        let kind = self.random.pick(&["Thing", "Deployment"]);
        let definition =
            y!({ "Schema": { "properties": { "spec": { "type": "object", "properties": (spec) } } } });
        let text = super::patches::json(&Yaml::Map(vec![(format!("example.dev/v1.{kind}"), definition)]));
        self.files.insert(format!("{directory}/{name}"), text);
        fields.set("crds", y!([(name)]));
    }

    /// Transformers with objects of their own.
    pub(super) fn transformers(&mut self, directory: &str, objects: &[Object]) -> Yaml {
        let number = self.number();
        let mut object = y!({ "apiVersion": "builtin", "kind": "LabelTransformer", "metadata": { "name": (format!("t{number}")) } });
        match self.random.below(5) {
            0 => {
                let pairs = self.pairs();
                object.set("labels", pairs);
                let create = self.random.chance(60);
                object.set(
                    "fieldSpecs",
                    y!([{ "path": "metadata/labels", "create": true }, { "path": "spec/template/metadata/labels", "create": create }]),
                );
            }
            1 => {
                object.set("kind", Yaml::from("AnnotationsTransformer"));
                let pairs = self.pairs();
                object.set("annotations", pairs);
                object.set("fieldSpecs", y!([{ "path": "metadata/annotations", "create": true }]));
            }
            2 => {
                object.set("kind", Yaml::from("PrefixTransformer"));
                object.set("prefix", Yaml::from("t-"));
                object.set("fieldSpecs", y!([{ "path": "metadata/name" }]));
            }
            3 => {
                object.set("kind", Yaml::from("NamespaceTransformer"));
                object.set("metadata", y!({ "name": "t", "namespace": "moved" }));
                let only = self.random.chance(40);
                object.set("unsetOnly", Yaml::from(only));
                object.set("fieldSpecs", y!([{ "path": "metadata/namespace", "create": true }]));
            }
            _ => {
                object.set("kind", Yaml::from("PatchTransformer"));
                let kind = objects.first().map_or("ConfigMap", |object| object.kind.as_str()).to_owned();
                object.set("target", y!({ "kind": (kind) }));
                let patch = "[{\"op\": \"add\", \"path\": \"/metadata/labels\", \"value\": {\"t\": \"1\"}}]";
                object.set("patch", Yaml::from(patch));
            }
        }
        let name = format!("transformer{number}.yaml");
        self.write(&format!("{directory}/{name}"), &[object]);
        y!([(name)])
    }

    pub(super) fn variables(&mut self, fields: &mut Yaml, objects: &[Object]) {
        let mut list = Vec::new();
        for name in ["VAR_A", "VAR_B"] {
            if !self.random.chance(70) {
                continue;
            }
            let object = &objects[self.random.below(objects.len())];
            let mut reference = y!({ "apiVersion": (object.api.clone()), "kind": (object.kind.clone()), "name": (object.name.clone()) });
            if self.random.chance(15) {
                reference.set("namespace", Yaml::from(object.namespace.clone().unwrap_or_default()));
            }
            let mut entry = y!({ "name": name, "objref": (reference) });
            match self.random.below(4) {
                0 => entry.set("fieldref", y!({ "fieldpath": "metadata.namespace" })),
                1 => {
                    let path = self.field_path(object);
                    entry.set("fieldref", y!({ "fieldPath": (path) }));
                }
                2 => entry.set("fieldref", y!({ "fieldpath": "metadata.name" })),
                _ => {}
            }
            list.push(entry);
        }
        fields.set("vars", Yaml::List(list));
    }

    pub(super) fn configuration(&mut self) -> Yaml {
        let mut config = Yaml::Map(Vec::new());
        for (field, value) in [
            (
                "nameReference",
                y!([{ "kind": "ConfigMap", "fieldSpecs": [{ "path": "spec/ref/name", "kind": "Foo" }] }]),
            ),
            ("namePrefix", y!([{ "path": "spec/ref/name", "kind": "Foo" }])),
            (
                "namespace",
                y!([{ "path": "spec/sourceRef/namespace", "create": true, "kind": "Kustomization" }]),
            ),
            ("commonLabels", y!([{ "path": "spec/custom/labels", "create": true, "kind": "Bar" }])),
            (
                "commonAnnotations",
                y!([{ "path": "spec/template/metadata/annotations", "create": true, "kind": "Foo" }]),
            ),
            ("images", y!([{ "path": "spec/template/spec/containers/image", "kind": "Bar" }])),
            ("replicas", y!([{ "path": "spec/replicas", "kind": "Foo" }])),
            (
                "varReference",
                y!([{ "path": "spec/config", "kind": "Foo" }, { "path": "data", "kind": "ConfigMap" }]),
            ),
        ] {
            if self.random.chance(30) {
                config.set(field, value);
            }
        }
        config
    }

    /// Adds an invalid field to a kustomization.
    pub(super) fn mistake(&mut self, fields: &mut Yaml) {
        match self.random.below(10) {
            0 => fields.set("unknownField", Yaml::from("x")),
            1 => fields.set("namePrefix", Yaml::plain("1")),
            2 => fields.set("resources", Yaml::from("x.yaml")),
            3 => fields.set("images", y!({ "name": "x" })),
            4 => fields.set("replicas", y!([{ "name": "app", "count": "many" }])),
            5 => fields.set("commonLabels", y!({ "a": (Yaml::plain("1")) })),
            6 => fields.set("sortOptions", y!({ "order": "best" })),
            7 => fields.set("apiVersion", Yaml::from("kustomize.config.k8s.io/v1")),
            8 => fields.set("Resources", y!(["x.yaml"])),
            _ => fields.set("namespace", y!(["a"])),
        }
    }
}
