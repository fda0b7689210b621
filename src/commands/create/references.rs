//! Parsers for references to other objects and other structured flag values.

use std::str::FromStr;

use crate::api::{
    ChartReference, ChartReferenceKind, ChartSourceKind, ChartTemplateSource, ConfigKind,
    DependencyReference, Duration, EventKind, EventSource, KustomizationSource, KustomizationSourceKind,
    NamespacedKindReference, ReceiverType, ValuesReference,
};
use crate::names;

/// Duration for the API: not negative, in whole milliseconds.
pub fn interval(text: &str) -> Result<Duration, String> {
    let span = Duration::from_str(text).map_err(|error| error.to_string())?;
    if span.as_nanos() < 0 {
        return Err("a duration cannot be negative".into());
    }
    if span.as_nanos() % 1_000_000 != 0 {
        return Err("the shortest duration is one millisecond (1ms)".into());
    }
    Ok(span)
}

/// Parts of `kind/name.namespace`, `kind/name`, `name.namespace` or `name`.
struct Parts<'t> {
    kind: Option<&'t str>,
    name: &'t str,
    namespace: Option<&'t str>,
}

impl<'t> Parts<'t> {
    fn of(text: &'t str) -> Result<Self, String> {
        let (kind, name) = match text.split_once('/') {
            Some((kind, name)) => (Some(kind), name),
            None => (None, text),
        };
        let (name, namespace) = match name.rsplit_once('.') {
            Some((name, namespace)) => (name, Some(namespace)),
            None => (name, None),
        };
        let parts = Parts { kind: kind.filter(|kind| !kind.is_empty()), name, namespace };
        parts.check()?;
        Ok(parts)
    }

    fn check(&self) -> Result<(), String> {
        if self.name.is_empty() {
            return Err("the name is missing".into());
        }
        if !names::is_subdomain(self.name) {
            return Err(format!("{:?} is not a valid object name", self.name));
        }
        match self.namespace {
            Some(namespace) if !names::is_label(namespace) => {
                Err(format!("{namespace:?} is not a valid namespace name"))
            }
            _ => Ok(()),
        }
    }

    fn namespace(&self) -> Option<String> {
        self.namespace.map(str::to_owned)
    }
}

/// Kind named `word`, ignoring case.
fn kind_of<K: Copy>(word: &str, all: &[K], name: fn(K) -> &'static str) -> Result<K, String> {
    all.iter().copied().find(|kind| name(*kind).eq_ignore_ascii_case(word)).ok_or_else(|| {
        let supported: Vec<&str> = all.iter().map(|kind| name(*kind)).collect();
        format!("kind '{word}' is not supported, must be one of: {}", supported.join(", "))
    })
}

/// Source of a Kustomization; a GitRepository without a kind.
pub fn kustomization_source(text: &str) -> Result<KustomizationSource, String> {
    let all = KustomizationSourceKind::ALL;
    if all.iter().any(|kind| kind.as_str() == text) {
        return Err(format!("the name is missing: write {text}/NAME"));
    }
    let parts = Parts::of(text)?;
    let kind = match parts.kind {
        Some(kind) => kind_of(kind, all, KustomizationSourceKind::as_str)?,
        None => KustomizationSourceKind::GitRepository,
    };
    Ok(KustomizationSource {
        api_version: None,
        kind,
        name: parts.name.to_owned(),
        namespace: parts.namespace(),
    })
}

/// Source of a chart, `kind/name` or `kind/name.namespace`.
pub fn chart_source(text: &str) -> Result<ChartTemplateSource, String> {
    let parts = Parts::of(text)?;
    let Some(kind) = parts.kind else {
        return Err(format!("the kind is missing: write HelmRepository/{text}"));
    };
    Ok(ChartTemplateSource {
        api_version: None,
        kind: kind_of(kind, ChartSourceKind::ALL, ChartSourceKind::as_str)?,
        name: parts.name.to_owned(),
        namespace: parts.namespace(),
    })
}

