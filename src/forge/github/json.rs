//! Responses of GitHub's API, as far as they are read.

use serde::Deserialize;

use crate::forge::{self, AccessLevel, Error, ErrorKind, PublicKey, RepositoryRef, Role, Visibility};

#[derive(Deserialize)]
pub(super) struct Account {
    pub(super) login: String,
    /// `User` or `Organization`.
    #[serde(rename = "type", default)]
    pub(super) kind: String,
}

#[derive(Deserialize)]
pub(super) struct Repository {
    name: String,
    owner: Account,
    #[serde(default)]
    private: bool,
    /// Left out by older GitHub Enterprise servers.
    visibility: Option<String>,
    #[serde(default)]
    default_branch: Option<String>,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    permissions: Permissions,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Permissions {
    admin: bool,
    maintain: bool,
    push: bool,
    triage: bool,
    pull: bool,
}

impl Repository {
    pub(super) fn into_repository(self, asked: &RepositoryRef) -> forge::Result<forge::Repository> {
        let visibility = match self.visibility.as_deref() {
            Some("public") => Visibility::Public,
            Some("internal") => Visibility::Internal,
            Some("private") => Visibility::Private,
            _ if self.private => Visibility::Private,
            _ => Visibility::Public,
        };
        let role = match &self.permissions {
            Permissions { admin: true, .. } => Role::Admin,
            Permissions { maintain: true, .. } | Permissions { push: true, .. } => Role::Write,
            Permissions { triage: true, .. } | Permissions { pull: true, .. } => Role::Read,
            _ => Role::None,
        };
        let at = RepositoryRef::new(&self.owner.login, &self.name).map_err(|error| {
            Error::new(
                ErrorKind::Unexpected,
                format!("find the repository {asked}"),
                error.cause().to_owned(),
            )
        })?;
        let default_branch = self.default_branch.unwrap_or_default();
        Ok(forge::Repository { at, visibility, default_branch, archived: self.archived, role })
    }

    /// Returns the highest access level; it includes the lower ones.
    pub(super) fn access(&self) -> Option<AccessLevel> {
        let Permissions { admin, maintain, push, triage, pull } = self.permissions;
        [
            (admin, super::ADMIN),
            (maintain, super::MAINTAIN),
            (push, super::PUSH),
            (triage, super::TRIAGE),
            (pull, super::PULL),
        ]
        .into_iter()
        .find_map(|(has, level)| has.then_some(level))
    }
}

#[derive(Deserialize)]
pub(super) struct Branch {
    pub(super) name: String,
    #[serde(default)]
    pub(super) protected: bool,
}

#[derive(Deserialize)]
pub(super) struct DeployKey {
    id: u64,
    #[serde(default)]
    title: String,
    key: String,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    last_used: Option<String>,
}

impl From<DeployKey> for forge::DeployKey {
    fn from(key: DeployKey) -> forge::DeployKey {
        forge::DeployKey {
            id: key.id,
            title: key.title,
            public_key: PublicKey::new(&key.key),
            read_only: key.read_only,
            last_used: key.last_used,
        }
    }
}

/// Body of a refusal.
#[derive(Deserialize, Default)]
pub(super) struct Refusal {
    #[serde(default)]
    pub(super) message: String,
    /// Objects with `message`, or `resource`, `field` and `code`; sometimes plain texts.
    #[serde(default)]
    pub(super) errors: Vec<serde_json::Value>,
}

impl Refusal {
    /// Returns the message and the details in one line.
    pub(super) fn text(&self) -> String {
        let detail = |error: &serde_json::Value| {
            let field = |name: &str| error.get(name).and_then(serde_json::Value::as_str);
            match (field("message"), field("field"), field("code"), error.as_str()) {
                (Some(message), ..) => Some(message.to_owned()),
                (None, Some(field), Some(code), _) => Some(format!("{field}: {code}")),
                (None, None, Some(code), _) => Some(code.to_owned()),
                (.., text) => text.map(str::to_owned),
            }
        };
        let details: Vec<String> = self.errors.iter().filter_map(detail).collect();
        match (self.message.trim_end_matches('.'), details.as_slice()) {
            (message, []) => message.to_owned(),
            ("", details) => details.join("; "),
            (message, details) => format!("{message} ({})", details.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &str) -> String {
        serde_json::from_str::<Refusal>(body).expect("an answer").text()
    }

    #[test]
    fn a_refusal_is_shown_with_its_details() {
        assert_eq!(text(r#"{"message":"Bad credentials"}"#), "Bad credentials");
        assert_eq!(
            text(
                r#"{"message":"Repository creation failed.","errors":[{"resource":"Repository","code":"custom","field":"name","message":"name is reserved"}]}"#
            ),
            "Repository creation failed (name is reserved)"
        );
        assert_eq!(
            text(
                r#"{"message":"Validation Failed","errors":[{"resource":"Key","code":"missing_field","field":"title"},"and more"]}"#
            ),
            "Validation Failed (title: missing_field; and more)"
        );
        assert_eq!(text("{}"), "");
    }

    #[test]
    fn a_repository_of_an_older_server_is_read() {
        let body = r#"{"name":"fleet","private":true,"owner":{"login":"acme"},"permissions":{"pull":true,"push":true}}"#;
        let asked = RepositoryRef::new("acme", "fleet").expect("valid");
        let read: Repository = serde_json::from_str(body).expect("a repository");
        assert_eq!(read.access(), Some(super::super::PUSH));
        let repository = read.into_repository(&asked).expect("a repository");
        assert_eq!(repository.visibility, Visibility::Private);
        assert_eq!(repository.role, Role::Write);
        assert!(!repository.archived);
    }
}
