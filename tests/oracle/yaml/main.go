// The oracle says what the YAML packages that flux and kustomize are made of do with a text, for tests that compare our
// own reader and writer with them.
//
// Requests come on standard input, one JSON object a line, and answers go to standard output in the same way.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
	sigs "sigs.k8s.io/yaml"
)

// request holds a text to read, or a value to write.
type request struct {
	// Text is what is read (in JSON: base64).
	Text []byte `json:"text"`
	// Write is the JSON of a value that is written.
	Write *string `json:"write"`
}

// answer holds what became of it. Each part has an error of its own.
type answer struct {
	// Kubernetes is the first document as sigs.k8s.io/yaml reads it, as JSON.
	Kubernetes result `json:"kubernetes"`
	// Nodes are the nodes of the first document, in their order, as yaml.v3 reads them.
	Nodes nodes `json:"nodes"`
	// Kyaml is the first document as yaml.v3 decodes it, as JSON.
	Kyaml result `json:"kyaml"`
	// Rewritten is what kustomize makes of the first document: its nodes are written, and read again.
	Rewritten result `json:"rewritten"`
	// Written is what sigs.k8s.io/yaml writes.
	Written result `json:"written"`
}

type result struct {
	Value string `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
}

type nodes struct {
	List  []node `json:"list,omitempty"`
	Error string `json:"error,omitempty"`
}

type node struct {
	Kind   string `json:"kind"`
	Style  string `json:"style"`
	Tag    string `json:"tag"`
	Value  string `json:"value"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(in io.Reader, out io.Writer) error {
	decoder, encoder := json.NewDecoder(bufio.NewReaderSize(in, 1<<16)), json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		var asked request
		if err := decoder.Decode(&asked); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("not a request: %w", err)
		}
		var reply answer
		if asked.Write != nil {
			reply.Written = attempt(func() ([]byte, error) { return sigs.JSONToYAML([]byte(*asked.Write)) })
		} else {
			reply = read(asked.Text)
		}
		if err := encoder.Encode(reply); err != nil {
			return err
		}
	}
}

// attempt turns panics into errors.
func attempt(do func() ([]byte, error)) (what result) {
	defer func() {
		if cause := recover(); cause != nil {
			what = result{Error: fmt.Sprintf("panic: %v", cause)}
		}
	}()
	text, err := do()
	if err != nil {
		return result{Error: err.Error()}
	}
	return result{Value: string(text)}
}

func read(text []byte) (reply answer) {
	reply.Kubernetes = attempt(func() ([]byte, error) { return sigs.YAMLToJSON(text) })
	reply.Kyaml = attempt(func() ([]byte, error) { return decode(text) })
	var document yaml.Node
	parsed := attempt(func() ([]byte, error) {
		err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&document)
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	})
	if parsed.Error != "" {
		reply.Nodes.Error = parsed.Error
		reply.Rewritten.Error = parsed.Error
		return reply
	}
	list(&document, &reply.Nodes.List)
	reply.Rewritten = attempt(func() ([]byte, error) {
		if document.IsZero() {
			return []byte("null"), nil
		}
		var written bytes.Buffer
		encoder := yaml.NewEncoder(&written)
		encoder.SetIndent(2)
		encoder.CompactSeqIndent()
		if err := encoder.Encode(&document); err != nil {
			return nil, err
		}
		if err := encoder.Close(); err != nil {
			return nil, err
		}
		return decode(written.Bytes())
	})
	return reply
}

func decode(text []byte) ([]byte, error) {
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

var kinds = map[yaml.Kind]string{
	yaml.SequenceNode: "sequence",
	yaml.MappingNode:  "mapping",
	yaml.ScalarNode:   "scalar",
	yaml.AliasNode:    "alias",
}

func list(of *yaml.Node, all *[]node) {
	if kind := kinds[of.Kind]; kind != "" {
		*all = append(*all, node{
			Kind:   kind,
			Style:  style(of.Style),
			Tag:    of.Tag,
			Value:  of.Value,
			Line:   of.Line,
			Column: of.Column,
		})
	}
	for _, child := range of.Content {
		list(child, all)
	}
}

func style(of yaml.Style) string {
	var names []string
	for _, each := range []struct {
		style yaml.Style
		name  string
	}{
		{yaml.DoubleQuotedStyle, "double"},
		{yaml.SingleQuotedStyle, "single"},
		{yaml.LiteralStyle, "literal"},
		{yaml.FoldedStyle, "folded"},
		{yaml.FlowStyle, "flow"},
	} {
		if of&each.style != 0 {
			names = append(names, each.name)
		}
	}
	return strings.Join(names, " ")
}
