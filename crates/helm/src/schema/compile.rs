//! Compiles documents to schemas that refer to each other by position.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde_json::{Map, Number, Value as Json};

use super::check::{Budget, Check};
use super::documents::{Document, Library, is_metaschema};
use super::draft::Draft;
use super::failure::Failure;
use super::format::Format;
use super::keywords::{Additional, Dependency, Index, Items, Schema, Types};
use super::number::Decimal;
use super::reference::{append, encode, escape, join, lookup, shown, split_fragment};
use crate::error::Error;
use crate::functions::compile_regex;
use crate::template::quote;

/// Most schemas that a document may contain.
const MAX_SCHEMAS: usize = 100_000;

/// Schemas of documents and of those that they refer to.
#[derive(Debug, Default)]
pub struct Compiler {
    pub schemas: Vec<Schema>,
    /// How many of them are compiled.
    done: usize,
    index: HashMap<(Rc<str>, String), Index>,
    documents: HashMap<String, Document>,
    pub library: Library,
    /// Whether `format` is checked in drafts where it is only a note.
    asserts_format: bool,
    budget: Rc<Budget>,
    /// Schemas of the drafts, for the documents of others.
    metaschemas: Option<Box<Compiler>>,
}

impl Compiler {
    /// A compiler for the schemas of a chart.
    pub fn new(library: Library, budget: Rc<Budget>) -> Self {
        let metaschemas = Self { asserts_format: true, budget: Rc::clone(&budget), ..Self::default() };
        Self { library, budget, metaschemas: Some(Box::new(metaschemas)), ..Self::default() }
    }

    /// Compiles the document at an address.
    pub fn compile(&mut self, url: &str) -> Result<Index, Error> {
        self.load(url)?;
        let root = self.add(&Rc::from(url), String::new())?;
        while self.done < self.schemas.len() {
            self.compile_at(self.done)?;
            self.done += 1;
        }
        Ok(root)
    }

    /// Position of the schema at a place, which may be compiled later.
    fn add(&mut self, url: &Rc<str>, pointer: String) -> Result<Index, Error> {
        let key = (Rc::clone(url), pointer);
        if let Some(index) = self.index.get(&key) {
            return Ok(*index);
        }
        if self.schemas.len() >= MAX_SCHEMAS {
            return Err(Error::new(format!("exceeded maximum of {MAX_SCHEMAS} schemas in a schema")));
        }
        let index = self.schemas.len();
        self.schemas.push(Schema { url: Rc::clone(url), pointer: key.1.clone(), ..Schema::default() });
        self.index.insert(key, index);
        Ok(index)
    }

    /// Reads a document, and checks that it is a schema.
    fn load(&mut self, url: &str) -> Result<(), Error> {
        if self.documents.contains_key(url) {
            return Ok(());
        }
        let document = Document::new(url, &mut self.library)?;
        if !is_metaschema(url) {
            self.check_schema(&document, "")?;
        }
        self.documents.insert(url.to_owned(), document);
        Ok(())
    }

    /// Checks that a part of a document is a schema of its draft.
    fn check_schema(&mut self, document: &Document, pointer: &str) -> Result<(), Error> {
        let Some(metaschemas) = self.metaschemas.as_mut() else { return Ok(()) };
        let mut metas: BTreeMap<Draft, Index> = BTreeMap::new();
        for resource in document.resources.values() {
            let index = metaschemas.compile(resource.draft.url())?;
            metas.insert(resource.draft, index);
        }
        let resources = document
            .resources
            .iter()
            .filter_map(|(pointer, resource)| Some((pointer.as_str(), *metas.get(&resource.draft)?)))
            .collect();
        let Some(meta) = metas.get(&document.resource(pointer).draft) else { return Ok(()) };
        let value = lookup(&document.value, &document.url, pointer)?;
        let check = Check::new(&metaschemas.schemas, &self.budget, resources);
        match check.run(*meta, value)? {
            None => Ok(()),
            Some(failure) => {
                let place = quote(shown(&document.url, pointer).as_bytes());
                Err(Error::new(format!("{place} is not valid against metaschema: {failure}")))
            }
        }
    }

    /// Checks that a place is a schema, if no keyword has said so.
    fn ensure(&mut self, url: &str, pointer: &str) -> Result<(), Error> {
        self.load(url)?;
        if self.documents.get(url).is_some_and(|document| document.processed.contains(pointer)) {
            return Ok(());
        }
        let Some(mut document) = self.documents.remove(url) else { return Ok(()) };
        lookup(&document.value, url, pointer)?;
        document.add(pointer, &mut self.library)?;
        self.check_schema(&document, pointer)?;
        self.documents.insert(url.to_owned(), document);
        Ok(())
    }

