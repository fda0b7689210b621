//! Exact decimal numbers, by the rules of shopspring/decimal 1.4.

use std::cmp::Ordering;

use crate::template::{Error, format_float};

/// Digits after the point of a quotient.
const DIVISION_PRECISION: i32 = 16;

/// A whole number times a power of ten.
#[derive(Debug, Clone)]
pub struct Decimal {
    negative: bool,
    /// Digits without leading zeros; none is zero.
    digits: Vec<u8>,
    exponent: i32,
}

impl Decimal {
    /// The number that the shortest notation of a float stands for.
    pub fn new(number: f64) -> Result<Self, Error> {
        if !number.is_finite() {
            let shown = format_float(number, 'g', None);
            let sign = if number == f64::INFINITY { "+" } else { "" };
            return Err(Error::new(format!("Cannot create a Decimal from {sign}{shown}")));
        }
        let notation = format_float(number.abs(), 'e', None);
        let (mantissa, exponent) = notation.split_once('e').unwrap_or((&notation, "0"));
        let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        let exponent: i32 = exponent.parse().unwrap_or_default();
        let exponent = exponent - i32::try_from(decimals).unwrap_or_default();
        Ok(Self { negative: number < 0.0, digits: trimmed(digits), exponent })
    }

    /// The nearest float. There is no negative zero.
    pub fn to_float(&self) -> f64 {
        if self.digits.is_empty() {
            return 0.0;
        }
        let digits: String = self.digits.iter().map(|&digit| char::from(b'0' + digit)).collect();
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{digits}e{}", self.exponent).parse().unwrap_or_default()
    }

    pub fn plus(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let (one, two) = (self.scaled(exponent), other.scaled(exponent));
        let (negative, digits) = if self.negative == other.negative {
            (self.negative, sum(&one, &two))
        } else if compare(&one, &two).is_ge() {
            (self.negative, difference(&one, &two))
        } else {
            (other.negative, difference(&two, &one))
        };
        Self { negative, digits, exponent }
    }

    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&Self { negative: !other.negative, ..other.clone() })
    }

    pub fn times(&self, other: &Self) -> Self {
        Self {
            negative: self.negative != other.negative,
            digits: product(&self.digits, &other.digits),
            exponent: self.exponent.saturating_add(other.exponent),
        }
    }

    /// A quotient with 16 digits after the point, rounded half away from zero. The divisor is a float, so that its digits fit
    /// 64 bits.
    pub fn divided_by(&self, other: &Self) -> Result<Self, Error> {
        let divisor = other.digits.iter().fold(0_u64, |number, digit| number * 10 + u64::from(*digit));
        if divisor == 0 {
            return Err(Error::new("decimal division by 0"));
        }
        let mut dividend = self.digits.clone();
        let shift = i64::from(self.exponent) - i64::from(other.exponent) + i64::from(DIVISION_PRECISION);
        let count = usize::try_from(shift.unsigned_abs()).unwrap_or_default();
        // The divisor is to be shifted instead of the dividend: what the dividend loses counts for rounding only.
        let mut lost_half = None;
        if shift >= 0 {
            dividend.extend(std::iter::repeat_n(0, count));
        } else {
            let kept = dividend.len().saturating_sub(count);
            let lost = dividend.split_off(kept);
            lost_half = Some(lost.len() == count && lost.first().is_some_and(|&digit| digit >= 5));
        }
        let (quotient, rest) = divided(&dividend, divisor);
        let double = u128::from(rest) * 2;
        let rounds =
            double >= u128::from(divisor) || lost_half == Some(true) && double + 1 == u128::from(divisor);
        let digits = if rounds { sum(&quotient, &[1]) } else { quotient };
        Ok(Self { negative: self.negative != other.negative, digits, exponent: -DIVISION_PRECISION })
    }

    /// The digits for a smaller exponent.
    fn scaled(&self, exponent: i32) -> Vec<u8> {
        let mut digits = self.digits.clone();
        if !digits.is_empty() {
            let zeros = usize::try_from(self.exponent - exponent).unwrap_or_default();
            digits.extend(std::iter::repeat_n(0, zeros));
        }
        digits
    }
}

fn trimmed(mut digits: Vec<u8>) -> Vec<u8> {
    let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
    digits.drain(..zeros);
    digits
}

fn compare(one: &[u8], other: &[u8]) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

fn sum(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut digits = Vec::with_capacity(one.len().max(other.len()) + 1);
    let (mut one, mut other) = (one.iter().rev(), other.iter().rev());
    let mut carry = 0;
    loop {
        let (left, right) = (one.next(), other.next());
        if left.is_none() && right.is_none() {
            break;
        }
        let digit = left.unwrap_or(&0) + right.unwrap_or(&0) + carry;
        digits.push(digit % 10);
        carry = digit / 10;
    }
    digits.push(carry);
    digits.reverse();
    trimmed(digits)
}

/// Subtracts a smaller number.
fn difference(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut digits = one.to_vec();
    let mut borrow = 0;
    for at in 0..digits.len() {
        let index = digits.len() - 1 - at;
        let taken = other.len().checked_sub(at + 1).map_or(0, |index| other[index]) + borrow;
        borrow = u8::from(digits[index] < taken);
        digits[index] = digits[index] + 10 * borrow - taken;
    }
    trimmed(digits)
}

fn product(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut sums = vec![0_u64; one.len() + other.len()];
    for (at, digit) in one.iter().enumerate() {
        for (other_at, other) in other.iter().enumerate() {
            sums[at + other_at + 1] += u64::from(*digit) * u64::from(*other);
        }
    }
    let mut carry = 0;
    for digit in sums.iter_mut().rev() {
        *digit += carry;
        carry = *digit / 10;
        *digit %= 10;
    }
    trimmed(sums.into_iter().map(|digit| u8::try_from(digit).unwrap_or_default()).collect())
}

/// Quotient and rest.
fn divided(dividend: &[u8], divisor: u64) -> (Vec<u8>, u64) {
    let divisor = u128::from(divisor);
    let mut rest = 0_u128;
    let mut quotient = Vec::with_capacity(dividend.len());
    for digit in dividend {
        rest = rest * 10 + u128::from(*digit);
        quotient.push(u8::try_from(rest / divisor).unwrap_or_default());
        rest %= divisor;
    }
    (trimmed(quotient), u64::try_from(rest).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(number: f64) -> Decimal {
        Decimal::new(number).unwrap()
    }

    #[test]
    fn decimals_are_exact_where_floats_are_not() {
        assert_eq!(decimal(0.1).plus(&decimal(0.2)).to_float().to_string(), "0.3");
        assert_eq!(decimal(1.5).minus(&decimal(2.25)).to_float().to_string(), "-0.75");
        assert_eq!(decimal(-1.1).times(&decimal(1.1)).to_float().to_string(), "-1.21");
        assert_eq!(
            decimal(1.0).divided_by(&decimal(3.0)).unwrap().to_float().to_string(),
            "0.3333333333333333"
        );
        assert_eq!(
            decimal(2.0).divided_by(&decimal(-3.0)).unwrap().to_float().to_string(),
            "-0.6666666666666667"
        );
        assert_eq!(
            decimal(5e-17).divided_by(&decimal(1.0)).unwrap().to_float().to_string(),
            "0.0000000000000001"
        );
        assert_eq!(decimal(1e300).divided_by(&decimal(1e300)).unwrap().to_float().to_string(), "1");
        assert!(decimal(1.0).divided_by(&decimal(0.0)).is_err());
    }
}
