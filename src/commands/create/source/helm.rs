//! `flux create source helm`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::super::secret::Login;
use super::super::secret::helm_credentials::{Certificates, HelmCredentials};
use super::super::{Common, Target, address, apply, export, names};
use super::Flags;
use crate::api::{CloudProvider, HelmRepositorySpec, HelmRepositoryType, LocalReference};
use crate::commands::{Command, Inherited};
use crate::context::Context;
use crate::error::Result;
use crate::kinds::HELM_REPOSITORY;

/// The arguments of `flux create source helm`.
#[derive(Args)]
pub struct SourceHelm {
    #[command(flatten)]
    common: Common,
    /// The repository's address: https://host/path, or oci://host/path for a registry
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Who provides the credentials of a registry: generic, aws, azure or gcp
    #[arg(long, value_name = "NAME")]
    oci_provider: Option<CloudProvider>,
    /// A Secret in the same namespace with the credentials
    #[arg(long, value_name = "NAME")]
    secret_ref: Option<String>,
    #[command(flatten)]
    login: Login,
    /// Send the credentials to whatever host the index names
    #[arg(long)]
    pass_credentials: bool,
    /// A file with the client certificate; needs --key-file
    #[arg(long, value_name = "FILE")]
    cert_file: Option<PathBuf>,
    /// A file with the client certificate's key
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// A file with the certificate authority of the server
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    #[command(flatten)]
    fetch: Inherited<Flags>,
}

impl Command for SourceHelm {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let url = address::check("url", self.url.clone(), &["https", "http", "oci"])?;
        let oci = url.scheme() == "oci";
        if self.oci_provider.is_some() && !oci {
            context.ui.warning("--oci-provider applies to registries (oci://) only");
        }
        let mut spec = HelmRepositorySpec {
            url: self.url.unwrap_or_default(),
            interval: Some(target.interval()),
            timeout: self.fetch.0.timeout(),
            r#type: oci.then_some(HelmRepositoryType::Oci),
            provider: self.oci_provider.filter(|_| oci),
            secret_ref: names::reference("--secret-ref", self.secret_ref)?.map(LocalReference::new),
            ..HelmRepositorySpec::default()
        };
        spec.pass_credentials = self.pass_credentials && spec.secret_ref.is_some();
        address::warn_of_password(context, &url);
        let certificates = [&self.cert_file, &self.key_file, &self.ca_file];
        let given = self.login.is_given() || certificates.iter().any(|file| file.is_some());
        let named = spec.secret_ref.is_some();
        if given && named {
            context.ui.warning(
                "user, password and certificates are ignored: the Secret of --secret-ref has the credentials",
            );
        }
        if target.export {
            if given && !named {
                context.ui.warning(
                    "--export writes no credentials: make a Secret by `flux create secret helm NAME` and name it by --secret-ref=NAME",
                );
            }
            return export(context, &target.object(spec));
        }
        if named {
            return apply::apply(context, &HELM_REPOSITORY, &target.object(spec)).await;
        }
        let certificates = Certificates::read(
            ("--cert-file", self.cert_file.as_deref()),
            ("--key-file", self.key_file.as_deref()),
            ("--ca-file", self.ca_file.as_deref()),
        )?;
        let credentials = HelmCredentials::of_flags(context, self.login, certificates)?;
        apply::generating(context, &HELM_REPOSITORY);
        // As in flux, the name is `helm-` and that of the repository.
        let secret =
            Target { name: format!("helm-{}", target.name), labels: BTreeMap::new(), ..target.clone() };
        if let Some(secret) = credentials.into_secret(&secret) {
            context.ui.action("applying secret with repository credentials");
            secret.apply(context.cluster().await?).await?;
            context.ui.success("authentication configured");
            spec.secret_ref = Some(LocalReference::new(format!("helm-{}", target.name)));
            spec.pass_credentials = self.pass_credentials;
        }
        apply::apply_and_wait(context, &HELM_REPOSITORY, &target.object(spec)).await
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_helm_repository_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create source helm podinfo --url=https://stefanprodan.github.io/podinfo --interval=10m --export"), @"
        ---
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: HelmRepository
        metadata:
          name: podinfo
          namespace: flux-system
        spec:
          interval: 10m0s
          url: https://stefanprodan.github.io/podinfo
        ");
    }
}
