//! `flux debug kustomization`: status, history, or the variables of post-build substitutions.

use clap::Args;
use serde_json::{Value, json};

use super::show::{self, Shown, is_one};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::commands::notation::Output;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{self, KUSTOMIZATION};
use crate::output::{Report, printable};
use crate::render;

/// The arguments of `flux debug kustomization`.
#[derive(Debug, Args)]
pub struct DebugKustomization {
    /// Name of the Kustomization
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Show the status
    #[arg(long)]
    show_status: bool,
    /// Show the variables of post-build substitution; they may contain secrets
    #[arg(long)]
    show_vars: bool,
    /// Show past reconciliations and their results
    #[arg(long)]
    show_history: bool,
    /// Output format: text (YAML with comments, NAME=VALUE for variables), json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = Output::parse)]
    output: Output,
}

impl Described for DebugKustomization {
    const ABOUT: About =
        About::new("kustomization", "Show the variables, status or history of a Kustomization")
            .aliases(&["ks"])
            .details(
                "--show-vars shows the variables that kustomize-controller substitutes: those from \
             spec.postBuild.substituteFrom in order, overridden by those in spec.postBuild.substitute. Line \
             breaks in values are removed.\n\n\
             Values from Secrets are printed in plain text.",
            )
            .usage("<NAME> (--show-status | --show-vars | --show-history)")
            .examples(&[
                ("Show the variables", "flux debug kustomization apps --show-vars > apps.env"),
                ("Show the status", "flux debug kustomization apps --show-status"),
                ("Print the history as JSON", "flux debug kustomization apps --show-history -o json"),
            ]);
    const COMPLETES: Option<&'static kinds::Kind> = Some(&KUSTOMIZATION);
}

impl Command for DebugKustomization {
    async fn run(self, context: &Context) -> Result<()> {
        let name = show::name(&self.names, "flux debug kustomization apps --show-vars")?;
        if !is_one(&[self.show_status, self.show_vars, self.show_history]) {
            // In flux's words.
            let error = "exactly one of --show-status, --show-vars, or --show-history must be set";
            return Err(Error::usage(error).hint("for example: flux debug kustomization apps --show-vars"));
        }
        let object = show::get(context, &KUSTOMIZATION, name).await?;
        let page = "kustomize/kustomizations";
        if self.show_status {
            let status = Some(object["status"].clone()).filter(Value::is_object);
            let status = status.unwrap_or_else(|| json!({}));
            let part = Shown { title: "Status", anchor: "kustomization-status", content: status };
            return show::print(context, &object, &part, page, self.output.notation());
        }
        if self.show_history {
            let history = Some(object["status"]["history"].clone()).filter(Value::is_array);
            let history = history.unwrap_or_else(|| json!([]));
            let part = Shown { title: "History", anchor: "history", content: history };
            return show::print(context, &object, &part, page, self.output.notation());
        }
        if !object["spec"]["postBuild"].is_object() {
            return Err(Error::failed("no post build substitutions found")
                .hint("the Kustomization has no spec.postBuild, so no variables are substituted"));
        }
        let mut variables = render::variables_of_cluster(context, &object).await?;
        for (name, value) in object["spec"]["postBuild"]["substitute"].as_object().into_iter().flatten() {
            variables.insert(name.clone(), value.as_str().unwrap_or_default().replace('\n', ""));
        }
        if self.output.notation().is_some() {
            let part = Shown { title: "Variables", anchor: "", content: json!(variables) };
            return show::print(context, &object, &part, page, self.output.notation());
        }
        let lines: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        let text = lines.concat();
        // A file gets the values as they are, a terminal without escape sequences.
        let text = if context.ui.columns().is_some() { printable(text) } else { text };
        Ok(Report::new(&context.ui).document(&text)?)
    }
}
