//! Name constraints: the names that an authority may sign for (RFC 5280, section 4.2.1.10, as Go applies it).

use super::der::{Reader, tag};
use super::name::Names;

/// Permitted and excluded names.
#[derive(Default)]
pub(super) struct Constraints {
    permitted: Subtrees,
    excluded: Subtrees,
}

#[derive(Default)]
struct Subtrees {
    dns: Vec<String>,
    /// Address and mask of a network.
    addresses: Vec<(Vec<u8>, Vec<u8>)>,
    emails: Vec<String>,
    uris: Vec<String>,
}

impl Constraints {
    /// Parses the extension. Returns also whether all of it is supported.
    pub(super) fn read(mut value: Reader) -> Option<(Constraints, bool)> {
        let mut lists = value.sequence()?;
        let permitted = lists.optional(tag::constructed(0))?.unwrap_or_default();
        let excluded = lists.optional(tag::constructed(1))?.unwrap_or_default();
        if !value.is_empty() || !lists.is_empty() || permitted.is_empty() && excluded.is_empty() {
            return None;
        }
        let (permitted, all_permitted) = Subtrees::read(Reader::new(permitted))?;
        let (excluded, all_excluded) = Subtrees::read(Reader::new(excluded))?;
        Some((Constraints { permitted, excluded }, all_permitted && all_excluded))
    }

    /// Returns the first name that violates the constraints.
    pub(super) fn refuse(&self, names: &Names) -> Option<String> {
        let (permitted, excluded) = (&self.permitted, &self.excluded);
        let address = names.addresses.iter().find(|address| {
            let within = |(network, mask): &(Vec<u8>, Vec<u8>)| contains(network, mask, address);
            !permitted.addresses.is_empty() && !permitted.addresses.iter().any(within)
                || excluded.addresses.iter().any(within)
        });
        if let Some(address) = address {
            return Some(super::name::show_address(address));
        }
        let host = names
            .dns
            .iter()
            .find(|name| !is_domain(name, false) || refuses(&permitted.dns, &excluded.dns, name));
        if let Some(host) = host {
            return Some(host.clone());
        }
        let uri = names.uris.iter().find(|uri| {
            host_of(uri).is_none_or(|host| {
                !is_domain(&host, false) || refuses(&permitted.uris, &excluded.uris, &host)
            })
        });
        if let Some(uri) = uri {
            return Some(uri.clone());
        }
        names.emails.iter().find(|email| self.refuses_email(email)).cloned()
    }

    fn refuses_email(&self, email: &str) -> bool {
        let Some((local, domain)) = mailbox(email) else { return true };
        let domain = domain.to_ascii_lowercase();
        let (permitted, excluded) = (&self.permitted.emails, &self.excluded.emails);
        let (addresses, domains): (Vec<&String>, Vec<&String>) =
            permitted.iter().partition(|it| it.contains('@'));
        let is = |constraint: &String| {
            mailbox(constraint).is_some_and(|(l, d)| l == local && d.eq_ignore_ascii_case(&domain))
        };
        let allowed = permitted.is_empty()
            || addresses.into_iter().any(is)
            || domains.into_iter().any(|constraint| is_below(constraint, &domain));
        !allowed || excluded.iter().any(|it| if it.contains('@') { is(it) } else { excludes(it, &domain) })
    }
}

impl Subtrees {
    fn read(mut list: Reader) -> Option<(Subtrees, bool)> {
        let mut subtrees = Subtrees::default();
        let mut understood = true;
        while !list.is_empty() {
            let base = list.sequence()?.any()?;
            let text = || base.content.is_ascii().then(|| String::from_utf8_lossy(base.content).into_owned());
            match base.tag {
                0x82 => subtrees.dns.push(text().filter(|name| is_domain(name, true))?),
                0x81 => subtrees.emails.push(text().filter(|email| {
                    if email.contains('@') { mailbox(email).is_some() } else { is_domain(email, true) }
                })?),
                0x86 => subtrees.uris.push(
                    text()
                        .filter(|host| is_domain(host, true) && host.parse::<std::net::IpAddr>().is_err())?,
                ),
                0x87 if matches!(base.content.len(), 8 | 32) => {
                    let (network, mask) = base.content.split_at(base.content.len() / 2);
                    // A mask is ones followed by zeros.
                    let bits = mask.iter().fold(String::new(), |bits, byte| format!("{bits}{byte:08b}"));
                    if bits.contains("01") {
                        return None;
                    }
                    subtrees.addresses.push((network.to_vec(), mask.to_vec()));
                }
                0x87 => return None,
                _ => understood = false,
            }
        }
        Some((subtrees, understood))
    }
}

