//! `flux create secret helm`.

use clap::Args;

use super::super::Common;
use super::helm_credentials::{CertificateFiles, HelmCredentials};
use super::{Login, finish, manifest};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::Result;

/// The arguments of `flux create secret helm`.
#[derive(Args)]
pub struct SecretHelm {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    login: Login,
    #[command(flatten)]
    certificates: CertificateFiles,
}

impl Described for SecretHelm {
    const ABOUT: About =
        About::new("helm", "Create or update a Secret with the credentials of a Helm repository")
            .usage(
                "<NAME> (--username <NAME> --password <PASSWORD> | --tls-crt-file <FILE> \
                 --tls-key-file <FILE>)",
            )
            .examples(&[
                (
                    "Use a username and a password",
                    "flux create secret helm charts-auth --username=alice --password=secret",
                ),
                (
                    "Use a client certificate",
                    "flux create secret helm charts-auth --tls-crt-file=./client.crt \
                     --tls-key-file=./client.key --ca-crt-file=./ca.crt",
                ),
            ]);
}

impl Command for SecretHelm {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let certificates = self.certificates.read(context.ui.input())?;
        let credentials = HelmCredentials::of_flags(context, self.login, certificates)?;
        let secret = credentials.into_secret(&target).unwrap_or_else(|| {
            context.ui.warning("the Secret is empty: add --username and --password, or certificates");
            manifest(&target, None, &[])
        });
        finish(&secret, context, &target, "helm").await
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_secret_for_a_helm_repository_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create secret helm charts --username=flux --password=token --export"), @"
        ---
        apiVersion: v1
        kind: Secret
        metadata:
          name: charts
          namespace: flux-system
        stringData:
          password: token
          username: flux
        type: kubernetes.io/basic-auth
        ");
    }
}
