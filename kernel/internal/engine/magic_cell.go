package engine

import (
	"errors"
	"io/fs"
	"os"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// cellMagic runs a cell that is not Go.
func (r *run) cellMagic(c *gocell.Cell) error {
	switch c.Magic {
	case "writefile":
		return r.writeFile(c)
	case "script":
		if len(c.MagicArgs) == 0 {
			return magicErrorf("%%%%script wants a command")
		}
		return r.command(c.MagicArgs, r.cwd, c.Rest+"\n", noInput)
	case "bash", "sh":
		if len(c.MagicArgs) > 0 {
			return magicErrorf("%%%%%s takes no arguments, got %q", c.Magic, c.MagicArgs)
		}
		return r.command([]string{c.Magic}, r.cwd, c.Rest+"\n", noInput)
	}
	return magicErrorf("%%%%%s is not in the live kernel; run this notebook on the GoNB kernel for it", c.Magic)
}

func (e *Engine) writeFile(c *gocell.Cell) error {
	args, flags, done := c.MagicArgs, os.O_TRUNC, "written"
	if len(args) > 1 && args[0] == "-a" {
		args, flags, done = args[1:], os.O_APPEND, "appended"
	}
	if len(args) != 1 {
		return magicErrorf("%%%%writefile wants a file: %%%%writefile [-a] FILE")
	}
	path := e.path(args[0])
	f, err := os.OpenFile(path, flags|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.WriteString(c.Rest + "\n")
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		var pathError *fs.PathError
		if errors.As(err, &pathError) {
			err = pathError.Err
		}
		return magicErrorf("%%%%writefile %s: %v", args[0], err)
	}
	e.stderr("Cell contents %s to %q.\n", done, path)
	return nil
}
