//! Progress events as lines.

use super::Ui;
use crate::event::{Event, Events};

impl Ui {
    /// Returns a sink that prints events as lines.
    pub fn events(&self) -> Events {
        let ui = self.clone();
        Events::new(move |event| ui.show(&event))
    }

    fn show(&self, event: &Event) {
        match event {
            Event::Applied { object, change } => self.plain(format!("{object} {}", change.as_str())),
            Event::Deleted { object, dry_run } => {
                self.success(format!("{object} deleted{}", suffix(*dry_run)))
            }
            Event::FinalizersRemoved { object, dry_run } => {
                self.success(format!("{object} finalizers deleted{}", suffix(*dry_run)));
            }
            Event::DeletionFailed { object, error } => self.failure(format!("{object}: {error}")),
            Event::DeletionBlocked { api } => {
                self.waiting(format!("the API {api} does not answer, which blocks the deletion"));
            }
            Event::NotReady { object, message } => {
                let source = if object.resource.group == "source.toolkit.fluxcd.io" { " source" } else { "" };
                self.waiting(format!("{}{source} {}: {message}", object.resource.kind, object.name));
            }
            Event::RollingOut { deployment, message } => {
                self.waiting(format!("{}: {message}", deployment.name));
            }
            Event::ServerNotReady { message } => self.warning(format!("{message}; retrying until --timeout")),
            Event::ConnectionLost { cause } => self.warning(format!("{cause}; retrying until --timeout")),
            Event::Retry { what, cause, delay } => {
                let seconds = (delay.as_secs_f64() * 10.0).ceil() / 10.0;
                self.waiting(format!("{cause}: retrying in {seconds} s to {what}"));
            }
            Event::Committed { what, branch, commit, remote } => {
                self.success(format!("committed {what} to \"{branch}\" (\"{commit}\")"));
                self.action(format!("pushing {what} to \"{remote}\""));
            }
            Event::PushRaced => self.waiting("the branch has changed, retrying on its new head"),
            Event::Warning { message } => self.warning(message),
        }
    }
}

fn suffix(dry_run: bool) -> &'static str {
    if dry_run { " (dry run)" } else { "" }
}
