// Package nbformat reads, checks, edits and writes Jupyter notebook documents
// (.ipynb), nbformat 4.0 to 4.5.
//
// A document stays what it was: unknown fields, the order of keys, the
// indentation and the minor version are kept, and what is not edited is written
// back as it was read. Reading and writing a file that Python's nbformat wrote
// gives the same bytes. What Python's nbformat drops from files
// (metadata.signature, metadata.orig_nbformat, a cell's trusted flag) is
// dropped here too. The package knows no kernel.
//
// The format:
// https://nbformat.readthedocs.io/en/latest/format_description.html.
package nbformat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
)

// Newest minor version of nbformat 4 that this package knows in full.
const LatestMinor = 5

// Notebook is one document.
type Notebook struct {
	Cells []*Cell

	root      *Object // every top-level field; "cells" is a placeholder for Cells
	indent    string
	noNewline bool // the file read did not end in a line break
}

// New returns an empty notebook of the latest format.
func New() *Notebook {
	root := NewObject()
	root.Set("cells", []any{})
	root.Set("metadata", NewObject())
	root.Set("nbformat", 4)
	root.Set("nbformat_minor", LatestMinor)
	return &Notebook{root: root, indent: " "}
}

// VersionError says that a document is of a version this package cannot use.
type VersionError struct{ Major int }

func (e *VersionError) Error() string {
	if e.Major < 4 {
		return fmt.Sprintf("nbformat %d is older than 4: convert the file first, for example with "+
			"`jupyter nbconvert --to notebook --inplace FILE.ipynb`, or open and save it in JupyterLab", e.Major)
	}
	return fmt.Sprintf("nbformat %d is newer than 4, the newest known here", e.Major)
}

// Parse reads a document from memory. Errors are a *SyntaxError, a
// *VersionError, or say which part is not a notebook; for the rules of the
// schema, which many files break slightly, see [Notebook.Validate].
func Parse(data []byte) (*Notebook, error) {
	v, err := decode(data)
	if err != nil {
		return nil, err
	}
	root, ok := v.(*Object)
	if !ok {
		return nil, fmt.Errorf("not a notebook: the document is %s, want an object with cells", kindOf(v))
	}
	if err := checkVersion(root); err != nil {
		return nil, err
	}
	list, ok := root.Get("cells").([]any)
	if !ok {
		return nil, fmt.Errorf("not a notebook: cells is %s, want a list", kindOf(root.Get("cells")))
	}
	nb := &Notebook{root: root, indent: indentOf(data), noNewline: !bytes.HasSuffix(data, []byte("\n"))}
	if root.Object("metadata") == nil && root.Has("metadata") {
		return nil, fmt.Errorf("not a notebook: metadata is %s, want an object", kindOf(root.Get("metadata")))
	}
	for i, v := range list {
		obj, ok := v.(*Object)
		if !ok {
			return nil, fmt.Errorf("not a notebook: cells[%d] is %s, want an object", i, kindOf(v))
		}
		cell := &Cell{obj: obj}
		if err := cell.check(); err != nil {
			return nil, fmt.Errorf("not a notebook: cells[%d]: %w", i, err)
		}
		nb.Cells = append(nb.Cells, cell)
	}
	root.values["cells"] = []any(nil)
	nb.dropTransient()
	return nb, nil
}

func checkVersion(root *Object) error {
	number, ok := root.Get("nbformat").(json.Number)
	if !ok {
		if root.Has("worksheets") { // the first formats wrote their version elsewhere or not at all
			return &VersionError{Major: 1}
		}
		return errors.New("not a notebook: there is no nbformat number")
	}
	major, err := strconv.Atoi(number.String())
	if err != nil {
		return fmt.Errorf("not a notebook: nbformat is %s, want 4", number)
	}
	if major != 4 {
		return &VersionError{Major: major}
	}
	if minor, ok := root.Get("nbformat_minor").(json.Number); ok {
		if m, err := strconv.Atoi(minor.String()); err != nil || m < 0 {
			return fmt.Errorf("not a notebook: nbformat_minor is %s, want a whole number from 0", minor)
		}
	} else if root.Has("nbformat_minor") {
		return fmt.Errorf("not a notebook: nbformat_minor is %s, want a number", kindOf(root.Get("nbformat_minor")))
	}
	return nil
}

// indentOf finds the indentation of a file: what its first line break is
// followed by, one space when it has none.
func indentOf(data []byte) string {
	at := bytes.IndexByte(data, '\n')
	if at < 0 {
		return " "
	}
	rest := data[at+1:]
	n := len(rest) - len(bytes.TrimLeft(rest, " \t"))
	if n == 0 || n > 8 {
		return " "
	}
	return string(rest[:n])
}

