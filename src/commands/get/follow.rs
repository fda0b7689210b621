//! `flux get … --watch`: all objects, then a row for each change; on a terminal, one table that is drawn in place.

use std::time::Duration;

use futures::future::join_all;
use futures::stream::{self, SelectAll};
use futures::{Stream, StreamExt};
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use super::fetch::{Listed, Query, Whole};
use super::view::View;
use crate::cluster::{Cluster, Identified, Watch, WatchEvent};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::{Metadata, Summary};
use crate::object::Resource;
use crate::output::{Live, ObjectStream, Report, Rows};

/// Shortest time between two drawings of a live table.
const FRAME: Duration = Duration::from_millis(200);

/// Shows objects and their changes until the user interrupts, the reader closes the pipe, or the API server stays
/// unreachable for the whole timeout. Of several kinds, those that cannot be watched are reported and left out.
///
/// # Errors
/// No kind can be watched.
pub async fn follow(
    context: &Context,
    cluster: &Cluster,
    query: &Query<'_>,
    views: &[View<'_>],
) -> Result<()> {
    if query.needs().objects {
        follow_as::<Whole>(context, cluster, query, views).await
    } else {
        follow_as::<Summary>(context, cluster, query, views).await
    }
}

async fn follow_as<T: Listed + Identified>(
    context: &Context,
    cluster: &Cluster,
    query: &Query<'_>,
    views: &[View<'_>],
) -> Result<()> {
    let report = Report::new(&context.ui);
    let resources: Vec<Resource> = views.iter().map(|view| Resource::from(view.kind)).collect();
    let fields = query.watched_fields();
    let timeout = context.settings.timeout;
    let mut watches: Vec<Watch<'_, T>> = resources
        .iter()
        .map(|resource| cluster.watch(resource, query.selector(fields.as_deref()), timeout))
        .collect();
    let started = join_all(watches.iter_mut().map(Watch::start)).await;
    let mut tables = Vec::new();
    let mut failures: Vec<Error> = Vec::new();
    for ((view, watch), objects) in views.iter().zip(watches).zip(started) {
        match objects {
            Ok(objects) => tables.push((view, watch, objects)),
            Err(error) if query.leaves_out(view.kind, &error) => {}
            Err(error) if failures.iter().any(|known| known.to_string() == error.to_string()) => {}
            Err(error) => failures.push(error),
        }
    }
    if tables.is_empty() {
        return Err(failures.pop().unwrap_or_else(|| Error::failed("no kind can be watched")));
    }
    // A component that is not installed is nothing to report, unless it is the only one.
    for failure in failures.iter().filter(|failure| failure.kind() != ErrorKind::NotFound) {
        report.failure(failure.to_string(), failure.hints());
    }
    let mut shown = Vec::new();
    let mut changes = SelectAll::new();
    let mut first = Vec::new();
    for (table, (view, watch, objects)) in tables.into_iter().enumerate() {
        shown.push(view);
        first.push(objects);
        changes.push(Box::pin(numbered(table, watch)));
    }
    let tables = || shown.iter().map(|view| view.rows(query.header));
    let screen = if query.format.is_for_programs() {
        Screen::Objects(tables().collect(), ObjectStream::new(&report, query.format, query.header))
    } else if let Some(live) = Live::new(&context.ui, tables()) {
        Screen::Live(live)
    } else {
        Screen::Lines(tables().collect())
    };
    let mut display =
        Display { context, cluster, query, views: shown, report: &report, screen, drawn: String::new() };
    display.begin(first)?;
    let reader_gone = context.ui.reader_gone();
    tokio::pin!(reader_gone);
    let mut frames = interval(FRAME);
    frames.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            change = changes.next() => match change {
                Some((table, change)) => display.show(table, change?)?,
                None => return Ok(()),
            },
            _ = frames.tick(), if display.is_live() => display.draw()?,
            () = &mut reader_gone => {
                return Err(Error::new(ErrorKind::BrokenPipe, "the reader of the output is gone"));
            }
        }
    }
}

/// Changes of a watch with the number of its table.
fn numbered<T: Identified>(
    table: usize,
    watch: Watch<'_, T>,
) -> impl Stream<Item = (usize, Result<WatchEvent<T>>)> {
    stream::unfold(watch, move |mut watch| async move { Some(((table, watch.next().await), watch)) })
}

