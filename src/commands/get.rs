//! `flux get`: objects and their status as tables.

use clap::Args;
use futures::future::join_all;

use crate::cluster::{Cluster, List, Resource, Selection};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::{Flag, Kind, Summary};
use crate::output::Table;

/// The flags of `flux get` and all under it.
#[derive(Debug, Args)]
pub struct Get {
    /// The object's name; all are listed without one
    #[arg(value_name = "name")]
    names: Vec<String>,
    /// List objects of all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// List objects with these labels only, for instance app=web,tier!=db
    #[arg(short, long, value_name = "SELECTOR")]
    label_selector: Option<String>,
    /// Leave out the table's header
    #[arg(long)]
    no_header: bool,
    /// List objects with this condition only: type=status or type!=status, for instance ready=false
    #[arg(long, value_name = "CONDITION")]
    status_selector: Option<String>,
    /// Go on and show changes as they come
    #[arg(short, long)]
    watch: bool,
}

/// Lists objects of one kind.
pub async fn one(context: &Context, kind: &'static Kind, args: Get, flags: &[Flag]) -> Result<()> {
    let _ = (args.watch, flags);
    let cluster = context.cluster().await?;
    let listed = args.list(cluster, kind, context.namespace()).await?;
    let rows = listed.map(|list| list.items).unwrap_or_default();
    if rows.is_empty() {
        return Err(Error::not_found(format!("no {} objects found", kind.kind)));
    }
    context.ui.data(&args.table(kind, &rows, false).render())?;
    Ok(())
}

/// Lists objects of several kinds, each that has any in a table of its own.
pub async fn many(context: &Context, kinds: &[&'static Kind], args: Get) -> Result<()> {
    let cluster = context.cluster().await?;
    let lists = join_all(kinds.iter().map(|kind| args.list(cluster, kind, context.namespace()))).await;
    for (kind, list) in kinds.iter().zip(lists) {
        let Some(list) = list? else { continue };
        let table = args.table(kind, &list.items, true);
        if !table.is_empty() {
            context.ui.data(&table.render())?;
            context.ui.data("\n")?;
        }
    }
    Ok(())
}

impl Get {
    async fn list(&self, cluster: &Cluster, kind: &Kind, namespace: &str) -> Result<Option<List<Summary>>> {
        let which = Selection {
            namespace: (!self.all_namespaces).then_some(namespace),
            name: self.names.first().map(String::as_str),
            labels: self.label_selector.as_deref(),
        };
        cluster.list_or_missing(&Resource::from(kind), &which).await
    }

    fn table(&self, kind: &Kind, rows: &[Summary], qualified: bool) -> Table {
        let mut header = Vec::new();
        if !self.no_header {
            header.extend(self.all_namespaces.then_some("Namespace"));
            header.push("Name");
            header.extend(kind.columns.iter().map(|column| column.header));
            header.extend(["Ready", "Message"]);
        }
        let mut table = Table::new(&header);
        for row in rows {
            let name = &row.metadata.name;
            let name = if qualified { kind.qualified(name) } else { name.clone() };
            let mut cells = vec![name];
            if self.all_namespaces {
                cells.insert(0, row.metadata.namespace.clone());
            }
            cells.extend(kind.columns.iter().map(|column| (column.cell)(row)));
            let (status, message) = (kind.ready)(row);
            cells.extend([status, message]);
            table.push(cells);
        }
        table
    }
}
