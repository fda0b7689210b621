//! Modules import only what the table in `src/lib.rs` allows, and every test file is declared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::flux::Flux;
use crate::support::sources::{root, with_extension};

/// Every `.rs` file below a directory.
fn sources(directory: &Path) -> Vec<PathBuf> {
    with_extension(directory, "rs")
}

/// The code without comments and the content of strings.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_string(rest) {
            let close = format!("\"{}", "#".repeat(hashes));
            let open = hashes + 2;
            rest[open..].find(&close).map_or(rest.len(), |end| open + end + close.len())
        } else if next == '"' {
            string_end(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else if rest.starts_with("'\\\"'") {
            4
        } else {
            out.push(next);
            rest = &rest[next.len_utf8()..];
            // An `r` at the end of a name does not begin a raw string.
            if next.is_alphanumeric() || next == '_' {
                let end = rest.find(|it: char| !(it.is_alphanumeric() || it == '_')).unwrap_or(rest.len());
                out.push_str(&rest[..end]);
                rest = &rest[end..];
            }
            continue;
        };
        rest = &rest[skip..];
    }
    out
}

/// The number of hashes of the raw string that `text` begins with.
fn raw_string(text: &str) -> Option<usize> {
    let text = text.strip_prefix('r')?;
    let hashes = text.len() - text.trim_start_matches('#').len();
    text[hashes..].starts_with('"').then_some(hashes)
}

/// Where the string that `text` begins with ends.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, it) in text.char_indices().skip(1) {
        match it {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The modules that `code` names (`crate::x`, `crate::{x, y::z}`), and our other crates (`edgeflux_x`).
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|it: char| it == '$' || it == '_' || it.is_alphanumeric()) {
            continue;
        }
        let rest = code[at + "crate::".len()..].trim_start();
        if let Some(list) = rest.strip_prefix('{') {
            found.extend(listed_names(list));
        } else {
            found.extend(name_of(rest));
        }
    }
    // Items of the root itself (`crate::run`) are not modules, and `testing` is for tests only.
    found.retain(|name| {
        if name == "testing" {
            return false;
        }
        let path = root().join("src").join(name);
        path.with_extension("rs").exists() || path.join("mod.rs").exists()
    });
    found.extend(code.match_indices("edgeflux_").filter_map(|(at, _)| name_of(&code[at..])));
    found
}

