//! One kustomization and those below it, from files to objects.

use std::path::Path;
use std::sync::Arc;

use super::config::Config;
use super::crds;
use super::decode;
use super::error::{Error, Result};
use super::generate::{self, Kind};
use super::kustomization::Kustomization;
use super::loader::{Found, Loader};
use super::node::Node;
use super::origin::Origin;
use super::plugin::{Generator, Plugin, Transformer};
use super::read;
use super::resmap::ResMap;
use super::resource::Resource;
use super::transform::name::{End, rename};
use super::transform::namespace::{Subjects, set_namespace};
use super::transform::{annotations, images, labels, patch, replacements, replicas, variables};

/// What is gathered on the way up.
#[derive(Default)]
pub(super) struct Gathered {
    pub map: ResMap,
    /// The fields to work on; none until a kustomization has been read.
    pub config: Option<Arc<Config>>,
    pub variables: variables::Variables,
    pub warnings: Vec<String>,
}

/// A kustomization that is being carried out.
pub(super) struct Target<'a> {
    loader: Loader<'a>,
    pub kustomization: Kustomization,
    file: &'static str,
    /// Whether objects get notes on where they come from; the first kustomization decides for all.
    traces: bool,
}

/// The deepest that kustomizations may name each other.
const DEEPEST: usize = 100;

impl<'a> Target<'a> {
    /// Reads the kustomization of a folder.
    pub fn read(loader: Loader<'a>) -> Result<Self> {
        let (file, text) = loader.kustomization()?;
        let mut kustomization = Kustomization::read(&loader.shown(file), &text)?;
        loader.leave_out(&mut kustomization);
        Ok(Self::of(loader, kustomization, file))
    }

    /// A kustomization that need not stand in a file.
    pub fn of(loader: Loader<'a>, kustomization: Kustomization, file: &'static str) -> Self {
        let traces = !kustomization.build_metadata.is_empty();
        Self { loader, kustomization, file, traces }
    }

    fn shown_file(&self) -> std::path::PathBuf {
        self.loader.shown(self.file)
    }

