//! Charts in container registries: of HelmRepositories with `type: oci`, and of OCIRepositories.

use std::time::Duration;

use super::cache::Download;
use super::digest::Digest;
use super::fetch::{Charts, exact_tag, missing_of, unresolved, user};
use super::index_source::check_archive;
use super::registry::{CHART_LAYER, Manifest, Registry, Repository, is_tag};
use super::source::PlainHttp;
use super::{Error, ErrorKind, Fetched, Origin, Result, Wanted, versions};
use crate::api::{LayerSelector, OciRepositoryRef};

/// Tag of an OCIRepository without a reference.
const LATEST: &str = "latest";

/// Number of tags that an error lists.
const LISTED: usize = 5;

/// Repository in a registry that is asked.
struct Asked<'a> {
    wanted: &'a Wanted,
    registry: &'a Registry,
    repository: &'a Repository,
}

/// Manifest of a tag or digest.
struct Found {
    reference: String,
    manifest: Manifest,
    age: Option<Duration>,
}

impl Charts {
    pub(super) async fn in_registry(
        &self,
        wanted: &Wanted,
        base: &Repository,
        plain: PlainHttp,
    ) -> Result<Fetched> {
        let what = format!("find {}", missing_of(wanted));
        let repository = base.below(&wanted.chart).ok_or_else(|| {
            let cause = format!("{:?} is not the name of a chart in a registry", wanted.chart);
            Error::new(ErrorKind::Invalid, what.clone(), cause)
                .hint(format!("check spec.chart of {}: lowercase letters, digits, ., _ and -", wanted.by))
        })?;
        let registry = wanted.source.registry(base, plain, &self.options, &self.events)?;
        let asked = Asked { wanted, registry, repository: &repository };
        let (found, version) = if let Some(tag) = exact_tag(&wanted.version) {
            (self.manifest(&asked, &tag).await?, wanted.version.clone())
        } else {
            let tags = self.tags(&asked).await?;
            let candidates = versions::of_chart_tags(&tags.0, &wanted.version)
                .map_err(|reason| unresolved(wanted, reason, &newest(&tags.0)))?;
            let names: Vec<String> = candidates.iter().map(|version| versions::tag_of(version)).collect();
            let found = self.one_of(&asked, &names, tags.1).await?;
            (found, candidates.into_iter().next().unwrap_or_default())
        };
        let layer = found.manifest.chart().map_err(|cause| invalid(&asked, &found.reference, &cause))?;
        let layer = (layer.digest.clone(), layer.size);
        let fetched = self.layer(&asked, &found, &layer, self.options.limits.chart).await?;
        Ok(Fetched { version: Some(version), revision: None, ..fetched })
    }

    pub(super) async fn artifact(
        &self,
        wanted: &Wanted,
        repository: &Repository,
        plain: PlainHttp,
        reference: &OciRepositoryRef,
        selector: &LayerSelector,
    ) -> Result<Fetched> {
        let registry = wanted.source.registry(repository, plain, &self.options, &self.events)?;
        let asked = Asked { wanted, registry, repository };
        wanted.source.warn_of_signatures(&self.events);
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let media_type = text(&selector.media_type);
        let (found, is_digest) = if let Some(digest) = text(&reference.digest) {
            let digest =
                Digest::parse(&digest).filter(|_| digest.starts_with("sha256:")).ok_or_else(|| {
                    invalid(&asked, &digest, "spec.ref.digest is not sha256: and 64 hexadecimal digits")
                })?;
            (self.manifest(&asked, &digest.to_string()).await?, true)
        } else if let Some(range) = text(&reference.semver) {
            let tags = self.tags(&asked).await?;
            let filter = reference.semver_filter.as_deref();
            let are_charts = media_type.as_deref() == Some(CHART_LAYER);
            let candidates = versions::of_artifact_tags(&tags.0, &range, filter, are_charts)
                .map_err(|reason| unresolved(wanted, reason, &newest(&tags.0)))?;
            (self.one_of(&asked, &candidates, tags.1).await?, false)
        } else {
            let tag = text(&reference.tag).unwrap_or_else(|| LATEST.to_owned());
            if !is_tag(&tag) {
                return Err(invalid(&asked, &tag, "spec.ref.tag is not a valid tag"));
            }
            (self.manifest(&asked, &tag).await?, false)
        };
        let layer = found.manifest.layer(media_type.as_deref());
        let layer = layer.map_err(|cause| invalid(&asked, &found.reference, &cause))?;
        let layer = (layer.digest.clone(), layer.size);
        let fetched = self.layer(&asked, &found, &layer, self.options.limits.artifact).await?;
        let digest = found.manifest.digest.clone().unwrap_or_default();
        let revision = if is_digest { digest } else { format!("{}@{digest}", found.reference) };
        let version = (!is_digest).then(|| found.reference.clone());
        Ok(Fetched { version, revision: Some(revision), ..fetched })
    }

