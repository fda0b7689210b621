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
	for _, object := range objects.Resources() {
		// The controller refuses what flux leaves out.
		if with.mended && (object.GetName() == "" || object.GetKind() == "" || object.GetApiVersion() == "") {
			return "", fmt.Errorf("no version, kind or name: %s", object.MustString())
		}
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
		group := kustomizev1.GroupVersion.Group
		for _, label := range [][2]string{{"name", owner.Name}, {"namespace", owner.Namespace}} {
			if with.mended {
				// The controller labels what it reads of the rendering.
				break
			}
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
	if with.mended {
		own(list, owner)
	}
	if metadata := owner.Spec.CommonMetadata; metadata != nil {
		ssautil.SetCommonMetadata(list, metadata.Labels, metadata.Annotations)
	}
	return ssautil.ObjectsToYAML(list)
}

// own labels objects with their owner, as the controller does.
func own(objects []*unstructured.Unstructured, owner *kustomizev1.Kustomization) {
	group := kustomizev1.GroupVersion.Group
	for _, object := range objects {
		labels := object.GetLabels()
		if labels == nil {
			labels = map[string]string{}
		}
		labels[group+"/name"], labels[group+"/namespace"] = owner.Name, owner.Namespace
		object.SetLabels(labels)
	}
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
