//! Replacements, and the field paths that they name.

use super::Tree;
use super::objects::Object;
use super::patches::{Step, walk};
use super::words;
use super::yaml::{Yaml, y};

impl Tree {
    /// A field path as replacements write it.
    pub(super) fn field_path(&mut self, object: &Object) -> String {
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

    pub(super) fn replacements(&mut self, directory: &str, fields: &mut Yaml, objects: &[Object]) {
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
            self.write(&format!("{directory}/{name}"), &[document]);
            list = vec![y!({ "path": (name) })];
        }
        fields.set("replacements", Yaml::List(list));
    }
}
