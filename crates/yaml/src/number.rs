//! Numbers as Go writes them.

use serde_json::Number;

/// Writes a number as go-yaml writes what Go's JSON encoder wrote: integers in full, also those that are floats; other
/// floats in the shorter of the two forms, with an exponent of at least two digits.
pub(super) fn number_text(number: &Number) -> String {
    if number.is_f64() { float_text(number.as_f64().unwrap_or_default()) } else { number.to_string() }
}

fn float_text(float: f64) -> String {
    // Go's encoder writes whole numbers below 1e21 without an exponent, and they are then read as
    // integers if 64 bits hold them.
    if float.fract() == 0.0 && float.abs() < 1e21 {
        let whole = float.to_string();
        if let Ok(int) = whole.parse::<i64>() {
            return int.to_string();
        }
        if whole.parse::<u64>().is_ok() {
            return whole;
        }
    }
    // Of two shortest forms that are equally near, Go takes the even one; the standard library does not.
    Number::from_f64(float)
        .map_or_else(|| go_general(&float.to_string()), |number| go_general(&number.to_string()))
}

/// Writes a decimal number as Go's `strconv.FormatFloat(float, 'g', -1, …)` does.
pub(super) fn go_general(decimal: &str) -> String {
    let (sign, unsigned) = decimal.strip_prefix('-').map_or(("", decimal), |rest| ("-", rest));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = [whole, fraction].concat();
    let digits = all.trim_start_matches('0');
    let places = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let exponent = exponent.parse().unwrap_or(0) + places(whole.len()) - 1 - places(all.len() - digits.len());
    let digits = digits.trim_end_matches('0');
    let Some((first, rest)) = digits.split_at_checked(1) else { return format!("{sign}0") };
    let point = if rest.is_empty() { "" } else { "." };
    match usize::try_from(exponent) {
        Ok(exponent @ 0..=5) => match digits.split_at_checked(exponent + 1) {
            Some((whole, "")) => format!("{sign}{whole}"),
            Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
            None => format!("{sign}{digits}{}", "0".repeat(exponent + 1 - digits.len())),
        },
        Err(_) if exponent >= -4 => {
            format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1))
        }
        _ => {
            let exponent_sign = if exponent < 0 { '-' } else { '+' };
            format!("{sign}{first}{point}{rest}e{exponent_sign}{:02}", exponent.unsigned_abs())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::float_text;

    #[test]
    fn floats_are_written_as_in_go() {
        for (float, expected) in [
            (0.0, "0"),
            (-0.5, "-0.5"),
            (1.25, "1.25"),
            (123_456.5, "123456.5"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0001, "0.0001"),
            (-0.000_012_5, "-1.25e-05"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            // Equally near to ...313, which is odd.
            (29_562_232_714_353.312, "2.9562232714353312e+13"),
        ] {
            assert_eq!(float_text(float), expected);
        }
    }
}
