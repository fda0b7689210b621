//! Flags for the verification of signatures.

use clap::Args;

use super::super::{given, names};
use crate::api::{ChartVerification, LocalReference, OciVerification, OidcIdentity, VerificationProvider};
use crate::error::{Error, Result};

/// Flags for the verification of signatures.
#[derive(Args)]
pub struct Signatures {
    /// Tool to verify signatures with: cosign
    #[arg(id = "verify_provider", long = "verify-provider", value_name = "NAME", value_parser = provider)]
    provider: Option<VerificationProvider>,
    /// Secret with the trusted public keys
    #[arg(id = "verify_secret_ref", long = "verify-secret-ref", value_name = "NAME")]
    secret_ref: Option<String>,
    /// Regular expression for the OIDC issuer of keyless signatures
    #[arg(id = "verify_issuer", long = "verify-issuer", value_name = "PATTERN")]
    issuer: Option<String>,
    /// Regular expression for the OIDC subject of keyless signatures
    #[arg(id = "verify_subject", long = "verify-subject", value_name = "PATTERN")]
    subject: Option<String>,
}

/// Parses the tool. Like flux, only cosign is accepted.
fn provider(text: &str) -> Result<VerificationProvider, String> {
    match text {
        "cosign" => Ok(VerificationProvider::Cosign),
        _ => Err(format!("source OCI verify provider '{text}' is not supported, must be one of: cosign")),
    }
}

/// Tool, Secret and trusted signers.
type Parts = (VerificationProvider, Option<LocalReference>, Vec<OidcIdentity>);

impl Signatures {
    /// Verification of an OCIRepository.
    pub fn of_artifact(self) -> Result<Option<OciVerification>> {
        let parts = self.parts()?;
        Ok(parts.map(|(provider, secret_ref, match_oidc_identity)| OciVerification {
            match_oidc_identity,
            provider,
            secret_ref,
            ..OciVerification::default()
        }))
    }

    /// Verification of a HelmChart.
    pub fn of_chart(self) -> Result<Option<ChartVerification>> {
        let parts = self.parts()?;
        Ok(parts.map(|(provider, secret_ref, match_oidc_identity)| ChartVerification {
            match_oidc_identity,
            provider,
            secret_ref,
        }))
    }

    fn parts(self) -> Result<Option<Parts>> {
        let secret = names::reference("--verify-secret-ref", self.secret_ref)?.map(LocalReference::new);
        let (issuer, subject) = (given(self.issuer), given(self.subject));
        let missing = |what: &str| {
            Error::usage(format!("a verification provider must be specified when {what} is specified"))
                .hint("add --verify-provider=cosign")
        };
        let signer = issuer.is_some() || subject.is_some();
        let Some(provider) = self.provider else {
            return match (secret, signer) {
                (Some(_), _) => Err(missing("a secret")),
                (None, true) => Err(missing("OIDC issuer/subject")),
                (None, false) => Ok(None),
            };
        };
        let identity =
            || OidcIdentity { issuer: issuer.unwrap_or_default(), subject: subject.unwrap_or_default() };
        Ok(Some((provider, secret, if signer { vec![identity()] } else { Vec::new() })))
    }
}
