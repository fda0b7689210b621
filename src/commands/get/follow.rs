//! `flux get … --watch`: all objects, then a row for each change.

use super::fetch::Query;
use super::view::View;
use crate::cluster::{Cluster, WatchEvent};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds::Summary;
use crate::object::Resource;
use crate::output::{Report, Row};

/// Shows objects and their changes until the user interrupts, the reader closes the pipe, or the API server stays
/// unreachable for the whole timeout.
pub async fn follow(context: &Context, cluster: &Cluster, query: &Query<'_>, view: &View<'_>) -> Result<()> {
    let resource = Resource::from(view.kind);
    let fields = query.watched_fields();
    let mut watch =
        cluster.watch::<Summary>(&resource, query.selector(fields.as_deref()), context.settings.timeout);
    let report = Report::new(&context.ui);
    let mut rows = view.rows(query.header);
    for object in watch.start().await? {
        if query.filter.selects(view.kind, &object) {
            rows.push(view.row(object));
        }
    }
    if !rows.is_empty() {
        report.rows(&mut rows)?;
        report.flush()?;
    }
    let mut show = |row: Row| {
        rows.push(row);
        report.rows(&mut rows)?;
        report.flush()
    };
    let reader_gone = context.ui.reader_gone();
    tokio::pin!(reader_gone);
    loop {
        let event = tokio::select! {
            event = watch.next() => event?,
            () = &mut reader_gone => return Err(Error::new(ErrorKind::BrokenPipe, "the reader of the output is gone")),
        };
        match event {
            WatchEvent::Set(object) if query.filter.selects(view.kind, &object) => show(view.row(object))?,
            WatchEvent::Set(_) => {}
            WatchEvent::Deleted { namespace, name } => {
                show(view.deleted(namespace, name, query.labels.is_some()))?;
            }
        }
    }
}