    /// Carries the kustomization out on what `gathered` has.
    pub fn gather(&self, gathered: &mut Gathered, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            return Err(
                Error::new(format!("kustomizations nested deeper than {DEEPEST}")).file(&self.shown_file())
            );
        }
        let kustomization = &self.kustomization;
        let file = self.shown_file();
        gathered
            .warnings
            .extend(kustomization.warnings.iter().map(|text| format!("{}: {text}", file.display())));
        if kustomization.helm {
            let error = Error::new("helm charts are not rendered").hint("use a HelmRelease");
            return Err(self.at(error, "helmCharts", None));
        }
        for (at, path) in kustomization.resources.iter().enumerate() {
            self.add_resource(gathered, path, depth)
                .map_err(|error| self.at(error, "resources", Some(at)))?;
        }
        self.merge_config(gathered)?;
        for (kind, field, entries) in [
            (Kind::ConfigMap, "configMapGenerator", &kustomization.config_map_generator),
            (Kind::Secret, "secretGenerator", &kustomization.secret_generator),
        ] {
            for (at, args) in entries.iter().enumerate() {
                let located = |error| self.at(error, field, Some(at));
                let mut resource =
                    generate::generate(kind, args, kustomization.generator_options.as_ref(), &self.loader)
                        .map_err(located)?;
                resource.origin = self.instruction(&format!("{}Generator", kind.name()));
                gathered.map.absorb(resource).map_err(located)?;
            }
        }
        self.generate(gathered, depth)?;
        for (at, path) in kustomization.components.iter().enumerate() {
            self.add_component(gathered, path, depth)
                .map_err(|error| self.at(error, "components", Some(at)))?;
        }
        self.transform(gathered)?;
        self.transform_by_plugins(gathered, depth)?;
        self.validate(gathered, depth)?;
        variables::declare(&mut gathered.map, &mut gathered.variables, &kustomization.variables)
            .map_err(|error| self.at(error, "vars", None))
    }

    /// Refuses a kustomization that says nothing, or of whose resources nothing is left.
    pub fn check_empty(&self) -> Result<()> {
        if !self.kustomization.is_empty() {
            return Ok(());
        }
        Err(Error::new("the kustomization is empty, or all of its resources are ignored")
            .file(&self.shown_file())
            .hint("name in resources what it renders, and look at .sourceignore"))
    }

    /// An error about a field of this kustomization.
    pub fn located(&self, error: Error, field: &str) -> Error {
        let error = error.field(field);
        let line = error.line.or_else(|| self.kustomization.line_of(field));
        Error { line, ..error }.file(&self.shown_file())
    }

    /// Warnings of values that kustomize writes as something else.
    pub fn rewritten(&self, resource: &mut Resource) -> Vec<String> {
        resource.shown_file = resource.file.as_ref().map(|file| self.loader.shown_place(file));
        let located = |error: Error| match &resource.shown_file {
            Some(file) => error.during(resource.id()).file(file).to_string(),
            None => error.during(resource.id()).to_string(),
        };
        resource.node.rewritten().into_iter().map(located).collect()
    }

    /// Moves what a step noted to the warnings, with the entry that it is about.
    fn warn(&self, map: &mut ResMap, warnings: &mut Vec<String>, field: &str, entry: Option<usize>) {
        warnings
            .extend(map.take_warnings().into_iter().map(|error| self.at(error, field, entry).to_string()));
    }

    /// Says which field of this kustomization, and which entry of it, an error is about, unless it lies in another file.
    fn at(&self, error: Error, field: &str, entry: Option<usize>) -> Error {
        if error.file.is_some() {
            return error;
        }
        let field = entry.map_or_else(|| field.to_owned(), |entry| format!("{field}[{entry}]"));
        let line = error.line.or_else(|| self.kustomization.line_of(&field));
        let error = match &error.field {
            None => error.field(field),
            // The path of a field within an object, or within the entry.
            Some(_) => error.during(field),
        };
        Error { line, ..error }.file(&self.shown_file())
    }

    /// A file with objects, or a folder with a kustomization.
    fn add_resource(&self, gathered: &mut Gathered, path: &str, depth: usize) -> Result<()> {
        let loader = match self.loader.find(path)? {
            Found::File(text) => {
                let shown = self.loader.shown(path);
                let file = super::fs::clean(&self.loader.root().join(path));
                let origin = self.traces.then(|| self.loader.origin(path));
                for node in read::objects(&text).map_err(|error| error.file(&shown))? {
                    if origin.is_some()
                        && let Some(other @ (Node::Scalar(_) | Node::Seq(_))) =
                            node.at(&["metadata", "annotations"])
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
                    gathered.map.append(resource).map_err(|error| error.file(&shown))?;
                }
                return Ok(());
            }
            Found::Folder(loader) => loader,
        };
        let target = self.enter(loader)?;
        if target.kustomization.is_component() {
            return Err(Error::new("this is a component")
                .file(&target.shown_file())
                .hint("name it in components"));
        }
        let mut below = Gathered::default();
        target.gather(&mut below, depth + 1)?;
        let file = target.shown_file();
        Self::join(gathered, below).map_err(|error| error.file(&file))
    }

    fn add_component(&self, gathered: &mut Gathered, path: &str, depth: usize) -> Result<()> {
        let target = self.enter(self.loader.enter(path)?)?;
        if !target.kustomization.is_component() {
            return Err(Error::new("this is not a component")
                .file(&target.shown_file())
                .hint("name it in resources"));
        }
        target.gather(gathered, depth + 1)?;
        gathered.map.check_unique("the component").map_err(|error| error.file(&target.shown_file()))
    }

    fn enter(&self, loader: Loader<'a>) -> Result<Self> {
        let target = Self { traces: self.traces, ..Self::read(loader)? };
        target.set_schema()?;
        Ok(target)
    }

    /// Takes the schemas that the kustomization names.
    pub fn set_schema(&self) -> Result<()> {
        self.loader.set_schema(&self.kustomization.openapi).map_err(|error| error.file(&self.shown_file()))
    }

    fn join(gathered: &mut Gathered, below: Gathered) -> Result<()> {
        gathered.map.append_all(below.map)?;
        if let Some(config) = below.config {
            gathered.config = Some(match gathered.config.take() {
                Some(own) => own.merge(&config)?,
                None => config,
            });
        }
        gathered.warnings.extend(below.warnings);
        variables::join(&mut gathered.variables, below.variables.into_values())
    }

    /// Adds the built-in fields and those of `configurations`.
    fn merge_config(&self, gathered: &mut Gathered) -> Result<()> {
        let mut config = Config::built_in();
        for (at, path) in self.kustomization.configurations.iter().enumerate() {
            let file = self.loader.shown(path);
            let named = |error| self.at(error, "configurations", Some(at));
            let own: Config = decode::file(&file, &self.loader.read_text(path).map_err(named)?)?;
            config = config.merge(&Arc::new(own)).map_err(|error| error.file(&file))?;
        }
        for (at, path) in self.kustomization.crds.iter().enumerate() {
            let file = self.loader.shown(path);
            let named = |error| self.at(error, "crds", Some(at));
            let own = crds::config(&self.loader.read_text(path).map_err(named)?)
                .map_err(|error| error.file(&file))?;
            config = config.merge(&Arc::new(own)).map_err(|error| error.file(&file))?;
        }
        gathered.config = Some(match gathered.config.take() {
            Some(below) => below.merge(&config).map_err(|error| error.file(&self.shown_file()))?,
            None => config,
        });
        Ok(())
    }

    fn transform(&self, gathered: &mut Gathered) -> Result<()> {
        let kustomization = &self.kustomization;
        let config = gathered.config.clone().unwrap_or_default();
        let (map, warnings) = (&mut gathered.map, &mut gathered.warnings);
        let loader = &self.loader;
        let at = |field: &'static str, at: Option<usize>| move |error: Error| self.at(error, field, at);
        for (index, entry) in kustomization.patches_strategic_merge.iter().enumerate() {
            patch::apply_strategic(map, entry, loader).map_err(at("patchesStrategicMerge", Some(index)))?;
            self.warn(map, warnings, "patchesStrategicMerge", Some(index));
        }
        self.trace(map, "PatchStrategicMergeTransformer", !kustomization.patches_strategic_merge.is_empty());
        for (index, entry) in kustomization.patches.iter().enumerate() {
            patch::apply(map, entry, loader).map_err(at("patches", Some(index)))?;
            self.warn(map, warnings, "patches", Some(index));
            map.drop_gone();
            self.trace(map, "PatchTransformer", true);
        }
        set_namespace(map, &kustomization.namespace, &config.namespace, Subjects::Default, false)
            .map_err(at("namespace", None))?;
        self.trace(map, "NamespaceTransformer", !kustomization.namespace.is_empty());
        if !kustomization.name_prefix.is_empty() {
            rename(map, End::Prefix, &kustomization.name_prefix, &config.name_prefix)
                .map_err(at("namePrefix", None))?;
            self.trace(map, "PrefixTransformer", true);
        }
        if !kustomization.name_suffix.is_empty() {
            rename(map, End::Suffix, &kustomization.name_suffix, &config.name_suffix)
                .map_err(at("nameSuffix", None))?;
            self.trace(map, "SuffixTransformer", true);
        }
        for (index, label) in kustomization.labels.iter().enumerate() {
            let specs = labels::fields(label, &config);
            specs
                .and_then(|specs| labels::label(map, &label.pairs, &specs))
                .map_err(at("labels", Some(index)))?;
            self.warn(map, warnings, "labels", Some(index));
            self.trace(map, "LabelTransformer", true);
        }
        if !kustomization.common_labels.is_empty() {
            labels::label(map, &kustomization.common_labels, &config.common_labels)
                .map_err(at("commonLabels", None))?;
            self.warn(map, warnings, "commonLabels", None);
        }
        let labelled = !kustomization.labels.is_empty() || !kustomization.common_labels.is_empty();
        self.trace(map, "LabelTransformer", labelled);
        if !kustomization.common_annotations.is_empty() {
            annotations::annotate(map, &kustomization.common_annotations, &config.common_annotations)
                .map_err(at("commonAnnotations", None))?;
            self.trace(map, "AnnotationsTransformer", true);
        }
        for (index, entry) in kustomization.patches_json6902.iter().enumerate() {
            patch::apply_json6902(map, entry, loader).map_err(at("patchesJson6902", Some(index)))?;
            self.warn(map, warnings, "patchesJson6902", Some(index));
            self.trace(map, "PatchJson6902Transformer", true);
        }
        for (index, replica) in kustomization.replicas.iter().enumerate() {
            replicas::set_replicas(map, replica, &config.replicas).map_err(at("replicas", Some(index)))?;
            self.trace(map, "ReplicaCountTransformer", true);
        }
        for (index, image) in kustomization.images.iter().enumerate() {
            images::set_image(map, image, &config.images).map_err(at("images", Some(index)))?;
            self.warn(map, warnings, "images", Some(index));
            self.trace(map, "ImageTagTransformer", true);
        }
        if !kustomization.replacements.is_empty() {
            for (index, entry) in kustomization.replacements.iter().enumerate() {
                replacements::replace(map, std::slice::from_ref(entry), loader)
                    .map_err(at("replacements", Some(index)))?;
                self.warn(map, warnings, "replacements", Some(index));
            }
            self.trace(map, "ReplacementTransformer", true);
        }
        Ok(())
    }

    /// The plugins that the entries of a field configure: objects that stand there, then those of files and folders.
    fn plugins(&self, field: &str, entries: &[String], depth: usize) -> Result<Vec<Plugin>> {
        let mut gathered = Gathered::default();
        let mut paths = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            // A text that holds no object is a path.
            let Ok(nodes) = read::objects(entry) else {
                paths.push((at, entry));
                continue;
            };
            for node in nodes {
                let origin = self.traces.then(|| self.loader.origin(self.file));
                let resource = Resource { origin, ..Resource::new(node) };
                gathered.map.append(resource).map_err(|error| self.at(error, field, Some(at)))?;
            }
        }
        for (at, path) in paths {
            self.add_resource(&mut gathered, path, depth).map_err(|error| self.at(error, field, Some(at)))?;
        }
        let plugin = |resource: &Resource| {
            let file = resource.file.as_ref().map(|file| self.loader.shown_place(file));
            Plugin::of(resource, file.clone()).map_err(|error| self.at_plugin(error, file.as_deref(), field))
        };
        gathered.map.resources().iter().map(plugin).collect()
    }

    /// Says which plugin an error is about: by the file that configures it, or by the field that it stands in.
    fn at_plugin(&self, error: Error, file: Option<&Path>, field: &str) -> Error {
        match file {
            Some(file) => error.file(file),
            None => self.at(error, field, None),
        }
    }

    /// Runs `generators`.
    fn generate(&self, gathered: &mut Gathered, depth: usize) -> Result<()> {
        for plugin in self.plugins("generators", &self.kustomization.generators, depth)? {
            let located = |error: Error| self.at_plugin(error, plugin.file.as_deref(), "generators");
            let made = Generator::of(&plugin).and_then(|generator| generator.generate(&self.loader));
            if let Some(mut resource) = made.map_err(located)? {
                resource.origin = plugin.instruction();
                gathered.map.absorb(resource).map_err(located)?;
            }
        }
        Ok(())
    }

    /// Runs `transformers`.
    fn transform_by_plugins(&self, gathered: &mut Gathered, depth: usize) -> Result<()> {
        for plugin in self.plugins("transformers", &self.kustomization.transformers, depth)? {
            let located = |error: Error| self.at_plugin(error, plugin.file.as_deref(), "transformers");
            let transformer = Transformer::of(&plugin, &self.loader).map_err(located)?;
            transformer.apply(&mut gathered.map, &self.loader).map_err(located)?;
            let noted = gathered.map.take_warnings();
            gathered.warnings.extend(noted.into_iter().map(|error| located(error).to_string()));
            if let Some(note) = plugin.instruction() {
                Self::note(&mut gathered.map, &note);
            }
            gathered.map.drop_gone();
        }
        Ok(())
    }

    /// Runs `validators`: transformers that must not change anything but a label.
    fn validate(&self, gathered: &mut Gathered, depth: usize) -> Result<()> {
        const LABEL: &str = "validated-by";
        for plugin in self.plugins("validators", &self.kustomization.validators, depth)? {
            let located = |error: Error| self.at_plugin(error, plugin.file.as_deref(), "validators");
            let before = gathered.map.resources().to_vec();
            let transformer = Transformer::of(&plugin, &self.loader).map_err(located)?;
            transformer.apply(&mut gathered.map, &self.loader).map_err(located)?;
            let mut after = gathered.map.resources().to_vec();
            for (resource, before) in after.iter_mut().zip(&before) {
                resource.shared = before.shared;
                if resource.metadata_texts("labels").any(|(name, _)| name == LABEL) {
                    resource.remove_text("labels", LABEL);
                }
            }
            let changed = before.iter().zip(&after).find(|(before, after)| before != after);
            if let Some((before, _)) = changed {
                return Err(located(
                    Error::new(format!("a validator changed {}", before.id()))
                        .hint("what changes objects belongs in transformers"),
                ));
            }
            if before.len() != after.len() {
                return Err(located(Error::new("a validator added or removed objects")));
            }
        }
        Ok(())
    }

    /// The note of an instruction of this kustomization.
    fn instruction(&self, kind: &str) -> Option<Origin> {
        self.traces.then(|| self.loader.origin(self.file).configures(["builtin", kind, "", ""]))
    }

    /// Notes on every object that this kustomization has been at it.
    fn trace(&self, map: &mut ResMap, kind: &str, done: bool) {
        if let Some(note) = self.instruction(kind).filter(|_| done) {
            Self::note(map, &note);
        }
    }

    fn note(map: &mut ResMap, note: &Origin) {
        for resource in map.contents_mut() {
            // The note is an annotation to kustomize, and to write one is to write all as texts.
            resource.texts_to_strings("annotations");
            if resource.origin.is_some() {
                resource.transformations.push(note.clone());
            } else {
                resource.origin = Some(note.clone());
            }
        }
    }
}
