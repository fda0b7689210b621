//! New keys of which a stream of random bytes decides every bit.

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::dsa::Dsa;
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::RsaPrivateKeyBuilder;

use super::Random;
use super::prime::{below, prime};
use edgeflux_helm::functions::KeyKind;

/// Bits of the prime of DSA keys, and of their subgroup.
const DSA: (i32, i32) = (2048, 256);

/// Makes a key.
pub(super) fn generate(kind: KeyKind, random: Random<'_>) -> Result<PKey<Private>, ErrorStack> {
    match kind {
        KeyKind::Rsa(bits) => rsa(i32::try_from(bits).unwrap_or(i32::MAX), random),
        KeyKind::Dsa => dsa(random),
        KeyKind::Ecdsa => ecdsa(random),
        KeyKind::Ed25519 => {
            let mut seed = [0; 32];
            random(&mut seed);
            PKey::private_key_from_raw_bytes(&seed, Id::ED25519)
        }
    }
}

fn rsa(bits: i32, random: Random<'_>) -> Result<PKey<Private>, ErrorStack> {
    let mut context = BigNumContext::new()?;
    let (one, exponent) = (BigNum::from_u32(1)?, BigNum::from_u32(65_537)?);
    // Two primes that start with two set bits have a product of twice their bits.
    let mut factor = |context: &mut BigNumContext| loop {
        let found = prime(bits / 2, 2, &one, random, context)?;
        // The exponent has no inverse if it divides the prime less one.
        if found.mod_word(65_537)? != 1 {
            return Ok::<_, ErrorStack>(found);
        }
    };
    let first = factor(&mut context)?;
    let mut second = factor(&mut context)?;
    while second == first {
        second = factor(&mut context)?;
    }
    let (first, second) = if first > second { (first, second) } else { (second, first) };
    let less_one = |prime: &BigNumRef| -> Result<BigNum, ErrorStack> {
        let mut less = prime.to_owned()?;
        less.sub_word(1)?;
        Ok(less)
    };
    let (of_first, of_second) = (less_one(&first)?, less_one(&second)?);
    let [mut modulus, mut order, mut secret] = [BigNum::new()?, BigNum::new()?, BigNum::new()?];
    modulus.checked_mul(&first, &second, &mut context)?;
    order.checked_mul(&of_first, &of_second, &mut context)?;
    secret.mod_inverse(&exponent, &order, &mut context)?;
    let [mut by_first, mut by_second, mut inverse] = [BigNum::new()?, BigNum::new()?, BigNum::new()?];
    by_first.nnmod(&secret, &of_first, &mut context)?;
    by_second.nnmod(&secret, &of_second, &mut context)?;
    inverse.mod_inverse(&second, &first, &mut context)?;
    let key = RsaPrivateKeyBuilder::new(modulus, exponent, secret)?
        .set_factors(first, second)?
        .set_crt_params(by_first, by_second, inverse)?
        .build();
    PKey::from_rsa(key)
}

fn dsa(random: Random<'_>) -> Result<PKey<Private>, ErrorStack> {
    let mut context = BigNumContext::new()?;
    let one = BigNum::from_u32(1)?;
    let order = prime(DSA.1, 1, &one, random, &mut context)?;
    let modulus = prime(DSA.0, 1, &order, random, &mut context)?;
    let (mut less_one, mut quotient) = (BigNum::new()?, BigNum::new()?);
    less_one.checked_sub(&modulus, &one)?;
    quotient.checked_div(&less_one, &order, &mut context)?;
    let mut generator = BigNum::new()?;
    for base in 2.. {
        let base = BigNum::from_u32(base)?;
        generator.mod_exp(&base, &quotient, &modulus, &mut context)?;
        if generator != one {
            break;
        }
    }
    let secret = below(&order, random, &mut context)?;
    let mut public = BigNum::new()?;
    public.mod_exp(&generator, &secret, &modulus, &mut context)?;
    PKey::from_dsa(Dsa::from_private_components(modulus, order, generator, secret, public)?)
}

fn ecdsa(random: Random<'_>) -> Result<PKey<Private>, ErrorStack> {
    let mut context = BigNumContext::new()?;
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let (mut order, mut point) = (BigNum::new()?, EcPoint::new(&group)?);
    group.order(&mut order, &mut context)?;
    let secret = below(&order, random, &mut context)?;
    point.mul_generator2(&group, &secret, &mut context)?;
    PKey::from_ec_key(EcKey::from_private_components(&group, &secret, &point)?)
}
