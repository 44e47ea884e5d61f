package library

import (
	"context"
	"debug/elf"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Edit is what became of packages that the user has edited.
type Edit struct {
	// Packages are those with new code: edited ones, and others that depend on
	// them.
	Packages []string
	// Refused says why a process cannot take the new code beside the old; "" if
	// it can.
	Refused string
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
// tables call new code.
func (b *Compiler) Edit(ctx context.Context, o AddOptions) (*Edit, error) {
	begin := time.Now()
	packages, err := b.find(ctx, o, false)
	if err != nil {
		return nil, err
	}
	e := &Edit{}
	var others, own, edited []*listed
	for _, p := range packages {
		switch have := b.imports[p.ImportPath]; {
		case have == nil && p.own():
			own = append(own, p)
		case have == nil:
			others = append(others, p)
		case have.Sum == "" || have.Sum == p.BuildID:
		case !p.own():
			e.Refused = p.ImportPath + " has another version"
		default:
			edited = append(edited, p)
			e.Packages = append(e.Packages, p.ImportPath)
		}
	}
	if len(edited) == 0 && e.Refused == "" {
		b.remember(packages, begin)
		return nil, nil
	}
	if e.Refused == "" {
		e.Refused = b.differences(packages, edited)
	}
	if e.Refused != "" {
		return e, nil
	}
	layers := slices.Clone(b.layers)
	if len(others) > 0 {
		y, err := b.library.layer(ctx, b.module, others, layers)
		if err != nil {
			return nil, err
		}
		layers, e.Load = append(layers, y), append(e.Load, y.shared())
	}
	y, err := b.library.layer(ctx, b.module, append(own, edited...), layers)
	if err != nil {
		return nil, err
	}
	if e.Functions, err = y.functions(y.Replaced); err != nil {
		return nil, err
	}
	e.Load = append(e.Load, y.shared())
	if err := b.use(o.Dir, append(layers, y)); err != nil {
		return nil, err
	}
	b.remember(packages, begin)
	return e, nil
}

// replaced lists the functions of a package that libraries have, too. Others'
// functions in its archive, such as instances of their generic ones, are those
// that are there.
func replaced(path string, archive []byte, libraries []*libraryIndex) (names []string) {
	own := symbolPrefix(path)
	seen := map[string]bool{}
	eachObject(archive, func(o *object) {
		for i := range o.defined() {
			name := o.name(i)
			if !strings.HasPrefix(name, own) ||
				o.symbols[i*symbolSize+symbolKind] != textSymbol && !ofBody(name) {
				continue
			}
			for _, name := range []string{name, name + ".abi0", name + ".abiinternal"} {
				if short := mangled(name); !seen[short] && defined(libraries, name) {
					seen[short] = true
					names = append(names, short)
				}
			}
		}
	})
	return names
}

// symbolPrefix begins the symbols of a package (cmd/internal/objabi,
// PathToPrefix).
func symbolPrefix(path string) string {
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
