//! `flux create image policy`.

use clap::Args;
use regex::Regex;

use super::super::{Common, apply, export, given, names};
use crate::api::{
    AlphabeticalPolicy, DigestReflectionPolicy, ImagePolicyChoice, ImagePolicySpec, NamespacedReference,
    NumericalPolicy, Order, SemVerPolicy, TagFilter,
};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::IMAGE_POLICY;

/// The arguments of `flux create image policy`.
#[derive(Args)]
pub struct ImagePolicy {
    #[command(flatten)]
    common: Common,
    /// ImageRepository with the tags
    #[arg(long, value_name = "NAME")]
    image_ref: Option<String>,
    /// Select the newest version in a range, such as '1.x'
    #[arg(long, value_name = "RANGE")]
    select_semver: Option<String>,
    /// Select the last tag in alphabetical (asc) or reverse alphabetical (desc) order
    #[arg(long, value_name = "ORDER")]
    select_alpha: Option<String>,
    /// Select the last tag in ascending (asc) or descending (desc) numerical order
    #[arg(long, value_name = "ORDER")]
    select_numeric: Option<String>,
    /// Regular expression that tags must match
    #[arg(long, value_name = "PATTERN")]
    filter_regex: Option<String>,
    /// Part of the tag to compare, from groups of --filter-regex, such as '$timestamp'
    #[arg(long, value_name = "TEMPLATE")]
    filter_extract: Option<String>,
    /// When to resolve the digest of the tag: Never, IfNotPresent or Always
    #[arg(long, value_name = "POLICY")]
    reflect_digest: Option<String>,
}

impl Described for ImagePolicy {
    const ABOUT: About = About::new("policy", "Create or update an ImagePolicy")
        .details("An ImagePolicy selects one of the tags that an ImageRepository has scanned.")
        .usage(
            "<NAME> --image-ref <NAME> (--select-semver <RANGE> | --select-alpha <ORDER> | \
             --select-numeric <ORDER>)",
        )
        .examples(&[
            (
                "Select the newest version in a range",
                "flux create image policy podinfo --image-ref=podinfo --select-semver='6.x'",
            ),
            (
                "Select the highest build number of the main branch",
                "flux create image policy app --image-ref=app \
                 --filter-regex='^main-(?P<build>[0-9]+)$' --filter-extract='$build' \
                 --select-numeric=asc",
            ),
        ]);
}

impl Command for ImagePolicy {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let image = names::reference("--image-ref", self.image_ref)?.ok_or_else(|| {
            Error::required("--image-ref", "--image-ref=app, an ImageRepository in the same namespace")
        })?;
        let policy = choice(context, self.select_semver, self.select_alpha, self.select_numeric)?;
        let filter_tags = filter(given(self.filter_regex), given(self.filter_extract))?;
        let digest_reflection_policy =
            given(self.reflect_digest).map(|word| reflection(&word)).transpose()?;
        let interval = target.interval.filter(|interval| interval.as_nanos() > 0);
        let always = digest_reflection_policy == Some(DigestReflectionPolicy::Always);
        match (always, interval) {
            (false, Some(_)) => {
                return Err(Error::usage(
                    "--interval can only be used with the 'Always' digest reflection policy",
                )
                .hint("add --reflect-digest=Always or omit --interval"));
            }
            (true, None) => {
                return Err(Error::usage("--reflect-digest=Always requires --interval")
                    .hint("for example: --interval=1h"));
            }
            _ => {}
        }
        let object = target.object(ImagePolicySpec {
            image_repository_ref: NamespacedReference { name: image, namespace: None },
            policy,
            filter_tags,
            digest_reflection_policy,
            interval,
            ..ImagePolicySpec::default()
        });
        if target.export {
            return export(context, &object);
        }
        apply::apply(context, &IMAGE_POLICY, &object).await
    }
}

fn choice(
    context: &Context,
    semver: Option<String>,
    alpha: Option<String>,
    numeric: Option<String>,
) -> Result<ImagePolicyChoice> {
    let none = ImagePolicyChoice::default();
    match (given(semver), given(alpha), given(numeric)) {
        (Some(range), None, None) => {
            if !looks_like_versions(&range) {
                context.ui.warning(format!(
                    "--select-semver={range} is not a version range: use 1.x, ~1.2 or '>=1.0.0 <2.0.0'"
                ));
            }
            Ok(ImagePolicyChoice { semver: Some(SemVerPolicy { range }), ..none })
        }
        (None, Some(word), None) => {
            let order = Some(order("--select-alpha", &word)?);
            Ok(ImagePolicyChoice { alphabetical: Some(AlphabeticalPolicy { order }), ..none })
        }
        (None, None, Some(word)) => {
            let order = Some(order("--select-numeric", &word)?);
            Ok(ImagePolicyChoice { numerical: Some(NumericalPolicy { order }), ..none })
        }
        (None, None, None) => Err(Error::usage(
            "a policy must be provided with either --select-semver, --select-alpha or --select-numeric",
        )
        .hint("for example: --select-semver='>=1.0.0'")),
        _ => Err(Error::usage(
            "only one of --select-semver, --select-alpha or --select-numeric can be specified",
        )
        .hint("keep only one of them")),
    }
}

