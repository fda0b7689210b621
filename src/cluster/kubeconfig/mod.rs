//! Kubeconfig files, read as client-go does: several files are merged, the first definition of a name and of the current
//! context wins, and only the entries that are used are checked.

mod check;
mod entries;
mod fields;
mod resolve;
mod service_account;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Value;

pub use entries::{ClusterEntry, ExecEntry, UserEntry};
pub use resolve::Resolved;

use self::fields::{Fields, File, Step};
use super::Options;
use crate::error::{Error, ErrorKind, Result};

/// Path to which K3s writes its kubeconfig.
const K3S: &str = "/etc/rancher/k3s/k3s.yaml";

/// Resolves the cluster and user by flags, environment and kubeconfig files.
///
/// # Errors
/// There is no kubeconfig, it cannot be read, or its entries are missing, incomplete or contradictory.
pub fn resolve(options: &Options) -> Result<Resolved> {
    let resolved = resolve_unchecked(options)?;
    resolved.check()?;
    Ok(resolved)
}

/// Resolves the cluster and user as [`resolve`] does. Their entries may be incomplete or contradictory.
pub fn resolve_unchecked(options: &Options) -> Result<Resolved> {
    let (kubeconfig, missing) = load(options)?;
    if let Some(kubeconfig) = kubeconfig.as_ref().filter(|kubeconfig| kubeconfig.selects(options)) {
        return resolve::resolve(kubeconfig, options);
    }
    if options.server.is_some() {
        return resolve::resolve(&Kubeconfig::default(), options);
    }
    if kubeconfig.is_none() && options.selects() {
        return Err(none_found(&missing));
    }
    if let Some(resolved) = service_account::resolve(options)? {
        return Ok(resolved);
    }
    if options.kubernetes_master.is_some() {
        return resolve::resolve(&Kubeconfig::default(), options);
    }
    match kubeconfig {
        Some(kubeconfig) => Err(kubeconfig.no_context()),
        None => Err(none_found(&missing)),
    }
}

/// Returns the namespace of the context or, in a Pod without a kubeconfig, of the Pod.
pub fn context_namespace(options: &Options) -> Option<String> {
    let (kubeconfig, _) = load(options).ok()?;
    match kubeconfig.filter(|kubeconfig| kubeconfig.selects(options)) {
        Some(kubeconfig) => kubeconfig.namespace(options),
        None if options.selects() || options.server.is_some() => None,
        None => service_account::namespace(options),
    }
}

/// Returns the names of all contexts.
pub fn context_names(options: &Options) -> Vec<String> {
    let loaded = load(options).ok().and_then(|(kubeconfig, _)| kubeconfig);
    loaded.map(|kubeconfig| kubeconfig.contexts.into_keys().collect()).unwrap_or_default()
}

/// Merged kubeconfig files.
#[derive(Default)]
struct Kubeconfig {
    current_context: Option<String>,
    contexts: BTreeMap<String, Entry>,
    clusters: BTreeMap<String, Entry>,
    users: BTreeMap<String, Entry>,
    files: Vec<PathBuf>,
}

/// An entry of a list, not decoded yet.
struct Entry {
    file: Rc<File>,
    path: Vec<Step>,
    /// Value of `cluster`, `user` or `context`.
    value: Value,
    /// Whether another entry in the same file has the same name.
    duplicate: bool,
}

impl Entry {
    fn fields(&self) -> Result<Fields<'_>> {
        Fields::new(&self.value, &self.file, self.path.clone())
    }
}

impl Kubeconfig {
    /// Whether the files or flags select a cluster.
    fn selects(&self, options: &Options) -> bool {
        self.current_context.is_some() || options.selects()
    }

    fn namespace(&self, options: &Options) -> Option<String> {
        let name = options.context.as_ref().or(self.current_context.as_ref())?;
        self.contexts.get(name)?.fields().ok()?.text("namespace").ok()?
    }

    /// Returns the error for files without a current context.
    fn no_context(&self) -> Error {
        let files: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
        let error =
            Error::usage(format!("no current context is set in the kubeconfig {}", files.join(" or ")));
        if self.contexts.is_empty() {
            return error.hint("it has no contexts: use another kubeconfig with --kubeconfig");
        }
        error.hint(format!("choose one with --context: {}", listed(self.contexts.keys())))
    }

    fn add(&mut self, file: File) -> Result<()> {
        let file = Rc::new(file);
        let value = parse(&file)?;
        let top = Fields::new(&value, &file, Vec::new())?;
        if let Some(kind) = top.text("kind")?.filter(|kind| kind != "Config") {
            return Err(top.wrong(Some("kind"), &format!("is {kind}: this is not a kubeconfig")));
        }
        if let Some(version) = top.text("apiVersion")?.filter(|version| version != "v1") {
            return Err(top.wrong(Some("apiVersion"), &format!("is {version}: a kubeconfig has v1")));
        }
        let current_context = top.text("current-context")?;
        for (list, field) in [("contexts", "context"), ("clusters", "cluster"), ("users", "user")] {
            let mut found: BTreeMap<String, Entry> = BTreeMap::new();
            for (index, entry) in top.list(list)?.iter().enumerate() {
                // An entry without a name cannot be selected.
                let Some(name) = entry.get("name").and_then(Value::as_str) else { continue };
                let mut path = top.entry(list, index);
                path.push(Step::Key(field.to_owned()));
                let value = entry.get(field).cloned().unwrap_or_default();
                let entry = Entry { file: Rc::clone(&file), path, value, duplicate: false };
                found.entry(name.to_owned()).and_modify(|first| first.duplicate = true).or_insert(entry);
            }
            let all = match list {
                "contexts" => &mut self.contexts,
                "clusters" => &mut self.clusters,
                _ => &mut self.users,
            };
            for (name, entry) in found {
                all.entry(name).or_insert(entry);
            }
        }
        self.current_context = self.current_context.take().or(current_context);
        self.files.push(file.path.clone());
        Ok(())
    }
}

