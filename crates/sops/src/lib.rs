//! Decryption of what SOPS encrypted for age recipients.
//!
//! A file that SOPS encrypted is a tree whose values are strings of the form `ENC[AES256_GCM,…]`, each encrypted with the
//! data key of the file and bound to its path. A field `sops` has that key, encrypted for each recipient, and a MAC of all
//! values. The formats are those of SOPS 3: YAML, JSON, dotenv, INI, and binary in a JSON envelope.
//!
//! Only age recipients are supported (`age1…`, with identities `AGE-SECRET-KEY-1…`): no program is run, and no service is
//! called. Nothing here prints, and errors never have values, keys or ciphertext.
//!
//! ```
//! use edgeflux_sops::{Format, Identities};
//!
//! assert_eq!(Format::of_name("app/secret.enc.yaml"), Format::Yaml);
//! assert!(!Format::Yaml.is_encrypted(b"password: none\n"));
//! assert!(Identities::parse("not-a-key").is_err());
//! ```

mod age;
mod cipher;
mod emit;
mod error;
mod ini;
mod metadata;
mod store;
mod tree;

pub use age::Identities;
pub use error::{Error, Result};
pub use store::Format;

use cipher::DataKey;
use metadata::Metadata;
use tree::Tree;

/// A decrypted file.
#[derive(Debug)]
pub struct Decrypted {
    /// Content in the requested format.
    pub content: Vec<u8>,
    /// Whether the MAC matches the values; otherwise the file was changed after it was encrypted.
    pub intact: bool,
}

/// Decrypts a file.
///
/// # Errors
/// The file is not in the format, no identity decrypts it, or a value is damaged.
pub fn decrypt(content: &[u8], from: Format, to: Format, identities: &Identities) -> Result<Decrypted> {
    let (mut documents, metadata) = store::read(content, from)?;
    let intact = open(&mut documents, &metadata, identities)?;
    Ok(Decrypted { content: store::write(&documents, to)?, intact })
}

/// Decrypts an object with a field `sops`, which is removed.
///
/// The MAC is not checked: it is that of the file, and the object may have been changed since.
///
/// # Errors
/// As for [`decrypt`].
pub fn decrypt_object(object: &serde_json::Value, identities: &Identities) -> Result<serde_json::Value> {
    let mut document = Tree::of_json(object);
    let metadata = Metadata::take(&mut document)?;
    let mut documents = [document];
    open(&mut documents, &metadata, identities)?;
    let [document] = documents;
    Ok(document.into_json())
}

/// Returns whether the MAC of an encrypted file matches its values.
///
/// # Errors
/// As for [`decrypt`].
pub fn is_intact(content: &[u8], format: Format, identities: &Identities) -> Result<bool> {
    let (mut documents, metadata) = store::read(content, format)?;
    open(&mut documents, &metadata, identities)
}

/// Decrypts all values, and returns whether the MAC matches.
fn open(documents: &mut [Tree], metadata: &Metadata, identities: &Identities) -> Result<bool> {
    let key = DataKey::new(metadata.data_key(identities)?)?;
    let mac = tree::decrypt(documents, metadata, &key)?;
    let kept = key.open(&metadata.mac, &metadata.last_modified)?;
    Ok(matches!(kept, tree::Scalar::Text(kept) if kept.eq_ignore_ascii_case(mac.as_bytes())))
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    /// Returns the directory with files that sops 3.13 encrypted and decrypted. The keys are for these tests alone.
    fn golden() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/sops")
    }

    fn keys(file: &str) -> Identities {
        Identities::parse(&std::fs::read_to_string(golden().join(file)).unwrap()).unwrap()
    }

    fn encrypted(name: &str) -> Vec<u8> {
        std::fs::read(golden().join("encrypted").join(name)).unwrap()
    }

    #[test]
    fn every_format_is_decrypted_as_by_sops() {
        let mut wrong = Vec::new();
        for entry in std::fs::read_dir(golden().join("encrypted")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let format = Format::of_name(&name);
            assert!(format.is_encrypted(&encrypted(&name)), "{name}");
            let decrypted = decrypt(&encrypted(&name), format, format, &keys("keys.txt")).unwrap();
            assert!(decrypted.intact, "{name}");
            let expected = std::fs::read(golden().join("decrypted").join(&name)).unwrap();
            if decrypted.content != expected {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                wrong.push(format!("{name}:\n{}\nexpected:\n{}", text(&decrypted.content), text(&expected)));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_renamed_object_is_decrypted() {
        let text = String::from_utf8(encrypted("secret.yaml")).unwrap();
        let mut object = edgeflux_yaml::documents(&text).unwrap().remove(0);
        object["metadata"]["name"] = "renamed".into();
        let decrypted = decrypt_object(&object, &keys("keys.txt")).unwrap();
        assert_eq!(decrypted["metadata"]["name"], "renamed");
        assert_eq!(decrypted["stringData"]["password"], "hunter2: # not a comment");
        assert_eq!(decrypted["stringData"]["empty"], "");
        assert_eq!(decrypted["data"]["token"], "dG9wIHNlY3JldA==");
        assert!(decrypted.get("sops").is_none());
    }

    #[test]
    fn a_changed_file_is_not_intact() {
        let text =
            String::from_utf8(encrypted("secret.yaml")).unwrap().replace("name: login", "name: logout");
        assert!(!is_intact(text.as_bytes(), Format::Yaml, &keys("keys.txt")).unwrap());
    }

    #[test]
    fn a_moved_value_is_refused() {
        let text =
            String::from_utf8(encrypted("secret.yaml")).unwrap().replace("    password:", "    passphrase:");
        let error = decrypt(text.as_bytes(), Format::Yaml, Format::Yaml, &keys("keys.txt")).unwrap_err();
        assert!(matches!(&error, Error::Value { path, .. } if path == "stringData:passphrase"), "{error}");
        assert!(!error.to_string().contains("ENC["), "{error}");
    }

    #[test]
    fn an_error_without_the_key_names_the_recipients() {
        for keys in [keys("other-keys.txt"), Identities::default()] {
            let error = decrypt(&encrypted("config.json"), Format::Json, Format::Json, &keys).unwrap_err();
            assert!(error.to_string().contains("encrypted for age1"), "{error}");
        }
    }
}
