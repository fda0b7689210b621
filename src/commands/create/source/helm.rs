//! `flux create source helm`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::super::secret::Login;
use super::super::secret::helm_credentials::{Certificates, HelmCredentials};
use super::super::{Common, Target, address, apply, export, names};
use super::Flags;
use crate::api::{CloudProvider, HelmRepositorySpec, HelmRepositoryType, LocalReference};
use crate::args::Inherited;
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::Result;
use crate::kinds::HELM_REPOSITORY;

/// The arguments of `flux create source helm`.
#[derive(Args)]
pub struct SourceHelm {
    #[command(flatten)]
    common: Common,
    /// URL of the repository: https://host/path, or oci://host/path for a registry
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Provider of the registry credentials: generic, aws, azure or gcp
    #[arg(long, value_name = "NAME")]
    oci_provider: Option<CloudProvider>,
    /// Existing Secret with the credentials, instead of creating one
    #[arg(long, value_name = "NAME")]
    secret_ref: Option<String>,
    #[command(flatten)]
    login: Login,
    /// Also send the credentials to other hosts that the index refers to
    #[arg(long)]
    pass_credentials: bool,
    /// File with a client certificate; needs --key-file
    #[arg(long, value_name = "FILE")]
    cert_file: Option<PathBuf>,
    /// File with the key of the client certificate
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// File with the CA certificate of the server
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    #[command(flatten)]
    fetch: Inherited<Flags>,
}

impl Described for SourceHelm {
    const ABOUT: About = About::new("helm", "Create or update a HelmRepository")
        .details("Credentials are stored in a Secret with the same name as the source.")
        .usage("<NAME> --url <URL>")
        .examples(&[
            (
                "Use a public chart repository",
                "flux create source helm podinfo --url=https://stefanprodan.github.io/podinfo",
            ),
            (
                "Use charts in an OCI registry",
                "flux create source helm podinfo --url=oci://ghcr.io/stefanprodan/charts \
                 --secret-ref=ghcr-auth",
            ),
            (
                "Use a private chart repository",
                "flux create source helm charts --url=https://charts.example.com \
                 --username=alice --password=secret",
            ),
        ]);
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
                "--username, --password and certificates are ignored: the Secret of --secret-ref has the \
                credentials",
            );
        }
        if target.export {
            if given && !named {
                context.ui.warning(
                    "--export does not print credentials: create a Secret with `flux create secret helm \
                    NAME` and add --secret-ref=NAME",
                );
            }
            return export(context, &target.object(spec));
        }
        if named {
            return apply::apply(context, &HELM_REPOSITORY, &target.object(spec)).await;
        }
        let certificates = Certificates::read(
            context.ui.input(),
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
