// The oracle says what Go's text/template makes of templates, for tests that compare our own engine with it.
//
// Requests come on standard input, one JSON object a line, and answers go to standard output in the same way. With
// -record, the files that are named get the answers to their cases.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/template"
)

// request holds templates, of which the one named "t" is executed.
type request struct {
	Template   string `json:"template"`
	Data       any    `json:"data"`
	MissingKey string `json:"missingkey"`
	// Functions are Helm's if it is "helm".
	Functions string `json:"functions"`
}

type answer struct {
	Output []byte `json:"output"`
	Error  string `json:"error,omitempty"`
}

func main() {
	err := error(nil)
	if len(os.Args) > 1 && os.Args[1] == "-record" {
		for _, path := range os.Args[2:] {
			if err == nil {
				err = record(path)
			}
		}
	} else {
		err = serve(os.Stdin, os.Stdout)
	}
	if err != nil {
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
		if err := encoder.Encode(render(asked)); err != nil {
			return err
		}
	}
}

func render(asked request) (reply answer) {
	set := template.New("gotpl").Option("missingkey=" + asked.MissingKey)
	if asked.Functions == "helm" {
		set.Funcs(helmFunctions(set))
	} else {
		set.Funcs(functions(set, asked.MissingKey))
	}
	var out strings.Builder
	_, err := set.New("t").Parse(asked.Template)
	if err == nil {
		err = set.ExecuteTemplate(&out, "t", asked.Data)
	}
	reply.Output = []byte(out.String())
	if err != nil {
		reply = answer{Error: err.Error()}
	}
	return reply
}
