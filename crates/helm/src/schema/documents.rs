//! The documents of a schema, and the places in them that have addresses.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use serde_json::Value as Json;

use super::draft::Draft;
use super::reference::{join, lookup, shown, split, split_fragment};
use crate::error::Error;
use crate::template::quote;

/// The schemas that describe the drafts, without what checks nothing, by address.
const METASCHEMAS: &str = include_str!("metaschemas.json");

/// A schema with an address, and what is in it.
#[derive(Debug, Clone)]
pub struct Resource {
    pub pointer: String,
    /// Its address.
    pub id: String,
    pub draft: Draft,
    /// Pointers of the schemas with names.
    pub anchors: BTreeMap<String, String>,
    /// Names that `$dynamicRef` looks for.
    pub dynamic: Vec<String>,
}

/// A document.
#[derive(Debug)]
pub struct Document {
    pub url: String,
    pub value: Rc<Json>,
    /// By pointer.
    pub resources: BTreeMap<String, Resource>,
    /// Pointers of the resources, by address.
    ids: HashMap<String, String>,
    /// Pointers of all schemas that were looked at.
    pub processed: HashSet<String>,
    /// Whether it is not known, and every place in it accepts every value.
    accepts_all: bool,
}

/// Where documents come from that a schema refers to.
#[derive(Debug, Default)]
pub struct Library {
    /// Documents by address.
    known: HashMap<String, Rc<Json>>,
    /// Whether documents of other hosts accept every value.
    lenient: bool,
    /// Addresses of documents of other hosts that accept every value.
    pub accepted: BTreeSet<String>,
    /// What else accepts every value.
    pub warnings: Vec<String>,
}

impl Library {
    pub fn new(lenient: bool) -> Self {
        Self { lenient, ..Self::default() }
    }

    pub fn add(&mut self, url: &str, document: Json) {
        self.known.insert(url.to_owned(), Rc::new(document));
    }

    /// The document at an address. Nothing is fetched.
    pub fn load(&mut self, url: &str) -> Result<Rc<Json>, Error> {
        if let Some(document) = self.known.get(url) {
            return Ok(Rc::clone(document));
        }
        let document = match metaschema(url) {
            Some(document) => document,
            None => self.stand_in(url)?,
        };
        let document = Rc::new(document);
        self.known.insert(url.to_owned(), Rc::clone(&document));
        Ok(document)
    }

    fn stand_in(&mut self, url: &str) -> Result<Json, Error> {
        let failed =
            |reason: &str| Error::new(format!("failing loading {}: {reason}", quote(url.as_bytes())));
        let (scheme, rest) = url.split_once(':').unwrap_or_default();
        match scheme {
            "urn" => {
                self.warnings
                    .push(format!("unresolved URN reference ignored; using permissive schema: {url}"));
                Ok(Json::Bool(true))
            }
            "http" | "https" if self.lenient => {
                self.accepted.insert(url.to_owned());
                Ok(Json::Bool(true))
            }
            "http" | "https" => Err(failed("schemas are not fetched")),
            "file" => {
                let path = rest.trim_start_matches("//");
                Err(failed(&format!("open {path}: no such file or directory")))
            }
            _ => Err(failed(&format!("no URLLoader registered for {}", quote(url.as_bytes())))),
        }
    }

