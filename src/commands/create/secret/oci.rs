//! `flux create secret oci`.

use base64::Engine as _;
use clap::Args;

use super::super::{Common, given};
use super::{Login, Secret};
use crate::commands::Command;
use crate::context::Context;
use crate::error::{Error, Result};

/// The key of Docker's configuration.
const KEY: &str = ".dockerconfigjson";

/// The arguments of `flux create secret oci`.
#[derive(Args)]
pub struct SecretOci {
    #[command(flatten)]
    common: Common,
    /// The registry, or a path in it: ghcr.io or ghcr.io/org
    #[arg(long, value_name = "HOST")]
    url: Option<String>,
    #[command(flatten)]
    login: Login,
}

impl Command for SecretOci {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let registry = given(self.url)
            .ok_or_else(|| Error::usage("--url is required").hint("give the registry: --url=ghcr.io"))?;
        if registry.contains("://") || registry.chars().any(char::is_whitespace) {
            return Err(Error::usage(format!("error parsing url: '{registry}'"))
                .hint("give the registry's host without a scheme: --url=ghcr.io"));
        }
        let (username, password) = self
            .login
            .complete(context)?
            .ok_or_else(|| Error::usage("--username is required").hint("give --username and --password"))?;
        let secret = Secret::new(&target, Some("kubernetes.io/dockerconfigjson"), &[KEY])
            .with(KEY, docker_config(&registry, &username, &password));
        secret.finish(context, &target, "oci").await
    }
}

/// Docker's configuration file, laid out as flux writes it.
fn docker_config(registry: &str, username: &str, password: &str) -> String {
    let text = |value: &str| serde_json::Value::from(value).to_string();
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
    format!(
        "{{\n  \"auths\": {{\n    {}: {{\n      \"username\": {},\n      \"password\": {},\n      \"auth\": {}\n    }}\n  }}\n}}",
        text(registry),
        text(username),
        text(password),
        text(&auth)
    )
}

#[cfg(test)]
mod tests {
    use super::docker_config;

    #[test]
    fn the_configuration_is_json_whatever_the_password_holds() {
        let config: serde_json::Value =
            serde_json::from_str(&docker_config("ghcr.io", "u", "p\"\\\n")).unwrap();
        assert_eq!(config["auths"]["ghcr.io"]["password"], "p\"\\\n");
    }
}
