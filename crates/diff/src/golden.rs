//! Recorded reports: each folder of `tests/golden/diff` holds two objects and what flux 2.9.4's printer makes of them.

use std::fmt::Write as _;
use std::path::Path;

use super::{Look, Node, compare, human};

#[test]
fn reports_are_those_of_flux() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/diff");
    let mut folders: Vec<_> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() > 40, "the recorded reports are missing");
    let mut wrong = String::new();
    for folder in folders {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let object = |name: &str| edgeflux_yaml::document(&read(name)).unwrap();
        let (from, to) = (object("from.yaml"), object("to.yaml"));
        let (from, to) = (Node::new(&from), Node::new(&to));
        let (expected, found) = (read("report.txt"), human(&compare(&from, &to), Look::default()));
        if expected != found {
            let _ = writeln!(wrong, "{}: expected\n{expected}\nfound\n{found}", folder.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
