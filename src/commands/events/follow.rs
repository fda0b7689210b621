//! `flux events --watch`: all events, then each new or repeated one.

use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesUnordered;

use super::entry::Entry;
use super::view::View;
use super::{Query, allowed, sort};
use crate::cluster::{Cluster, Watch, WatchEvent};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::object::Resource;
use crate::output::Report;

/// Resource that is watched.
static EVENTS: Resource = Resource::EVENT;

/// Shows events until the user interrupts, the reader closes the pipe, or the API server stays unreachable for the whole
/// timeout. An event that occurs again is shown again; nothing is shown twice after a lost connection.
pub async fn follow<V: View>(
    context: &Context,
    cluster: &Cluster,
    query: &Query,
    report: &Report<'_>,
    mut view: V,
) -> Result<()> {
    let timeout = context.settings.timeout;
    let starts = query.selections.iter().map(|selection| async move {
        let mut watch: Watch<'_, V::Entry> = cluster.watch(&EVENTS, selection.selector(), timeout);
        watch.start().await.map(|entries| (watch, entries))
    });
    // A change in one watch must not interrupt another that is connecting: each is a future of its own.
    let mut watches = FuturesUnordered::new();
    let mut entries = Vec::new();
    for (index, start) in join_all(starts).await.into_iter().enumerate() {
        if let Some((watch, found)) = allowed(start, index, report)? {
            entries.extend(found.into_iter().filter(|entry| query.shows(entry.event())));
            watches.push(Box::pin(next(watch)));
        }
    }
    sort(&mut entries);
    view.stream(entries)?;
    let reader_gone = context.ui.reader_gone();
    tokio::pin!(reader_gone);
    loop {
        let (event, watch) = tokio::select! {
            Some(changed) = watches.next() => changed,
            () = &mut reader_gone => return Err(Error::new(ErrorKind::BrokenPipe, "the reader of the output is gone")),
        };
        match event? {
            WatchEvent::Set(entry) if query.shows(entry.event()) => {
                view.stream(vec![entry])?;
            }
            // Events are deleted when they are old.
            WatchEvent::Set(_) | WatchEvent::Deleted { .. } => {}
        }
        watches.push(Box::pin(next(watch)));
    }
}

/// Waits for the next change of a watch, and returns the watch with it.
async fn next<E: Entry>(mut watch: Watch<'_, E>) -> (Result<WatchEvent<E>>, Watch<'_, E>) {
    (watch.next().await, watch)
}
