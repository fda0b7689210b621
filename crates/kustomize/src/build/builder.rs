//! One kustomization and those below it, from files to objects.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::accumulator::Accumulator;
use super::steps::{Action, BuiltIn, STEPS, Step};
use super::transformers;
use crate::error::{Diagnostic, Error, Result, Warning};
use crate::load::fs::clean;
use crate::load::loader::{Found, Loader};
use crate::load::{configurations, generator_sources};
use crate::transform::{Transformer, generate, variables};
use crate::tree::{Node, parse};
use crate::types::generator::GeneratorKind;
use crate::types::kustomization::Kustomization;
use crate::types::origin::Origin;
use crate::types::resmap::ResMap;
use crate::types::resource::Resource;
use crate::types::schema_store::SchemaStore;
use crate::types::transformer_config::TransformerConfig;

/// Highest depth of kustomizations that name each other; beyond it, the build fails.
const MAX_DEPTH: usize = 100;

/// Builds a kustomization.
pub(crate) struct Builder<'a> {
    pub(super) loader: Loader<'a>,
    pub(super) kustomization: Kustomization,
    pub(super) schemas: Rc<SchemaStore>,
    file: &'static str,
    /// Whether origins are recorded; the first kustomization decides for all.
    records_origins: bool,
}

impl<'a> Builder<'a> {
    /// Reads the kustomization of the loader's directory.
    pub fn read(loader: Loader<'a>, schemas: Rc<SchemaStore>) -> Result<Self> {
        let (file, text) = loader.kustomization()?;
        let mut kustomization = Kustomization::read(&loader.shown(file), &text)?;
        loader.drop_ignored(&mut kustomization);
        Ok(Self::of(loader, kustomization, file, schemas))
    }

    /// Returns the builder of a kustomization, which need not be in a file.
    pub fn of(
        loader: Loader<'a>,
        kustomization: Kustomization,
        file: &'static str,
        schemas: Rc<SchemaStore>,
    ) -> Self {
        let records_origins = !kustomization.build_metadata.is_empty();
        Self { loader, kustomization, schemas, file, records_origins }
    }

    /// Refuses a kustomization that has no fields, or whose resources are all ignored.
    pub(super) fn check_empty(&self) -> Result<()> {
        if !self.kustomization.is_empty() {
            return Ok(());
        }
        Err(Error::new("the kustomization is empty, or all of its resources are ignored")
            .file(&self.shown_file())
            .hint("list the files to render in resources, and check .sourceignore"))
    }

    /// Chooses the schemas that the kustomization names.
    pub(super) fn choose_schemas(&self) -> Result<()> {
        let located = |error: Error| error.file(&self.shown_file());
        let Some(path) = self.schemas.document_of(&self.kustomization.openapi).map_err(located)? else {
            return Ok(());
        };
        let document = self.loader.read_text(path).map_err(|error| located(error.field("openapi.path")))?;
        self.schemas.choose(&document).map_err(|error| error.file(&self.loader.shown(path)))
    }

