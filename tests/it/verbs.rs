//! `get`, `export`, `suspend`, `resume`, `reconcile` and `delete` on objects of every kind, against a real API server. There
//! are no controllers: the tests write the status.

use edgeflux::kinds::{Flag, KINDS, Path, Product, Reconciler, Verb};
use serde_json::json;

use crate::support::cluster::Cluster;
use crate::support::flux::Flux;
use crate::support::flux_objects::{WAIT, apply, asked, condition, kustomization, report, spec};
use crate::support::operator;
use crate::support::user::User;

fn flux(cluster: &Cluster, verb: &str, path: &Path, line: &str) -> Flux {
    Flux::new(cluster).args([verb]).args(path.words).line(line).limit(WAIT)
}

#[test]
fn every_verb_works_on_every_kind_that_supports_it() {
    every_verb_works(Cluster::shared(), Product::Flux);
}

#[test]
fn every_verb_works_on_the_kinds_of_flux_operator() {
    let cluster = Cluster::api_only();
    operator::install_crds(&cluster);
    every_verb_works(&cluster, Product::FluxOperator);
    let missing = Flux::new(&cluster).line("get ks -A").fails(1);
    assert!(missing.stderr.contains("install Flux, or the component"), "{missing:?}");
}

#[test]
fn the_kinds_of_flux_operator_come_with_it() {
    let cluster = Cluster::shared();
    let missing = Flux::new(cluster).line("get resourcesets -A").fails(1);
    assert!(missing.stderr.contains("does not serve resourcesets.fluxcd.controlplane.io"), "{missing:?}");
    assert!(missing.stderr.contains("hint: this kind comes with flux-operator"), "{missing:?}");
}

fn every_verb_works(cluster: &Cluster, product: Product) {
    let namespace = cluster.namespace("verbs");
    let there = format!("one -n {namespace}");
    for kind in KINDS.iter().filter(|kind| kind.product == product) {
        let name = kind.kind;
        apply(cluster, kind, &namespace, "one", &spec(name));
        let listed = flux(cluster, "get", &kind.get, &there).ok();
        assert!(listed.stdout.starts_with("NAME\t"), "{listed:?}");
        assert!(listed.stdout.contains("\none"), "{listed:?}");
        if kind.has_conditions {
            assert!(listed.stdout.contains("\tFalse\twaiting to be reconciled\t"), "{listed:?}");
        }
        let exported = flux(cluster, "export", &kind.path, &there).ok();
        let head = format!("---\napiVersion: {}\nkind: {name}\nmetadata:\n  name: one\n", kind.api_version());
        assert!(exported.stdout.starts_with(&head), "{exported:?}");
        assert!(!exported.stdout.contains("\nstatus:"), "{exported:?}");
        assert!(!exported.stderr.contains("newer than this command"), "{exported:?}");
        if kind.takes(Verb::Suspend) {
            flux(cluster, "suspend", &kind.path, &there).ok();
            assert!(kind.suspension.holds(&cluster.get(name, &namespace, "one")), "{name}");
            if kind.takes(Verb::Reconcile) {
                let refused = flux(cluster, "reconcile", &kind.path, &there).fails(1);
                assert!(refused.stderr.contains("resource is suspended"), "{refused:?}");
            }
            flux(cluster, "resume", &kind.path, &format!("{there} --wait=false")).ok();
            assert!(!kind.suspension.holds(&cluster.get(name, &namespace, "one")), "{name}");
        }
        if kind.takes(Verb::Reconcile) {
            // Resuming an object of flux-operator has requested a reconciliation, too.
            let none = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": null}}});
            cluster.patch(name, &namespace, "one", &none);
            assert_eq!((kind.reconciler)(&json!({"spec": spec(name)})), Reconciler::Dynamic);
            let running = flux(cluster, "reconcile", &kind.path, &there).spawn();
            asked(cluster, name, &namespace, "one");
            report(cluster, name, &namespace, "one", &condition("True", "Succeeded", "done"));
            let done = running.wait();
            assert_eq!(done.code, Some(0), "{done:?}");
            assert!(done.stderr.contains(&format!("✔ {name} annotated\n")), "{done:?}");
        }
        if kind.takes(Verb::Delete) {
            let deleted = flux(cluster, "delete", &kind.path, &format!("{there} --silent")).ok();
            assert!(deleted.stderr.ends_with(&format!("✔ {} deleted\n", kind.human)), "{deleted:?}");
            assert!(cluster.try_get(name, &namespace, "one").is_none());
        }
    }
}

