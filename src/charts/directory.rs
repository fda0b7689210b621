//! `--chart-dir`: charts in a directory, such as one on a USB stick, as archives `name-version.tgz` or as directories.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use edgeflux_helm::semver::{Constraint, Version};
use flate2::read::GzDecoder;
use serde_json::Value;

use super::{Error, ErrorKind, Result, versions};

/// Largest `Chart.yaml`.
const LARGEST_METADATA: u64 = 1 << 20;
/// Most bytes of an archive that are unpacked to find its `Chart.yaml`.
const MOST_OF_AN_ARCHIVE: u64 = 100 << 20;

/// Chart in a directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub path: PathBuf,
    pub version: String,
}

/// Finds the chart with this name and the newest version in the range. `wanted` may be a version, a range or nothing;
/// without a range that can be parsed, nothing is found.
///
/// # Errors
/// The directory or a chart cannot be read, an archive has another chart than its name says, or two charts are
/// equally new.
pub(super) fn find(directory: &Path, chart: &str, wanted: &str) -> Result<Option<Found>> {
    // A chart of a registry may have a path; its archive is named after the last part.
    let name = chart.rsplit('/').next().unwrap_or(chart);
    let what = format!("find chart {chart} in {}", directory.display());
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Local, what.clone(), error.to_string())
            .hint("check the directory of --chart-dir")
    };
    let mut found: Vec<(Version, Found)> = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(version) = version_of(&path, &file, name, &what)? else { continue };
        if let Some(parsed) = versions::parse(&version) {
            found.push((parsed, Found { path, version }));
        }
    }
    // An exact version, even a pre-release, comes first.
    let constraint = Constraint::parse(if wanted.is_empty() { "*" } else { wanted }).ok();
    let is_exact = |version: &Version| version.original() == wanted;
    let has_exact = found.iter().any(|(version, _)| is_exact(version));
    found.retain(|(version, _)| {
        if has_exact { is_exact(version) } else { constraint.as_ref().is_some_and(|it| it.allows(version)) }
    });
    found.sort_by(|(one, _), (other, _)| other.cmp(one));
    if let [(one, first), (other, second), ..] = found.as_slice()
        && one == other
    {
        let cause = format!("{} and {} are the same version", first.path.display(), second.path.display());
        return Err(Error::new(ErrorKind::Invalid, what, cause).hint("remove one of them"));
    }
    let Some((_, chosen)) = found.into_iter().next() else { return Ok(None) };
    if chosen.path.is_file() {
        check_archive(&chosen, name, &what)?;
    }
    Ok(Some(chosen))
}

/// Version of a file or directory, if it is the chart of this name.
fn version_of(path: &Path, file: &str, name: &str, what: &str) -> Result<Option<String>> {
    let rest = file.strip_prefix(name);
    if let Some(version) = rest.and_then(|it| it.strip_prefix('-')).and_then(|it| it.strip_suffix(".tgz")) {
        return Ok(Some(version.to_owned()));
    }
    // Only directories that can be the chart are looked into.
    let is_candidate = rest.is_some_and(|it| it.is_empty() || it.starts_with('-'));
    if !is_candidate || !path.is_dir() {
        return Ok(None);
    }
    let metadata = path.join("Chart.yaml");
    let Ok(file) = File::open(&metadata) else { return Ok(None) };
    let mut text = String::new();
    let read = file.take(LARGEST_METADATA).read_to_string(&mut text);
    let unreadable = |cause: String| {
        Error::new(ErrorKind::Local, what.to_owned(), format!("{}: {cause}", metadata.display()))
            .hint("fix or remove it")
    };
    read.map_err(|error| unreadable(error.to_string()))?;
    let (own, version) = identity(&text).map_err(unreadable)?;
    Ok((own == name).then_some(version))
}

/// Name and version in the text of a `Chart.yaml`.
fn identity(text: &str) -> std::result::Result<(String, String), String> {
    let chart = edgeflux_yaml::first_document(text).map_err(|error| error.to_string())?;
    let part = |key: &str| match &chart[key] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    Ok((part("name"), part("version")))
}

