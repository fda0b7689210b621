//! Platforms of container images, from their registries.

use std::collections::BTreeMap;

use futures::StreamExt as _;

use super::connection::Connection;
use super::http::Http;
use super::registry::{Registry, Repository, is_tag};
use super::source::PlainHttp;
use super::{Charts, Error, ErrorKind, Result};

/// Tag of an image that names none.
const LATEST: &str = "latest";

impl Charts {
    /// Asks the registries for the platforms of images, several at once: `os/architecture[/variant]` of each build.
    /// Registries are asked without credentials.
    ///
    /// Must be called within a tokio runtime, and only where fetching is allowed.
    pub async fn platforms_of_images(
        &self,
        images: impl IntoIterator<Item = String>,
    ) -> BTreeMap<String, Result<Vec<String>>> {
        let mut registries: BTreeMap<String, Result<Registry>> = BTreeMap::new();
        let mut asked = Vec::new();
        for image in images {
            let parsed = parse(&image);
            if let Ok((repository, _)) = &parsed
                && !registries.contains_key(&repository.host)
            {
                registries.insert(repository.host.clone(), self.registry_of_images(repository));
            }
            asked.push((image, parsed));
        }
        let registries = &registries;
        let each = asked.into_iter().map(async |(image, parsed)| {
            let platforms = match parsed {
                Ok((repository, reference)) => match &registries[&repository.host] {
                    Ok(registry) => {
                        let what = format!("find the platforms of image {image}");
                        registry.platforms(&what, &repository, &reference).await
                    }
                    Err(error) => Err(error.clone()),
                },
                Err(error) => Err(error),
            };
            (image, platforms)
        });
        futures::stream::iter(each).buffer_unordered(self.options.limits.parallel.max(1)).collect().await
    }

    /// Client of the registry of a repository, for all images that are in it.
    fn registry_of_images(&self, repository: &Repository) -> Result<Registry> {
        let object = format!("images of {}", repository.host);
        let connection = Connection::default();
        let limits = self.options.limits;
        let http = Http::new(&object, &connection, &self.options.network, limits, self.events.clone())?;
        let plain = if repository.is_loopback() { PlainHttp::Fallback } else { PlainHttp::Never };
        Ok(Registry::new(&object, repository, plain, &connection, http, limits))
    }
}

/// Splits an image into its repository, and its digest or tag. As in container runtimes, a name without a registry is one
/// of Docker Hub, and a digest wins over a tag.
fn parse(image: &str) -> Result<(Repository, String)> {
    let invalid = || {
        Error::new(ErrorKind::Invalid, format!("read image {image}"), "it is not the name of an image")
            .hint("an image is [REGISTRY/]REPOSITORY[:TAG][@sha256:DIGEST]")
    };
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match name[slash..].split_once(':') {
        Some((last, tag)) => (&name[..slash + last.len()], Some(tag)),
        None => (name, None),
    };
    if tag.is_some_and(|tag| !is_tag(tag)) || digest.is_some_and(|digest| !digest.starts_with("sha256:")) {
        return Err(invalid());
    }
    let is_host = |part: &str| part.contains(['.', ':']) || part == "localhost";
    let url = match name.split_once('/') {
        Some((host, _)) if is_host(host) => format!("oci://{name}"),
        _ => format!("oci://docker.io/{name}"),
    };
    let source = format!("image {image}");
    let repository = Repository::parse(&source, &url).and_then(|it| it.of_artifact(&source));
    let repository = repository.map_err(|_| invalid())?;
    Ok((repository, digest.or(tag).unwrap_or(LATEST).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_images_are_read_as_container_runtimes_do() {
        for (image, repository, reference) in [
            ("nginx", "oci://docker.io/library/nginx", "latest"),
            ("grafana/grafana:11.0.0", "oci://docker.io/grafana/grafana", "11.0.0"),
            ("ghcr.io/home-operations/sonarr:4.0", "oci://ghcr.io/home-operations/sonarr", "4.0"),
            ("localhost:5000/app", "oci://localhost:5000/app", "latest"),
            ("localhost/app:1", "oci://localhost/app", "1"),
            ("quay.io/a/b:1@sha256:00", "oci://quay.io/a/b", "sha256:00"),
        ] {
            let (found, tag) = parse(image).unwrap_or_else(|error| panic!("{image}: {error}"));
            assert_eq!((found.to_string().as_str(), tag.as_str()), (repository, reference), "{image}");
        }
        for image in ["", "UPPER/case", "a:b c", "a@md5:00", "ghcr.io/", "${REGISTRY}/app", "a//b"] {
            let error = parse(image).expect_err(image);
            assert_eq!(error.kind(), ErrorKind::Invalid, "{image}");
        }
    }
}
