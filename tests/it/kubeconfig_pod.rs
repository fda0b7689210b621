//! Inside a Pod: its ServiceAccount, and what overrides it.

use std::fs;

use crate::support::flux::Flux;
use crate::support::kubeconfig_bed::Bed;

/// Runs its argument with a private `/run`, where the kubelet has written the files of a ServiceAccount.
const IN_POD: &str = r#"exec unshare --mount sh -ec '
mount -t tmpfs tmpfs /run
account=/run/secrets/kubernetes.io/serviceaccount
mkdir -p $account
cp "$CA" $account/ca.crt; printf "account\n" > $account/token; printf pods > $account/namespace
eval "$POD_SCRIPT"'"#;

/// Needs root and mount namespaces.
fn in_pod(bed: &Bed, script: &str) -> Flux {
    let address = bed.server.address();
    Flux::shell(IN_POD, &[])
        .env("CA", bed.authority.file())
        .env("POD_SCRIPT", script)
        .env("KUBERNETES_SERVICE_HOST", address.ip().to_string())
        .env("KUBERNETES_SERVICE_PORT", address.port().to_string())
}

fn sent(bed: &Bed) -> Option<String> {
    bed.authorizations().pop().flatten()
}

#[test]
fn without_a_kubeconfig_the_service_account_of_the_pod_is_used() {
    let bed = Bed::secure();
    in_pod(&bed, "flux get sources git").ok();
    assert!(bed.last_path().contains("/namespaces/flux-system/"), "{}", bed.last_path());
    assert_eq!(sent(&bed).as_deref(), Some("Bearer account"));

    // The Pod's namespace, which POD_NAMESPACE may name.
    in_pod(&bed, "flux get sources git --ns-follows-kube-context").ok();
    assert!(bed.last_path().contains("/namespaces/pods/"), "{}", bed.last_path());
    in_pod(&bed, "POD_NAMESPACE=mine flux get sources git --ns-follows-kube-context").ok();
    assert!(bed.last_path().contains("/namespaces/mine/"), "{}", bed.last_path());

    // A kubeconfig without a current context is ignored, and so is a missing one.
    for before in ["mkdir ~/.kube; echo 'kind: Config' > ~/.kube/config;", "export KUBECONFIG=/nowhere;"] {
        in_pod(&bed, &format!("{before} flux get sources git")).ok();
        assert_eq!(sent(&bed).as_deref(), Some("Bearer account"), "{before}");
    }
    in_pod(&bed, "flux get sources git --token=flag --as=jane").ok();
    assert_eq!(sent(&bed).as_deref(), Some("Bearer flag"));
}

#[test]
fn a_named_kubeconfig_overrides_the_service_account_of_the_pod() {
    let bed = Bed::secure();
    let other = Bed::secure();
    other.write("", "{token: other}");
    let kubeconfig = other.path("config");
    for script in [
        format!("flux get sources git --kubeconfig={kubeconfig}"),
        format!("KUBECONFIG={kubeconfig} flux get sources git"),
        format!("mkdir ~/.kube; cp {kubeconfig} ~/.kube/config; flux get sources git"),
    ] {
        in_pod(&bed, &script).ok();
        assert_eq!(sent(&other).as_deref(), Some("Bearer other"), "{script}");
    }
    // The token of the ServiceAccount is sent to its own API server only.
    let (server, authority) = (other.server.url(), other.authority.file());
    let line =
        format!("flux get sources git --server={server} --certificate-authority={}", authority.display());
    in_pod(&bed, &line).ok();
    assert_eq!(other.authorizations().pop(), Some(None));
    for (line, words) in [
        ("flux get sources git --context=c", "no kubeconfig"),
        ("flux get sources git --kubeconfig=/nowhere", "/nowhere"),
        ("mkdir ~/.kube; echo 'current-context: c' > ~/.kube/config; flux get sources git", "\"c\""),
        ("echo -n > /run/secrets/kubernetes.io/serviceaccount/token; flux get sources git", "token"),
    ] {
        let output = in_pod(&bed, line).fails(1);
        assert!(output.stderr.contains(words), "{output:?}");
    }
    assert_eq!(bed.authorizations(), []);
    fs::metadata(kubeconfig).expect("it is still there");
}

#[test]
fn outside_of_a_pod_its_variables_are_ignored() {
    let output = Flux::bare()
        .env("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        .env("KUBERNETES_SERVICE_PORT", "1")
        .line("get sources git")
        .fails(1);
    assert!(output.stderr.contains("no kubeconfig found"), "{output:?}");
    let output =
        Flux::bare().env("KUBERNETES_MASTER", "https://127.0.0.1:1").line("get sources git").fails(1);
    assert!(output.stderr.contains("https://127.0.0.1:1"), "{output:?}");
}