/// Where the objects are shown.
enum Screen<'a> {
    /// On a terminal: one view of all tables.
    Live(Live<'a>),
    /// Elsewhere: a line for each change.
    Lines(Vec<Rows>),
    /// For programs: each object for itself.
    Objects(Vec<Rows>, ObjectStream<'a>),
}

/// Shows objects and changes.
struct Display<'a, 'b> {
    context: &'a Context,
    cluster: &'a Cluster,
    query: &'a Query<'b>,
    views: Vec<&'a View<'b>>,
    report: &'a Report<'a>,
    screen: Screen<'a>,
    /// First line of the live view as it is drawn; empty if the tables have changed since.
    drawn: String,
}

impl Display<'_, '_> {
    /// Shows the objects that exist at the start.
    fn begin<T: Listed>(&mut self, first: Vec<Vec<T>>) -> Result<()> {
        let is_only = self.views.len() == 1;
        for (table, objects) in first.into_iter().enumerate() {
            for object in objects {
                let (summary, object) = object.into_parts();
                if self.selects(self.views[table], &summary) {
                    self.put(table, summary, object)?;
                }
            }
            if let Screen::Lines(rows) = &mut self.screen {
                let rows = &mut rows[table];
                if is_only && !rows.is_empty() {
                    self.report.rows(rows)?;
                } else {
                    self.report.group(rows)?;
                }
            }
        }
        self.flush()
    }

    /// Shows a change. On a terminal, the next frame shows it.
    fn show<T: Listed>(&mut self, table: usize, change: WatchEvent<T>) -> Result<()> {
        self.drawn.clear();
        match change {
            WatchEvent::Set(object) => {
                let (summary, object) = object.into_parts();
                if self.selects(self.views[table], &summary) {
                    self.put(table, summary, object)?;
                } else if let Screen::Live(live) = &mut self.screen {
                    live.remove(table, summary.metadata.namespace, summary.metadata.name);
                }
            }
            WatchEvent::Deleted { namespace, name, last } => {
                self.remove(table, namespace, name, last.map(Listed::into_parts))?;
            }
        }
        if let Screen::Lines(rows) = &mut self.screen {
            self.report.rows(&mut rows[table])?;
        }
        self.flush()
    }

    /// Hands what was shown to the reader; the live view does so with each frame.
    fn flush(&mut self) -> Result<()> {
        match &mut self.screen {
            Screen::Live(_) => {}
            Screen::Lines(_) => self.report.flush()?,
            Screen::Objects(_, objects) => objects.flush()?,
        }
        Ok(())
    }

    /// Shows an object as it is now.
    fn put(&mut self, table: usize, summary: Summary, object: Value) -> Result<()> {
        let view = self.views[table];
        match &mut self.screen {
            Screen::Live(live) => live.set(table, view.row(summary)),
            Screen::Lines(rows) => rows[table].push(view.row(summary)),
            Screen::Objects(rows, objects) => {
                objects.add(&rows[table], view.row_without_cells(summary), object)?;
            }
        }
        Ok(())
    }

    /// Shows that an object was deleted. Programs get its last state, or its name where the deletion was missed.
    fn remove(
        &mut self,
        table: usize,
        namespace: String,
        name: String,
        last: Option<(Summary, Value)>,
    ) -> Result<()> {
        let view = self.views[table];
        match &mut self.screen {
            Screen::Live(live) => live.remove(table, namespace, name),
            Screen::Lines(rows) => {
                rows[table].push(view.deleted(namespace, name, self.query.labels.is_some()));
            }
            Screen::Objects(..) => match last {
                Some((summary, object)) if self.selects(view, &summary) => {
                    self.put(table, summary, object)?;
                }
                Some(_) => {}
                None => {
                    let object = json!({"metadata": {"name": name, "namespace": namespace}});
                    let metadata = Metadata { name, namespace, ..Metadata::default() };
                    self.put(table, Summary { metadata, ..Summary::default() }, object)?;
                }
            },
        }
        Ok(())
    }

    fn selects(&self, view: &View<'_>, object: &Summary) -> bool {
        let name = object.metadata.name.as_str();
        (self.query.names.is_empty() || self.query.names.contains(&name))
            && self.query.filter.selects(view.kind, object)
    }

    fn is_live(&self) -> bool {
        matches!(self.screen, Screen::Live(_))
    }

    /// Draws the live view with the current time and the state of the connection.
    fn draw(&mut self) -> Result<()> {
        if let Screen::Live(live) = &self.screen {
            let now = self.context.clock.now().to_zoned(self.context.time_zone());
            let state = if self.cluster.is_connected() { "watching" } else { "reconnecting to" };
            let headline = format!("{}  {state} {}", now.strftime("%H:%M:%S"), self.cluster.server());
            if headline != self.drawn {
                live.draw(&headline)?;
                self.drawn = headline;
            }
        }
        Ok(())
    }
}
