//! `flux status`: whether Flux and everything that it manages is healthy, on one screen.

mod document;
mod nagios;
mod next;
mod prometheus;
mod survey;
#[cfg(test)]
mod tests;
mod text;

use std::time::Duration;

use clap::Args;

use self::document::Document;
use super::Command;
use super::notation::{NOTATIONS, Notation};
use crate::args::values;
use crate::commands::about::{About, Described};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{InPlace, Report, Screen, Tone};

/// The arguments of `flux status`.
#[derive(Debug, Args)]
pub struct ShowStatus {
    /// Show objects in all namespaces; the default unless --namespace is given
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Output format: text, prometheus, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = Format::parse)]
    output: Format,
    /// Print one line for Nagios and use the exit codes of its plugins
    #[arg(long, conflicts_with_all = ["output", "watch"])]
    nagios: bool,
    /// Time without a reconciliation after which an object is stale [default: three times its interval, at least 15m]
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    stale: Option<Duration>,
    /// Refresh the status until interrupted, on a terminal in place
    #[arg(short, long, conflicts_with = "output")]
    watch: bool,
    /// Time between refreshes with --watch
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = values::duration)]
    poll_interval: Duration,
}

/// How the status is shown.
#[derive(Debug, Clone)]
enum Format {
    /// For people.
    Text,
    /// As a document for programs.
    Notation(Notation),
    /// Metrics in the text format of Prometheus.
    Prometheus,
}

impl Format {
    fn parse(text: &str) -> Result<Format, String> {
        match text {
            "" | "text" | "table" => Ok(Format::Text),
            "prometheus" => Ok(Format::Prometheus),
            _ => Notation::parse(text)?
                .map(Format::Notation)
                .ok_or_else(|| format!("use text, prometheus, {NOTATIONS}")),
        }
    }
}

impl Described for ShowStatus {
    const ABOUT: About = About::new("status", "Show the health of Flux and everything it manages")
        .details(
            "Counts the objects of each kind, and lists those that are not ready, with the cause and the \
             command to run next. Shows which objects are suspended or stale, when each source was last \
             fetched, and the versions of Flux and Kubernetes. An object may be reconciling for 10 minutes \
             before it counts as unhealthy.\n\n\
             The exit code is 0 if everything is healthy, 1 if not, 3 if the cluster does not answer in time, \
             and 4 if it cannot be reached. With --nagios it is 0 (OK), 1 (WARNING: objects are waiting or \
             stale), 2 (CRITICAL: something failed) or 3 (UNKNOWN).\n\n\
             -o json and -o yaml print a document of kind Status (cli.edgeflux.dev/v1). -o prometheus prints \
             metrics for the textfile collector of node_exporter.",
        )
        .examples(&[
            ("Show the status of the cluster", "flux status"),
            ("Watch the status", "flux status --watch"),
            ("Show the status of a namespace", "flux status -n apps"),
            ("Write metrics for node_exporter", "flux status -o prometheus > new || [ $? = 1 ] && mv new flux.prom"),
        ]);
    const REFUSES_ARGUMENTS: bool = true;
}

impl Command for ShowStatus {
    async fn run(self, context: &Context) -> Result<()> {
        let report = Report::new(&context.ui);
        if self.nagios {
            let outcome = self.document(context).await;
            let (line, code) = nagios::line(outcome.as_ref());
            report.document(&(line + "\n"))?;
            return silent(code);
        }
        if self.watch {
            return self.watch(context).await;
        }
        let document = self.document(context).await.map_err(Error::distinct)?;
        match &self.output {
            Format::Text => report.screen(&text::screen(&document, context.clock.now()))?,
            Format::Notation(notation) => report.document(&notation.write(&document)?)?,
            Format::Prometheus => report.document(&prometheus::write(&document))?,
        }
        silent(u8::from(!document.healthy()))
    }
}

impl ShowStatus {
    async fn document(&self, context: &Context) -> Result<Document> {
        let everywhere = self.all_namespaces || !context.settings.namespace_given;
        let namespace = (!everywhere).then(|| context.namespace().to_owned());
        // Its requests for all kinds are large.
        Box::pin(survey::take(context, namespace, self.stale)).await
    }

    /// Shows the status until the user interrupts or the reader is gone. A cluster that cannot be reached is shown, and
    /// asked again.
    async fn watch(&self, context: &Context) -> Result<()> {
        let mut place = InPlace::new(&context.ui);
        let reader_gone = context.ui.reader_gone();
        tokio::pin!(reader_gone);
        let mut last: Option<String> = None;
        loop {
            let (screen, state) = match self.document(context).await {
                Ok(document) => {
                    let screen = text::screen(&document, context.clock.now());
                    (screen, Notation::Json.write(&document.without_time())?)
                }
                Err(error) if last.is_none() => return Err(error.distinct()),
                Err(error) => {
                    let mut screen = Screen::default();
                    screen.signed(Tone::Bad, "✗", error.to_string());
                    (screen, error.to_string())
                }
            };
            // Without a terminal, only changes are shown.
            if context.ui.columns().is_some() || last.as_ref() != Some(&state) {
                place.screen(&screen)?;
            }
            last = Some(state);
            tokio::select! {
                () = tokio::time::sleep(self.poll_interval.max(Duration::from_secs(1))) => {}
                () = &mut reader_gone => {
                    return Err(Error::new(ErrorKind::BrokenPipe, "the reader of the output is gone"));
                }
            }
        }
    }
}

/// Ends with an exit code; what was printed says why.
fn silent(code: u8) -> Result<()> {
    if code == 0 { Ok(()) } else { Err(Error::failed("").code(code)) }
}
