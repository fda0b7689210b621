//! Container registries: tags, manifests and blobs of artifacts, by the OCI distribution API.

mod challenge;
mod image;
mod manifest;
mod repository;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use http::header::{HeaderName, LINK};
use serde::Deserialize;
use tokio::sync::OnceCell;
use url::Url;

use super::connection::{Connection, Login};
use super::digest::Digest;
use super::http::{Ask, Http, Reply, Sink, host, is_exposed, is_loopback};
use super::source::PlainHttp;
use super::{Error, ErrorKind, Limits, Result};
use crate::secret::Secret;

use challenge::Challenge;
use image::Image;
pub(super) use manifest::{CHART_LAYER, Manifest};
pub(super) use repository::{Repository, is_tag};

const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// Most bytes of a page of tags, a token or a manifest.
const MOST_OF_AN_ANSWER: u64 = 4 << 20;
/// Most tags of a repository; about as many as the largest public ones have, tenfold.
const MOST_TAGS: usize = 100_000;
/// Number of tags that are asked for at once.
const PAGE: usize = 1000;

/// Client of a registry, for one source.
pub(super) struct Registry {
    http: Http,
    object: String,
    login: Option<Login>,
    server: String,
    plain: PlainHttp,
    limits: Limits,
    base: OnceCell<Url>,
    /// Authorizations by repository.
    known: Mutex<BTreeMap<String, Access>>,
}

/// What a request needs: an authorization, and a client that does not show it.
#[derive(Clone)]
struct Access {
    http: Http,
    authorization: Option<Secret>,
}

/// Request of the API.
struct Call<'a> {
    what: &'a str,
    repository: &'a Repository,
    url: Url,
    accept: Option<&'static str>,
    most: u64,
    progress: Option<&'a str>,
}

