//! Decryption, where the controller decrypts: files of `secretGenerator` and `patches` before the build, objects and the
//! data of Secrets after it.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::error::{Error, Result, Warning};
use crate::load::fs::{FileSystem, FileType};
use crate::load::memory_fs::MemoryFs;
use crate::tree::Node;
use crate::types::kustomization::{FILE_NAMES, Kustomization};
use crate::types::resource::Resource;

/// Annotation that disables the decryption of an object.
const DECRYPT: &str = "kustomize.toolkit.fluxcd.io/decrypt";

/// What an encrypted file is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncryptedFile<'a> {
    /// Data of a generated Secret, with its key.
    Data(&'a str),
    /// Env file of a generated Secret, with its path.
    Variables(&'a str),
    /// Patch, with its path.
    Patch(&'a str),
    /// Objects, which are decrypted after the build; only their integrity is checked.
    Objects,
}

/// The result of decrypting a file.
#[derive(Debug)]
pub struct Decrypted {
    /// The content; `None` if the file is not encrypted, or was only checked.
    pub content: Option<Vec<u8>>,
    /// What the user should know about the file.
    pub warning: Option<String>,
}

/// Decrypts files, objects and values. Errors are messages without values and keys.
pub trait Decrypt: fmt::Debug + Send + Sync {
    /// Decrypts a file.
    fn file(&self, content: &[u8], usage: EncryptedFile<'_>) -> std::result::Result<Decrypted, String>;

    /// Decrypts an object with a field `sops`, which is removed.
    fn object(&self, object: &Value) -> std::result::Result<Value, String>;

    /// Decrypts the value of a Secret with the key `name`; `None` if it is not encrypted.
    fn value(&self, content: &[u8], name: &str) -> std::result::Result<Option<Vec<u8>>, String>;
}

/// Returns the file system with the files of the kustomization, and of those below it, decrypted.
pub(super) fn sources<'a>(
    fs: &'a dyn FileSystem,
    directory: &Path,
    kustomization: &Kustomization,
    decrypt: &dyn Decrypt,
    warnings: &mut Vec<Warning>,
) -> Result<MemoryFs<'a>> {
    let mut sources = Sources {
        fs,
        base: directory,
        decrypt,
        decrypted: MemoryFs::above(fs),
        seen: BTreeSet::from([directory.to_path_buf()]),
        done: BTreeSet::new(),
        warnings,
    };
    sources.kustomization(directory, kustomization)?;
    Ok(sources.decrypted)
}

struct Sources<'a, 'w> {
    fs: &'a dyn FileSystem,
    base: &'w Path,
    decrypt: &'w dyn Decrypt,
    decrypted: MemoryFs<'a>,
    /// Directories that have been visited.
    seen: BTreeSet<PathBuf>,
    /// Files that have been handled.
    done: BTreeSet<PathBuf>,
    warnings: &'w mut Vec<Warning>,
}

impl Sources<'_, '_> {
    /// Decrypts the files that a kustomization names. Unreadable files are left to the build, whose errors say more.
    fn kustomization(&mut self, directory: &Path, kustomization: &Kustomization) -> Result<()> {
        for args in &kustomization.secret_generator {
            for source in &args.files {
                let (key, path) = source.split_once('=').unwrap_or((source, source));
                self.file(directory, path, EncryptedFile::Data(key))?;
            }
            for path in &args.envs {
                self.file(directory, path, EncryptedFile::Variables(path))?;
            }
        }
        for patch in kustomization.patches.iter().filter(|patch| !patch.path.is_empty()) {
            self.file(directory, &patch.path, EncryptedFile::Patch(&patch.path))?;
        }
        for path in kustomization.resources.iter().chain(&kustomization.components) {
            let Ok((real, entry)) = self.fs.resolve(&directory.join(path)) else { continue };
            if entry == FileType::File {
                self.file(directory, path, EncryptedFile::Objects)?;
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

    fn file(&mut self, directory: &Path, path: &str, usage: EncryptedFile<'_>) -> Result<()> {
        let Ok((real, FileType::File)) = self.fs.resolve(&directory.join(path)) else { return Ok(()) };
        if !self.done.insert(real.clone()) {
            return Ok(());
        }
        let Ok(content) = self.fs.read(&real) else { return Ok(()) };
        let shown = real.strip_prefix(self.base).unwrap_or(&real);
        let file = self.decrypt.file(&content, usage).map_err(|message| Error::new(message).file(shown))?;
        self.warnings.extend(file.warning.map(|warning| Warning::new(warning).file(shown)));
        if let Some(content) = file.content {
            self.decrypted.write(&real, content);
        }
        Ok(())
    }
}

/// Returns whether an annotation disables the decryption of the object.
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
    let mut decrypted = Vec::new();
    for (name, value) in data.iter() {
        let bare: String = value.text_or_empty().split_whitespace().collect();
        // Invalid base64 is reported when the object is used.
        let Ok(content) = STANDARD.decode(bare) else { continue };
        let content =
            decrypt.value(&content, name).map_err(|message| fail(message).field(format!("data.{name}")))?;
        decrypted.extend(content.map(|content| (name.to_owned(), Node::string(STANDARD.encode(content)))));
    }
    for (name, value) in decrypted {
        data.set(&name, value);
    }
    Ok(())
}
