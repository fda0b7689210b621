//! Hostile charts take at most 256 MB.

#![cfg(target_os = "linux")]

#[path = "hostile/templates.rs"]
mod templates;

use std::fs;
use std::io::Write;
use std::path::Path;

use edgeflux_helm::chart::{Chart, MemoryFs};
use edgeflux_helm::functions::{Context, all};
use edgeflux_helm::release::{Options, render};
use edgeflux_helm::template::{Value, on_large_stack};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use templates::TEMPLATES;

/// Most memory, in KiB.
const LIMIT: u64 = 256 << 10;

const CHART: &str = "apiVersion: v2\nname: c\nversion: 0.1.0\n";

/// The peak of this process, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the status of this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// The one test of this file, since the peak is that of all of them.
#[test]
fn hostile_charts_take_at_most_256_mb() {
    let mut wrong = Vec::new();
    let mut before = peak();
    let mut measured = |what: &str| {
        let now = peak();
        if now > LIMIT && now > before {
            wrong.push(format!("{what}: {} MB", now >> 10));
        }
        before = before.max(now);
    };
    for (template, reason) in TEMPLATES {
        let result = on_large_stack(|| rendered(template));
        assert!(result.is_err() || reason.contains("cycle"), "{template} ends without an error");
        measured(template);
    }
    for sizes in [vec![6 << 20; 100], vec![5 << 20; 100], vec![0; 60_000]] {
        let message = Chart::from_archive(&bomb(&sizes)).expect_err("a limit").to_string();
        assert!(message.contains("larger than") || message.contains("more than"), "{message}");
        measured(&message);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn rendered(template: &str) -> Result<String, String> {
    let mut fs = MemoryFs::new();
    fs.write("/c/Chart.yaml", CHART);
    // The templates name a map of the values.
    fs.write("/c/templates/a.yaml", template.replace(".d ", ".Values.d ").replace(".d)", ".Values.d)"));
    let chart = Chart::load(&fs, Path::new("/c")).expect("a chart");
    let Value::Map(values) = Value::from(&json!({"d": {}})) else { unreachable!() };
    render(&chart, &values, &Options::new("name", "space"), all(Context::default()), None)
        .map(|release| release.manifest(false))
        .map_err(|error| error.to_string())
}

/// An archive with files of zeros, which are small when they are packed.
fn bomb(sizes: &[usize]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut add = |name: &str, data: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, data).expect("an entry");
    };
    add("c/Chart.yaml", CHART.as_bytes());
    let zeros = vec![0; sizes.iter().copied().max().unwrap_or_default()];
    for (at, size) in sizes.iter().enumerate() {
        add(&format!("c/files/{at}"), &zeros[..*size]);
    }
    let mut gzip = tar.into_inner().expect("an archive");
    gzip.flush().expect("an archive");
    gzip.finish().expect("an archive")
}
