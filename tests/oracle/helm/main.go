// The oracle says what `helm template` makes of charts, for tests that compare our own engine with it. It is Helm's own
// code in one process, so that thousands of charts take minutes.
//
// Requests come on standard input, one JSON object a line, and answers go to standard output in the same way.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// request holds the files of a chart by path, and arguments of `helm template`.
type request struct {
	Arguments []string          `json:"arguments"`
	Files     map[string]string `json:"files"`
}

type answer struct {
	Output string `json:"output"`
	Error  string `json:"error,omitempty"`
}

func main() {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(in io.Reader, out io.Writer) error {
	root, err := os.MkdirTemp("", "helm-oracle")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	decoder, encoder := json.NewDecoder(bufio.NewReaderSize(in, 1<<16)), json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		var asked request
		if err := decoder.Decode(&asked); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("not a request: %w", err)
		}
		reply, err := reply(root, asked)
		if err != nil {
			return err
		}
		if err := encoder.Encode(reply); err != nil {
			return err
		}
	}
}

// reply renders a chart in a directory of its own, in which relative paths of arguments begin.
func reply(root string, asked request) (answer, error) {
	chart := filepath.Join(root, "chart")
	defer os.RemoveAll(chart)
	for path, text := range asked.Files {
		path = filepath.Join(chart, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return answer{}, err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return answer{}, err
		}
	}
	if err := os.Chdir(chart); err != nil {
		return answer{}, err
	}
	output, err := template(chart, asked.Arguments)
	if err != nil {
		message := strings.ReplaceAll(err.Error(), chart+"/", "")
		return answer{Error: strings.ReplaceAll(message, chart, ".")}, nil
	}
	return answer{Output: output}, nil
}
