package main

import (
	"bufio"
	"fmt"
	"io"
	"sort"
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// lister numbers the shapes of the built-in schema from which a merged list can be reached.
type lister struct {
	definitions spec.Definitions
	numbers     map[string]int
	shapes      map[string]int
	texts       []string
	busy        map[string]bool
}

// mergeKeys writes crates/kustomize/src/merge_keys.txt: which lists of kustomize's built-in kinds a strategic merge
// patch merges, and by which keys.
func mergeKeys(to io.Writer) error {
	openapi.ResetOpenAPI()
	all := &lister{
		definitions: openapi.Schema().Definitions,
		numbers:     map[string]int{},
		shapes:      map[string]int{},
		busy:        map[string]bool{},
	}
	kinds := map[int]map[string][]string{}
	for _, name := range sortedKeys(all.definitions) {
		definition := all.definitions[name]
		for _, gvk := range gvks(definition) {
			if strings.HasSuffix(gvk[1], "List") {
				continue
			}
			number := all.named(name)
			if number == 0 {
				continue
			}
			if kinds[number] == nil {
				kinds[number] = map[string][]string{}
			}
			kinds[number][gvk[1]] = append(kinds[number][gvk[1]], gvk[0])
		}
	}
	out := bufio.NewWriter(to)
	fmt.Fprintln(out, "# Lists that a strategic merge patch merges, from the schema of Kubernetes 1.21 that kustomize has built in.")
	fmt.Fprintln(out, "# Written by `go run . -merge-keys` in tests/oracle/kustomize.")
	fmt.Fprintln(out, "# NUMBER FIELD…: a shape; FIELD=N has shape N, FIELD[]=N is a list of N, FIELD*KEYS=N is a list merged by KEYS.")
	for at, text := range all.texts {
		fmt.Fprintln(out, at+1, text)
	}
	fmt.Fprintln(out, "# KIND=SHAPE API-VERSION…")
	for _, number := range sortedKeys(kinds) {
		for _, kind := range sortedKeys(kinds[number]) {
			versions := kinds[number][kind]
			sort.Strings(versions)
			fmt.Fprintf(out, "%s=%d %s\n", kind, number, strings.Join(versions, " "))
		}
	}
	fmt.Fprintln(out, "# @SHAPE DEFINITION…: the names of the types in Kubernetes' OpenAPI document")
	names := map[int][]string{}
	for _, name := range sortedKeys(all.definitions) {
		if number := all.named(name); number != 0 {
			names[number] = append(names[number], name)
		}
	}
	for _, number := range sortedKeys(names) {
		fmt.Fprintf(out, "@%d %s\n", number, strings.Join(names[number], " "))
	}
	return out.Flush()
}

func sortedKeys[K int | string, V any](from map[K]V) []K {
	keys := make([]K, 0, len(from))
	for key := range from {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
	return keys
}

// gvks are the kinds that a definition is for: apiVersion and kind.
func gvks(definition spec.Schema) [][2]string {
	list, _ := definition.Extensions["x-kubernetes-group-version-kind"].([]interface{})
	var found [][2]string
	for _, entry := range list {
		fields, _ := entry.(map[string]interface{})
		text := func(name string) string {
			value, _ := fields[name].(string)
			return value
		}
		version := text("version")
		if group := text("group"); group != "" {
			version = group + "/" + version
		}
		found = append(found, [2]string{version, text("kind")})
	}
	return found
}

// named is the number of a definition's shape, or 0 where no merged list can be reached from it.
func (l *lister) named(name string) int {
	if number, found := l.shapes[name]; found {
		return number
	}
	definition, found := l.definitions[name]
	if !found || l.busy[name] {
		return 0
	}
	l.busy[name] = true
	number := l.shape(definition)
	delete(l.busy, name)
	l.shapes[name] = number
	return number
}

func (l *lister) of(schema spec.Schema) int {
	if reference := schema.Ref.String(); reference != "" {
		return l.named(strings.TrimPrefix(reference, "#/definitions/"))
	}
	return l.shape(schema)
}

func (l *lister) shape(schema spec.Schema) int {
	var fields []string
	for name, property := range schema.Properties {
		if field := l.field(name, property); field != "" {
			fields = append(fields, field)
		}
	}
	if more := schema.AdditionalProperties; more != nil && more.Schema != nil {
		if field := l.field("?", *more.Schema); field != "" {
			panic("a map leads to a merged list: the format needs it")
		}
	}
	if len(fields) == 0 {
		return 0
	}
	sort.Strings(fields)
	text := strings.Join(fields, " ")
	number, found := l.numbers[text]
	if !found {
		l.texts = append(l.texts, text)
		number = len(l.texts)
		l.numbers[text] = number
	}
	return number
}

func (l *lister) field(name string, schema spec.Schema) string {
	if len(schema.Type) != 1 || schema.Type[0] != "array" || schema.Items == nil || schema.Items.Schema == nil {
		if number := l.of(schema); number != 0 {
			return fmt.Sprintf("%s=%d", name, number)
		}
		return ""
	}
	number := l.of(*schema.Items.Schema)
	known := openapi.ResourceSchema{Schema: &schema}
	strategy, keys := known.PatchStrategyAndKeyList()
	for _, part := range strings.Split(strategy, ",") {
		if part == "merge" {
			return fmt.Sprintf("%s*%s=%d", name, strings.Join(keys, ","), number)
		}
	}
	if number != 0 {
		return fmt.Sprintf("%s[]=%d", name, number)
	}
	return ""
}
