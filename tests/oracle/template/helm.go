package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"text/template"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/Masterminds/sprig/v3"
	"sigs.k8s.io/yaml"
	pretty "sigs.k8s.io/yaml/goyaml.v3"
)

// helmFunctions are those that Helm's engine gives to templates, except for the time of now, which is always the same.
func helmFunctions(set *template.Template) template.FuncMap {
	funcs := sprig.TxtFuncMap()
	delete(funcs, "env")
	delete(funcs, "expandenv")
	maps.Copy(funcs, template.FuncMap{
		"now":           func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 123456789, time.UTC) },
		"getHostByName": func(string) string { return "" },
		"lookup": func(string, string, string, string) (map[string]any, error) {
			return map[string]any{}, nil
		},
		"fail": func(message string) (string, error) { return "", errors.New(wrapped(message)) },
		"required": func(message string, value any) (any, error) {
			if value == nil || value == "" {
				return value, errors.New(wrapped(message))
			}
			return value, nil
		},
		"toYaml": func(value any) string { return orEmpty(toYaml(value)) },
		"mustToYaml": func(value any) string {
			return orPanic(toYaml(value))
		},
		"toYamlPretty": func(value any) string {
			var out bytes.Buffer
			encoder := pretty.NewEncoder(&out)
			encoder.SetIndent(2)
			if encoder.Encode(value) != nil {
				return ""
			}
			return strings.TrimSuffix(out.String(), "\n")
		},
		"toJson": func(value any) string {
			text, err := json.Marshal(value)
			return orEmpty(string(text), err)
		},
		"mustToJson": func(value any) string {
			text, err := json.Marshal(value)
			return orPanic(string(text), err)
		},
		"toToml": func(value any) string {
			text, err := toToml(value)
			if err != nil {
				return err.Error()
			}
			return text
		},
		"mustToToml":    func(value any) string { return orPanic(toToml(value)) },
		"fromYaml":      func(text string) map[string]any { return object(text, unmarshalYaml) },
		"fromYamlArray": func(text string) []any { return array(text, unmarshalYaml) },
		"fromJson":      func(text string) map[string]any { return object(text, json.Unmarshal) },
		"fromJsonArray": func(text string) []any { return array(text, json.Unmarshal) },
		"fromToml":      func(text string) map[string]any { return object(text, toml.Unmarshal) },
	})
	addIncludes(funcs, set, "zero", map[string]int{}, withoutNoValue)
	return funcs
}

func withoutNoValue(text string) string { return strings.ReplaceAll(text, "<no value>", "") }

func wrapped(message string) string { return "HELM_ERR_START" + message + "HELM_ERR_END" }

func toYaml(value any) (string, error) {
	text, err := yaml.Marshal(value)
	return strings.TrimSuffix(string(text), "\n"), err
}

func toToml(value any) (string, error) {
	var out bytes.Buffer
	err := toml.NewEncoder(&out).Encode(value)
	return out.String(), err
}

func unmarshalYaml(text []byte, value any) error { return yaml.Unmarshal(text, value) }

func orEmpty(text string, err error) string {
	if err != nil {
		return ""
	}
	return text
}

func orPanic(text string, err error) string {
	if err != nil {
		panic(err)
	}
	return text
}

func object(text string, read func([]byte, any) error) map[string]any {
	value := map[string]any{}
	if err := read([]byte(text), &value); err != nil {
		value["Error"] = err.Error()
	}
	return value
}

func array(text string, read func([]byte, any) error) []any {
	value := []any{}
	if err := read([]byte(text), &value); err != nil {
		value = []any{err.Error()}
	}
	return value
}