    /// Lists the tags of a repository. Also returns the age of the list.
    async fn tags(&self, asked: &Asked<'_>) -> Result<(Vec<String>, Option<Duration>)> {
        let Asked { wanted, registry, repository } = asked;
        let key = format!("tags\n{repository}\n{}", user(&wanted.source));
        let what = format!("list the tags of {repository} for {}", wanted.source.name);
        let ask = async || registry.tags(&what, repository).await;
        self.answer(wanted, &key, false, "the tags of its repository are not in the cache", ask).await
    }

    /// Returns the manifest of a tag or digest.
    async fn manifest(&self, asked: &Asked<'_>, reference: &str) -> Result<Found> {
        let Asked { wanted, registry, repository } = asked;
        let key = format!("manifest\n{repository}\n{reference}\n{}", user(&wanted.source));
        let what = format!("fetch {repository}:{reference} for {}", wanted.source.name);
        let ask = async || registry.manifest(&what, repository, reference).await;
        let is_digest = Digest::parse(reference).is_some();
        let cause = format!("{reference} is not in the cache");
        let (manifest, age) = self.answer(wanted, &key, is_digest, &cause, ask).await?;
        Ok(Found { reference: reference.to_owned(), manifest, age })
    }

    /// Returns the manifest of some tags that are equally new. They must lead to the same content.
    async fn one_of(&self, asked: &Asked<'_>, tags: &[String], age: Option<Duration>) -> Result<Found> {
        let mut found: Option<Found> = None;
        for tag in tags {
            let other = self.manifest(asked, tag).await?;
            match &found {
                None => found = Some(other),
                Some(first) if first.manifest.digest == other.manifest.digest => {}
                Some(first) => {
                    let reason = versions::Unresolved::Several(first.reference.clone(), other.reference);
                    return Err(unresolved(asked.wanted, reason, &[]));
                }
            }
        }
        let found = found.ok_or_else(|| unresolved(asked.wanted, versions::Unresolved::Nothing, &[]))?;
        // The answer is as old as its oldest part.
        let age = found.age.into_iter().chain(age).max();
        Ok(Found { age, ..found })
    }

    /// Fetches a layer.
    async fn layer(
        &self,
        asked: &Asked<'_>,
        found: &Found,
        (digest, size): &(String, u64),
        most: u64,
    ) -> Result<Fetched> {
        let Asked { wanted, registry, repository } = asked;
        let name = format!("{repository}:{} for {}", found.reference, wanted.source.name);
        let what = format!("fetch {name}");
        let digest = Digest::parse(digest).filter(|_| digest.starts_with("sha256:")).ok_or_else(|| {
            invalid(asked, &found.reference, &format!("the digest of its layer, {digest:?}, is not SHA-256"))
        })?;
        if *size > most {
            let cause = format!("its layer has {size} bytes, more than {} MiB", most >> 20);
            return Err(Error::new(ErrorKind::TooLarge, what, cause)
                .hint("check whether it is a chart: charts of that size cannot be installed"));
        }
        let fetch = async |download: &mut Download| {
            registry.blob(&what, repository, &digest, Some(&name), most, download).await?;
            check_archive(&what, download)
        };
        let cause = format!("{} is not in the cache", found.reference);
        let (path, fetched) = self.blob(wanted, &digest, &cause, fetch).await?;
        let is_pinned = Digest::parse(&found.reference).is_some();
        let origin = match found.age {
            Some(age) if !fetched => Origin::Cache((!is_pinned).then_some(age)),
            _ => Origin::Remote,
        };
        Ok(Fetched { path, version: None, digest: Some(digest.to_string()), revision: None, origin })
    }
}

fn invalid(asked: &Asked<'_>, reference: &str, cause: &str) -> Error {
    let Asked { wanted, repository, .. } = asked;
    let what = format!("fetch {repository}:{reference} for {}", wanted.source.name);
    Error::new(ErrorKind::Invalid, what, cause)
        .hint(format!("check {}, and that a chart is there: helm push", wanted.source.name))
}

/// The newest tags that are versions, for a message.
fn newest(tags: &[String]) -> Vec<String> {
    let parsed = tags.iter().filter_map(|tag| Some((versions::parse(&tag.replace('_', "+"))?, tag)));
    let mut parsed: Vec<_> = parsed.collect();
    parsed.sort_by(|(one, _), (other, _)| other.cmp(one));
    parsed.into_iter().take(LISTED).map(|(_, tag)| tag.clone()).collect()
}
