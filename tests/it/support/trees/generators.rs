//! ConfigMap and Secret generators, with the files and literals that they read.

use super::Tree;
use super::objects::Object;
use super::words;
use super::yaml::{Yaml, y};

impl Tree {
    pub(super) fn generators(
        &mut self,
        directory: &str,
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
                self.sources(directory, &mut entry);
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

    pub(super) fn generator_options(&mut self) -> Yaml {
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

    pub(super) fn sources(&mut self, directory: &str, entry: &mut Yaml) {
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
            self.files.insert(format!("{directory}/{name}"), text);
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
            self.files.insert(format!("{directory}/{name}"), text);
            if self.random.chance(80) {
                entry.set("envs", y!([(name)]));
            } else {
                entry.set("env", Yaml::from(name));
            }
        }
    }
}
