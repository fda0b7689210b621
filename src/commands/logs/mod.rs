//! `flux logs`: the logs of Flux's controllers, merged by time.

mod entry;
#[cfg(test)]
mod tests;

use std::io;
use std::time::Duration;

use clap::{Args, ValueEnum};
use futures::FutureExt;
use serde_json::json;

use super::Command;
use crate::args::values;
use crate::cluster::{LogEntry, LogOptions, LogStart};
use crate::commands::about::{About, Described};
use crate::context::{Context, DEFAULT_NAMESPACE};
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Report, printable};
use entry::{Entry, Filter, with_source};

/// The arguments of `flux logs`.
#[derive(Debug, Args)]
pub struct Logs {
    /// Show the lines about objects in all namespaces, and those that are not about an object
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Show only lines about objects of this kind, such as Kustomization
    #[arg(long, value_name = "KIND", default_value = "", hide_default_value = true)]
    kind: String,
    /// Show only lines about objects with this name
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
    /// Show only lines of this level: debug, info or error
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    level: Option<String>,
    /// Show only lines newer than this, such as 5s, 2m or 3h; not with --since-time
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    since: Option<Duration>,
    /// Show only lines from this time on, such as 2026-01-31T12:00:00Z; not with --since
    #[arg(long, value_name = "TIME")]
    since_time: Option<String>,
    /// Number of lines to read from the end of each log; -1 for all
    #[arg(long, value_name = "N", default_value = "-1", allow_negative_numbers = true)]
    tail: i64,
    /// Show new lines as they are written
    #[arg(short, long)]
    follow: bool,
    /// Namespace that Flux is installed in
    #[arg(long, value_name = "NAME", default_value = DEFAULT_NAMESPACE)]
    flux_namespace: String,
    /// Output format
    #[arg(short, long, value_name = "FORMAT")]
    output: Option<Format>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Json,
}

/// A level that the controllers have.
fn level(text: &str) -> Result<String, String> {
    let levels = ["debug", "info", "error"];
    if levels.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(match text.trim() {
        "" => format!("no log level given, must be one of: {}", levels.join(", ")),
        _ => format!("unsupported log level '{text}', must be one of: {}", levels.join(", ")),
    })
}

impl Described for Logs {
    const ABOUT: About = About::new("logs", "Show the logs of the Flux controllers")
        .details(
            "Shows what all controllers have logged about objects in the namespace, merged by time. Lines \
             that are not JSON, such as those of a crash, are shown as they are unless --kind, --name or \
             --level is given.\n\n\
             With --follow, new lines are shown until you interrupt the command, across restarts of \
             controllers, new pods and lost connections.\n\n\
             -o json prints the lines as the controllers wrote them, with the controller's Deployment and pod \
             added to each.",
        )
        .examples(&[
            ("Show the logs about all objects", "flux logs -A"),
            ("Follow the errors", "flux logs -A --level=error --follow"),
            (
                "Show what happened to a Kustomization in the last two hours",
                "flux logs --kind=Kustomization --name=apps --since=2h",
            ),
        ]);
    const REFUSES_ARGUMENTS: bool = true;
}

impl Command for Logs {
    async fn run(self, context: &Context) -> Result<()> {
        let options = self.options(context)?;
        let filter = Filter {
            level: self.level.unwrap_or_default(),
            kind: self.kind,
            name: self.name,
            namespace: (!self.all_namespaces).then(|| context.namespace().to_owned()),
        };
        let cluster = context.cluster().await?;
        let namespace = self.flux_namespace.as_str();
        let controllers = cluster.controllers(namespace).await?;
        let total = controllers.len();
        let mut logs = cluster.controller_logs(namespace, controllers, &options).await?;
        let report = Report::new(&context.ui);
        let without = logs.without_pods();
        if without.len() == total {
            return Err(no_pods(namespace, without));
        }
        for controller in without {
            report.note(format!("controller {controller} has no pod in namespace {namespace}"));
        }
        let reader_gone = context.ui.reader_gone();
        tokio::pin!(reader_gone);
        loop {
            // What was shown is handed over before there is a pause.
            let next = if let Some(next) = logs.next().now_or_never() {
                next
            } else {
                report.flush()?;
                tokio::select! {
                    next = logs.next() => next,
                    () = &mut reader_gone => {
                        return Err(Error::new(ErrorKind::BrokenPipe, "the reader of the output is gone"));
                    }
                }
            };
            match next? {
                Some(line) => show(&report, &filter, self.output, &line)?,
                None if logs.failed() > 0 => {
                    return Err(Error::failed("failed to collect logs from all Flux pods"));
                }
                None => return Ok(()),
            }
        }
    }
}

impl Logs {
    fn options(&self, context: &Context) -> Result<LogOptions> {
        let since = self.since.filter(|since| !since.is_zero());
        let since_time = self.since_time.as_deref().filter(|time| !time.is_empty());
        let start = match (since, since_time) {
            (Some(_), Some(_)) => {
                return Err(Error::usage("at most one of `sinceTime` or `sinceDuration` may be specified")
                    .hint("use either --since or --since-time"));
            }
            (Some(since), None) => {
                let rounded = since + Duration::from_millis(500);
                LogStart::SecondsAgo(rounded.as_secs().max(1))
            }
            (None, Some(time)) => LogStart::Time(time.parse().map_err(|_| {
                Error::usage(format!("{time} is not a valid (RFC3339) time"))
                    .hint("for example: --since-time=2026-01-31T12:00:00Z")
            })?),
            (None, None) => LogStart::Beginning,
        };
        Ok(LogOptions {
            follow: self.follow,
            tail: u64::try_from(self.tail).ok(),
            start,
            timeout: context.settings.timeout,
        })
    }
}

/// Error for controllers without any pod.
fn no_pods(namespace: &str, without: &[String]) -> Error {
    let error = Error::not_found(format!("no Flux pods found in namespace \"{namespace}\""));
    if without.is_empty() {
        return error.hint("use --flux-namespace with the namespace that Flux is installed in");
    }
    let controllers = without.join(", ");
    error.hint(format!(
        "run `kubectl describe -n {namespace} deployments` to see why these controllers have no pods: {controllers}"
    ))
}

/// Shows a line if it is selected.
fn show(report: &Report<'_>, filter: &Filter, format: Option<Format>, line: &LogEntry) -> io::Result<()> {
    let text = String::from_utf8_lossy(&line.line);
    let Some(entry) = Entry::parse(text.as_bytes()) else {
        if !filter.shows_other_lines() {
            return Ok(());
        }
        return match format {
            None => report.document(&(printable(text.into_owned()) + "\n")),
            Some(Format::Json) => report.document(&wrapped(&text, line)),
        };
    };
    if !filter.shows(&entry) {
        return Ok(());
    }
    match format {
        None => report.document(&entry.text()),
        Some(Format::Json) => {
            let shown = with_source(&text, &line.source);
            report.document(&shown.unwrap_or_else(|| wrapped(&text, line)))
        }
    }
}

/// A line that is not JSON, as JSON.
fn wrapped(text: &str, line: &LogEntry) -> String {
    let time = line.time.map(|time| time.to_string());
    let object =
        json!({"ts": time, "msg": text, "deployment": line.source.controller, "pod": line.source.pod});
    format!("{object}\n")
}