fn order(flag: &str, word: &str) -> Result<Order> {
    word.parse().map_err(|_| {
        Error::usage(format!("{flag} must be one of [\"asc\", \"desc\"]"))
            .hint("asc selects the last tag in order, desc the first")
    })
}

fn reflection(word: &str) -> Result<DigestReflectionPolicy> {
    word.parse().map_err(|_| {
        Error::usage("invalid value for --reflect-digest, must be one of 'Never', 'IfNotPresent', 'Always'")
    })
}

/// Whether every part of a range looks like a version, with optional operators and wildcards. The controller checks
/// ranges in full.
fn looks_like_versions(range: &str) -> bool {
    let mut parts =
        range.split(|c: char| c.is_whitespace() || matches!(c, ',' | '|')).filter(|part| !part.is_empty());
    parts.all(|part| {
        let version = part.trim_start_matches(['<', '>', '=', '!', '~', '^', 'v', 'V']);
        matches!(version, "" | "-")
            || version.starts_with(|c: char| c.is_ascii_digit() || matches!(c, 'x' | 'X' | '*'))
    })
}

/// Builds the filter, and checks that it extracts existing groups only.
fn filter(pattern: Option<String>, extract: Option<String>) -> Result<Option<TagFilter>> {
    let Some(pattern) = pattern else {
        return match extract {
            Some(_) => Err(Error::usage("cannot specify --filter-extract without specifying --filter-regex")
                .hint("--filter-extract refers to groups of --filter-regex")),
            None => Ok(None),
        };
    };
    let compiled = Regex::new(&pattern).map_err(|error| {
        let problem = error.to_string();
        let problem = problem.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Error::usage(format!("--filter-regex is an invalid regex pattern: {problem}"))
    })?;
    if let Some(extract) = &extract {
        let groups: Vec<&str> = compiled.capture_names().flatten().collect();
        for group in groups_of(extract)? {
            // A missing numbered group is empty, which is allowed.
            if !is_number(group) && !groups.contains(&group) {
                return Err(Error::usage(format!(
                    "capture group ${group} used in --filter-extract not found in --filter-regex"
                ))
                .hint(if groups.is_empty() {
                    format!("name a group in the pattern: (?P<{group}>…)")
                } else {
                    format!("the pattern has the groups {}", groups.join(", "))
                }));
            }
        }
    }
    // As in flux, the field is always written; empty means the whole tag.
    Ok(Some(TagFilter { pattern: Some(pattern), extract: Some(extract.unwrap_or_default()) }))
}

/// Whether Go reads it as a group number: digits without a leading zero.
fn is_number(name: &str) -> bool {
    name == "0" || (!name.starts_with('0') && name.len() <= 8 && name.bytes().all(|c| c.is_ascii_digit()))
}

/// Groups that a template refers to: `$name` or `${name}`; `$$` is a dollar sign.
fn groups_of(template: &str) -> Result<Vec<&str>> {
    let malformed = || {
        Error::usage(format!("--filter-extract is malformed: {template:?}"))
            .hint("write groups as $name or ${name}, and a dollar sign as $$")
    };
    let mut groups = Vec::new();
    let mut rest = template;
    while let Some((_, after)) = rest.split_once('$') {
        if let Some(after) = after.strip_prefix('$') {
            rest = after;
            continue;
        }
        let (braced, after) = match after.strip_prefix('{') {
            Some(after) => (true, after),
            None => (false, after),
        };
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        if name.is_empty() || (braced && !after.starts_with('}')) {
            return Err(malformed());
        }
        groups.push(name);
        rest = if braced { &after[1..] } else { after };
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::testing::Scene;

    #[test]
    fn what_is_extracted_must_be_a_group_of_the_pattern() {
        let read = |pattern: &str, extract: &str| {
            filter(Some(pattern.to_owned()), Some(extract.to_owned())).map_err(|error| error.to_string())
        };
        let pattern = r"^RELEASE\.(?P<timestamp>.*)Z$";
        for extract in ["$timestamp", "${timestamp}", "$1", "$$", "a-$timestamp-b", ""] {
            assert!(read(pattern, extract).is_ok(), "{extract}");
        }
        for extract in ["$ts", "$", "${timestamp", "${}", "$01", "$timestamps"] {
            assert!(read(pattern, extract).is_err(), "{extract}");
        }
        assert!(read("(", "$1").unwrap_err().starts_with("--filter-regex is an invalid regex pattern"));
    }

    #[test]
    fn ranges_are_told_from_words() {
        for range in ["1.x", ">=1.0.0 <2.0.0", "~1.2", "^v1", "*", "1.0 - 2.0", ">=1.0.0-0 || 3"] {
            assert!(looks_like_versions(range), "{range}");
        }
        assert!(!looks_like_versions("notsemver"));
        assert!(!looks_like_versions("latest"));
    }

    #[test]
    fn an_image_policy_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create image policy podinfo --image-ref=podinfo --select-semver=6.x --export"), @"
        ---
        apiVersion: image.toolkit.fluxcd.io/v1
        kind: ImagePolicy
        metadata:
          name: podinfo
          namespace: flux-system
        spec:
          imageRepositoryRef:
            name: podinfo
          policy:
            semver:
              range: 6.x
        ");
    }
}
