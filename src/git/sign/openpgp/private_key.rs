//! Private keys as OpenSSL takes them.
//!
//! The public part of an OpenPGP key is not protected by the passphrase. A key whose parts do not belong together is
//! refused: signatures with a public part that was tampered with can reveal the private part (KOpenPGP).

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::RsaPrivateKeyBuilder;

use super::packet::Reader;
use super::{ECDSA, ED25519, EDDSA_LEGACY, KeyringError, RSA, RSA_SIGN_ONLY};

/// Reads a private key from its public and secret numbers.
pub(super) fn read(algorithm: u8, public: &[u8], secret: &[u8]) -> Result<PKey<Private>, KeyringError> {
    let (public, secret) = (Reader(public), Reader(secret));
    let key = match algorithm {
        RSA | RSA_SIGN_ONLY => rsa(public, secret),
        ECDSA => ecdsa(public, secret),
        EDDSA_LEGACY => ed25519_legacy(public, secret),
        ED25519 => ed25519(public, secret),
        other => {
            return Err(KeyringError::Unsupported(format!("OpenPGP signatures of algorithm {other}")));
        }
    };
    key.ok_or(KeyringError::NotAKeyring)?
}

/// A key; `None` if its numbers are cut or invalid.
type Read = Option<Result<PKey<Private>, KeyringError>>;

fn number(bytes: &[u8]) -> Option<BigNum> {
    BigNum::from_slice(bytes).ok()
}

fn rsa(mut public: Reader<'_>, mut secret: Reader<'_>) -> Read {
    let (modulus, public_exponent) = (number(public.mpi()?)?, number(public.mpi()?)?);
    let exponent = number(secret.mpi()?)?;
    let [first, second] = [number(secret.mpi()?)?, number(secret.mpi()?)?];
    let mut context = BigNumContext::new().ok()?;
    let one = BigNum::from_u32(1).ok()?;
    if first <= one || second <= one {
        return None;
    }
    let mut product = BigNum::new().ok()?;
    product.checked_mul(&first, &second, &mut context).ok()?;
    let mut power = BigNum::new().ok()?;
    power.checked_mul(&exponent, &public_exponent, &mut context).ok()?;
    let mut inverse = BigNum::new().ok()?;
    inverse.mod_inverse(&second, &first, &mut context).ok()?;
    // The remainder by a prime less one.
    let mut remainder = |dividend: &BigNumRef, prime: &BigNumRef| {
        let (mut divisor, mut rest) = (BigNum::new().ok()?, BigNum::new().ok()?);
        divisor.checked_sub(prime, &one).ok()?;
        rest.nnmod(dividend, &divisor, &mut context).ok()?;
        Some(rest)
    };
    if product != modulus || remainder(&power, &first)? != one || remainder(&power, &second)? != one {
        return Some(Err(KeyringError::Mismatch));
    }
    let remainders = [remainder(&exponent, &first)?, remainder(&exponent, &second)?];
    let [by_first, by_second] = remainders;
    let key = RsaPrivateKeyBuilder::new(modulus, public_exponent, exponent)
        .and_then(|key| key.set_factors(first, second))
        .and_then(|key| key.set_crt_params(by_first, by_second, inverse))
        .ok()?
        .build();
    Some(Ok(PKey::from_rsa(key).ok()?))
}

fn ecdsa(mut public: Reader<'_>, mut secret: Reader<'_>) -> Read {
    let length = public.u8()?;
    let curve = match public.take(usize::from(length))? {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => Nid::X9_62_PRIME256V1,
        [0x2b, 0x81, 0x04, 0x00, 0x22] => Nid::SECP384R1,
        [0x2b, 0x81, 0x04, 0x00, 0x23] => Nid::SECP521R1,
        [0x2b, 0x81, 0x04, 0x00, 0x0a] => Nid::SECP256K1,
        _ => return Some(Err(unsupported_curve())),
    };
    let (point, scalar) = (public.mpi()?, number(secret.mpi()?)?);
    let build = || -> Result<_, ErrorStack> {
        let group = EcGroup::from_curve_name(curve)?;
        let mut context = BigNumContext::new()?;
        let point = EcPoint::from_bytes(&group, point, &mut context)?;
        EcKey::from_private_components(&group, &scalar, &point)
    };
    let key = build().ok()?;
    if key.check_key().is_err() {
        return Some(Err(KeyringError::Mismatch));
    }
    Some(Ok(PKey::from_ec_key(key).ok()?))
}

fn ed25519_legacy(mut public: Reader<'_>, mut secret: Reader<'_>) -> Read {
    let length = public.u8()?;
    if public.take(usize::from(length))? != [0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01] {
        return Some(Err(unsupported_curve()));
    }
    // The point has a prefix.
    let [0x40, point @ ..] = public.mpi()? else { return None };
    let scalar = secret.mpi()?;
    // A number loses its leading zeros; the seed has 32 octets.
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    let start = 32_usize.checked_sub(scalar.len())?;
    seed[start..].copy_from_slice(scalar);
    from_seed(&seed[..], point)
}

fn ed25519(mut public: Reader<'_>, mut secret: Reader<'_>) -> Read {
    let point = public.take(32)?;
    from_seed(secret.take(32)?, point)
}

fn from_seed(seed: &[u8], point: &[u8]) -> Read {
    let key = PKey::private_key_from_raw_bytes(seed, Id::ED25519).ok()?;
    let matches = key.raw_public_key().ok()? == point;
    Some(if matches { Ok(key) } else { Err(KeyringError::Mismatch) })
}

fn unsupported_curve() -> KeyringError {
    KeyringError::Unsupported("OpenPGP keys on this curve".into())
}
