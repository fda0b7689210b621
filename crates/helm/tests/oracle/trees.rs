//! Charts with charts in them, values and arguments, which a seed makes.

mod documents;
mod values;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::calls;
use crate::random::Random;

/// Names of charts in charts.
const NAMES: &[&str] = &["sub", "alpha", "zed", "b-c"];

/// A chart and the arguments with which it is rendered.
#[derive(Debug, Default)]
pub struct Tree {
    pub arguments: Vec<String>,
    pub files: BTreeMap<String, String>,
}

impl Tree {
    pub fn new(seed: u64) -> Self {
        let mut tree = Self::default();
        let mut random = Random::new(seed);
        // The first numbers of neighboring seeds are alike.
        for _ in 0..4 {
            random.below(2);
        }
        tree.chart(&mut random, "", "chart", 2);
        tree.arguments(&mut random);
        tree
    }

    /// What the oracle is asked.
    pub fn request(&self) -> Value {
        json!({"arguments": self.arguments, "files": self.files})
    }

    /// The lines of a case, as `tests/oracle/helm/record` reads them.
    pub fn case(&self, name: &str) -> String {
        let mut text = format!("= {name}\n$");
        for argument in &self.arguments {
            let _ = write!(text, " '{argument}'");
        }
        text.push('\n');
        for (path, content) in &self.files {
            let _ = writeln!(text, "@ {path}\n{}", content.trim_end_matches('\n'));
        }
        text
    }

    fn write(&mut self, path: String, content: impl Into<String>) {
        self.files.insert(path, content.into());
    }

    /// A chart in a directory, whose path ends with a slash or is empty.
    fn chart(&mut self, random: &mut Random, directory: &str, name: &str, depth: usize) {
        let is_library = depth < 2 && random.one_in(8);
        let is_old = random.one_in(8);
        let version = if is_old { "v1" } else { "v2" };
        let mut head =
            format!("apiVersion: {version}\nname: {name}\nversion: 1.2.3\nappVersion: \"{}\"\n", name.len());
        if is_library {
            head.push_str("type: library\n");
        }
        if random.one_in(30) {
            let wanted = random.pick(&[">=1.20.0-0", "^1.0", "<1.30", "~1.36.0", ">=99"]);
            let _ = writeln!(head, "kubeVersion: \"{wanted}\"");
        }
        let count = if depth == 0 { 0 } else { random.below(if depth == 2 { 4 } else { 2 }) };
        let mut listed = String::new();
        for name in &NAMES[..count] {
            self.chart(random, &format!("{directory}charts/{name}/"), name, depth - 1);
            if !random.one_in(4) {
                listed.push_str(&dependency(random, name));
            }
        }
        if is_old && !listed.is_empty() {
            self.write(format!("{directory}requirements.yaml"), format!("dependencies:\n{listed}"));
        } else if !listed.is_empty() {
            let _ = write!(head, "dependencies:\n{listed}");
        }
        self.write(format!("{directory}Chart.yaml"), head);
        if !random.one_in(8) {
            let values = values::document(random, name, &NAMES[..count]);
            self.write(format!("{directory}values.yaml"), values);
        }
        self.others(random, directory);
        let partial = documents::partial(random, name);
        self.write(format!("{directory}templates/_helpers.tpl"), partial);
        let paths: &[&str] = &["a.yaml", "b.yaml", "deep/a.yaml", "Z.yml", "x.txt", "NOTES.txt"];
        for _ in 0..=random.below(3) {
            let path = random.pick(paths);
            let text = if path == "NOTES.txt" && !random.one_in(3) {
                "{{ .Release.Name }}: - x".to_owned()
            } else {
                documents::template(random, name)
            };
            self.write(format!("{directory}templates/{path}"), text);
        }
        if random.one_in(6) {
            self.call(random, directory);
        }
        if random.one_in(5) {
            self.grammar(random, directory);
        }
        if depth == 2 && random.one_in(8) {
            self.write(format!("{directory}crds/crd.yaml"), random.pick(&["kind: A\n", "a: {{ b }}\n", ""]));
        }
    }

    /// A template that calls functions with values of a file.
    fn call(&mut self, random: &mut Random, directory: &str) {
        let request = calls::request(random);
        let template = request["template"].as_str().unwrap_or_default();
        // Helm's clock is that of the machine, and its lists that were read have room after their end.
        if ["now", "date", "Date", "durationRound", "lice $."].iter().any(|it| template.contains(it)) {
            return;
        }
        let data = format!("{}\n", request["data"]);
        let define = format!("{{{{ define \"{directory}called\" }}}}{template}{{{{ end }}}}\n");
        self.write(format!("{directory}data.yaml"), data);
        self.write(
            format!("{directory}templates/call.yaml"),
            format!(
                "{define}called: {{{{ include \"{directory}called\" (.Files.Get \"data.yaml\" | fromYaml) | toJson }}}}\n"
            ),
        );
    }

