//! Patches and selectors that mostly match an object.

use super::objects::Object;
use super::random::Random;
use super::words;
use super::yaml::{Style, Yaml, write, y};

/// A step into an object.
#[derive(Debug, Clone)]
pub enum Step {
    Key(String),
    Item(usize),
}

/// A way into an object, and what is there. What identifies the object is left alone; so are its annotations as a
/// whole, among which kustomize keeps what it knows of the object.
pub fn walk<'a>(node: &'a Yaml, random: &mut Random, shortest: usize) -> (Vec<Step>, &'a Yaml) {
    for _ in 0..20 {
        let (steps, at) = try_walk(node, random, shortest);
        let identifies = match &*steps {
            [Step::Key(key)] => matches!(&**key, "apiVersion" | "kind" | "metadata"),
            [Step::Key(_), Step::Key(key)] => matches!(&**key, "name" | "annotations" | "creationTimestamp"),
            steps => steps.is_empty(),
        };
        if !identifies {
            return (steps, at);
        }
    }
    (vec![Step::Key("metadata".to_owned()), Step::Key("name".to_owned())], node)
}

fn try_walk<'a>(node: &'a Yaml, random: &mut Random, shortest: usize) -> (Vec<Step>, &'a Yaml) {
    let (mut steps, mut at) = (Vec::new(), node);
    loop {
        if steps.len() >= shortest && random.chance(20) {
            return (steps, at);
        }
        match at {
            Yaml::Anchor(_, inner) => at = inner,
            Yaml::Map(fields) if !fields.is_empty() => {
                let (name, value) = &fields[random.below(fields.len())];
                steps.push(Step::Key(name.clone()));
                at = value;
            }
            Yaml::List(items) if !items.is_empty() => {
                let index = random.below(items.len());
                steps.push(Step::Item(index));
                at = &items[index];
            }
            _ => return (steps, at),
        }
    }
}

pub struct Patcher<'a> {
    pub random: &'a mut Random,
    pub expressions: bool,
    /// Whether mistakes are made.
    pub errors: bool,
    /// Whether a patch always has the namespace of its object.
    pub exact: bool,
}

