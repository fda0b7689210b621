//! `flux create secret tls`.

use clap::Args;

use super::super::Common;
use super::finish;
use super::helm_credentials::CertificateFiles;
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::output::{Manifest, Report};

/// The arguments of `flux create secret tls`.
#[derive(Args)]
pub struct SecretTls {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    certificates: CertificateFiles,
}

impl Described for SecretTls {
    const ABOUT: About = About::new("tls", "Create or update a Secret with TLS certificates")
        .usage("<NAME> (--tls-crt-file <FILE> --tls-key-file <FILE> | --ca-crt-file <FILE>)")
        .examples(&[
            (
                "Use a client certificate",
                "flux create secret tls certs --tls-crt-file=./client.crt \
                 --tls-key-file=./client.key",
            ),
            ("Use the CA certificate of a server", "flux create secret tls certs --ca-crt-file=./ca.crt"),
        ]);
}

impl Command for SecretTls {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let certificates = self.certificates.read(context.ui.input())?;
        if certificates.is_empty() {
            return Err(Error::usage("no CA certificate or client certificate pair found")
                .hint("add --ca-crt-file, or --tls-crt-file with --tls-key-file"));
        }
        let secret = certificates.into_secret(&target);
        if target.export {
            // flux ends this kind of Secret without the empty line of the others.
            return Ok(Report::new(&context.ui).object(&Manifest::of(&secret.to_value()))?);
        }
        finish(&secret, context, &target, "tls").await
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::{CA_CERTIFICATE, Scene};

    #[test]
    fn a_secret_with_a_certificate_authority_is_exported() {
        assert_snapshot!(Scene::offline().file("ca.crt", CA_CERTIFICATE).run("flux create secret tls certs --ca-crt-file=[dir]/ca.crt --export"), @"
        ---
        apiVersion: v1
        kind: Secret
        metadata:
          name: certs
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
        type: Opaque
        ");
    }
}
