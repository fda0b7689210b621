//! Folders with a kustomization, and what its fields name.

use super::objects::{Maker, Object};
use super::patches::{Patcher, Step, walk};
use super::words::{self, IMAGES, LABELS};
use super::yaml::{Yaml, y};
use super::{Tree, objects};

impl Tree {
    /// Writes the kustomization of a folder and all that it names. Returns what it renders, about.
    pub(super) fn kustomization(&mut self, folder: &str, depth: usize, component: bool) -> Vec<Object> {
        let mut objects = Vec::new();
        let mut fields = Yaml::Map(Vec::new());
        let (mut first, mut generated) = (Yaml::Map(Vec::new()), Vec::new());
        if component {
            first = y!({ "apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component" });
        } else if self.random.chance(80) {
            first = y!({ "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization" });
        }
        self.resources(folder, depth, component, &mut fields, &mut objects);
        self.generators(folder, &mut fields, &mut objects, &mut generated);
        if depth < 2 && self.random.chance(if depth == 0 { 25 } else { 10 }) {
            let mut list = Vec::new();
            for _ in 0..=self.random.below(2) {
                let number = self.number();
                let (path, named) = self.place(folder, &format!("comp{number}"));
                let below = self.component(&path, depth + 1, &mut objects);
                objects.extend(below);
                list.push(Yaml::from(named));
            }
            fields.set("components", Yaml::List(list));
        }
        self.patches(folder, &mut fields, &objects);
        if depth == 0 {
            self.unnamed.clone_from(&objects);
        }
        self.names(&mut fields, &mut objects);
        self.labels(&mut fields);
        self.settings(folder, depth, &mut fields, &objects);
        self.replacements(folder, &mut fields, &objects);
        if self.errors && self.random.chance(6) {
            self.mistake(&mut fields);
        }
        if let (Yaml::Map(first), Yaml::Map(fields)) = (&mut first, fields) {
            first.extend(fields);
        }
        let file = match self.random.below(20) {
            0 => "kustomization.yml",
            1 => "Kustomization",
            _ => "kustomization.yaml",
        };
        let documents = [first];
        self.write(&format!("{folder}/{file}"), &documents);
        objects
    }

    /// A component works on what is there already.
    fn component(&mut self, folder: &str, depth: usize, objects: &mut Vec<Object>) -> Vec<Object> {
        let known = std::mem::take(objects);
        self.folders.push((String::new(), known.clone()));
        let below = self.kustomization(folder, depth, true);
        self.folders.pop();
        *objects = known;
        below
    }

    /// A place for a folder that `folder` names, and how.
    fn place(&mut self, folder: &str, name: &str) -> (String, String) {
        if self.random.chance(60) {
            let named = if self.random.chance(20) { format!("./{name}") } else { name.to_owned() };
            (format!("{folder}/{name}"), named)
        } else {
            let up = folder.rsplit_once('/').map_or("", |(up, _)| up);
            (format!("{up}/{name}"), format!("../{name}{}", self.random.pick(&["", "", "/"])))
        }
    }

