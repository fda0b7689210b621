//! Archives and directories that nobody should load.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use edgeflux_helm::chart::{Chart, FileSystem, FileType, MAX_FILE, MemoryFs};
use flate2::Compression;
use flate2::write::GzEncoder;

const CHART: &[u8] = b"apiVersion: v2\nname: chart\nversion: 0.1.0\n";

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(data).expect("an archive");
    gzip.finish().expect("an archive")
}

/// An entry with any name, which the library would refuse to write.
fn entry(tar: &mut tar::Builder<Vec<u8>>, name: &str, kind: tar::EntryType, data: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(data.len() as u64);
    header.set_cksum();
    tar.append(&header, data).expect("an entry");
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, data) in entries {
        entry(&mut tar, name, tar::EntryType::Regular, data);
    }
    gzip(&tar.into_inner().expect("an archive"))
}

fn failure(archive: &[u8]) -> String {
    Chart::from_archive(archive).expect_err("a failure").to_string()
}

#[test]
fn entries_stay_in_the_chart() {
    for (name, expected) in [
        ("chart/../../x", "chart illegally references parent directory"),
        ("chart//etc/passwd", "chart illegally contains absolute paths"),
        ("Chart.yaml", "chart illegally contains content outside the base directory"),
        ("chart\\..\\..\\x", "chart illegally references parent directory"),
        ("chart/c:/x", "chart contains illegally named files"),
    ] {
        let message = failure(&archive(&[("chart/Chart.yaml", CHART), (name, b"x")]));
        assert!(message.starts_with(expected), "{name}: {message}");
    }
}

#[test]
fn links_in_archives_are_empty_files() {
    let mut tar = tar::Builder::new(Vec::new());
    entry(&mut tar, "chart/Chart.yaml", tar::EntryType::Regular, CHART);
    entry(&mut tar, "chart/templates/a.yaml", tar::EntryType::Symlink, b"");
    let chart = Chart::from_archive(&gzip(&tar.into_inner().expect("an archive"))).expect("a chart");
    assert_eq!(chart.templates.len(), 1);
    assert!(chart.templates[0].data.is_empty());
}

#[test]
fn of_entries_with_the_same_name_the_last_counts() {
    let entries: [(&str, &[u8]); 3] =
        [("chart/Chart.yaml", CHART), ("chart/values.yaml", b"a: 1"), ("chart/values.yaml", b"a: 2")];
    let chart = Chart::from_archive(&archive(&entries)).expect("a chart");
    assert_eq!(chart.values["a"], 2);
}

#[test]
fn marks_of_utf_8_are_removed() {
    let text = [b"\xef\xbb\xbf", CHART].concat();
    let chart = Chart::from_archive(&archive(&[("chart/Chart.yaml", &text)])).expect("a chart");
    assert_eq!(chart.name(), "chart");
}

#[test]
fn what_is_no_archive_is_refused() {
    assert_eq!(failure(b"text"), "not a gzipped archive");
    assert_eq!(failure(&archive(&[])), "no files in chart archive");
    assert_eq!(failure(&archive(&[("chart/a", b"")])), "Chart.yaml file is missing");
    let whole = archive(&[("chart/Chart.yaml", CHART)]);
    for end in [5, 15, whole.len() / 2] {
        assert!(!failure(&whole[..end]).is_empty());
    }
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let large = vec![0; MAX_FILE + 1];
    let message = failure(&archive(&[("chart/Chart.yaml", CHART), ("chart/large", &large)]));
    assert!(message.ends_with("is larger than the maximum file size 5242880"), "{message}");
}

/// An archive of a chart with as many files of the largest size, in few bytes.
fn bomb(files: usize) -> Vec<u8> {
    let part = |name, data: &[u8]| {
        let mut tar = tar::Builder::new(Vec::new());
        entry(&mut tar, name, tar::EntryType::Regular, data);
        let mut part = tar.into_inner().expect("an archive");
        part.truncate(part.len() - 1024);
        gzip(&part)
    };
    let mut archive = part("chart/Chart.yaml", CHART);
    archive.extend(part("chart/large", &vec![0; MAX_FILE]).repeat(files));
    archive.extend(gzip(&[0; 1024]));
    archive
}

#[test]
fn bombs_are_refused() {
    assert!(bomb(21).len() < 1_000_000);
    assert_eq!(failure(&bomb(21)), "chart is larger than the maximum size 104857600");
    // Archives within an archive share the limit.
    let inner = bomb(10);
    let outer = archive(&[
        ("chart/Chart.yaml", CHART),
        ("chart/charts/a.tgz", &inner),
        ("chart/charts/b.tgz", &inner),
        ("chart/charts/c.tgz", &inner),
    ]);
    assert!(failure(&outer).ends_with("chart is larger than the maximum size 104857600"));
}

#[test]
fn charts_in_charts_have_a_limit() {
    let mut fs = MemoryFs::new();
    let mut path = "/chart".to_owned();
    for _ in 0..70 {
        fs.write(format!("{path}/Chart.yaml"), CHART);
        path.push_str("/charts/c");
    }
    let message = Chart::load(&fs, Path::new("/chart")).expect_err("a limit").to_string();
    assert!(message.ends_with("chart is nested deeper than 64 levels"), "{message}");
}

/// A directory that contains itself.
struct Loop(MemoryFs);

impl FileSystem for Loop {
    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, FileType)> {
        let path = path.to_string_lossy().replace("/loop", "");
        self.0.resolve(Path::new(&path))
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        self.0.read(path, limit)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = self.0.list(path)?;
        names.push("loop".to_owned());
        Ok(names)
    }
}

#[test]
fn links_that_lead_back_are_refused() {
    let mut fs = MemoryFs::new();
    fs.write("/chart/Chart.yaml", CHART);
    let message = Chart::load(&Loop(fs), Path::new("/chart")).expect_err("a loop").to_string();
    assert_eq!(message, "/chart: loop: a link to a directory that contains it");
}

#[test]
fn deep_yaml_is_refused() {
    let mut fs = MemoryFs::new();
    fs.write("/chart/Chart.yaml", CHART);
    fs.write("/chart/values.yaml", format!("a: {}{}", "[".repeat(200_000), "]".repeat(200_000)));
    let message = Chart::load(&fs, Path::new("/chart")).expect_err("a limit").to_string();
    assert!(message.starts_with("cannot load values.yaml: "), "{message}");
}