/// Checks that an archive has the chart that its name says.
fn check_archive(found: &Found, name: &str, what: &str) -> Result<()> {
    let shown = found.path.display();
    let invalid = |cause: String| {
        Error::new(ErrorKind::Invalid, what.to_owned(), format!("{shown}: {cause}"))
            .hint("replace it: helm pull writes archives with the right names")
    };
    let file = File::open(&found.path).map_err(|error| invalid(error.to_string()))?;
    let mut archive = tar::Archive::new(GzDecoder::new(file).take(MOST_OF_AN_ARCHIVE));
    let entries = archive.entries().map_err(|error| invalid(error.to_string()))?;
    for entry in entries {
        let entry = entry.map_err(|error| invalid(error.to_string()))?;
        let path = entry.path().map_err(|error| invalid(error.to_string()))?.into_owned();
        let mut parts = path.components().filter(|it| *it != std::path::Component::CurDir);
        let is_metadata = parts.next().is_some()
            && parts.next().is_some_and(|it| it.as_os_str() == "Chart.yaml")
            && parts.next().is_none();
        if !is_metadata {
            continue;
        }
        let mut text = String::new();
        let read = entry.take(LARGEST_METADATA).read_to_string(&mut text);
        read.map_err(|error| invalid(error.to_string()))?;
        let (own, version) = identity(&text).map_err(|cause| invalid(format!("Chart.yaml: {cause}")))?;
        if own != name || version != found.version {
            return Err(invalid(format!("it is the chart {own} {version}")));
        }
        return Ok(());
    }
    Err(invalid("it has no Chart.yaml".to_owned()))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn archive(directory: &TempDir, file: &str, chart: &str, version: &str) {
        let gzip = flate2::write::GzEncoder::new(
            File::create(directory.path().join(file)).unwrap(),
            flate2::Compression::fast(),
        );
        let mut builder = tar::Builder::new(gzip);
        let text = format!("apiVersion: v2\nname: {chart}\nversion: {version}\n");
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, format!("{chart}/Chart.yaml"), text.as_bytes()).unwrap();
        builder.into_inner().unwrap().finish().unwrap();
    }

    fn directory(parent: &TempDir, name: &str, chart: &str, version: &str) {
        let path = parent.path().join(name);
        fs::create_dir(&path).unwrap();
        fs::write(path.join("Chart.yaml"), format!("name: {chart}\nversion: {version}\n")).unwrap();
    }

    fn found(parent: &TempDir, chart: &str, wanted: &str) -> Option<String> {
        let found = find(parent.path(), chart, wanted).expect("read")?;
        let name = found.path.file_name().unwrap().to_string_lossy().into_owned();
        Some(format!("{} {name}", found.version))
    }

    #[test]
    fn archives_and_directories_are_found_by_name_and_version() {
        let here = TempDir::new().unwrap();
        archive(&here, "app-1.0.0.tgz", "app", "1.0.0");
        archive(&here, "app-1.2.0+build.tgz", "app", "1.2.0+build");
        archive(&here, "app-server-9.0.0.tgz", "app-server", "9.0.0");
        directory(&here, "app", "app", "1.3.0-rc.1");
        directory(&here, "app-web", "app-web", "7.0.0");
        fs::write(here.path().join("app-notes.tgz"), "").unwrap();
        for (wanted, expected) in [
            ("", Some("1.2.0+build app-1.2.0+build.tgz")),
            ("1.0.0", Some("1.0.0 app-1.0.0.tgz")),
            ("1.0.x", Some("1.0.0 app-1.0.0.tgz")),
            ("1.3.0-rc.1", Some("1.3.0-rc.1 app")),
            ("2.x", None),
            ("newest", None),
        ] {
            assert_eq!(found(&here, "app", wanted).as_deref(), expected, "{wanted}");
        }
        assert_eq!(found(&here, "owner/app-web", "*").as_deref(), Some("7.0.0 app-web"));
        assert_eq!(found(&here, "other", "*"), None);
    }

    #[test]
    fn an_archive_with_another_chart_than_its_name_says_is_an_error() {
        let here = TempDir::new().unwrap();
        archive(&here, "app-1.0.0.tgz", "app", "0.9.0");
        let error = find(here.path(), "app", "1.x").unwrap_err().to_string();
        assert!(error.ends_with("app-1.0.0.tgz: it is the chart app 0.9.0"), "{error}");
        fs::write(here.path().join("app-1.0.0.tgz"), "no archive").unwrap();
        assert!(find(here.path(), "app", "1.x").is_err());
    }

    #[test]
    fn two_charts_of_one_version_are_an_error() {
        let here = TempDir::new().unwrap();
        archive(&here, "app-1.0.0.tgz", "app", "1.0.0");
        directory(&here, "app", "app", "1.0.0");
        let error = find(here.path(), "app", "").unwrap_err().to_string();
        assert!(error.ends_with("are the same version"), "{error}");
    }

    #[test]
    fn a_directory_that_cannot_be_read_is_an_error() {
        let here = TempDir::new().unwrap();
        let error = find(&here.path().join("missing"), "app", "").unwrap_err();
        assert_eq!(error.hints(), ["check the directory of --chart-dir"]);
    }
}
