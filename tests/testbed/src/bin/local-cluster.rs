//! A cluster to try Flux in, with a Git server: the part of `scripts/quickstart` besides `flux`.
//!
//! `local-cluster` starts a Kubernetes control plane on loopback, runs the Flux controllers that are
//! installed into it, and serves an empty Git repository. It prints `KUBECONFIG=…` and `URL=…`, and ends
//! when its standard input closes; with `--keep` when it is killed. `local-cluster --git IP` serves only
//! the repository, on that address. The password of the Git user `git` is read from `$GIT_PASSWORD`.
//!
//! Pods only act as if they ran. source-controller and kustomize-controller are the real programs, as processes of this
//! machine.
#![allow(clippy::print_stdout, reason = "what it prints is its interface")]
#![allow(clippy::disallowed_methods, reason = "it is a program of its own and reads its environment")]

use std::io::Read;
use std::sync::Arc;

use edgeflux_testbed::cluster::Cluster;
use edgeflux_testbed::controllers::Controllers;
use edgeflux_testbed::git_http::GitHttp;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut keep = false;
    let mut git_only = None;
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--keep" => keep = true,
            "--git" => {
                let address = words.next().and_then(|it| it.parse().ok());
                git_only = Some(address.expect("--git needs an IP address of this machine"));
            }
            other => panic!("unknown argument {other:?}"),
        }
    }
    let password = std::env::var("GIT_PASSWORD").expect("GIT_PASSWORD is the Git server's password");

    let git = git_only.map_or_else(GitHttp::start, GitHttp::start_on).basic("git", &password);
    git.create("fleet.git");
    println!("URL={}", git.url("fleet.git"));
    let _cluster = git_only.is_none().then(|| {
        let cluster = Arc::new(Cluster::fresh());
        let controllers = Controllers::watch(&cluster, "flux-system");
        println!("KUBECONFIG={}", cluster.kubeconfig().display());
        (controllers, cluster)
    });
    println!("READY");
    if keep {
        loop {
            std::thread::park();
        }
    }
    // An error means that the other end is gone, too.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
