//! Entries of kubeconfigs: incomplete, unused, broken and strange ones.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::flux::Flux;
use crate::support::kubeconfig_bed::{Bed, fails};

#[test]
fn empty_fields_count_as_absent() {
    let bed = Bed::secure();
    bed.write(
        ", certificate-authority-data: '', tls-server-name: '', proxy-url: '', extensions: null, insecure-skip-tls-verify: null",
        "{token: t0, tokenFile: '', username: '', password: '', client-certificate: '', client-certificate-data: '', client-key: '', client-key-data: '', as: '', as-uid: '', as-groups: [], as-user-extra: {}, exec: null, auth-provider: null}",
    );
    assert_eq!(bed.sent(&[]).as_deref(), Some("Bearer t0"));
    bed.write("", "{token: '', tokenFile: token}");
    bed.file("token", "t1\n");
    assert_eq!(bed.sent(&[]).as_deref(), Some("Bearer t1"));
    bed.write("", "{}");
    assert_eq!(bed.sent(&[]), None);
    assert_eq!(bed.last("impersonate-user"), [""; 0]);
}

#[test]
fn unused_entries_are_not_validated() {
    let bed = Bed::secure();
    let (server, authority) = (bed.server.url(), bed.authority.file().display().to_string());
    bed.file(
        "config",
        &format!(
            "current-context: c
contexts: [{{name: c, context: {{cluster: k, user: u}}}}, {{name: broken, context: [1]}}, {{name: broken}}, 7, null]
clusters: [{{name: broken, cluster: {{certificate-authority-data: '%', server: 7}}}}, {{name: broken}}, {{name: k, cluster: {{server: {server:?}, certificate-authority: {authority:?}}}}}]
users: [{{name: broken, user: {{exec: 5}}}}, {{name: broken, user: []}}, {{name: u, user: {{token: t}}}}, {{name: [], user: {{}}}}]
"
        ),
    );
    assert_eq!(bed.sent(&[]).as_deref(), Some("Bearer t"));
    for (flag, words) in [
        ("--cluster=broken", ["line 3", "broken"]),
        ("--user=broken", ["line 4", "broken"]),
        ("--context=broken", ["line 2", "context"]),
    ] {
        fails(&bed, &[flag], &words);
    }
}

#[test]
fn base64_data_may_have_line_breaks() {
    let bed = Bed::secure();
    let data = STANDARD.encode(bed.authority.pem());
    let (first, rest) = data.split_at(60);
    let server = bed.server.url();
    for written in [
        format!("|\n      {first}\n      {rest}\n"),
        format!(">-\n      {first}\n      {rest}\n"),
        format!("\"{first}\\n{rest}\\n\"\n"),
        format!("{first}\n      {rest}\n"),
    ] {
        bed.file(
            "config",
            &format!("current-context: c\ncontexts: [{{name: c, context: {{cluster: k}}}}]\nclusters:\n- name: k\n  cluster:\n    server: {server}\n    certificate-authority-data: {written}"),
        );
        assert_eq!(bed.sent(&[]), None, "{written}");
    }
}

#[test]
fn a_missing_context_cluster_or_user_is_named() {
    let bed = Bed::secure();
    bed.file(
        "config",
        "contexts: [{name: a, context: {cluster: k, user: gone}}, {name: b, context: {cluster: lost}}, {name: d, context: {}}, {name: e, context: {cluster: empty}}]\nclusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}, {name: empty, cluster: {}}]\n",
    );
    fails(&bed, &[], &["no current context", "a, b, d"]);
    fails(&bed, &["--context=x"], &["context \"x\" does not exist", "a, b, d"]);
    fails(&bed, &["--context=a"], &["user \"gone\"", "context \"a\""]);
    fails(&bed, &["--context=a", "--user=none"], &["user \"none\""]);
    fails(&bed, &["--context=b"], &["cluster \"lost\"", "context \"b\""]);
    fails(&bed, &["--context=b", "--cluster=none"], &["cluster \"none\""]);
    fails(&bed, &["--context=d"], &["context \"d\" has no cluster"]);
    fails(&bed, &["--context=e"], &["cluster \"empty\" has no server"]);
    fails(&bed, &["--user=x"], &["no current context"]);
    bed.file("config", "current-context: gone\n");
    fails(&bed, &[], &["the current context \"gone\" is not in the kubeconfig"]);
    for (text, words) in [
        ("kind: Pod\napiVersion: v1\n", ["line 1", "Pod"]),
        ("kind: Config\napiVersion: v2\n", ["line 2", "v2"]),
        ("- a\n", ["line 1", "not a kubeconfig"]),
        ("text", ["line 1", "not a kubeconfig"]),
        ("current-context: 7\n", ["line 1", "current-context"]),
        ("\ncontexts: {}\n", ["line 2", "contexts"]),
        ("\nclusters: a\n", ["line 2", "clusters"]),
    ] {
        bed.file("config", text);
        fails(&bed, &[], &words);
    }
    fs::write(bed.directory.path().join("config"), b"a: b\nc: \xff\n").expect("a file");
    fails(&bed, &[], &["line 2", "UTF-8"]);
}

