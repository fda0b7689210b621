//! Progress events as lines.

use super::Ui;
use crate::event::{Event, Events};

impl Ui {
    /// Returns a sink that prints events as lines, those of requests only if `verbose`.
    pub fn events(&self, verbose: bool) -> Events {
        let ui = self.clone();
        Events::new(move |event| {
            if verbose || !matches!(event, Event::Request { .. }) {
                ui.show(&event);
            }
        })
    }

    fn show(&self, event: &Event) {
        match event {
            Event::Applied { object, change } => self.plain(format!("{object} {}", change.as_str())),
            Event::Deleted { object, dry_run } => {
                self.success(format!("{object} deleted{}", suffix(*dry_run)));
            }
            Event::FinalizersRemoved { object, dry_run } => {
                self.success(format!("{object} finalizers deleted{}", suffix(*dry_run)));
            }
            Event::DeletionFailed { object, error } => self.failure(format!("{object}: {error}")),
            Event::DeletionBlocked { api } => {
                self.waiting(format!("the API {api} is not responding, which blocks the deletion"));
            }
            Event::NotReady { object, message } => {
                self.waiting(format!("{} {}: {message}", object.resource.noun(), object.name));
            }
            Event::RollingOut { deployment, message } => {
                self.waiting(format!("{}: {message}", deployment.name));
            }
            Event::ServerNotReady { message } => self.warning(format!("{message}; retrying until --timeout")),
            Event::ConnectionLost { cause } => self.warning(format!("{cause}; retrying until --timeout")),
            Event::Request { method, url, status, elapsed } => {
                let status = status.as_deref().unwrap_or("no answer");
                self.plain(format!("{method} {url}: {status} in {} ms", elapsed.as_millis()));
            }
            Event::Retry { what, cause, delay } => {
                let seconds = (delay.as_secs_f64() * 10.0).ceil() / 10.0;
                self.waiting(format!("{cause}; retrying to {what} in {seconds} s"));
            }
            Event::Transfer { what, received, total } => {
                self.waiting(format!("fetching {what}{}", progress(*received, *total)));
            }
            Event::Committed { what, branch, commit, remote } => {
                self.success(format!("committed {what} to \"{branch}\" (\"{commit}\")"));
                self.action(format!("pushing {what} to \"{remote}\""));
            }
            Event::PushRaced => {
                self.waiting("another push to the branch came first, retrying on its new head");
            }
            Event::Warning { message } => self.warning(message),
        }
    }
}

/// How much of a transfer is done: ` (1.5 of 3.0 MiB)`; nothing at its start.
fn progress(received: u64, total: Option<u64>) -> String {
    let tenths = |bytes: u64| {
        let tenths = bytes.saturating_mul(10) >> 20;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match (received, total) {
        (0, _) => String::new(),
        (received, Some(total)) => format!(" ({} of {} MiB)", tenths(received), tenths(total)),
        (received, None) => format!(" ({} MiB)", tenths(received)),
    }
}

fn suffix(dry_run: bool) -> &'static str {
    if dry_run { " (dry run)" } else { "" }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;
    use crate::event::Change;
    use crate::object::{ObjectRef, Resource};
    use crate::output::{Input, Streams};

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(events: impl IntoIterator<Item = Event>) -> String {
        let err = Buffer::default();
        let streams = Streams {
            out: Box::new(io::sink()),
            err: Box::new(err.clone()),
            terminal: false,
            columns: None,
            colors: false,
            size: || None,
        };
        let sink = Ui::new(streams, Input::of(io::empty())).events(true);
        events.into_iter().for_each(|event| sink.emit(event));
        let bytes = err.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn each_event_is_a_line() {
        let deployment = || ObjectRef::new(Resource::DEPLOYMENT, "apps", "web");
        let text = |text: &str| text.to_owned();
        let lines = lines([
            Event::Applied { object: deployment(), change: Change::Configured },
            Event::Deleted { object: deployment(), dry_run: true },
            Event::FinalizersRemoved { object: deployment(), dry_run: false },
            Event::DeletionFailed { object: deployment(), error: text("forbidden") },
            Event::NotReady { object: deployment(), message: text("building") },
            Event::RollingOut { deployment: deployment(), message: text("0 of 1 pods are updated") },
            Event::Retry { what: text("read it"), cause: text("busy"), delay: Duration::from_millis(1520) },
            Event::Transfer { what: text("chart a"), received: 0, total: Some(9) },
            Event::Transfer { what: text("chart a"), received: 3 << 19, total: Some(3 << 20) },
            Event::Transfer { what: text("chart a"), received: 3 << 19, total: None },
            Event::PushRaced,
            Event::Request {
                method: text("GET"),
                url: text("https://server/version"),
                status: Some(text("200 OK")),
                elapsed: Duration::from_millis(12),
            },
            Event::Warning { message: text("old") },
        ]);
        assert_eq!(
            lines,
            "Deployment/apps/web configured\n\
             ✔ Deployment/apps/web deleted (dry run)\n\
             ✔ Deployment/apps/web finalizers deleted\n\
             ✗ Deployment/apps/web: forbidden\n\
             ◎ Deployment web: building\n\
             ◎ web: 0 of 1 pods are updated\n\
             ◎ busy; retrying to read it in 1.6 s\n\
             ◎ fetching chart a\n\
             ◎ fetching chart a (1.5 of 3.0 MiB)\n\
             ◎ fetching chart a (1.5 MiB)\n\
             ◎ another push to the branch came first, retrying on its new head\n\
             GET https://server/version: 200 OK in 12 ms\n\
             ⚠️ old\n"
        );
    }
}