    fn compile_at(&mut self, index: Index) -> Result<(), Error> {
        let (url, pointer) = (Rc::clone(&self.schemas[index].url), self.schemas[index].pointer.clone());
        self.ensure(&url, &pointer)?;
        let Some(document) = self.documents.get(&*url) else { return Ok(()) };
        let value = Rc::clone(&document.value);
        let value = lookup(&value, &url, &pointer)?;
        let resource = document.resource(&pointer).clone();
        let mut schema = Schema {
            url: Rc::clone(&url),
            pointer: pointer.clone(),
            draft: Some(resource.draft),
            resource: self.add(&url, resource.pointer.clone())?,
            ..Schema::default()
        };
        if schema.is_since(Draft::Draft2020) && schema.resource == index {
            for name in &resource.dynamic {
                if let Some(pointer) = resource.anchors.get(name) {
                    let target = self.add(&url, pointer.clone())?;
                    schema.dynamic_anchors.insert(name.clone(), target);
                }
            }
        }
        match value {
            Json::Bool(value) => schema.boolean = Some(*value),
            Json::Object(object) if object.is_empty() => schema.boolean = Some(true),
            Json::Object(object) => {
                let base = &resource.id;
                Keywords { compiler: self, object, url: &url, pointer: &pointer, base }.read(&mut schema)?;
            }
            _ => {}
        }
        self.schemas[index] = schema;
        Ok(())
    }

    /// Validates a value.
    pub fn check(&self, root: Index, value: &Json) -> Result<Option<Failure>, Error> {
        Check::new(&self.schemas, &self.budget, BTreeMap::new()).run(root, value)
    }
}

/// The keywords of one schema.
struct Keywords<'c> {
    compiler: &'c mut Compiler,
    object: &'c Map<String, Json>,
    url: &'c Rc<str>,
    pointer: &'c str,
    /// Address of the resource.
    base: &'c str,
}

impl<'c> Keywords<'c> {
    fn read(&mut self, schema: &mut Schema) -> Result<(), Error> {
        schema.reference = self.reference("$ref")?;
        if schema.is_since(Draft::Draft2019) {
            schema.recursive_reference = self.reference("$recursiveRef")?;
            schema.recursive_anchor = self.flag("$recursiveAnchor");
        } else if schema.reference.is_some() {
            return Ok(());
        }
        if schema.is_since(Draft::Draft2020) {
            if let Some(target) = self.reference("$dynamicRef")? {
                let (_, fragment) = split_fragment(self.text("$dynamicRef").unwrap_or_default())?;
                let name = if fragment.starts_with('/') { String::new() } else { fragment };
                schema.dynamic_reference = Some((target, name));
            }
            self.text("$dynamicAnchor").unwrap_or_default().clone_into(&mut schema.dynamic_anchor);
        }
        self.read_applicators(schema)?;
        self.read_assertions(schema)
    }

    /// Keywords that contain schemas.
    fn read_applicators(&mut self, schema: &mut Schema) -> Result<(), Error> {
        schema.all_of = self.list("allOf")?;
        schema.any_of = self.list("anyOf")?;
        schema.one_of = self.list("oneOf")?;
        schema.not = self.one("not")?;
        if schema.is_since(Draft::Draft2020) {
            schema.prefix_items = self.list("prefixItems")?;
            schema.rest_items = self.one("items")?;
        } else if let Some(Json::Array(_)) = self.object.get("items") {
            schema.items = Items::Each(self.list("items")?);
            schema.additional_items = self.additional("additionalItems")?;
        } else if let Some(index) = self.one("items")? {
            schema.items = Items::All(index);
        }
        schema.properties = self.map("properties")?;
        for (pattern, index) in self.map("patternProperties")? {
            self.check_pattern("patternProperties", &pattern)?;
            schema.pattern_properties.push((pattern, index));
        }
        schema.additional_properties = self.additional("additionalProperties")?;
        if let Some(Json::Object(entries)) = self.object.get("dependencies") {
            for (name, value) in entries {
                let dependency = match value {
                    Json::Array(items) => Dependency::Properties(texts(items)),
                    _ => Dependency::Schema(self.add(&append("/dependencies", name))?),
                };
                schema.dependencies.insert(name.clone(), dependency);
            }
        }
        if schema.is_since(Draft::Draft6) {
            schema.contains = self.one("contains")?;
            schema.property_names = self.one("propertyNames")?;
        }
        if schema.is_since(Draft::Draft7) {
            schema.condition = self.one("if")?;
            if schema.condition.is_some() {
                let fixed = self.object.get("if").and_then(Json::as_bool);
                schema.then = if fixed == Some(false) { None } else { self.one("then")? };
                schema.otherwise = if fixed == Some(true) { None } else { self.one("else")? };
            }
        }
        if schema.is_since(Draft::Draft2019) {
            schema.dependent_schemas = self.map("dependentSchemas")?;
            schema.unevaluated_items = self.one("unevaluatedItems")?;
            schema.unevaluated_properties = self.one("unevaluatedProperties")?;
        }
        Ok(())
    }

