//! Names and labels that Kubernetes accepts.

/// Longest DNS label, label value, and name part of a label key, in bytes.
const LABEL: usize = 63;

/// Longest DNS subdomain, in bytes.
const SUBDOMAIN: usize = 253;

/// Whether a text is a DNS label (RFC 1123): 1 to 63 of `a-z`, `0-9` and `-`, with a letter or digit at both ends.
pub fn is_label(text: &str) -> bool {
    text.len() <= LABEL && is_subdomain_part(text)
}

/// Whether a text is a DNS subdomain, as the API server checks most names: parts like DNS labels, but of any length,
/// joined by dots; at most 253 bytes in all.
pub fn is_subdomain(text: &str) -> bool {
    text.len() <= SUBDOMAIN && text.split('.').all(is_subdomain_part)
}

/// Whether a text is the key of a label, annotation or taint: a name like a label value, optionally after a DNS
/// subdomain and a slash.
pub fn is_qualified_name(text: &str) -> bool {
    let (prefix, name) = text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    prefix.is_none_or(is_subdomain) && !name.is_empty() && is_label_value(name)
}

/// Whether a text is the value of a label: empty, or at most 63 letters, digits and `-_.`, with a letter or digit at
/// both ends.
pub fn is_label_value(text: &str) -> bool {
    let outer = |c: char| c.is_ascii_alphanumeric();
    let inner = |c: char| outer(c) || matches!(c, '-' | '_' | '.');
    text.is_empty()
        || text.len() <= LABEL && text.chars().all(inner) && text.starts_with(outer) && text.ends_with(outer)
}

fn is_subdomain_part(text: &str) -> bool {
    let outer = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(outer) && text.ends_with(outer) && text.chars().all(|c| outer(c) || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_up_to_63_characters_of_dns() {
        for text in ["a", "0a", "app-demo", &"a".repeat(63)] {
            assert!(is_label(text), "{text}");
        }
        for text in ["", "-a", "a-", "A", "a.b", "a_b", "ä", "a b", &"a".repeat(64)] {
            assert!(!is_label(text), "{text}");
        }
    }

    #[test]
    fn subdomains_have_parts_of_any_length() {
        for text in ["a", "a.b-c.0", &"a".repeat(64), &"a".repeat(253)] {
            assert!(is_subdomain(text), "{text}");
        }
        for text in ["", ".a", "a.", "a..b", "A.b", "a.-b", &"a".repeat(254)] {
            assert!(!is_subdomain(text), "{text}");
        }
    }

    #[test]
    fn qualified_names_may_have_a_prefix() {
        for text in ["a", "A_b.c", "example.org/a", &format!("{}/a", "a".repeat(253))] {
            assert!(is_qualified_name(text), "{text}");
        }
        for text in ["", "/a", "a/", "a/b/c", "A.b/c", "-a", "a b", &"a".repeat(64)] {
            assert!(!is_qualified_name(text), "{text}");
        }
    }

    #[test]
    fn label_values_may_be_empty() {
        for text in ["", "a", "D-1", "a.b_c", &"a".repeat(63)] {
            assert!(is_label_value(text), "{text}");
        }
        for text in ["-b", "b.", "a b", "a=b", "ä", &"a".repeat(64)] {
            assert!(!is_label_value(text), "{text}");
        }
    }
}
