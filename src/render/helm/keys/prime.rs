//! Prime numbers that nothing but a stream of random bytes decides.
//!
//! OpenSSL's own search takes its numbers from its own source of randomness.

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::error::ErrorStack;

use super::Random;

/// Candidates with a factor below this are skipped without a test.
const SIEVED: u32 = 1 << 14;

/// Candidates after a random start, before another start is taken.
const CANDIDATES: u32 = 1 << 15;

/// Tests of a number. A random composite of 1024 bits passes one with a probability below 2⁻⁴⁰.
const ROUNDS: usize = 5;

/// Returns a prime of this many bits, of which `top` bits at the start are set, and which is one more than a multiple of
/// twice `factor`.
pub(super) fn prime(
    bits: i32,
    top: i32,
    factor: &BigNumRef,
    random: Random<'_>,
    context: &mut BigNumContext,
) -> Result<BigNum, ErrorStack> {
    let (mut step, mut remainder) = (BigNum::new()?, BigNum::new()?);
    step.lshift1(factor)?;
    let small = small_primes();
    let step_remainders = remainders(&step, &small)?;
    loop {
        let mut start = number(bits, random)?;
        for bit in 1..=top {
            start.set_bit(bits - bit)?;
        }
        remainder.nnmod(&start, &step, context)?;
        let mut first = BigNum::new()?;
        first.checked_sub(&start, &remainder)?;
        first.add_word(1)?;
        let mut left = remainders(&first, &small)?;
        let mut candidate = first;
        for _ in 0..CANDIDATES {
            if candidate.num_bits() > bits {
                break;
            }
            let has_factor = left.contains(&0);
            if !has_factor && candidate.num_bits() == bits && is_prime(&candidate, random, context)? {
                return Ok(candidate);
            }
            for ((left, step), prime) in left.iter_mut().zip(&step_remainders).zip(&small) {
                *left = (*left + step) % prime;
            }
            let mut next = BigNum::new()?;
            next.checked_add(&candidate, &step)?;
            candidate = next;
        }
    }
}

/// Returns a number of at most this many bits, a multiple of eight.
pub(super) fn number(bits: i32, random: Random<'_>) -> Result<BigNum, ErrorStack> {
    let mut bytes = vec![0; usize::try_from(bits / 8).unwrap_or_default()];
    random(&mut bytes);
    BigNum::from_slice(&bytes)
}

/// Returns a number from 1 to the limit less one. All are equally probable, but for less than one in 2⁶⁴.
pub(super) fn below(
    limit: &BigNumRef,
    random: Random<'_>,
    context: &mut BigNumContext,
) -> Result<BigNum, ErrorStack> {
    let start = number((limit.num_bits() + 7) / 8 * 8 + 64, random)?;
    let (mut span, mut found) = (limit.to_owned()?, BigNum::new()?);
    span.sub_word(1)?;
    found.nnmod(&start, &span, context)?;
    found.add_word(1)?;
    Ok(found)
}

/// Odd primes.
fn small_primes() -> Vec<u32> {
    let is_prime = |number: &u32| {
        (3..).step_by(2).take_while(|it| it * it <= *number).all(|it| !number.is_multiple_of(it))
    };
    (3..SIEVED).step_by(2).filter(is_prime).collect()
}

fn remainders(number: &BigNumRef, divisors: &[u32]) -> Result<Vec<u32>, ErrorStack> {
    let remainder = |divisor: &u32| Ok(u32::try_from(number.mod_word(*divisor)?).unwrap_or_default());
    divisors.iter().map(remainder).collect()
}

/// Tests by Miller and Rabin, the first with the base 2, which is the fastest.
fn is_prime(
    candidate: &BigNumRef,
    random: Random<'_>,
    context: &mut BigNumContext,
) -> Result<bool, ErrorStack> {
    let one = BigNum::from_u32(1)?;
    let mut less_one = candidate.to_owned()?;
    less_one.sub_word(1)?;
    let twos = (1..less_one.num_bits()).find(|&bit| less_one.is_bit_set(bit)).unwrap_or(1);
    let mut odd = BigNum::new()?;
    odd.rshift(&less_one, twos)?;
    for round in 0..ROUNDS {
        let base = if round == 0 { BigNum::from_u32(2)? } else { below(candidate, random, context)? };
        let mut power = BigNum::new()?;
        power.mod_exp(&base, &odd, candidate, context)?;
        let mut passes = power == one || power == less_one;
        for _ in 1..twos {
            if passes {
                break;
            }
            let mut square = BigNum::new()?;
            square.mod_sqr(&power, candidate, context)?;
            power = square;
            passes = power == less_one;
        }
        if !passes {
            return Ok(false);
        }
    }
    Ok(true)
}