    /// A template of any grammar, which is a partial or a text for `tpl`.
    fn grammar(&mut self, random: &mut Random, directory: &str) {
        let suffix = if random.one_in(6) { String::new() } else { directory.len().to_string() };
        let (template, data) = random.helm_template(&suffix);
        self.write(format!("{directory}grammar.json"), data.to_string());
        let data = ".Files.Get \"grammar.json\" | fromJson";
        if random.one_in(3) {
            self.write(format!("{directory}grammar.tpl"), template);
            let call = format!("tpl (.Files.Get \"grammar.tpl\") ({data})");
            self.write(
                format!("{directory}templates/grammar.yaml"),
                format!("grammar: {{{{ {call} | toJson }}}}\n"),
            );
            return;
        }
        let partial = format!("{directory}templates/_grammar.tpl");
        let call = format!("include \"chart/{partial}\" ({data})");
        self.write(partial, template);
        self.write(
            format!("{directory}templates/grammar.yaml"),
            format!("grammar: {{{{ {call} | toJson }}}}\n"),
        );
    }

    /// Files that are no templates.
    fn others(&mut self, random: &mut Random, directory: &str) {
        if random.one_in(3) {
            for path in ["conf/a.txt", "conf/b.json", "conf/deep/c.txt", "top.txt"] {
                if random.one_in(2) {
                    let text = random.pick(&[
                        "",
                        "text\n",
                        "two\nlines\n",
                        "no line break",
                        "  indented\n",
                        "a: 1\n",
                        "{\"a\": [1]}\n",
                        "- x\n\n\n",
                        "é \t\n",
                        "#!/bin/sh\n",
                    ]);
                    // Lines of an empty file are an error of Helm, for charts in directories only.
                    if !(path == "conf/a.txt" && text.is_empty()) {
                        self.write(format!("{directory}{path}"), text);
                    }
                }
            }
        }
        if random.one_in(8) {
            let text = random.pick(&[
                "*.txt\n",
                "conf/\n",
                "# x\n\n/top.txt\n",
                "deep\n",
                "conf/*.txt\n",
                "*.yml\n",
                "templates/b.yaml\n",
                "Z*\n",
                "?.yaml\n",
                "[ab].yaml\n",
                " conf/deep/ \n",
            ]);
            self.write(format!("{directory}.helmignore"), text);
        }
    }

    fn arguments(&mut self, random: &mut Random) {
        for _ in 0..random.below(3) {
            let path = format!("user{}.yaml", self.arguments.len());
            let text = values::document(random, "user", NAMES);
            self.write(path.clone(), text);
            self.arguments.extend(["-f".to_owned(), path]);
        }
        for _ in 0..random.below(3) {
            let flag = random.pick(&["--set", "--set", "--set-string", "--set-json", "--set-literal"]);
            let text = values::set(random, flag);
            self.arguments.extend([flag.to_owned(), text]);
        }
        for flag in ["--no-hooks", "--skip-tests", "--is-upgrade", "--include-crds"] {
            if random.one_in(8) {
                self.arguments.push(flag.to_owned());
            }
        }
        if random.one_in(8) {
            let version = random.pick(&["1.29.3", "v1.36", "1.20.0+k3s1", "1.2"]);
            self.arguments.extend(["--kube-version".to_owned(), version.to_owned()]);
        }
        if random.one_in(8) {
            self.arguments.extend(["--api-versions".to_owned(), "a/v1/Kind".to_owned()]);
        }
    }
}

/// An item of `dependencies`.
fn dependency(random: &mut Random, name: &str) -> String {
    let version = random.pick(&["1.2.3", "^1.0.0", ">=1", "1.x", "~1.2", "*"]);
    let mut text = format!("- name: {name}\n  version: \"{version}\"\n  repository: \"\"\n");
    if random.one_in(3) {
        let condition =
            random.pick(&["on", "global.on", "a.on", "none.x,on", "sub.on", "alpha.on,zed.on", "c"]);
        let _ = writeln!(text, "  condition: \"{condition}\"");
    }
    if random.one_in(4) {
        let tags = random.pick(&["[front]", "[back]", "[front, back]", "[]"]);
        let _ = writeln!(text, "  tags: {tags}");
    }
    if random.one_in(5) {
        let alias = random.pick(&["other", "alias-1", "Upper", "other", "alias-1", "Upper", "b"]);
        let _ = writeln!(text, "  alias: {alias}");
    }
    if random.one_in(4) {
        let import = random.pick(&[
            "[data]",
            "[data, more]",
            "[{child: a, parent: b}]",
            "[{child: a, parent: .}]",
            "[none]",
            "[{child: none, parent: x}]",
            "[{child: global, parent: imported}]",
            "[{child: m.d, parent: m.x.y}]",
        ]);
        let _ = writeln!(text, "  import-values: {import}");
    }
    text
}
