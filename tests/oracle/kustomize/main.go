// The oracle renders trees with the Go modules that flux 2.9.4 is made of, for tests that hold our own rendering
// against it.
//
//	oracle                             requests on standard input, answers on standard output, one JSON object a line
//	oracle DIR                         what `kustomize build DIR` prints
//	oracle DIR KUSTOMIZATION.yaml      what `flux build kustomization` prints of the folder DIR and the first Flux
//	                                   Kustomization of the file; nothing is written to DIR
//	oracle -merge-keys                 crates/kustomize/src/merge_keys.txt, from the schema that kustomize has built in
//
// With -mended, those faults of flux's command line are mended that the controller does not have and we do not repeat.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// request is a tree and what to make of it.
type request struct {
	ID uint64 `json:"id"`
	// Files by their paths within the tree.
	Files map[string]string `json:"files"`
	// Binary holds files that are not UTF-8 (in JSON: base64).
	Binary map[string][]byte `json:"binary"`
	// Path of the folder that is rendered, within the tree.
	Path string `json:"path"`
	// Kustomization is the text of a Flux Kustomization; without one, kustomize alone renders.
	Kustomization string   `json:"kustomization"`
	Ignore        []string `json:"ignore"`
	Strict        bool     `json:"strict"`
	Mended        bool     `json:"mended"`
}

// answer holds the text or the error.
type answer struct {
	ID    uint64 `json:"id"`
	YAML  string `json:"yaml,omitempty"`
	Error string `json:"error,omitempty"`
}

func main() {
	mended := flag.Bool("mended", false, "mend flux's known faults")
	strict := flag.Bool("strict-substitute", false, "fail where a variable has no value")
	tables := flag.Bool("merge-keys", false, "write the table of the lists that patches merge")
	flag.Parse()
	var err error
	switch flag.NArg() {
	case 0:
		if *tables {
			err = mergeKeys(os.Stdout)
			break
		}
		err = serve(os.Stdin, os.Stdout)
	case 1, 2:
		err = once(flag.Arg(0), flag.Arg(1), *strict, *mended)
	default:
		err = errors.New("usage: oracle [-mended] [-strict-substitute] [DIR [KUSTOMIZATION.yaml]]")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// once renders a folder of the disk without writing there.
func once(dir, file string, strict, mended bool) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	var text string
	if file == "" {
		text, err = plain(filesys.MakeFsOnDisk(), dir, true)
	} else {
		var kustomization []byte
		if kustomization, err = os.ReadFile(file); err != nil {
			return err
		}
		text, err = flux(dir, string(kustomization), options{strict: strict, mended: mended, fresh: true, layered: true})
	}
	fmt.Print(text)
	return err
}

// serve answers requests until the input ends. The trees lie in a folder of its own, one after the other.
func serve(in io.Reader, out io.Writer) error {
	home, err := os.MkdirTemp(os.Getenv("ORACLE_TMPDIR"), "oracle")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	if home, err = filepath.EvalSymlinks(home); err != nil {
		return err
	}
	decoder, encoder := json.NewDecoder(bufio.NewReaderSize(in, 1<<16)), json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		var asked request
		if err := decoder.Decode(&asked); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("a request that is none: %w", err)
		}
		reply := answer{ID: asked.ID}
		if text, err := render(home, &asked); err != nil {
			reply.Error = strings.ReplaceAll(err.Error(), home, "")
			if reply.Error == "" {
				reply.Error = "an error without a text"
			}
		} else {
			reply.YAML = strings.ReplaceAll(text, home, "")
		}
		if err := encoder.Encode(reply); err != nil {
			return err
		}
	}
}

// render writes the tree of a request, renders it and removes it.
func render(home string, asked *request) (text string, err error) {
	root := filepath.Join(home, "tree")
	defer os.RemoveAll(root)
	if err := os.MkdirAll(filepath.Join(root, asked.Path), 0o755); err != nil {
		return "", err
	}
	// The build may read a schema or definitions into kustomize's global state.
	fresh := false
	for path, content := range asked.Files {
		if err := write(filepath.Join(root, path), []byte(content)); err != nil {
			return "", err
		}
		fresh = fresh || strings.Contains(content, "openapi") || strings.Contains(content, "crds")
	}
	for path, content := range asked.Binary {
		if err := write(filepath.Join(root, path), content); err != nil {
			return "", err
		}
	}
	folder := filepath.Join(root, asked.Path)
	if asked.Kustomization == "" {
		return plain(filesys.MakeFsOnDisk(), folder, fresh)
	}
	return flux(folder, asked.Kustomization, options{
		ignore: asked.Ignore,
		strict: asked.Strict,
		mended: asked.Mended,
		fresh:  fresh,
	})
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}