/// Object that provides a chart, `kind/name` or `kind/name.namespace`.
pub fn chart_reference(text: &str) -> Result<ChartReference, String> {
    let parts = Parts::of(text)?;
    let Some(kind) = parts.kind else {
        return Err(format!("the kind is missing: write OCIRepository/{text} or HelmChart/{text}"));
    };
    Ok(ChartReference {
        api_version: None,
        kind: kind_of(kind, ChartReferenceKind::ALL, ChartReferenceKind::as_str)?,
        name: parts.name.to_owned(),
        namespace: parts.namespace(),
    })
}

/// Object with values, `Secret/name` or `ConfigMap/name`, in the namespace of the release.
pub fn values_reference(text: &str) -> Result<ValuesReference, String> {
    let Some((kind, name)) = text.split_once('/') else {
        return Err(format!("the kind is missing: write Secret/{text} or ConfigMap/{text}"));
    };
    let kind = kind_of(kind, ConfigKind::ALL, ConfigKind::as_str)?;
    if !names::is_subdomain(name) {
        return Err(format!("{name:?} is not a valid object name"));
    }
    Ok(ValuesReference { kind, name: name.to_owned(), ..ValuesReference::default() })
}

/// Event source, `kind/name` or `kind/name.namespace`, with `*` for all names.
pub fn event_source(text: &str) -> Result<EventSource, String> {
    let Some((kind, rest)) = text.split_once('/') else {
        return Err(format!("must be in the format kind/name, for instance GitRepository/{text}"));
    };
    let kind = kind_of(kind, EventKind::ALL, EventKind::as_str)?;
    let (name, namespace) = if rest == "*" {
        (rest, None)
    } else if let Some(namespace) = rest.strip_prefix("*.").filter(|namespace| names::is_label(namespace)) {
        ("*", Some(namespace))
    } else {
        let parts = Parts::of(rest)?;
        (parts.name, parts.namespace)
    };
    let namespace = namespace.map(str::to_owned);
    Ok(EventSource { kind, name: name.to_owned(), namespace, ..EventSource::default() })
}

/// Type of a Receiver.
pub fn receiver_type(text: &str) -> Result<ReceiverType, String> {
    let words: Vec<&str> = ReceiverType::ALL.iter().map(|word| word.as_str()).collect();
    text.parse()
        .map_err(|_| format!("receiver type '{text}' is not supported, must be one of: {}", words.join(", ")))
}

/// Kinds of health checks, with the API version where it must be given.
const HEALTH_KINDS: &[(&str, Option<&str>)] = &[
    ("Deployment", None),
    ("DaemonSet", None),
    ("StatefulSet", None),
    ("HelmRelease", Some("helm.toolkit.fluxcd.io/v2")),
];

/// Health check, `kind/name.namespace`.
pub fn health_check(text: &str) -> Result<NamespacedKindReference, String> {
    let form = || "must be in the format 'kind/name.namespace'".to_owned();
    let (kind, rest) = text.split_once('/').ok_or_else(form)?;
    let kinds: Vec<&str> = HEALTH_KINDS.iter().map(|row| row.0).collect();
    let Some((kind, api_version)) = HEALTH_KINDS.iter().find(|row| row.0 == kind) else {
        return Err(format!("kind '{kind}' is not supported, must be one of: {}", kinds.join(", ")));
    };
    let parts = Parts::of(rest)?;
    if parts.kind.is_some() {
        return Err(form());
    }
    Ok(NamespacedKindReference {
        api_version: api_version.map(str::to_owned),
        kind: (*kind).to_owned(),
        name: parts.name.to_owned(),
        namespace: Some(parts.namespace().ok_or_else(form)?),
    })
}

/// Dependency of the same kind: `name` or `namespace/name`, optionally with a CEL expression for its readiness as
/// `@expression`.
pub fn dependency(text: &str) -> Result<DependencyReference, String> {
    let (object, ready_expr) = match text.split_once('@') {
        Some((object, expression)) => (object, Some(expression.to_owned())),
        None => (text, None),
    };
    let (namespace, name) = match object.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, object),
    };
    if !names::is_subdomain(name) {
        return Err(format!("{name:?} is not a valid object name, must be 'name' or 'namespace/name'"));
    }
    if let Some(namespace) = namespace.filter(|namespace| !names::is_label(namespace)) {
        return Err(format!(
            "{namespace:?} is not a valid namespace name, must be 'name' or 'namespace/name'"
        ));
    }
    Ok(DependencyReference { name: name.to_owned(), namespace: namespace.map(str::to_owned), ready_expr })
}

