package main

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const (
	hidden     = "**SOPS**"
	hiddenJSON = `{"mask":"` + hidden + `"}`
)

var scientific = regexp.MustCompile(`^-?\d(\.\d+)?e\+\d+$`)

// mask hides what SOPS has encrypted in a Secret: all of it where the object bears SOPS's own data, else single values
// that are encrypted files. flux writes the maps again where nothing is hidden, too.
func mask(object *resource.Resource, mended bool) error {
	if object.GetKind() != "Secret" {
		return nil
	}
	data, texts := object.GetDataMap(), textData(object)
	if mended {
		// After a substitution the number 12345678 is a float to flux, whose text is 1.2345678e+07.
		for _, values := range []map[string]string{data, texts} {
			for key, value := range values {
				if number, err := strconv.ParseFloat(value, 64); err == nil && scientific.MatchString(value) {
					values[key] = strconv.FormatFloat(number, 'f', -1, 64)
				}
			}
		}
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
	} else {
		shown := base64.StdEncoding.EncodeToString([]byte(hidden))
		for key, value := range data {
			plain, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
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
	if len(texts) == 0 {
		return nil
	}
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
	return object.SetMapField(node, "stringData")
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
