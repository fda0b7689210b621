//! The field `sops`: the encrypted data key, and which values are encrypted.

use regex::Regex;

use super::age::Identities;
use super::error::{Error, Result};
use super::tree::{Scalar, Tree};

/// The metadata of an encrypted file.
#[derive(Debug)]
pub(super) struct Metadata {
    pub mac: String,
    pub last_modified: String,
    pub mac_only_encrypted: bool,
    /// Rule for which values are encrypted.
    pub rule: Rule,
    /// Recipients, with the data key encrypted for each.
    age: Vec<(String, String)>,
    /// Other kinds of recipients of the file.
    others: Vec<&'static str>,
    groups: usize,
}

/// Which values are encrypted, by the names of the fields in their paths.
#[derive(Debug)]
pub(super) enum Rule {
    /// All but those with a name that ends in the suffix.
    UnlessSuffix(String),
    /// Those with a name that ends in the suffix.
    Suffix(String),
    /// All but those with a name that matches.
    UnlessRegex(Regex),
    /// Those with a name that matches.
    Regex(Regex),
    /// Chosen by comments, which are not evaluated: values that look encrypted are.
    Looks,
}

/// Kinds of recipients other than age, by their fields.
const OTHERS: [(&str, &str); 6] = [
    ("pgp", "PGP"),
    ("kms", "AWS KMS"),
    ("gcp_kms", "GCP KMS"),
    ("azure_kv", "Azure Key Vault"),
    ("hc_vault", "Vault"),
    ("hckms", "Huawei KMS"),
];

impl Metadata {
    /// Removes the field `sops` from a document and decodes it.
    pub fn take(document: &mut Tree) -> Result<Self> {
        let missing = Error::Metadata { field: "mac", what: "missing: the file is not encrypted" };
        let Tree::Map(entries) = document else { return Err(missing) };
        let at = entries.iter().position(|(name, _)| name == "sops").ok_or(missing)?;
        Self::of(&entries.remove(at).1)
    }

    /// Decodes the value of the field `sops`.
    pub fn of(sops: &Tree) -> Result<Self> {
        let text = |field: &str| sops.get(field).and_then(Tree::text).unwrap_or_default().to_owned();
        let regex = |field: &'static str| {
            Regex::new(&text(field))
                .map_err(|_| Error::Metadata { field, what: "invalid regular expression" })
        };
        let is_set = |field: &str| !text(field).is_empty();
        let rule = if is_set("encrypted_comment_regex") || is_set("unencrypted_comment_regex") {
            Rule::Looks
        } else if is_set("encrypted_regex") {
            Rule::Regex(regex("encrypted_regex")?)
        } else if is_set("unencrypted_regex") {
            Rule::UnlessRegex(regex("unencrypted_regex")?)
        } else if is_set("encrypted_suffix") {
            Rule::Suffix(text("encrypted_suffix"))
        } else if is_set("unencrypted_suffix") {
            Rule::UnlessSuffix(text("unencrypted_suffix"))
        } else {
            Rule::UnlessSuffix("_unencrypted".to_owned())
        };
        if !is_set("mac") {
            return Err(Error::Metadata { field: "mac", what: "missing: the file is not encrypted" });
        }
        // The key groups, or the group in `sops` itself.
        let groups = match sops.get("key_groups") {
            Some(Tree::Seq(groups)) if sops.list("age").is_empty() => groups.iter().collect(),
            _ => vec![sops],
        };
        let mut age = Vec::new();
        for entry in groups.iter().flat_map(|group| group.list("age")) {
            let field = |name| entry.get(name).and_then(Tree::text).unwrap_or_default().to_owned();
            age.push((field("recipient"), field("enc")));
        }
        let others = OTHERS
            .iter()
            .filter(|(field, _)| groups.iter().any(|group| !group.list(field).is_empty()))
            .map(|(_, name)| *name)
            .collect();
        // In dotenv and INI, all values are strings.
        let only_encrypted = sops.get("mac_only_encrypted");
        let mac_only_encrypted = matches!(only_encrypted, Some(Tree::Scalar(Scalar::Bool(true))))
            || only_encrypted.and_then(Tree::text) == Some("true");
        Ok(Self {
            mac: text("mac"),
            last_modified: text("lastmodified"),
            mac_only_encrypted,
            rule,
            age,
            others,
            groups: groups.len(),
        })
    }

    /// Decrypts the data key with one of the identities.
    pub fn data_key(&self, identities: &Identities) -> Result<Vec<u8>> {
        if self.groups > 1 {
            return Err(Error::Unsupported("a data key that is split across key groups"));
        }
        self.age.iter().find_map(|(_, sealed)| identities.open(sealed)).ok_or_else(|| {
            let age = self.age.iter().map(|(recipient, _)| recipient.as_str());
            let recipients: Vec<&str> = age.chain(self.others.iter().copied()).collect();
            let recipients = if recipients.is_empty() { "nobody".to_owned() } else { recipients.join(", ") };
            Error::NoKey { recipients }
        })
    }
}

impl Rule {
    /// Returns whether the value at a path is encrypted; `text` is the value if it is a string.
    pub fn encrypts(&self, path: &[String], text: Option<&str>) -> bool {
        match self {
            Self::UnlessSuffix(suffix) => !path.iter().any(|name| name.ends_with(suffix.as_str())),
            Self::Suffix(suffix) => path.iter().any(|name| name.ends_with(suffix.as_str())),
            Self::UnlessRegex(regex) => !path.iter().any(|name| regex.is_match(name)),
            Self::Regex(regex) => path.iter().any(|name| regex.is_match(name)),
            Self::Looks => text.is_some_and(|text| text.starts_with("ENC[AES256_GCM,")),
        }
    }
}
