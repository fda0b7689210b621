//! Any bytes are an archive of a chart within its limits, whose files stay in it, or are refused with a message.
#![no_main]

use std::io::Write;

use edgeflux_helm::chart::{Chart, MAX_CHART, MAX_DEPTH, MAX_ENTRIES, MAX_FILE};
use edgeflux_helm::functions::{Context, all};
use edgeflux_helm::release::{Options, render};
use edgeflux_helm::template::Value;
use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

// The first byte says what follows: an archive, a tar file, or names and contents with zero bytes between them.
fuzz_target!(|input: &[u8]| {
    let Some((kind, rest)) = input.split_first() else { return };
    let archive = match kind % 4 {
        0 => rest.to_vec(),
        1 => gzipped(rest),
        2 => gzipped(&tar(rest)),
        // A chart in a chart.
        _ => {
            let files =
                [b"c/Chart.yaml\0apiVersion: v2\nname: c\nversion: 0.1.0\n\0c/charts/s.tgz\0".as_slice()];
            let mut all = entries(&files.concat());
            if let Some((_, content)) = all.last_mut() {
                *content = gzipped(&tar(rest));
            }
            gzipped(&packed(&all))
        }
    };
    check(&archive);
});

fn check(archive: &[u8]) {
    let load = || Chart::from_archive(archive).map_err(|error| error.to_string());
    let mut chart = match load() {
        Ok(chart) => chart,
        Err(message) => {
            assert!(!message.trim().is_empty());
            assert_eq!(load().err(), Some(message));
            return;
        }
    };
    assert_eq!(format!("{:?}", load()), format!("{:?}", Ok::<_, String>(chart.clone())));
    let (mut files, mut bytes) = (0, 0);
    check_chart(&mut chart, 0, &mut files, &mut bytes);
    assert!(files <= MAX_ENTRIES && bytes as u64 <= MAX_CHART, "{files} files, {bytes} bytes");
    let Value::Map(values) = Value::from(&json!({})) else { unreachable!() };
    let shown = || {
        render(&chart, &values, &Options::new("name", "space"), all(Context::default()), None)
            .map(|release| release.manifest(true))
            .map_err(|error| error.to_string())
    };
    let first = shown();
    assert!(first.as_ref().err().is_none_or(|message| !message.trim().is_empty()));
    assert_eq!(shown(), first);
}

/// Checks the files of a chart, and replaces its templates by one that ends soon.
fn check_chart(chart: &mut Chart, depth: usize, files: &mut usize, bytes: &mut usize) {
    assert!(depth <= MAX_DEPTH);
    for file in chart.files.iter().chain(&chart.templates) {
        let name = &file.name;
        assert!(
            !name.is_empty() && !name.starts_with('/') && !name.split('/').any(|part| part == ".."),
            "{name}"
        );
        assert!(file.data.len() <= MAX_FILE);
        *files += 1;
        *bytes += file.data.len();
    }
    for template in &mut chart.templates {
        template.data = b"a: {{ toJson .Values | quote }} {{ .Files.Glob \"**\" | len }}\n".as_slice().into();
    }
    for chart in &mut chart.dependencies {
        check_chart(chart, depth + 1, files, bytes);
    }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    gzip.write_all(bytes).expect("memory");
    gzip.finish().expect("memory")
}

/// Names and contents.
fn entries(input: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let parts: Vec<&[u8]> = input.split(|byte| *byte == 0).collect();
    parts
        .chunks(2)
        .map(|pair| (pair[0].to_vec(), pair.get(1).copied().unwrap_or_default().to_vec()))
        .collect()
}

fn tar(input: &[u8]) -> Vec<u8> {
    packed(&entries(input))
}

fn packed(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in entries {
        let mut header = tar::Header::new_gnu();
        // Names that a writer would refuse, too.
        let field = &mut header.as_mut_bytes()[..100];
        let length = name.len().min(field.len());
        field[..length].copy_from_slice(&name[..length]);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, content.as_slice()).expect("memory");
    }
    tar.into_inner().expect("memory")
}
