//! Results of copy operations.

use serde_json::json;

use super::super::files::File;
use super::*;

/// Creates files whose content is their path.
fn source(paths: &[&str]) -> Files {
    let mut files = Files::default();
    for path in paths {
        files.put(PathBuf::from(path), file(path, path)).unwrap();
    }
    files
}

fn file(origin: &str, content: &str) -> File {
    File { origin: PathBuf::from(origin), content: Some(content.as_bytes().into()), checkout: None }
}

fn repository() -> Files {
    source(&[
        "README.md",
        "apps/a.yaml",
        "apps/docs/x.md",
        "apps/one/b.yaml",
        "apps/one/charts/c.yaml",
        "other/d.yaml",
    ])
}

/// Lists the artifact: PATH for a file that kept its path, PATH=ORIGIN for others.
fn copied(operations: &Value) -> Result<Vec<String>> {
    let mut artifact = Files::default();
    for operation in operations.as_array().unwrap() {
        Operation::read(operation, None)?.apply(&repository(), &mut artifact)?;
    }
    let shown = artifact.iter().map(|(path, file)| {
        let (path, origin) = (path.display().to_string(), file.origin.display().to_string());
        if path == origin { path } else { format!("{path}={origin}") }
    });
    Ok(shown.collect())
}

#[test]
fn paths_are_copied_as_cp_does() {
    for (from, to, expected) in [
        ("@r/apps/a.yaml", "@artifact/x.yaml", vec!["x.yaml=apps/a.yaml"]),
        ("@r/apps/a.yaml", "@artifact/x/", vec!["x/a.yaml=apps/a.yaml"]),
        ("@r/apps/a.yaml", "@artifact/", vec!["a.yaml=apps/a.yaml"]),
        (
            "@r/apps/one",
            "@artifact/x",
            vec!["x/one/b.yaml=apps/one/b.yaml", "x/one/charts/c.yaml=apps/one/charts/c.yaml"],
        ),
        (
            "@r/apps/one/**",
            "@artifact/x",
            vec!["x/b.yaml=apps/one/b.yaml", "x/charts/c.yaml=apps/one/charts/c.yaml"],
        ),
        ("@r/apps/*.yaml", "@artifact/x/", vec!["x/apps/a.yaml=apps/a.yaml"]),
        ("@r/*.md", "@artifact/", vec!["README.md"]),
        ("@r/./*.md", "@artifact/", vec!["README.md"]),
    ] {
        assert_eq!(copied(&json!([{"from": from, "to": to}])).unwrap(), expected, "{from} {to}");
    }
    assert_eq!(copied(&json!([{"from": "@r/", "to": "@artifact/"}])).unwrap().len(), 6);
}

#[test]
fn a_file_is_copied_into_an_existing_directory() {
    let operations =
        json!([{"from": "@r/apps/one", "to": "@artifact/"}, {"from": "@r/README.md", "to": "@artifact/one"}]);
    let expected =
        ["one/README.md=README.md", "one/b.yaml=apps/one/b.yaml", "one/charts/c.yaml=apps/one/charts/c.yaml"];
    assert_eq!(copied(&operations).unwrap(), expected);
}

#[test]
fn exclusions_match_source_paths_selected_paths_and_names() {
    for exclude in [json!(["*.md", "one/**"]), json!(["apps/one", "**/docs/**"]), json!(["one", "docs"])] {
        let operation = json!([{"from": "@r/apps/**", "to": "@artifact/", "exclude": exclude}]);
        assert_eq!(copied(&operation).unwrap(), ["a.yaml=apps/a.yaml"], "{exclude}");
    }
    let deeper = json!([{"from": "@r/apps/**", "to": "@artifact/", "exclude": ["**/charts/**", "*.md"]}]);
    assert_eq!(copied(&deeper).unwrap(), ["a.yaml=apps/a.yaml", "one/b.yaml=apps/one/b.yaml"]);
}

#[test]
fn invalid_operations_are_refused() {
    for (operation, message) in [
        (json!({"from": "apps/**", "to": "@artifact/"}), "expected @ALIAS/PATH"),
        (json!({"from": "@r/apps/**", "to": "x"}), "expected @artifact/PATH"),
        (json!({"from": "@r/none", "to": "@artifact/"}), "not found in the source"),
        (json!({"from": "@r/none/**", "to": "@artifact/"}), "no file of the source"),
        (json!({"from": "@r/apps/**", "to": "@artifact/", "exclude": ["**"]}), "are excluded"),
        (json!({"from": "@r/../x", "to": "@artifact/"}), "outside the source"),
        (json!({"from": "@r/README.md", "to": "@artifact/../x"}), "outside the artifact"),
        (json!({"from": "@r/apps", "to": "@artifact/../x", "exclude": ["*"]}), "outside the artifact"),
        (json!({"from": "@r/apps", "to": "@artifact/", "strategy": "Extract"}), "not directories"),
        (json!({"from": "@r/README.md", "to": "@artifact/", "strategy": "Extract"}), ".tgz"),
        (
            json!({"from": "@r/README.md", "to": "@artifact/", "strategy": "Link"}),
            "Overwrite, Merge or Extract",
        ),
        (json!({"from": "@r/README.md", "to": "@artifact/", "exclude": ["[a"]}), "not a valid pattern"),
    ] {
        let error = copied(&json!([operation])).unwrap_err().to_string();
        assert!(error.contains(message), "{operation}: {error}");
    }
}

#[test]
fn merging_replaces_lists() {
    let mut source = Files::default();
    for (path, content) in [
        ("a.yaml", "image: {name: a, tag: 1}\nlist: [1, 2]\n---\nmore: true\n"),
        ("b.yaml", "image: {tag: 2}\nlist: [3]\n"),
    ] {
        source.put(PathBuf::from(path), file(path, content)).unwrap();
    }
    let mut artifact = Files::default();
    for from in ["@r/a.yaml", "@r/b.yaml"] {
        let operation = json!({"from": from, "to": "@artifact/values.yaml", "strategy": "Merge"});
        Operation::read(&operation, None).unwrap().apply(&source, &mut artifact).unwrap();
    }
    let content = artifact.get(Path::new("values.yaml")).unwrap().read().unwrap();
    let expected = "image:\n  name: a\n  tag: 2\nlist:\n- 3\nmore: true\n";
    assert_eq!(String::from_utf8(content).unwrap(), expected);
}

#[test]
fn archives_are_extracted_at_any_depth() {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(4);
    header.set_mode(0o644);
    builder.append_data(&mut header, "chart/values.yaml", b"a: 1".as_slice()).unwrap();
    let archive = builder.into_inner().unwrap().finish().unwrap();
    let mut source = source(&["releases/README.md"]);
    let packed =
        File { origin: PathBuf::from("releases/x/a.tgz"), content: Some(archive.into()), checkout: None };
    source.put(PathBuf::from("releases/x/a.tgz"), packed).unwrap();
    for from in ["@r/releases/x/a.tgz", "@r/releases/**/*.tgz", "@r/releases/**"] {
        let mut artifact = Files::default();
        let operation = json!({"from": from, "to": "@artifact/charts/", "strategy": "Extract"});
        Operation::read(&operation, None).unwrap().apply(&source, &mut artifact).unwrap();
        let paths: Vec<_> = artifact.iter().map(|(path, _)| path.display().to_string()).collect();
        assert_eq!(paths, ["charts/chart/values.yaml"], "{from}");
    }
}
