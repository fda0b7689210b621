//! The schemas of a build, which the first kustomization with `openapi` decides.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::openapi;
use super::schema::{Schemas, Table};
use crate::error::{Error, Result};

/// The only version of the built-in schemas, as kustomize names it.
const BUILT_IN: &str = "v1.21.2";

/// The schemas that all kustomizations of a build share.
#[derive(Default)]
pub(crate) struct SchemaStore {
    /// Whether `openapi` adds to the built-in schemas, as in the controller, instead of replacing them.
    adds: bool,
    is_chosen: Cell<bool>,
    /// Whether anything was merged by the built-in schemas.
    in_use: Cell<bool>,
    without_built_in: Cell<bool>,
    custom: RefCell<Option<Rc<Table>>>,
}

impl SchemaStore {
    /// Returns a store in which `openapi` adds to the built-in schemas.
    pub fn keeping_built_in() -> Self {
        Self { adds: true, ..Self::default() }
    }

    /// Returns the OpenAPI document that a kustomization's `openapi` names, unless the schemas are chosen already.
    pub fn document_of<'a>(&self, openapi: &'a BTreeMap<String, String>) -> Result<Option<&'a str>> {
        if self.is_chosen.get() {
            return Ok(None);
        }
        let version = openapi.get("version").map(String::as_str);
        if let Some(path) = openapi.get("path") {
            if version.is_some() {
                return Err(Error::new("both path and version").field("openapi").hint("set one of them"));
            }
            return Ok(Some(path));
        }
        match version.unwrap_or_default() {
            "" => {}
            BUILT_IN => self.is_chosen.set(true),
            other => {
                return Err(Error::new(format!("the version {other:?} is not built in"))
                    .field("openapi.version")
                    .hint(format!("use {BUILT_IN}")));
            }
        }
        Ok(None)
    }

    /// Chooses the schemas of an OpenAPI document.
    pub fn choose(&self, document: &str) -> Result<()> {
        let with_built_in = self.adds || self.in_use.get();
        let table = openapi::read(document, with_built_in)?;
        self.without_built_in.set(!with_built_in);
        self.custom.replace(Some(Rc::new(table)));
        self.is_chosen.set(true);
        Ok(())
    }

    /// Calls `merge` with the schemas.
    pub fn with<T>(&self, merge: impl FnOnce(Schemas<'_>) -> T) -> T {
        self.in_use.set(true);
        let custom = self.custom.borrow().clone();
        let without_built_in = self.without_built_in.get();
        merge(Schemas { custom: custom.as_deref(), without_built_in })
    }
}
