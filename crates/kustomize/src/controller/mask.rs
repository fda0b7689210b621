//! Values that SOPS has encrypted, replaced by a placeholder, so that no output carries them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Mask;
use super::decrypt;
use crate::error::{Error, Result};
use crate::node::{Map, Node};
use crate::resource::Resource;

const MASK: &str = "**SOPS**";

/// Masks a Secret. `decrypts` says whether the controller decrypts.
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
            // flux writes data anew in any case.
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
            let hidden = if whole { Some(&placeholder) } else { None };
            let value = match hidden {
                Some(placeholder) if encoded => STANDARD.encode(placeholder),
                Some(placeholder) => placeholder.clone(),
                // A single encrypted value is replaced by the encoded placeholder, wherever it stands.
                None if encoded => {
                    let bare: String = text.chars().filter(|char| !matches!(char, '\n' | '\r')).collect();
                    let content = STANDARD.decode(bare).map_err(|_| {
                        Error::new("not base64")
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
            // flux writes data anew, and stringData only where there is some.
            if encoded {
                root.remove(field);
            }
        } else {
            root.set(field, Node::Map(Map::from_entries(masked)));
        }
    }
    Ok(())
}

/// What is to be said of a Secret that SOPS has encrypted where the controller does not decrypt.
pub(super) fn not_decrypted(resource: &Resource) -> Option<String> {
    (resource.kind() == "Secret" && is_encrypted(resource)).then(|| {
        format!(
            "Secret/{}: it is encrypted by SOPS, but the Flux Kustomization has no spec.decryption: the controller refuses encrypted data and applies stringData as it is, still encrypted; set spec.decryption.provider to sops",
            resource.name()
        )
    })
}

/// Whether a value is a number, for instance, which stays one: the API server refuses it.
fn is_of_another_type(value: &Node) -> bool {
    !value.is_null() && !value.to_json().is_ok_and(|value| value.is_string())
}

/// Whether the object carries SOPS' own notes.
fn is_encrypted(resource: &Resource) -> bool {
    let mac = resource.node.at(&["sops", "mac"]).and_then(Node::text);
    mac.is_some_and(|mac| mac.starts_with("ENC["))
}

/// Whether a value is a text that SOPS has encrypted as a whole file.
fn marks(content: &[u8]) -> bool {
    let contains = |needle: &[u8]| content.windows(needle.len()).any(|window| window == needle);
    contains(b"sops") && contains(b"ENC[")
}
