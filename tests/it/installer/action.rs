//! `action.yml`: its steps run in bash as on a runner, against a release on loopback.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::release::{NEW, OLD, Release};
use crate::support::sources::root;

/// A `flux` whose version is that of edgeflux and which writes down the plugins that it installs.
fn flux(version: &str) -> Vec<u8> {
    format!(
        "#!/bin/sh\ncase $1 in\n--version) echo 'flux version 2.9.6+edgeflux.{version}' ;;\n\
         plugin) [ \"$2 $3\" != 'install broken' ] && echo \"$3\" >> \"$FLUXCD_PLUGINS/installed\" ;;\nesac\n"
    )
    .into_bytes()
}

/// A runner of GitHub Actions.
struct Runner {
    home: TempDir,
    release: Release,
    system: &'static str,
}

/// What a job sees behind the action.
#[derive(Debug, Default)]
struct Job {
    outputs: BTreeMap<String, String>,
    path: Vec<String>,
    environment: BTreeMap<String, String>,
    /// The key and the path of the cache.
    cache: Option<(String, String)>,
    log: String,
}

impl Runner {
    fn new(system: &'static str) -> Self {
        let release = Release::serve();
        for version in [OLD, NEW] {
            release.publish(version, &flux(version));
        }
        let home = TempDir::new().unwrap();
        // A runner is not root; root's record of installations would go to this system's directories.
        let id = home.path().join("id");
        fs::write(&id, "#!/bin/sh\necho 1001\n").unwrap();
        fs::set_permissions(&id, fs::Permissions::from_mode(0o755)).unwrap();
        Self { home, release, system }
    }

    fn tools(&self) -> PathBuf {
        self.home.path().join("tools")
    }

    /// Runs the action with these inputs. The error is the log until the step that failed.
    fn run(&self, given: &[(&str, &str)]) -> Result<Job, String> {
        let text = fs::read_to_string(root().join("action.yml")).unwrap();
        let action = edgeflux_yaml::document(&text).unwrap();
        assert_eq!(action["runs"]["using"], "composite");
        let mut values = BTreeMap::from([
            ("runner.os".to_owned(), self.system.to_owned()),
            ("runner.arch".to_owned(), "X64".to_owned()),
            ("github.action_path".to_owned(), root().display().to_string()),
        ]);
        for (name, input) in action["inputs"].as_object().unwrap() {
            let default = input["default"].as_str().unwrap_or_default();
            let value = given.iter().find(|(it, _)| it == name).map_or(default, |(_, value)| value);
            values.insert(format!("inputs.{name}"), value.to_owned());
        }
        let mut job = Job::default();
        for step in action["runs"]["steps"].as_array().unwrap() {
            if step["if"].as_str().is_some_and(|it| !holds(it, &values)) {
                continue;
            }
            if let Some(uses) = step["uses"].as_str() {
                assert!(uses.starts_with("actions/cache@v"), "{uses}");
                let [key, path] =
                    ["key", "path"].map(|it| expand(step["with"][it].as_str().unwrap(), &values));
                job.cache = Some((key, path));
                continue;
            }
            self.step(step, &mut values, &mut job)?;
        }
        for (name, output) in action["outputs"].as_object().unwrap() {
            job.outputs.insert(name.clone(), expand(output["value"].as_str().unwrap(), &values));
        }
        Ok(job)
    }

    fn step(&self, step: &Value, values: &mut BTreeMap<String, String>, job: &mut Job) -> Result<(), String> {
        assert_eq!(step["shell"], "bash");
        let run = step["run"].as_str().unwrap();
        assert!(!run.contains("${{"), "an input in a script may run anything: {run}");
        let file = |name: &str| {
            let path = self.home.path().join(name);
            fs::write(&path, "").unwrap();
            path
        };
        let [script, output, path, environment] = ["script.sh", "output", "path", "environment"].map(file);
        fs::write(&script, run).unwrap();
        let mut places = job.path.clone();
        places.reverse();
        places.push(format!("{}:/usr/local/bin:/usr/bin:/bin", self.home.path().display()));
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(&script)
            .env_clear()
            .env("PATH", places.join(":"))
            .env("HOME", self.home.path())
            .env("RUNNER_OS", self.system)
            .env("RUNNER_ARCH", "X64")
            .env("RUNNER_TOOL_CACHE", self.tools())
            .env("GITHUB_OUTPUT", &output)
            .env("GITHUB_PATH", &path)
            .env("GITHUB_ENV", &environment)
            .env("EDGEFLUX_BASE_URL", self.release.url())
            .envs(&job.environment);
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            command.env(name, expand(value.as_str().unwrap(), values));
        }
        let done = command.output().unwrap();
        job.log.push_str(&String::from_utf8_lossy(&done.stdout));
        job.log.push_str(&String::from_utf8_lossy(&done.stderr));
        if !done.status.success() {
            return Err(job.log.clone());
        }
        let id = step["id"].as_str().unwrap_or_default();
        for (name, value) in pairs(&output) {
            values.insert(format!("steps.{id}.outputs.{name}"), value);
        }
        job.path.extend(fs::read_to_string(path).unwrap().lines().map(ToOwned::to_owned));
        job.environment.extend(pairs(&environment));
        Ok(())
    }
}

