//! Keywords that combine schemas, and those for what no other keyword has checked.

use serde_json::Value as Json;

use super::{Failure, Frame, Token};

impl Frame<'_, '_, '_> {
    pub(super) fn check_conditions(&mut self) {
        let schema = self.schema;
        if let Some(index) = schema.not
            && self.validate_self(index, "", true).is_ok()
        {
            self.fail(|| "'not' failed".to_owned());
        }
        if !schema.all_of.is_empty() {
            let mut failures: Vec<Failure> = Vec::new();
            for index in &schema.all_of {
                failures.extend(self.validate_self(*index, "", false).err());
                if self.quiet && !failures.is_empty() {
                    break;
                }
            }
            if !failures.is_empty() {
                self.fail_with(failures, "'allOf' failed");
            }
        }
        self.check_any_of();
        self.check_one_of();
        if let Some(condition) = schema.condition {
            let then =
                if self.validate_self(condition, "", true).is_ok() { schema.then } else { schema.otherwise };
            if let Some(index) = then {
                let result = self.validate_self(index, "", false);
                self.add(result);
            }
        }
    }

    fn check_any_of(&mut self) {
        let schema = self.schema;
        let (mut failures, mut matched) = (Vec::new(), schema.any_of.is_empty());
        for index in &schema.any_of {
            if let Err(failure) = self.validate_self(*index, "", false) {
                failures.push(failure);
                continue;
            }
            matched = true;
            if self.unevaluated.is_empty() {
                break;
            }
        }
        if !matched {
            self.fail_with(failures, "'anyOf' failed");
        }
    }

    fn check_one_of(&mut self) {
        let schema = self.schema;
        if schema.one_of.is_empty() {
            return;
        }
        let (mut failures, mut matched) = (Vec::new(), None);
        for (at, index) in schema.one_of.iter().enumerate() {
            match (self.validate_self(*index, "", matched.is_some()), matched) {
                (Err(failure), None) => failures.push(failure),
                (Err(_), Some(_)) => {}
                (Ok(()), None) => matched = Some(at),
                (Ok(()), Some(first)) => {
                    self.fail(|| format!("'oneOf' failed, subschemas {first}, {at} matched"));
                    break;
                }
            }
        }
        if matched.is_none() {
            self.fail_with(failures, "'oneOf' failed, none matched");
        }
    }

    pub(super) fn check_unevaluated(&mut self) {
        let (schema, value) = (self.schema, self.value);
        match value {
            Json::Object(entries) => {
                let Some(index) = schema.unevaluated_properties else { return };
                for name in std::mem::take(&mut self.unevaluated.properties) {
                    if let Some(value) = entries.get(name) {
                        let result = self.validate_in(index, value, Token::Key(name));
                        self.add(result);
                    }
                }
            }
            Json::Array(items) => {
                let Some(index) = schema.unevaluated_items else { return };
                for at in std::mem::take(&mut self.unevaluated.items) {
                    let result = self.validate_in(index, &items[at], Token::Item(at));
                    self.add(result);
                }
            }
            _ => {}
        }
    }
}
