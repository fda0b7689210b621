//! `flux create secret helm`.

use std::path::PathBuf;

use clap::Args;

use super::super::Common;
use super::helm_credentials::{Certificates, HelmCredentials};
use super::{Login, Secret};
use crate::commands::Command;
use crate::context::Context;
use crate::error::Result;

/// The arguments of `flux create secret helm`.
#[derive(Args)]
pub struct SecretHelm {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    login: Login,
    /// A file with the client certificate; needs --tls-key-file
    #[arg(long, value_name = "FILE")]
    tls_crt_file: Option<PathBuf>,
    /// A file with the client certificate's key
    #[arg(long, value_name = "FILE")]
    tls_key_file: Option<PathBuf>,
    /// A file with the certificate authority of the server
    #[arg(long, value_name = "FILE")]
    ca_crt_file: Option<PathBuf>,
}

impl Command for SecretHelm {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let certificates = Certificates::read(
            ("--tls-crt-file", self.tls_crt_file.as_deref()),
            ("--tls-key-file", self.tls_key_file.as_deref()),
            ("--ca-crt-file", self.ca_crt_file.as_deref()),
        )?;
        let credentials = HelmCredentials::of_flags(context, self.login, certificates)?;
        let secret = credentials.into_secret(&target).unwrap_or_else(|| {
            context.ui.warning("the Secret is empty: give --username and --password, or certificates");
            Secret::new(&target, None, &[])
        });
        secret.finish(context, &target, "helm").await
    }
}
