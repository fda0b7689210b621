//! `generators`, `transformers` and `validators`: plugins that objects configure.

use std::path::Path;

use super::accumulator::Accumulator;
use super::builder::{Builder, record};
use super::transformers;
use crate::error::{Diagnostic, Error, Result};
use crate::load::generator_sources;
use crate::transform::{generate, iam_policy};
use crate::tree::parse;
use crate::types::decode;
use crate::types::generator::{GeneratorKind, PluginArgs};
use crate::types::plugin::Plugin;
use crate::types::resmap::ResMap;
use crate::types::resource::Resource;
use crate::types::transformer_args::TransformerArgs;

/// Label that a validator may add.
const VALIDATED_BY: &str = "validated-by";

impl Builder<'_> {
    /// Adds the objects of `generators`.
    pub(super) fn run_generators(&self, accumulator: &mut Accumulator, depth: usize) -> Result<()> {
        for plugin in self.plugins("generators", &self.kustomization.generators, depth)? {
            let located = |error: Error| self.at_plugin(error, plugin.file.as_deref(), "generators");
            if let Some(mut resource) = self.generated_by(&plugin).map_err(located)? {
                resource.origin = plugin.instruction();
                accumulator.map.absorb(resource).map_err(located)?;
            }
        }
        Ok(())
    }

    /// Applies `transformers`.
    pub(super) fn run_transformers(&self, accumulator: &mut Accumulator, depth: usize) -> Result<()> {
        for plugin in self.plugins("transformers", &self.kustomization.transformers, depth)? {
            self.transform_by(&plugin, "transformers", &mut accumulator.map)?;
            let warnings = accumulator.map.take_warnings().into_iter();
            let located = |warning| self.at_plugin(warning, plugin.file.as_deref(), "transformers");
            accumulator.warnings.extend(warnings.map(located));
            if let Some(origin) = plugin.instruction() {
                record(&mut accumulator.map, &origin);
            }
            accumulator.map.drop_gone();
        }
        Ok(())
    }

    /// Applies `validators`: transformers that must not change anything but a label.
    pub(super) fn validate(&self, accumulator: &mut Accumulator, depth: usize) -> Result<()> {
        for plugin in self.plugins("validators", &self.kustomization.validators, depth)? {
            let located = |error: Error| self.at_plugin(error, plugin.file.as_deref(), "validators");
            let before = accumulator.map.resources().to_vec();
            self.transform_by(&plugin, "validators", &mut accumulator.map)?;
            let mut after = accumulator.map.resources().to_vec();
            for (resource, before) in after.iter_mut().zip(&before) {
                resource.shared = before.shared;
                if resource.metadata_texts("labels").any(|(name, _)| name == VALIDATED_BY) {
                    resource.remove_text("labels", VALIDATED_BY);
                }
            }
            let changed = before.iter().zip(&after).find(|(before, after)| before != after);
            if let Some((before, _)) = changed {
                return Err(located(
                    Error::new(format!("a validator changed {}", before.id()))
                        .hint("list plugins that change objects in transformers"),
                ));
            }
            if before.len() != after.len() {
                return Err(located(Error::new("a validator added or removed objects")));
            }
        }
        Ok(())
    }

    /// Returns the plugins of a field: those of inline objects, then those of files and directories.
    fn plugins(&self, field: &str, entries: &[String], depth: usize) -> Result<Vec<Plugin>> {
        let mut accumulator = Accumulator::default();
        let mut paths = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            // A text without objects is a path.
            let Ok(nodes) = parse::objects(entry) else {
                paths.push((at, entry));
                continue;
            };
            for node in nodes {
                let resource = Resource { origin: self.own_origin(), ..Resource::new(node) };
                accumulator.map.append(resource).map_err(|error| self.at(error, field, Some(at)))?;
            }
        }
        for (at, path) in paths {
            self.add_resource(&mut accumulator, path, depth)
                .map_err(|error| self.at(error, field, Some(at)))?;
        }
        let plugin = |resource: &Resource| {
            let file = resource.file.as_ref().map(|file| self.loader.shown_absolute(file));
            Plugin::of(resource, file.clone()).map_err(|error| self.at_plugin(error, file.as_deref(), field))
        };
        accumulator.map.resources().iter().map(plugin).collect()
    }

    fn generated_by(&self, plugin: &Plugin) -> Result<Option<Resource>> {
        let fail = |error: Error| error.during(plugin.id());
        let data = |kind| -> Result<Option<Resource>> {
            let PluginArgs(args) = decode::decode_leniently(plugin.object()).map_err(fail)?;
            let data = generator_sources::data(kind, &args, &self.loader)?;
            Ok(Some(generate::generate(kind, &args, None, data)))
        };
        match plugin.kind() {
            "ConfigMapGenerator" => data(GeneratorKind::ConfigMap),
            "SecretGenerator" => data(GeneratorKind::Secret),
            "IAMPolicyGenerator" => {
                iam_policy::generate(&decode::decode_leniently(plugin.object()).map_err(fail)?)
            }
            _ => Err(plugin.mismatch("generator", "transformers")),
        }
    }

    fn transform_by(&self, plugin: &Plugin, field: &str, map: &mut ResMap) -> Result<()> {
        TransformerArgs::of(plugin)
            .and_then(|args| {
                transformers::of_plugin(args, &self.loader).map_err(|error| error.during(plugin.id()))
            })
            .and_then(|transformer| transformer.apply(map, &self.schemas))
            .map_err(|error| self.at_plugin(error, plugin.file.as_deref(), field))
    }

    /// Names the plugin that a message is about: by its file, or by the field that it is inline in.
    fn at_plugin<O: Default>(
        &self,
        diagnostic: Diagnostic<O>,
        file: Option<&Path>,
        field: &str,
    ) -> Diagnostic<O> {
        match file {
            Some(file) => diagnostic.file(file),
            None => self.at(diagnostic, field, None),
        }
    }
}