/// Directory of a source, as `./directory`: a leading slash means the root of the source, and `..` does not leave it.
pub fn folder(text: &str) -> String {
    let mut inside: Vec<&str> = Vec::new();
    for part in text.trim().split('/') {
        match part {
            "" | "." => {}
            ".." => {
                inside.pop();
            }
            part => inside.push(part),
        }
    }
    format!("./{}", inside.join("/"))
}

/// Whether a directory would leave the source.
pub fn climbs_out(text: &str) -> bool {
    let mut depth = 0_usize;
    for part in text.trim().split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_without_a_kind_is_a_git_repository() {
        let source = kustomization_source("monitoring").unwrap();
        assert_eq!(
            (source.kind, source.name.as_str()),
            (KustomizationSourceKind::GitRepository, "monitoring")
        );
        let source = kustomization_source("ocirepository/a.b.infra").unwrap();
        assert_eq!(
            (source.kind, source.name.as_str(), source.namespace.as_deref()),
            (KustomizationSourceKind::OciRepository, "a.b", Some("infra"))
        );
        for text in ["", "Secret/x", "GitRepository", "GitRepository/", "Bucket/x.", "a/b/c", "Git Repo"] {
            assert!(kustomization_source(text).is_err(), "{text}");
        }
    }

    #[test]
    fn charts_come_from_a_kind_that_is_named() {
        assert_eq!(
            chart_source("HelmRepository/charts.production").unwrap().namespace.as_deref(),
            Some("production")
        );
        assert!(chart_source("charts").unwrap_err().contains("HelmRepository/charts"));
        assert!(chart_source("HelmChart/x").is_err());
        assert!(chart_reference("HelmRepository/x").is_err());
        assert!(chart_reference("HelmChart/x").is_ok());
        assert!(values_reference("secret/x").is_ok());
        assert!(values_reference("Pod/x").is_err());
    }

    #[test]
    fn health_checks_name_kind_name_and_namespace() {
        let check = health_check("HelmRelease/app.prod").unwrap();
        assert_eq!(check.api_version.as_deref(), Some("helm.toolkit.fluxcd.io/v2"));
        for text in ["bad", "Deployment/x", "Pod/x.y", "Deployment/.y", "Deployment/a/b.c"] {
            assert!(health_check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn dependencies_may_name_a_namespace_and_an_expression() {
        let dependency = dependency("infra/certs@dep.status.ready == true").unwrap();
        assert_eq!((dependency.namespace.as_deref(), dependency.name.as_str()), (Some("infra"), "certs"));
        assert_eq!(dependency.ready_expr.as_deref(), Some("dep.status.ready == true"));
        for text in ["", "a/b/c", "/b", "a/", "A"] {
            assert!(super::dependency(text).is_err(), "{text}");
        }
    }

    #[test]
    fn folders_stay_inside_of_their_source() {
        for (text, inside) in [
            ("./apps", "./apps"),
            ("", "./"),
            (".", "./"),
            ("/abs/dir", "./abs/dir"),
            ("a//b/./c/", "./a/b/c"),
            ("../../etc", "./etc"),
            ("a/../../b", "./b"),
        ] {
            assert_eq!(folder(text), inside, "{text}");
        }
        assert!(climbs_out("a/../../b") && climbs_out("../x") && !climbs_out("a/../b") && !climbs_out("/a"));
    }

    #[test]
    fn intervals_are_those_that_the_api_takes() {
        assert_eq!(interval("1m").unwrap().to_string(), "1m0s");
        for text in ["-1m", "1us", "1.0000001s", "5", "1d", ""] {
            assert!(interval(text).is_err(), "{text}");
        }
    }
}
