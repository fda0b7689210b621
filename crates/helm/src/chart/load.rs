//! Charts from their files.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::budget::{Budget, check_depth};
use super::metadata::Lock;
use super::{Chart, File, archive};
use crate::error::Error;

/// Makes a chart that is in no other one.
pub(super) fn root(files: Vec<File>, budget: &mut Budget) -> Result<Chart, Error> {
    let Some(file) = files.iter().rfind(|file| file.name == "Chart.yaml") else {
        return Err(Error::new("Chart.yaml file is missing"));
    };
    let document = yaml(file)?;
    let version = super::Fields::of(&document).ok().and_then(|fields| fields.get("apiVersion"));
    if !version.is_none_or(|version| matches!(version.as_str(), Some("" | "v1" | "v2"))) {
        return Err(Error::new(format!(
            "Chart.yaml: unsupported chart version {}",
            version.unwrap_or(&Value::Null)
        )));
    }
    chart(files, budget, 0)
}

fn chart(files: Vec<File>, budget: &mut Budget, depth: usize) -> Result<Chart, Error> {
    check_depth(depth)?;
    let mut chart = Chart::default();
    let mut has_metadata = false;
    for file in files.iter().filter(|file| file.name == "Chart.yaml") {
        has_metadata = true;
        update_metadata(&mut chart, file)?;
        if chart.metadata.api_version.is_empty() {
            "v1".clone_into(&mut chart.metadata.api_version);
        }
    }
    let mut subcharts: BTreeMap<String, Vec<File>> = BTreeMap::new();
    for file in files {
        match file.name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => chart.lock = Some(lock(&file)?),
            "values.yaml" => {
                let text = text(&file)?;
                chart.values =
                    read_values(&text).map_err(|error| error.context("cannot load values.yaml"))?;
            }
            "values.schema.json" => chart.schema = Some(file.data.into()),
            "requirements.yaml" => {
                has_metadata = true;
                if chart.metadata.api_version != "v1" {
                    chart.warnings.push(
                        "Dependencies are handled in Chart.yaml since apiVersion \"v2\"; move them there from \
                         requirements.yaml"
                            .to_owned(),
                    );
                }
                update_metadata(&mut chart, &file)?;
                if chart.metadata.api_version == "v1" {
                    chart.files.push(file);
                }
            }
            "requirements.lock" => {
                chart.lock = Some(lock(&file)?);
                if chart.metadata.api_version == "v1" {
                    chart.files.push(file);
                }
            }
            name if name.starts_with("templates/") => chart.templates.push(file),
            name => match name.strip_prefix("charts/") {
                Some(rest) if extension(name) != ".prov" => {
                    let top = rest.split('/').next().unwrap_or_default().to_owned();
                    let file = File { name: rest.to_owned(), data: file.data };
                    subcharts.entry(top).or_default().push(file);
                }
                _ => chart.files.push(file),
            },
        }
    }
    if !has_metadata {
        return Err(Error::new("Chart.yaml file is missing"));
    }
    chart.metadata.validate()?;
    for (name, files) in subcharts {
        if name.starts_with(['_', '.']) {
            continue;
        }
        let subchart = subchart(&name, files, budget, depth)
            .map_err(|error| error.context(format!("error unpacking subchart {name} in {}", chart.name())))?;
        chart.dependencies.push(subchart);
    }
    Ok(chart)
}

fn subchart(name: &str, files: Vec<File>, budget: &mut Budget, depth: usize) -> Result<Chart, Error> {
    if extension(name) == ".tgz" {
        return match files.first() {
            Some(file) if file.name == name => {
                let files = archive::files(&file.data, budget)?;
                chart(files, budget, depth + 1)
            }
            _ => Err(Error::new(format!("expected an archive, found a directory: {name}"))),
        };
    }
    let below = |file: File| {
        let name = file.name.split_once('/')?.1.to_owned();
        Some(File { name, data: file.data })
    };
    chart(files.into_iter().filter_map(below).collect(), budget, depth + 1)
}

/// What follows the last dot of the last part of a path, with the dot.
pub(super) fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rfind('.').map_or("", |at| &name[at..])
}

fn text(file: &File) -> Result<std::borrow::Cow<'_, str>, Error> {
    edgeflux_yaml::decode(&file.data)
        .map_err(|error| Error::new(format!("cannot load {}: {error}", file.name)))
}

fn yaml(file: &File) -> Result<Value, Error> {
    crate::yaml::read(&text(file)?).map_err(|error| error.context(format!("cannot load {}", file.name)))
}

fn update_metadata(chart: &mut Chart, file: &File) -> Result<(), Error> {
    let document = yaml(file)?;
    chart.metadata.update(&document).map_err(|error| error.context(format!("cannot load {}", file.name)))
}

fn lock(file: &File) -> Result<Lock, Error> {
    let document = yaml(file)?;
    Lock::decode(&document).map_err(|error| error.context(format!("cannot load {}", file.name)))
}

/// Reads a file with values, as `helm -f` does: the maps of several documents are merged.
pub fn read_values(text: &str) -> Result<Map<String, Value>, Error> {
    let mut values = Map::new();
    for document in documents(text)? {
        match crate::yaml::read(&document)? {
            Value::Null => {}
            Value::Object(map) => merge(&mut values, map),
            _ => return Err(Error::new("expected a map")),
        }
    }
    Ok(values)
}

/// Takes over values; maps are merged.
fn merge(values: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (values.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                values.insert(key, value);
            }
        }
    }
}

/// Splits a text at its `---` lines.
fn documents(text: &str) -> Result<Vec<String>, Error> {
    let mut documents = Vec::new();
    let mut document = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("---") {
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                return Err(Error::new(format!("invalid Yaml document separator: {rest}")));
            }
            if !document.is_empty() {
                documents.push(std::mem::take(&mut document));
                continue;
            }
        }
        document.push_str(line);
        document.push('\n');
    }
    if !document.is_empty() {
        documents.push(document);
    }
    Ok(documents)
}