fn refuses(permitted: &[String], excluded: &[String], name: &str) -> bool {
    !permitted.is_empty() && !permitted.iter().any(|constraint| is_below(constraint, name))
        || excluded.iter().any(|constraint| excludes(constraint, name))
}

/// Whether a name is the domain or a subdomain of it. A constraint with a leading dot matches subdomains only.
fn is_below(constraint: &str, name: &str) -> bool {
    let Some(start) = name.len().checked_sub(constraint.len()) else { return false };
    let Some((before, end)) = name.split_at_checked(start) else { return false };
    end.eq_ignore_ascii_case(constraint)
        && (constraint.is_empty()
            || constraint.starts_with('.')
            || before.is_empty()
            || before.ends_with('.'))
}

/// Whether a name is excluded. A wildcard is excluded if any name that it matches is.
fn excludes(constraint: &str, name: &str) -> bool {
    let covers = || {
        let (pattern, constraint) = (name.strip_prefix('*')?, constraint.split_once('.')?.1);
        Some(pattern.strip_prefix('.')?.eq_ignore_ascii_case(constraint))
    };
    is_below(constraint, name) || covers().unwrap_or(false)
}

fn contains(network: &[u8], mask: &[u8], address: &[u8]) -> bool {
    network.len() == address.len()
        && network
            .iter()
            .zip(mask)
            .zip(address)
            .all(|((network, mask), address)| network & mask == address & mask)
}

/// Splits an email address. Quoted local parts are not supported, which refuses them.
fn mailbox(address: &str) -> Option<(&str, &str)> {
    let (local, domain) = address.rsplit_once('@')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    (!local.is_empty() && local.chars().all(plain) && !dots && is_domain(domain, false))
        .then_some((local, domain))
}

/// Returns the host of a URI, unless it is an IP address.
fn host_of(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.starts_with('[') {
        return None;
    }
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    (!host.is_empty() && host.parse::<std::net::IpAddr>().is_err()).then(|| host.to_ascii_lowercase())
}

/// Whether this is a domain name. The empty name is one.
fn is_domain(name: &str, is_constraint: bool) -> bool {
    let labels = if is_constraint { name.strip_prefix('.').unwrap_or(name) } else { name };
    name.is_empty()
        || labels.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| (33..=126).contains(&b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_includes_its_subdomains() {
        for (constraint, name, below) in [
            ("example.com", "example.com", true),
            ("example.com", "A.EXAMPLE.com", true),
            ("example.com", "notexample.com", false),
            (".example.com", "example.com", false),
            (".example.com", "a.example.com", true),
            ("", "anything", true),
            ("a.example.com", "example.com", false),
            ("example.com", "*.example.com", true),
        ] {
            assert_eq!(is_below(constraint, name), below, "{constraint} {name}");
        }
        assert!(excludes("a.example.com", "*.example.com"));
        assert!(!excludes("a.b.example.com", "*.example.com"));
    }

    #[test]
    fn networks_include_addresses_of_their_own_family() {
        assert!(contains(&[10, 0, 0, 0], &[255, 0, 0, 0], &[10, 1, 2, 3]));
        assert!(!contains(&[10, 0, 0, 0], &[255, 0, 0, 0], &[11, 1, 2, 3]));
        assert!(!contains(&[0; 16], &[0; 16], &[10, 1, 2, 3]));
    }

    #[test]
    fn the_host_of_a_uri_is_checked_as_a_name() {
        assert_eq!(host_of("spiffe://Cluster.local/ns/x").as_deref(), Some("cluster.local"));
        assert_eq!(host_of("https://me@host:8443/x").as_deref(), Some("host"));
        for none in ["https://10.0.0.1/", "https://[::1]/", "mailto:a@b", "https:///x"] {
            assert_eq!(host_of(none), None, "{none}");
        }
    }
}
