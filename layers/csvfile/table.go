package csvfile

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// table is a file that is read row by row.
type table struct {
	file     *os.File
	csv      *csv.Reader
	sum      hash.Hash
	headless bool
	record   []string // the row that was read
	held     bool     // it is the first, which next has yet to return
	err      error
}

func (f *File) open() (*table, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	from := bufio.NewReaderSize(io.TeeReader(file, sum), 1<<16)
	if mark, err := from.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = from.Discard(3) // some programs begin a file of UTF-8 so
	}
	r := csv.NewReader(from)
	r.Comma, r.ReuseRecord, r.TrimLeadingSpace = f.comma, true, true
	return &table{file: file, csv: r, sum: sum, headless: f.headless}, nil
}

func (t *table) close() { _ = t.file.Close() }

// header reads the names of the columns.
func (t *table) header() ([]string, error) {
	record, err := t.csv.Read()
	if err == io.EOF {
		return nil, errors.New("is empty")
	}
	if err != nil {
		return nil, err
	}
	if t.headless {
		t.record, t.held = record, true
		names := make([]string, len(record))
		for i := range names {
			names[i] = strconv.Itoa(i + 1)
		}
		return names, nil
	}
	names := slices.Clone(record)
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
		if slices.Contains(names[:i], names[i]) {
			return nil, fmt.Errorf("has two columns named %q", names[i])
		}
	}
	return names, nil
}

// next reads a row, and tells whether there is one.
func (t *table) next() bool {
	if t.held {
		t.held = false
		return true
	}
	t.record, t.err = t.csv.Read()
	return t.err == nil
}

// end returns what ended the rows, if it was not the file's end, and a checksum of
// the file.
func (t *table) end() (string, error) {
	if t.err != io.EOF {
		return "", t.err
	}
	return fmt.Sprintf("%x", t.sum.Sum(nil)[:12]), nil
}

// numbers reads the values of columns.
func (t *table) numbers(columns []int, names []string, to []float32) error {
	for i, column := range columns {
		v, err := strconv.ParseFloat(strings.TrimSpace(t.record[column]), 32)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return t.wrong(column, names, "wants a finite number")
		}
		to[i] = float32(v)
	}
	return nil
}

// wrong names the place of a value that cannot be used.
func (t *table) wrong(column int, names []string, wants string) error {
	line, _ := t.csv.FieldPos(column)
	return fmt.Errorf("line %d, column %q: %s, got %q", line, names[column], wants, t.record[column])
}
