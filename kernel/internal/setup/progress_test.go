package setup

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPlainProgress(t *testing.T) {
	var out bytes.Buffer
	p := &Progress{out: &out, interval: time.Hour}
	tools := p.Start("tools", "building")
	plugin := p.Start("plugin", "fetching")
	plugin.Update("fetching: %d MB", 3)
	plugin.End("", errors.New("left to the caller"))
	tools.End("built", nil)
	p.Start("again", "working").End("", nil)
	want := "tools: building\nplugin: fetching\ntools: built (0 s)\nagain: working\n"
	if out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
}

func TestPlainProgressShowsThatItLives(t *testing.T) {
	out := make(lines, 100)
	p := &Progress{out: out, interval: time.Millisecond}
	task := p.Start("tools", "building")
	task.Update("building gopls")
	defer task.End("", nil)
	for line := range out {
		if line == "tools: building gopls (0 s so far)\n" {
			return
		}
	}
}

// lines passes on what is written, and drops what nobody reads in time.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	select {
	case l <- string(p):
	default:
	}
	return len(p), nil
}

func TestTerminalProgress(t *testing.T) {
	var out bytes.Buffer
	p := &Progress{out: &out, interval: time.Hour, width: func() int { return 20 }}
	tools := p.Start("tools", "building")
	p.Start("plugin", "fetching").End("fetched", nil)
	tools.End("built", nil)
	want := []string{
		"tools: building 0 s",       // 19 columns: just fits
		"tools: building 0 …",       // the second task does not
		"",                          // erased,
		"plugin: fetched (0 s)\n",   // because this line stays
		"tools: building 0 s", "\n", // drawn again, erased,
	}
	got := out.String()
	for _, part := range []string{want[0], want[1], want[3]} {
		if !strings.Contains(got, part) {
			t.Errorf("%q lacks %q", got, part)
		}
	}
	if !strings.HasSuffix(got, "\r\x1b[Ktools: built (0 s)\n") {
		t.Errorf("%q does not end with the plain result", got)
	}
	for _, line := range strings.Split(got, "\r\x1b[K") {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); !strings.HasSuffix(line, "\n") && n > 19 {
			t.Errorf("%q is %d columns wide", line, n)
		}
	}
}

func TestNoProgress(t *testing.T) {
	var p *Progress
	task := p.Start("a", "b")
	task.Update("c")
	task.End("d", nil)
}
