//! A webhook of notification-controller, and the request that triggers it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::Full;
use url::Url;

use crate::context::web::{Web, is_exposed, unanswered};
use crate::error::{Error, ErrorKind, Result};
use crate::manifests::distribution::CLIENT_VERSION;
use crate::net::Failure;
use crate::redact::Redactor;

/// Timeout of one attempt.
const ATTEMPT: Duration = Duration::from_secs(30);
/// Maximum size of the response, in bytes.
const MOST_BYTES: u64 = 1 << 20;
/// Maximum length of the server's own words in a message, in characters.
const LONGEST: usize = 300;

/// Address of a webhook. For Receivers that check nothing else, its path is a secret.
pub struct Webhook {
    url: String,
    /// Scheme, host and port, for messages.
    shown: String,
    /// Whether others on the network can read the request.
    is_exposed: bool,
    /// Credentials that the address contains.
    login: Option<HeaderValue>,
    redactor: Redactor,
}

/// An attempt that failed.
pub struct Refused {
    /// What failed and why.
    pub error: Error,
    /// Whether another attempt may succeed.
    pub passes: bool,
}

impl Webhook {
    /// Webhook with this path below the base URL that `--url` names.
    pub fn new(base: &str, path: &str, mut redactor: Redactor) -> Result<Webhook> {
        let invalid = |why: &str| {
            Error::usage(format!("invalid --url: {why}"))
                .hint("for example: --url=https://flux-webhook.example.com")
        };
        let mut parsed = Url::parse(base).map_err(|_| invalid("it is not a URL with a scheme and a host"))?;
        if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
            return Err(invalid("it must begin with https:// or http://"));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(invalid("remove the query and the fragment"));
        }
        let login =
            login_of(&parsed, &mut redactor).map_err(|()| invalid("its password has invalid characters"))?;
        // Without credentials, which go into a header.
        let _ = parsed.set_username("");
        let _ = parsed.set_password(None);
        redactor.hide(path.trim_start_matches("/hook/"));
        let base = parsed.as_str().trim_end_matches('/');
        Ok(Webhook {
            url: format!("{base}{path}"),
            shown: parsed.origin().ascii_serialization(),
            is_exposed: is_exposed(&parsed),
            login,
            redactor,
        })
    }

    /// Whether others on the network can read the request: it is plain HTTP to another machine.
    pub fn is_exposed(&self) -> bool {
        self.is_exposed
    }

    /// Whether the address contains credentials.
    pub fn has_login(&self) -> bool {
        self.login.is_some()
    }

    /// Scheme, host and port.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Sends `payload` once.
    pub async fn call(
        &self,
        web: &Web,
        payload: &str,
        authentication: Option<&(HeaderName, HeaderValue)>,
    ) -> Result<(), Refused> {
        let mut request = Request::post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, format!("flux/v{CLIENT_VERSION}"));
        let login = self.login.as_ref().map(|login| (AUTHORIZATION, login.clone()));
        for (name, value) in login.iter().chain(authentication) {
            if let Some(headers) = request.headers_mut() {
                headers.insert(name, value.clone());
            }
        }
        let request = request.body(Full::new(Bytes::from(payload.to_owned()))).map_err(|_| Refused {
            error: Error::usage("invalid --url: it contains characters that a URL may not contain"),
            passes: false,
        })?;
        let what = format!("send the request to {}", self.shown);
        let sent = tokio::time::timeout(ATTEMPT, web.send(request, MOST_BYTES)).await;
        let late = |_| Err(Failure::TimedOut(format!("no response within {} s", ATTEMPT.as_secs())));
        let reply = sent.unwrap_or_else(late).map_err(|failure| Refused {
            error: unanswered(&what, &failure).redacted(&self.redactor),
            passes: true,
        })?;
        if reply.status.is_success() {
            return Ok(());
        }
        let words = words(&reply.body, &self.redactor);
        let message = format!("request to {} failed with status {}{words}", self.shown, reply.status);
        let mut error = Error::new(kind_of(reply.status), message);
        if reply.status.is_redirection() {
            let to = reply.location.and_then(|to| Url::parse(&to).ok());
            let to = to
                .map_or_else(String::new, |to| format!("use --url={}: ", to.origin().ascii_serialization()));
            error = error
                .hint(format!("{to}the server redirects to another host, and redirects are not followed"));
        } else if let Some(hint) = hint_of(reply.status) {
            error = error.hint(hint);
        }
        Err(Refused { error, passes: is_transient(reply.status) })
    }
}

/// Header with the credentials of a URL.
fn login_of(url: &Url, redactor: &mut Redactor) -> Result<Option<HeaderValue>, ()> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decoded = |text: &str| {
        let pairs = format!("x={}", text.replace('+', "%2B"));
        url::form_urlencoded::parse(pairs.as_bytes()).map(|(_, value)| value.into_owned()).collect::<String>()
    };
    let (user, password) = (decoded(url.username()), decoded(url.password().unwrap_or_default()));
    redactor.hide(&password);
    let value = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let mut value = HeaderValue::try_from(value).map_err(|_| ())?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// A server's own words after a status: `: words`, or nothing.
pub fn words(body: &[u8], redactor: &Redactor) -> String {
    let text = String::from_utf8_lossy(body);
    let text = redactor.redact(&text).split_whitespace().collect::<Vec<_>>().join(" ");
    let text: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if text.is_empty() { text } else { format!(": {text}") }
}

/// Whether a status may pass. The path of a webhook is not found until the controller has seen the Receiver.
fn is_transient(status: StatusCode) -> bool {
    matches!(status.as_u16(), 404 | 408 | 429 | 500 | 502 | 503 | 504)
}

fn kind_of(status: StatusCode) -> ErrorKind {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ErrorKind::Forbidden,
        StatusCode::NOT_FOUND => ErrorKind::NotFound,
        status if status.is_server_error() => ErrorKind::Unreachable,
        _ => ErrorKind::Failed,
    }
}

fn hint_of(status: StatusCode) -> Option<&'static str> {
    match status {
        StatusCode::NOT_FOUND => Some(
            "check name, namespace (-n), --token and --url; `flux get receivers` shows the webhook's path",
        ),
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Some("check that --type and the token are those of the Receiver")
        }
        _ => None,
    }
}
