//! The one integration binary: every module drives the built `flux` against real servers on loopback.

#[allow(dead_code, reason = "each area uses its part of the test bed")]
mod support;

mod api_server;
mod bad_inputs;
mod bootstrap_git;
mod bootstrap_git_ssh;
mod bootstrap_github;
mod bootstrap_github_kill;
mod bootstrap_github_refusals;
mod bootstrap_github_secrets;
mod build;
mod build_all;
mod build_artifacts;
mod build_secrets;
mod build_variables;
mod clusters;
mod command_line;
mod completion;
mod controllers;
mod create;
mod definitions;
mod diff;
mod diff_nested;
mod diff_revisions;
mod envsubst;
mod forge_github;
mod forge_github_state;
mod git_layer;
mod git_layer_signing;
mod git_layer_ssh;
mod git_servers;
mod install;
mod installer;
mod kubeconfig;
mod kustomize;
mod kustomize_fuzz;
mod layers;
mod remote_bases;
mod secrets;
mod terminal;
mod verbs;
mod walkthrough;
mod watching;
