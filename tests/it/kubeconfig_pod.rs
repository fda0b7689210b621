//! Inside a Pod: the ServiceAccount, and when something else comes before it.

use std::fs;

use crate::kubeconfig_access::Bed;
use crate::support::flux::Flux;

/// Runs its argument with a `/run` of its own, in which the kubelet has left the files of a ServiceAccount.
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
fn the_account_of_the_pod_is_used_where_there_is_no_kubeconfig() {
    let bed = Bed::secure();
    in_pod(&bed, "flux get sources git").ok();
    assert!(bed.last_path().contains("/namespaces/flux-system/"), "{}", bed.last_path());
    assert_eq!(sent(&bed).as_deref(), Some("Bearer account"));

    // The Pod's namespace, which POD_NAMESPACE may name.
    in_pod(&bed, "flux get sources git --ns-follows-kube-context").ok();
    assert!(bed.last_path().contains("/namespaces/pods/"), "{}", bed.last_path());
    in_pod(&bed, "POD_NAMESPACE=mine flux get sources git --ns-follows-kube-context").ok();
    assert!(bed.last_path().contains("/namespaces/mine/"), "{}", bed.last_path());

    // A kubeconfig that chooses nothing does not stand in the way, and neither does one that is not there.
    for before in ["mkdir ~/.kube; echo 'kind: Config' > ~/.kube/config;", "export KUBECONFIG=/nowhere;"] {
        in_pod(&bed, &format!("{before} flux get sources git")).ok();
        assert_eq!(sent(&bed).as_deref(), Some("Bearer account"), "{before}");
    }
    in_pod(&bed, "flux get sources git --token=flag --as=jane").ok();
    assert_eq!(sent(&bed).as_deref(), Some("Bearer flag"));
}

#[test]
fn what_is_named_comes_before_the_account_of_the_pod() {
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
    // The account's token is for its own API server alone.
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
fn outside_of_a_pod_the_variables_alone_mean_nothing() {
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
