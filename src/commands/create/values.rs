//! Values of a chart from files.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::output::Input;
use crate::user_file;
use edgeflux_yaml::comments::{self, ByEntry, Step};

/// Values of several files, merged as Helm does, with their comments.
pub struct Values {
    values: Map<String, Value>,
    comments: ByEntry,
}

/// Reads the files; later ones override earlier ones. None without files.
pub fn read(input: &Input, files: &[PathBuf]) -> Result<Option<Values>> {
    let mut files = files.iter().filter(|file| !file.as_os_str().is_empty());
    let Some(first) = files.next() else { return Ok(None) };
    let mut merged = read_file(input, first)?;
    for file in files {
        merged.merge(read_file(input, file)?);
    }
    Ok(Some(merged))
}

/// YAML document of a HelmRelease, with the comments of its values.
pub fn document(release: &Value, values: Option<&Values>) -> String {
    let below = ["spec", "values"].map(|key| Step::Key(key.to_owned()));
    let comments = values.map(|values| {
        let at = |path: &Vec<Step>| below.iter().chain(path).cloned().collect();
        values.comments.iter().map(|(path, comments)| (at(path), comments.clone())).collect()
    });
    comments::write(release, &comments.unwrap_or_default())
}

fn read_file(input: &Input, path: &Path) -> Result<Values> {
    let shown = path.display();
    let content = user_file::read(input, path, "values", "--values")?;
    let wrong = |problem: String| Error::usage(format!("cannot read the values {shown}: {problem}"));
    let text = edgeflux_yaml::decode(&content).map_err(|error| wrong(error.to_string()))?;
    let mut documents = edgeflux_yaml::documents(&text).map_err(|error| wrong(error.to_string()))?;
    if documents.len() > 1 {
        return Err(
            wrong("more than one document".into()).hint("use one document per file: --values=a.yaml,b.yaml")
        );
    }
    let values = match documents.pop() {
        Some(Value::Object(values)) => values,
        None => Map::new(),
        Some(_) => return Err(wrong("not a mapping of values".into()).hint("write them as key: value")),
    };
    let comments = comments::read(&text).map_err(|error| wrong(error.to_string()))?;
    Ok(Values { values, comments })
}

impl Values {
    /// Values without comments.
    pub fn to_value(&self) -> Value {
        Value::Object(self.values.clone())
    }

    /// Merges `over` into these: maps recursively, everything else (also lists and nulls) as a whole.
    fn merge(&mut self, over: Values) {
        let mut replaced = Vec::new();
        merge(&mut self.values, over.values, &mut Vec::new(), &mut replaced);
        // Comments inside a replaced value are dropped.
        self.comments.retain(|path, _| {
            !replaced.iter().any(|gone: &Vec<Step>| path.len() > gone.len() && path.starts_with(gone))
        });
        for (path, comments) in over.comments {
            let kept = self.comments.entry(path).or_default();
            // A comment at the end of a line, such as an image policy marker, stays with its key.
            let beside = comments.beside.clone().or_else(|| kept.beside.take());
            *kept = comments;
            kept.beside = beside;
        }
    }
}

fn merge(
    base: &mut Map<String, Value>,
    over: Map<String, Value>,
    path: &mut Vec<Step>,
    replaced: &mut Vec<Vec<Step>>,
) {
    for (key, value) in over {
        path.push(Step::Key(key.clone()));
        match (base.get_mut(&key), value) {
            (Some(Value::Object(base)), Value::Object(over)) => merge(base, over, path, replaced),
            (Some(base), value) => {
                replaced.push(path.clone());
                *base = value;
            }
            (None, value) => {
                base.insert(key, value);
            }
        }
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(text: &str) -> Values {
        let Value::Object(values) = edgeflux_yaml::document(text).unwrap() else { panic!("no map: {text}") };
        Values { values, comments: comments::read(text).unwrap() }
    }

    #[test]
    fn maps_are_merged_and_anything_else_is_replaced() {
        let mut base = values("a: {b: 1, c: [1, 2]}\nd: {e: 1}\nf: 1\n");
        base.merge(values("a: {c: [3]}\nd: null\nf: {g: 1}\nh: 1\n"));
        let merged = json!({"a": {"b": 1, "c": [3]}, "d": null, "f": {"g": 1}, "h": 1});
        assert_eq!(base.to_value(), merged);
    }

    #[test]
    fn comments_go_with_their_values() {
        let mut base =
            values("image:\n  tag: v1 # {\"$imagepolicy\": \"a:b\"}\n# gone\nlist:\n# inside\n- 1\n");
        base.merge(values("image:\n  tag: v2\n# the list\nlist: [2]\n"));
        let release = json!({"spec": {"values": base.to_value()}});
        let expected = "\
spec:
  values:
    image:
      tag: v2 # {\"$imagepolicy\": \"a:b\"}
    # the list
    list:
    - 2
";
        assert_eq!(document(&release, Some(&base)), expected);
    }
}