/// The first names of a `{…}` list, without those of nested lists.
fn listed_names(list: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let (mut depth, mut fresh) = (0_usize, true);
    for (at, it) in list.char_indices() {
        match it {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            it if fresh && (it.is_alphanumeric() || it == '_') => {
                found.extend(name_of(&list[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    found
}

/// The name that `text` begins with.
fn name_of(text: &str) -> Option<String> {
    let end = text.find(|it: char| !(it.is_alphanumeric() || it == '_')).unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// What each module may import, from the table in `src/lib.rs`.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    let mut table = BTreeMap::new();
    for line in lib.lines().filter_map(|it| it.strip_prefix("//! | `")) {
        let (modules, may) = line.split_once('|').expect("a row has two columns");
        let (may, exceptions) = may.split_once('(').unwrap_or((may, ""));
        let quoted = |text: &str| -> Vec<String> {
            text.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
        };
        let modules = quoted(&format!("`{modules}"));
        for module in &modules {
            let mut allowed: BTreeSet<String> = quoted(may).into_iter().collect();
            if may.contains("everything above") || may.contains("the modules above") {
                allowed.extend(table.values().flatten().cloned());
            }
            // `(x: `a`, `b`; y: `c`)` allows more to one module of the row.
            for exception in exceptions.split(';') {
                let names = quoted(exception);
                if names.first() == Some(module) {
                    allowed.extend(names.into_iter().skip(1));
                }
            }
            allowed.insert(module.clone());
            table.insert(module.clone(), allowed);
        }
    }
    table
}

fn owner(file: &Path) -> String {
    let inside = file.strip_prefix(root().join("src")).expect("a file below src");
    let first = inside.iter().next().expect("a path has a first part");
    first.to_string_lossy().trim_end_matches(".rs").to_owned()
}

#[test]
fn modules_import_downward_only() {
    let table = table();
    let mut wrong = Vec::new();
    for file in sources(&root().join("src")) {
        let module = owner(&file);
        // What runs commands in unit tests stands beside the layers.
        if matches!(module.as_str(), "lib" | "main" | "testing") {
            continue;
        }
        let Some(allowed) = table.get(&module) else {
            wrong.push(format!("{module}: no row in the table of src/lib.rs"));
            continue;
        };
        let text = fs::read_to_string(&file).expect("a source file");
        for import in imports(&code(&text)).difference(allowed) {
            wrong.push(format!("{}: imports {import}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The direct submodules of `commands` that `code` names, by `crate::commands::x` or a chain of `super::`. `path` is its own
/// place below `commands`.
fn siblings(code: &str, path: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let above = "super::".repeat(path.len());
    for start in ["crate::commands::", above.as_str()] {
        for (at, _) in code.match_indices(start) {
            let rest = &code[at + start.len()..];
            if code[..at].ends_with("super::") || rest.starts_with("super::") {
                continue;
            }
            match rest.strip_prefix('{') {
                Some(list) => found.extend(listed_names(list)),
                None => found.extend(name_of(rest)),
            }
        }
    }
    found
}

#[test]
fn a_command_never_imports_a_sibling() {
    let directory = root().join("src/commands");
    // A module that is not a command of the binary is shared by commands.
    let is_verb = |name: &str| {
        let file = directory.join(name);
        (file.with_extension("rs").exists() || file.is_dir())
            && Flux::bare().args([&name.replace('_', "-"), "--help"]).run().code == Some(0)
    };
    let mut wrong = Vec::new();
    for file in sources(&directory) {
        let inside = file.strip_prefix(&directory).expect("a file below the directory").with_extension("");
        let path: Vec<String> =
            inside.iter().map(|it| it.to_string_lossy().into_owned()).filter(|it| it != "mod").collect();
        let Some(own) = path.first() else { continue };
        let text = code(&fs::read_to_string(&file).expect("a source file"));
        for sibling in siblings(&text, &path).iter().filter(|it| *it != own && is_verb(it)) {
            wrong.push(format!("{}: imports {sibling}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_of_siblings_are_recognized_in_every_form() {
    let path = |text: &str| text.split('/').map(ToOwned::to_owned).collect::<Vec<_>>();
    let names = |text: &str, own: &str| siblings(text, &path(own)).into_iter().collect::<Vec<_>>();
    assert_eq!(
        names("use super::install::x; use crate::commands::{get, check::Y};", "create"),
        ["check", "get", "install"]
    );
    assert_eq!(names("use super::super::get::one; use super::get;", "create/source"), ["get"]);
}

#[test]
fn every_test_file_is_declared() {
    let directory = root().join("tests/it");
    let mut forgotten = Vec::new();
    for file in sources(&directory) {
        let name = file.file_stem().expect("a file has a name").to_string_lossy();
        let parent = file.parent().expect("a file has a directory");
        let (declares, name) = match name.as_ref() {
            "main" => continue,
            "mod" => {
                let directory = parent.file_name().expect("a directory has a name");
                let above = parent.parent().expect("a directory below tests/it");
                (above, directory.to_string_lossy().into_owned())
            }
            name => (parent, name.to_owned()),
        };
        let by = if declares == directory {
            directory.join("main.rs")
        } else if declares.join("mod.rs").exists() {
            declares.join("mod.rs")
        } else {
            declares.with_extension("rs")
        };
        let text = code(&fs::read_to_string(&by).unwrap_or_default());
        if !text.contains(&format!("mod {name};")) {
            forgotten.push(format!("{} is not declared in {}", file.display(), by.display()));
        }
    }
    assert!(forgotten.is_empty(), "{}", forgotten.join("\n"));
}

#[test]
fn imports_in_comments_and_strings_are_ignored() {
    let text = r##"
        //! crate::kinds in a comment
        use edgeflux_yaml;
        use crate::{api::v1, git::{self, forge}, output};
        const TEXT: &str = "crate::cluster \" crate::cluster";
        const RAW: &str = r#"crate::cluster"#;
        fn f() -> crate::forge::Error { g('"'); crate::run() }
    "##;
    let found: Vec<String> = imports(&code(text)).into_iter().collect();
    let known = ["api", "edgeflux_yaml", "forge", "git"];
    assert_eq!(
        found.iter().filter(|it| *it != "output").collect::<Vec<_>>(),
        known.iter().collect::<Vec<_>>()
    );
}

/// `scripts/test` runs tests/it after all test programs that do not begin with an `i`.
#[test]
fn no_other_test_program_begins_like_this_one() {
    let packages =
        fs::read_dir(root().join("crates")).expect("crates").flatten().map(|package| package.path());
    let mut programs = 0;
    for package in packages.chain([root().to_path_buf()]) {
        for program in fs::read_dir(package.join("tests")).into_iter().flatten().flatten() {
            let name = program.file_name().to_string_lossy().into_owned();
            assert!(name == "it" || !name.starts_with('i'), "scripts/test leaves out {name}: rename it");
            programs += 1;
        }
    }
    assert!(programs > 5, "{programs}");
}
