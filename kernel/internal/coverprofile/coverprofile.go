// Package coverprofile joins profiles in the form of `go test -coverprofile`,
// as `go tool covdata` joins what programs leave in GOCOVERDIR: all must have
// one mode, and counts are added, or in the mode set, combined by "or". Profiles
// may be of different files, but where two have the same file, its code must be
// the same: blocks of two versions of a file cannot be told apart later.
package coverprofile

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Profile is what all profiles that were added have reached. The zero value is
// ready for use.
type Profile struct {
	mode  string
	from  string           // the first profile's name
	files map[string]*file // by name
}

// file is what is known of one source file.
type file struct {
	from   string // name of the first profile that has the file
	blocks map[block]uint64
}

// block is a place in a file, without statements that are blocks of their own.
type block struct {
	startLine, startColumn, endLine, endColumn int
	statements                                 int
}

// Add joins a profile. Its name stands in errors. A profile that cannot be
// joined changes nothing.
func (p *Profile) Add(name, text string) error {
	mode, files, err := parse(name, text)
	if err != nil {
		return err
	}
	if p.mode != "" && p.mode != mode {
		return fmt.Errorf("%s has the mode %s, but %s has the mode %s: make all profiles with one mode",
			p.from, p.mode, name, mode)
	}
	for path, f := range files {
		known := p.files[path]
		if known != nil && !maps.EqualFunc(known.blocks, f.blocks, func(uint64, uint64) bool { return true }) {
			return fmt.Errorf("%s and %s are of different code of %s: make both profiles with the same code",
				known.from, name, path)
		}
	}
	if p.mode == "" {
		p.mode, p.from, p.files = mode, name, map[string]*file{}
	}
	for path, f := range files {
		if p.files[path] == nil {
			p.files[path] = f
			continue
		}
		for b, count := range f.blocks {
			p.files[path].add(mode, b, count)
		}
	}
	return nil
}

func (f *file) add(mode string, b block, count uint64) {
	if mode == "set" {
		f.blocks[b] |= count
		return
	}
	sum, carry := bits.Add64(f.blocks[b], count, 0)
	if carry > 0 {
		sum = math.MaxUint64
	}
	f.blocks[b] = sum
}

// Bytes is the joined profile. If none was added, it has the mode set and no
// line.
func (p *Profile) Bytes() []byte {
	var out strings.Builder
	fmt.Fprintf(&out, "mode: %s\n", cmp.Or(p.mode, "set"))
	for _, path := range slices.Sorted(maps.Keys(p.files)) {
		blocks := p.files[path].blocks
		for _, b := range slices.SortedFunc(maps.Keys(blocks), block.compare) {
			fmt.Fprintf(&out, "%s:%d.%d,%d.%d %d %d\n", path, b.startLine, b.startColumn, b.endLine, b.endColumn,
				b.statements, blocks[b])
		}
	}
	return []byte(out.String())
}

func (b block) compare(c block) int {
	return cmp.Or(cmp.Compare(b.startLine, c.startLine), cmp.Compare(b.startColumn, c.startColumn),
		cmp.Compare(b.endLine, c.endLine), cmp.Compare(b.endColumn, c.endColumn), cmp.Compare(b.statements, c.statements))
}

var (
	modeLine  = regexp.MustCompile(`^mode: (set|count|atomic)$`)
	blockLine = regexp.MustCompile(`^(.+):(\d+)\.(\d+),(\d+)\.(\d+) (\d+) (\d+)$`)
)

// parse reads a profile, in which a block may stand more than once.
func parse(name, text string) (mode string, files map[string]*file, err error) {
	files = map[string]*file{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if number == 1 {
			m := modeLine.FindStringSubmatch(line)
			if m == nil {
				return "", nil, fmt.Errorf("%s is no profile of coverage: its first line is %.80q, want \"mode: set\", "+
					"\"mode: count\" or \"mode: atomic\"", name, line)
			}
			mode = m[1]
			continue
		}
		path, b, count, ok := parseBlock(line)
		if !ok {
			return "", nil, fmt.Errorf("%s, line %d: %.80q is no block of code, want "+
				"\"FILE:LINE.COLUMN,LINE.COLUMN STATEMENTS COUNT\"", name, number, line)
		}
		if files[path] == nil {
			files[path] = &file{from: name, blocks: map[block]uint64{}}
		}
		files[path].add(mode, b, count)
	}
	if mode == "" {
		return "", nil, fmt.Errorf("%s is no profile of coverage: it is empty", name)
	}
	return mode, files, nil
}

func parseBlock(line string) (path string, b block, count uint64, ok bool) {
	m := blockLine.FindStringSubmatch(line)
	if m == nil {
		return "", block{}, 0, false
	}
	numbers := make([]int, 5)
	for i := range numbers {
		var err error
		if numbers[i], err = strconv.Atoi(m[2+i]); err != nil {
			return "", block{}, 0, false
		}
	}
	count, err := strconv.ParseUint(m[7], 10, 64)
	return m[1], block{numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]}, count, err == nil
}