    /// The draft that a schema names in `$schema`.
    fn draft(&mut self, url: &str, pointer: &str, schema: &Json, fallback: Draft) -> Result<Draft, Error> {
        let (mut place, mut is_root) = (shown(url, pointer), pointer.is_empty());
        let (mut url, mut schema) = (url.to_owned(), Rc::new(schema.get("$schema").cloned()));
        let mut seen = HashSet::new();
        loop {
            let Some(named) = schema.as_ref().as_ref().and_then(Json::as_str) else { return Ok(fallback) };
            if let Some(draft) = Draft::of_url(named) {
                return Ok(draft);
            }
            let (address, _) = split(named);
            crate::functions::Url::parse(address).map_err(|error| {
                Error::new(format!("invalid $schema in {}: {error}", quote(place.as_bytes())))
            })?;
            if is_root && address == url {
                return Err(Error::new(format!("draft {} is not supported", quote(address.as_bytes()))));
            }
            if !seen.insert(address.to_owned()) {
                let address = quote(address.as_bytes());
                return Err(Error::new(format!("cycle in resolving $schema in {address}")));
            }
            let address = address.to_owned();
            let document = self.load(&address)?;
            (place, is_root) = (shown(&address, ""), true);
            (url, schema) = (address, Rc::new(document.get("$schema").cloned()));
        }
    }
}

/// The schema of schemas at an address.
fn metaschema(url: &str) -> Option<Json> {
    let path = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let path = if path == "json-schema.org/schema" { "json-schema.org/draft/2020-12/schema" } else { path };
    let mut all: BTreeMap<String, Json> = serde_json::from_str(METASCHEMAS).unwrap_or_default();
    ["http", "https"].iter().find_map(|scheme| all.remove(&format!("{scheme}://{path}")))
}

/// Whether the schemas of an address describe drafts.
pub fn is_metaschema(url: &str) -> bool {
    url.starts_with("http://json-schema.org/") || url.starts_with("https://json-schema.org/")
}

impl Document {
    /// Looks for addresses and names in a document.
    pub fn new(url: &str, library: &mut Library) -> Result<Self, Error> {
        let value = library.load(url)?;
        let mut document = Self {
            url: url.to_owned(),
            value: Rc::clone(&value),
            resources: BTreeMap::new(),
            ids: HashMap::new(),
            processed: HashSet::new(),
            accepts_all: library.accepted.contains(url),
        };
        document.collect(&value, url, "", Draft::LATEST, library)?;
        Ok(document)
    }

    /// The innermost schema with an address around a place.
    pub fn resource(&self, pointer: &str) -> &Resource {
        let mut pointer = pointer;
        loop {
            if let Some(resource) = self.resources.get(pointer) {
                return resource;
            }
            pointer = pointer.rfind('/').map_or("", |slash| &pointer[..slash]);
        }
    }

    /// Looks at a schema in a place that no keyword says to be one.
    pub fn add(&mut self, pointer: &str, library: &mut Library) -> Result<(), Error> {
        let value = Rc::clone(&self.value);
        let schema = lookup(&value, &self.url, pointer)?;
        let around = self.resource(pointer);
        let (id, draft) = (around.id.clone(), around.draft);
        self.collect(schema, &id, pointer, draft, library)?;
        if !self.resources.contains_key(pointer) {
            let around = self.resource(pointer).pointer.clone();
            self.collect_anchors(schema, pointer, &around)?;
        }
        Ok(())
    }

    /// The pointer that an address names in this document; `None` if it is one of another document.
    pub fn resolve(&self, url: &str, fragment: &str) -> Result<Option<String>, Error> {
        let root = if url == self.url { Some("") } else { self.ids.get(url).map(String::as_str) };
        root.map(|root| self.resolve_in(fragment, root)).transpose()
    }

    /// The pointer that a fragment names in a resource.
    pub fn resolve_in(&self, fragment: &str, resource: &str) -> Result<String, Error> {
        if self.accepts_all {
            return Ok(String::new());
        }
        if fragment.is_empty() || fragment.starts_with('/') {
            return Ok(format!("{resource}{fragment}"));
        }
        let resource = self.resource(resource);
        resource.anchors.get(fragment).cloned().ok_or_else(|| {
            let reference = quote(shown(&resource.id, fragment).as_bytes());
            let schema = quote(self.url.as_bytes());
            Error::new(format!("anchor in {reference} not found in schema {schema}"))
        })
    }

