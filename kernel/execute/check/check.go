// Package check compares the outputs of a run with those that a notebook holds
// from an earlier one, as nbval does: text with a tolerance for numbers and
// patterns to ignore, pictures by their pixels.
package check

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// Tags of cells, nbval's.
const (
	IgnoreOutputTag = "nbval-ignore-output" // run the cell, do not compare
	SkipTag         = "nbval-skip"          // do not run the cell; for execute.Options.SkipTags
)

// Options say what counts as equal. The zero value wants the same text and the
// same pixels.
type Options struct {
	// Tolerance is by how much numbers in text may differ: by Tolerance times
	// the larger of the two, or by Tolerance if both are below 1. Differences
	// of white space do not count then either: columns move with their numbers.
	Tolerance float64
	// Ignore are patterns whose matches count as equal, whatever they are. The
	// text has no colors by then.
	Ignore []*regexp.Regexp
	// Pixel is by how much a channel of a pixel may differ, 0 to 255.
	Pixel int
}

// Difference is one output that is not what it was.
type Difference struct {
	Index  int    // of the cell in the document, from 0
	Number int    // among its code cells, from 1
	Where  string // "stdout", "output 2, text/html"
	Text   string // the difference, readable: lines with - are stored, lines with + are new
}

// changing are texts that differ from run to run on every kernel: addresses,
// and the folder of GoNB's programs.
var changing = regexp.MustCompile(`0x[0-9a-f]{6,16}\b|gonb_[0-9a-f]{8}`)

// Outputs compares all code cells that were run; ran is the run of a copy of
// the stored document. An output that one side lacks is a difference too. The
// error is about the settings in a cell's metadata.
func Outputs(stored *nbformat.Notebook, ran *execute.Result, opts Options) ([]Difference, error) {
	var all []Difference
	number := 0
	for i, cell := range stored.Cells {
		if cell.Type() != nbformat.Code {
			continue
		}
		number++
		if state := ran.Cells[i].State; state == execute.Skipped || state == execute.NotRun || cell.HasTag(IgnoreOutputTag) {
			continue
		}
		options, err := opts.of(cell)
		if err != nil {
			return nil, fmt.Errorf("cell %d: %w", number, err)
		}
		for _, d := range options.compare(partsOf(cell), partsOf(ran.Notebook.Cells[i])) {
			d.Index, d.Number = i, number
			all = append(all, d)
		}
	}
	return all, nil
}

// HasOutputs tells whether a notebook holds a run to compare with.
func HasOutputs(nb *nbformat.Notebook) bool {
	return slices.ContainsFunc(nb.Cells, func(c *nbformat.Cell) bool {
		return c.Type() == nbformat.Code && (c.ExecutionCount() > 0 || len(c.Outputs()) > 0)
	})
}

// of adds a cell's own settings: metadata.gocifar.check, with tolerance (a
// number), pixel (a number) and ignore (a list of patterns).
func (o Options) of(cell *nbformat.Cell) (Options, error) {
	own := cell.Object().Object("metadata").Object("gocifar").Object("check")
	if own == nil {
		return o, nil
	}
	raw, err := own.MarshalJSON()
	if err != nil {
		return o, err
	}
	var settings struct {
		Tolerance *float64 `json:"tolerance"`
		Pixel     *int     `json:"pixel"`
		Ignore    []string `json:"ignore"`
	}
	if err := json.Unmarshal(raw, &settings); err != nil {
		return o, fmt.Errorf("metadata.gocifar.check: %w", err)
	}
	if settings.Tolerance != nil {
		o.Tolerance = *settings.Tolerance
	}
	if settings.Pixel != nil {
		o.Pixel = *settings.Pixel
	}
	o.Ignore = slices.Clone(o.Ignore)
	for _, pattern := range settings.Ignore {
		p, err := regexp.Compile(pattern)
		if err != nil {
			return o, fmt.Errorf("metadata.gocifar.check.ignore: %w", err)
		}
		o.Ignore = append(o.Ignore, p)
	}
	return o, nil
}

