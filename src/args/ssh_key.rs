//! Flags that say which kind of SSH key to create.

use clap::{Args, ValueEnum};

use crate::git::{Algorithm, Curve};

/// Kind of SSH key to create.
#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "clap takes the names of the flags from them")]
pub struct SshKeyArgs {
    /// Algorithm of the generated SSH key
    #[arg(long, value_name = "ALGORITHM", value_enum, default_value_t = KeyAlgorithm::Ecdsa)]
    ssh_key_algorithm: KeyAlgorithm,
    /// Size of a generated RSA key in bits, a multiple of 8
    #[arg(long, value_name = "BITS", default_value_t = 2048, value_parser = rsa_bits)]
    ssh_rsa_bits: u32,
    /// Curve of a generated ECDSA key
    #[arg(long, value_name = "CURVE", value_enum, default_value_t = EcdsaCurve::P384)]
    ssh_ecdsa_curve: EcdsaCurve,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KeyAlgorithm {
    /// RSA, with --ssh-rsa-bits.
    Rsa,
    /// ECDSA, on --ssh-ecdsa-curve.
    Ecdsa,
    /// Ed25519.
    Ed25519,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EcdsaCurve {
    /// P-256
    P256,
    /// P-384
    P384,
    /// P-521
    P521,
}

/// Reads the size of an RSA key: a multiple of 8, as in flux, and no size that servers refuse or that takes minutes.
fn rsa_bits(text: &str) -> Result<u32, String> {
    let bits: u32 = text.parse().map_err(|_| "expected a number of bits".to_owned())?;
    match bits {
        _ if !bits.is_multiple_of(8) => Err("the number of bits must be a multiple of 8".into()),
        0..1024 => Err("an RSA key must have at least 1024 bits".into()),
        16_385.. => Err("an RSA key must have at most 16384 bits".into()),
        _ => Ok(bits),
    }
}

impl SshKeyArgs {
    /// The kind of key that the flags name.
    pub fn algorithm(&self) -> Algorithm {
        match self.ssh_key_algorithm {
            KeyAlgorithm::Rsa => Algorithm::Rsa(self.ssh_rsa_bits),
            KeyAlgorithm::Ed25519 => Algorithm::Ed25519,
            KeyAlgorithm::Ecdsa => Algorithm::Ecdsa(match self.ssh_ecdsa_curve {
                EcdsaCurve::P256 => Curve::P256,
                EcdsaCurve::P384 => Curve::P384,
                EcdsaCurve::P521 => Curve::P521,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsa_keys_have_sizes_that_servers_accept() {
        assert_eq!(rsa_bits("4096"), Ok(4096));
        for wrong in ["", "0", "512", "2049", "16392", "1000000", "many"] {
            assert!(rsa_bits(wrong).is_err(), "{wrong}");
        }
    }
}