#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl Registry {
    pub(super) fn new(
        object: &str,
        repository: &Repository,
        plain: PlainHttp,
        connection: &Connection,
        http: Http,
        limits: Limits,
    ) -> Registry {
        Registry {
            http,
            object: object.to_owned(),
            login: connection.login.clone(),
            server: repository.server().to_owned(),
            plain,
            limits,
            base: OnceCell::new(),
            known: Mutex::default(),
        }
    }

    /// Lists the tags of a repository.
    pub(super) async fn tags(&self, what: &str, repository: &Repository) -> Result<Vec<String>> {
        let mut url = self.url(what, repository, "tags/list").await?;
        url.query_pairs_mut().append_pair("n", &PAGE.to_string());
        let mut tags = Vec::new();
        loop {
            let call = Call { what, repository, url, accept: None, most: MOST_OF_AN_ANSWER, progress: None };
            let mut body = Vec::new();
            let reply = self.get(&call, &mut body).await?;
            let page: Tags =
                serde_json::from_slice(&body).map_err(|error| unreadable(what, &self.server, &error))?;
            let before = tags.len();
            tags.extend(page.tags.unwrap_or_default());
            if tags.len() > MOST_TAGS {
                let cause = format!("{repository} has more than {MOST_TAGS} tags");
                return Err(Error::new(ErrorKind::TooLarge, what, cause).hint("name an exact version"));
            }
            let next = reply.header(LINK).and_then(|link| next_page(link, &call.url));
            match next {
                Some(next) if tags.len() > before => url = next,
                _ => return Ok(tags),
            }
        }
    }

    /// Reads the manifest of a tag or digest.
    pub(super) async fn manifest(
        &self,
        what: &str,
        repository: &Repository,
        reference: &str,
    ) -> Result<Manifest> {
        let (body, promised) = self.document(what, repository, reference).await?;
        let kind = if promised.is_some_and(|it| it != Digest::of(&body)) {
            ErrorKind::Digest
        } else {
            ErrorKind::Invalid
        };
        Manifest::read(&body, promised.as_ref()).map_err(|cause| {
            Error::new(kind, what, format!("{repository}: {cause}"))
                .hint(format!("check spec.url and the version of {}", self.object))
        })
    }

    /// Lists the platforms of an image by its tag or digest.
    pub(super) async fn platforms(
        &self,
        what: &str,
        repository: &Repository,
        reference: &str,
    ) -> Result<Vec<String>> {
        let (body, promised) = self.document(what, repository, reference).await?;
        let invalid = |kind, cause: &str| {
            Error::new(kind, what, format!("{repository}: {cause}")).hint("check the name of the image")
        };
        if promised.is_some_and(|it| it != Digest::of(&body)) {
            return Err(invalid(
                ErrorKind::Digest,
                "its manifest does not have the digest that was promised",
            ));
        }
        let image = Image::read(&body).map_err(|cause| invalid(ErrorKind::Invalid, &cause))?;
        let config = match image {
            Image::Index(platforms) => return Ok(platforms),
            Image::Single(config) => config,
        };
        let digest = Digest::parse(&config.digest)
            .ok_or_else(|| invalid(ErrorKind::Invalid, "its configuration has no SHA-256 digest"))?;
        let mut body = Vec::new();
        self.blob(what, repository, &digest, None, MOST_OF_AN_ANSWER, &mut body).await?;
        if Digest::of(&body) != digest {
            return Err(invalid(
                ErrorKind::Digest,
                "its configuration does not have the digest of its manifest",
            ));
        }
        let platform = image::of_configuration(&body).map_err(|cause| invalid(ErrorKind::Invalid, &cause))?;
        Ok(vec![platform])
    }

    /// Reads the manifest or index of a tag or digest, with the digest that it should have.
    async fn document(
        &self,
        what: &str,
        repository: &Repository,
        reference: &str,
    ) -> Result<(Vec<u8>, Option<Digest>)> {
        let url = self.url(what, repository, &format!("manifests/{reference}")).await?;
        let accept = Some(manifest::ACCEPTED);
        let call = Call { what, repository, url, accept, most: MOST_OF_AN_ANSWER, progress: None };
        let mut body = Vec::new();
        let reply = self.get(&call, &mut body).await?;
        let pinned = reference.contains(':').then(|| Digest::parse(reference)).flatten();
        let promised = pinned.or_else(|| reply.header(DOCKER_CONTENT_DIGEST).and_then(Digest::parse));
        Ok((body, promised))
    }

    /// Writes a blob to `sink`. The caller checks its digest.
    pub(super) async fn blob(
        &self,
        what: &str,
        repository: &Repository,
        digest: &Digest,
        progress: Option<&str>,
        most: u64,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let url = self.url(what, repository, &format!("blobs/{digest}")).await?;
        let call = Call { what, repository, url, accept: None, most, progress };
        self.get(&call, sink).await.map(|_| ())
    }

    async fn url(&self, what: &str, repository: &Repository, rest: &str) -> Result<Url> {
        let base = self.base.get_or_try_init(|| self.find_base(what)).await?;
        let url = base.join(&format!("v2/{}/{rest}", repository.path));
        url.map_err(|_| Error::new(ErrorKind::Invalid, what, format!("{repository} is not a valid name")))
    }

    /// Finds out whether the registry speaks TLS.
    async fn find_base(&self, what: &str) -> Result<Url> {
        let base = |scheme: &str| {
            Url::parse(&format!("{scheme}://{}/", self.server))
                .map_err(|_| Error::new(ErrorKind::Invalid, what, format!("{} is not a host", self.server)))
        };
        match self.plain {
            PlainHttp::Never => base("https"),
            PlainHttp::Only => base("http"),
            PlainHttp::Fallback => {
                let secure = base("https")?;
                let url = secure
                    .join("v2/")
                    .map_err(|error| Error::new(ErrorKind::Invalid, what, error.to_string()))?;
                let ask = self.ask(what, &url, None, None, MOST_OF_AN_ANSWER, None);
                match self.http.get(&ask, &mut Vec::new()).await {
                    // No TLS on this port.
                    Err(error) if error.kind() == ErrorKind::Invalid => base("http"),
                    Err(error) => Err(error),
                    Ok(_) => Ok(secure),
                }
            }
        }
    }

    fn ask<'a>(
        &self,
        what: &'a str,
        url: &'a Url,
        authorization: Option<Secret>,
        accept: Option<&'static str>,
        most: u64,
        progress: Option<&'a str>,
    ) -> Ask<'a> {
        let most = most.min(self.limits.artifact.max(MOST_OF_AN_ANSWER));
        Ask { what, url, authorization, accept, known: None, compressed: false, most, progress }
    }

    /// Sends a request, authenticates if the registry asks for it, and sends it again.
    async fn get(&self, call: &Call<'_>, sink: &mut dyn Sink) -> Result<Reply> {
        let mut access = self.known(call.repository);
        let mut authenticated = false;
        loop {
            let ask = self.ask(
                call.what,
                &call.url,
                access.authorization.clone(),
                call.accept,
                call.most,
                call.progress,
            );
            let reply = access.http.get(&ask, sink).await?;
            if reply.status.is_success() {
                return Ok(reply);
            }
            if reply.status == StatusCode::UNAUTHORIZED
                && !authenticated
                && let Some(challenge) = Challenge::of(&reply.headers)
            {
                authenticated = true;
                access = self.authenticate(call, challenge).await?;
                self.known
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(call.repository.path.clone(), access.clone());
                continue;
            }
            return Err(access.http.refused(&ask, &reply));
        }
    }

    fn known(&self, repository: &Repository) -> Access {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&repository.path).cloned();
        found.unwrap_or_else(|| Access { http: self.http.clone(), authorization: None })
    }

    /// Gets the authorization that a registry asks for.
    async fn authenticate(&self, call: &Call<'_>, challenge: Challenge) -> Result<Access> {
        let refused = |cause: String| Error::new(ErrorKind::Refused, call.what, cause);
        match challenge {
            Challenge::Basic => {
                let Some(login) = &self.login else {
                    let cause = format!("{} requires credentials", self.server);
                    return Err(refused(cause)
                        .hint(format!("name the Secret with them in spec.secretRef of {}", self.object)));
                };
                self.check_exposure(call.what, &call.url)?;
                Ok(Access { http: self.http.clone(), authorization: Some(login.basic()) })
            }
            Challenge::Bearer { realm, service, scope } => {
                let mut url = Url::parse(&realm)
                    .ok()
                    .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
                    .ok_or_else(|| refused(format!("{} names no valid server for tokens", self.server)))?;
                let own = host(&url) == host(&call.url) && call.url.scheme() == "http";
                if url.scheme() == "http" && !is_loopback(&url) && !own {
                    let cause = format!("{} wants a token over plain HTTP from {}", self.server, host(&url));
                    return Err(refused(cause).hint("the token's server must have TLS"));
                }
                if self.login.is_some() {
                    self.check_exposure(call.what, &url)?;
                    // The token is as good as the password.
                    self.check_exposure(call.what, &call.url)?;
                }
                let scope = scope.unwrap_or_else(|| format!("repository:{}:pull", call.repository.path));
                {
                    let mut query = url.query_pairs_mut();
                    if let Some(service) = &service {
                        query.append_pair("service", service);
                    }
                    query.append_pair("scope", &scope);
                }
                let login = self.login.as_ref().map(Login::basic);
                let ask = self.ask(call.what, &url, login, None, MOST_OF_AN_ANSWER, None);
                let mut body = zeroize::Zeroizing::new(Vec::new());
                let reply = self.http.get(&ask, &mut *body).await?;
                if !reply.status.is_success() {
                    return Err(self.http.refused(&ask, &reply));
                }
                let token: Token = serde_json::from_slice(&body)
                    .map_err(|error| unreadable(call.what, &host(&url), &error))?;
                let token =
                    token.token.filter(|it| !it.is_empty()).or(token.access_token).unwrap_or_default();
                if token.is_empty() {
                    return Err(refused(format!("{} answered without a token", host(&url))));
                }
                let token = Secret::new(token);
                let mut http = self.http.clone();
                http.hide(&token);
                let authorization = Some(Secret::new(format!("Bearer {}", token.expose())));
                Ok(Access { http, authorization })
            }
        }
    }

    /// Fails if credentials could be read on the way to a URL.
    fn check_exposure(&self, what: &str, url: &Url) -> Result<()> {
        if !is_exposed(url) {
            return Ok(());
        }
        let cause = format!("{} requires credentials, which are not sent over plain HTTP", host(url));
        Err(Error::new(ErrorKind::Refused, what, cause)
            .hint(format!("give the registry TLS and remove spec.insecure of {}", self.object)))
    }
}

