//! `flux trace`: which Kustomization or HelmRelease applied an object, and from which source.

mod lineage;
mod subjects;
mod text;

use clap::Args;
use futures::future::join_all;
use serde::Serialize;
use serde_json::Value;

use self::lineage::Trace;
use super::Command;
use super::notation::{API_VERSION, Output};
use crate::cluster::Cluster;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::object::ObjectRef;
use crate::output::{Report, printable};

/// The arguments of `flux trace`.
#[derive(Debug, Args)]
pub struct TraceObjects {
    /// Objects to trace, as TYPE NAME or TYPE/NAME, with resource types as in kubectl
    #[arg(value_name = "OBJECT", num_args = 0..)]
    objects: Vec<String>,
    /// Kind of the object, such as Deployment; needs --api-version
    #[arg(long, value_name = "KIND", default_value = "", hide_default_value = true)]
    kind: String,
    /// API version of the object, such as apps/v1; needs --kind
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    api_version: String,
    /// Output format: text, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = Output::parse)]
    output: Output,
}

impl Described for TraceObjects {
    const ABOUT: About = About::new("trace", "Show which Flux objects and sources an object comes from")
        .details(
            "Shows the Kustomization or HelmRelease that applied each object, the source and revision that it comes \
             from, and the result of their last reconciliation.\n\n\
             An object that another one owns, such as a Pod, is traced through its owners. An object that Flux \
             does not manage is reported as such.",
        )
        .usage("(<TYPE> <NAME>... | <TYPE>/<NAME>... | <NAME> --kind <KIND> --api-version <VERSION>)")
        .examples(&[
            ("Trace a Deployment", "flux trace deployment my-app -n apps"),
            ("Trace a Pod and a ConfigMap", "flux trace pod/redis-master-0 cm/redis -n redis"),
            (
                "Trace an object whose kind exists in several API groups",
                "flux trace redis --kind=HelmRelease --api-version=helm.toolkit.fluxcd.io/v2 -n redis",
            ),
            ("Print the trace as JSON", "flux trace namespace redis -o json"),
        ]);
}

/// What `-o json` and `-o yaml` show; docs/output/trace.schema.json describes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<Trace>,
}

impl Command for TraceObjects {
    async fn run(self, context: &Context) -> Result<()> {
        let objects = if self.kind.is_empty() && self.api_version.is_empty() {
            self.named(context).await?
        } else {
            vec![self.of_kind(context).await?]
        };
        let cluster = context.cluster().await?;
        let traces = join_all(objects.iter().map(|object| Trace::of(cluster, object))).await;
        let report = Report::new(&context.ui);
        if let Some(notation) = self.output.notation() {
            let document = Document { api_version: API_VERSION, kind: "TraceList", items: traces };
            return Ok(report.document(&notation.write(&document)?)?);
        }
        let zone = context.time_zone();
        for (at, trace) in traces.iter().enumerate() {
            if at > 0 {
                report.document("---\n")?;
            }
            match trace.problem() {
                None => report.document(&printable(text::write(trace, &zone)))?,
                Some(problem) => report.failure(printable(problem), &[]),
            }
        }
        Ok(())
    }
}

impl TraceObjects {
    /// The objects that the arguments name.
    ///
    /// # Errors
    /// One of them cannot be had: then nothing is traced, as in flux.
    async fn named(&self, context: &Context) -> Result<Vec<Value>> {
        let subjects = subjects::read(&self.objects)?;
        let cluster = context.cluster().await?;
        let gets = subjects.iter().map(async |subject| {
            let resource = cluster.resource_named(&subject.resource).await?;
            get(cluster, &ObjectRef::new(resource, context.namespace(), &subject.name)).await
        });
        let (mut objects, mut failures) = (Vec::new(), Vec::new());
        for found in join_all(gets).await {
            match found {
                Ok(object) => objects.push(object),
                Err(error) => failures.push(error),
            }
        }
        let Some(last) = failures.pop() else { return Ok(objects) };
        for failure in failures {
            Report::new(&context.ui).failure(failure.to_string(), failure.hints());
        }
        Err(last)
    }

    /// The object of `--kind` and `--api-version`.
    async fn of_kind(&self, context: &Context) -> Result<Value> {
        let Some(name) = super::only_name(context, &self.objects) else {
            return Err(Error::usage("object name is required")
                .hint("for example: flux trace web --kind=Deployment --api-version=apps/v1"));
        };
        // In flux's words.
        if self.kind.is_empty() {
            return Err(
                Error::usage("object kind is required (--kind)").hint("for example: --kind=Deployment")
            );
        }
        if self.api_version.is_empty() {
            let error = Error::usage("object apiVersion is required (--api-version)");
            return Err(error.hint("for example: --api-version=apps/v1"));
        }
        if self.api_version.matches('/').count() > 1 || self.api_version.starts_with('/') {
            let error = Error::usage(format!("invalid --api-version {:?}", self.api_version));
            return Err(error.hint("write GROUP/VERSION, such as apps/v1, or v1 for the core group"));
        }
        let cluster = context.cluster().await?;
        let resource = cluster.resource_of_kind(&self.api_version, &self.kind).await?;
        let mut object = get(cluster, &ObjectRef::new(resource, context.namespace(), name)).await?;
        // Flux shows the kind as it was given.
        object["kind"] = self.kind.as_str().into();
        Ok(object)
    }
}

/// Gets an object; if it is missing, the error names namespaces that have one.
async fn get(cluster: &Cluster, at: &ObjectRef) -> Result<Value> {
    match cluster.get(at).await {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(cluster.hint_namespaces_of(error, at).await),
        found => found,
    }
}

#[cfg(test)]
mod tests;