    fn maker(&mut self) -> Maker<'_> {
        Maker {
            random: &mut self.random,
            expressions: self.expressions,
            odd: self.odd,
            home: self.home.as_deref(),
            taken: &mut self.taken,
        }
    }

    fn patcher(&mut self) -> Patcher<'_> {
        let exact = self.home.is_some();
        Patcher { random: &mut self.random, expressions: self.expressions, errors: self.errors, exact }
    }

    /// Writes a file with some objects.
    pub(super) fn object_file(&mut self, path: &str) -> Vec<Object> {
        let count = 1 + self.random.below(3);
        let objects: Vec<_> = (0..count).map(|_| self.maker().object()).collect();
        let mut documents: Vec<_> = objects.iter().map(|object| object.yaml.clone()).collect();
        match self.random.below(40) {
            0 | 1 => documents = vec![y!({ "apiVersion": "v1", "kind": "List", "items": (documents) })],
            2 => documents.insert(0, y!({ "apiVersion": "v1", "kind": "ConfigMapList", "items": [] })),
            3 if objects.iter().all(|object| object.kind == objects[0].kind) => {
                let kind = format!("{}List", objects[0].kind);
                documents = vec![
                    y!({ "apiVersion": (objects[0].api.clone()), "kind": (kind), "items": (documents) }),
                ];
            }
            4 if self.errors => documents.push(y!({ "kind": "ConfigMap" })),
            5 if self.errors => documents.push(y!(["not", "an object"])),
            6 if self.errors => documents.push(documents[0].clone()),
            _ => {}
        }
        self.write(path, &documents);
        if self.errors
            && self.random.chance(2)
            && let Some(text) = self.files.get_mut(path)
        {
            text.insert_str(0, "broken: [\n");
        }
        objects
    }

    fn resources(
        &mut self,
        folder: &str,
        depth: usize,
        component: bool,
        fields: &mut Yaml,
        objects: &mut Vec<Object>,
    ) {
        let mut list = Vec::new();
        let most = if component { 1 } else { 3 };
        for _ in 0..self.random.below(most + 1) {
            let number = self.number();
            let ending = self.random.pick(&["yaml", "yaml", "yml", "txt", "json"]);
            let name = if self.random.chance(20) {
                format!("sub/r{number}.{ending}")
            } else {
                format!("r{number}.{ending}")
            };
            objects.extend(self.object_file(&format!("{folder}/{name}")));
            list.push(Yaml::from(if self.random.chance(10) { format!("./{name}") } else { name }));
        }
        let mut bases = Vec::new();
        if depth < 2 && self.random.chance(if depth == 0 { 45 } else { 25 }) {
            for _ in 0..=self.random.below(2) {
                let number = self.number();
                let (path, named) = self.place(folder, &format!("base{number}"));
                let below = self.kustomization(&path, depth + 1, false);
                objects.extend(below);
                if self.random.chance(8) { &mut bases } else { &mut list }.push(Yaml::from(named));
            }
        }
        if self.errors && self.random.chance(6) {
            list.push(Yaml::from(self.random.pick(&["missing.yaml", "", ".", "../..", "/etc/none"])));
        }
        if self.errors && self.random.chance(4) && !list.is_empty() {
            list.push(list[0].clone());
        }
        if self.random.chance(15) {
            list.reverse();
        }
        if !list.is_empty() {
            fields.set("resources", Yaml::List(list));
        } else if self.random.chance(10) {
            fields.set("resources", Yaml::plain(""));
        }
        if !bases.is_empty() {
            fields.set("bases", Yaml::List(bases));
        }
    }

    fn generators(
        &mut self,
        folder: &str,
        fields: &mut Yaml,
        objects: &mut Vec<Object>,
        generated: &mut Vec<String>,
    ) {
        for (field, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            if !self.random.chance(25) {
                continue;
            }
            let mut list = Vec::new();
            for _ in 0..=self.random.below(2) {
                let mut name = words::name(&mut self.random);
                if self.taken.contains(&(kind.to_owned(), name.clone())) {
                    name = format!("{name}-gen{}", self.number());
                }
                let mut entry = Yaml::Map(Vec::new());
                let existing: Vec<_> = objects.iter().filter(|object| object.kind == kind).cloned().collect();
                let mut namespace = None;
                if !existing.is_empty() && self.random.chance(25) {
                    let target = &existing[self.random.below(existing.len())];
                    name.clone_from(&target.current);
                    namespace.clone_from(&target.namespace);
                    entry.set("behavior", Yaml::from(self.random.pick(&["merge", "replace", "merge"])));
                } else if self.random.chance(10) {
                    let wrong = self.errors && self.random.chance(20);
                    entry.set(
                        "behavior",
                        Yaml::from(if wrong {
                            "merge"
                        } else {
                            self.random.pick(&["create", "unspecified"])
                        }),
                    );
                }
                entry.set("name", Yaml::from(name.clone()));
                if self.random.chance(10) || (self.home.is_some() && namespace.is_none()) {
                    namespace = Some(self.namespace());
                }
                if let Some(namespace) = &namespace {
                    entry.set("namespace", Yaml::from(namespace.clone()));
                }
                if kind == "Secret" && self.random.chance(30) {
                    entry.set("type", Yaml::from(self.random.pick(&["Opaque", "kubernetes.io/tls"])));
                }
                self.sources(folder, &mut entry);
                if self.random.chance(30) {
                    let options = self.generator_options();
                    entry.set("options", options);
                }
                list.push(entry);
                generated.push(name.clone());
                self.taken.push((kind.to_owned(), name.clone()));
                let yaml = y!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": (name.clone()) } });
                objects.push(Object {
                    api: "v1".to_owned(),
                    kind: kind.to_owned(),
                    current: name.clone(),
                    name,
                    namespace,
                    yaml,
                });
            }
            fields.set(field, Yaml::List(list));
        }
        if self.random.chance(15) {
            let options = self.generator_options();
            fields.set("generatorOptions", options);
        }
    }

    fn generator_options(&mut self) -> Yaml {
        let mut options = Yaml::Map(Vec::new());
        if self.random.chance(60) {
            options.set("disableNameSuffixHash", Yaml::from(self.random.chance(80)));
        }
        if self.random.chance(30) {
            let labels = self.pairs();
            options.set("labels", labels);
        }
        if self.random.chance(30) {
            let pairs = self.pairs();
            options.set("annotations", pairs);
        }
        if self.random.chance(15) {
            options.set("immutable", Yaml::from(self.random.chance(80)));
        }
        options
    }

    fn sources(&mut self, folder: &str, entry: &mut Yaml) {
        if self.random.chance(65) {
            let mut list = Vec::new();
            for at in 0..=self.random.below(3) {
                let value = match self.random.below(12) {
                    0 => "'quoted'".to_owned(),
                    1 => "\"dq\"".to_owned(),
                    2 => "a=b=c".to_owned(),
                    3 => "multi\nline".to_owned(),
                    4 => String::new(),
                    5 => " spaced ".to_owned(),
                    _ => words::scalar(&mut self.random, self.expressions).text().to_owned(),
                };
                let key = self.random.pick(&["a", "b.c", "KEY_1", "x-y"]);
                list.push(Yaml::from(format!("{key}{at}={value}")));
            }
            if self.errors && self.random.chance(5) {
                list.push(Yaml::from(self.random.pick(&["novalue", "=x", "bad key=1", "a0=again"])));
            }
            entry.set("literals", Yaml::List(list));
        }
        if self.random.chance(35) {
            let number = self.number();
            let name = format!("data{number}.{}", self.random.pick(&["txt", "json", "properties", "yaml"]));
            let text = match self.random.below(8) {
                0 => "binary\u{0}x".to_owned(),
                1 => "a: 1\nb: two\n".to_owned(),
                2 => "win\r\nlines\r\n".to_owned(),
                3 => String::new(),
                4 => "\n\nlead\n".to_owned(),
                _ => words::text(&mut self.random, self.expressions).text().to_owned(),
            };
            self.files.insert(format!("{folder}/{name}"), text);
            let named = match self.random.below(4) {
                0 => format!("key{number}={name}"),
                1 => format!("renamed.yaml=./{name}"),
                _ => name,
            };
            let mut list = vec![Yaml::from(named)];
            if self.errors && self.random.chance(6) {
                list.push(Yaml::from(self.random.pick(&["missing.txt", "=x", "a=b=c", "sub"])));
            }
            entry.set("files", Yaml::List(list));
        }
        if self.random.chance(20) {
            let number = self.number();
            let name = format!("env{number}.env");
            let mut text = String::new();
            for line in 0..=self.random.below(4) {
                let line = match self.random.below(12) {
                    0 => "# comment".to_owned(),
                    1 => String::new(),
                    2 => format!("  INDENTED{line}=x"),
                    3 => format!("QUOTED{line}=\"a b\""),
                    4 => format!("SPACE{line}= a b "),
                    5 => format!("EQ{line}=a=b"),
                    6 => format!("HASH{line}=a # b"),
                    7 => format!("EMPTY{line}="),
                    8 if self.random.chance(20) => format!("EDGEFLUX_NOT_SET{line}"),
                    9 => format!("UNI{line}=ü☃"),
                    _ => format!("KEY{line}=value"),
                };
                text.push_str(&line);
                text.push_str(if self.random.chance(5) { "\r\n" } else { "\n" });
            }
            if self.errors && self.random.chance(6) {
                text.push_str(self.random.pick(&["bad key=1\n", "=x\n", "1=2\n"]));
            }
            self.files.insert(format!("{folder}/{name}"), text);
            if self.random.chance(80) {
                entry.set("envs", y!([(name)]));
            } else {
                entry.set("env", Yaml::from(name));
            }
        }
    }

    /// Names and values of labels or annotations.
    pub(super) fn pairs(&mut self) -> Yaml {
        let mut pairs = Yaml::Map(Vec::new());
        for _ in 0..=self.random.below(2) {
            let value = if self.random.chance(8) {
                Yaml::from(self.random.pick(&["", "true", "1", "1.0", "a b", "null", "0x1"]))
            } else if self.errors && self.random.chance(4) {
                words::scalar(&mut self.random, self.expressions)
            } else if self.expressions && self.random.chance(15) {
                Yaml::from("${A}")
            } else {
                Yaml::from(words::name(&mut self.random))
            };
            pairs.set(self.random.pick(&LABELS), value);
        }
        pairs
    }

    /// What patches and replacements are for.
    fn known(&self, objects: &[Object]) -> Vec<Object> {
        let mut known = objects.to_vec();
        for (path, above) in &self.folders {
            if path.is_empty() {
                known.extend(above.iter().cloned());
            }
        }
        known
    }

    pub(super) fn patches(&mut self, folder: &str, fields: &mut Yaml, objects: &[Object]) {
        let known = self.known(objects);
        if known.is_empty() {
            return;
        }
        for (field, chance) in [("patches", 40), ("patchesStrategicMerge", 8), ("patchesJson6902", 8)] {
            if !self.random.chance(chance) {
                continue;
            }
            let mut list = Vec::new();
            for _ in 0..=self.random.below(2) {
                let object = &known[self.random.below(known.len())];
                let entry = self.patch(field, folder, object);
                list.push(entry);
            }
            fields.set(field, Yaml::List(list));
        }
    }

    /// An entry of a list of patches; without a folder the patch stands in it.
    pub(super) fn patch(&mut self, field: &str, folder: &str, object: &Object) -> Yaml {
        let style = self.style();
        let operations = match field {
            "patchesJson6902" => true,
            "patchesStrategicMerge" => false,
            _ => self.random.chance(40),
        };
        let text = if operations {
            self.patcher().operations(object, &style)
        } else {
            self.patcher().merging(object, &style)
        };
        let inline = folder.is_empty() || self.random.chance(60);
        let place = if inline {
            text
        } else {
            let name = format!("patch{}.{}", self.number(), self.random.pick(&["yaml", "json"]));
            self.files.insert(format!("{folder}/{name}"), text);
            name
        };
        if field == "patchesStrategicMerge" {
            return Yaml::from(place);
        }
        let mut entry =
            Yaml::Map(vec![(if inline { "patch" } else { "path" }.to_owned(), Yaml::from(place))]);
        if operations || self.random.chance(35) {
            let mut target = self.patcher().target(object);
            if field == "patchesJson6902" {
                target = y!({ "version": (object.version()), "kind": (object.kind.clone()), "name": (object.current.clone()) });
                if !object.group().is_empty() {
                    target.set("group", Yaml::from(object.group()));
                }
                if let Some(namespace) = &object.namespace {
                    target.set("namespace", Yaml::from(namespace.clone()));
                }
            }
            entry.set("target", target);
        }
        if field == "patches" && !folder.is_empty() && self.random.chance(8) {
            entry.set("options", y!({ "allowNameChange": (self.random.chance(70)), "allowKindChange": (self.random.chance(50)) }));
        }
        entry
    }

    fn names(&mut self, fields: &mut Yaml, objects: &mut [Object]) {
        let (prefix, suffix) =
            (self.random.pick(&["dev-", "p-", "my."]), self.random.pick(&["-v1", "-x", "-2"]));
        if self.random.chance(22) {
            fields.set("namePrefix", Yaml::from(prefix));
            for object in &mut *objects {
                object.current.insert_str(0, prefix);
            }
        }
        if self.random.chance(15) {
            fields.set("nameSuffix", Yaml::from(suffix));
            for object in &mut *objects {
                object.current.push_str(suffix);
            }
        }
        if self.random.chance(28) {
            let namespace = self.namespace();
            fields.set("namespace", Yaml::from(namespace.clone()));
            for object in objects {
                object.namespace = Some(namespace.clone());
            }
        }
    }

    fn labels(&mut self, fields: &mut Yaml) {
        if self.random.chance(22) {
            let mut list = Vec::new();
            for _ in 0..=self.random.below(2) {
                let pairs = self.pairs();
                let mut entry = y!({ "pairs": (pairs) });
                match self.random.below(5) {
                    0 => entry.set("includeSelectors", Yaml::from(true)),
                    1 => entry.set("includeTemplates", Yaml::from(true)),
                    2 if self.random.chance(40) => {
                        entry.set("fields", y!([{ "path": "spec/custom/labels", "create": true, "kind": "Foo" }, { "path": "spec/template/metadata/labels", "group": "apps" }]));
                    }
                    _ => {}
                }
                list.push(entry);
            }
            fields.set("labels", Yaml::List(list));
        }
        if self.random.chance(12) {
            let pairs = self.pairs();
            fields.set("commonLabels", pairs);
        }
        if self.random.chance(15) {
            let pairs = self.pairs();
            fields.set("commonAnnotations", pairs);
        }
    }

    pub(super) fn images(&mut self) -> Yaml {
        let mut list = Vec::new();
        for _ in 0..=self.random.below(2) {
            let name = self.random.pick(&IMAGES);
            let name = name.split('@').next().unwrap_or_default();
            let name = match name.rsplit_once(':') {
                Some((bare, tag)) if !tag.contains('/') => bare,
                _ => name,
            };
            let mut entry =
                y!({ "name": (if self.random.chance(8) { "registry.example/.*" } else { name }) });
            if self.random.chance(40) {
                entry.set("newName", Yaml::from(self.random.pick(&["other/app", "registry.example:5000/x"])));
            }
            if self.random.chance(60) {
                let tag = match self.random.below(10) {
                    0 if self.errors => Yaml::plain("1.20"),
                    1 => Yaml::from(""),
                    _ => Yaml::from(self.random.pick(&["v2", "1.0", "latest", "2024-01-01"])),
                };
                entry.set("newTag", tag);
            }
            if self.random.chance(12) {
                entry.set("digest", Yaml::from("sha256:1234"));
            }
            if self.random.chance(5) {
                entry.set("tagSuffix", Yaml::from("-alpine"));
            }
            list.push(entry);
        }
        Yaml::List(list)
    }

    fn settings(&mut self, folder: &str, depth: usize, fields: &mut Yaml, objects: &[Object]) {
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
            self.write(&format!("{folder}/{name}"), &[config]);
            fields.set("configurations", y!([(name)]));
        }
        if self.random.chance(4) {
            self.schema(folder, fields);
        }
        if self.random.chance(5) {
            self.definitions(folder, fields);
        }
        if self.random.chance(8) {
            let list = self.transformers(folder, objects);
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
    fn schema(&mut self, folder: &str, fields: &mut Yaml) {
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
        self.files.insert(format!("{folder}/{name}"), text);
        fields.set("openapi", y!({ "path": (name) }));
    }

    /// Definitions of a kind whose fields name other objects or hold labels.
    fn definitions(&mut self, folder: &str, fields: &mut Yaml) {
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
        self.files.insert(format!("{folder}/{name}"), text);
        fields.set("crds", y!([(name)]));
    }

    /// Transformers with objects of their own.
    fn transformers(&mut self, folder: &str, objects: &[Object]) -> Yaml {
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
        self.write(&format!("{folder}/{name}"), &[object]);
        y!([(name)])
    }

    fn variables(&mut self, fields: &mut Yaml, objects: &[Object]) {
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

    fn configuration(&mut self) -> Yaml {
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

    /// A way to a field, as replacements write it.
    fn field_path(&mut self, object: &Object) -> String {
        let (steps, _) = walk(&object.yaml, &mut self.random, 2);
        let mut parts = Vec::new();
        let mut node = &object.yaml;
        for step in &steps {
            while let Yaml::Anchor(_, inner) = node {
                node = inner;
            }
            match (step, node) {
                (Step::Key(name), _) => {
                    parts.push(match self.random.below(10) {
                        _ if name.contains('.') && self.random.chance(30) => format!("[{name}]"),
                        0 if name.contains('/') => format!("[{name}]"),
                        _ => name.replace('.', "\\."),
                    });
                    node = node.get(name).unwrap_or(node);
                }
                (Step::Item(at), Yaml::List(items)) => {
                    let item = &items[*at];
                    parts.push(match (item.get("name"), self.random.below(5)) {
                        (Some(name), 0..3) => format!("[name={}]", name.text()),
                        (_, 3) => "*".to_owned(),
                        _ => at.to_string(),
                    });
                    node = item;
                }
                (Step::Item(at), _) => parts.push(at.to_string()),
            }
        }
        if self.random.chance(if self.errors { 15 } else { 2 }) {
            parts.push(self.random.pick(&["none", "*", "[name=none]", "-", "0"]).to_owned());
        }
        parts.join(".")
    }

    fn replacements(&mut self, folder: &str, fields: &mut Yaml, objects: &[Object]) {
        let known = self.known(objects);
        if known.is_empty() || !self.random.chance(15) {
            return;
        }
        let mut list = Vec::new();
        for _ in 0..=self.random.below(2) {
            let from = &known[self.random.below(known.len())];
            let mut entry = Yaml::Map(Vec::new());
            if self.random.chance(12) {
                let text = words::text(&mut self.random, self.expressions);
                entry.set("sourceValue", text);
            } else {
                let name = if self.random.chance(50) { &from.current } else { &from.name };
                let mut source = y!({ "kind": (from.kind.clone()), "name": (name.clone()) });
                if self.random.chance(70) && from.yaml.get("spec").is_some() {
                    let path = self.field_path(from);
                    source.set("fieldPath", Yaml::from(path));
                }
                if self.random.chance(20) {
                    let index = if self.random.chance(70) { 0 } else { self.random.below(3) };
                    source.set(
                        "options",
                        y!({ "delimiter": (self.random.pick(&["-", "/", ":", "."])), "index": (index) }),
                    );
                }
                entry.set("source", source);
            }
            let mut targets = Vec::new();
            for _ in 0..=self.random.below(2) {
                let to = &known[self.random.below(known.len())];
                let select = self.patcher().target(to);
                let mut target = y!({ "select": (select) });
                if self.random.chance(15) {
                    let other = &known[self.random.below(known.len())];
                    target.set(
                        "reject",
                        y!([{ "kind": (other.kind.clone()), "name": (other.current.clone()) }]),
                    );
                }
                let mut paths = Vec::new();
                for _ in 0..=self.random.below(2) {
                    let path = self.field_path(to);
                    paths.push(Yaml::from(path));
                }
                target.set("fieldPaths", Yaml::List(paths));
                if self.random.chance(35) {
                    let mut options = Yaml::Map(Vec::new());
                    if self.random.chance(60) {
                        options.set("create", Yaml::from(true));
                    }
                    if self.random.chance(40) {
                        options.set("delimiter", Yaml::from(self.random.pick(&["-", "/", ":", "."])));
                        let index = self.random.below(5);
                        options.set("index", if index == 4 { Yaml::plain("-1") } else { Yaml::from(index) });
                    }
                    target.set("options", options);
                }
                targets.push(target);
            }
            entry.set("targets", Yaml::List(targets));
            list.push(entry);
        }
        if self.random.chance(10) {
            let name = format!("replacement{}.yaml", self.number());
            let document = if list.len() == 1 { list.remove(0) } else { Yaml::List(list) };
            self.write(&format!("{folder}/{name}"), &[document]);
            list = vec![y!({ "path": (name) })];
        }
        fields.set("replacements", Yaml::List(list));
    }

    /// Something that a kustomization must not say.
    fn mistake(&mut self, fields: &mut Yaml) {
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
