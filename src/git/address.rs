//! URLs of repositories: `http`, `https` and `ssh`, the schemes that a `GitRepository` can have.

use std::fmt;

use url::Url;

use super::error::{Error, Result};
use crate::secret::Secret;

/// Scheme of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Unencrypted. The caller decides whether that is allowed.
    Http,
    /// HTTP over TLS.
    Https,
    /// SSH, with port 22 by default.
    Ssh,
}

/// Valid repository URL. `Display` and `Debug` do not show a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    url: Url,
    scheme: Scheme,
}

impl Address {
    /// Checks `text`. The scp-like form (`git@host:path`) is refused as flux refuses it, because a
    /// `GitRepository` cannot hold it; the error shows the `ssh://` form.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |url: String, reason: String| Error::Url { url, reason };
        if text.is_empty() {
            return Err(wrong(String::new(), "no URL was given".into()));
        }
        if let Some(ssh) = scp_like_as_ssh(text) {
            return Err(wrong(text.to_owned(), format!("write it as {ssh}")));
        }
        let url = Url::parse(text).map_err(|e| wrong(without_userinfo(text), e.to_string()))?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            "ssh" => Scheme::Ssh,
            other => {
                return Err(wrong(without_userinfo(text), format!("scheme {other:?} is not supported")));
            }
        };
        if url.host_str().is_none_or(str::is_empty) {
            return Err(wrong(without_userinfo(text), "it has no host".into()));
        }
        if url.path().trim_matches('/').is_empty() {
            return Err(wrong(without_userinfo(text), "it has no repository path".into()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong(without_userinfo(text), "it must not have a query or fragment".into()));
        }
        Ok(Self { url, scheme })
    }

    /// Like [`Address::parse`], and accepts the scp-like form, as `git clone` does.
    pub fn of_clone(text: &str) -> Result<Self> {
        Self::parse(scp_like_as_ssh(text).as_deref().unwrap_or(text))
    }

    /// Returns the scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the URL as it was given, credentials included.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the host's name or address; IPv6 without brackets.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    /// Returns the port, the scheme's default if the URL names none.
    pub fn port(&self) -> u16 {
        self.url.port().unwrap_or(match self.scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
            Scheme::Ssh => 22,
        })
    }

    /// Returns the user in the URL.
    pub fn user(&self) -> Option<String> {
        let user = self.url.username();
        (!user.is_empty()).then(|| percent_decoded(user))
    }

    /// Returns the password in the URL.
    pub fn password(&self) -> Option<Secret> {
        self.url.password().map(|p| Secret::new(percent_decoded(p)))
    }

    /// Returns the path as an SSH server expects it: percent-decoded, with its leading slash.
    pub fn path(&self) -> String {
        percent_decoded(self.url.path())
    }

    /// Whether the URL contains a password, which would end up in the repository and in the cluster.
    pub fn carries_password(&self) -> bool {
        self.url.password().is_some()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.url.password().is_none() && self.scheme == Scheme::Ssh {
            return f.write_str(self.url.as_str());
        }
        let mut shown = self.url.clone();
        // Both fail only for URLs without a host, and this one has one. A user name over HTTP may
        // be a token (`https://TOKEN@host`), so it goes too.
        let _ = shown.set_password(None);
        if self.scheme != Scheme::Ssh {
            let _ = shown.set_username("");
        }
        f.write_str(shown.as_str())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// Converts `git@host:path` to `ssh://git@host/path`, if `text` has that form.
fn scp_like_as_ssh(text: &str) -> Option<String> {
    if text.contains("://") {
        return None;
    }
    let (host, path) = text.split_once(':')?;
    let plausible = !host.is_empty() && !host.contains('/') && !path.is_empty();
    plausible.then(|| format!("ssh://{host}/{}", path.trim_start_matches('/')))
}

/// Removes `user:password@` from a text that may not be a URL.
fn without_userinfo(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.rsplit_once('@').map_or(text, |(_, host)| host).to_owned();
    };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let byte = (bytes[i] == b'%')
            .then(|| text.get(i + 1..i + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(byte.unwrap_or(bytes[i]));
        i += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_form_has_no_credentials() {
        let http = Address::parse("https://user:hunter2@example.com/a/b.git").expect("valid");
        assert_eq!(http.to_string(), "https://example.com/a/b.git");
        assert_eq!(http.user().as_deref(), Some("user"));
        let ssh = Address::parse("ssh://git@example.com:2222/fleet.git").expect("valid");
        assert_eq!(ssh.to_string(), "ssh://git@example.com:2222/fleet.git");
        assert_eq!((ssh.host(), ssh.port()), ("example.com", 2222));
    }

    #[test]
    fn errors_have_no_credentials_either() {
        for text in ["ftp://user:hunter2@h/x", "https://user:hunter2@/x", "https://user:hunter2@h"] {
            let error = Address::parse(text).expect_err(text).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn an_scp_like_address_is_refused_with_its_url_form() {
        let error = Address::parse("git@github.com:acme/fleet.git").expect_err("refused");
        assert!(error.to_string().contains("ssh://git@github.com/acme/fleet.git"), "{error}");
    }

    #[test]
    fn ipv6_hosts_and_escaped_paths_are_understood() {
        let a = Address::parse("ssh://git@[::1]:22/my%20repo.git").expect("valid");
        assert_eq!((a.host(), a.path().as_str()), ("::1", "/my repo.git"));
    }
}
