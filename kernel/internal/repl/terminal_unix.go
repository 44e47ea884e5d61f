//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package repl

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// modes are the settings of a terminal.
type modes = unix.Termios

func openTerminal(in, out *os.File) (*terminal, error) {
	saved, err := unix.IoctlGetTermios(int(in.Fd()), getTermios)
	if err != nil {
		return nil, fmt.Errorf("the terminal cannot be set up: %w", err)
	}
	return &terminal{in: in, out: out, saved: saved}, nil
}

// cell is the size of a character cell in pixels, 0 where it is not known.
func (t *terminal) cell() (width, height int) {
	size, err := unix.IoctlGetWinsize(int(t.out.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return 0, 0
	}
	return int(size.Xpixel) / int(size.Col), int(size.Ypixel) / int(size.Row)
}

// restore puts the terminal back as it was found.
func (t *terminal) restore() { _ = unix.IoctlSetTermios(int(t.in.Fd()), setTermios, t.saved) }

// echo shows or hides what is typed. Hidden, it waits for the next prompt
// instead of running into a cell's output; Ctrl-C is a signal either way.
func (t *terminal) echo(on bool) {
	mode := *t.saved
	mode.Lflag |= unix.ISIG | unix.ICANON
	if on {
		mode.Lflag |= unix.ECHO
	} else {
		mode.Lflag &^= unix.ECHO
	}
	_ = unix.IoctlSetTermios(int(t.in.Fd()), setTermios, &mode) // it can be lived without
}

// readable waits until something can be read from f, or its end.
func readable(f *os.File, wait time.Duration) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, int(wait.Milliseconds()))
	return err == nil && n > 0
}
