package main

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
)

// functions are those that the tests of crates/helm register too: Helm's include and tpl, and one for every type of a
// parameter.
func functions(set *template.Template, missingKey string) template.FuncMap {
	included := map[string]int{}
	funcs := template.FuncMap{
		"str":     func(text string) string { return "<" + text + ">" },
		"num":     func(number int) int { return number + 1 },
		"num64":   func(number int64) int64 { return number + 1 },
		"float":   func(number float64) float64 { return number * 2 },
		"flag":    func(flag bool) bool { return !flag },
		"any":     func(value any) any { return value },
		"mapping": func(value map[string]any) int { return len(value) },
		"listing": func(value []any) int { return len(value) },
		"words":   func(words ...string) []string { return words },
		"joined":  func(separator string, words []string) string { return strings.Join(words, separator) },
		"list":    func(values ...any) []any { return values },
		"dict":    dict,
		"set": func(to map[string]any, key string, value any) map[string]any {
			to[key] = value
			return to
		},
		"unset": func(from map[string]any, key string) map[string]any {
			delete(from, key)
			return from
		},
		"typed":  func(values ...any) map[string]string { return typed(values) },
		"bytes":  func(text string) []byte { return []byte(text) },
		"fail":   func(message string) (string, error) { return "", errors.New(message) },
		"absent": func() any { return nil },
		"typeOf": func(value any) string { return fmt.Sprintf("%T", value) },
	}
	addIncludes(funcs, set, missingKey, included, strings.Clone)
	return funcs
}

// addIncludes adds include and tpl, with the rules of Helm's pkg/engine. What tpl renders is changed by clean.
func addIncludes(
	funcs template.FuncMap, set *template.Template, missingKey string, included map[string]int, clean func(string) string,
) {
	funcs["include"] = func(name string, data any) (string, error) {
		if included[name] > 1000 {
			return "", fmt.Errorf("rendering template has a nested reference name: %s: %w", name,
				errors.New("unable to execute template"))
		}
		included[name]++
		var out strings.Builder
		err := set.ExecuteTemplate(&out, name, data)
		included[name]--
		return out.String(), err
	}
	funcs["tpl"] = func(text string, data any) (string, error) {
		clone, err := set.Clone()
		if err != nil {
			return "", err
		}
		clone.Option("missingkey=" + missingKey)
		nested := template.FuncMap{}
		addIncludes(nested, clone, missingKey, included, clean)
		clone.Funcs(nested)
		parsed, err := clone.New(set.Name()).Parse(text)
		if err != nil {
			return "", fmt.Errorf("cannot parse template %q: %w", text, err)
		}
		var out strings.Builder
		if err := parsed.Execute(&out, data); err != nil {
			return "", fmt.Errorf("error during tpl function execution for %q: %w", text, err)
		}
		return clean(out.String()), nil
	}
}

func dict(values ...any) map[string]any {
	made := map[string]any{}
	for at := 0; at < len(values); at += 2 {
		if at+1 < len(values) {
			made[fmt.Sprint(values[at])] = values[at+1]
		} else {
			made[fmt.Sprint(values[at])] = ""
		}
	}
	return made
}

func typed(values []any) map[string]string {
	made := map[string]string{}
	for at, value := range values {
		made[fmt.Sprintf("k%d", at)] = fmt.Sprint(value)
	}
	return made
}
