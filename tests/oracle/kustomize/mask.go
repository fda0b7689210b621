package main

import (
	"encoding/base64"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const (
	hidden     = "**SOPS**"
	hiddenJSON = `{"mask":"` + hidden + `"}`
)

// mask hides what SOPS has encrypted in a Secret: all of it where the object bears SOPS's own data, else single values
// that are encrypted files. flux writes the maps again where nothing is hidden, too.
func mask(object *resource.Resource, mended bool) error {
	if object.GetKind() != "Secret" {
		return nil
	}
	data, texts := object.GetDataMap(), textData(object)
	// The controller sends numbers as they are; flux makes texts of some of them.
	var kept []other
	if mended {
		kept = others(object)
	}
	text, err := object.AsYAML()
	if err != nil {
		return err
	}
	if strings.Contains(string(text), "sops:") && strings.Contains(string(text), "mac: ENC[") {
		if err := object.PipeE(yaml.Clear("sops")); err != nil {
			return err
		}
		shown := hidden
		if kind, err := object.GetString("type"); err == nil && kind == "kubernetes.io/dockerconfigjson" {
			shown = hiddenJSON
		}
		for key := range data {
			data[key] = base64.StdEncoding.EncodeToString([]byte(shown))
		}
		for key := range texts {
			texts[key] = shown
		}
		kept = nil
	} else {
		shown := base64.StdEncoding.EncodeToString([]byte(hidden))
		for key, value := range data {
			plain, err := base64.StdEncoding.DecodeString(value)
			if err != nil && !slices.ContainsFunc(kept, func(it other) bool { return it.field == "data" && it.key == key }) {
				return err
			}
			if encrypted(string(plain)) {
				data[key] = shown
			}
		}
		for key, value := range texts {
			if encrypted(value) {
				texts[key] = shown
			}
		}
	}
	object.SetDataMap(data)
	if len(texts) > 0 {
		node := yaml.NewMapRNode(&texts)
		if mended {
			// Without the tag the values are written without quotes: "0644" is read back as a number.
			err := node.VisitFields(func(field *yaml.MapNode) error {
				field.Value.YNode().Tag = yaml.NodeTagString
				return nil
			})
			if err != nil {
				return err
			}
		}
		if err := object.SetMapField(node, "stringData"); err != nil {
			return err
		}
	}
	for _, it := range kept {
		if err := object.PipeE(yaml.Lookup(it.field), yaml.SetField(it.key, it.value)); err != nil {
			return err
		}
	}
	return nil
}

// other is a value of a Secret that is no text.
type other struct {
	field, key string
	value      *yaml.RNode
}

func others(object *resource.Resource) []other {
	var found []other
	for _, name := range []string{"data", "stringData"} {
		node, err := object.Pipe(yaml.Lookup(name))
		if err != nil || node == nil || node.YNode().Kind != yaml.MappingNode {
			continue
		}
		_ = node.VisitFields(func(field *yaml.MapNode) error {
			switch tag := field.Value.YNode().ShortTag(); tag {
			case yaml.NodeTagString, yaml.NodeTagNull, "!!timestamp":
			default:
				found = append(found, other{name, yaml.GetValue(field.Key), field.Value.Copy()})
			}
			return nil
		})
	}
	return found
}

func encrypted(text string) bool {
	return strings.Contains(text, "sops") && strings.Contains(text, "ENC[")
}

// textData is the object's stringData.
func textData(object *resource.Resource) map[string]string {
	texts := map[string]string{}
	if node, err := object.Pipe(yaml.Lookup("stringData")); err == nil && node != nil {
		_ = node.VisitFields(func(field *yaml.MapNode) error {
			texts[yaml.GetValue(field.Key)] = yaml.GetValue(field.Value)
			return nil
		})
	}
	return texts
}
