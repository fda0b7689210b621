//! Generated trees, rendered by us and by the modules of flux 2.9.4.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use crate::support::compare::{self, Report, Verdict};

#[test]
fn generated_trees_render_as_flux_renders_them() {
    check(&compare::run(0..300, None));
}

/// Reads the number of trees (`EDGEFLUX_FUZZ_TREES`), the first seed (`EDGEFLUX_FUZZ_FROM`), and the directory for
/// differences (`EDGEFLUX_FUZZ_FOLDER`).
#[test]
#[ignore = "a long run, for changes of the rendering"]
#[allow(clippy::disallowed_methods, reason = "a run by hand is told by the environment")]
fn many_generated_trees_render_as_flux_renders_them() {
    let number = |name, or| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or);
    let from = number("EDGEFLUX_FUZZ_FROM", 1_000);
    let directory = std::env::var_os("EDGEFLUX_FUZZ_FOLDER").map(PathBuf::from);
    let report = compare::run(from..from + number("EDGEFLUX_FUZZ_TREES", 20_000), directory.as_deref());
    for (verdict, seeds) in &report.verdicts {
        let line = format!("{verdict:?}: {} trees\n", seeds.len());
        let _ = std::io::stdout().write_all(line.as_bytes());
    }
    check(&report);
}

fn check(report: &Report) {
    let mut failures = String::new();
    for (verdict, seeds) in &report.verdicts {
        if let Verdict::Differ(how) = verdict {
            let _ = writeln!(failures, "{how}: seeds {:?}", &seeds[..seeds.len().min(5)]);
        }
    }
    assert!(report.count(|verdict| *verdict == Verdict::Same) > 100, "too few trees render: {report:?}");
    assert!(failures.is_empty(), "{failures}");
}
