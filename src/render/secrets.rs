//! Decryption with the given keys, as kustomize-controller does it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::user_file;
use edgeflux_kustomize::controller::{Decrypt, Decrypted, EncryptedFile};
use edgeflux_sops::{Format, Identities};

/// Warning for a file that was changed after encryption. The controller does not check it.
const CHANGED: &str = "the SOPS MAC does not match: the file was changed after it was encrypted";

#[derive(Debug)]
struct Keys(Identities);

/// Creates a decryption with the keys of these files, or with those that SOPS would find: `SOPS_AGE_KEY`,
/// `SOPS_AGE_KEY_FILE`, and `sops/age/keys.txt` in the user's configuration directory.
///
/// # Errors
/// A file cannot be read or has no valid keys, or there are no keys at all.
pub fn decryption(context: &Context, files: &[String]) -> Result<Arc<dyn Decrypt>> {
    let environment = &context.environment;
    let read = |file: &Path, what: &str| -> Result<Identities> {
        parse(&user_file::read_text(context.ui.input(), file, "age keys", what)?, what)
    };
    let mut keys = Identities::default();
    for file in files {
        keys.extend(read(Path::new(file), "--sops-age-key-file")?);
    }
    if files.is_empty() {
        if let Some(text) = environment.variable("SOPS_AGE_KEY") {
            keys.extend(parse(&text, "SOPS_AGE_KEY")?);
        }
        if let Some(file) = environment.variable("SOPS_AGE_KEY_FILE") {
            keys.extend(read(Path::new(&file), "SOPS_AGE_KEY_FILE")?);
        }
        let home = || Some(PathBuf::from(environment.variable("HOME")?).join(".config"));
        let settings = environment.variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home);
        if let Some(file) =
            settings.map(|directory| directory.join("sops/age/keys.txt")).filter(|file| file.is_file())
        {
            keys.extend(read(&file, &file.display().to_string())?);
        }
    }
    if keys.is_empty() {
        return Err(Error::usage("--decrypt: no age key found")
            .hint("add --sops-age-key-file with a key file, or set SOPS_AGE_KEY or SOPS_AGE_KEY_FILE"));
    }
    Ok(Arc::new(Keys(keys)))
}

fn parse(text: &str, what: &str) -> Result<Identities> {
    Identities::parse(text).map_err(|error| Error::usage(format!("{what}: {error}")))
}

impl Decrypt for Keys {
    fn file(&self, content: &[u8], usage: EncryptedFile<'_>) -> std::result::Result<Decrypted, String> {
        let format = match usage {
            EncryptedFile::Data(name) | EncryptedFile::Patch(name) => Format::of_name(name),
            EncryptedFile::Variables(name) => match Format::of_name(name) {
                Format::Binary => Format::Dotenv,
                format => format,
            },
            EncryptedFile::Objects => Format::Yaml,
        };
        let clear =
            |content, intact: bool| Decrypted { content, warning: (!intact).then(|| CHANGED.to_owned()) };
        if !format.is_encrypted(content) {
            return Ok(clear(None, true));
        }
        if usage == EncryptedFile::Objects {
            // If only some objects are encrypted, the file has no MAC.
            return Ok(clear(None, edgeflux_sops::is_intact(content, format, &self.0).unwrap_or(true)));
        }
        let decrypted =
            edgeflux_sops::decrypt(content, format, format, &self.0).map_err(|error| error.to_string())?;
        Ok(clear(Some(decrypted.content), decrypted.intact))
    }

    fn object(&self, object: &Value) -> std::result::Result<Value, String> {
        edgeflux_sops::decrypt_object(object, &self.0).map_err(|error| error.to_string())
    }

    fn value(&self, content: &[u8], name: &str) -> std::result::Result<Option<Vec<u8>>, String> {
        let Some(format) = Format::detect(content) else { return Ok(None) };
        let decrypted = edgeflux_sops::decrypt(content, format, Format::of_name(name), &self.0);
        decrypted.map(|decrypted| Some(decrypted.content)).map_err(|error| error.to_string())
    }
}
