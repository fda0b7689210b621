//! The steps of a kustomization: what it does with its fields, in the order of kustomize.

use crate::types::generator::GeneratorKind;

/// A step: a field of the kustomization file and what it makes of the objects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Field of the kustomization file, as errors name it.
    pub field: &'static str,
    pub action: Action,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Refuses Helm charts.
    RefuseHelmCharts,
    /// Adds the objects of files and other kustomizations.
    AddResources,
    /// Adds the fields of `configurations` and `crds` to those that transformers work on.
    Configure,
    /// Adds a generated ConfigMap or Secret for each entry.
    Generate(GeneratorKind),
    /// Adds the objects of generator plugins.
    RunGenerators,
    /// Runs components on the objects so far.
    RunComponents,
    /// Applies a built-in transformer.
    Transform(BuiltIn),
    /// Applies transformer plugins.
    RunTransformers,
    /// Applies transformer plugins that must not change anything.
    Validate,
    /// Declares variables, whose values are set at the end of the build.
    DeclareVariables,
}

/// A built-in transformer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BuiltIn {
    PatchesStrategicMerge,
    Patches,
    Namespace,
    NamePrefix,
    NameSuffix,
    Labels,
    CommonLabels,
    CommonAnnotations,
    PatchesJson6902,
    Replicas,
    Images,
    Replacements,
}

/// The steps in their order.
pub(super) const STEPS: [Step; 22] = {
    use Action::Transform;
    use BuiltIn as B;
    const fn step(field: &'static str, action: Action) -> Step {
        Step { field, action }
    }
    [
        step("helmCharts", Action::RefuseHelmCharts),
        step("resources", Action::AddResources),
        step("configurations", Action::Configure),
        step("configMapGenerator", Action::Generate(GeneratorKind::ConfigMap)),
        step("secretGenerator", Action::Generate(GeneratorKind::Secret)),
        step("generators", Action::RunGenerators),
        step("components", Action::RunComponents),
        step("patchesStrategicMerge", Transform(B::PatchesStrategicMerge)),
        step("patches", Transform(B::Patches)),
        step("namespace", Transform(B::Namespace)),
        step("namePrefix", Transform(B::NamePrefix)),
        step("nameSuffix", Transform(B::NameSuffix)),
        step("labels", Transform(B::Labels)),
        step("commonLabels", Transform(B::CommonLabels)),
        step("commonAnnotations", Transform(B::CommonAnnotations)),
        step("patchesJson6902", Transform(B::PatchesJson6902)),
        step("replicas", Transform(B::Replicas)),
        step("images", Transform(B::Images)),
        step("replacements", Transform(B::Replacements)),
        step("transformers", Action::RunTransformers),
        step("validators", Action::Validate),
        step("vars", Action::DeclareVariables),
    ]
};

impl BuiltIn {
    /// Returns the kind by which origins name the transformer.
    pub fn kind(self) -> &'static str {
        match self {
            Self::PatchesStrategicMerge => "PatchStrategicMergeTransformer",
            Self::Patches => "PatchTransformer",
            Self::Namespace => "NamespaceTransformer",
            Self::NamePrefix => "PrefixTransformer",
            Self::NameSuffix => "SuffixTransformer",
            Self::Labels | Self::CommonLabels => "LabelTransformer",
            Self::CommonAnnotations => "AnnotationsTransformer",
            Self::PatchesJson6902 => "PatchJson6902Transformer",
            Self::Replicas => "ReplicaCountTransformer",
            Self::Images => "ImageTagTransformer",
            Self::Replacements => "ReplacementTransformer",
        }
    }

    /// Returns whether origins name the transformer once for all entries, instead of once for each.
    pub fn is_recorded_once(self) -> bool {
        matches!(self, Self::PatchesStrategicMerge | Self::Replacements)
    }
}