#[test]
fn no_kubeconfig_makes_the_program_panic() {
    let bed = Bed::secure();
    let long = "x".repeat(70_000);
    for server in [
        "127.0.0.1:1",
        "localhost:1",
        "edge.invalid",
        ":",
        "::1",
        "[::1",
        "[::1]:1",
        "https://",
        "https://:1",
        "https://127.0.0.1:1:1",
        "https://127.0.0.1:99999",
        "//127.0.0.1:1",
        "/path",
        "127.0.0.1:1/path",
        "https:127.0.0.1",
        "HTTPS://127.0.0.1:1",
        "https://127.0.0.1:1/a b",
        "https://127.0.0.1:1/%zz",
        "https://127.0.0.1:1/ä?b#c",
        "https://ä.invalid:1",
        "https://%zz",
        "https://a%00b",
        "ftp://127.0.0.1:1",
        "https://127.0.0.1:1\n",
        "https://u:p@127.0.0.1:1",
        "https://@:1",
        "https://127.0.0.1:1\\x",
        "data:,x",
        "https://-:1",
        "https://.:1",
        "https://..:1",
        "https://a..b:1",
        "https://1.2.3.4.5:1",
        "https://0x7f.1:1",
        &format!("https://{long}:1"),
        &format!("https://127.0.0.1:1/{long}"),
        &format!("https://{}:1", "a.".repeat(200)),
    ] {
        let output = Flux::bare()
            .line("get sources git --timeout=3s")
            .args([format!("--server={server}"), "--token=t".into()])
            .run();
        assert_eq!(output.code, Some(1), "{server}: {output:?}");
        assert!(
            output.stderr.contains("hint: ") && !output.stderr.contains("panicked"),
            "{server}: {output:?}"
        );
        assert!(!output.stderr.contains("hit a bug"), "{server}: {output:?}");
    }
    bed.write("", "{token: t}");
    for args in [
        &["--tls-server-name=a b"][..],
        &["--tls-server-name=ä"],
        &["--tls-server-name=\u{1}"],
        &["--tls-server-name=."],
        &["--tls-server-name=[::1]"],
        &["--token=\u{1}"],
        &["--as=\u{7f}"],
        &["--as=a", "--as-group="],
        &["--as=a", "--as-user-extra= = "],
        &["--as=a", "--as-user-extra=ä/\u{1}=b"],
        &["--as=a", "--as-uid=\n"],
    ] {
        let output = bed.flux().args(args).run();
        assert!(matches!(output.code, Some(0 | 1)), "{args:?}: {output:?}");
        assert!(
            !output.stderr.contains("hit a bug") && !output.stderr.contains("panicked"),
            "{args:?}: {output:?}"
        );
    }
    for proxy in [
        "http://",
        "http://:1",
        "127.0.0.1:1",
        "socks5://",
        "socks4://127.0.0.1:1",
        "http://a b:1",
        "http://u:\\n@127.0.0.1:1",
        "http://u:%zz@127.0.0.1:1",
        "http://u:%00@127.0.0.1:1",
        "socks5://u:p@127.0.0.1:1",
        "http://127.0.0.1:99999",
        "https://127.0.0.1:1",
        "\\x01",
        "ä://x",
        "http://[::1]:1",
        &long,
    ] {
        bed.write(&format!(", proxy-url: \"{proxy}\""), "{token: t}");
        let output = bed.flux().args(["--timeout=3s"]).fails(1);
        assert!(output.stderr.contains("hint: "), "{proxy}: {output:?}");
        assert!(
            !output.stderr.contains("hit a bug") && !output.stderr.contains("panicked"),
            "{proxy}: {output:?}"
        );
    }
    for path in [
        "certificate-authority: '\0'",
        "certificate-authority: /",
        "certificate-authority: .",
        "tls-server-name: \"\\0\"",
    ] {
        bed.write(&format!(", {}", path.replace('\0', "\\0").replace('\'', "\"")), "{token: t}");
        let output = bed.flux().run();
        assert!(matches!(output.code, Some(0 | 1)), "{path}: {output:?}");
        assert!(
            !output.stderr.contains("hit a bug") && !output.stderr.contains("panicked"),
            "{path}: {output:?}"
        );
    }
    bed.write("", "{token: t}");
    for selector in [long.clone(), "a".repeat(65_500)] {
        let output = bed.flux().args(["-l", &format!("a={}", &selector[..60]), "-n", &selector]).run();
        assert_eq!(output.code, Some(1), "{output:?}");
        assert!(!output.stderr.contains("hit a bug") && !output.stderr.contains("panicked"), "{output:?}");
    }
    assert!(Path::new(&bed.path("config")).exists());
}
