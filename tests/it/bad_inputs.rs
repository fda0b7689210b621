//! Invalid command lines: the error says what is valid, and comes before any request.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::StatusCode;
use tempfile::TempDir;

use crate::support::flux::Flux;
use crate::support::loopback::Loopback;

/// A command line, and words of its error. `%` in a line stands for a space within an argument.
const WRONG: &[(&str, &str)] = &[
    // Global flags.
    ("--no-such-flag", "unknown flag: --no-such-flag"),
    ("no-such-command", "unknown command \"no-such-command\""),
    ("get sources git --timeout=abc", "invalid argument \"abc\" for \"--timeout\" flag"),
    ("get sources git --timeout=-1s", "is negative"),
    ("get sources git -n Bad_NS", "namespace must be a valid DNS label"),
    ("get sources git --no-header=perhaps", "expected true or false"),
    ("version --client=maybe", "expected true or false"),
    ("create source git app --url=https://h/x --branch=b -n -x", "namespace must be a valid DNS label"),
    // Migration, plugins and webhooks.
    ("migrate --dry-run", "--dry-run applies to files only"),
    ("migrate values.yaml", "unknown command \"values.yaml\" for \"flux migrate\""),
    ("migrate -f missing --yes", "failed to stat path missing: no such file"),
    ("migrate -f . --version=1.0", "supported versions are: 2.9, 2.8, 2.7, 2.6"),
    ("migrate -f values.yaml -e .txt", "does not match the specified extensions: .txt"),
    ("plugin install", "name of the plugin is required"),
    ("plugin install a/b", "invalid plugin name \"a/b\""),
    ("plugin install a b", "unexpected argument: b"),
    ("plugin install version@1", "\"version\" is a flux command"),
    ("plugin uninstall", "name of the plugin is required"),
    ("plugin uninstall nope", "plugin \"nope\" is not installed"),
    ("plugin update nope", "plugin \"nope\" is not installed"),
    ("plugin list -o xml", "use text, json, yaml, jsonpath=TEMPLATE"),
    ("trigger receiver", "name of the Receiver is required"),
    ("trigger receiver a --token=t", "--url is required"),
    ("trigger receiver a --token=t --url=h", "it is not a URL"),
    ("trigger receiver a --url=https://h", "--token is required for --type=generic"),
    ("trigger receiver a --url=https://h --type=github", "invalid --type \"github\""),
    ("docgen --path", "flag needs an argument: --path"),
    // Formats and selections of what is shown.
    ("get ks -o", "flag needs an argument: --output"),
    ("get ks -o xml", "use table, wide, json, yaml, name, jsonpath=TEMPLATE or custom-columns="),
    ("get ks -o jsonpath", "the template is missing; for example: jsonpath={.items[*].metadata.name}"),
    ("get ks -o jsonpath={.items[}", "unterminated array: ] is missing"),
    ("get ks -o jsonpath={.metadata.name", "unclosed action: } is missing"),
    ("get ks -o jsonpath={range%.items[*]}{.a}", "{range} without {end}"),
    ("get ks -o jsonpath={.items[?(@.a==]}", "unterminated filter: )] is missing"),
    ("get ks -o custom-columns", "the columns are missing; for example: custom-columns=NAME:.metadata.name"),
    ("get ks -o custom-columns=NAME", "unexpected column \"NAME\": expected <header>:<path>"),
    ("get ks -o jsonpath={.a --watch", "invalid template"),
    ("get ks --stale=soon", "\"soon\" is not a duration"),
    ("get ks --stale=-1h", "\"-1h\" is negative"),
    ("get ks --sort-by=nothing", "unknown column \"nothing\" in --sort-by"),
    ("get ks --status-selector=ready", "expected status selector in type=status or type!=status format"),
    ("get ks,foo", "unknown kind \"foo\""),
    ("get kustomization apps --all", "did you mean --all-namespaces?"),
    // Events, logs and statistics.
    ("events --for=apps", "'apps' is not a recognized Flux kind"),
    ("events --for=/apps", "'/apps' is not a recognized Flux kind"),
    ("events --types=Bad", "Supported types are Normal, Warning"),
    ("events -o xml", "use table, wide, json, yaml, name, jsonpath=TEMPLATE"),
    ("logs --level=loud", "must be one of: debug, info, error"),
    ("logs --since=yesterday", "\"yesterday\" is not a duration"),
    ("logs --since-time=yesterday", "yesterday is not a valid (RFC3339) time"),
    ("logs --since=1h --since-time=2026-01-01T00:00:00Z", "use either --since or --since-time"),
    ("logs -o xml", "must be one of: json"),
    ("stats -o jsonpath={.a", "invalid template \"{.a\""),
    ("check -o custom-columns=A", "expected <header>:<path>"),
    ("version --client -o jsonpath={range .a}", "invalid --output"),
    ("tree ks apps -o jsonpath={.a", "invalid template \"{.a\""),
    ("status -o xml", "use text, prometheus, json, yaml, jsonpath=TEMPLATE"),
    ("stats -o xml", "use text, json, yaml, jsonpath=TEMPLATE"),
    ("stats apps", "this command takes flags only"),
    // Traces, trees and the values of an object.
    ("trace", "for example: flux trace deployment/web -n apps"),
    ("trace deployment", "`<resource> <name>` is required"),
    ("trace apps --kind=deployment", "object apiVersion is required (--api-version)"),
    ("trace deployment apps -o xml", "use text, json, yaml, jsonpath=TEMPLATE"),
    ("tree kustomization", "kustomization name is required"),
    ("tree artifact generator", "generator name is required"),
    ("debug ks", "name is required"),
    ("debug ks apps", "exactly one of --show-status, --show-vars, or --show-history must be set"),
    ("debug ks apps --show-vars --show-status", "exactly one of"),
    ("debug hr apps --show-vars", "did you mean --show-values?"),
    ("debug hr a b --show-values", "unexpected arguments: b"),
    ("debug hr apps --show-values -o xml", "use text, json, yaml, jsonpath=TEMPLATE"),
    ("envsubst extra", "this command takes flags only"),
    ("plugin search -o xml", "use text, json, yaml, jsonpath=TEMPLATE"),
    ("plugin install ../x", "invalid plugin name \"../x\""),
    ("trigger receiver a --token=t --url=https://h --timeout=soon", "\"soon\" is not a duration"),
    ("trigger receiver a --token=t --url=http://u:p@h.example", "credentials are not sent"),
    ("migrate -f . --version=abc", "version abc is not supported"),
    ("create source git app --ulr=https://h/x --branch=b", "did you mean --url?"),
    ("trigger receiver a --header=x", "hint: add --help to see commands and options"),
    ("create source git app --bran=b", "did you mean --branch?"),
    // Names and labels.
    ("create source git --url=https://h/x --branch=b", "name is required"),
    ("create source git App --url=https://h/x --branch=b", "name 'App' is invalid"),
    ("create source git a --url=https://h/x --branch=b", "2 to 63"),
    ("create kustomization app.x --source=s", "name 'app.x' is invalid"),
    ("create helmrelease -- -app --source=HelmRepository/x --chart=c", "name '-app' is invalid"),
    ("create source git app --url=https://h/x --branch=b --label=team", "must be key=value"),
    ("create source git app --url=https://h/x --branch=b --label=a=b=c", "must be key=value"),
    ("create source git app --url=https://h/x --branch=b --label=-a=b", "not a valid label key"),
    ("create source git app --url=https://h/x --branch=b --label=a=b%c", "not a valid label value"),
    ("create source git app --url=https://h/x --branch=b --label=\"a", "closing quote"),
    // Times.
    ("create source git app --url=https://h/x --branch=b --interval=5", "has no unit"),
    ("create source git app --url=https://h/x --branch=b --interval=1d", "unknown unit \"d\""),
    ("create source git app --url=https://h/x --branch=b --interval=-1m", "cannot be negative"),
    ("create source git app --url=https://h/x --branch=b --interval=5us", "millisecond"),
    ("create source git app --url=https://h/x --branch=b --fetch-timeout=soon", "is not a duration"),
    ("create kustomization app --source=s --health-check-timeout=1w", "unknown unit \"w\""),
    // Git sources.
    ("create source git app --branch=b", "url is required"),
    ("create source git app --url=ftp://h/x --branch=b", "scheme 'ftp' not supported"),
    (
        "create source git app --url=git@github.com:acme/fleet.git --branch=b",
        "ssh://git@github.com/acme/fleet.git",
    ),
    ("create source git app --url=not-a-url --branch=b", "git URL has no scheme"),
    ("create source git app --url=https:// --branch=b", "git URL"),
    ("create source git app --url=https://h/x", "a Git ref is required"),
    ("create source git app --url=ssh://git@h/x --branch=b --ca-file=ca.pem", "not apply to Git over SSH"),
    (
        "create source git app --url=https://h/x --branch=b --ca-file=missing.pem",
        "cannot read the certificate missing.pem: no such file",
    ),
    ("create source git app --url=https://h/x --branch=b --ca-file=values.yaml", "contains no certificate"),
    ("create source git app --url=https://h/x --branch=b --username=u", "password is required"),
    ("create source git app --url=https://h/x --branch=b --password=p", "username is required"),
    (
        "create source git app --url=https://h/x --branch=b --provider=bitbucket",
        "\"bitbucket\" is not one of",
    ),
    ("create source git app --url=https://h/x --branch=b --secret-ref=No_Name", "not a valid object name"),
    ("create source git app --url=ssh://git@h/x --branch=b --ssh-key-algorithm=dsa", "rsa, ecdsa, ed25519"),
    ("create source git app --url=ssh://git@h/x --branch=b --ssh-ecdsa-curve=p224", "p256, p384, p521"),
    ("create source git app --url=ssh://git@h/x --branch=b --ssh-rsa-bits=512", "at least 1024"),
    ("create source git app --url=ssh://git@h/x --branch=b --ssh-rsa-bits=2049", "multiple of 8"),
    (
        "create source git app --url=ssh://git@h/x --branch=b --private-key-file=values.yaml",
        "no private key found",
    ),
    // Helm sources and releases.
    ("create source helm charts", "url is required"),
    ("create source helm charts --url=ssh://h/x", "can be: https, http and oci"),
    ("create source helm charts --url=oci://h/x --oci-provider=ibm", "\"ibm\" is not one of"),
    ("create source helm charts --url=https://h/x --cert-file=ca.pem", "must be used together"),
    (
        "create source helm charts --url=https://h/x --cert-file=ca.pem --key-file=ca.pem",
        "invalid TLS certificate",
    ),
    ("create helmrelease app", "--chart or --chart-ref is required"),
    ("create helmrelease app --chart=c", "source is required with --chart"),
    ("create helmrelease app --chart=c --source=x", "write HelmRepository/x"),
    (
        "create helmrelease app --chart=c --source=Secret/x",
        "must be one of: HelmRepository, GitRepository, Bucket",
    ),
    ("create helmrelease app --chart=c --source=HelmRepository/x --chart-ref=HelmChart/y", "in combination"),
    ("create helmrelease app --chart-ref=HelmRepository/x", "must be one of: OCIRepository, HelmChart"),
    ("create helmrelease app --chart=c --source=HelmRepository/x --crds=Keep", "\"Keep\" is not one of"),
    (
        "create helmrelease app --chart=c --source=HelmRepository/x --reconcile-strategy=x",
        "\"x\" is not one of",
    ),
    (
        "create helmrelease app --chart=c --source=HelmRepository/x --values=gone.yaml",
        "cannot read the values gone.yaml",
    ),
    (
        "create helmrelease app --chart=c --source=HelmRepository/x \
        --values=list.yaml",
        "not a mapping of values",
    ),
    ("create helmrelease app --chart=c --source=HelmRepository/x --values=twice.yaml", "line 2, column 1"),
    (
        "create helmrelease app --chart=c --source=HelmRepository/x --values=two.yaml",
        "more than one document",
    ),
    ("create helmrelease app --chart=c --source=HelmRepository/x --values-from=Pod/x", "Secret, ConfigMap"),
    ("create helmrelease app --chart=c --source=HelmRepository/x --values-from=x", "write Secret/x"),
    (
        "create helmrelease app --chart=c --source=HelmRepository/x --target-namespace=A",
        "not a valid namespace name",
    ),
    ("create helmrelease app --chart=c --source=HelmRepository/x --release-name=A_b", "at most 53"),
    ("create helmrelease app --chart=c --source=HelmRepository/x --depends-on=a/b/c", "namespace/name"),
    // Kustomizations.
    ("create kustomization app", "source is required"),
    ("create kustomization app --source=Secret/x", "kind 'Secret' is not supported"),
    ("create kustomization app --source=GitRepository", "write GitRepository/NAME"),
    ("create kustomization app --source=GitRepository/", "the name is missing"),
    ("create kustomization app --source=x --health-check=web", "kind/name.namespace"),
    ("create kustomization app --source=x --health-check=Pod/web.x", "Deployment, DaemonSet"),
    ("create kustomization app --source=x --health-check=Deployment/web", "kind/name.namespace"),
    ("create kustomization app --source=x --decryption-provider=age", "\"age\" is not sops"),
    ("create kustomization app --source=x --depends-on=A", "not a valid object name"),
    ("create kustomization app --source=x --prune=often", "expected true or false"),
    // Images.
    ("create image repository app", "--image is required"),
    ("create image repository app --image=ghcr.io/x/y:v1", "omit the tag"),
    ("create image repository app --image=https://ghcr.io/x/y", "omit the scheme"),
    ("create image repository app --image=ghcr.io/X/y", "contains 'X'"),
    ("create image policy app", "--image-ref is required"),
    ("create image policy app --image-ref=app", "a policy must be provided"),
    ("create image policy app --image-ref=app --select-alpha=up", "must be one of"),
    ("create image policy app --image-ref=app --select-semver=1.x --select-alpha=asc", "only one of"),
    ("create image policy app --image-ref=app --select-alpha=asc --filter-regex=(", "unclosed group"),
    (
        "create image policy app --image-ref=app --select-alpha=asc --filter-extract=$x",
        "without specifying --filter-regex",
    ),
    (
        "create image policy app --image-ref=app --select-alpha=asc --filter-regex=x --filter-extract=$ts",
        "not found in",
    ),
    ("create image policy app --image-ref=app --select-alpha=asc --reflect-digest=Maybe", "'IfNotPresent'"),
    ("create image policy app --image-ref=app --select-alpha=asc --reflect-digest=Always", "--interval"),
    ("create image policy app --image-ref=app --select-alpha=asc --interval=1h", "--reflect-digest=Always"),
    ("create image update app", "--git-repo-ref is required"),
    ("create image update app --git-repo-ref=x", "--checkout-branch is required"),
    ("create image update app --git-repo-ref=x --checkout-branch=main", "--author-name is required"),
    (
        "create image update app --git-repo-ref=x --checkout-branch=main --author-name=a",
        "--author-email is required",
    ),
    (
        "create image update app --git-repo-ref=x --checkout-branch=main --author-name=a --author-email=e --signing-key-type=gpg",
        "requires --signing-key-secret",
    ),
    // Secrets.
    ("create secret git creds", "url is required"),
    ("create secret git creds --url=https://h/x", "username and password, or a bearer token"),
    ("create secret git creds --url=https://h/x --username=u", "password is required"),
    (
        "create secret git creds --url=https://h/x --username=u --password=p --bearer-token=t",
        "cannot be used together",
    ),
    ("create secret git creds --url=ssh://git@h/x --bearer-token=t", "not apply to Git over SSH"),
    ("create secret oci creds --username=u --password=p", "--url is required"),
    ("create secret oci creds --url=https://ghcr.io --username=u --password=p", "without a scheme"),
    ("create secret tls creds", "no CA certificate"),
    ("create secret proxy creds --address=proxy:3128x", "invalid proxy address"),
    ("create secret githubapp creds --app-id=1 --app-private-key=ca.pem", "exactly one of"),
    ("create secret receiver creds --type=github", "--hostname is required"),
    ("create secret receiver creds --type=gcr --hostname=h", "--email-claim is required"),
    // The rest.
    ("create source oci app --url=https://h/x --tag=1", "scheme 'https' not supported"),
    ("create source oci app --url=oci://h/x", "--tag, --tag-semver or --digest is required"),
    ("create source oci app --url=oci://h/x --tag=1 --layer-selector=x", "<media-type>:<operation>"),
    ("create source oci app --url=oci://h/x --tag=1 --verify-issuer=x", "add --verify-provider=cosign"),
    ("create source bucket app --endpoint=h", "bucket-name is required"),
    ("create source bucket app --endpoint=https://h --bucket-name=b", "omit the scheme"),
    ("create source bucket app --endpoint=h --bucket-name=b --access-key=a", "must be used together"),
    ("create source chart app --chart=c", "--source is required"),
    ("create source chart app --chart=c --source=HelmRepository/x.other", "another namespace"),
    ("create alert app --provider-ref=p", "--event-source is required"),
    ("create alert app --provider-ref=p --event-source=Pod/x", "kind 'Pod' is not supported"),
    ("create alert-provider app --type=fax", "\"fax\" is not one of"),
    ("create receiver app --type=github", "--secret-ref is required"),
    ("create tenant team", "with-namespace is required"),
    ("bootstrap github", "--owner and --repository are required"),
    ("bootstrap github --owner=o", "--repository is required"),
    ("bootstrap git", "--url is required"),
    ("create tenant team --with-namespace=Bad_NS", "not a valid namespace name"),
];

