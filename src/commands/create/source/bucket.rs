//! `flux create source bucket`.

use std::collections::BTreeMap;

use clap::{ArgAction, Args};

use super::super::{Common, Target, apply, export, given, names, secret};
use super::Flags;
use crate::api::{BucketProvider, BucketSpec, LocalReference};
use crate::args::Inherited;
use crate::args::values::{self, List};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::BUCKET;
use crate::secret::Secret;

/// The arguments of `flux create source bucket`.
#[derive(Args)]
pub struct SourceBucket {
    #[command(flatten)]
    common: Common,
    /// Name of the bucket
    #[arg(long, value_name = "NAME")]
    bucket_name: Option<String>,
    /// Endpoint of the object storage, as host or host:port
    #[arg(long, value_name = "HOST")]
    endpoint: Option<String>,
    /// Provider of the storage: generic (S3-compatible), aws, azure or gcp
    #[arg(long, value_name = "NAME", default_value = "generic", value_parser = provider)]
    provider: BucketProvider,
    /// Region of the bucket
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Existing Secret with the credentials, instead of creating one
    #[arg(long, value_name = "NAME")]
    secret_ref: Option<String>,
    /// Access key of the bucket
    #[arg(long, value_name = "KEY")]
    access_key: Option<Secret>,
    /// Secret key of the bucket
    #[arg(long, value_name = "KEY")]
    secret_key: Option<Secret>,
    /// Secret with the address and credentials of a proxy
    #[arg(long, value_name = "NAME")]
    proxy_secret_ref: Option<String>,
    /// Files to ignore, as .gitignore patterns separated by commas
    #[arg(long, value_name = "PATTERNS", action = ArgAction::Append, value_parser = values::list)]
    ignore_paths: Vec<List>,
    /// Connect to the storage over plain HTTP
    #[arg(long)]
    insecure: bool,
    #[command(flatten)]
    fetch: Inherited<Flags>,
}

impl Described for SourceBucket {
    const ABOUT: About = About::new("bucket", "Create or update a Bucket")
        .details("Credentials are stored in a Secret with the same name as the source.")
        .usage("<NAME> --bucket-name <NAME> --endpoint <HOST>")
        .examples(&[
            (
                "Use a bucket on an S3-compatible server",
                "flux create source bucket apps --bucket-name=apps --endpoint=minio.example.com \
                 --access-key=key --secret-key=secret",
            ),
            (
                "Use a bucket on Amazon S3",
                "flux create source bucket apps --bucket-name=apps --endpoint=s3.amazonaws.com \
                 --provider=aws --region=us-east-1",
            ),
            (
                "Use a Secret with the credentials",
                "flux create source bucket apps --bucket-name=apps --endpoint=minio.example.com \
                 --secret-ref=minio",
            ),
        ]);
}

fn provider(text: &str) -> Result<BucketProvider, String> {
    text.parse().map_err(|_| {
        format!("source bucket provider '{text}' is not supported, must be one of: generic, aws, azure, gcp")
    })
}

impl Command for SourceBucket {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let bucket_name =
            given(self.bucket_name).ok_or_else(|| Error::required("--bucket-name", "--bucket-name=apps"))?;
        let endpoint = given(self.endpoint)
            .ok_or_else(|| Error::required("--endpoint", "--endpoint=minio.example.com"))?;
        if endpoint.contains("://") {
            return Err(Error::usage(format!("--endpoint={endpoint} is a URL"))
                .hint("omit the scheme, and add --insecure for http://"));
        }
        let ignore = List::all(self.ignore_paths);
        let mut spec = BucketSpec {
            bucket_name,
            endpoint,
            provider: Some(self.provider),
            region: given(self.region),
            interval: target.interval(),
            timeout: self.fetch.0.timeout(),
            insecure: self.insecure,
            ignore: (!ignore.is_empty()).then(|| ignore.join("\n")),
            secret_ref: names::reference("--secret-ref", self.secret_ref)?.map(LocalReference::new),
            proxy_secret_ref: names::reference("--proxy-secret-ref", self.proxy_secret_ref)?
                .map(LocalReference::new),
            ..BucketSpec::default()
        };
        let keys = match (secret::given_secret(self.access_key), secret::given_secret(self.secret_key)) {
            (Some(access), Some(secret)) => Some((access, secret)),
            (None, None) => None,
            _ => {
                return Err(Error::usage("--access-key and --secret-key must be used together")
                    .hint("set both, or use a Secret with --secret-ref"));
            }
        };
        if target.export {
            if keys.is_some() && spec.secret_ref.is_none() {
                context.ui.warning(
                    "--export does not print credentials: create a Secret with the keys \
                    accesskey and secretkey, and add --secret-ref=NAME",
                );
            }
            return export(context, &target.object(spec));
        }
        apply::generating(context, &BUCKET);
        if let Some((access, secret_key)) = keys.filter(|_| spec.secret_ref.is_none()) {
            // The Secret's name is flux's: `bucket-` before the source's.
            let name = format!("bucket-{}", target.name);
            let owner =
                Target { name: name.clone(), labels: BTreeMap::clone(&target.labels), ..target.clone() };
            context.ui.action("applying secret with the bucket credentials");
            secret::of_bucket(&owner, access, secret_key).apply(context.cluster().await?).await?;
            context.ui.success("authentication configured");
            spec.secret_ref = Some(LocalReference::new(name));
        }
        apply::apply_and_wait(context, &BUCKET, &target.object(spec)).await
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_bucket_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create source bucket podinfo --bucket-name=podinfo --endpoint=minio.example.com --secret-ref=minio --export"), @"
        ---
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: Bucket
        metadata:
          name: podinfo
          namespace: flux-system
        spec:
          bucketName: podinfo
          endpoint: minio.example.com
          interval: 1m0s
          provider: generic
          secretRef:
            name: minio
        ");
    }
}
