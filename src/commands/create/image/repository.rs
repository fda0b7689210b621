//! `flux create image repository`.

use clap::Args;

use super::super::{Common, apply, export, given, names, references};
use crate::api::{Duration, ImageRepositorySpec, LocalReference};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::IMAGE_REPOSITORY;

/// The arguments of `flux create image repository`.
#[derive(Args)]
pub struct ImageRepository {
    #[command(flatten)]
    common: Common,
    /// Image without a tag, such as ghcr.io/org/app
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Secret of type docker-registry with the credentials
    #[arg(long, value_name = "NAME")]
    secret_ref: Option<String>,
    /// Secret with TLS certificates
    #[arg(long, value_name = "NAME")]
    cert_ref: Option<String>,
    /// Timeout of a scan [default: the value of --interval]
    #[arg(long, value_name = "DURATION", value_parser = references::interval)]
    scan_timeout: Option<Duration>,
}

impl Described for ImageRepository {
    const ABOUT: About = About::new("repository", "Create or update an ImageRepository")
        .details("An ImageRepository scans the tags of a container image.")
        .usage("<NAME> --image <IMAGE>")
        .examples(&[
            (
                "Scan the tags of a public image",
                "flux create image repository podinfo --image=ghcr.io/stefanprodan/podinfo",
            ),
            (
                "Scan a private image every five minutes",
                "flux create image repository app --image=ghcr.io/acme/app \
                 --secret-ref=ghcr-auth --interval=5m",
            ),
        ]);
}

impl Command for ImageRepository {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let image =
            given(self.image).ok_or_else(|| Error::required("--image", "--image=ghcr.io/acme/app"))?;
        check(&image)?;
        let object = target.object(ImageRepositorySpec {
            image,
            interval: target.interval(),
            timeout: self.scan_timeout.filter(|timeout| timeout.as_nanos() > 0),
            secret_ref: names::reference("--secret-ref", self.secret_ref)?.map(LocalReference::new),
            cert_secret_ref: names::reference("--cert-ref", self.cert_ref)?.map(LocalReference::new),
            ..ImageRepositorySpec::default()
        });
        if target.export {
            return export(context, &object);
        }
        apply::apply(context, &IMAGE_REPOSITORY, &object).await
    }
}

/// Longest name of an image without its registry, in characters.
const LONGEST: usize = 255;

/// Checks the name of an image: `[host[:port]/]path`, without tag and digest.
fn check(image: &str) -> Result<()> {
    let wrong = |problem: String, hint: &str| {
        Error::usage(format!("unable to parse image value: {image:?} {problem}")).hint(hint.to_owned())
    };
    if image.contains("://") {
        return Err(wrong("is a URL".into(), "omit the scheme: --image=ghcr.io/org/app"));
    }
    // The part before the first slash is a registry if it looks like a host.
    let path = match image.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
            if !is_host(host) {
                return Err(wrong(
                    format!(
                        "has an invalid registry host: \
                    {host:?}"
                    ),
                    "write host or host:port",
                ));
            }
            path
        }
        _ => image,
    };
    let allowed =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.' | '/');
    if let Some(c) = path.chars().find(|c| !allowed(*c)) {
        let hint = match c {
            ':' => "omit the tag: an ImagePolicy selects it",
            '@' => "omit the digest",
            _ => "use lowercase letters, digits, dashes, dots, underscores and slashes",
        };
        return Err(wrong(format!("contains {c:?}"), hint));
    }
    if path.len() < 2 || path.len() > LONGEST || path.split('/').any(str::is_empty) {
        return Err(wrong("has no image name".into(), "for example: --image=ghcr.io/acme/app"));
    }
    Ok(())
}

fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    let host = !host.is_empty()
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '[' | ']' | ':'));
    host && port
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::check;
    use crate::testing::Scene;

    #[test]
    fn an_image_has_no_tag_and_no_scheme() {
        for image in
            ["alpine", "org/app", "ghcr.io/x/y", "localhost/app", "registry.local:5000/a/b_c", "docker.io/$"]
        {
            assert_eq!(check(image).is_ok(), !image.contains('$'), "{image}");
        }
        for image in [
            "ghcr.io/x/y:tag",
            "x@sha256:0",
            "https://ghcr.io/x",
            "a",
            "Org/App",
            "x//y",
            "h:port/x/y",
            "x y",
        ] {
            assert!(check(image).is_err(), "{image}");
        }
    }

    #[test]
    fn an_image_repository_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create image repository podinfo --image=ghcr.io/stefanprodan/podinfo --export"), @"
        ---
        apiVersion: image.toolkit.fluxcd.io/v1
        kind: ImageRepository
        metadata:
          name: podinfo
          namespace: flux-system
        spec:
          image: ghcr.io/stefanprodan/podinfo
          interval: 1m0s
        ");
    }
}
