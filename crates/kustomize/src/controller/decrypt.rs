//! What is encrypted in a folder and among its objects, decrypted where the controller decrypts: the files that
//! `secretGenerator` and `patches` name before the build, objects and the data of Secrets after it.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::fs::{Entry, FileSystem, MemoryFs};
use crate::kustomization::{FILE_NAMES, Kustomization};
use crate::node::Node;
use crate::resource::Resource;

/// The annotation that keeps an object from being decrypted.
const DECRYPT: &str = "kustomize.toolkit.fluxcd.io/decrypt";

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use<'a> {
    /// Data of a generated Secret, under the name.
    Data(&'a str),
    /// Variables of a generated Secret, in a file of the name.
    Variables(&'a str),
    /// A patch, in a file of the name.
    Patch(&'a str),
    /// Objects, which are decrypted after the build: only their integrity is asked.
    Objects,
}

/// What is clear now, or whether it was encrypted at all.
#[derive(Debug)]
pub struct Clear {
    /// The content; none where it was not encrypted, or was only looked at.
    pub content: Option<Vec<u8>>,
    /// What should be known about it.
    pub warning: Option<String>,
}

/// Decrypts files, objects and values. Errors are messages without values and keys.
pub trait Decrypt: fmt::Debug + Send + Sync {
    /// A file.
    fn file(&self, content: &[u8], usage: Use<'_>) -> std::result::Result<Clear, String>;

    /// An object with a field `sops`, which goes.
    fn object(&self, object: &Value) -> std::result::Result<Value, String>;

    /// A value of a Secret under the name; none where it is not encrypted.
    fn value(&self, content: &[u8], name: &str) -> std::result::Result<Option<Vec<u8>>, String>;
}

/// The file system with the sources of the kustomization clear, and those of the ones below it.
pub(super) fn sources<'a>(
    fs: &'a dyn FileSystem,
    folder: &Path,
    kustomization: &Kustomization,
    decrypt: &dyn Decrypt,
    warnings: &mut Vec<String>,
) -> Result<MemoryFs<'a>> {
    let mut sources = Sources {
        fs,
        base: folder,
        decrypt,
        clear: MemoryFs::above(fs),
        seen: BTreeSet::from([folder.to_path_buf()]),
        done: BTreeSet::new(),
        warnings,
    };
    sources.kustomization(folder, kustomization)?;
    Ok(sources.clear)
}

struct Sources<'a, 'w> {
    fs: &'a dyn FileSystem,
    base: &'w Path,
    decrypt: &'w dyn Decrypt,
    clear: MemoryFs<'a>,
    /// Folders that have been looked at.
    seen: BTreeSet<PathBuf>,
    /// Files that have been looked at.
    done: BTreeSet<PathBuf>,
    warnings: &'w mut Vec<String>,
}

impl Sources<'_, '_> {
    /// What cannot be read is left to the build, which says more about it.
    fn kustomization(&mut self, folder: &Path, kustomization: &Kustomization) -> Result<()> {
        for args in &kustomization.secret_generator {
            for source in &args.files {
                let (key, path) = source.split_once('=').unwrap_or((source, source));
                self.file(folder, path, Use::Data(key))?;
            }
            for path in &args.envs {
                self.file(folder, path, Use::Variables(path))?;
            }
        }
        for patch in kustomization.patches.iter().filter(|patch| !patch.path.is_empty()) {
            self.file(folder, &patch.path, Use::Patch(&patch.path))?;
        }
        for path in kustomization.resources.iter().chain(&kustomization.components) {
            let Ok((real, entry)) = self.fs.resolve(&folder.join(path)) else { continue };
            if entry == Entry::File {
                self.file(folder, path, Use::Objects)?;
                continue;
            }
            if !self.seen.insert(real.clone()) {
                continue;
            }
            let below = FILE_NAMES.iter().find_map(|name| {
                let (file, _) = self.fs.resolve(&real.join(name)).ok()?;
                let text = String::from_utf8(self.fs.read(&file).ok()?).ok()?;
                Kustomization::read_leniently(&file, &text).ok()
            });
            if let Some(below) = below {
                self.kustomization(&real, &below)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, folder: &Path, path: &str, usage: Use<'_>) -> Result<()> {
        let Ok((real, Entry::File)) = self.fs.resolve(&folder.join(path)) else { return Ok(()) };
        if !self.done.insert(real.clone()) {
            return Ok(());
        }
        let Ok(content) = self.fs.read(&real) else { return Ok(()) };
        let shown = real.strip_prefix(self.base).unwrap_or(&real);
        let clear = self.decrypt.file(&content, usage).map_err(|message| Error::new(message).file(shown))?;
        self.warnings.extend(clear.warning.map(|warning| format!("{}: {warning}", shown.display())));
        if let Some(content) = clear.content {
            self.clear.write(&real, content);
        }
        Ok(())
    }
}

/// Whether an annotation keeps the object from being decrypted.
pub(super) fn is_disabled(resource: &Resource) -> bool {
    resource
        .metadata_texts("annotations")
        .any(|(name, text)| name == DECRYPT && text.eq_ignore_ascii_case("disabled"))
}

/// Decrypts an object of the build, or the data of a Secret.
pub(super) fn object(resource: &mut Resource, decrypt: &dyn Decrypt) -> Result<()> {
    if is_disabled(resource) {
        return Ok(());
    }
    let id = resource.id();
    let fail = |message: String| Error::new(message).during(format!("decryption of {id}"));
    let mac = resource.node.at(&["sops", "mac"]);
    if mac.is_some_and(|mac| !mac.is_null_or_empty() && mac.text() != Some("")) {
        let object = decrypt.object(&resource.to_json()?).map_err(fail)?;
        resource.node = Node::from_json(&object);
        return Ok(());
    }
    if resource.kind() != "Secret" {
        return Ok(());
    }
    let Some(data) =
        resource.node.as_map_mut().and_then(|root| root.get_mut("data")).and_then(Node::as_map_mut)
    else {
        return Ok(());
    };
    let mut clear = Vec::new();
    for (name, value) in data.iter() {
        let bare: String = value.text_or_empty().split_whitespace().collect();
        // What is not base64 is found when the object is used.
        let Ok(content) = STANDARD.decode(bare) else { continue };
        let content =
            decrypt.value(&content, name).map_err(|message| fail(message).field(format!("data.{name}")))?;
        clear.extend(content.map(|content| (name.to_owned(), Node::string(STANDARD.encode(content)))));
    }
    for (name, value) in clear {
        data.set(&name, value);
    }
    Ok(())
}
