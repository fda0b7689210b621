//! Manifests of OCI artifacts.

use serde::{Deserialize, Serialize};

use crate::charts::digest::Digest;

/// Media types of manifests that are asked for.
pub(super) const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json";

/// Media type of a chart's configuration.
const CHART_CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// Media type of a chart's archive.
pub(in crate::charts) const CHART_LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
/// Media type that old versions of Helm gave a chart's archive.
const OLD_CHART_LAYER: &str = "application/tar+gzip";

/// Part of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::charts) struct Descriptor {
    pub media_type: String,
    pub digest: String,
    pub size: u64,
}

/// Manifest of an artifact.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::charts) struct Manifest {
    /// Digest of the manifest itself; it is set after reading.
    #[serde(default)]
    pub digest: Option<String>,
    pub config: Option<Descriptor>,
    #[serde(default)]
    pub layers: Option<Vec<Descriptor>>,
    /// Manifests of an index.
    #[serde(default, skip_serializing)]
    manifests: Option<Vec<serde::de::IgnoredAny>>,
}

impl Manifest {
    /// Reads a manifest and checks that it has the digest that was asked for or promised.
    pub(super) fn read(text: &[u8], promised: Option<&Digest>) -> Result<Manifest, String> {
        let digest = Digest::of(text);
        if let Some(promised) = promised.filter(|promised| **promised != digest) {
            return Err(format!("its manifest has the digest {digest} instead of {promised}"));
        }
        let manifest: Result<Manifest, _> = serde_json::from_slice(text);
        let mut manifest = manifest.map_err(|error| {
            format!("its manifest cannot be read (line {}, column {})", error.line(), error.column())
        })?;
        if manifest.manifests.is_some() {
            return Err("it is an index of several images, not an artifact".to_owned());
        }
        manifest.digest = Some(digest.to_string());
        Ok(manifest)
    }

    fn layers(&self) -> &[Descriptor] {
        self.layers.as_deref().unwrap_or_default()
    }

    /// The archive of a Helm chart, as Helm finds it.
    pub(in crate::charts) fn chart(&self) -> Result<&Descriptor, String> {
        if self.config.as_ref().is_none_or(|config| config.media_type != CHART_CONFIG) {
            return Err(format!("it is not a Helm chart: its manifest has no config of type {CHART_CONFIG}"));
        }
        let is_chart = |layer: &&Descriptor| matches!(&*layer.media_type, CHART_LAYER | OLD_CHART_LAYER);
        let found = self.layers().iter().rfind(is_chart);
        found.ok_or_else(|| format!("its manifest has no layer of type {CHART_LAYER}"))
    }

    /// The layer that `spec.layerSelector.mediaType` names, or the first one.
    pub(in crate::charts) fn layer(&self, media_type: Option<&str>) -> Result<&Descriptor, String> {
        match media_type.filter(|it| !it.is_empty()) {
            Some(wanted) => {
                let found = self.layers().iter().find(|layer| layer.media_type == wanted);
                found.ok_or_else(|| format!("its manifest has no layer of type {wanted}"))
            }
            None => self.layers().first().ok_or_else(|| "its manifest has no layers".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &serde_json::Value) -> Manifest {
        Manifest::read(value.to_string().as_bytes(), None).expect("a manifest")
    }

    fn part(media_type: &str, digest: &str) -> serde_json::Value {
        json!({"mediaType": media_type, "digest": digest, "size": 3})
    }

    #[test]
    fn the_archive_of_a_chart_is_found_by_its_type() {
        let manifest =
            read(&json!({"schemaVersion": 2, "config": part(CHART_CONFIG, "sha256:c"), "layers": [
                part("application/vnd.cncf.helm.chart.provenance.v1.prov", "sha256:p"),
                part(CHART_LAYER, "sha256:a"),
            ]}));
        assert_eq!(manifest.chart().unwrap().digest, "sha256:a");
        assert_eq!(manifest.layer(None).unwrap().digest, "sha256:p");
        assert_eq!(manifest.layer(Some(CHART_LAYER)).unwrap().digest, "sha256:a");
        assert_eq!(manifest.layer(Some("x")).unwrap_err(), "its manifest has no layer of type x");
    }

    #[test]
    fn what_is_not_a_chart_is_an_error() {
        let image = read(&json!({"config": part("application/vnd.oci.image.config.v1+json", "sha256:c"),
            "layers": [part(CHART_LAYER, "sha256:a")]}));
        assert!(image.chart().unwrap_err().starts_with("it is not a Helm chart"));
        let empty = read(&json!({"config": part(CHART_CONFIG, "sha256:c"), "layers": null}));
        assert!(empty.chart().is_err() && empty.layer(None).is_err());
    }

    #[test]
    fn an_index_damage_and_another_digest_are_errors() {
        let index = Manifest::read(br#"{"manifests":[{"digest":"sha256:a"}]}"#, None);
        assert_eq!(index.unwrap_err(), "it is an index of several images, not an artifact");
        assert_eq!(
            Manifest::read(b"<html>", None).unwrap_err(),
            "its manifest cannot be read (line 1, column 1)"
        );
        let error = Manifest::read(b"{}", Some(&Digest::of(b"other"))).unwrap_err();
        assert!(error.starts_with("its manifest has the digest sha256:44136fa3"), "{error}");
    }
}