#[test]
fn a_missing_object_is_reported_with_the_namespace_that_has_it() {
    let cluster = Cluster::shared();
    let (here, there) = (cluster.namespace("here"), cluster.namespace("there"));
    kustomization(cluster, &there, "only-there");
    let hint = format!("hint: an object with that name exists in namespace {there}: use --namespace {there}");
    for (line, code) in [
        ("get kustomizations only-there", 1),
        ("export kustomization only-there", 1),
        ("reconcile kustomization only-there", 1),
        ("delete kustomization only-there --silent", 1),
        ("suspend kustomization only-there", 0),
        ("resume kustomization only-there", 0),
    ] {
        let missing = Flux::new(cluster).line(line).args(["-n", &here]).fails(code);
        assert!(missing.stderr.contains(&hint), "{missing:?}");
        assert!(missing.stderr.contains("not found"), "{missing:?}");
        assert_eq!(missing.stdout, "");
    }
    let none = Flux::new(cluster).line("get kustomizations -n").args([&here]).fails(1);
    assert!(none.stderr.contains(&format!("no Kustomization objects found in \"{here}\" namespace")));
    assert!(none.stderr.contains("hint: other namespaces have such objects"), "{none:?}");
}

#[test]
fn invalid_selectors_are_refused_before_any_request() {
    for (flag, value, message) in [
        ("-l", "!!", "✗ unable to parse label selector \"!!\": expected a label key, found \"!\""),
        ("-l", "app in web", "✗ unable to parse label selector"),
        ("--status-selector", "ready", "✗ expected status selector in type=status or type!=status format"),
    ] {
        for target in ["kustomizations", "all"] {
            let refused = Flux::bare().args(["get", target, flag, value]).fails(1);
            assert!(refused.stderr.starts_with(message), "{refused:?}");
        }
    }
    let refused = Flux::bare().line("get all --watch --sort-by name").fails(1);
    assert!(refused.stderr.contains("--watch and --sort-by cannot be combined"), "{refused:?}");
}

#[test]
fn selectors_filter_by_label_and_by_condition() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("select");
    for (name, team, status) in [("good", "a", "True"), ("bad", "a", "False"), ("other", "b", "True")] {
        kustomization(cluster, &namespace, name);
        let label = json!({"metadata": {"labels": {"team": team}}});
        cluster.patch("Kustomization", &namespace, name, &label);
        report(cluster, "Kustomization", &namespace, name, &condition(status, "R", "m"));
    }
    let names = |args: &[&str]| {
        let listed = Flux::new(cluster).line("get ks --no-header -n").args([&namespace]).args(args).ok();
        let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
        listed.stdout.lines().map(first).collect::<Vec<_>>()
    };
    assert_eq!(names(&["-l", "team=a"]), ["bad", "good"]);
    assert_eq!(names(&["-l", "team notin (a)"]), ["other"]);
    assert_eq!(names(&["--status-selector", "ready=true"]), ["good", "other"]);
    assert_eq!(names(&["--status-selector", "READY!=true", "-l", "team=a"]), ["bad"]);
    assert_eq!(names(&["good", "bad"]), ["good", "bad"]);
}

#[test]
fn a_list_of_several_pages_is_complete() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("pages");
    let all: Vec<String> = (0..260).map(|at| format!("k{at:03}")).collect();
    for name in &all {
        kustomization(cluster, &namespace, name);
    }
    let listed = Flux::new(cluster).line("get ks --no-header -n").args([&namespace]).ok();
    let names = listed.stdout.lines().map(|line| line.split('\t').next().unwrap_or_default().trim());
    assert_eq!(names.collect::<Vec<_>>(), all);
}

#[test]
fn a_kind_that_fails_does_not_hide_the_others() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("rights");
    kustomization(cluster, &namespace, "unseen");
    apply(cluster, &edgeflux::kinds::GIT_REPOSITORY, &namespace, "seen", &spec("GitRepository"));
    let groups: Vec<&str> =
        KINDS.iter().map(|kind| kind.group).filter(|it| !it.starts_with("kustomize")).collect();
    let viewer = User::of_namespace(cluster, &namespace, &groups, &["list"]);
    let listed = viewer.flux().line("get all -n").args([&namespace]).ok();
    assert!(listed.stdout.contains("gitrepository/seen"), "{listed:?}");
    assert_eq!(listed.stderr.matches("✗ ").count(), 1, "{listed:?}");
    assert!(listed.stderr.contains("kustomizations.kustomize.toolkit.fluxcd.io is forbidden"), "{listed:?}");
    assert!(listed.stderr.contains("\n  hint: "), "{listed:?}");
    viewer.flux().line("get all -n default").fails(1);
}

#[test]
fn an_unreachable_cluster_is_reported_once() {
    let gone = crate::support::ports::free();
    let server = format!("--server=http://127.0.0.1:{gone}");
    let failed = Flux::bare().args(["get", "all", "-A", &server]).fails(1);
    assert_eq!(failed.stderr.matches("cannot reach the Kubernetes API server").count(), 1, "{failed:?}");
}

