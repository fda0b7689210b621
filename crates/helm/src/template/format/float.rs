//! Floats, as Go's strconv and fmt write them.

use std::fmt::Write;

use super::printer::Printer;

/// More digits than any float has after its point; further ones are zeros.
const ALL_DIGITS: usize = 1100;

/// Prints a float, unless it does not have the verb.
pub fn print(printer: &mut Printer, value: f64, verb: char) -> bool {
    let (verb, default) = match verb {
        'v' => ('g', None),
        'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
        'f' | 'e' | 'E' => (verb, Some(6)),
        'F' => ('f', Some(6)),
        _ => return false,
    };
    let precision = printer.flags.precision.or(default);
    let mut text = format(value, verb, precision);
    let flags = printer.flags;
    let sign = match text.as_bytes()[0] {
        b'-' => {
            text.remove(0);
            '-'
        }
        _ if flags.space && !flags.plus => ' ',
        _ => '+',
    };
    if !value.is_finite() {
        let unsigned = value.is_nan() && !flags.space && !flags.plus;
        let shown = if unsigned { text } else { format!("{sign}{text}") };
        printer.pad_with_spaces(shown.as_bytes());
        return true;
    }
    if flags.sharp && verb != 'b' {
        text = with_point(&text, verb, precision);
    }
    if !flags.plus && sign == '+' {
        printer.pad(text.as_bytes());
        return true;
    }
    let width = flags.width.unwrap_or_default();
    if flags.zero && !flags.minus && width > text.len() + 1 {
        printer.out.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
        printer.padding(width - text.len() - 1);
        printer.out.extend_from_slice(text.as_bytes());
    } else {
        printer.pad(format!("{sign}{text}").as_bytes());
    }
    true
}

/// Go's `strconv.FormatFloat`. Without a precision, as many digits as tell the float from others.
pub fn format(value: f64, verb: char, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let value = value.abs();
    if value.is_infinite() {
        return format!("{sign}Inf");
    }
    let body = match verb {
        'b' => binary(value),
        'x' | 'X' => hex(value, verb, precision),
        'f' => match precision {
            Some(precision) => fixed(value, precision),
            None => Digits::shortest(value).fixed(None),
        },
        'e' | 'E' => {
            if let Some(precision) = precision {
                Digits::rounded(value, precision + 1).scientific(precision, verb)
            } else {
                let digits = Digits::shortest(value);
                let precision = digits.digits.len().saturating_sub(1);
                digits.scientific(precision, verb)
            }
        }
        _ => general(value, verb, precision),
    };
    format!("{sign}{body}")
}

fn general(value: f64, verb: char, precision: Option<usize>) -> String {
    let digits = match precision {
        Some(precision) => Digits::rounded(value, precision.max(1)),
        None => Digits::shortest(value),
    };
    let count = digits.digits.len();
    let length = i32::try_from(count).unwrap_or(i32::MAX);
    let threshold = match precision.map(|precision| i32::try_from(precision.max(1)).unwrap_or(i32::MAX)) {
        None => 6,
        Some(precision) if precision > length && length >= digits.point => length,
        Some(precision) => precision,
    };
    let exponent = digits.point - 1;
    if exponent < -4 || exponent >= threshold {
        let precision = precision.map_or(count, |precision| precision.max(1).min(count));
        let verb = if verb == 'G' { 'E' } else { 'e' };
        return digits.scientific(precision.saturating_sub(1), verb);
    }
    digits.fixed(None)
}

/// Decimal digits without trailing zeros, and the place of the point among them.
struct Digits {
    digits: String,
    point: i32,
}

impl Digits {
    fn shortest(value: f64) -> Self {
        // Of two shortest forms that are equally near, Go takes the even one; the standard library does not.
        let number = serde_json::Number::from_f64(value);
        Self::read(&number.map_or_else(|| value.to_string(), |number| number.to_string()))
    }

    fn rounded(value: f64, count: usize) -> Self {
        let precision = count.saturating_sub(1).min(ALL_DIGITS);
        Self::read(&format!("{value:.precision$e}"))
    }

