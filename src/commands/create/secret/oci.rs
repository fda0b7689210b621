//! `flux create secret oci`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;

use super::super::{Common, given};
use super::{Login, finish, manifest};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// Under what `docker login` keeps the credentials of Docker Hub.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// The key of Docker's configuration.
const KEY: &str = ".dockerconfigjson";

/// The arguments of `flux create secret oci`.
#[derive(Args)]
pub struct SecretOci {
    #[command(flatten)]
    common: Common,
    /// Registry host, with an optional path: ghcr.io or ghcr.io/org
    #[arg(long, value_name = "HOST")]
    url: Option<String>,
    #[command(flatten)]
    login: Login,
}

impl Described for SecretOci {
    const ABOUT: About =
        About::new("oci", "Create or update a Secret with the credentials of a container registry")
            .usage("<NAME> --url <HOST> --username <NAME> --password <PASSWORD>")
            .examples(&[
                (
                    "Use a token for GitHub Container Registry",
                    "flux create secret oci ghcr-auth --url=ghcr.io --username=flux --password=token",
                ),
                (
                    "Print the Secret, to be encrypted and committed",
                    "flux create secret oci ghcr-auth --url=ghcr.io --username=flux \
                     --password=token --export > ghcr-auth.yaml",
                ),
            ]);
}

impl Command for SecretOci {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let registry = given(self.url).ok_or_else(|| Error::required("--url", "--url=ghcr.io"))?;
        check(&registry)?;
        if ["docker.io", "registry-1.docker.io"].contains(&registry.as_str()) {
            context.ui.warning(format!(
                "the Flux controllers look for the credentials of Docker Hub under index.docker.io, not \
                under \
                {registry}: use --url={DOCKER_HUB}"
            ));
        }
        let (username, password) = self
            .login
            .complete(context)?
            .ok_or_else(|| Error::usage("--username is required").hint("add --username and --password"))?;
        let secret = manifest(&target, Some("kubernetes.io/dockerconfigjson"), &[KEY])
            .with_secret(KEY, docker_config(&registry, &username, password.expose()));
        finish(&secret, context, &target, "oci").await
    }
}

/// Refuses what is no registry. Docker Hub's key is written as `docker login` writes it; the others have no scheme.
fn check(registry: &str) -> Result<()> {
    let host = registry.split('/').next().unwrap_or_default();
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_');
    let problem = if registry == DOCKER_HUB || registry == DOCKER_HUB.trim_end_matches('/') {
        return Ok(());
    } else if registry.contains("://") {
        "it has a scheme"
    } else if registry.contains('@') {
        "it has a user or a digest"
    } else if host.is_empty()
        || !host.chars().all(is_host)
        || registry.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        "it has no host"
    } else {
        return Ok(());
    };
    let bare = registry.split_once("://").map_or(registry, |(_, rest)| rest);
    let bare = bare.rsplit_once('@').map_or(bare, |(_, rest)| rest);
    let bare = bare
        .split('/')
        .next()
        .filter(|host| !host.is_empty() && host.chars().all(is_host))
        .unwrap_or("ghcr.io");
    let error = Error::usage(format!("error parsing url: {problem}"));
    Err(if bare.ends_with("docker.io") {
        error.hint(format!("for Docker Hub, write --url={DOCKER_HUB}"))
    } else {
        error.hint(format!("use the registry host without a scheme: --url={bare}"))
    })
}

/// Docker's configuration file, laid out as flux writes it.
fn docker_config(registry: &str, username: &str, password: &str) -> Secret {
    let text = |value: &str| serde_json::Value::from(value).to_string();
    let auth = STANDARD.encode(format!("{username}:{password}"));
    Secret::new(format!(
        "{{\n  \"auths\": {{\n    {}: {{\n      \"username\": {},\n      \"password\": {},\n      \"auth\": {}\n    }}\n  }}\n}}",
        text(registry),
        text(username),
        text(password),
        text(&auth)
    ))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::{check, docker_config};
    use crate::testing::Scene;

    #[test]
    fn a_registry_is_a_host_or_docker_hubs_key() {
        for registry in [
            "ghcr.io",
            "ghcr.io/org",
            "localhost:5000",
            "[::1]:5000/x",
            "index.docker.io",
            "docker.io",
            "https://index.docker.io/v1/",
            "https://index.docker.io/v1",
        ] {
            assert!(check(registry).is_ok(), "{registry}");
        }
        for (registry, hint) in [
            ("https://ghcr.io/org", "--url=ghcr.io"),
            ("http://registry.local:5000", "--url=registry.local:5000"),
            ("https://registry-1.docker.io/v2/", "--url=https://index.docker.io/v1/"),
            ("oci://ghcr.io/x", "--url=ghcr.io"),
            ("https://user:hunter2@ghcr.io", "--url=ghcr.io"),
            ("ghcr.io /x", "--url=ghcr.io"),
            ("/x", "--url=ghcr.io"),
            ("gh cr.io", "--url=ghcr.io"),
        ] {
            let error = check(registry).expect_err(registry);
            assert!(error.hints()[0].ends_with(hint), "{registry}: {:?}", error.hints());
            assert!(!format!("{error} {:?}", error.hints()).contains("hunter2"));
        }
    }

    #[test]
    fn the_configuration_is_json_whatever_the_password_holds() {
        let config: serde_json::Value =
            serde_json::from_str(docker_config("ghcr.io", "u", "p\"\\\n").expose()).unwrap();
        assert_eq!(config["auths"]["ghcr.io"]["password"], "p\"\\\n");
    }

    #[test]
    fn a_registry_secret_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create secret oci ghcr --url=ghcr.io --username=flux --password=token --export"), @r#"
        ---
        apiVersion: v1
        kind: Secret
        metadata:
          name: ghcr
          namespace: flux-system
        stringData:
          .dockerconfigjson: |-
            {
              "auths": {
                "ghcr.io": {
                  "username": "flux",
                  "password": "token",
                  "auth": "Zmx1eDp0b2tlbg=="
                }
              }
            }
        type: kubernetes.io/dockerconfigjson
        "#);
    }
}