#[test]
fn nothing_is_deleted_without_a_terminal_or_the_flag() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("delete");
    kustomization(cluster, &namespace, "apps");
    let refused =
        Flux::new(cluster).line("delete kustomization apps -n").args([&namespace]).stdin("y\n").fails(1);
    assert!(refused.stderr.contains("--silent"), "{refused:?}");
    assert!(cluster.try_get("Kustomization", &namespace, "apps").is_some());
}

#[test]
fn all_objects_of_a_namespace_are_suspended_and_resumed() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("everything");
    for name in ["one", "two"] {
        kustomization(cluster, &namespace, name);
    }
    let suspended = |name| cluster.get("Kustomization", &namespace, name)["spec"]["suspend"] == true;
    Flux::new(cluster).line("suspend ks --all -n").args([&namespace]).ok();
    assert!(suspended("one") && suspended("two"));
    Flux::new(cluster).line("resume --all ks -n").args([&namespace]).ok();
    assert!(!suspended("one") && !suspended("two"));
    let named = Flux::new(cluster).line("suspend ks one absent one -n").args([&namespace]).ok();
    assert_eq!(named.stderr.matches("► suspending").count(), 1, "{named:?}");
    assert!(suspended("one") && !suspended("two"));
    cluster.patch("Kustomization", &namespace, "two", &json!({"metadata": {"labels": {"team": "web"}}}));
    Flux::new(cluster).line("suspend ks -l team=web -n").args([&namespace]).ok();
    assert!(suspended("two"));
    Flux::new(cluster).line("resume ks -l team!=web -n").args([&namespace]).ok();
    assert!(!suspended("one") && suspended("two"));
}

#[test]
fn many_objects_are_suspended_in_the_order_of_their_names() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("many");
    let names: Vec<String> = (0..40).map(|at| format!("k{at:02}")).collect();
    for name in &names {
        kustomization(cluster, &namespace, name);
    }
    let done = Flux::new(cluster).line("suspend ks --all -n").args([&namespace]).ok();
    let order = done.stderr.lines().filter_map(|line| line.strip_prefix("► suspending kustomization "));
    let order: Vec<&str> = order.filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(order, names);
    assert!(
        names.iter().all(|name| cluster.get("Kustomization", &namespace, name)["spec"]["suspend"] == true)
    );
}

#[test]
fn exported_sources_include_their_credentials_on_request() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("export");
    for (name, secret) in [("one", "first"), ("two", "second"), ("three", "first")] {
        let mut wanted = spec("GitRepository");
        wanted["secretRef"] = json!({"name": secret});
        apply(cluster, &edgeflux::kinds::GIT_REPOSITORY, &namespace, name, &wanted);
        cluster.apply_value(&json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret, "namespace": namespace},
            "stringData": {"password": secret},
        }));
    }
    assert!(edgeflux::kinds::GIT_REPOSITORY.flags.contains(&Flag::WithCredentials));
    let with =
        Flux::new(cluster).line("export source --with-credentials git --all -n").args([&namespace]).ok();
    let documents = edgeflux_yaml::documents(&with.stdout).unwrap();
    let names: Vec<&str> = documents.iter().filter_map(|it| it["metadata"]["name"].as_str()).collect();
    assert_eq!(names, ["one", "first", "three", "two", "second"]);
    let without = Flux::new(cluster).line("export source git --all -n").args([&namespace]).ok();
    assert!(!without.stdout.contains("kind: Secret"), "{without:?}");
}

#[test]
fn verbose_shows_each_request_without_credentials() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("requests");
    kustomization(cluster, &namespace, "apps");
    let user = User::of_namespace(cluster, &namespace, &["kustomize.toolkit.fluxcd.io"], &["list"]);
    let shown = user.flux().line("get ks --verbose -n").args([&namespace]).ok();
    let path = format!("/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/{namespace}/kustomizations?limit=");
    let request =
        shown.stderr.lines().find(|line| line.contains(&path)).unwrap_or_else(|| panic!("{shown:?}"));
    assert!(request.starts_with(&format!("GET {}{path}", cluster.url())), "{request}");
    assert!(request.contains(": 200 OK in ") && request.ends_with(" ms"), "{request}");
    let token = cluster.token(&namespace, "user");
    let given = format!("--token={token}");
    let given = Flux::new(cluster).args(["get", "ks", "--verbose", &given, "-n", &namespace]).run();
    assert!(given.stderr.contains(&path) && !given.stderr.contains(&token), "{given:?}");
    let quiet = user.flux().line("get ks -n").args([&namespace]).ok();
    assert_eq!(quiet.stderr, "");
}
