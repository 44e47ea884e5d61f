package nbformat

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// schemas are the official ones, see schemas/README.md.
//
//go:embed schemas/*.json
var schemas embed.FS

// Problem is one way in which a document breaks the schema.
type Problem struct {
	Where  string // "metadata.kernelspec", "cells[3] (code): outputs[1] (stream): text"
	Reason string
}

func (p Problem) String() string {
	if p.Where == "" {
		return p.Reason
	}
	return p.Where + ": " + p.Reason
}

// ValidationError lists what is wrong with a document, at least one problem.
type ValidationError struct {
	Minor    int
	Problems []Problem
}

func (e *ValidationError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "not a valid nbformat 4.%d document: %s", e.Minor, e.Problems[0])
	if more := len(e.Problems) - 1; more > 0 {
		fmt.Fprintf(&b, " (and %d more)", more)
	}
	return b.String()
}

// Validate checks the document against the JSON schema of its own minor version
// and for repeated cell ids, which the schema cannot express. The error is a
// *ValidationError. A minor version newer than [LatestMinor] is checked as that
// one, with unknown fields, cells and outputs allowed.
//
// Each cell and each output is checked against the definition of its own kind,
// so that an error names the field that is wrong instead of "none of three
// alternatives matches".
func (nb *Notebook) Validate() error {
	minor := min(nb.Minor(), LatestMinor)
	newer := nb.Minor() > LatestMinor
	var problems []Problem
	check := func(definition, where string, value any) {
		schema, err := compiled(minor, newer, definition)
		if err != nil {
			problems = append(problems, Problem{where, err.Error()})
			return
		}
		problems = append(problems, describe(schema.Validate(plain(value)), where)...)
	}

	top := nb.root.Clone()
	top.Set("cells", []any{})
	check("", "", top)
	ids := map[string]int{}
	for i, cell := range nb.Cells {
		where := fmt.Sprintf("cells[%d] (%s)", i, cell.Type())
		definition := string(cell.Type()) + "_cell"
		if cell.Type() != Code && cell.Type() != Markdown && cell.Type() != Raw {
			definition = "unrecognized_cell"
			if !newer {
				problems = append(problems, Problem{where, "unknown cell_type, want code, markdown or raw"})
				continue
			}
		}
		bare := &Object{keys: cell.obj.keys, values: cell.obj.values}
		if cell.Type() == Code && bare.Has("outputs") {
			bare = cell.obj.withEmpty("outputs")
		}
		check(definition, where, bare)
		for j, output := range cell.Outputs() {
			where := fmt.Sprintf("%s: outputs[%d] (%s)", where, j, output.Type())
			switch output.Type() {
			case Stream, DisplayData, ExecuteResult, Error:
				check(string(output.Type()), where, output.obj)
			default:
				if !newer {
					problems = append(problems, Problem{where, "unknown output_type"})
				}
			}
		}
		if id := cell.ID(); id != "" && minor >= 5 {
			if first, seen := ids[id]; seen {
				problems = append(problems, Problem{where, fmt.Sprintf("id %q is also cells[%d]'s", id, first)})
			} else {
				ids[id] = i
			}
		}
	}
	if problems == nil {
		return nil
	}
	return &ValidationError{Minor: nb.Minor(), Problems: problems}
}

// withEmpty is a shallow copy with an empty list under key: outputs are checked
// on their own.
func (o *Object) withEmpty(key string) *Object {
	c := &Object{keys: o.keys, values: make(map[string]any, len(o.values))}
	for k, v := range o.values {
		c.values[k] = v
	}
	c.values[key] = []any{}
	return c
}

// describe flattens the validator's tree to its leaves, the fields that are
// wrong.
func describe(err error, where string) []Problem {
	if err == nil {
		return nil
	}
	var tree *jsonschema.ValidationError
	if !errors.As(err, &tree) {
		return []Problem{{where, err.Error()}}
	}
	printer := message.NewPrinter(language.English)
	var problems []Problem
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) > 0 {
			for _, cause := range e.Causes {
				walk(cause)
			}
			return
		}
		place := where
		if path := fieldPath(e.InstanceLocation); path != "" {
			place = strings.TrimPrefix(where+": "+path, ": ")
		}
		problems = append(problems, Problem{place, e.ErrorKind.LocalizedString(printer)})
	}
	walk(tree)
	return problems
}

// fieldPath writes a location as a reader would: metadata.tags[1].
func fieldPath(location []string) string {
	var b strings.Builder
	for _, part := range location {
		switch {
		case part != "" && strings.Trim(part, "0123456789") == "":
			fmt.Fprintf(&b, "[%s]", part)
		case b.Len() > 0:
			b.WriteString("." + part)
		default:
			b.WriteString(part)
		}
	}
	return b.String()
}

type schemaKey struct {
	minor      int
	newer      bool
	definition string
}

// compiledSchemas caches compilation; schemas are immutable, so sharing them
// between documents is safe.
var compiledSchemas sync.Map

func compiled(minor int, newer bool, definition string) (*jsonschema.Schema, error) {
	key := schemaKey{minor, newer, definition}
	if schema, ok := compiledSchemas.Load(key); ok {
		return schema.(*jsonschema.Schema), nil
	}
	name := fmt.Sprintf("schemas/nbformat.v4.%d.schema.json", minor)
	raw, err := schemas.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("no schema for nbformat 4.%d: %w", minor, err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", name, err)
	}
	if newer {
		allowUnknown(doc)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(name, doc); err != nil {
		return nil, fmt.Errorf("schema %s: %w", name, err)
	}
	url := name
	if definition != "" {
		url += "#/definitions/" + definition
	}
	schema, err := compiler.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", url, err)
	}
	compiledSchemas.Store(key, schema)
	return schema, nil
}

// allowUnknown lifts additionalProperties:false and the upper bound of the
// minor version, as Python's nbformat does for documents of a newer minor
// version.
func allowUnknown(node any) {
	switch node := node.(type) {
	case map[string]any:
		if node["additionalProperties"] == false {
			node["additionalProperties"] = true
		}
		for _, v := range node {
			allowUnknown(v)
		}
	case []any:
		for _, v := range node {
			allowUnknown(v)
		}
	}
}

var _ json.Marshaler = (*Object)(nil)
