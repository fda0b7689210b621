//! `flux get … --watch`: the objects as they are, then a row for each change.

use super::Query;
use super::view::View;
use crate::cluster::{Cluster, News, Resource};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::kinds::Summary;

/// Shows objects and their changes until it is interrupted, nobody reads any more, or the API
/// server could not be reached for the whole timeout.
pub async fn follow(context: &Context, cluster: &Cluster, query: &Query<'_>, view: &View<'_>) -> Result<()> {
    let resource = Resource::from(view.kind);
    let mut watch = cluster.watch::<Summary>(&resource, query.selection(), context.settings.timeout);
    let mut widths = Vec::new();
    let mut header = query.header;
    let mut show = |rows: Vec<Vec<String>>| {
        if rows.is_empty() {
            return Ok(());
        }
        let table = view.table(std::mem::take(&mut header), rows);
        context.ui.data(&table.render_at_least(&mut widths))?;
        context.ui.flush()
    };
    let now = watch.begin().await?;
    show(now.iter().filter(|object| query.selects(view.kind, object)).map(|it| view.row(it)).collect())?;
    drop(now);
    let reader_gone = context.ui.reader_gone();
    tokio::pin!(reader_gone);
    loop {
        let news = tokio::select! {
            news = watch.next() => news?,
            () = &mut reader_gone => return Err(Error::new(Kind::BrokenPipe, "nobody reads the output")),
        };
        match news {
            News::Set(object) if query.selects(view.kind, &object) => show(vec![view.row(&object)])?,
            News::Set(_) => {}
            News::Gone { namespace, name } => {
                show(vec![view.gone(&namespace, &name, query.labels.is_some())])?;
            }
            News::Lost(reason) => context.ui.warning(format!("{reason}; trying again")),
        }
    }
}
