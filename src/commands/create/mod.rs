//! `flux create`: objects from flags, printed as YAML or applied and waited for.
//!
//! Every command checks what it was given before it prints, asks or writes anything. What only the
//! controllers would refuse is written all the same, with a warning that says what to change.

mod address;
pub mod alert;
pub mod alert_provider;
mod apply;
pub mod helm_release;
pub mod image;
pub mod kustomization;
mod names;
pub mod receiver;
mod references;
pub mod secret;
pub mod source;
pub mod tenant;
mod values;

use std::collections::BTreeMap;

use clap::{ArgAction, Args};

use crate::api::{Duration, Object, Spec};
use crate::args::Inherited;
use crate::args::values::{self as flag_values, List};
use crate::commands::about::About;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::output::{Manifest, Report};

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("create", "Create or update objects, or print them as YAML")
    .details("Applies the object and waits until it is ready. With --export, prints it as YAML instead.")
    .examples(&[
        (
            "Create a source",
            "flux create source git podinfo --url=https://github.com/stefanprodan/podinfo \
             --branch=master",
        ),
        (
            "Apply a directory of a source",
            "flux create kustomization podinfo --source=GitRepository/podinfo \
             --path=./kustomize --prune",
        ),
        (
            "Print an object as YAML without using a cluster",
            "flux create kustomization podinfo --source=GitRepository/podinfo \
             --path=./kustomize --prune --export > podinfo.yaml",
        ),
    ]);

/// How often objects are reconciled unless said otherwise.
const INTERVAL: Duration = Duration::from_mins(1);

/// The flags of `flux create` and all under it.
#[derive(Debug, Args)]
pub struct Flags {
    /// Reconciliation interval [default: 1m0s, except for image policies]
    #[arg(long, value_name = "DURATION", value_parser = references::interval)]
    interval: Option<Duration>,
    /// Print the object as YAML instead of applying it
    #[arg(long)]
    export: bool,
    /// Labels to set on the object, separated by commas
    #[arg(long = "label", value_name = "KEY=VALUE", action = ArgAction::Append, value_parser = flag_values::list)]
    labels: Vec<List>,
}

/// What every command under `flux create` takes.
#[derive(Debug, Args)]
pub struct Common {
    /// Name of the object
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    flags: Inherited<Flags>,
}

/// The object that a command makes, as far as every kind has it.
#[derive(Debug, Clone)]
pub struct Target {
    name: String,
    namespace: String,
    labels: BTreeMap<String, String>,
    /// `--interval`, where it was given.
    interval: Option<Duration>,
    export: bool,
}

impl Common {
    /// Checks the name and the labels. Says which further arguments are ignored, as flux ignores them.
    fn target(&self, context: &Context) -> Result<Target> {
        let Some((name, ignored)) = self.names.split_first() else {
            return Err(Error::usage("name is required").hint("add the name of the object after the command"));
        };
        names::object(name)?;
        for ignored in ignored {
            context.ui.warning(format!("ignored: {ignored} (this command takes one name)"));
        }
        let Inherited(flags) = &self.flags;
        let labels = names::labels(List::all(flags.labels.clone()))?;
        Ok(Target {
            name: name.clone(),
            namespace: context.namespace().to_owned(),
            labels,
            interval: flags.interval,
            export: flags.export,
        })
    }
}

impl Target {
    /// How often the object is reconciled.
    fn interval(&self) -> Duration {
        self.interval.unwrap_or(INTERVAL)
    }

    /// The object with this spec.
    fn object<S: Spec>(&self, spec: S) -> Object<S> {
        let mut object = Object::new(&self.namespace, &self.name, spec);
        object.metadata.labels.clone_from(&self.labels);
        object
    }
}

/// Shows the object instead of applying it.
fn export<S: Spec>(context: &Context, object: &Object<S>) -> Result<()> {
    Ok(Report::new(&context.ui).object(&Manifest::of(&object.to_value()))?)
}

/// The value of a flag; an empty one counts as not given, as in flux.
fn given(flag: Option<String>) -> Option<String> {
    flag.filter(|value| !value.is_empty())
}
