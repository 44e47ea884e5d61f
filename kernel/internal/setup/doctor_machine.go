package setup

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// cellSpace is what a program that GoNB builds of a cell, and the compiler
// while it works, take of the folder for temporary files.
const cellSpace = 300 << 20

// disk looks at the space where set-up and cells write.
func (d *diagnosis) disk() {
	if d.m.cache.root != "" {
		d.space("disk", d.m.cache.root, needSpace, "a set-up needs",
			"`go run ./kernel clean` gives some back; GOCIFAR_CACHE names a folder on another disk")
	}
	d.space("temporary files", os.TempDir(), cellSpace, "compiling cells needs",
		"delete what is old in it, or set TMPDIR to a folder on another disk")
}

func (d *diagnosis) space(part, dir string, need int64, why, remedy string) {
	free, err := freeSpace(dir)
	switch {
	case err != nil:
		d.add(part, Absent, fmt.Sprintf("the system does not say how much is free in %s", dir), "")
	case free < need:
		d.add(part, Broken, fmt.Sprintf("%d MB are free in %s, and %s up to %d MB", free>>20, dir, why, need>>20), remedy)
	default:
		d.add(part, Fine, fmt.Sprintf("%d MB free in %s", free>>20, dir), "")
	}
}

// sockets opens what kernels talk through: unix sockets, and for Jupyter ports
// of the loopback interface.
func (d *diagnosis) sockets() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.add("ports", Broken, fmt.Sprintf("no port of 127.0.0.1 can be opened: %v", err),
			"let programs listen on the loopback interface; Jupyter talks to kernels through it")
	} else {
		listener.Close()
		d.add("ports", Fine, "free ports on 127.0.0.1 can be opened", "")
	}
	dir, err := os.MkdirTemp("", "gck-")
	if err == nil {
		defer os.RemoveAll(dir)
		if listener, err = net.Listen("unix", filepath.Join(dir, "s")); err == nil {
			listener.Close()
			return
		}
	}
	d.add("sockets", Broken, fmt.Sprintf("no unix socket can be made in %s: %v", os.TempDir(), err),
		"set TMPDIR to a folder of yours with a short name")
}

// cachePrograms are the libraries' own programs that compare what they keep
// with its hashes. They print a line for each thing: "ok" or "damaged", a tab,
// the part, a tab, and what there is.
var cachePrograms = [][]string{
	{ModulePath + "/cifar/cmd/fetch", "-check"},
	{ModulePath + "/transfer/cmd/check"},
}

// caches has the libraries look at what they keep: the kernel knows nothing of
// it.
func (d *diagnosis) caches() {
	if d.m.build.dir == "" {
		return // building the programs would take minutes
	}
	for _, program := range cachePrograms {
		cmd := newCommand(d.ctx, d.m.toolchain.goBin, append([]string{"run"}, program...)...)
		cmd.Dir = d.m.checkout.root
		cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=1", "GOCIFAR_CACHE="+d.m.cache.root)
		var stdout bytes.Buffer
		var stderr tail
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := run(cmd); err != nil {
			d.fail("caches", fmt.Errorf("%s: %w", strings.Join(program, " "), stderr.explain(err)))
			continue
		}
		for line := range strings.Lines(stdout.String()) {
			fields := strings.SplitN(strings.TrimSpace(line), "\t", 3)
			switch {
			case len(fields) < 3:
			case fields[0] == "ok":
				d.add(fields[1], Fine, fields[2], "")
			default:
				d.add(fields[1], Broken, fields[2], "delete what is damaged; it is downloaded or computed again when it is needed")
			}
		}
	}
}