impl Patcher<'_> {
    fn scalar(&mut self) -> Yaml {
        words::scalar(self.random, self.expressions)
    }

    /// The text of a strategic merge patch.
    pub fn merging(&mut self, object: &Object, style: &Style) -> String {
        let mut documents = vec![self.merge(object)];
        if self.random.chance(4) {
            documents.push(self.merge(object));
        }
        write(&documents, style, self.random)
    }

    /// A partial object with changes.
    pub fn merge(&mut self, object: &Object) -> Yaml {
        let name = if self.random.chance(75) { &object.current } else { &object.name };
        let mut metadata = y!({ "name": (name.clone()) });
        match &object.namespace {
            Some(namespace) if self.random.chance(85) || self.exact => {
                metadata.set("namespace", Yaml::from(namespace.clone()));
            }
            _ => {}
        }
        let mut patch = y!({ "apiVersion": (object.api.clone()), "kind": (object.kind.clone()) });
        let mut left = 1 + self.random.below(2);
        let mut body = Yaml::Map(Vec::new());
        if let Yaml::Map(fields) = &object.yaml {
            for (name, value) in fields {
                if matches!(&**name, "apiVersion" | "kind") {
                    continue;
                }
                if name == "metadata" {
                    if self.random.chance(35) {
                        for field in ["labels", "annotations"] {
                            let Some(value) = value.get(field) else { continue };
                            if self.random.chance(60) {
                                let part = self.part(value, field);
                                metadata.set(field, part);
                            }
                        }
                        if self.random.chance(30) {
                            metadata.set("annotations", y!({ "patched": "yes", "note": (self.scalar()) }));
                        }
                    }
                    continue;
                }
                if left > 0 {
                    left -= 1;
                    let part = self.part(value, name);
                    body.set(name, part);
                }
            }
        }
        if self.random.chance(5) {
            body.set("$patch", Yaml::from(self.random.pick(&["delete", "delete", "replace", "merge"])));
        } else if self.errors && self.random.chance(5) {
            body.set("$patch", Yaml::from("remove"));
        }
        patch.set("metadata", metadata);
        if let (Yaml::Map(patch), Yaml::Map(body)) = (&mut patch, body) {
            patch.extend(body);
        }
        patch
    }

    /// A part of a node, changed.
    fn part(&mut self, node: &Yaml, name: &str) -> Yaml {
        match node {
            Yaml::Anchor(_, inner) => self.part(inner, name),
            Yaml::Alias(_) => self.labels(),
            Yaml::Map(fields) => self.part_of_map(fields),
            Yaml::List(items) => self.part_of_list(items),
            _ if self.random.chance(6) => Yaml::plain("null"),
            _ if matches!(name, "replicas" | "containerPort" | "port" | "minReplicas" | "maxReplicas") => {
                Yaml::from(1 + self.random.below(9))
            }
            _ if self.random.chance(40) => node.clone(),
            _ => self.scalar(),
        }
    }

    fn labels(&mut self) -> Yaml {
        y!({ "app": (words::name(self.random)) })
    }

    fn part_of_map(&mut self, fields: &[(String, Yaml)]) -> Yaml {
        let mut part = Yaml::Map(Vec::new());
        if self.random.chance(3) {
            return Yaml::plain("null");
        }
        if self.random.chance(3) {
            return part;
        }
        for (name, value) in fields {
            let choice = self.random.below(100);
            if name == "<<" {
                continue;
            }
            if choice < 45 {
                let value = self.part(value, name);
                part.set(name, value);
                if choice < 3
                    && let Yaml::List(items) = value_of(&part, name)
                {
                    let items = items.clone();
                    part.set(&format!("$setElementOrder/{name}"), Yaml::List(items));
                }
            } else if choice < 49 {
                part.set(name, Yaml::plain("null"));
            } else if choice < 51
                && let Yaml::List(items) = value
            {
                part.set(
                    &format!("$deleteFromPrimitiveList/{name}"),
                    Yaml::List(items.iter().take(1).cloned().collect()),
                );
            }
        }
        if self.random.chance(12) {
            let value = self.scalar();
            part.set(self.random.pick(&["added", "key", "extra", "app"]), value);
        }
        if self.random.chance(3) {
            part.set("$patch", Yaml::from(self.random.pick(&["replace", "delete", "merge"])));
        }
        if self.random.chance(2) {
            part.set("$retainKeys", y!(["name", "type"]));
        }
        if self.errors && self.random.chance(2) {
            part.set("$patch", Yaml::from(self.random.pick(&["destroy", ""])));
        }
        part
    }

    fn part_of_list(&mut self, items: &[Yaml]) -> Yaml {
        let mut list = Vec::new();
        if self.random.chance(4) {
            return Yaml::List(list);
        }
        for item in items {
            if !self.random.chance(60) {
                continue;
            }
            match item {
                Yaml::Map(fields) => {
                    let mut part = self.part_of_map(fields);
                    // Keys that the item is found by.
                    for (name, value) in fields {
                        let is_key = matches!(
                            &**name,
                            "name"
                                | "containerPort"
                                | "port"
                                | "protocol"
                                | "mountPath"
                                | "ip"
                                | "key"
                                | "topologyKey"
                                | "whenUnsatisfiable"
                                | "uid"
                        );
                        if is_key && self.random.chance(93) {
                            part.set(name, value.clone());
                        }
                    }
                    if self.random.chance(8) {
                        part.set(
                            "$patch",
                            Yaml::from(self.random.pick(&["delete", "delete", "delete", "replace"])),
                        );
                    }
                    list.push(part);
                }
                Yaml::List(_) => list.push(item.clone()),
                _ if self.random.chance(50) => list.push(item.clone()),
                _ => list.push(self.scalar()),
            }
        }
        if self.random.chance(20) {
            list.push(match items.first() {
                Some(Yaml::Map(fields)) if self.random.chance(85) => {
                    let name = self.random.pick(&["name", "key", "mountPath"]);
                    let name = if fields.iter().any(|(other, _)| other == name) { name } else { "name" };
                    let mut item = Yaml::Map(vec![(
                        name.to_owned(),
                        Yaml::from(self.random.pick(&["new", "main", "HOST", "data"])),
                    )]);
                    item.set("value", self.scalar());
                    item
                }
                _ => self.scalar(),
            });
        }
        if self.random.chance(3) {
            list.insert(0, y!({ "$patch": (self.random.pick(&["replace", "delete"])) }));
        }
        Yaml::List(list)
    }

    /// A list of operations.
    pub fn operations(&mut self, object: &Object, style: &Style) -> String {
        let mut list = Vec::new();
        for _ in 0..=self.random.below(3) {
            let operation = self.operation(object);
            list.push(operation);
        }
        let list = Yaml::List(list);
        if self.random.chance(25) { json(&list) } else { write(&[list], style, self.random) }
    }

    fn pointer(&mut self, object: &Object) -> String {
        let (steps, _) = walk(&object.yaml, self.random, 2);
        let mut text = String::new();
        for step in &steps {
            text.push('/');
            match step {
                Step::Key(name) => text.push_str(&name.replace('~', "~0").replace('/', "~1")),
                Step::Item(at) => text.push_str(&at.to_string()),
            }
        }
        text
    }

    fn operation(&mut self, object: &Object) -> Yaml {
        let mut path = self.pointer(object);
        if self.errors && self.random.chance(10) {
            path.push_str(self.random.pick(&["/none/below", "/9", "x", "/-1", "/"]));
        }
        let value = match self.random.below(6) {
            0 => y!({ "name": "added", "value": (self.scalar()) }),
            1 => Yaml::List(vec![self.scalar()]),
            2 => Yaml::from(self.random.below(100)),
            _ => self.scalar(),
        };
        let metadata = object.yaml.get("metadata");
        if path == "/metadata/name" {
            return y!({ "op": "add", "path": "/extra", "value": (value) });
        }
        match self.random.below(20) {
            0..5 => y!({ "op": "replace", "path": (path), "value": (value) }),
            5..10 => {
                let (parent, last) = path.rsplit_once('/').unwrap_or_default();
                let of_list = last.bytes().all(|byte| byte.is_ascii_digit()) && !self.random.chance(5);
                let last =
                    self.random.pick(if of_list { &["0", "-"] } else { &["new", "added~1x", "0", "b"] });
                let path = match self.random.below(6) {
                    0 => path.clone(),
                    1 if self.errors => format!("{path}/-"),
                    2 if metadata.and_then(|metadata| metadata.get("annotations")).is_some() => {
                        "/metadata/annotations/example.com~1owner".to_owned()
                    }
                    3 if metadata.and_then(|metadata| metadata.get("labels")).is_some() => {
                        "/metadata/labels/new".to_owned()
                    }
                    _ => format!("{parent}/{last}"),
                };
                y!({ "op": "add", "path": (path), "value": (value) })
            }
            10..12 => y!({ "op": "remove", "path": (path) }),
            14 => {
                let from = self.pointer(object);
                y!({ "op": "copy", "from": (from), "path": (path) })
            }
            15 if !self.exact => y!({ "op": "move", "from": (path), "path": "/spec/moved" }),
            16 => {
                let value = self.at(object, &path);
                y!({ "op": "test", "path": (path), "value": (value) })
            }
            17 if self.errors => {
                y!({ "op": (self.random.pick(&["set", "Add", ""])), "path": (path), "value": (value) })
            }
            18 => match self.random.below(3) {
                0 => y!({ "op": "replace", "path": "/apiVersion", "value": "example.com/v2" }),
                1 => y!({ "op": "replace", "path": "/kind", "value": "Changed" }),
                _ => y!({ "op": "replace", "path": "/metadata/name", "value": "renamed" }),
            },
            _ => y!({ "path": (path), "op": "replace", "value": (value) }),
        }
    }

    fn at(&mut self, object: &Object, path: &str) -> Yaml {
        let mut node = &object.yaml;
        for step in path.split('/').skip(1) {
            let name = step.replace("~1", "/").replace("~0", "~");
            let next = match node {
                Yaml::List(items) => name.parse::<usize>().ok().and_then(|at| items.get(at)),
                node => node.get(&name),
            };
            match next {
                Some(next) => node = next,
                None => return self.scalar(),
            }
        }
        node.clone()
    }

    /// The target of a patch or replacement.
    pub fn target(&mut self, object: &Object) -> Yaml {
        let mut target = Yaml::Map(Vec::new());
        if self.random.chance(75) {
            let kind = match self.random.below(20) {
                0 => "Deployment|StatefulSet".to_owned(),
                1 => ".*".to_owned(),
                2 => "Dep".to_owned(),
                _ => object.kind.clone(),
            };
            target.set("kind", Yaml::from(kind));
        }
        if self.random.chance(60) {
            let name = match self.random.below(12) {
                0 => ".*".to_owned(),
                1 => "app|web".to_owned(),
                2 => format!("{}.*", object.name),
                3 => "a".to_owned(),
                4 if self.errors => "[".to_owned(),
                5 => object.name.clone(),
                6 => "(?i)APP".to_owned(),
                7 => "\\w+".to_owned(),
                _ => object.current.clone(),
            };
            target.set("name", Yaml::from(name));
        }
        if self.random.chance(15) {
            target.set("group", Yaml::from(object.group()));
        }
        if self.random.chance(15) {
            target.set("version", Yaml::from(object.version()));
        }
        if let Some(namespace) = object.namespace.as_deref().filter(|_| self.random.chance(20)) {
            target.set("namespace", Yaml::from(namespace));
        }
        for (field, selector) in [("labels", "labelSelector"), ("annotations", "annotationSelector")] {
            if !self.random.chance(12) {
                continue;
            }
            let labels = object.yaml.get("metadata").and_then(|metadata| metadata.get(field));
            let text = match (labels, self.random.below(7)) {
                (Some(Yaml::Map(labels)), 0..3) if !labels.is_empty() => {
                    format!("{}={}", labels[0].0, labels[0].1.text())
                }
                (_, 3) => "app in (web, app),tier!=db".to_owned(),
                (_, 4) => "app".to_owned(),
                (_, 5) => "!env".to_owned(),
                _ if self.errors => "a b".to_owned(),
                _ => "app notin (db)".to_owned(),
            };
            target.set(selector, Yaml::from(text));
        }
        target
    }
}

fn value_of<'a>(map: &'a Yaml, name: &str) -> &'a Yaml {
    const NOTHING: &Yaml = &Yaml::Map(Vec::new());
    map.get(name).unwrap_or(NOTHING)
}

/// The node as JSON; a plain scalar without a JSON form becomes a string.
pub fn json(node: &Yaml) -> String {
    match node {
        Yaml::Plain(text) => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) if !value.is_string() => text.clone(),
            _ => serde_json::Value::from(text.clone()).to_string(),
        },
        Yaml::Text(text) | Yaml::Alias(text) => serde_json::Value::from(text.clone()).to_string(),
        Yaml::Anchor(_, node) => json(node),
        Yaml::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Yaml::Map(fields) => {
            let parts: Vec<_> = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", serde_json::Value::from(&**name), json(value)))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
    }
}
