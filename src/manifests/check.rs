//! Validation of the options, so that mistakes are found before anything is written.
//!
//! The rules are the API server's for names and keys, and those of image references for the registry.

use super::install::Options;
use crate::names::{is_label, is_qualified_name, is_subdomain};

/// An option whose value the cluster would refuse, or whose images could not be pulled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid {option} {value:?}: {reason}")]
pub struct InvalidOption {
    /// Name of the option, such as "registry".
    pub option: &'static str,
    /// Value.
    pub value: String,
    /// What the value must be.
    pub reason: &'static str,
}

const NAME: &str =
    "use lowercase letters, digits, dashes and dots, each part starting and ending with a letter or digit";
const KEY: &str = "use only the key of a taint, such as node-role.kubernetes.io/edge";

impl Options {
    /// Checks every option that is free text.
    pub fn check(&self) -> Result<(), InvalidOption> {
        let invalid =
            |option, value: &str, reason| Err(InvalidOption { option, value: value.to_owned(), reason });
        if !is_label(&self.namespace) {
            let reason = "use at most 63 lowercase letters, digits and dashes";
            return invalid("namespace", &self.namespace, reason);
        }
        if let Some(name) = self.image_pull_secret.as_deref().filter(|name| !is_subdomain(name)) {
            return invalid("image pull secret", name, NAME);
        }
        if self.registry.contains("://") {
            let reason = if self.registry.contains("docker.io") {
                "for Docker Hub, add your account name: docker.io/acme"
            } else {
                "omit https://"
            };
            return invalid("registry", &self.registry, reason);
        }
        if !self.registry.is_empty() && !self.registry.split('/').enumerate().all(is_registry_part) {
            let reason = "use a host with an optional port and a lowercase path, without a trailing slash";
            return invalid("registry", &self.registry, reason);
        }
        if !is_subdomain(&self.cluster_domain) {
            return invalid("cluster domain", &self.cluster_domain, NAME);
        }
        match self.toleration_keys.iter().find(|key| !is_qualified_name(key)) {
            Some(key) => invalid("toleration key", key, KEY),
            None => Ok(()),
        }
    }
}

/// Whether a part between the slashes of an image name is valid. The first is a host or a part of the path.
fn is_registry_part((at, part): (usize, &str)) -> bool {
    let of_path = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    // A port, and the brackets around the colons of an address.
    let of_host = |b: u8| of_path(b) || b.is_ascii_uppercase() || b":[]".contains(&b);
    let last = part.bytes().last();
    !part.is_empty()
        && part.bytes().all(|b| if at == 0 { of_host(b) } else { of_path(b) })
        && last.is_some_and(|b| b.is_ascii_alphanumeric() || b == b']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut Options)) -> Option<String> {
        let mut options = Options::default();
        change(&mut options);
        options.check().err().map(|error| error.to_string())
    }

    #[test]
    fn defaults_and_common_values_are_accepted() {
        assert_eq!(Options::default().check(), Ok(()));
        for registry in [
            "",
            "ghcr.io/fluxcd",
            "localhost:5000",
            "localhost:5000/flux",
            "[::1]:5000/flux",
            "Registry.Example/a/b-c_d",
            "mirror",
        ] {
            assert_eq!(refused(|it| it.registry = registry.into()), None, "{registry}");
        }
        for domain in ["cluster.local", "local", "k3s-1.internal"] {
            assert_eq!(refused(|it| it.cluster_domain = domain.into()), None, "{domain}");
        }
        for key in ["edge", "node-role.kubernetes.io/control-plane", "CriticalAddonsOnly", "a_b"] {
            assert_eq!(refused(|it| it.toleration_keys = vec![key.into()]), None, "{key}");
        }
        assert_eq!(refused(|it| it.image_pull_secret = Some("reg.cred-1".into())), None);
        assert_eq!(refused(|it| it.namespace = "yes".into()), None);
    }

    #[test]
    fn values_that_the_cluster_would_refuse_are_refused() {
        let long = "a".repeat(64);
        for namespace in ["", "Flux", "a.b", "-a", "a-", long.as_str()] {
            assert!(refused(|it| it.namespace = namespace.into()).is_some(), "{namespace}");
        }
        for registry in ["ghcr.io/", "/flux", "a//b", "ghcr.io/Flux", "ghcr.io/a b", "ghcr.io:", "a/b:v1"] {
            assert!(refused(|it| it.registry = registry.into()).is_some(), "{registry}");
        }
        for domain in ["", "cluster.local.", "a..b", ".local", "Cluster.local", "-a.b"] {
            assert!(refused(|it| it.cluster_domain = domain.into()).is_some(), "{domain}");
        }
        for key in ["", "a=b", "a:NoSchedule", "/a", "a/", "a/b/c", "-a", "A.b/c"] {
            assert!(refused(|it| it.toleration_keys = vec![key.into()]).is_some(), "{key}");
        }
        for name in ["", "A", "a_b", "a."] {
            assert!(refused(|it| it.image_pull_secret = Some(name.into())).is_some(), "{name}");
        }
    }

    #[test]
    fn an_error_names_the_option_and_the_correct_form() {
        assert_eq!(
            refused(|it| it.registry = "https://ghcr.io/fluxcd".into()).as_deref(),
            Some(r#"invalid registry "https://ghcr.io/fluxcd": omit https://"#)
        );
    }
}
