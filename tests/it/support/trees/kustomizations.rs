//! Directories with a kustomization, and what its fields name.

use super::Tree;
use super::objects::{Maker, Object};
use super::patches::Patcher;
use super::words::{self, IMAGES, LABELS};
use super::yaml::{Yaml, y};

impl Tree {
    /// Writes the kustomization of a directory and all files that it names. Returns about what it renders.
    pub(super) fn kustomization(&mut self, directory: &str, depth: usize, component: bool) -> Vec<Object> {
        let mut objects = Vec::new();
        let mut fields = Yaml::Map(Vec::new());
        let (mut first, mut generated) = (Yaml::Map(Vec::new()), Vec::new());
        if component {
            first = y!({ "apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component" });
        } else if self.random.chance(80) {
            first = y!({ "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization" });
        }
        self.resources(directory, depth, component, &mut fields, &mut objects);
        self.generators(directory, &mut fields, &mut objects, &mut generated);
        if depth < 2 && self.random.chance(if depth == 0 { 25 } else { 10 }) {
            let mut list = Vec::new();
            for _ in 0..=self.random.below(2) {
                let number = self.number();
                let (path, named) = self.place(directory, &format!("comp{number}"));
                let below = self.component(&path, depth + 1, &mut objects);
                objects.extend(below);
                list.push(Yaml::from(named));
            }
            fields.set("components", Yaml::List(list));
        }
        self.patches(directory, &mut fields, &objects);
        if depth == 0 {
            self.unnamed.clone_from(&objects);
        }
        self.names(&mut fields, &mut objects);
        self.labels(&mut fields);
        self.settings(directory, depth, &mut fields, &objects);
        self.replacements(directory, &mut fields, &objects);
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
        self.write(&format!("{directory}/{file}"), &documents);
        objects
    }

    /// Writes a component, which changes existing objects.
    pub(super) fn component(
        &mut self,
        directory: &str,
        depth: usize,
        objects: &mut Vec<Object>,
    ) -> Vec<Object> {
        let known = std::mem::take(objects);
        self.directories.push((String::new(), known.clone()));
        let below = self.kustomization(directory, depth, true);
        self.directories.pop();
        *objects = known;
        below
    }

    /// A new directory that the kustomization of `directory` names, and the name it uses.
    pub(super) fn place(&mut self, directory: &str, name: &str) -> (String, String) {
        if self.random.chance(60) {
            let named = if self.random.chance(20) { format!("./{name}") } else { name.to_owned() };
            (format!("{directory}/{name}"), named)
        } else {
            let up = directory.rsplit_once('/').map_or("", |(up, _)| up);
            (format!("{up}/{name}"), format!("../{name}{}", self.random.pick(&["", "", "/"])))
        }
    }

    pub(super) fn maker(&mut self) -> Maker<'_> {
        Maker {
            random: &mut self.random,
            expressions: self.expressions,
            odd: self.odd,
            home: self.home.as_deref(),
            taken: &mut self.taken,
        }
    }

    pub(super) fn patcher(&mut self) -> Patcher<'_> {
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

    pub(super) fn resources(
        &mut self,
        directory: &str,
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
            objects.extend(self.object_file(&format!("{directory}/{name}")));
            list.push(Yaml::from(if self.random.chance(10) { format!("./{name}") } else { name }));
        }
        let mut bases = Vec::new();
        if depth < 2 && self.random.chance(if depth == 0 { 45 } else { 25 }) {
            for _ in 0..=self.random.below(2) {
                let number = self.number();
                let (path, named) = self.place(directory, &format!("base{number}"));
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

    /// Keys and values of labels or annotations.
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

    /// Objects that patches and replacements can target.
    pub(super) fn known(&self, objects: &[Object]) -> Vec<Object> {
        let mut known = objects.to_vec();
        for (path, above) in &self.directories {
            if path.is_empty() {
                known.extend(above.iter().cloned());
            }
        }
        known
    }

    pub(super) fn patches(&mut self, directory: &str, fields: &mut Yaml, objects: &[Object]) {
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
                let entry = self.patch(field, directory, object);
                list.push(entry);
            }
            fields.set(field, Yaml::List(list));
        }
    }

    /// An entry of a list of patches; without a directory the patch is inline.
    pub(super) fn patch(&mut self, field: &str, directory: &str, object: &Object) -> Yaml {
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
        let inline = directory.is_empty() || self.random.chance(60);
        let place = if inline {
            text
        } else {
            let name = format!("patch{}.{}", self.number(), self.random.pick(&["yaml", "json"]));
            self.files.insert(format!("{directory}/{name}"), text);
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
        if field == "patches" && !directory.is_empty() && self.random.chance(8) {
            entry.set("options", y!({ "allowNameChange": (self.random.chance(70)), "allowKindChange": (self.random.chance(50)) }));
        }
        entry
    }

    pub(super) fn names(&mut self, fields: &mut Yaml, objects: &mut [Object]) {
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

    pub(super) fn labels(&mut self, fields: &mut Yaml) {
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
}