    /// Keywords that check the value itself.
    fn read_assertions(&mut self, schema: &mut Schema) -> Result<(), Error> {
        schema.types = self.object.get("type").map(Types::of).unwrap_or_default();
        schema.one_of_values = self.object.get("enum").and_then(Json::as_array).cloned();
        schema.multiple_of = self.number("multipleOf");
        (schema.maximum, schema.exclusive_maximum) = self.bound("maximum", "exclusiveMaximum");
        (schema.minimum, schema.exclusive_minimum) = self.bound("minimum", "exclusiveMinimum");
        schema.min_length = self.count("minLength");
        schema.max_length = self.count("maxLength");
        if let Some(pattern) = self.text("pattern") {
            self.check_pattern("pattern", pattern)?;
            schema.pattern = Some(pattern.to_owned());
        }
        schema.min_items = self.count("minItems");
        schema.max_items = self.count("maxItems");
        schema.unique_items = self.flag("uniqueItems");
        schema.max_properties = self.count("maxProperties");
        schema.min_properties = self.count("minProperties");
        schema.required =
            self.object.get("required").and_then(Json::as_array).map(|it| texts(it)).unwrap_or_default();
        if self.compiler.asserts_format || !schema.is_since(Draft::Draft2019) {
            schema.format = self.text("format").and_then(Format::named);
        }
        if schema.is_since(Draft::Draft6) {
            schema.constant = self.object.get("const").cloned();
        }
        if schema.is_since(Draft::Draft2019) {
            if schema.contains.is_some() {
                schema.min_contains = self.count("minContains");
                schema.max_contains = self.count("maxContains");
            }
            if let Some(Json::Object(entries)) = self.object.get("dependentRequired") {
                for (name, value) in entries {
                    if let Json::Array(items) = value {
                        schema.dependent_required.insert(name.clone(), texts(items));
                    }
                }
            }
        }
        Ok(())
    }

    /// The schema at a place below this one.
    fn add(&mut self, below: &str) -> Result<Index, Error> {
        self.compiler.add(self.url, format!("{}{below}", self.pointer))
    }

    /// The schema that a keyword refers to.
    fn reference(&mut self, keyword: &str) -> Result<Option<Index>, Error> {
        let Some(reference) = self.text(keyword) else { return Ok(None) };
        let (url, fragment) = join(self.base, reference)?;
        if let Some(document) = self.compiler.documents.get(&**self.url)
            && let Some(pointer) = document.resolve(&url, &fragment)?
        {
            return self.compiler.add(self.url, pointer).map(Some);
        }
        self.compiler.load(&url)?;
        let Some(document) = self.compiler.documents.get(&url) else { return Ok(None) };
        let pointer = document.resolve_in(&fragment, "")?;
        self.compiler.add(&Rc::from(url), pointer).map(Some)
    }

    fn one(&mut self, keyword: &str) -> Result<Option<Index>, Error> {
        if !self.object.contains_key(keyword) {
            return Ok(None);
        }
        self.add(&append("", keyword)).map(Some)
    }

    fn list(&mut self, keyword: &str) -> Result<Vec<Index>, Error> {
        let Some(Json::Array(items)) = self.object.get(keyword) else { return Ok(Vec::new()) };
        (0..items.len()).map(|at| self.add(&format!("/{keyword}/{at}"))).collect()
    }

    fn map(&mut self, keyword: &str) -> Result<BTreeMap<String, Index>, Error> {
        let Some(Json::Object(entries)) = self.object.get(keyword) else { return Ok(BTreeMap::new()) };
        entries.keys().map(|key| Ok((key.clone(), self.add(&append(&append("", keyword), key))?))).collect()
    }

    fn additional(&mut self, keyword: &str) -> Result<Option<Additional>, Error> {
        match self.object.get(keyword) {
            Some(Json::Bool(value)) => Ok(Some(Additional::Any(*value))),
            _ => Ok(self.one(keyword)?.map(Additional::Schema)),
        }
    }

    fn text(&self, keyword: &str) -> Option<&'c str> {
        self.object.get(keyword).and_then(Json::as_str)
    }

    fn flag(&self, keyword: &str) -> bool {
        self.object.get(keyword) == Some(&Json::Bool(true))
    }

    fn number(&self, keyword: &str) -> Option<Number> {
        self.object.get(keyword).and_then(Json::as_number).cloned()
    }

    fn count(&self, keyword: &str) -> Option<i64> {
        self.object.get(keyword).and_then(Json::as_number).and_then(|number| Decimal::of(number).integer())
    }

    /// A bound that belongs to the allowed numbers, and one that does not. In draft 4, a flag tells them apart.
    fn bound(&self, keyword: &str, exclusive: &str) -> (Option<Number>, Option<Number>) {
        if self.flag(exclusive) {
            return (None, self.number(keyword));
        }
        (self.number(keyword), self.number(exclusive))
    }

    fn check_pattern(&self, keyword: &str, pattern: &str) -> Result<(), Error> {
        self.compiler.budget.take_step()?;
        compile_regex(pattern).map(drop).map_err(|error| {
            let place = format!("{}#{}/{}", self.url, encode(self.pointer), encode(&escape(keyword)));
            let [pattern, place] = [pattern, &place].map(|text| quote(text.as_bytes()));
            Error::new(format!("invalid regex {pattern} at {place}: {}", error.message()))
        })
    }
}

fn texts(items: &[Json]) -> Vec<String> {
    items.iter().filter_map(Json::as_str).map(str::to_owned).collect()
}
