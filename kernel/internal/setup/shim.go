package setup

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

// A kernel finds a go command of ours before Go's own. It passes everything on,
// except for two things that GoNB does:
//
// GoNB starts a kernel with `go mod init` and runs a bare `go get` in each
// cell. In an empty module, that get asks the network for the newest version of
// whatever the cell imports, directly or not, though the workspace pins it: the
// versions would drift from ours, and without a network no cell would run. So
// the new module begins with our pins, and a get is first tried offline. Only a
// cell that imports something else needs the network, as it should.
const (
	shimName = "go"
	pinsName = "pins.mod" // beside the shim: what it adds to a new go.mod
)

// shim is the script. %s is Go's own command, quoted.
const shim = `#!/bin/sh
# Made by gocifar's kernel setup (kernel/internal/setup/shim.go says why).
go=%s
case "$1 $2 $3" in
'mod init gonb_'*)
	"$go" "$@" && exec cat "${0%%/*}/` + pinsName + `" >>go.mod
	exit ;;
'get  ' | 'get -t ')
	GOPROXY=off "$go" "$@" >/dev/null 2>&1 && exit ;;
esac
exec "$go" "$@"
`

// writeShim puts the go command and the pins of goMod into dir.
func writeShim(dir, goBin string, goMod []byte) error {
	pins, err := pinsOf(goMod)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, pinsName), pins, 0o644); err != nil {
		return cannotWrite(dir, err)
	}
	quoted := "'" + strings.ReplaceAll(goBin, "'", `'\''`) + "'"
	if err := os.WriteFile(filepath.Join(dir, shimName), fmt.Appendf(nil, shim, quoted), 0o755); err != nil {
		return cannotWrite(dir, err)
	}
	return nil
}

// pinsOf repeats the require lines of a go.mod.
func pinsOf(goMod []byte) ([]byte, error) {
	file, err := modfile.ParseLax("go.mod", goMod, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot read the module file: %w", err)
	}
	var pins strings.Builder
	pins.WriteString("\nrequire (\n")
	for _, r := range file.Require {
		fmt.Fprintf(&pins, "\t%s %s // indirect\n", r.Mod.Path, r.Mod.Version)
	}
	pins.WriteString(")\n")
	return []byte(pins.String()), nil
}
