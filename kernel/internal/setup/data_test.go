package setup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPrepareData(t *testing.T) {
	for _, c := range []struct {
		name   string
		script string // what the data command does
		data   string
		dir    string
		want   string // the whole error; "" for none
	}{
		{name: "a folder", script: "echo /data/cifar", dir: "/data/cifar"},
		{name: "built-in pictures", script: "echo builtin", dir: BuiltinData},
		{name: "the user's choice", script: `echo "$2"`, data: "/some/archive.tar.gz", dir: "/some/archive.tar.gz"},
		{name: "the word builtin is no path", script: `echo "$2"`, data: BuiltinData, dir: BuiltinData},
		{name: "bad data", script: "echo looking >&2; echo 'fetch: five batches, want six' >&2; exit 1",
			want: "five batches, want six"},
		{name: "nonsense", script: "echo relative/path",
			want: dataCommand + ` printed "relative/path": want an absolute folder or the word builtin`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newFakeMachine(t)
			m.write("data.sh", c.script, 0o644)
			e := &Environment{ModuleRoot: m.root, Cache: os.Getenv("GOCIFAR_CACHE")}
			dir, err := e.PrepareData(t.Context(), c.data, nil)
			if c.want != "" {
				if err == nil || err.Error() != c.want {
					t.Errorf("got %v, want %q", err, c.want)
				}
				return
			}
			if err != nil || dir != c.dir {
				t.Errorf("got %q, %v, want %q", dir, err, c.dir)
			}
		})
	}
}

func TestPrepareDataMakesPathsAbsolute(t *testing.T) {
	m := newFakeMachine(t)
	m.write("data.sh", `echo "$2"`, 0o644)
	e := &Environment{ModuleRoot: m.root}
	t.Chdir(filepath.Dir(m.root))
	want, err := filepath.Abs("archive")
	if err != nil {
		t.Fatal(err)
	}
	if dir, err := e.PrepareData(t.Context(), "archive", nil); err != nil || dir != want {
		t.Errorf("got %q, %v, want %q", dir, err, want)
	}
}

func TestPrepareDataOfAProgramThatDoesNotBuild(t *testing.T) {
	m := newFakeMachine(t)
	m.write("bin/go", "#!/bin/sh\necho 'x.go:1:1: expected package' >&2\nexit 1\n", 0o755)
	_, err := (&Environment{ModuleRoot: m.root}).PrepareData(t.Context(), "", nil)
	if err == nil || !strings.Contains(err.Error(), "x.go:1:1: expected package") {
		t.Errorf("got %v, want the compiler's words", err)
	}
}

func TestPrepareDataInterrupted(t *testing.T) {
	m := newFakeMachine(t)
	m.write("data.sh", `echo started >>"$FAKE_LOG"; sleep 300`, 0o644)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for range 1000 {
			if m.calls("started") > 0 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
	}()
	_, err := (&Environment{ModuleRoot: m.root}).PrepareData(ctx, "", nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestNeedsData(t *testing.T) {
	for text, want := range map[string]bool{
		`{"source": ["import \"github.com/gocifar/gocifar/cifar\"\n"]}`:  true,
		`{"source": ["import \"github.com/gocifar/gocifar/layers\"\n"]}`: false,
		``: false,
	} {
		if got := NeedsData([]byte(text)); got != want {
			t.Errorf("NeedsData(%s) = %v", text, got)
		}
	}
}
