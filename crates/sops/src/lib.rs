//! What SOPS has encrypted for age: reading it with an age identity.
//!
//! A file that SOPS has encrypted is a tree whose values are texts of the form `ENC[AES256_GCM,…]`, each sealed with the
//! file's data key and bound to its place, and a field `sops` with that key, sealed for each recipient, and with a MAC of
//! all values. The formats are those of SOPS 3: YAML, JSON, dotenv, INI, and binary in a JSON envelope.
//!
//! Only recipients of age are opened (`age1…`, with identities `AGE-SECRET-KEY-1…`): no program is run and no service
//! asked. Nothing here prints, and no value, key or cipher text gets into an error.

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

/// What was in a file.
#[derive(Debug)]
pub struct Decrypted {
    /// The content, in the format that was asked for.
    pub content: Vec<u8>,
    /// Whether the MAC is that of the values: otherwise something was changed after the file was encrypted.
    pub intact: bool,
}

/// Decrypts a file.
///
/// # Errors
/// It is not of the format, no identity opens it, or a value is not what was encrypted.
pub fn decrypt(content: &[u8], from: Format, to: Format, identities: &Identities) -> Result<Decrypted> {
    let (mut documents, metadata) = store::read(content, from)?;
    let intact = open(&mut documents, &metadata, identities)?;
    Ok(Decrypted { content: store::write(&documents, to)?, intact })
}

/// Decrypts an object that has a field `sops`, which is left out.
///
/// The MAC is not looked at: it is that of the file, and the object may have been changed on its way.
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

/// Whether the MAC of an encrypted file is that of its values, which are not kept.
///
/// # Errors
/// As for [`decrypt`].
pub fn is_intact(content: &[u8], format: Format, identities: &Identities) -> Result<bool> {
    let (mut documents, metadata) = store::read(content, format)?;
    open(&mut documents, &metadata, identities)
}

/// Opens all values, and says whether their MAC is right.
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

    /// Files of sops 3.13: `encrypted` as it wrote them, `decrypted` as it read them. The keys are for these tests alone.
    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/sops")
    }

    fn keys(file: &str) -> Identities {
        Identities::parse(&std::fs::read_to_string(folder().join(file)).unwrap()).unwrap()
    }

    fn encrypted(name: &str) -> Vec<u8> {
        std::fs::read(folder().join("encrypted").join(name)).unwrap()
    }

    #[test]
    fn every_format_is_decrypted_to_what_sops_decrypts_it_to() {
        let mut wrong = Vec::new();
        for entry in std::fs::read_dir(folder().join("encrypted")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let format = Format::of_name(&name);
            assert!(format.is_encrypted(&encrypted(&name)), "{name}");
            let decrypted = decrypt(&encrypted(&name), format, format, &keys("keys.txt")).unwrap();
            assert!(decrypted.intact, "{name}");
            let expected = std::fs::read(folder().join("decrypted").join(&name)).unwrap();
            if decrypted.content != expected {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                wrong.push(format!("{name}:\n{}\nexpected:\n{}", text(&decrypted.content), text(&expected)));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn an_object_is_decrypted_also_after_its_name_was_changed() {
        let text = String::from_utf8(encrypted("secret.yaml")).unwrap();
        let mut object = edgeflux_yaml::documents(&text).unwrap().remove(0);
        object["metadata"]["name"] = "renamed".into();
        let clear = decrypt_object(&object, &keys("keys.txt")).unwrap();
        assert_eq!(clear["metadata"]["name"], "renamed");
        assert_eq!(clear["stringData"]["password"], "hunter2: # not a comment");
        assert_eq!(clear["stringData"]["empty"], "");
        assert_eq!(clear["data"]["token"], "dG9wIHNlY3JldA==");
        assert!(clear.get("sops").is_none());
    }

    #[test]
    fn a_file_that_was_changed_is_not_intact() {
        let text =
            String::from_utf8(encrypted("secret.yaml")).unwrap().replace("name: login", "name: logout");
        assert!(!is_intact(text.as_bytes(), Format::Yaml, &keys("keys.txt")).unwrap());
    }

    #[test]
    fn a_value_that_was_moved_is_refused() {
        let text =
            String::from_utf8(encrypted("secret.yaml")).unwrap().replace("    password:", "    passphrase:");
        let error = decrypt(text.as_bytes(), Format::Yaml, Format::Yaml, &keys("keys.txt")).unwrap_err();
        assert!(matches!(&error, Error::Value { path, .. } if path == "stringData:passphrase"), "{error}");
        assert!(!error.to_string().contains("ENC["), "{error}");
    }

    #[test]
    fn without_the_key_the_recipients_are_named() {
        for keys in [keys("other-keys.txt"), Identities::default()] {
            let error = decrypt(&encrypted("config.json"), Format::Json, Format::Json, &keys).unwrap_err();
            assert!(error.to_string().contains("encrypted for age1"), "{error}");
        }
    }
}
