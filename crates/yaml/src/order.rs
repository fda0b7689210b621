//! The order in which Go's YAML packages write the keys of a map: natural, so that `a2` comes before `a10`, and letters after
//! everything else.

use std::cmp::Ordering;

/// Sorts `entries` by their keys.
///
/// The order is not total (`a12b` < `a13` < `a123` < `a12b`), so the sorts of the standard library may panic. This merge
/// sort is deterministic on a sorted map, where Go's result may change from run to run.
pub fn sort_by_key<T: Copy>(entries: &mut Vec<(&str, T)>) {
    if entries.is_sorted_by(|a, b| natural(a.0, b.0) != Ordering::Greater) {
        return;
    }
    let mut width = 1;
    let mut merged = Vec::with_capacity(entries.len());
    while width < entries.len() {
        for run in entries.chunks(2 * width) {
            let (mut left, mut right) = run.split_at(width.min(run.len()));
            while let ([a, ..], [b, ..]) = (left, right) {
                if natural(b.0, a.0) == Ordering::Less {
                    merged.push(*b);
                    right = &right[1..];
                } else {
                    merged.push(*a);
                    left = &left[1..];
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(entries, &mut merged);
        merged.clear();
        width *= 2;
    }
}

/// Compares two keys as go-yaml's `keyList` does.
fn natural(a: &str, b: &str) -> Ordering {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    // Go back to the start of a character, whose first bytes may be equal.
    let same = (0..=same).rev().find(|&at| a.is_char_boundary(at) && b.is_char_boundary(at)).unwrap_or(0);
    let (rest_a, rest_b) = (&a[same..], &b[same..]);
    let (Some(first_a), Some(first_b)) = (rest_a.chars().next(), rest_b.chars().next()) else {
        return a.len().cmp(&b.len());
    };
    match (first_a.is_alphabetic(), first_b.is_alphabetic()) {
        (true, true) => return first_a.cmp(&first_b),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero continues the number at the end of the common part, unless that is all zeros.
    let within_number = (first_a == '0' || first_b == '0')
        && a[..same].chars().rev().take_while(|&digit| is_digit(digit)).any(|digit| digit != '0');
    let (number_a, length_a) = leading_number(rest_a, within_number);
    let (number_b, length_b) = leading_number(rest_b, within_number);
    number_a.cmp(&number_b).then(length_a.cmp(&length_b)).then(first_a.cmp(&first_b))
}

/// Returns the value and the length of the digits at the start of `text`.
fn leading_number(text: &str, within_number: bool) -> (i64, usize) {
    let start = i64::from(within_number);
    text.chars().take_while(|&digit| is_digit(digit)).fold((start, 0), |(number, length), digit| {
        let value = i64::from(u32::from(digit)) - i64::from(u32::from('0'));
        (number.wrapping_mul(10).wrapping_add(value), length + 1)
    })
}

/// Returns whether a character is a decimal digit of any script; outside ASCII, close to Go's table.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || (!c.is_ascii() && c.is_numeric() && !c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::sort_by_key;

    #[test]
    fn keys_in_a_circular_order_are_sorted_without_a_panic() {
        let keys: Vec<String> =
            (0..2000).flat_map(|n| [format!("a{n}"), format!("a{n}b"), format!("a{n}3")]).collect();
        let mut entries: Vec<(&str, ())> = keys.iter().rev().map(|key| (key.as_str(), ())).collect();
        sort_by_key(&mut entries);
        let mut sorted: Vec<&str> = entries.iter().map(|(key, ())| *key).collect();
        let mut expected: Vec<&str> = keys.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        expected.sort_unstable();
        assert_eq!(sorted, expected, "no key is lost");
    }

    #[test]
    fn numbers_are_compared_by_value_and_letters_come_last() {
        let mut entries = ["a10", "b", "a2", "a-1", "B", "a", "1", "é", "a02"].map(|key| (key, ())).to_vec();
        sort_by_key(&mut entries);
        let sorted: Vec<&str> = entries.iter().map(|(key, ())| *key).collect();
        assert_eq!(sorted, ["1", "B", "a", "a-1", "a2", "a02", "a10", "b", "é"]);
    }
}
