//! `flux create source oci`.

use clap::{ArgAction, Args};

use super::super::{Common, address, apply, export, given, names};
use super::{Flags, verify::Signatures};
use crate::api::{
    CloudProvider, LayerOperation, LayerSelector, LocalReference, OciRepositoryRef, OciRepositorySpec,
};
use crate::args::Inherited;
use crate::args::values::{self, List};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::OCI_REPOSITORY;

/// The arguments of `flux create source oci`.
#[derive(Args)]
pub struct SourceOci {
    #[command(flatten)]
    common: Common,
    /// URL of the artifact without a tag: oci://host/path
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Tag to follow
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Range of versions whose newest tag is pulled, such as '>=1.0.0 <2.0.0'
    #[arg(long, value_name = "RANGE")]
    tag_semver: Option<String>,
    /// Digest to pull, sha256:…; overrides tags
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    /// Layer to use, as media-type:extract or media-type:copy
    #[arg(long, value_name = "SELECTOR")]
    layer_selector: Option<String>,
    /// Files to ignore, as .gitignore patterns separated by commas
    #[arg(long, value_name = "PATTERNS", action = ArgAction::Append, value_parser = values::list)]
    ignore_paths: Vec<List>,
    /// Provider of the credentials: generic, aws, azure or gcp
    #[arg(long, value_name = "NAME", default_value = "generic")]
    provider: CloudProvider,
    /// Secret of type docker-registry with the credentials
    #[arg(long, value_name = "NAME")]
    secret_ref: Option<String>,
    /// ServiceAccount with image pull secrets
    #[arg(long, value_name = "NAME")]
    service_account: Option<String>,
    /// Secret with TLS certificates
    #[arg(long, value_name = "NAME")]
    cert_ref: Option<String>,
    /// Secret with the address and credentials of a proxy
    #[arg(long, value_name = "NAME")]
    proxy_secret_ref: Option<String>,
    /// Connect to the registry over plain HTTP
    #[arg(long)]
    insecure: bool,
    #[command(flatten)]
    verify: Signatures,
    #[command(flatten)]
    fetch: Inherited<Flags>,
}

impl Described for SourceOci {
    const ABOUT: About = About::new("oci", "Create or update an OCIRepository")
        .usage("<NAME> --url <URL> (--tag <TAG> | --tag-semver <RANGE> | --digest <DIGEST>)")
        .examples(&[
            (
                "Follow a tag of a public artifact",
                "flux create source oci podinfo \
                 --url=oci://ghcr.io/stefanprodan/manifests/podinfo --tag=latest",
            ),
            (
                "Follow the newest tag in a range of versions",
                "flux create source oci podinfo \
                 --url=oci://ghcr.io/stefanprodan/manifests/podinfo --tag-semver='>=6.0.0'",
            ),
            (
                "Use a private registry and require a Cosign signature",
                "flux create source oci apps --url=oci://ghcr.io/acme/apps --tag=stable \
                 --secret-ref=ghcr-auth --verify-provider=cosign --verify-secret-ref=cosign-key",
            ),
        ]);
}

impl Command for SourceOci {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        address::check("url", self.url.clone(), &["oci"])?;
        let reference = OciRepositoryRef {
            tag: given(self.tag),
            semver: given(self.tag_semver),
            digest: given(self.digest),
            ..OciRepositoryRef::default()
        };
        if reference == OciRepositoryRef::default() {
            return Err(Error::required("--tag, --tag-semver or --digest", "--tag=latest"));
        }
        let ignore = List::all(self.ignore_paths);
        let object = target.object(OciRepositorySpec {
            url: self.url.unwrap_or_default(),
            interval: target.interval(),
            timeout: self.fetch.0.timeout(),
            reference: Some(reference),
            layer_selector: given(self.layer_selector).map(|text| layer(&text)).transpose()?,
            ignore: (!ignore.is_empty()).then(|| ignore.join("\n")),
            provider: Some(self.provider),
            insecure: self.insecure,
            secret_ref: names::reference("--secret-ref", self.secret_ref)?.map(LocalReference::new),
            service_account_name: names::reference("--service-account", self.service_account)?,
            cert_secret_ref: names::reference("--cert-ref", self.cert_ref)?.map(LocalReference::new),
            proxy_secret_ref: names::reference("--proxy-secret-ref", self.proxy_secret_ref)?
                .map(LocalReference::new),
            verify: self.verify.of_artifact()?,
            ..OciRepositorySpec::default()
        });
        if target.export {
            return export(context, &object);
        }
        apply::apply(context, &OCI_REPOSITORY, &object).await
    }
}

fn layer(text: &str) -> Result<LayerSelector> {
    let wrong = |problem: &str| {
        Error::usage(format!("invalid --layer-selector {text:?}: {problem}"))
            .hint("for example: --layer-selector=application/vnd.cncf.helm.chart.content.v1.tar+gzip:copy")
    };
    let form = "must be in the format '<media-type>:<operation>'";
    let (media_type, operation) = text.split_once(':').ok_or_else(|| wrong(form))?;
    if media_type.is_empty() || operation.is_empty() {
        return Err(wrong(form));
    }
    let operation: LayerOperation =
        operation.parse().map_err(|_| wrong("the operation must be extract or copy"))?;
    Ok(LayerSelector { media_type: Some(media_type.to_owned()), operation: Some(operation) })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn an_oci_repository_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create source oci podinfo --url=oci://ghcr.io/stefanprodan/manifests/podinfo --tag=6.6.2 --export"), @"
        ---
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: OCIRepository
        metadata:
          name: podinfo
          namespace: flux-system
        spec:
          interval: 1m0s
          provider: generic
          ref:
            tag: 6.6.2
          url: oci://ghcr.io/stefanprodan/manifests/podinfo
        ");
    }
}
