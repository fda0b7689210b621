package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// record writes the answers to the cases of a file. A line of it starts with
//
//	#           a comment
//	data        the data of the cases that follow, as JSON
//	missingkey  their option
//	functions   helm, if they are to have Helm's functions
//	<           a line of a template
//	> or x      a line of what it renders, or its bytes in hexadecimal
//	!           a line of its error
func record(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	asked := request{MissingKey: "zero"}
	var raw string
	var out, lines []string
	answer := func() error {
		if lines == nil {
			return nil
		}
		asked.Template = strings.Join(lines, "\n")
		asked.Data = nil
		if raw != "" {
			if err := json.Unmarshal([]byte(raw), &asked.Data); err != nil {
				return fmt.Errorf("%s: %w", raw, err)
			}
		}
		out = append(out, shown(render(asked))...)
		lines = nil
		return nil
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		kind, rest, _ := strings.Cut(line, " ")
		if kind == ">" || kind == "!" || kind == "x" {
			continue
		}
		if kind == "<" {
			if lines == nil {
				lines = []string{}
			}
			lines = append(lines, rest)
			out = append(out, line)
			continue
		}
		if err := answer(); err != nil {
			return err
		}
		switch kind {
		case "data":
			raw = rest
		case "missingkey":
			asked.MissingKey = rest
		case "functions":
			asked.Functions = rest
		}
		out = append(out, line)
	}
	if err := answer(); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.Join(out, "\n")+"\n"), 0o644)
}

func shown(reply answer) (lines []string) {
	mark, text := "> ", string(reply.Output)
	switch {
	case reply.Error != "":
		mark, text = "! ", reply.Error
	case !utf8.ValidString(text):
		return []string{"x " + hex.EncodeToString(reply.Output)}
	}
	for _, line := range strings.Split(text, "\n") {
		lines = append(lines, mark+line)
	}
	return lines
}
