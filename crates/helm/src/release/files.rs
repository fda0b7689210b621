//! `.Files`: the files of a chart that are neither templates nor charts.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::glob::Glob;
use crate::chart::{Content, File};
use crate::template::{Element, Error, List, Members, Object, Shape, Signature, Text, Type, Value};

/// Files by path.
#[derive(Debug, Clone)]
pub(super) struct Files(BTreeMap<String, Content>);

impl Files {
    pub fn new(files: &[File]) -> Self {
        Self(files.iter().map(|file| (file.name.clone(), file.data.clone())).collect())
    }

    fn get(&self, path: &str) -> &[u8] {
        self.0.get(path).map_or(&[], |data| data)
    }

    fn glob(&self, pattern: &str) -> Self {
        let glob = Glob::new(pattern);
        let found = self.0.iter().filter(|(path, _)| glob.matches(path));
        Self(found.map(|(path, data)| (path.clone(), data.clone())).collect())
    }

    /// A map from names to texts, as YAML. Of files with the same name, the last one counts.
    fn yaml(&self, text: impl Fn(&[u8]) -> String) -> Value {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let map: serde_json::Map<String, serde_json::Value> =
            self.0.iter().map(|(path, data)| (name(path), text(data).into())).collect();
        let yaml = edgeflux_yaml::to_string(&map.into());
        Value::from(yaml.strip_suffix('\n').unwrap_or(&yaml))
    }

    fn lines(&self, path: &str) -> Value {
        let data = self.get(path);
        let lines = if data.is_empty() {
            Vec::new()
        } else {
            let data = data.strip_suffix(b"\n").unwrap_or(data);
            data.split(|byte| *byte == b'\n').map(|line| Value::String(line.into())).collect()
        };
        Value::List(List::new(Element::String, lines))
    }
}

impl Object for Files {
    fn type_name(&self) -> String {
        "engine.files".to_owned()
    }

    fn members(&self) -> Members {
        let bytes = |data: &Content| Value::List(List::of_bytes(data.clone().into()));
        Members::Map(self.0.iter().map(|(path, data)| (Text::from(path.as_str()), bytes(data))).collect())
    }

    fn missing(&self) -> Value {
        Value::List(List::new(Element::Uint8, Vec::new()))
    }

    fn method(&self, name: &str) -> Option<Signature> {
        match name {
            "Get" | "GetBytes" | "Glob" | "Lines" => Some(Signature::new(&[Type::String])),
            "AsConfig" | "AsSecrets" => Some(Signature::new(&[])),
            _ => None,
        }
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, Error> {
        let argument = match arguments.first() {
            Some(Value::String(text)) => text.lossy(),
            _ => "".into(),
        };
        Ok(match name {
            "Get" => Value::String(self.get(&argument).into()),
            "GetBytes" => match self.0.get(&*argument) {
                Some(data) => Value::List(List::of_bytes(data.clone().into())),
                None => self.missing(),
            },
            "Glob" => Value::object(self.glob(&argument)),
            "Lines" => self.lines(&argument),
            "AsConfig" => self.yaml(|data| String::from_utf8_lossy(data).into_owned()),
            _ => self.yaml(|data| STANDARD.encode(data)),
        })
    }

    fn size(&self) -> usize {
        self.0.len()
    }

    fn shape(&self) -> Shape {
        Shape::Entries
    }
}