/// An API server that counts requests, and a kubeconfig for it.
fn counted(directory: &Path) -> (Loopback, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let router = Router::new().fallback(move || {
        count.fetch_add(1, Ordering::SeqCst);
        async { StatusCode::INTERNAL_SERVER_ERROR }
    });
    let server = Loopback::serve(router, None);
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: c\n  cluster: {{server: {}}}\ncontexts:\n- name: c\n  context: {{cluster: c, user: c}}\nusers:\n- name: c\n  user: {{}}\n",
        server.url()
    );
    fs::write(directory.join("kubeconfig"), kubeconfig).expect("a file");
    (server, asked)
}

#[test]
fn invalid_input_is_reported_before_anything_is_requested_or_written() {
    let directory = TempDir::new().expect("a directory");
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).expect("a file");
    write("ca.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    write("values.yaml", "a: 1\n");
    write("list.yaml", "- a\n");
    write("twice.yaml", "a: 1\na: 2\n");
    write("two.yaml", "a: 1\n---\nb: 1\n");
    let (_server, asked) = counted(directory.path());
    let entries = || fs::read_dir(directory.path()).expect("a directory").count();
    let before = entries();
    let mut unexpected = Vec::new();
    for (line, wanted) in WRONG {
        let args = line.split_whitespace().map(|word| word.replace('%', " "));
        let output = Flux::bare()
            .dir(directory.path())
            .env("KUBECONFIG", directory.path().join("kubeconfig"))
            .args(args)
            .fails(1);
        if !output.stderr.contains(wanted) {
            unexpected.push(format!("wanted {wanted:?}: {output:?}"));
        }
        assert!(output.stderr.starts_with('✗') || output.stderr.contains("\n✗"), "{output:?}");
        assert!(!output.stderr.contains("panicked"), "{output:?}");
        assert!(output.stderr.lines().all(is_whole), "not a sentence: {output:?}");
        assert_eq!(output.stdout, "", "{output:?}");
        assert_eq!(asked.load(Ordering::SeqCst), 0, "the cluster was asked: {output:?}");
        assert_eq!(entries(), before, "a file was written: {output:?}");
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
}

/// Whether a line of a message is complete: no list in it is empty.
fn is_whole(line: &str) -> bool {
    let text = line.trim_start_matches([' ', '✗']);
    let ends = [":", ",", ";", " or", " and", " "];
    let gaps = ["  ", ": and", ": or", ":,", ", ,", ",,", "( ", "()", "''", " : "];
    !ends.iter().any(|end| text.ends_with(end)) && !gaps.iter().any(|gap| text.contains(gap))
}

#[test]
fn export_validates_input_as_apply_does() {
    for (line, wanted) in WRONG.iter().filter(|(line, _)| line.starts_with("create image")) {
        let args = line.split_whitespace().chain(["--export"]);
        let output = Flux::bare().args(args).fails(1);
        assert!(output.stderr.contains(wanted), "wanted {wanted:?}: {output:?}");
        assert_eq!(output.stdout, "", "{output:?}");
    }
}

#[test]
fn a_problem_of_an_installation_is_reported_with_a_fix() {
    for (line, wrong, right) in [
        ("install --export --registry=https://ghcr.io", "invalid registry", "omit https://"),
        ("install --export --registry=ghcr.io/", "invalid registry", "without a trailing slash"),
        ("install --export --cluster-domain=a_b", "invalid cluster domain", "lowercase letters"),
        ("install --export --toleration-keys=a:b", "invalid toleration key", "key of a taint"),
        (
            "install --export --image-pull-secret=s --registry-creds=me",
            "invalid --registry-creds format",
            "--registry-creds=USER:PASSWORD",
        ),
        (
            "bootstrap git --url=ssh://git@h/x --private-key-file=/nowhere --silent",
            "cannot read the private key",
            "check the path given with --private-key-file",
        ),
    ] {
        let output = Flux::bare().line(line).fails(1);
        let (message, hint) = output.stderr.split_once("  hint: ").unwrap_or_default();
        assert!(message.contains(wrong), "{output:?}");
        assert!(hint.contains(right), "{output:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_reported_when_output_cannot_be_written() {
    let output = Flux::shell("flux install --export > /dev/full", &[]).fails(1);
    assert!(output.stderr.contains("writing the output: No space left on device"), "{output:?}");
    assert!(output.stderr.contains("hint: free some space"), "{output:?}");
}

/// Set in a child process that panics.
const PANIC: &str = "EDGEFLUX_TEST_PANIC";

#[test]
#[allow(clippy::disallowed_methods, reason = "the switch of a test that runs itself")]
fn a_panic_is_reported_in_one_line_without_its_message() {
    if std::env::var_os(PANIC).is_some() {
        edgeflux::output::report_panics();
        let worker = std::thread::spawn(|| panic!("hunter2"));
        worker.join().expect("the process ends before");
    }
    let output = std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "bad_inputs::a_panic_is_reported_in_one_line_without_its_message", "--nocapture"])
        .env(PANIC, "yes")
        .env("RUST_BACKTRACE", "full")
        .output()
        .expect("it runs again");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(told.lines().count(), 1, "{told}");
    for word in ["✗ flux ", "tests/it/bad_inputs.rs:", "https://github.com/edgeflux/edgeflux/issues"] {
        assert!(told.contains(word), "{word:?} is missing: {told}");
    }
    assert!(!told.contains("hunter2"), "{told}");
}
