// Package profile shows what a cell spent its time or memory on: a flame graph,
// and tables of functions and of the cells' lines. It reads the profiles of
// package runtime/pprof.
package profile

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// Profile is what was recorded.
type Profile struct {
	samples []sample
	total   int64
	unit    string
	// Names makes a function's name one for people. It may be nil.
	Names func(string) string
}

// sample is a stack with its value, the innermost call first.
type sample struct {
	stack []frame
	value int64
}

// frame is a place in a function.
type frame struct {
	function, file string
	line           int64
}

// Read reads a profile of the values of a type: "cpu", "alloc_space".
func Read(file, valueType string) (*Profile, error) {
	p, err := parse(file)
	if err != nil {
		return nil, err
	}
	return of(p, valueType)
}

// ReadDifference reads what a profile has more than an earlier one. It is written
// to file in the place of the profile.
func ReadDifference(file, earlier, valueType string) (*Profile, error) {
	p, err := parse(file)
	if err != nil {
		return nil, err
	}
	base, err := parse(earlier)
	if err != nil {
		return nil, err
	}
	base.Scale(-1)
	if p, err = profile.Merge([]*profile.Profile{p, base}); err != nil {
		return nil, fmt.Errorf("the difference of two profiles: %w", err)
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := p.Write(f); err != nil {
		return nil, err
	}
	return of(p, valueType)
}

func parse(file string) (*profile.Profile, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s is no profile: %w", file, err)
	}
	return p, nil
}

func of(p *profile.Profile, valueType string) (*Profile, error) {
	at := slices.IndexFunc(p.SampleType, func(t *profile.ValueType) bool { return t.Type == valueType })
	if at < 0 {
		return nil, fmt.Errorf("the profile has no values of the type %s", valueType)
	}
	out := &Profile{unit: p.SampleType[at].Unit}
	for _, s := range p.Sample {
		if s.Value[at] == 0 {
			continue
		}
		one := sample{value: s.Value[at]}
		for _, location := range s.Location {
			for _, line := range location.Line { // more than one where calls were inlined
				f := frame{line: line.Line, function: "unknown"}
				if line.Function != nil {
					f.function, f.file = cmp.Or(line.Function.Name, nameless(location)), line.Function.Filename
				}
				one.stack = append(one.stack, f)
			}
			if len(location.Line) == 0 {
				one.stack = append(one.stack, frame{function: nameless(location)})
			}
		}
		out.samples = append(out.samples, one)
		out.total += one.value
	}
	return out, nil
}

// nameless stands for code that the runtime knows no name of, as in pprof: C, and
// the function of a cell that calls its statements.
func nameless(l *profile.Location) string {
	if l.Mapping == nil {
		return fmt.Sprintf("%#x", l.Address)
	}
	return "[" + filepath.Base(l.Mapping.File) + "]"
}

// Count is the number of different stacks in the profile.
func (p *Profile) Count() int { return len(p.samples) }

// Total is the sum of all values, in nanoseconds or bytes.
func (p *Profile) Total() int64 { return p.total }

// Row is a function, or a line, with its share.
type Row struct {
	Name string
	// Flat is the value of what it does itself, Cum that of what it calls, too.
	Flat, Cum int64
}

// Functions lists functions by what they do themselves, as `go tool pprof -top`
// does.
func (p *Profile) Functions() []Row {
	return p.rows(func(f frame) (string, bool) { return f.function, true })
}

// Lines lists the lines of cells.
func (p *Profile) Lines() []Row {
	return p.rows(func(f frame) (string, bool) {
		cell, ok := cellOf(f)
		return fmt.Sprintf("%s line %d", cell, f.line), ok && !hostFrame(f)
	})
}

// rows adds up by names. A name that stands several times in a stack counts once.
func (p *Profile) rows(name func(frame) (string, bool)) []Row {
	byName := map[string]*Row{}
	for _, s := range p.samples {
		seen := map[string]bool{}
		for i, f := range s.stack {
			n, ok := name(f)
			if !ok {
				continue
			}
			row := byName[n]
			if row == nil {
				row = &Row{Name: n}
				byName[n] = row
			}
			if i == 0 {
				row.Flat += s.value
			}
			if !seen[n] {
				seen[n] = true
				row.Cum += s.value
			}
		}
	}
	list := make([]Row, 0, len(byName))
	for _, row := range byName {
		list = append(list, *row)
	}
	slices.SortFunc(list, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Flat, a.Flat), cmp.Compare(b.Cum, a.Cum), strings.Compare(a.Name, b.Name))
	})
	return list
}

// cellFile is the name of a cell's file.
var cellFile = regexp.MustCompile(`(?:^|/)(cell\[\d+\])$`)

func cellOf(f frame) (cell string, ok bool) {
	if m := cellFile.FindStringSubmatch(f.file); m != nil {
		return m[1], true
	}
	return "", false
}

// label is a function's name for people: of a cell's, with the cell.
func (p *Profile) label(f frame) string {
	name := f.function
	if p.Names != nil {
		name = p.Names(name)
	}
	if cell, ok := cellOf(f); ok {
		return cell + " " + name
	}
	return name
}

// text writes a value for people.
func (p *Profile) text(value int64) string {
	if p.unit == "nanoseconds" {
		d := time.Duration(value)
		switch {
		case d >= time.Second || d <= -time.Second:
			return d.Round(10 * time.Millisecond).String()
		case d >= time.Millisecond || d <= -time.Millisecond:
			return d.Round(10 * time.Microsecond).String()
		}
		return d.String()
	}
	const unit = 1024
	switch {
	case value >= unit*unit || value <= -unit*unit:
		return fmt.Sprintf("%.1f MiB", float64(value)/unit/unit)
	case value >= unit || value <= -unit:
		return fmt.Sprintf("%.1f KiB", float64(value)/unit)
	}
	return fmt.Sprintf("%d B", value)
}

func (p *Profile) percent(value int64) string {
	if p.total == 0 {
		return "0%"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(value)/float64(p.total))
}
