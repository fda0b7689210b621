//! `flux create alert`.

use clap::{ArgAction, Args};

use super::kustomization::all;
use super::{Common, apply, export, given, names, references};
use crate::api::{AlertSpec, LocalReference, Severity};
use crate::args::values::{self, List};
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::ALERT;

/// The arguments of `flux create alert`.
#[derive(Args)]
pub struct CreateAlert {
    #[command(flatten)]
    common: Common,
    /// Provider to send events to
    #[arg(long, value_name = "NAME")]
    provider_ref: Option<String>,
    /// Objects whose events are sent, as Kind/name[.namespace] or 'Kind/*', separated by commas
    #[arg(long, value_name = "OBJECTS", action = ArgAction::Append, value_parser = values::list)]
    event_source: Vec<List>,
    /// Minimum severity of the events to send: info or error [default: info]
    #[arg(long, value_name = "SEVERITY")]
    event_severity: Option<String>,
}

impl Described for CreateAlert {
    const ABOUT: About = About::new("alert", "Create or update an Alert")
        .details("An Alert sends events of Flux objects to a Provider.")
        .usage("<NAME> --provider-ref <NAME> --event-source <OBJECTS>")
        .examples(&[
            (
                "Send the errors of all Kustomizations",
                "flux create alert errors --provider-ref=slack --event-source='Kustomization/*' \
                 --event-severity=error",
            ),
            (
                "Send all events of two objects",
                "flux create alert apps --provider-ref=slack --event-source=Kustomization/apps \
                 --event-source=HelmRelease/podinfo",
            ),
        ]);
}

impl Command for CreateAlert {
    async fn run(self, context: &Context) -> Result<()> {
        let target = self.common.target(context)?;
        let provider = names::reference("--provider-ref", self.provider_ref)?
            .ok_or_else(|| Error::required("--provider-ref", "--provider-ref=slack"))?;
        let event_sources = all("--event-source", self.event_source, references::event_source)?;
        if event_sources.is_empty() {
            return Err(Error::required("--event-source", "--event-source=Kustomization/flux-system"));
        }
        let severity = given(self.event_severity).map(|word| word.parse::<Severity>()).transpose();
        let object = target.object(AlertSpec {
            provider_ref: LocalReference::new(provider),
            event_severity: severity
                .map_err(|error| Error::usage(format!("invalid --event-severity: {error}")))?,
            event_sources,
            ..AlertSpec::default()
        });
        if target.export {
            return export(context, &object);
        }
        apply::apply(context, &ALERT, &object).await
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn an_alert_is_exported() {
        assert_snapshot!(Scene::offline().run("flux create alert web --provider-ref=slack --event-severity=info --event-source=Kustomization/apps --export"), @"
        ---
        apiVersion: notification.toolkit.fluxcd.io/v1beta3
        kind: Alert
        metadata:
          name: web
          namespace: flux-system
        spec:
          eventSeverity: info
          eventSources:
          - kind: Kustomization
            name: apps
          providerRef:
            name: slack
        ");
    }
}
