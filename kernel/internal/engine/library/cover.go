package library

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Coverage counts which lines of the user's packages have run. `go tool cover`
// writes counters into their files, as it does for `go test -cover`, but each
// file has a variable of its own: the host finds variables by their symbols in
// whatever shared library they are, while what the runtime knows of counters is
// made for programs.
type Coverage struct {
	mu    sync.Mutex
	tool  string
	files map[string]*CoveredFile // by path
}

// CoveredFile is a file with counters.
type CoveredFile struct {
	// Name is the file's in profiles: the package's path and the base name.
	Name string
	// Symbol is the variable that begins with the counters, an uint32 for each
	// block.
	Symbol string
	Blocks []CoverBlock

	sum  [sha256.Size]byte // of the file
	text string            // with counters
}

// CoverBlock is a piece of a file that runs as a whole.
type CoverBlock struct {
	StartLine, StartColumn, EndLine, EndColumn, Statements int
}

// NewCoverage returns one that has met no packages yet.
func NewCoverage() *Coverage { return &Coverage{files: map[string]*CoveredFile{}} }

// Count makes the compiler put counters into packages of the user's modules that
// are added from now on.
func (b *Compiler) Count(c *Coverage) { b.coverage = c }

// Files lists the files with counters, by name.
func (c *Coverage) Files() []*CoveredFile {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]*CoveredFile, 0, len(c.files))
	for _, f := range c.files {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *CoveredFile) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// listCovered is list with counters in the packages of the user's modules.
func (l *Library) listCovered(ctx context.Context, c *Coverage, dir string, env, arguments []string) ([]*listed,
	error) {
	packages, err := l.list(ctx, dir, env, arguments, nil)
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, p := range packages {
		if !p.own() {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
			file := filepath.Join(p.Dir, name)
			text, err := c.instrument(ctx, l, p.ImportPath, file)
			if err != nil {
				return nil, fmt.Errorf("counters for coverage in %s: %w", file, err)
			}
			texts[file] = text
		}
	}
	return l.listWith(ctx, dir, env, arguments, texts)
}

// instrument returns the text of a file with counters in it.
func (c *Coverage) instrument(ctx context.Context, l *Library, importPath, file string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	if f := c.files[file]; f != nil && f.sum == sum {
		return f.text, nil
	}
	if c.tool == "" {
		out, err := l.goCommand(ctx, "", nil, "tool", "-n", "cover")
		if err != nil {
			return "", err
		}
		c.tool = strings.TrimSpace(string(out))
	}
	variable := fmt.Sprintf("GoCover_%x", sha256.Sum256([]byte(file)))[:24]
	text, err := output(command(ctx, c.tool, "-mode=set", "-var="+variable, file))
	if err != nil {
		return "", err
	}
	blocks, err := readBlocks(string(text), variable)
	if err != nil {
		return "", err
	}
	c.files[file] = &CoveredFile{Name: path.Join(importPath, filepath.Base(file)),
		Symbol: SymbolPrefix(importPath) + variable, Blocks: blocks, sum: sum, text: string(text)}
	return string(text), nil
}

var (
	positionLine  = regexp.MustCompile(`(?m)^\t\t(\d+), (\d+), (0x[0-9a-f]+), // \[\d+\]$`)
	statementLine = regexp.MustCompile(`(?m)^\t\t(\d+), // \d+$`)
)

// readBlocks reads the blocks in what `go tool cover` has written: lines such as
// "6, 7, 0xb0013, // [0]" with the lines and, in two halves, the columns of the
// end and the start, and then "1, // 0" with the number of statements.
func readBlocks(text, variable string) ([]CoverBlock, error) {
	_, table, found := strings.Cut(text, "\nvar "+variable+" = struct {")
	positions := positionLine.FindAllStringSubmatch(table, -1)
	statements := statementLine.FindAllStringSubmatch(table, -1)
	if !found && strings.Contains(text, variable) || len(positions) != len(statements) {
		return nil, fmt.Errorf("the cover tool of this Go writes %d blocks and %d numbers of statements",
			len(positions), len(statements))
	}
	blocks := make([]CoverBlock, len(positions))
	for i, p := range positions {
		var n [3]int
		for k := range n {
			value, err := strconv.ParseInt(p[k+1], 0, 64)
			if err != nil {
				return nil, err
			}
			n[k] = int(value)
		}
		count, err := strconv.Atoi(statements[i][1])
		if err != nil {
			return nil, err
		}
		blocks[i] = CoverBlock{StartLine: n[0], EndLine: n[1], StartColumn: n[2] & 0xffff, EndColumn: n[2] >> 16,
			Statements: count}
	}
	return blocks, nil
}
