//! Image pull secret of the components.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::secret::Secret;

/// Username and password for a registry.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: Secret,
}

/// Credentials that are not written as `user:password`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("registry credentials must have the form user:password, with neither part empty")]
pub struct InvalidCredentials;

impl FromStr for Credentials {
    type Err = InvalidCredentials;

    /// Parses `user:password`. The password may contain colons.
    fn from_str(text: &str) -> Result<Self, InvalidCredentials> {
        match text.split_once(':') {
            Some((user, password)) if !user.is_empty() && !password.is_empty() => {
                Ok(Self { user: user.into(), password: password.into() })
            }
            _ => Err(InvalidCredentials),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Creates the Secret with the credentials for `registry`.
pub(super) fn of(namespace: &str, name: &str, registry: &str, credentials: &Credentials) -> Value {
    let (user, password) = (&credentials.user, credentials.password.expose());
    let entry = json!({
        "username": user,
        "password": password,
        "auth": STANDARD.encode(format!("{user}:{password}")),
    });
    let auths = Map::from_iter([(registry.to_owned(), entry)]);
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "stringData": {".dockerconfigjson": json!({"auths": auths}).to_string()},
        "type": "kubernetes.io/dockerconfigjson",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_a_user_and_a_password() {
        for text in ["", "user", "user:", ":password", ":"] {
            assert_eq!(text.parse::<Credentials>(), Err(InvalidCredentials), "{text:?}");
        }
        let credentials: Credentials = "robot:a:b".parse().expect("a user and a password");
        assert_eq!((credentials.user.as_str(), credentials.password.expose()), ("robot", "a:b"));
    }

    #[test]
    fn debug_output_does_not_show_the_password() {
        let credentials: Credentials = "robot:hunter2".parse().expect("a user and a password");
        assert!(!format!("{credentials:?}").contains("hunter2"));
    }

    #[test]
    fn the_secret_holds_the_credentials_for_the_registry() {
        let credentials = "robot:s3cret".parse().expect("a user and a password");
        let secret = of("gitops", "regcred", "registry.example/mirror", &credentials);
        assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
        assert_eq!(secret["metadata"], json!({"name": "regcred", "namespace": "gitops"}));
        let text = secret["stringData"][".dockerconfigjson"].as_str().unwrap_or_default();
        let config: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(
            config["auths"]["registry.example/mirror"],
            json!({"username": "robot", "password": "s3cret", "auth": "cm9ib3Q6czNjcmV0"})
        );
    }
}