    fn collect(
        &mut self,
        schema: &Json,
        base: &str,
        pointer: &str,
        fallback: Draft,
        library: &mut Library,
    ) -> Result<(), Error> {
        if !self.processed.insert(pointer.to_owned()) {
            return Ok(());
        }
        let Json::Object(object) = schema else {
            if pointer.is_empty() {
                self.add_resource(pointer, base, fallback)?;
            }
            return Ok(());
        };
        let mut has_draft = object.get("$schema").is_some_and(Json::is_string);
        let mut draft = library.draft(&self.url, pointer, schema, fallback)?;
        let mut id = draft.id(object);
        if id.is_empty() && !pointer.is_empty() {
            (draft, has_draft) = (fallback, false);
            id = draft.id(object);
        }
        let mut base = base.to_owned();
        if !id.is_empty() {
            let joined = join(&base, id).map_err(|_| {
                let place = quote(shown(&self.url, pointer).as_bytes());
                Error::new(format!("error in parsing id at {place}"))
            })?;
            base = joined.0;
        }
        if !id.is_empty() || pointer.is_empty() {
            self.add_resource(pointer, &base, if has_draft { draft } else { fallback })?;
        }
        let around = self.ids.get(&base).cloned().unwrap_or_default();
        self.collect_anchors(schema, pointer, &around)?;
        let fallback = self.resource(&around).draft;
        for (pointer, schema) in draft.subschemas(object, pointer) {
            self.collect(schema, &base, &pointer, fallback, library)?;
        }
        Ok(())
    }

    fn add_resource(&mut self, pointer: &str, id: &str, draft: Draft) -> Result<(), Error> {
        match self.ids.get(id) {
            Some(other) if other != pointer => {
                let [id, url, one, two] = [id, &self.url, pointer, other].map(|text| quote(text.as_bytes()));
                Err(Error::new(format!("duplicate id {id} in {url} at {one} and {two}")))
            }
            Some(_) => Ok(()),
            None => {
                self.ids.insert(id.to_owned(), pointer.to_owned());
                let resource = Resource {
                    pointer: pointer.to_owned(),
                    id: id.to_owned(),
                    draft,
                    anchors: BTreeMap::new(),
                    dynamic: Vec::new(),
                };
                self.resources.insert(pointer.to_owned(), resource);
                Ok(())
            }
        }
    }

    /// Adds the names of a schema to the resource that contains it.
    fn collect_anchors(&mut self, schema: &Json, pointer: &str, around: &str) -> Result<(), Error> {
        let (Json::Object(object), Some(resource)) = (schema, self.resources.get_mut(around)) else {
            return Ok(());
        };
        let mut names = Vec::new();
        if resource.draft < Draft::Draft2019 {
            if object.contains_key("$ref") {
                return Ok(());
            }
            if let Some(id) = object.get(resource.draft.id_keyword()).and_then(Json::as_str) {
                let (_, fragment) = split_fragment(id).map_err(|_| {
                    let place = quote(shown(&self.url, pointer).as_bytes());
                    Error::new(format!("error in parsing anchor at {place}"))
                })?;
                if !fragment.is_empty() && !fragment.starts_with('/') {
                    names.push((fragment, false));
                }
            }
        } else {
            let name = |keyword: &str| object.get(keyword).and_then(Json::as_str).map(str::to_owned);
            names.extend(name("$anchor").map(|name| (name, false)));
            if resource.draft >= Draft::Draft2020 {
                names.extend(name("$dynamicAnchor").map(|name| (name, true)));
            }
        }
        for (name, is_dynamic) in names {
            match resource.anchors.get(&name) {
                Some(other) if other != pointer => {
                    let [name, url, one, two] =
                        [&name, &self.url, other, pointer].map(|text| quote(text.as_bytes()));
                    return Err(Error::new(format!("duplicate anchor {name} in {url} at {one} and {two}")));
                }
                _ => {}
            }
            resource.anchors.insert(name.clone(), pointer.to_owned());
            if is_dynamic {
                resource.dynamic.push(name);
            }
        }
        Ok(())
    }
}