// dropTransient removes what must not be stored, as Python's nbformat does on
// reading and writing.
func (nb *Notebook) dropTransient() {
	if meta := nb.root.Object("metadata"); meta != nil {
		meta.Delete("orig_nbformat")
		meta.Delete("orig_nbformat_minor")
		meta.Delete("signature")
	}
	for _, cell := range nb.Cells {
		cell.obj.Object("metadata").deleteIfAny("trusted")
	}
}

func (o *Object) deleteIfAny(key string) {
	if o != nil {
		o.Delete(key)
	}
}

// Read reads a document to the end of r.
func Read(r io.Reader) (*Notebook, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading notebook: %w", err)
	}
	return Parse(data)
}

// ReadFile reads a document and names the file in errors.
func ReadFile(path string) (*Notebook, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		var pathError *fs.PathError
		if errors.As(err, &pathError) {
			err = pathError.Err
		}
		return nil, fmt.Errorf("reading notebook %s: %w", path, err)
	}
	nb, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("notebook %s: %w", path, err)
	}
	return nb, nil
}

// Minor is the minor version of format 4; 0 when the file gives none.
func (nb *Notebook) Minor() int {
	number, _ := nb.root.Get("nbformat_minor").(json.Number)
	minor, _ := strconv.Atoi(number.String())
	return minor
}

// Metadata is the document's metadata; changing it changes the document.
func (nb *Notebook) Metadata() *Object { return nb.root.Ensure("metadata") }

// KernelName is the name of the kernelspec that the document asks for, "" when
// it asks for none.
func (nb *Notebook) KernelName() string {
	return nb.root.Object("metadata").Object("kernelspec").String("name")
}

// Language is the language the document's metadata names (language_info, else
// kernelspec), in the writer's spelling.
func (nb *Notebook) Language() string {
	meta := nb.root.Object("metadata")
	if name := meta.Object("language_info").String("name"); name != "" {
		return name
	}
	return meta.Object("kernelspec").String("language")
}

// CodeCells is the number of code cells.
func (nb *Notebook) CodeCells() int {
	n := 0
	for _, cell := range nb.Cells {
		if cell.Type() == Code {
			n++
		}
	}
	return n
}

// CodeCell is the index of the n-th code cell, counted from 1; -1 if there is
// none.
func (nb *Notebook) CodeCell(n int) int {
	for i, cell := range nb.Cells {
		if cell.Type() == Code {
			if n--; n == 0 {
				return i
			}
		}
	}
	return -1
}

// Insert puts a cell at index i (0 to len(Cells)) and gives it an id when the
// format has them.
func (nb *Notebook) Insert(i int, cell *Cell) {
	nb.Cells = append(nb.Cells, nil)
	copy(nb.Cells[i+1:], nb.Cells[i:])
	nb.Cells[i] = cell
	nb.EnsureIDs()
}

// Clone returns a deep copy.
func (nb *Notebook) Clone() *Notebook {
	c := &Notebook{root: nb.root.Clone(), indent: nb.indent, noNewline: nb.noNewline}
	for _, cell := range nb.Cells {
		c.Cells = append(c.Cells, &Cell{obj: cell.obj.Clone()})
	}
	return c
}

// Encode writes the document as Jupyter does.
func (nb *Notebook) Encode() []byte { return nb.EncodeChanged(nil) }

// EncodeChanged is Encode for a document that is written again and again while
// few of its cells change. Done has an entry for each cell: what the last call
// made of it, or nil for a cell that is new or has changed since; the call
// fills these in. It may be nil.
func (nb *Notebook) EncodeChanged(done [][]byte) []byte {
	nb.dropTransient()
	size := 4096
	for i, cell := range nb.Cells {
		if i < len(done) && done[i] != nil {
			size += len(done[i]) + 8
		} else {
			size += sizeOf(cell.obj)
		}
	}
	e := encoder{indent: nb.indent, buf: make([]byte, 0, size)}
	e.object(nb.root, "", func(key, lead string) {
		if key == "cells" {
			e.list(len(nb.Cells), lead, func(i int, lead string) {
				if i < len(done) && done[i] != nil {
					e.buf = append(e.buf, done[i]...)
					return
				}
				start := len(e.buf)
				e.value(nb.Cells[i].obj, lead)
				if i < len(done) {
					done[i] = e.keep(start)
				}
			})
			return
		}
		e.value(nb.root.values[key], lead)
	})
	if !nb.noNewline {
		e.buf = append(e.buf, '\n')
	}
	return e.buf
}
