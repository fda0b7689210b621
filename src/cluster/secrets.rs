//! Secrets that are removed from the answers of an API server, or of a proxy in front of it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use serde_json::Value;

use super::Cluster;
use super::access::Access;
use super::credentials::Source;
use crate::redact::Redactor;

/// Maximum size of a refusal, in bytes.
const LONGEST: usize = 64 * 1024;

/// Keys of Secrets whose values are not secret.
const PUBLIC: [&str; 5] = ["ca.crt", "identity.pub", "known_hosts", "tls.crt", "username"];

/// Credentials of a connection.
#[derive(Default)]
pub(super) struct Secrets(Mutex<Known>);

#[derive(Default)]
struct Known {
    redactor: Redactor,
    /// Last header.
    header: Option<HeaderValue>,
}

impl Secrets {
    /// Creates it with the credentials of the proxy and of OpenID Connect. The others are added when they are used.
    pub(super) fn of(access: &Access) -> Self {
        let mut known = Known::default();
        if let Some(Ok(url)) = access.proxy.as_ref().map(|proxy| proxy.as_str().parse()) {
            known.redactor.hide_url(&url);
        }
        if let Source::OpenIdConnect(settings) = &access.source {
            for (_, value) in settings.iter().filter(|(name, _)| is_secret(name)) {
                known.redactor.hide(value.expose());
            }
        }
        Self(Mutex::new(known))
    }

    /// Adds the credentials of a request header.
    pub(super) fn learn(&self, header: Option<&HeaderValue>) {
        let mut known = self.known();
        if header.is_none() || known.header.as_ref() == header {
            return;
        }
        known.header = header.cloned();
        let text = header.map(|header| String::from_utf8_lossy(header.as_bytes()).into_owned());
        let text = text.unwrap_or_default();
        match text.split_once(' ') {
            Some(("Basic", login)) => {
                let login = STANDARD.decode(login).unwrap_or_default();
                let login = String::from_utf8_lossy(&login);
                let (user, password) = login.split_once(':').unwrap_or_default();
                known.redactor.hide_login(user, password);
            }
            Some((_, token)) => known.redactor.hide(token),
            None => known.redactor.hide(&text),
        }
    }

    pub(super) fn redactor(&self) -> Redactor {
        self.known().redactor.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the value of a setting is secret, by its name.
fn is_secret(name: &str) -> bool {
    ["token", "secret", "password"].iter().any(|word| name.contains(word))
}

impl Cluster {
    /// Hides the values of this Secret in all further answers. A controller that uses them may report an error that
    /// repeats them.
    pub fn hide_values(&self, secret: &Value) {
        let mut values = Redactor::default();
        hide_values(secret, &mut values);
        self.secrets.known().redactor.extend(&values);
    }

    /// Removes the credentials of the connection, and the values of Secrets in the request, from the body of a refusal.
    pub(super) fn redacted(&self, body: &[u8], sent: Option<&[u8]>) -> Vec<u8> {
        let mut redactor = self.secrets.redactor();
        let sent: Value = sent.and_then(|sent| serde_json::from_slice(sent).ok()).unwrap_or_default();
        hide_values(&sent, &mut redactor);
        let text = String::from_utf8_lossy(&body[..body.len().min(LONGEST)]);
        redactor.redact(&text).into_owned().into_bytes()
    }
}

/// Hides the values of a Secret.
fn hide_values(object: &Value, redactor: &mut Redactor) {
    if object["kind"] != "Secret" && object.get("stringData").is_none() {
        return;
    }
    for field in ["data", "stringData"] {
        for (key, value) in object[field].as_object().into_iter().flatten() {
            let Some(value) = value.as_str().filter(|_| !PUBLIC.contains(&key.as_str())) else { continue };
            redactor.hide(value);
            if field == "data"
                && let Ok(bytes) = STANDARD.decode(value)
                && let Ok(text) = std::str::from_utf8(&bytes)
            {
                redactor.hide(text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_credentials_of_each_header_are_hidden() {
        let secrets = Secrets::default();
        let sent = |text: &str| secrets.learn(Some(&HeaderValue::from_str(text).unwrap()));
        sent("Bearer token-of-the-user");
        sent("Bearer token-that-was-renewed");
        sent(&format!("Basic {}", STANDARD.encode("me:password-of-me")));
        secrets.learn(None);
        for text in ["token-of-the-user", "token-that-was-renewed", "password-of-me"] {
            assert_eq!(secrets.redactor().redact(text), "***", "{text}");
        }
        assert_eq!(secrets.redactor().redact("Bearer of me"), "Bearer of me");
    }

    #[test]
    fn the_values_of_a_secret_are_hidden_and_its_public_keys_are_not() {
        let mut redactor = Redactor::default();
        let object = json!({"kind": "Secret", "metadata": {"name": "the-object"},
            "data": {"password": "aHVudGVyMi1vZi1tZQ=="}, "stringData": {"token": "of-the-webhook", "username": "somebody"}});
        hide_values(&object, &mut redactor);
        for text in ["hunter2-of-me", "aHVudGVyMi1vZi1tZQ==", "of-the-webhook"] {
            assert_eq!(redactor.redact(text), "***", "{text}");
        }
        assert_eq!(redactor.redact("the-object of somebody"), "the-object of somebody");
    }
}
