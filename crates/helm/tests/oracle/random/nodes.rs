//! Texts, actions and blocks.

use super::{Random, WORDS};

impl Random {
    pub(super) fn body(&mut self, depth: usize) -> String {
        let variables = self.variables.len();
        let body = (0..=self.below(4)).map(|_| self.node(depth)).collect();
        self.variables.truncate(variables);
        body
    }

    fn open(&mut self) -> &'static str {
        self.pick(&["{{ ", "{{ ", "{{", "{{- ", "{{-\n "])
    }

    fn close(&mut self) -> &'static str {
        self.pick(&[" }}", " }}", "}}", " -}}", "\n-}}", "  -}}"])
    }

    fn action(&mut self, content: &str) -> String {
        format!("{}{content}{}", self.open(), self.close())
    }

    fn node(&mut self, depth: usize) -> String {
        if depth == 0 || self.one_in(3) {
            return match self.below(8) {
                0..=2 => self.pick(WORDS).to_owned(),
                3 => self
                    .pick(&["{{/* c */}}", "{{- /* c\n */ -}}", "{{/* c */ -}}", "{{- /* */}}"])
                    .to_owned(),
                _ => {
                    let pipeline = self.pipeline(2);
                    self.action(&pipeline)
                }
            };
        }
        match self.below(12) {
            0..=2 => self.choice("if", depth),
            3 => self.choice("with", depth),
            4..=6 => self.range(depth),
            7 => {
                let value = self.pipeline(2);
                let name = self.pick(&["$v", "$w"]);
                let declared = self.variables.contains(&name);
                let sign = if declared && self.one_in(2) { "=" } else { ":=" };
                let action = self.action(&format!("{name} {sign} {value}"));
                self.variables.push(name);
                action
            }
            8 => {
                let names = self.callable.clone();
                let name = if names.is_empty() { "none" } else { self.pick(&names) };
                let value = self.pipeline(1);
                self.action(&format!("template \"{name}\" {value}"))
            }
            9 if self.in_range => {
                let jump = self.pick(&["break", "continue"]);
                let action = self.action(jump);
                let condition = self.pipeline(1);
                format!("{{{{ if {condition} }}}}{action}{{{{ end }}}}")
            }
            10 => {
                let value = self.pipeline(1);
                let variables = std::mem::take(&mut self.variables);
                let body = self.body(depth - 1);
                self.variables = variables;
                format!("{{{{ block \"b{}\" {value} }}}}{body}{{{{ end }}}}", self.below(100_000))
            }
            _ => {
                let pipeline = self.pipeline(3);
                self.action(&pipeline)
            }
        }
    }

    fn choice(&mut self, keyword: &str, depth: usize) -> String {
        let variables = self.variables.len();
        let mut condition = self.pipeline(2);
        if self.one_in(6) {
            condition.insert_str(0, "$c := ");
            self.variables.push("$c");
        }
        let mut text = self.action(&format!("{keyword} {condition}"));
        text.push_str(&self.body(depth - 1));
        if self.one_in(4) {
            let condition = self.pipeline(2);
            text.push_str(&self.action(&format!("else {keyword} {condition}")));
            text.push_str(&self.body(depth - 1));
        }
        if self.one_in(2) {
            text.push_str(&self.action("else"));
            text.push_str(&self.body(depth - 1));
        }
        self.variables.truncate(variables);
        text + &self.action("end")
    }

    fn range(&mut self, depth: usize) -> String {
        let variables = self.variables.len();
        let over = match self.below(5) {
            1 if self.tame => {
                self.pick(&["2", "$.f", "list 1 nil \"a\" $.f", "dict 1 2 \"b\" 1.5"]).to_owned()
            }
            0 => self
                .pick(&["3", "0", "num 1", "1.5", "list 1 2 3", "words \"a\" \"b\"", "typed 1 2"])
                .to_owned(),
            1 => self.pipeline(2),
            _ if self.tame => self.pick(&["$.e", "$.f", "$.m", "$.el", "$.d", "$.none"]).to_owned(),
            _ => self.pick(&[".e", ".f", ".m", "$.e", "$.m", ".el", ".d", ".a", "$.f", ".none"]).to_owned(),
        };
        let declared = match self.below(4) {
            0 => {
                self.variables.push("$v");
                "$v := "
            }
            1 | 2 => {
                self.variables.extend(["$k", "$v"]);
                "$k, $v := "
            }
            _ => "",
        };
        let mut text = self.action(&format!("range {declared}{over}"));
        let in_range = std::mem::replace(&mut self.in_range, true);
        text.push_str(&self.body(depth - 1));
        self.in_range = in_range;
        if self.one_in(4) {
            text.push_str(&self.action("else"));
            text.push_str(&self.body(depth - 1));
        }
        self.variables.truncate(variables);
        text + &self.action("end")
    }
}