    fn read(decimal: &str) -> Self {
        let (mantissa, exponent) = decimal.split_once('e').unwrap_or((decimal, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        let digits = all.trim_start_matches('0');
        let place = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let point = exponent.parse::<i32>().unwrap_or_default() + place(whole.len())
            - place(all.len() - digits.len());
        let digits = digits.trim_end_matches('0').to_owned();
        let point = if digits.is_empty() { 0 } else { point };
        Self { digits, point }
    }

    fn scientific(&self, precision: usize, verb: char) -> String {
        let mut digits = self.digits.clone();
        while digits.len() <= precision {
            digits.push('0');
        }
        let exponent = if self.digits.is_empty() { 0 } else { self.point - 1 };
        let sign = if exponent < 0 { '-' } else { '+' };
        let fraction = &digits[1..=precision];
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{}{point}{fraction}{verb}{sign}{:02}", &digits[..1], exponent.abs())
    }

    fn fixed(&self, precision: Option<usize>) -> String {
        let point = usize::try_from(self.point).unwrap_or_default();
        let mut text = String::new();
        for at in 0..point {
            text.push(self.digits.as_bytes().get(at).map_or('0', |&digit| char::from(digit)));
        }
        if text.is_empty() {
            text.push('0');
        }
        let zeros = usize::try_from(-self.point).unwrap_or_default();
        let mut fraction = "0".repeat(if self.digits.is_empty() { 0 } else { zeros });
        fraction.push_str(self.digits.get(point.min(self.digits.len())..).unwrap_or_default());
        if let Some(precision) = precision {
            while fraction.len() < precision {
                fraction.push('0');
            }
        }
        if !fraction.is_empty() {
            text.push('.');
            text.push_str(&fraction);
        }
        text
    }
}

fn fixed(value: f64, precision: usize) -> String {
    let exact = precision.min(ALL_DIGITS);
    let mut text = format!("{value:.exact$}");
    text.push_str(&"0".repeat(precision - exact));
    text
}

/// Mantissa (of 53 bits, without trailing handling) and power of two of a finite, positive float.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let mantissa = bits & ((1 << 52) - 1);
    let exponent = i32::try_from(bits >> 52 & 0x7ff).unwrap_or_default();
    if exponent == 0 { (mantissa, -1022) } else { (mantissa | 1 << 52, exponent - 1023) }
}

fn binary(value: f64) -> String {
    let (mantissa, exponent) = parts(value);
    let exponent = exponent - 52;
    format!("{mantissa}p{}{}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn hex(value: f64, verb: char, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = parts(value);
    if mantissa == 0 {
        exponent = 0;
    }
    mantissa <<= 8;
    while mantissa != 0 && mantissa & 1 << 60 == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(precision) = precision.filter(|&precision| precision < 15) {
        let shift = precision * 4;
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | mantissa & 1 > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & 1 << 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut text = format!("0x{}", mantissa >> 60 & 1);
    let digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let fraction = match precision {
        None => digits.trim_end_matches('0').to_owned(),
        Some(precision) if precision <= 15 => digits[..precision].to_owned(),
        Some(precision) => format!("{digits}{}", "0".repeat(precision - 15)),
    };
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(&fraction);
    }
    let _ = write!(text, "p{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    if verb == 'X' { text.to_uppercase() } else { text }
}

/// The `#` flag: always a point, and trailing zeros.
fn with_point(text: &str, verb: char, precision: Option<usize>) -> String {
    let is_hex = matches!(verb, 'x' | 'X');
    let tail_at =
        text.find(|c| matches!(c, 'p' | 'P') || !is_hex && matches!(c, 'e' | 'E')).unwrap_or(text.len());
    let (number, tail) = text.split_at(tail_at);
    let mut digits = match verb {
        'g' | 'G' | 'x' => i64::try_from(precision.unwrap_or(6)).unwrap_or(i64::MAX),
        _ => 0,
    };
    let mut nonzero = false;
    for c in number.chars().filter(|&c| c != '.') {
        nonzero |= c != '0';
        digits -= i64::from(nonzero);
    }
    let mut number = number.to_owned();
    if !number.contains('.') {
        if number == "0" {
            digits -= 1;
        }
        number.push('.');
    }
    number.push_str(&"0".repeat(usize::try_from(digits).unwrap_or_default()));
    number + tail
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn floats_are_written_as_go_writes_them() {
        for (value, verb, precision, expected) in [
            (100_000.0, 'g', None, "100000"),
            (1_000_000.0, 'g', None, "1e+06"),
            (0.0, 'g', None, "0"),
            (-0.0, 'g', None, "-0"),
            (1.5, 'f', None, "1.5"),
            (0.001, 'g', None, "0.001"),
            (1e-7, 'f', None, "0.0000001"),
            (2.5, 'f', Some(0), "2"),
            (1234.0, 'g', Some(2), "1.2e+03"),
            (0.0, 'e', Some(2), "0.00e+00"),
            (1.0, 'x', None, "0x1p+00"),
            (1.9, 'x', Some(1), "0x1.ep+00"),
            (900_719_925_474_099.2, 'g', None, "9.007199254740992e+14"),
            (900_719_925_474_099.2, 'f', None, "900719925474099.2"),
            (5e-324, 'e', None, "5e-324"),
            (1.0, 'b', None, "4503599627370496p-52"),
            (f64::INFINITY, 'g', None, "Inf"),
        ] {
            assert_eq!(format(value, verb, precision).trim_start_matches('+'), expected, "{value} {verb}");
        }
    }
}
