//! A cluster, files and an environment, and the commands that run there.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Cursor, Write};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::api::Api;
use super::fixtures;
use crate::clock::Clock;
use crate::context::Environment;
use crate::manifests::distribution::VERSION;
use crate::output::{Input, Streams, Ui};

/// Surroundings of a command: objects of a cluster, files, environment variables and standard input.
pub struct Scene {
    api: Option<Api>,
    directory: TempDir,
    variables: Vec<(OsString, OsString)>,
    input: String,
    columns: Option<usize>,
}

impl Scene {
    /// A cluster without objects and an empty directory. The time is 2026-01-01T00:00:00Z.
    pub fn new() -> Self {
        let scene = Scene { api: Some(Api::start()), ..Scene::offline() };
        let server = scene.api.as_ref().map(Api::url).unwrap_or_default();
        let kubeconfig = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": ""}}],
            "clusters": [{"name": "test", "cluster": {"server": server}}],
        });
        scene.file("kubeconfig", &kubeconfig.to_string()).variable("KUBECONFIG", "[dir]/kubeconfig")
    }

    /// A cluster with Flux and at least one object of every kind, and an empty directory.
    pub fn with_flux() -> Self {
        let objects = fixtures::installation().into_iter().chain(fixtures::objects());
        objects.fold(Scene::new(), |scene, object| scene.object(&object))
    }

    /// A cluster with Flux and flux-operator, and at least one object of every kind of both.
    pub fn with_operator() -> Self {
        fixtures::operator().into_iter().fold(Scene::with_flux(), |scene, object| scene.object(&object))
    }

    /// No cluster, and an empty directory.
    pub fn offline() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let home = directory.path().join("home");
        let scene =
            Scene { api: None, directory, variables: Vec::new(), input: String::new(), columns: None };
        scene.variable("HOME", &home.to_string_lossy()).variable("TZ", "UTC")
    }

    /// Adds an object to the cluster.
    pub fn object(self, object: &Value) -> Self {
        self.api.as_ref().expect("a scene with a cluster").insert(object.clone());
        self
    }

    /// Adds a file below the directory.
    pub fn file(self, path: &str, text: &str) -> Self {
        let path = self.directory.path().join(path);
        fs::create_dir_all(path.parent().expect("a path below the directory")).expect("a directory");
        fs::write(path, text).expect("a file");
        self
    }

    /// The text of a file below the directory.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.directory.path().join(path)).expect("a file")
    }

    /// Sets an environment variable. `[dir]` in the value stands for the directory.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        let value = self.with_directory(value);
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Sets the standard input.
    pub fn input(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    /// Gives the terminal a width. Without this, stdout is no terminal.
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = Some(columns);
        self
    }

    /// Runs a command line, split at spaces. `[dir]` stands for the directory, also in the output.
    pub fn run(&self, line: &str) -> Outcome {
        let line = self.with_directory(line);
        let (out, err) = (Buffer::default(), Buffer::default());
        let streams = Streams {
            out: Box::new(out.clone()),
            err: Box::new(err.clone()),
            terminal: false,
            columns: self.columns,
            colors: false,
            size: || None,
        };
        let ui = Ui::new(streams, Input::of(Cursor::new(self.input.clone())));
        let environment: Environment = self.variables.iter().cloned().collect();
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let code = crate::run_with(line.split(' ').map(OsString::from), environment, Clock::fixed(now), ui);
        Outcome { code, stdout: self.masked(&out.text()), stderr: self.masked(&err.text()) }
    }

    /// An object of the cluster as it is now; null if there is none.
    pub fn live(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Value {
        let wanted = json!({
            "apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace},
        });
        self.api.as_ref().map(|api| api.get(&wanted)).unwrap_or_default()
    }

    fn with_directory(&self, text: &str) -> String {
        text.replace("[dir]", &self.directory.path().to_string_lossy())
    }

    /// Replaces what differs from run to run, or changes with every release.
    fn masked(&self, text: &str) -> String {
        let directory = self.directory.path();
        let mut text = text.replace(&*directory.to_string_lossy(), "[dir]");
        if let Ok(real) = directory.canonicalize() {
            text = text.replace(&*real.to_string_lossy(), "[dir]");
        }
        let text = text.replace(VERSION, "[version]");
        match &self.api {
            Some(api) => text.replace(&api.url(), "[server]"),
            None => text,
        }
    }
}

/// Output and exit code of a command.
#[derive(Debug)]
pub struct Outcome {
    /// Exit code.
    pub code: u8,
    /// Everything on standard output.
    pub stdout: String,
    /// Everything on standard error.
    pub stderr: String,
}

impl fmt::Display for Outcome {
    /// Shows stdout, then `[stderr]` and the exit code unless empty or 0. Tabs and spaces at the end of a line are
    /// visible: `→` and `␠`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible(&self.stdout))?;
        if !self.stderr.is_empty() {
            write!(f, "[stderr]\n{}", visible(&self.stderr))?;
        }
        if self.code != 0 {
            writeln!(f, "[exit code {}]", self.code)?;
        }
        Ok(())
    }
}

fn visible(text: &str) -> String {
    text.replace(" \n", "␠\n").replace('\t', "→")
}

/// A buffer that the output and the test share.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