// part is an output to compare: all text of a stream, or a display, a result or
// an error.
type part struct {
	name string
	text map[string]string // by MIME type; a stream and an error have one entry, ""
}

// partsOf brings a cell's outputs to a form that does not depend on chance: the
// two streams of a program are read independently, so their order says nothing.
func partsOf(cell *nbformat.Cell) []part {
	streams := map[string]string{}
	var parts []part
	for _, o := range cell.Outputs() {
		switch o.Type() {
		case nbformat.Stream:
			name, text := o.Stream()
			streams[name] += text
		case nbformat.Error:
			name, value, _ := o.Failure()
			parts = append(parts, part{"error", map[string]string{"": name + ": " + value}})
		default:
			p := part{"output", map[string]string{}}
			for _, mime := range o.MIMETypes() {
				if mime != "application/vnd.jupyter.widget-view+json" { // holds an id only
					p.text[mime] = mimeText(o, mime)
				}
			}
			parts = append(parts, p)
		}
	}
	for _, name := range []string{"stderr", "stdout"} {
		if streams[name] != "" {
			parts = slices.Insert(parts, 0, part{name, map[string]string{"": streams[name]}})
		}
	}
	return parts
}

func mimeText(o nbformat.Output, mime string) string {
	if text, ok := o.Text(mime); ok {
		return text
	}
	raw, err := json.MarshalIndent(o.Data().Get(mime), "", " ")
	if err != nil {
		return ""
	}
	return string(raw)
}

// compare pairs the parts of a cell: streams by name, the rest by order.
func (o Options) compare(stored, now []part) []Difference {
	var all []Difference
	for _, name := range []string{"stdout", "stderr"} {
		before, after := streamOf(stored, name), streamOf(now, name)
		if text := o.texts(before, after); text != "" {
			all = append(all, Difference{Where: name, Text: text})
		}
	}
	stored, now = rest(stored), rest(now)
	for i := range max(len(stored), len(now)) {
		where := fmt.Sprintf("output %d", i+1)
		switch {
		case i >= len(stored):
			all = append(all, Difference{Where: where, Text: "+ " + now[i].describe()})
		case i >= len(now):
			all = append(all, Difference{Where: where, Text: "- " + stored[i].describe()})
		default:
			all = append(all, o.displays(where, stored[i], now[i])...)
		}
	}
	return all
}

func streamOf(parts []part, name string) string {
	for _, p := range parts {
		if p.name == name {
			return p.text[""]
		}
	}
	return ""
}

func rest(parts []part) []part {
	return slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return p.name == "stdout" || p.name == "stderr" })
}

// displays compares two outputs in every form that both have.
func (o Options) displays(where string, stored, now part) []Difference {
	if stored.name != now.name || fmt.Sprint(stored.types()) != fmt.Sprint(now.types()) {
		return []Difference{{Where: where, Text: "- " + stored.describe() + "\n+ " + now.describe()}}
	}
	var all []Difference
	for _, mime := range stored.types() {
		text := ""
		if isPicture(mime) {
			text = o.pictures(stored.text[mime], now.text[mime])
		} else {
			text = o.texts(stored.text[mime], now.text[mime])
		}
		if text != "" {
			all = append(all, Difference{Where: strings.TrimSuffix(where+", "+mime, ", "), Text: text})
		}
	}
	return all
}

func (p part) types() []string {
	var types []string
	for mime := range p.text {
		types = append(types, mime)
	}
	slices.Sort(types)
	return types
}

// describe names an output in a line.
func (p part) describe() string {
	const most = 200
	text := p.text[""]
	if p.name == "output" {
		text = strings.Join(p.types(), ", ")
		if plain := p.text["text/plain"]; plain != "" {
			text += ": " + plain
		}
	}
	text = strings.Join(strings.Fields(termtext.Plain(text)), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return p.name + " " + text
}