fn unreadable(what: &str, host: &str, error: &serde_json::Error) -> Error {
    // The parser's message may quote the text.
    let (line, column) = (error.line(), error.column());
    let cause = format!("{host} sent an answer that cannot be read (line {line}, column {column})");
    Error::new(ErrorKind::Invalid, what, cause)
        .hint("check that it is a registry, and whether a proxy or a login page responds instead")
}

/// URL of the next page of a list, from the header `Link`. Only one of the same server counts.
fn next_page(link: &str, url: &Url) -> Option<Url> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\"") || part.contains("rel=next"))?;
    let (_, rest) = next.split_once('<')?;
    let (target, _) = rest.split_once('>')?;
    url.join(target).ok().filter(|next| next.origin() == url.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_one_of_the_same_server() {
        let url = Url::parse("https://r.example.com/v2/a/tags/list?n=2").unwrap();
        let next = |link: &str| next_page(link, &url).map(String::from);
        assert_eq!(
            next("</v2/a/tags/list?last=b&n=2>; rel=\"next\"").as_deref(),
            Some("https://r.example.com/v2/a/tags/list?last=b&n=2")
        );
        assert_eq!(next("<https://evil.example.com/v2/>; rel=\"next\""), None);
        assert_eq!(next("</v2/>; rel=\"prev\""), None);
    }
}
