//! `flux create secret tls`.

use std::path::PathBuf;

use clap::Args;

use super::super::Common;
use super::helm_credentials::Certificates;
use crate::commands::Command;
use crate::context::Context;
use crate::error::{Error, Result};

/// The arguments of `flux create secret tls`.
#[derive(Args)]
pub struct SecretTls {
    #[command(flatten)]
    common: Common,
    /// A file with a certificate; needs --tls-key-file
    #[arg(long, value_name = "FILE")]
    tls_crt_file: Option<PathBuf>,
    /// A file with the certificate's key
    #[arg(long, value_name = "FILE")]
    tls_key_file: Option<PathBuf>,
    /// A file with a certificate authority
    #[arg(long, value_name = "FILE")]
    ca_crt_file: Option<PathBuf>,
}

impl Command for SecretTls {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let certificates = Certificates::read(
            ("--tls-crt-file", self.tls_crt_file.as_deref()),
            ("--tls-key-file", self.tls_key_file.as_deref()),
            ("--ca-crt-file", self.ca_crt_file.as_deref()),
        )?;
        if certificates.is_empty() {
            return Err(Error::usage("no CA certificate or client certificate pair found")
                .hint("give --ca-crt-file, or --tls-crt-file with --tls-key-file"));
        }
        let secret = certificates.into_secret(&target);
        if target.export {
            // Flux ends this kind of Secret without the empty line that the others have.
            return secret.print(context, "");
        }
        secret.finish(context, &target, "tls").await
    }
}
