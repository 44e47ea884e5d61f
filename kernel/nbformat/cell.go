package nbformat

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// CellType is the kind of a cell. A newer format may bring others; they are
// kept and left alone.
type CellType string

const (
	Code     CellType = "code"
	Markdown CellType = "markdown"
	Raw      CellType = "raw"
)

// Cell is one cell of a document. Methods that change it change the document.
type Cell struct{ obj *Object }

// NewCode returns a code cell that was never run; it gets its id when it enters
// a notebook.
func NewCode(source string) *Cell {
	obj := NewObject()
	obj.Set("cell_type", string(Code))
	obj.Set("execution_count", nil)
	obj.Set("metadata", NewObject())
	obj.Set("outputs", []any{})
	obj.Set("source", splitLines(source))
	return &Cell{obj: obj}
}

// NewMarkdown returns a text cell; it gets its id when it enters a notebook.
func NewMarkdown(source string) *Cell {
	obj := NewObject()
	obj.Set("cell_type", string(Markdown))
	obj.Set("metadata", NewObject())
	obj.Set("source", splitLines(source))
	return &Cell{obj: obj}
}

// check refuses what the methods below could not work with.
func (c *Cell) check() error {
	if _, ok := c.obj.Get("cell_type").(string); !ok {
		return fmt.Errorf("cell_type is %s, want \"code\", \"markdown\" or \"raw\"", kindOf(c.obj.Get("cell_type")))
	}
	if _, ok := joinLines(c.obj.Get("source")); !ok && (c.obj.Has("source") || c.Type() == Code) {
		return fmt.Errorf("source is %s, want a string or a list of strings", kindOf(c.obj.Get("source")))
	}
	if c.obj.Has("metadata") && c.obj.Object("metadata") == nil {
		return fmt.Errorf("metadata is %s, want an object", kindOf(c.obj.Get("metadata")))
	}
	if c.Type() != Code || !c.obj.Has("outputs") {
		return nil
	}
	list, ok := c.obj.Get("outputs").([]any)
	if !ok {
		return fmt.Errorf("outputs is %s, want a list", kindOf(c.obj.Get("outputs")))
	}
	for i, v := range list {
		obj, ok := v.(*Object)
		if !ok || obj.String("output_type") == "" {
			return fmt.Errorf("outputs[%d] is %s without output_type, want an output object", i, kindOf(v))
		}
	}
	return nil
}

// Type is the cell's kind.
func (c *Cell) Type() CellType { return CellType(c.obj.String("cell_type")) }

// ID is the cell's id, "" before format 4.5.
func (c *Cell) ID() string { return c.obj.String("id") }

// Source is the cell's text.
func (c *Cell) Source() string {
	s, _ := joinLines(c.obj.Get("source"))
	return s
}

// SetSource replaces the cell's text.
func (c *Cell) SetSource(source string) { c.obj.Set("source", splitLines(source)) }

// Metadata is the cell's metadata; changing it changes the cell.
func (c *Cell) Metadata() *Object { return c.obj.Ensure("metadata") }

// Tags are the cell's tags, empty when it has none.
func (c *Cell) Tags() []string {
	list, _ := c.obj.Object("metadata").Get("tags").([]any)
	var tags []string
	for _, v := range list {
		if tag, ok := v.(string); ok {
			tags = append(tags, tag)
		}
	}
	return tags
}

// HasTag tells whether the cell carries the tag.
func (c *Cell) HasTag(tag string) bool { return slices.Contains(c.Tags(), tag) }

// AddTag adds a tag that is not there yet.
func (c *Cell) AddTag(tag string) {
	if !c.HasTag(tag) {
		c.Metadata().Set("tags", append(c.Tags(), tag))
	}
}

// Outputs are the outputs of a code cell, in order.
func (c *Cell) Outputs() []Output {
	list, _ := c.obj.Get("outputs").([]any)
	var outputs []Output
	for _, v := range list {
		if obj, ok := v.(*Object); ok {
			outputs = append(outputs, Output{obj})
		}
	}
	return outputs
}

// SetOutputs replaces the outputs of a code cell.
func (c *Cell) SetOutputs(outputs []Output) {
	list := make([]any, len(outputs))
	for i := range outputs {
		list[i] = outputs[i].obj
	}
	c.obj.Set("outputs", list)
}

// ExecutionCount is the number in the cell's prompt, 0 when it was never run.
func (c *Cell) ExecutionCount() int {
	number, _ := c.obj.Get("execution_count").(json.Number)
	n, _ := strconv.Atoi(number.String())
	return n
}

// SetExecutionCount sets the prompt's number; 0 means never run.
func (c *Cell) SetExecutionCount(n int) {
	if n == 0 {
		c.obj.Set("execution_count", nil)
		return
	}
	c.obj.Set("execution_count", n)
}

// Clone returns a deep copy, with the same id.
func (c *Cell) Clone() *Cell { return &Cell{obj: c.obj.Clone()} }

// Object gives the whole cell as JSON, for fields that have no method here.
func (c *Cell) Object() *Object { return c.obj }

var validID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// EnsureIDs gives every cell of a 4.5 document a valid id of its own and
// returns the indices of the cells that had none, a malformed one, or an
// earlier cell's. Older formats have no ids and are left alone.
func (nb *Notebook) EnsureIDs() []int {
	if nb.Minor() < 5 {
		return nil
	}
	seen := map[string]bool{}
	var changed []int
	for i, cell := range nb.Cells {
		id := cell.ID()
		if !validID.MatchString(id) || seen[id] {
			id = newID()
			cell.obj.Set("id", id)
			changed = append(changed, i)
		}
		seen[id] = true
	}
	return changed
}

// newID makes an id of eight hexadecimal digits, as Python's nbformat does.
func newID() string {
	var b [4]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}
