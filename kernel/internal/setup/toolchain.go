package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// toolchain is the Go and C toolchain that builds tools and cells.
type toolchain struct {
	goBin      string // absolute path of the go command
	GoVersion  string `json:"GOVERSION"`
	Flags      string `json:"GOFLAGS"`
	CC         string `json:"CC"`
	OS         string `json:"GOOS"`
	Arch       string `json:"GOARCH"`
	BuildCache string `json:"GOCACHE"`
}

// findToolchain asks the go command in PATH about itself.
func findToolchain(ctx context.Context, c checkout) (toolchain, error) {
	goBin, err := lookGo(c.language)
	if err != nil {
		return toolchain{}, err
	}
	t := toolchain{goBin: goBin}
	cmd := newCommand(ctx, goBin, "env", "-json", "GOVERSION", "GOFLAGS", "CC", "GOOS", "GOARCH", "GOCACHE")
	cmd.Dir = c.root
	out, err := output(cmd)
	if err != nil {
		return toolchain{}, fmt.Errorf("%s does not answer: %w", goBin, err)
	}
	if err := json.Unmarshal(out, &t); err != nil {
		return toolchain{}, fmt.Errorf("%s env answered something that is not JSON: %w", goBin, err)
	}
	// A development version ("devel go1.27-…") is taken as new enough.
	release, _, _ := strings.Cut(t.GoVersion, " ")
	if wanted := "go" + c.language; version.IsValid(release) && version.Compare(release, wanted) < 0 {
		return toolchain{}, fmt.Errorf("%s is %s, but the module needs %s or newer: install a newer Go "+
			"(https://go.dev/dl), or let Go fetch one with GOTOOLCHAIN=auto",
			goBin, release, wanted)
	}
	return t, nil
}

// lookGo finds the go command; language is the version to ask for if there is
// none.
func lookGo(language string) (string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		least := ""
		if language != "" {
			least = " " + language + " or newer"
		}
		return "", fmt.Errorf("no go command in PATH: install Go%s (https://go.dev/dl) and put its bin folder into PATH",
			least)
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", fmt.Errorf("cannot resolve the path of the go command: %w", err)
	}
	return path, nil
}

const compilerRemedy = "install one (Debian, Ubuntu: apt install gcc libc6-dev; Fedora: dnf install gcc; " +
	"macOS: xcode-select --install) or set CC"

// compiler finds the C compiler: its path and the flags that CC gives it.
func (t toolchain) compiler() (path string, flags []string, err error) {
	fields := splitFlags(t.CC)
	if len(fields) == 0 {
		return "", nil, errors.New("no C compiler is configured, and GoMLX's XLA binding needs one: " + compilerRemedy)
	}
	path, err = exec.LookPath(fields[0])
	if err != nil {
		return "", nil, fmt.Errorf("no C compiler: %q is not in PATH, and GoMLX's XLA binding needs one: %s", fields[0],
			compilerRemedy)
	}
	return path, fields[1:], nil
}

// path lists, as a kernelspec writes PATH, the folders of the go command and of
// the C compiler: JupyterLab started from a desktop often has neither.
func (t toolchain) path() string {
	path := []string{filepath.Dir(t.goBin)}
	if fields := splitFlags(t.CC); len(fields) > 0 {
		if cc, err := exec.LookPath(fields[0]); err == nil && filepath.IsAbs(cc) {
			path = append(path, filepath.Dir(cc))
		}
	}
	return literal(strings.Join(path, string(os.PathListSeparator)))
}

// checkCompiler compiles one line of C: XLA's binding needs a C compiler and
// the C library's headers, and a first cell would fail long-windedly without.
func (t toolchain) checkCompiler(ctx context.Context) error {
	path, flags, err := t.compiler()
	if err != nil {
		return err
	}
	cmd := newCommand(ctx, path, append(flags, "-x", "c", "-fsyntax-only", "-")...)
	cmd.Stdin = strings.NewReader("#include <stdlib.h>\n#include <dlfcn.h>\nint main(void) { return EXIT_SUCCESS; }\n")
	if _, err := output(cmd); err != nil {
		return fmt.Errorf("the C compiler %s cannot compile a plain C file: %w; %s", path, err, compilerRemedy)
	}
	return nil
}

// splitFlags splits a list as the go command splits GOFLAGS and CC: at white
// space, except that a field may stand in single or double quotes.
func splitFlags(s string) []string {
	const space = " \t\r\n"
	var fields []string
	for s = strings.TrimLeft(s, space); s != ""; s = strings.TrimLeft(s, space) {
		end := strings.IndexAny(s, space)
		if quote := s[0]; quote == '"' || quote == '\'' {
			if i := strings.IndexByte(s[1:], quote); i >= 0 {
				fields = append(fields, s[1:1+i])
				s = s[i+2:]
				continue
			}
		}
		if end < 0 {
			end = len(s)
		}
		fields = append(fields, s[:end])
		s = s[end:]
	}
	return fields
}

// joinFlags is the inverse of splitFlags.
func joinFlags(fields []string) string {
	quoted := make([]string, len(fields))
	for i, f := range fields {
		switch {
		case !strings.ContainsAny(f, " \t\r\n'\""):
			quoted[i] = f
		case !strings.Contains(f, "'"):
			quoted[i] = "'" + f + "'"
		default:
			quoted[i] = `"` + f + `"`
		}
	}
	return strings.Join(quoted, " ")
}

// cellFlags is the GOFLAGS of a kernel: the user's own, with ldflags added to
// the linker's, and without -mod and -modfile, which a workspace refuses and
// GoNB puts every cell into one.
func (t toolchain) cellFlags(ldflags string) string {
	var kept []string
	for _, f := range splitFlags(t.Flags) {
		name := strings.TrimLeft(f, "-")
		switch {
		case strings.HasPrefix(name, "mod="), strings.HasPrefix(name, "modfile="):
		case strings.HasPrefix(name, "ldflags="):
			ldflags = strings.TrimPrefix(name, "ldflags=") + " " + ldflags
		default:
			kept = append(kept, f)
		}
	}
	return joinFlags(append(kept, "-ldflags="+ldflags))
}