fn pairs(file: &PathBuf) -> Vec<(String, String)> {
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .map(|it| it.split_once('=').unwrap())
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

/// Whether a condition as `inputs.cache == 'true' && inputs.checksum == ''` holds.
fn holds(condition: &str, values: &BTreeMap<String, String>) -> bool {
    condition.split(" && ").all(|part| match part.split(' ').collect::<Vec<_>>()[..] {
        [name, "==", value] => values[name] == value.trim_matches('\''),
        [name, "!=", value] => values[name] != value.trim_matches('\''),
        _ => panic!("a condition of another form: {condition}"),
    })
}

/// Replaces `${{ name }}`; what no step has set is empty.
fn expand(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut parts = text.split("${{");
    let mut expanded = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap();
        let name = name.trim();
        assert!(values.contains_key(name) || name.starts_with("steps."), "unknown: {name}");
        expanded.push_str(values.get(name).map_or("", String::as_str));
        expanded.push_str(rest);
    }
    expanded
}

#[test]
fn the_newest_release_is_installed_on_linux_and_macos() {
    for system in ["Linux", "macOS"] {
        let runner = Runner::new(system);
        let job = runner.run(&[]).unwrap();
        let directory = runner.tools().join(format!("edgeflux/{NEW}/{system}/X64"));
        assert_eq!(job.path, [directory.display().to_string()]);
        assert_eq!(job.outputs["version"], NEW);
        assert!(job.log.contains("flux version 2.9.6+edgeflux.9.8.7"), "{}", job.log);
        let (key, path) = job.cache.unwrap();
        assert_eq!(key, format!("edgeflux-{NEW}-{system}-X64"));
        assert_eq!(path, directory.join("flux").display().to_string());
    }
}

#[test]
fn a_binary_from_the_cache_is_used() {
    let runner = Runner::new("Linux");
    runner.run(&[("version", "v9.8.6")]).unwrap();
    runner.release.asked();
    let job = runner.run(&[("version", "9.8.6"), ("cache", "false")]).unwrap();
    assert!(job.log.contains("found flux version 2.9.6+edgeflux.9.8.6"), "{}", job.log);
    assert!(job.cache.is_none());
    assert_eq!(runner.release.asked(), [""; 0]);
}

#[test]
fn a_given_directory_gets_the_binary_in_place_of_another_version() {
    let runner = Runner::new("Linux");
    let directory = runner.home.path().join("my programs");
    for version in [OLD, NEW] {
        let job = runner.run(&[("bindir", directory.to_str().unwrap()), ("version", version)]).unwrap();
        assert_eq!(job.path, [directory.display().to_string()]);
        assert!(job.log.contains(&format!("flux version 2.9.6+edgeflux.{version}")), "{}", job.log);
    }
}

#[test]
fn the_inputs_of_fluxs_action_are_taken() {
    let runner = Runner::new("Linux");
    let job = runner
        .run(&[
            ("version", "2.9.4"),
            ("arch", "amd64"),
            ("token", "secret"),
            ("plugins", " operator@0.45.0\n\nmirror\n"),
        ])
        .unwrap();
    assert!(job.log.contains("::warning title=edgeflux::2.9.4 is a version of Flux"), "{}", job.log);
    assert_eq!(job.outputs["version"], NEW);
    let directory = &job.outputs["plugin-dir"];
    assert_eq!(job.environment["FLUXCD_PLUGINS"], *directory);
    let installed = fs::read_to_string(PathBuf::from(directory).join("installed")).unwrap();
    assert_eq!(installed, "operator@0.45.0\nmirror\n");
    let said = runner.run(&[("plugins", "broken\nmirror")]).unwrap_err();
    assert!(said.contains("flux version"), "{said}");
}

#[test]
fn failures_say_what_to_do() {
    let runner = Runner::new("Windows");
    assert!(runner.run(&[]).unwrap_err().contains("there is no build for Windows"));
    let runner = Runner::new("Linux");
    let said = runner.run(&[("version", "1.0.0")]).unwrap_err();
    assert!(said.contains("that version 1.0.0 exists"), "{said}");
    runner.run(&[]).unwrap();
    let said = runner.run(&[("checksum", &"0".repeat(64))]).unwrap_err();
    assert!(said.contains("the checksum of edgeflux_9.8.7_linux_amd64.tar.gz is"), "{said}");
    // Nothing of an input is run.
    let said = runner.run(&[("version", "$(touch /tmp/edgeflux-injected)")]).unwrap_err();
    assert!(said.contains("invalid version"), "{said}");
}
