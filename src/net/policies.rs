//! Certificate policies (RFC 5280, section 6.1, updated by RFC 9618).
//!
//! Any policy is acceptable here, so the result is only whether the certificates of a chain share a policy, if an
//! authority requires one.

use std::collections::{BTreeMap, BTreeSet};

use super::der::{Reader, tag};

/// Object identifier of a policy.
type Policy = Vec<u8>;

/// The identifier `anyPolicy`.
const ANY: &[u8] = &[0x55, 0x1d, 0x20, 0x00];

/// The extensions about policies.
#[derive(Default)]
pub(super) struct Policies {
    /// Certificate policies.
    own: BTreeSet<Policy>,
    /// Policy mappings, from issuer to subject.
    mapped: Vec<(Policy, Policy)>,
    /// `requireExplicitPolicy`: number of further certificates until a policy is required.
    demanded_after: Option<usize>,
    /// `inhibitPolicyMapping`: number of further certificates until mappings are not allowed.
    mapped_until: Option<usize>,
    /// `inhibitAnyPolicy`: number of further certificates until `anyPolicy` does not match.
    any_until: Option<usize>,
}

impl Policies {
    /// Whether there are constraints or mappings, without which every chain is valid.
    pub(super) fn limit_others(&self) -> bool {
        let limits = [self.demanded_after, self.mapped_until, self.any_until];
        !self.mapped.is_empty() || limits.iter().any(Option::is_some)
    }

    /// Parses the extension 2.5.29.`number`.
    pub(super) fn read(&mut self, number: u8, mut value: Reader) -> Option<()> {
        match number {
            32 => {
                let mut list = value.sequence()?;
                while !list.is_empty() {
                    let policy = list.sequence()?.expect(tag::OBJECT_IDENTIFIER)?.content;
                    if !self.own.insert(policy.to_vec()) {
                        return None;
                    }
                }
            }
            33 => {
                let mut list = value.sequence()?;
                while !list.is_empty() {
                    let mut pair = list.sequence()?;
                    let issuer = pair.expect(tag::OBJECT_IDENTIFIER)?.content;
                    let subject = pair.expect(tag::OBJECT_IDENTIFIER)?.content;
                    self.mapped.push((issuer.to_vec(), subject.to_vec()));
                }
            }
            36 => {
                let mut limits = value.sequence()?;
                self.demanded_after = limits.optional(tag::context(0))?.and_then(number_of);
                self.mapped_until = limits.optional(tag::context(1))?.and_then(number_of);
            }
            _ => self.any_until = number_of(value.expect(tag::INTEGER)?.content),
        }
        Some(())
    }
}

/// Parses a non-negative integer.
fn number_of(digits: &[u8]) -> Option<usize> {
    let fits = digits.first().is_some_and(|first| first & 0x80 == 0) && digits.len() < size_of::<usize>();
    fits.then(|| digits.iter().fold(0, |sum, &digit| sum << 8 | usize::from(digit)))
}

/// Whether a chain, leaf first, has the policies that its authorities require.
///
/// Each certificate is given by its policies and whether it is self-issued.
pub(super) fn hold(chain: &[(&Policies, bool)]) -> bool {
    // The trust anchor does not count.
    let Some((_, below)) = chain.split_last() else { return true };
    let far = below.len() + 1;
    let (mut demanded, mut mapped, mut any) = (far, far, far);
    // The leaves of the policy graph, each with its expected policy set.
    let mut kept: BTreeMap<Policy, BTreeSet<Policy>> =
        BTreeMap::from([(ANY.to_vec(), [ANY.to_vec()].into())]);
    // Whether all certificates so far have policies.
    let mut named = true;
    for (at, (policies, self_issued)) in below.iter().enumerate().rev() {
        let self_issued = *self_issued;
        kept = follow(&kept, &policies.own, any > 0 || at > 0 && self_issued);
        if demanded == 0 && kept.is_empty() {
            return false;
        }
        if at == 0 {
            break;
        }
        named &= !policies.own.is_empty();
        if named && !map(&mut kept, &policies.mapped, mapped > 0) {
            return false;
        }
        for (left, limit) in [
            (&mut demanded, policies.demanded_after),
            (&mut mapped, policies.mapped_until),
            (&mut any, policies.any_until),
        ] {
            *left = left.saturating_sub(usize::from(!self_issued));
            *left = limit.map_or(*left, |limit| limit.min(*left));
        }
    }
    let last = below.first().and_then(|(leaf, _)| leaf.demanded_after);
    let is_demanded = demanded <= 1 || last == Some(0);
    !is_demanded || !kept.is_empty()
}

/// Returns the leaves of the policy graph after one more certificate.
fn follow(
    kept: &BTreeMap<Policy, BTreeSet<Policy>>,
    own: &BTreeSet<Policy>,
    any_counts: bool,
) -> BTreeMap<Policy, BTreeSet<Policy>> {
    let expected: BTreeSet<&Policy> = kept.values().flatten().collect();
    let mut next = BTreeMap::new();
    for policy in own.iter().filter(|policy| *policy != ANY) {
        if expected.contains(policy) || kept.contains_key(ANY) {
            next.insert(policy.clone(), [policy.clone()].into());
        }
    }
    if own.contains(ANY) && any_counts {
        for policy in expected {
            next.entry(policy.clone()).or_insert_with(|| [policy.clone()].into());
        }
    }
    next
}

/// Applies the mappings. Returns false if they are invalid.
fn map(kept: &mut BTreeMap<Policy, BTreeSet<Policy>>, mapped: &[(Policy, Policy)], counts: bool) -> bool {
    let mut new: BTreeMap<&Policy, BTreeSet<Policy>> = BTreeMap::new();
    for (issuer, subject) in mapped {
        if !counts {
            kept.remove(issuer);
        } else if issuer == ANY || subject == ANY {
            return false;
        } else {
            new.entry(issuer).or_default().insert(subject.clone());
        }
    }
    for (issuer, subjects) in new {
        if kept.contains_key(issuer) || kept.contains_key(ANY) {
            kept.insert(issuer.clone(), subjects);
        }
    }
    true
}