    /// Runs the steps of the kustomization.
    pub(super) fn run(&self, accumulator: &mut Accumulator, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Error::new(format!(
                "kustomizations are nested more than {MAX_DEPTH} levels \
                    deep"
            ))
            .file(&self.shown_file()));
        }
        let file = self.shown_file();
        accumulator
            .warnings
            .extend(self.kustomization.warnings.iter().map(|warning| warning.clone().file(&file)));
        STEPS.iter().try_for_each(|step| self.run_step(step, accumulator, depth))
    }

    /// Runs a step. This is the only place that knows how.
    fn run_step(&self, step: &Step, accumulator: &mut Accumulator, depth: usize) -> Result<()> {
        let field = step.field;
        match step.action {
            Action::RefuseHelmCharts if self.kustomization.helm => {
                let error = Error::new("rendering Helm charts is not supported").hint("use a HelmRelease");
                Err(self.at(error, field, None))
            }
            Action::RefuseHelmCharts => Ok(()),
            Action::AddResources => self.each(field, &self.kustomization.resources, |path| {
                self.add_resource(accumulator, path, depth)
            }),
            Action::Configure => self.configure(accumulator),
            Action::Generate(kind) => self.generate(kind, field, accumulator),
            Action::RunGenerators => self.run_generators(accumulator, depth),
            Action::RunComponents => self.each(field, &self.kustomization.components, |path| {
                self.run_component(accumulator, path, depth)
            }),
            Action::Transform(built_in) => self.transform(built_in, field, accumulator),
            Action::RunTransformers => self.run_transformers(accumulator, depth),
            Action::Validate => self.validate(accumulator, depth),
            Action::DeclareVariables => {
                let declared = &self.kustomization.variables;
                variables::declare(&mut accumulator.map, &mut accumulator.variables, declared)
                    .map_err(|error| self.at(error, field, None))
            }
        }
    }

    /// Handles the paths of a field; errors name the entry.
    fn each(&self, field: &str, paths: &[String], mut handle: impl FnMut(&str) -> Result<()>) -> Result<()> {
        paths
            .iter()
            .enumerate()
            .try_for_each(|(at, path)| handle(path).map_err(|error| self.at(error, field, Some(at))))
    }

    /// Adds the objects of a file, or those that the kustomization of a directory renders.
    pub(super) fn add_resource(&self, accumulator: &mut Accumulator, path: &str, depth: usize) -> Result<()> {
        let loader = match self.loader.find(path)? {
            Found::File(text) => return self.add_objects(&mut accumulator.map, path, &text),
            Found::Directory(loader) => loader,
        };
        let builder = self.enter(loader)?;
        if builder.kustomization.is_component() {
            return Err(Error::new("this is a component")
                .file(&builder.shown_file())
                .hint("list it in components"));
        }
        let mut below = Accumulator::default();
        builder.run(&mut below, depth + 1)?;
        accumulator.join(below).map_err(|error| error.file(&builder.shown_file()))
    }

    fn add_objects(&self, map: &mut ResMap, path: &str, text: &str) -> Result<()> {
        let shown = self.loader.shown(path);
        let file = clean(&self.loader.root().join(path));
        let origin = self.records_origins.then(|| self.loader.origin(path));
        for node in parse::objects(text).map_err(|error| error.file(&shown))? {
            if origin.is_some()
                && let Some(other @ (Node::Scalar(_) | Node::Seq(_))) = node.at(&["metadata", "annotations"])
                && !other.is_null()
            {
                let message = format!("expected a mapping, found {}", other.kind_name());
                return Err(Error::new(message).field("metadata.annotations").file(&shown));
            }
            let resource = Resource {
                file: Some(file.clone()),
                origin: origin.clone(),
                has_notes: origin.is_some(),
                ..Resource::new(node)
            };
            map.append(resource).map_err(|error| error.file(&shown))?;
        }
        Ok(())
    }

    fn run_component(&self, accumulator: &mut Accumulator, path: &str, depth: usize) -> Result<()> {
        let builder = self.enter(self.loader.enter(path)?)?;
        if !builder.kustomization.is_component() {
            return Err(Error::new("this is not a component")
                .file(&builder.shown_file())
                .hint("list it in resources"));
        }
        builder.run(accumulator, depth + 1)?;
        accumulator.map.check_unique("the component").map_err(|error| error.file(&builder.shown_file()))
    }

    fn enter(&self, loader: Loader<'a>) -> Result<Self> {
        let builder =
            Self { records_origins: self.records_origins, ..Self::read(loader, Rc::clone(&self.schemas))? };
        builder.choose_schemas()?;
        Ok(builder)
    }

    /// Adds the built-in fields and those of `configurations` and `crds`.
    fn configure(&self, accumulator: &mut Accumulator) -> Result<()> {
        type Read = fn(&str, &Loader<'_>) -> Result<TransformerConfig>;
        let mut config = TransformerConfig::built_in();
        for (field, paths, read) in [
            ("configurations", &self.kustomization.configurations, configurations::configuration as Read),
            ("crds", &self.kustomization.crds, configurations::crd_fields as Read),
        ] {
            for (at, path) in paths.iter().enumerate() {
                let own = read(path, &self.loader).map_err(|error| self.at(error, field, Some(at)))?;
                config =
                    config.merge(&Arc::new(own)).map_err(|error| error.file(&self.loader.shown(path)))?;
            }
        }
        accumulator.config = Some(match accumulator.config.take() {
            Some(below) => below.merge(&config).map_err(|error| error.file(&self.shown_file()))?,
            None => config,
        });
        Ok(())
    }

    fn generate(&self, kind: GeneratorKind, field: &str, accumulator: &mut Accumulator) -> Result<()> {
        let entries = match kind {
            GeneratorKind::ConfigMap => &self.kustomization.config_map_generator,
            GeneratorKind::Secret => &self.kustomization.secret_generator,
        };
        let global = self.kustomization.generator_options.as_ref();
        for (at, args) in entries.iter().enumerate() {
            let located = |error| self.at(error, field, Some(at));
            let data = generator_sources::data(kind, args, &self.loader).map_err(located)?;
            let mut resource = generate::generate(kind, args, global, data);
            resource.origin = self.instruction(&format!("{}Generator", kind.name()));
            accumulator.map.absorb(resource).map_err(located)?;
        }
        Ok(())
    }

    /// Applies the transformers of a field, one for each entry.
    fn transform(&self, built_in: BuiltIn, field: &str, accumulator: &mut Accumulator) -> Result<()> {
        let config = accumulator.config.clone().unwrap_or_default();
        let map = &mut accumulator.map;
        let count = transformers::count(built_in, &self.kustomization);
        let is_list = !matches!(
            built_in,
            BuiltIn::Namespace
                | BuiltIn::NamePrefix
                | BuiltIn::NameSuffix
                | BuiltIn::CommonLabels
                | BuiltIn::CommonAnnotations
        );
        for at in 0..count {
            let entry = is_list.then_some(at);
            let located = |error| self.at(error, field, entry);
            let transformer =
                transformers::of_entry(built_in, at, &self.kustomization, &config, &self.loader)
                    .map_err(located)?;
            transformer.apply(map, &self.schemas).map_err(located)?;
            let warnings = map.take_warnings().into_iter();
            accumulator.warnings.extend(warnings.map(|warning| self.at(warning, field, entry)));
            if matches!(transformer, Transformer::Patch(_)) {
                map.drop_gone();
            }
            if (!built_in.is_recorded_once() || at + 1 == count)
                && let Some(origin) = self.instruction(built_in.kind())
            {
                record(map, &origin);
            }
        }
        Ok(())
    }

    fn shown_file(&self) -> PathBuf {
        self.loader.shown(self.file)
    }

    /// Adds this kustomization's file and the line of one of its fields to a message.
    pub(super) fn located<O: Default>(&self, diagnostic: Diagnostic<O>, field: &str) -> Diagnostic<O> {
        let diagnostic = diagnostic.field(field);
        let line = diagnostic.line.or_else(|| self.kustomization.line_of(field));
        Diagnostic { line, ..diagnostic }.file(&self.shown_file())
    }

    /// Names the field and the entry of this kustomization that a message is about, unless it is about another file.
    pub(super) fn at<O: Default>(
        &self,
        diagnostic: Diagnostic<O>,
        field: &str,
        entry: Option<usize>,
    ) -> Diagnostic<O> {
        if diagnostic.file.is_some() {
            return diagnostic;
        }
        let field = entry.map_or_else(|| field.to_owned(), |entry| format!("{field}[{entry}]"));
        let line = diagnostic.line.or_else(|| self.kustomization.line_of(&field));
        let diagnostic = match &diagnostic.field {
            None => diagnostic.field(field),
            // The path of a field in an object, or in the entry.
            Some(_) => diagnostic.during(field),
        };
        Diagnostic { line, ..diagnostic }.file(&self.shown_file())
    }

    /// Returns warnings of the values of an object that kustomize changes, and sets the file that messages show.
    pub(super) fn changed_values(&self, resource: &mut Resource) -> Vec<Warning> {
        resource.shown_file = resource.file.as_ref().map(|file| self.loader.shown_absolute(file));
        let located = |warning: Warning| match &resource.shown_file {
            Some(file) => warning.during(resource.id()).file(file),
            None => warning.during(resource.id()),
        };
        resource.node.changed_values().into_iter().map(located).collect()
    }

    /// Returns the origin of what the kustomization file itself holds, if origins are recorded.
    pub(super) fn own_origin(&self) -> Option<Origin> {
        self.records_origins.then(|| self.loader.origin(self.file))
    }

    /// Returns the origin of what a built-in generator or transformer of this kustomization makes or changes.
    fn instruction(&self, kind: &str) -> Option<Origin> {
        self.own_origin().map(|origin| origin.configures(["builtin", kind, "", ""]))
    }
}

/// Records on every object that a transformer was applied.
pub(super) fn record(map: &mut ResMap, origin: &Origin) {
    for resource in map.contents_mut() {
        // Kustomize records it in an annotation, and to write one is to write all as strings.
        resource.texts_to_strings("annotations");
        if resource.origin.is_some() {
            resource.transformations.push(origin.clone());
        } else {
            resource.origin = Some(origin.clone());
        }
    }
}
