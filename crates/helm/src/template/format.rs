//! Go's fmt: `print`, `println` and `printf` of values.

mod directive;
mod float;
mod integer;
mod printer;

use std::fmt;

pub use float::format as format_float;

use super::value::Value;
use printer::Printer;

/// Go's `fmt.Sprint`: spaces between operands of which neither is a string.
pub fn print(values: &[Value]) -> Vec<u8> {
    let mut printer = Printer::default();
    let mut string_before = false;
    for (at, value) in values.iter().enumerate() {
        let string = matches!(value, Value::String(_));
        if at > 0 && !string && !string_before {
            printer.out.push(b' ');
        }
        printer.argument(value, 'v');
        string_before = string;
    }
    printer.out
}

/// Go's `fmt.Sprintln`.
pub fn println(values: &[Value]) -> Vec<u8> {
    let mut printer = Printer::default();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            printer.out.push(b' ');
        }
        printer.argument(value, 'v');
    }
    printer.out.push(b'\n');
    printer.out
}

/// Go's `fmt.Sprintf`.
pub fn printf(format: &[u8], values: &[Value]) -> Vec<u8> {
    directive::format(format, values)
}

/// A value with one verb, for messages.
pub fn with_verb(value: &Value, verb: char) -> String {
    let mut printer = Printer::default();
    printer.argument(value, verb);
    String::from_utf8_lossy(&printer.out).into_owned()
}

/// A value as `%v` shows it.
pub fn shown(value: &Value) -> String {
    with_verb(value, 'v')
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(format: &str, values: &[Value]) -> String {
        String::from_utf8(printf(format.as_bytes(), values)).unwrap()
    }

    #[test]
    fn verbs_flags_and_widths_are_gos() {
        assert_eq!(
            formatted("%5d|%-5d|%05d|%+d|%x|%#x", &[7, 7, 7, 7, 31, 31].map(Value::Int)),
            "    7|7    |00007|+7|1f|0x1f"
        );
        assert_eq!(
            formatted("%v %v %v", &[1e6, 123_456.0, 0.000_01].map(Value::Float)),
            "1e+06 123456 1e-05"
        );
        assert_eq!(
            formatted("%6.2f|%e|%g", &[2.34567, 1234.5, 1e21].map(Value::Float)),
            "  2.35|1.234500e+03|1e+21"
        );
        assert_eq!(formatted("%q %x %.2s", &["a\n", "hi", "héllo"].map(Value::from)), r#""a\n" 6869 hé"#);
    }

    #[test]
    fn mistakes_are_shown_as_go_shows_them() {
        assert_eq!(formatted("%d", &["x".into()]), "%!d(string=x)");
        assert_eq!(formatted("%d %s", &[Value::Int(1)]), "1 %!s(MISSING)");
        assert_eq!(formatted("%d", &[Value::Int(1), "x".into()]), "1%!(EXTRA string=x)");
        assert_eq!(formatted("%!", &[]), "%!!(MISSING)");
        assert_eq!(formatted("%", &[]), "%!(NOVERB)");
        assert_eq!(formatted("%[3]d", &[Value::Int(1)]), "%!d(BADINDEX)");
        assert_eq!(formatted("%s", &[Value::Nil]), "%!s(<nil>)");
    }

    #[test]
    fn addresses_have_flags() {
        let list = Value::list([]);
        assert_eq!(
            formatted("%p|%+p|% p|%#p|%15p", &[list.clone(), list.clone(), list.clone(), list.clone(), list]),
            "0xc000000000|+0xc000000000| 0xc000000000|c000000000|   0xc000000000"
        );
    }

    #[test]
    fn maps_are_sorted_and_lists_have_brackets() {
        let value = Value::map([("b", Value::list([Value::Nil, true.into()])), ("a", Value::Float(1.0))]);
        assert_eq!(value.to_string(), "map[a:1 b:[<nil> true]]");
        assert_eq!(
            formatted("%#v", &[value]),
            r#"map[string]interface {}{"a":1, "b":[]interface {}{interface {}(nil), true}}"#
        );
    }
}
