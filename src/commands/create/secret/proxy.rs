//! `flux create secret proxy`.

use clap::Args;
use url::Url;

use super::super::{Common, given};
use super::{finish, given_secret, manifest};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The arguments of `flux create secret proxy`.
#[derive(Args)]
pub struct SecretProxy {
    #[command(flatten)]
    common: Common,
    /// Address of the proxy, such as http://proxy.example.com:3128
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// Username for the proxy
    #[arg(short, long, value_name = "NAME")]
    username: Option<String>,
    /// Password for the proxy
    #[arg(short, long, value_name = "PASSWORD")]
    password: Option<Secret>,
}

impl Described for SecretProxy {
    const ABOUT: About =
        About::new("proxy", "Create or update a Secret with the address and credentials of a proxy")
            .usage("<NAME> --address <URL>")
            .examples(&[
                (
                    "Use a proxy without authentication",
                    "flux create secret proxy proxy --address=http://proxy.example.com:3128",
                ),
                (
                    "Use a proxy with a username and a password",
                    "flux create secret proxy proxy --address=http://proxy.example.com:3128 \
                     --username=alice --password=secret",
                ),
            ]);
}

impl Command for SecretProxy {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let address = given(self.address)
            .ok_or_else(|| Error::required("--address", "--address=http://proxy.example.com:3128"))?;
        if !Url::parse(&address).is_ok_and(|url| url.has_host()) {
            return Err(Error::usage("invalid proxy address: it is not a URL with a host")
                .hint("write it as http://HOST:PORT; use --username and --password for credentials"));
        }
        let mut secret =
            manifest(&target, Some("Opaque"), &["address", "password", "username"]).with("address", address);
        if let Some(username) = given(self.username) {
            secret = secret.with("username", username);
        }
        if let Some(password) = given_secret(self.password) {
            secret = secret.with_secret("password", password);
        }
        finish(&secret, context, &target, "proxy").await
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_secret_for_a_proxy_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create secret proxy proxy --address=https://proxy.example.com:3128 --username=flux --password=token --export"), @"
        ---
        apiVersion: v1
        kind: Secret
        metadata:
          name: proxy
          namespace: flux-system
        stringData:
          address: https://proxy.example.com:3128
          password: token
          username: flux
        type: Opaque
        ");
    }
}
