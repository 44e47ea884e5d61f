package library

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// complaintsLimit is ample for a parser.
const complaintsLimit = 10 * time.Second

// Complaints returns what the compiler says of a Go file that it cannot parse,
// a line for each mistake; nothing if it finds none or cannot be run.
func (b *Compiler) Complaints(text string) string {
	dir, err := os.MkdirTemp("", "complaints")
	if err != nil {
		return ""
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "cell.go")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), complaintsLimit)
	defer cancel()
	l := b.library
	compile := command(ctx, l.tool("compile"), "-o", filepath.Join(dir, "cell.a"), "-p", cellPath, "-lang="+l.Language,
		file)
	compile.Env = l.toolEnv()
	_, err = output(compile)
	var tool *ToolError
	if errors.As(err, &tool) {
		return tool.Output
	}
	return ""
}
