//! `flux create secret notation`.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueHint};
use serde_json::Value;

use super::super::Common;
use super::{finish, manifest, read_certificate};
use crate::args::values::{self, List};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::user_file;

/// The arguments of `flux create secret notation`.
#[derive(Args)]
pub struct SecretNotation {
    #[command(flatten)]
    common: Common,
    /// Files (.pem or .crt) with trusted CA certificates, separated by commas
    #[arg(long, value_name = "FILES", value_hint = ValueHint::FilePath, action = ArgAction::Append, value_parser = values::list)]
    ca_cert_file: Vec<List>,
    /// File with the Notation trust policy, in JSON
    #[arg(long, value_name = "FILE")]
    trust_policy_file: Option<PathBuf>,
}

impl Described for SecretNotation {
    const ABOUT: About =
        About::new("notation", "Create or update a Secret with a Notation trust policy and certificates")
            .usage("<NAME> --ca-cert-file <FILES> --trust-policy-file <FILE>")
            .examples(&[
                (
                    "Trust the certificates of a CA",
                    "flux create secret notation trust --trust-policy-file=./trustpolicy.json \
                     --ca-cert-file=./ca.crt",
                ),
                (
                    "Trust several CAs",
                    "flux create secret notation trust --trust-policy-file=./trustpolicy.json \
                     --ca-cert-file=./ca.crt,./old-ca.crt",
                ),
            ]);
}

impl Command for SecretNotation {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let files = List::all(self.ca_cert_file);
        if files.is_empty() {
            return Err(Error::required("--ca-cert-file", "--ca-cert-file=./ca.pem"));
        }
        let policy = self.trust_policy_file.filter(|path| !path.as_os_str().is_empty());
        let policy = policy.ok_or_else(|| {
            Error::required("--trust-policy-file", "--trust-policy-file=./trustpolicy.json")
        })?;
        let policy =
            user_file::read_text(context.ui.input(), &policy, "trust policy", "--trust-policy-file")?;
        check_policy(&policy)?;
        let mut secret = manifest(&target, None, &[]).with("trustpolicy.json", policy);
        for path in files.iter().map(PathBuf::from) {
            let named = path.extension().is_some_and(|end| end == "pem" || end == "crt");
            let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| named) else {
                return Err(Error::usage(format!("{} must end with either .crt or .pem", path.display()))
                    .hint("rename the file: its name becomes the key in the Secret"));
            };
            secret = secret.with(name, read_certificate(context.ui.input(), "--ca-cert-file", &path)?);
        }
        finish(&secret, context, &target, "notation configuration").await
    }
}

/// Checks what a policy must have at least, after Notation's specification: a version, and policies with
/// a name, scopes, a level, trust stores and identities (the last two unless nothing is verified).
fn check_policy(text: &str) -> Result<()> {
    let wrong = |problem: String| {
        Error::usage(format!("invalid trust policy: {problem}"))
            .hint("see the trust policy format in the Notation documentation")
    };
    let policy: Value = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    if policy["version"] != "1.0" {
        return Err(wrong("its version must be \"1.0\"".into()));
    }
    let policies = policy["trustPolicies"].as_array().filter(|all| !all.is_empty());
    for policy in policies.ok_or_else(|| wrong("it has no trustPolicies".into()))? {
        let name = policy["name"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| wrong("a policy has no name".into()))?;
        let filled = |field: &str| policy[field].as_array().is_some_and(|all| !all.is_empty());
        if !filled("registryScopes") {
            return Err(wrong(format!("policy {name:?} has no registryScopes")));
        }
        let level =
            policy.pointer("/signatureVerification/level").and_then(Value::as_str).unwrap_or_default();
        if !["strict", "permissive", "audit", "skip"].contains(&level) {
            return Err(wrong(format!(
                "policy {name:?} needs a signatureVerification level: strict, permissive, audit or skip"
            )));
        }
        if level != "skip" && !(filled("trustStores") && filled("trustedIdentities")) {
            return Err(wrong(format!("policy {name:?} needs trustStores and trustedIdentities")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::check_policy;
    use crate::testing::{CA_CERTIFICATE, Scene};

    #[test]
    fn a_policy_says_whom_it_trusts_for_what() {
        let policy = |level: &str, stores: &str| {
            format!(
                r#"{{"version": "1.0", "trustPolicies": [{{"name": "p", "registryScopes": ["*"],
                "signatureVerification": {{"level": "{level}"}}, "trustStores": [{stores}], "trustedIdentities": ["*"]}}]}}"#
            )
        };
        assert!(check_policy(&policy("strict", r#""ca:x""#)).is_ok());
        assert!(check_policy(&policy("skip", "")).is_ok());
        for text in [policy("strict", ""), policy("none", r#""ca:x""#), "{}".into(), "no".into()] {
            assert!(check_policy(&text).is_err(), "{text}");
        }
    }

    const TRUST_POLICY: &str = r#"{"version": "1.0", "trustPolicies": [{"name": "all", "registryScopes": ["*"], "signatureVerification": {"level": "strict"}, "trustStores": ["ca:all"], "trustedIdentities": ["*"]}]}"#;

    #[test]
    fn a_secret_for_notation_is_exported() {
        assert_snapshot!(Scene::offline()
                .file("ca.crt", CA_CERTIFICATE)
                .file("trustpolicy.json", TRUST_POLICY)
                .run("flux create secret notation verify --trust-policy-file=[dir]/trustpolicy.json --ca-cert-file=[dir]/ca.crt --export"), @r#"
        ---
        apiVersion: v1
        kind: Secret
        metadata:
          name: verify
          namespace: flux-system
        stringData:
          ca.crt: |
            -----BEGIN CERTIFICATE-----
            MIIBcDCCARegAwIBAgIUHOM/Epxgy5fIgcszagzQbMMjx+AwCgYIKoZIzj0EAwIw
            DTELMAkGA1UEAwwCY2EwIBcNMjYxMTI2MDgwMDA1WhgPMjEyNjExMDIwODAwMDVa
            MA0xCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0GeywTAf
            tPOfs/0TJ+sKekIT0c6T1aJMZL0tljPlaX3KeN3VCTm8jmbpEuX3taGhdmSQEdSu
            wa8fkHeNGvjM06NTMFEwHQYDVR0OBBYEFHAbyaIyt0BO4ja8uwPVuuuhavX9MB8G
            A1UdIwQYMBaAFHAbyaIyt0BO4ja8uwPVuuuhavX9MA8GA1UdEwEB/wQFMAMBAf8w
            CgYIKoZIzj0EAwIDRwAwRAIgBNNtXdn12hiCpTytiFAvm8cKW6xfliwHmZaEAQ7o
            dO0CICI9zM/CY12p6Tshk/oSbw1IxLnMWuKYC6P1CPxAbNEc
            -----END CERTIFICATE-----
          trustpolicy.json: '{"version": "1.0", "trustPolicies": [{"name": "all", "registryScopes":
            ["*"], "signatureVerification": {"level": "strict"}, "trustStores": ["ca:all"],
            "trustedIdentities": ["*"]}]}'
        "#);
    }
}
