//! Address of an API server.

use http::Uri;
use url::Url;

use crate::error::{Error, Result};
use crate::secret::Secret;

/// Address of an API server.
pub(super) struct Server {
    pub uri: Uri,
    /// Username and password in the address, for basic authentication.
    pub login: Option<(String, Secret)>,
    /// Whether the address has no scheme.
    pub guessed: bool,
}

impl Server {
    /// Parses an address as client-go does: without a scheme, it is plain HTTP.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |what: &str| {
            // The address may contain a password.
            let place = text.rsplit_once('@').map_or(text, |(_, place)| place);
            let place: String = place.chars().take(200).filter(|c| !c.is_control()).collect();
            Error::usage(format!("the server {place:?} is not an address: {what}"))
                .hint("write it as https://HOST:PORT, in the kubeconfig or with --server")
        };
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(wrong("it contains spaces, line breaks or backslashes"));
        }
        let guessed = !has_scheme(text);
        let full = if guessed { format!("http://{text}") } else { text.to_owned() };
        let mut url = Url::parse(&full).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(&format!("{}:// is not supported", url.scheme())));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(wrong("it has no host"));
        }
        if guessed && !matches!(url.path(), "" | "/") {
            return Err(wrong("it has a path but no scheme"));
        }
        url.set_query(None);
        url.set_fragment(None);
        let mut login = None;
        if !url.username().is_empty() || url.password().is_some() {
            let decode = |text: &str| percent_decoded(text).ok_or_else(|| wrong("its password is not UTF-8"));
            login = Some((decode(url.username())?, Secret::new(decode(url.password().unwrap_or_default())?)));
            let bare = url.set_username("").and_then(|()| url.set_password(None));
            bare.map_err(|()| wrong("it has no host"))?;
        }
        let uri = url.as_str().parse::<Uri>().map_err(|error| wrong(&error.to_string()))?;
        if uri.authority().is_none() {
            return Err(wrong("it has no host"));
        }
        Ok(Server { uri, login, guessed })
    }

    pub fn is_secure(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }
}

/// Whether `text` has a scheme and a host.
fn has_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        let mut letters = scheme.chars();
        letters.next().is_some_and(|first| first.is_ascii_alphabetic())
            && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
            && !rest.is_empty()
            && !rest.starts_with(['/', '?', '#'])
    })
}

fn percent_decoded(text: &str) -> Option<String> {
    let pairs = format!("={}", text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D"));
    let decoded = url::form_urlencoded::parse(pairs.as_bytes()).next()?.1.into_owned();
    (!decoded.contains('\u{fffd}')).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parsed_as_by_client_go() {
        for (text, uri) in [
            ("https://10.0.0.1:6443", "https://10.0.0.1:6443/"),
            ("https://10.0.0.1:6443/", "https://10.0.0.1:6443/"),
            ("HTTPS://Edge.Example.com", "https://edge.example.com/"),
            ("https://rancher/k8s/clusters/c-1", "https://rancher/k8s/clusters/c-1"),
            ("https://rancher/k8s/?a=b#c", "https://rancher/k8s/"),
            ("https://[fd00::1]:6443", "https://[fd00::1]:6443/"),
            ("127.0.0.1:6443", "http://127.0.0.1:6443/"),
            ("localhost:6443", "http://localhost:6443/"),
            ("edge.example.com", "http://edge.example.com/"),
            ("edge.example.com/", "http://edge.example.com/"),
            ("[::1]:6443", "http://[::1]:6443/"),
            ("https://me:pa%20ss@10.0.0.1", "https://10.0.0.1/"),
        ] {
            let server = Server::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(server.uri.to_string(), uri, "{text}");
        }
        let (name, password) = Server::parse("https://m%40e:pa%20s+s@10.0.0.1").unwrap().login.unwrap();
        assert_eq!((name.as_str(), password.expose()), ("m@e", "pa s+s"));
    }

    #[test]
    fn an_invalid_address_is_refused_without_its_password() {
        for text in [
            "",
            " ",
            "https://",
            "https:///x",
            "http://:6443",
            "edge/path",
            "10.0.0.1:6443/path",
            "https:/10.0.0.1",
            "https:10.0.0.1:1/x",
            "ftp://edge",
            "unix:///run/x",
            "https://edge:99999",
            "https://edge:port",
            "https://a b",
            "https://edge\n",
            "https://me:geheim@a b",
            "https://[::1",
            "https://[fe80::1%25eth0]:1",
            "https://me:geheim@",
            "\u{7f}",
            "://",
            "https://\\\\x",
            "ssh://me:geheim@edge",
        ] {
            let error = Server::parse(text).err().unwrap_or_else(|| panic!("{text:?} is taken"));
            let told = format!("{error} {:?}", error.hints());
            assert!(told.contains("https://HOST:PORT") && !told.contains("geheim"), "{text:?}: {told}");
        }
        let long = format!("https://edge/{}", "x".repeat(70_000));
        assert!(Server::parse(&long).is_err());
    }
}
