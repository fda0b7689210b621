//! `flux create receiver`.

use clap::{ArgAction, Args};

use super::kustomization::all;
use super::{Common, apply, export, names, references};
use crate::api::{LocalReference, ReceiverResource, ReceiverSpec, ReceiverType};
use crate::args::values::{self, List};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::RECEIVER;

/// The arguments of `flux create receiver`.
#[derive(Args)]
pub struct CreateReceiver {
    #[command(flatten)]
    common: Common,
    /// Type of the webhook: generic, generic-hmac, generic-oidc, github, gitlab, bitbucket, harbor, dockerhub, quay, gcr,
    /// nexus, acr or cdevents
    #[arg(long = "type", value_name = "TYPE", value_parser = references::receiver_type)]
    kind: Option<ReceiverType>,
    /// Webhook events to react to, separated by commas [default: all]
    #[arg(long, value_name = "EVENTS", action = ArgAction::Append, value_parser = values::list)]
    event: Vec<List>,
    /// Objects to reconcile, as Kind/name, separated by commas
    #[arg(long, value_name = "OBJECTS", action = ArgAction::Append, value_parser = values::list)]
    resource: Vec<List>,
    /// Secret with the token of the webhook
    #[arg(long, value_name = "NAME")]
    secret_ref: Option<String>,
}

impl Described for CreateReceiver {
    const ABOUT: About = About::new("receiver", "Create or update a Receiver")
        .details("A Receiver is a webhook that reconciles objects when it is called.")
        .usage("<NAME> --type <TYPE> --secret-ref <NAME> --resource <OBJECTS>")
        .examples(&[
            (
                "Reconcile a source when GitHub reports a push",
                "flux create receiver github --type=github --event=ping --event=push \
                 --secret-ref=webhook-token --resource=GitRepository/fleet",
            ),
            (
                "Scan an image when any client calls the webhook",
                "flux create receiver registry --type=generic --secret-ref=webhook-token \
                 --resource=ImageRepository/app",
            ),
        ]);
}

impl Command for CreateReceiver {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let kind = self.kind.ok_or_else(|| Error::required("--type", "--type=github"))?;
        let secret = names::reference("--secret-ref", self.secret_ref)?.ok_or_else(|| {
            Error::usage("--secret-ref is required").hint(
                "for example: --secret-ref=webhook-token; create the Secret with `flux create secret \
                    receiver`",
            )
        })?;
        let resources = all("--resource", self.resource, |text| {
            let source = references::event_source(text)?;
            Ok(ReceiverResource {
                kind: source.kind,
                name: source.name,
                namespace: source.namespace,
                ..ReceiverResource::default()
            })
        })?;
        if resources.is_empty() {
            return Err(Error::required("--resource", "--resource=GitRepository/flux-system"));
        }
        let object = target.object(ReceiverSpec {
            r#type: kind,
            events: List::all(self.event),
            resources,
            secret_ref: Some(LocalReference::new(secret)),
            ..ReceiverSpec::default()
        });
        if target.export {
            return export(context, &object);
        }
        apply::apply(context, &RECEIVER, &object).await
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn a_receiver_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create receiver github --type=github --event=ping,push --secret-ref=webhook --resource=GitRepository/fleet --export"), @"
        ---
        apiVersion: notification.toolkit.fluxcd.io/v1
        kind: Receiver
        metadata:
          name: github
          namespace: flux-system
        spec:
          events:
          - ping
          - push
          resources:
          - kind: GitRepository
            name: fleet
          secretRef:
            name: webhook
          type: github
        ");
    }
}
