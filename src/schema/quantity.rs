//! Quantities of Kubernetes: `500m`, `1Gi`, `1e3`.

use serde_json::Value;

/// A quantity, for comparisons.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Quantity(f64);

impl Quantity {
    /// Reads a quantity from a text or number; none if it is not one.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => number.as_f64().map(Quantity),
            _ => None,
        }
    }

    /// Reads a number with an optional sign, and a suffix or an exponent.
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end = number.find(|char: char| !(char.is_ascii_digit() || char == '.')).unwrap_or(number.len());
        let (digits, suffix) = number.split_at(end);
        if !digits.contains(|char: char| char.is_ascii_digit()) || digits.matches('.').count() > 1 {
            return None;
        }
        let factor = factor(suffix)?;
        let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
        Some(Quantity(sign * digits.parse::<f64>().ok()? * factor))
    }
}

fn factor(suffix: &str) -> Option<f64> {
    const DECIMAL: [(&str, i32); 10] = [
        ("n", -9),
        ("u", -6),
        ("m", -3),
        ("", 0),
        ("k", 3),
        ("M", 6),
        ("G", 9),
        ("T", 12),
        ("P", 15),
        ("E", 18),
    ];
    const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some(10_f64.powi(*power));
    }
    if let Some(power) = (1_i32..).zip(BINARY).find(|(_, name)| *name == suffix) {
        return Some(1024_f64.powi(power.0));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some(10_f64.powi(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_and_compared() {
        let read = |text| Quantity::parse(text).unwrap();
        assert!(read("1Gi") > read("1G") && read("500m") < read("1") && read("1e3") == read("1k"));
        assert!(read("-1") < read("0.5") && read("1.") == read("+1") && read(".5") == read("500m"));
        for text in ["", "m", "1g", "1 Gi", "1GiB", "1e", "1.2.3", "--1", "1,5", "ten", "."] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
        assert_eq!(Quantity::of(&Value::from(2)), Some(Quantity(2.0)));
        assert_eq!(Quantity::of(&Value::Null), None);
    }
}
