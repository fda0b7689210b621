//! Masking: values that SOPS encrypted are replaced by a placeholder.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::decrypt;
use crate::error::{Error, Result, Warning};
use crate::tree::{Map, Node};
use crate::types::resource::Resource;

const MASK: &str = "**SOPS**";

/// Which values of Secrets are replaced by a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mask {
    /// All that SOPS encrypted, or that look like it, as flux does.
    #[default]
    Encrypted,
    /// Those that the controller would decrypt. Others are applied as they are, and must not be shown by a caller that
    /// compares them.
    Unknown,
}

/// Masks a Secret. `decrypts` says whether the controller decrypts it.
pub(super) fn mask(resource: &mut Resource, mask: Mask, decrypts: bool) -> Result<()> {
    if resource.kind() != "Secret" {
        return Ok(());
    }
    if mask == Mask::Unknown && (!decrypts || decrypt::is_disabled(resource)) {
        return Ok(());
    }
    let whole = is_encrypted(resource);
    let docker = resource.node.get("type").and_then(Node::text) == Some("kubernetes.io/dockerconfigjson");
    let id = resource.id();
    let Some(root) = resource.node.as_map_mut() else { return Ok(()) };
    if whole {
        root.remove("sops");
    }
    let placeholder = if docker { format!("{{\"mask\":\"{MASK}\"}}") } else { MASK.to_owned() };
    for (field, encoded) in [("data", true), ("stringData", false)] {
        let entries = match root.get(field) {
            Some(Node::Map(entries)) => entries,
            // flux rewrites data in any case.
            Some(_) if encoded => {
                root.remove(field);
                continue;
            }
            _ => continue,
        };
        let mut masked = Vec::with_capacity(entries.len());
        for (name, value) in entries.iter() {
            if !whole && is_of_another_type(value) {
                masked.push((name.to_owned(), value.clone()));
                continue;
            }
            let text = value.data_text();
            let placeholder = Some(&placeholder).filter(|_| whole);
            let value = match placeholder {
                Some(placeholder) if encoded => STANDARD.encode(placeholder),
                Some(placeholder) => placeholder.clone(),
                // A single encrypted value is replaced by the encoded placeholder, in data and stringData.
                None if encoded => {
                    let bare: String = text.chars().filter(|char| !matches!(char, '\n' | '\r')).collect();
                    let content = STANDARD.decode(bare).map_err(|_| {
                        Error::new("not valid base64")
                            .field(format!("data.{name}"))
                            .hint("use stringData for a value that is not encoded")
                            .during(&id)
                    })?;
                    if marks(&content) { STANDARD.encode(MASK) } else { text.to_owned() }
                }
                // The controller decrypts none of these.
                None if mask == Mask::Encrypted && marks(text.as_bytes()) => STANDARD.encode(MASK),
                None => text.to_owned(),
            };
            masked.push((name.to_owned(), Node::string(value)));
        }
        if masked.is_empty() {
            // flux rewrites data always, and stringData only if there is some.
            if encoded {
                root.remove(field);
            }
        } else {
            root.set(field, Node::Map(Map::from_entries(masked)));
        }
    }
    Ok(())
}

/// Warns of a Secret that SOPS encrypted and the controller does not decrypt.
pub(super) fn not_decrypted(resource: &Resource) -> Option<Warning> {
    (resource.kind() == "Secret" && is_encrypted(resource)).then(|| {
        Warning::new(
            "it is encrypted with SOPS, but the Flux Kustomization has no spec.decryption: the \
            controller rejects encrypted data, and applies stringData still encrypted",
        )
        .hint("set spec.decryption.provider to sops")
        .during(format!("Secret/{}", resource.name()))
    })
}

/// Returns whether a value is not a string, such as a number. It is kept, and the API server refuses it.
fn is_of_another_type(value: &Node) -> bool {
    !value.is_null() && !value.to_json().is_ok_and(|value| value.is_string())
}

/// Returns whether the object has the metadata of SOPS.
fn is_encrypted(resource: &Resource) -> bool {
    let mac = resource.node.at(&["sops", "mac"]).and_then(Node::text);
    mac.is_some_and(|mac| mac.starts_with("ENC["))
}

/// Returns whether a value is a file that SOPS encrypted.
fn marks(content: &[u8]) -> bool {
    let contains = |needle: &[u8]| content.windows(needle.len()).any(|window| window == needle);
    contains(b"sops") && contains(b"ENC[")
}
