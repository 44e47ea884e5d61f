package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
)

// format changes whenever libraries are built in another way, so that earlier
// ones are not used.
const format = 2

// Key names the library that Build makes for the go command in dir: it follows
// from the toolchain, its settings, and what we add.
func Key(ctx context.Context, goCommand, dir string) (string, error) {
	cmd := command(ctx, goCommand, "env", "GOVERSION", "GOROOT", "CC", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT",
		"CGO_CFLAGS", "CGO_LDFLAGS", "GOFLAGS")
	cmd.Dir = dir
	out, err := output(cmd)
	if err != nil {
		return "", fmt.Errorf("%s does not answer: %w", goCommand, err)
	}
	// Of GOFLAGS build tags alone matter.
	settings, flags := cutLastLine(strings.TrimSuffix(string(out), "\n"))
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s\n%s\n%#v\n", format, settings, tagsOf(flags), features)
	err = fs.WalkDir(host.Source, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := host.Source.ReadFile(path)
		fmt.Fprintf(h, "%s %d\n", path, len(data))
		h.Write(data)
		return err
	})
	return hex.EncodeToString(h.Sum(nil))[:16], err
}

func cutLastLine(text string) (before, last string) {
	at := strings.LastIndexByte(text, '\n') + 1
	return text[:at], text[at:]
}

// Warm makes the layers with packages of a module, so that cells that import
// some of them need not wait.
func (l *Library) Warm(ctx context.Context, m Module, dir string, packages []string) error {
	_, err := NewCompiler(l, m).Add(ctx, AddOptions{Dir: dir, Paths: packages})
	return err
}
