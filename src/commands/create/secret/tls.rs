//! `flux create secret tls`.

use clap::Args;

use super::super::Common;
use super::finish;
use super::helm_credentials::CertificateFiles;
use crate::commands::Command;
use crate::context::Context;
use crate::error::{Error, Result};

/// The arguments of `flux create secret tls`.
#[derive(Args)]
pub struct SecretTls {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    certificates: CertificateFiles,
}

impl Command for SecretTls {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let certificates = self.certificates.read()?;
        if certificates.is_empty() {
            return Err(Error::usage("no CA certificate or client certificate pair found")
                .hint("give --ca-crt-file, or --tls-crt-file with --tls-key-file"));
        }
        let secret = certificates.into_secret(&target);
        if target.export {
            // flux ends this kind of Secret without the empty line of the others.
            return Ok(context.ui.data(&format!("---\n{}", edgeflux_yaml::to_string(&secret.to_value())))?);
        }
        finish(&secret, context, &target, "tls").await
    }
}
