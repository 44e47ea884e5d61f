// Package csvfile reads tables of comma-separated values as examples, row by row,
// so that they may be larger than memory:
//
//	iris, err := csvfile.Open("iris.csv", csvfile.Label("species"))
//	history, err := model.Fit(ctx, layers.Shuffled(iris, 10_000))
//
// The first line names the columns. One may be the label, some the numbers to
// predict; all others, or those that are chosen, are the inputs. A layer of
// [layers.Normalization] brings them to one scale.
package csvfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An Option changes how Open reads a file.
type Option func(*File)

// Label names the column with the class of each row, a word or a number.
func Label(column string) Option { return func(f *File) { f.label = column } }

// Classes lists the classes in the order of their labels. Default: those in the
// file, sorted.
func Classes(names ...string) Option { return func(f *File) { f.classes = names } }

// Targets names the columns with the numbers to predict.
func Targets(columns ...string) Option { return func(f *File) { f.targets = columns } }

// Inputs names the columns that are the inputs, in their order. Default: all but
// label and targets.
func Inputs(columns ...string) Option { return func(f *File) { f.inputs = columns } }

// Comma is what separates the values of a row. Default ','.
func Comma(separator rune) Option { return func(f *File) { f.comma = separator } }

// WithoutHeader reads a file whose first line has values. Its columns have the
// names "1", "2", ….
func WithoutHeader() Option { return func(f *File) { f.headless = true } }

// File is a table: a layers.Source that knows its length.
type File struct {
	path            string
	comma           rune
	headless        bool
	label           string
	inputs, targets []string
	classes         []string

	columns  []string
	at       places
	rows     int
	checksum string
}

// places are the numbers of columns.
type places struct {
	inputs, targets []int
	label           int // -1 for none
}

// Open reads a file once, without keeping it, so that what is wrong with it comes
// to light before a model trains: the error names line and column.
func Open(path string, options ...Option) (*File, error) {
	f := &File{path: path, comma: ','}
	for _, option := range options {
		option(f)
	}
	if err := f.measure(); err != nil {
		return nil, fmt.Errorf("csvfile: %s: %w", path, err)
	}
	return f, nil
}

// Len is the number of rows, without the header.
func (f *File) Len() int { return f.rows }

// Inputs are the names of the columns that models read.
func (f *File) Inputs() []string { return slices.Clone(f.inputs) }

// Classes names the labels; nil where there are none.
func (f *File) Classes() []string { return slices.Clone(f.classes) }

// Fingerprint tells the file, and what is read of it, from others.
func (f *File) Fingerprint() (string, error) {
	return fmt.Sprintf("%d rows %s, inputs %q, label %q of %q, targets %q", f.rows, f.checksum, f.inputs, f.label,
		f.classes, f.targets), nil
}

// measure reads the file for the first time.
func (f *File) measure() error {
	t, err := f.open()
	if err != nil {
		return err
	}
	defer t.close()
	if f.columns, err = t.header(); err != nil {
		return err
	}
	if err := f.place(); err != nil {
		return err
	}
	found := map[string]bool{}
	row := newRow(f)
	given := f.classes != nil
	for t.next() {
		if err := t.numbers(f.at.inputs, f.columns, row.Floats); err != nil {
			return err
		}
		if err := t.numbers(f.at.targets, f.columns, row.Targets); err != nil {
			return err
		}
		if f.at.label >= 0 {
			class := t.record[f.at.label]
			if given && !slices.Contains(f.classes, class) {
				return t.wrong(f.at.label, f.columns, fmt.Sprintf("wants one of the classes %q", f.classes))
			}
			found[class] = true
		}
		f.rows++
	}
	if f.checksum, err = t.end(); err != nil {
		return err
	}
	if f.rows == 0 {
		return errors.New("has no rows")
	}
	if f.at.label >= 0 && !given {
		f.classes = sorted(found)
	}
	return nil
}

// place finds the columns.
func (f *File) place() error {
	find := func(name, what string) (int, error) {
		at := slices.Index(f.columns, name)
		if at < 0 {
			return 0, fmt.Errorf("has no column %q for %s; it has %q", name, what, f.columns)
		}
		return at, nil
	}
	f.at.label = -1
	var err error
	if f.label != "" {
		if f.at.label, err = find(f.label, "the label"); err != nil {
			return err
		}
	}
	if f.label != "" && f.targets != nil {
		return errors.New("wants either a label or targets, got both")
	}
	for _, name := range f.targets {
		at, err := find(name, "a target")
		if err != nil {
			return err
		}
		f.at.targets = append(f.at.targets, at)
	}
	if f.inputs == nil {
		for _, name := range f.columns {
			if name != f.label && !slices.Contains(f.targets, name) {
				f.inputs = append(f.inputs, name)
			}
		}
	}
	if len(f.inputs) == 0 {
		return errors.New("has no column for inputs")
	}
	for _, name := range f.inputs {
		at, err := find(name, "an input")
		if err != nil {
			return err
		}
		f.at.inputs = append(f.at.inputs, at)
	}
	return nil
}

// sorted are words in their order, or numbers in theirs if all are numbers.
func sorted(found map[string]bool) (list []string) {
	numbers := true
	for class := range found {
		_, err := strconv.ParseFloat(class, 64)
		numbers = numbers && err == nil
		list = append(list, class)
	}
	slices.SortFunc(list, func(a, b string) int {
		if numbers {
			x, _ := strconv.ParseFloat(a, 64)
			y, _ := strconv.ParseFloat(b, 64)
			if x != y {
				if x < y {
					return -1
				}
				return 1
			}
		}
		return strings.Compare(a, b)
	})
	return list
}
