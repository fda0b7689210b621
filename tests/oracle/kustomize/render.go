package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/kustomize"
	layers "github.com/fluxcd/pkg/kustomize/filesys"
	ssautil "github.com/fluxcd/pkg/ssa/utils"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	k8syaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

type options struct {
	ignore []string
	strict bool
	// mended says that flux's known faults are mended.
	mended bool
	// fresh says that kustomize's global schema is read anew, as flux does at each build; it takes most of the time
	// and matters only to trees that bring schemas of their own.
	fresh bool
	// layered says that the generated kustomization.yaml stays in memory.
	layered bool
}

// plain is `kustomize build`.
func plain(files filesys.FileSystem, dir string, fresh bool) (string, error) {
	with := krusty.MakeDefaultOptions()
	with.Reorder = krusty.ReorderOptionLegacy
	if fresh {
		openapi.ResetOpenAPI()
		defer openapi.ResetOpenAPI()
	}
	objects, err := run(files, dir, with)
	if err != nil {
		return "", err
	}
	text, err := objects.AsYaml()
	return string(text), err
}

// run turns kustomize's panics into errors, as flux does.
func run(files filesys.FileSystem, dir string, with *krusty.Options) (objects resmap.ResMap, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return krusty.MakeKustomizer(with).Run(files, dir)
}

// flux is `flux build kustomization --dry-run`.
func flux(dir, text string, with options) (string, error) {
	owner, err := first(text)
	if err != nil {
		return "", err
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(owner)
	if err != nil {
		return "", err
	}
	spec := unstructured.Unstructured{Object: content}
	generator := kustomize.NewGeneratorWithIgnore("", strings.Join(with.ignore, "\n"), spec)
	manifest, file, _, err := generator.GenerateManifest(dir)
	if err != nil {
		return "", fmt.Errorf("generate: %w", err)
	}
	var files filesys.FileSystem
	if with.layered {
		files = layers.MakeFsInMemory(filesys.MakeFsOnDisk())
		err = files.WriteFile(file, manifest)
	} else {
		files = filesys.MakeFsOnDisk()
		err = os.WriteFile(file, manifest, 0o644)
	}
	if err != nil {
		return "", err
	}

	objects, err := build(files, filepath.Dir(file), with.fresh)
	if err != nil {
		return "", fmt.Errorf("build: %w", err)
	}
	// flux holds all objects to the substitution before it labels the first.
	if owner.Spec.PostBuild != nil {
		always := owner.GetSubstituteStrategy() == kustomizev1.SubstituteStrategyAlways
		for _, object := range objects.Resources() {
			changed, err := kustomize.SubstituteVariables(context.Background(), nil, spec, object,
				kustomize.SubstituteWithDryRun(true),
				kustomize.SubstituteWithStrict(with.strict),
				kustomize.SubstituteWithAlways(always))
			if err != nil {
				return "", fmt.Errorf("substitution in %s: %w", object.GetName(), err)
			}
			if changed != nil {
				if _, err := objects.Replace(object); err != nil {
					return "", err
				}
			}
		}
	}
	for _, object := range objects.Resources() {
		if with.mended {
			// Where labels is null, flux's own labels get lost.
			if metadata := object.Field("metadata"); metadata != nil {
				if labels := metadata.Value.Field("labels"); labels != nil && labels.Value.IsTaggedNull() {
					if err := metadata.Value.PipeE(yaml.Clear("labels")); err != nil {
						return "", err
					}
				}
			}
		}
		group := kustomizev1.GroupVersion.Group
		for _, label := range [][2]string{{"name", owner.Name}, {"namespace", owner.Namespace}} {
			if err := object.PipeE(yaml.SetLabel(group+"/"+label[0], label[1])); err != nil {
				return "", err
			}
		}
		if err := mask(object, with.mended); err != nil {
			return "", fmt.Errorf("masking %s: %w", object.GetName(), err)
		}
	}
	rendered, err := objects.AsYaml()
	if err != nil {
		return "", err
	}
	list, err := ssautil.ReadObjects(bytes.NewReader(rendered))
	if err != nil {
		return "", err
	}
	if metadata := owner.Spec.CommonMetadata; metadata != nil {
		common(list, metadata, with.mended)
	}
	return ssautil.ObjectsToYAML(list)
}

// common adds labels and annotations. flux drops an object's own where one of them is no text; mended, they stay.
func common(objects []*unstructured.Unstructured, metadata *kustomizev1.CommonMetadata, mended bool) {
	for _, object := range objects {
		labels, annotations := metadata.Labels, metadata.Annotations
		if mended && mixed(object, "labels", labels) {
			labels = nil
		}
		if mended && mixed(object, "annotations", annotations) {
			annotations = nil
		}
		ssautil.SetCommonMetadata([]*unstructured.Unstructured{object}, labels, annotations)
	}
}

// mixed adds texts beside values that are none, and says whether there are such.
func mixed(object *unstructured.Unstructured, field string, added map[string]string) bool {
	if _, _, err := unstructured.NestedNullCoercingStringMap(object.Object, "metadata", field); err == nil {
		return false
	}
	own, found, err := unstructured.NestedMap(object.Object, "metadata", field)
	if !found || err != nil {
		return false
	}
	for name, text := range added {
		own[name] = text
	}
	return unstructured.SetNestedMap(object.Object, own, "metadata", field) == nil
}

// build is what flux calls, or the same without a fresh schema.
func build(files filesys.FileSystem, dir string, fresh bool) (resmap.ResMap, error) {
	if fresh {
		return kustomize.Build(files, dir)
	}
	openapi.Schema()
	return run(files, dir, &krusty.Options{
		LoadRestrictions: types.LoadRestrictionsNone,
		PluginConfig:     types.DisabledPluginConfig(),
	})
}

// first is the first Flux Kustomization of a text.
func first(text string) (*kustomizev1.Kustomization, error) {
	decoder := k8syaml.NewYAMLOrJSONDecoder(strings.NewReader(text), len(text))
	for {
		owner := &kustomizev1.Kustomization{}
		if err := decoder.Decode(owner); errors.Is(err, io.EOF) {
			return nil, errors.New("there is no Flux Kustomization")
		} else if err != nil {
			return nil, fmt.Errorf("the Flux Kustomization: %w", err)
		}
		if strings.HasPrefix(owner.APIVersion, kustomizev1.GroupVersion.Group+"/") &&
			owner.Kind == kustomizev1.KustomizationKind {
			return owner, nil
		}
	}
}
