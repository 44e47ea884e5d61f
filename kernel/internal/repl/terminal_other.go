//go:build !(linux || darwin || dragonfly || freebsd || netbsd || openbsd)

package repl

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"
)

type modes struct{}

func openTerminal(*os.File, *os.File) (*terminal, error) {
	return nil, fmt.Errorf("the console has no prompt on %s (%w): "+
		"give -e CODE, files or a pipe, or use `go run ./kernel lab`", runtime.GOOS, errors.ErrUnsupported)
}

func (t *terminal) cell() (width, height int) { return 0, 0 }
func (t *terminal) restore()                  {}
func (t *terminal) echo(bool)                 {}

// readable cannot know, so that a read waits for as long as it takes.
func readable(*os.File, time.Duration) bool { return true }
