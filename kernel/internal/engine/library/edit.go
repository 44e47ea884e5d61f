package library

import (
	"cmp"
	"context"
	"debug/elf"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/library/sharedsyms"
)

// Edit is what became of packages that the user has edited.
type Edit struct {
	// Packages are those with new code: edited ones, and others that depend on
	// them.
	Packages []string
	// Refused says why a process cannot take the new code at all; "" if it can.
	Refused string
	// Anew are packages that come in once more, because the process cannot take
	// their new code beside the old; Why says why. Left are the paths that they
	// had, as in the symbols and layouts of values.
	Anew, Left []string
	Why        string
	// Load are shared libraries that the process has to load, in order. The last
	// one has the new code of packages that the process holds.
	Load []string
	// Functions are the functions in the last library that take the place of
	// others, by symbol, with their places in the file.
	Functions map[string]uint64
}

// Edit compiles packages of a session anew, and tells what the session's process
// has to do for their new code. It is nil if nothing is new, and what the
// session has stays importable if there is an error or a refusal.
//
// The process keeps its variables and types: in the layer with the new code they
// are bound to those that are there. Functions of the layer are its own, and the
// process makes the old ones jump to them. So old values, closures and method
// tables call new code. A package for which that cannot be comes in anew.
func (b *Compiler) Edit(ctx context.Context, o AddOptions) (*Edit, error) {
	start := time.Now()
	packages, err := b.find(ctx, o, false)
	if err != nil {
		return nil, err
	}
	g := b.group(packages)
	if len(g.edited) == 0 && len(g.differ) == 0 {
		b.remember(packages, start)
		return nil, nil
	}
	e := &Edit{}
	for _, p := range g.edited {
		e.Packages = append(e.Packages, GivenPath(p.ImportPath))
	}
	if len(g.differ) > 0 {
		e.Refused = GivenPath(g.differ[0]) + " has another version"
		return e, nil
	}
	refused, why := b.differences(packages, g.edited)
	if o.InPlace && why != "" {
		e.Refused = why
		return e, nil
	}
	before := maps.Clone(b.times)
	anew := b.dependents(packages, refused)
	for _, p := range anew {
		if len(p.CgoFiles) > 0 {
			e.Refused = cmp.Or(why, p.ImportPath+" depends on it") + ", and " + GivenPath(p.ImportPath) + " has C code"
			return e, nil
		}
		e.Anew, e.Left = append(e.Anew, GivenPath(p.ImportPath)), append(e.Left, p.ImportPath)
	}
	e.Why = why
	if len(anew) > 0 {
		if packages, err = b.begin(ctx, o, anew); err == nil {
			g = b.group(packages)
		}
	}
	if err == nil {
		err = b.takeGroups(ctx, o, g, e)
	}
	switch {
	case err == nil:
	case len(anew) > 0 && ctx.Err() == nil: // it has been compiled the usual way
		b.times = before
		e.Refused = fmt.Sprintf("%s (%v)", why, err)
		return e, nil
	default:
		b.times = before
		return nil, err
	}
	b.remember(packages, start)
	for _, path := range e.Left {
		delete(b.watched, path)
	}
	return e, nil
}

// takeGroups makes the layers of an edit.
func (b *Compiler) takeGroups(ctx context.Context, o AddOptions, g groups, e *Edit) error {
	layers := slices.Clone(b.layers)
	for _, group := range [][]*listed{g.others, append(g.own, g.edited...)} {
		if len(group) == 0 {
			continue
		}
		y, err := b.library.layer(ctx, b.module, group, layers)
		if err != nil {
			return err
		}
		b.noteLayer(y)
		layers, e.Load = append(layers, y), append(e.Load, y.shared())
		if len(y.Replaced) == 0 {
			continue
		}
		if e.Functions, err = y.functions(y.Replaced); err != nil {
			return err
		}
	}
	return b.use(o.Dir, layers)
}

// replaced lists the functions in a package's archive that libraries have, too,
// and that are of packages with certain prefixes of symbols: its own, and
// instances of generic functions of others with new code. Functions of others
// are those that are there.
func replaced(prefixes []string, archive []byte, libraries []*libraryIndex) (names []string) {
	seen := map[string]bool{}
	eachObject(archive, func(o *object) {
		for i := range o.defined() {
			name := o.name(i)
			if !slices.ContainsFunc(prefixes, func(own string) bool { return strings.HasPrefix(name, own) }) ||
				o.symbols[i*symbolSize+symbolKind] != textSymbol && !ofBody(name) {
				continue
			}
			for _, name := range []string{name, name + ".abi0", name + ".abiinternal"} {
				if short := sharedsyms.Mangled(name); !seen[short] && defined(libraries, name) {
					seen[short] = true
					names = append(names, short)
				}
			}
		}
	})
	return names
}

// SymbolPrefix begins the symbols of a package (cmd/internal/objabi,
// PathToPrefix).
func SymbolPrefix(path string) string {
	slash := strings.LastIndexByte(path, '/') + 1
	return path[:slash] + strings.ReplaceAll(path[slash:], ".", "%2e") + "."
}

// ofBody tells whether a symbol that is no function belongs to the bodies of
// functions: the value of a function f is f·f, and what the compiler makes has two
// dots. Only the task of initializing a package is done once for all.
func ofBody(name string) bool {
	if strings.HasPrefix(name, "type:") || strings.HasPrefix(name, "go:") || strings.HasSuffix(name, "..inittask") {
		return false
	}
	return strings.HasSuffix(name, "·f") || strings.Contains(name, "..")
}

// keepLocal is a version script that hides symbols of a layer which are there
// already, so that its code uses its own.
func keepLocal(names []string) string {
	var w strings.Builder
	w.WriteString("{ local:\n")
	for _, name := range names {
		fmt.Fprintf(&w, "\t%q;\n", name)
	}
	w.WriteString("};\n")
	return w.String()
}

// literal matches the symbols of function literals and of what the compiler makes
// of go, defer and range statements.
var literal = regexp.MustCompile(`\.(func|gowrap|deferwrap)\d+|-range\d+`)

// functions finds functions that the layer hides, but for bodies of function
// literals: a name such as f.func1 may mean another one now, and old values hold
// the old.
func (y *Layer) functions(names []string) (map[string]uint64, error) {
	f, err := elf.Open(y.shared())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	want := map[string]bool{}
	for _, name := range names {
		want[name] = !literal.MatchString(name)
	}
	found := map[string]uint64{}
	for _, s := range symbols {
		if want[s.Name] && elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Value != 0 {
			found[s.Name] = s.Value
		}
	}
	return found, nil
}
