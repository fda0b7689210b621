//! URLs of sources.

use url::Url;

use crate::context::Context;
use crate::error::{Error, Result};

/// Checks that a URL has one of `schemes` and a host. `what` names it in messages (`git URL`).
pub fn check(what: &str, text: Option<String>, schemes: &[&str]) -> Result<Url> {
    let text = text
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Error::required("--url", format!("--url={}", example(schemes))))?;
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    if !schemes.contains(&scheme) {
        let supported = match schemes {
            [] => String::new(),
            [one] => format!("must be {one}"),
            [all @ .., last] => format!("can be: {} and {last}", all.join(", ")),
        };
        let error = Error::usage(if scheme.is_empty() {
            format!("{what} has no scheme, {supported}")
        } else {
            format!("{what} scheme '{scheme}' not supported, {supported}")
        });
        return Err(match scp_like(&text) {
            Some(url) if schemes.contains(&"ssh") => error.hint(format!("write it as {url}")),
            _ => error.hint(format!("write it as {}", example(schemes))),
        });
    }
    let url = Url::parse(&text)
        .map_err(|error| Error::usage(format!("{what} parse failed: {error}")).hint("check --url"))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(
            Error::usage(format!("{what} has no host")).hint(format!("write it as {scheme}://HOST/PATH"))
        );
    }
    Ok(url)
}

/// Example URL with the first scheme, for hints.
fn example(schemes: &[&str]) -> String {
    format!("{}://HOST/PATH", schemes.first().unwrap_or(&"https"))
}

/// Warns that everyone who may read the object can read the password in its URL.
pub fn warn_of_password(context: &Context, url: &Url) {
    if url.password().is_some() {
        context.ui.warning(
            "the URL contains a password, which anyone who can read the object can see: use --username and \
            --password, which are stored in a Secret",
        );
    }
}

/// Converts Git's short form `git@host:path` to a URL.
fn scp_like(text: &str) -> Option<String> {
    let (host, path) = text.split_once(':').filter(|_| !text.contains("://"))?;
    let plausible = host.contains('@') && !host.contains('/') && !path.is_empty();
    plausible.then(|| format!("ssh://{host}/{}", path.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(text: &str) -> Result<Url> {
        check("git URL", Some(text.to_owned()), &["https", "ssh", "http"])
    }

    #[test]
    fn the_scheme_and_the_host_are_checked() {
        assert!(git("https://github.com/x/y").is_ok());
        assert!(git("ssh://git@[::1]:22/y").is_ok());
        for text in ["", "not-a-url", "ftp://x/y", "https://", "ssh:///y", "https:/x"] {
            assert!(git(text).is_err(), "{text}");
        }
        assert_eq!(
            git("ftp://x/y").unwrap_err().to_string(),
            "git URL scheme 'ftp' not supported, can be: https, ssh and http"
        );
        let oci = |text: &str| check("url", Some(text.to_owned()), &["oci"]).unwrap_err().to_string();
        assert_eq!(oci("https://ghcr.io/x"), "url scheme 'https' not supported, must be oci");
        assert_eq!(oci("ghcr.io/x"), "url has no scheme, must be oci");
    }

    #[test]
    fn the_form_of_scp_is_answered_with_its_url() {
        let error = git("git@github.com:acme/fleet.git").unwrap_err();
        assert_eq!(error.hints(), ["write it as ssh://git@github.com/acme/fleet.git"]);
    }
}
