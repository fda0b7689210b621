//! `helm template`, as far as cases use it.

use std::path::Path;

use edgeflux_helm::chart::{Chart, FileSystem, MemoryFs, read_values};
use edgeflux_helm::functions::{self, Context};
use edgeflux_helm::release::{KubeVersion, Options, Shown, render};
use edgeflux_helm::template::{Map, Value};
use edgeflux_helm::values;
use edgeflux_helm::{Error, SchemaCheck};

use super::case::Case;

/// Values that arguments set, in the order in which Helm applies them.
const SETTERS: [&str; 6] = ["-f", "--set-json", "--set", "--set-string", "--set-file", "--set-literal"];

pub fn run(case: &Case) -> Result<String, String> {
    let fs = case.file_system();
    let mut options = Options::new("name", "space");
    let mut shown = Shown::default();
    let mut sets: Vec<(usize, &str)> = Vec::new();
    let mut arguments = case.arguments.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument {
            "--skip-schema-validation" => options.schema_check = SchemaCheck::Off,
            "--include-crds" => shown.crds = true,
            "--skip-tests" => shown.skip_tests = true,
            "--no-hooks" => shown.no_hooks = true,
            "--is-upgrade" => options.is_upgrade = true,
            "--show-only" => shown.only.push(value().to_owned()),
            "--namespace" => value().clone_into(&mut options.namespace),
            "--kube-version" => {
                options.capabilities.kube_version =
                    KubeVersion::parse(value()).map_err(|it| it.to_string())?;
            }
            "--api-versions" => {
                options.capabilities.api_versions.extend(value().split(',').map(str::to_owned));
            }
            other => {
                let setter = SETTERS.iter().position(|it| *it == other).expect("an argument that is known");
                sets.push((setter, value()));
            }
        }
    }
    let values = Value::from(&serde_json::json!({}));
    let Value::Map(values) = values else { unreachable!() };
    sets.sort_by_key(|(setter, _)| *setter);
    for (setter, text) in sets {
        set(&fs, SETTERS[setter], text, &values)
            .map_err(|error| format!("failed parsing {} data: {error}", SETTERS[setter]))?;
    }
    let rendered = Chart::load(&fs, Path::new("/chart")).and_then(|chart| {
        chart.check_installable()?;
        render(&chart, &values, &options, functions::all(Context::default()), None)?.text(&shown)
    });
    rendered.map_err(|error| error.to_string().replace("/chart: ", ""))
}

fn set(fs: &MemoryFs, setter: &str, text: &str, into: &Map) -> Result<(), Error> {
    let read = |path: &str| {
        let path = Path::new("/chart").join(path);
        let data = fs.read(&path, 1 << 20).map_err(|error| Error::new(error.to_string()))?;
        Ok::<_, Error>(String::from_utf8_lossy(&data).into_owned())
    };
    match setter {
        "--set" => values::set(text, into),
        "--set-string" => values::set_string(text, into),
        "--set-json" => values::set_json(text, into),
        "--set-literal" => values::set_literal(text, into),
        "--set-file" => values::set_file(text, into, &mut |path| read(path)),
        _ => {
            let map = Value::from(&serde_json::Value::from(read_values(&read(text)?)?));
            if let Value::Map(map) = map {
                values::merge_maps(into, &map);
            }
            Ok(())
        }
    }
}