/// Joins names for a message.
fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    const MOST: usize = 10;
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    if names.len() > MOST {
        names.truncate(MOST);
        names.push("…");
    }
    names.join(", ")
}

/// Reads the files that flags and environment name, or those at the default paths. Also returns the files of `KUBECONFIG`
/// that do not exist.
fn load(options: &Options) -> Result<(Option<Kubeconfig>, Vec<PathBuf>)> {
    if let Some(path) = options.kubeconfig.as_ref().filter(|path| !path.as_os_str().is_empty()) {
        let Some(file) = read(path)? else {
            return Err(Error::not_found(format!("stat {}: no such file or directory", path.display()))
                .hint("use an existing file with --kubeconfig"));
        };
        let mut kubeconfig = Kubeconfig::default();
        kubeconfig.add(file)?;
        return Ok((Some(kubeconfig), Vec::new()));
    }
    let named: Vec<&PathBuf> =
        options.environment.iter().filter(|path| !path.as_os_str().is_empty()).collect();
    let home = options.home.as_ref().map(|home| home.join(".kube/config"));
    let default_paths = options.environment.is_empty();
    let paths = if default_paths { home.iter().collect() } else { named };
    let mut kubeconfig: Option<Kubeconfig> = None;
    let mut missing = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        if paths[..index].contains(path) {
            continue;
        }
        match read(path)? {
            Some(file) => kubeconfig.get_or_insert_default().add(file)?,
            None => missing.push((*path).clone()),
        }
    }
    if default_paths {
        missing.clear();
        let in_pod = service_account::exists(options) && !options.selects();
        if kubeconfig.is_none()
            && !in_pod
            && options.server.is_none()
            && let Some(file) = read(Path::new(K3S))?
        {
            kubeconfig.get_or_insert_default().add(file)?;
        }
    }
    Ok((kubeconfig, missing))
}

/// Returns the error for a missing kubeconfig. `missing` are the files that `KUBECONFIG` names.
fn none_found(missing: &[PathBuf]) -> Error {
    if missing.is_empty() {
        return Error::usage("no kubeconfig found")
            .hint("set --kubeconfig or the variable KUBECONFIG, or create ~/.kube/config");
    }
    // Using another cluster instead would be worse than failing.
    let files: Vec<String> = missing.iter().map(|path| path.display().to_string()).collect();
    Error::not_found(format!("no such file in KUBECONFIG: {}", files.join(" and ")))
        .hint("fix or unset the variable, or use --kubeconfig")
}

/// Reads a file once, since it may be a pipe. Returns none if it does not exist.
fn read(path: &Path) -> Result<Option<File>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return unreadable(path, &error),
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = String::from_utf8_lossy(&error.as_bytes()[..valid]).matches('\n').count() + 1;
        Error::usage(format!("kubeconfig {}: line {line}: not UTF-8", path.display()))
            .hint("fix the file, or use another one with --kubeconfig")
    })?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok(Some(File { path: path.to_owned(), text }))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Result<Option<File>> {
    let shown = path.display();
    let error = match error.kind() {
        std::io::ErrorKind::NotFound => return Ok(None),
        std::io::ErrorKind::PermissionDenied => {
            let error = Error::new(
                ErrorKind::Forbidden,
                format!("the kubeconfig {shown} cannot be read: permission denied"),
            );
            if path == Path::new(K3S) {
                error
                    .hint("copy it: mkdir -p ~/.kube && (umask 077; sudo cat /etc/rancher/k3s/k3s.yaml > ~/.kube/config)")
                    .hint("or run this command as root (sudo), or start K3s with --write-kubeconfig-mode \
                        644, which lets all users of this machine read it")
            } else {
                error.hint("make it readable, or use another one with --kubeconfig")
            }
        }
        std::io::ErrorKind::IsADirectory => Error::usage(format!("the kubeconfig {shown} is a directory"))
            .hint("use a file in it with --kubeconfig"),
        _ => Error::failed(format!("the kubeconfig {shown} cannot be read: {error}"))
            .hint("use another one with --kubeconfig"),
    };
    Err(error)
}

/// Parses the first document of a file, as client-go does.
fn parse(file: &File) -> Result<Value> {
    // JSON may be indented with tabs.
    if file.text.trim_start().starts_with('{')
        && let Ok(value) = serde_json::from_str(&file.text)
    {
        return Ok(value);
    }
    let documents = edgeflux_yaml::documents(&file.text).map_err(|error| {
        Error::usage(format!("kubeconfig {}: {error}", file.path.display()))
            .hint("fix the file, or use another one with --kubeconfig")
    })?;
    let value = documents.into_iter().next().unwrap_or_default();
    match value {
        Value::Object(_) | Value::Null => Ok(value),
        _ => {
            Err(Error::usage(format!("kubeconfig {}: line 1: this is not a kubeconfig", file.path.display()))
                .hint("use a kubeconfig file with --kubeconfig"))
        }
    }
}
