package setup

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestToolchainErrors(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(m *fakeMachine)
		want  string // part of the error; "" for none
	}{
		{"fine", func(*fakeMachine) {}, ""},
		{"the very version", func(m *fakeMachine) { m.answer("go1.26.5") }, ""},
		{"newer", func(m *fakeMachine) { m.answer("go1.30rc1") }, ""},
		{"a development version", func(m *fakeMachine) { m.answer("devel go1.27-abcdef Mon Jan 1") }, ""},
		{"a vendor's version", func(m *fakeMachine) { m.answer("go1.26.8 X:nogreenteagc") }, ""},
		{"no go", func(m *fakeMachine) { os.Remove(filepath.Join(m.bin, "go")) },
			"no go command in PATH: install Go 1.26.5 or newer"},
		{"too old", func(m *fakeMachine) { m.answer("go1.26.4") }, "is go1.26.4, but the module needs go1.26.5 or newer"},
		{"much too old", func(m *fakeMachine) { m.answer("go1.9") }, "is go1.9, but"},
		{"go that fails", func(m *fakeMachine) {
			m.write("bin/go", "#!/bin/sh\necho cannot find GOROOT >&2\nexit 2\n",
				0o755)
		}, "does not answer: exit status 2:\n\tcannot find GOROOT"},
		{"another go", func(m *fakeMachine) { m.write("bin/go", "#!/bin/sh\necho a board game\n", 0o755) }, "not JSON"},
		{"no C compiler", func(m *fakeMachine) { os.Remove(filepath.Join(m.bin, "cc")); m.t.Setenv("PATH", m.bin) },
			`no C compiler: "cc" is not in PATH`},
		{"no C headers", func(m *fakeMachine) {
			m.write("bin/cc", "#!/bin/sh\necho 'stdlib.h: No such file' >&2\nexit 1\n", 0o755)
		}, "cannot compile a plain C file: exit status 1:\n\tstdlib.h: No such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newFakeMachine(t)
			m.linkTools()
			if c.name == "no go" {
				t.Setenv("PATH", m.bin)
			}
			c.spoil(m)
			_, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestCompilerGoneAfterSetUp(t *testing.T) {
	m := newFakeMachine(t)
	if _, err := Ensure(t.Context(), Options{ModuleRoot: m.root}); err != nil {
		t.Fatal(err)
	}
	m.linkTools()
	if err := os.Remove(filepath.Join(m.bin, "cc")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", m.bin)
	_, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err == nil || !strings.Contains(err.Error(), `no C compiler: "cc" is not in PATH`) {
		t.Errorf("got %v", err)
	}
}

func TestCompilerFlagsInCC(t *testing.T) {
	m := newFakeMachine(t)
	m.write("bin/clang", "#!/bin/sh\ncat >/dev/null; echo \"$*\" >>\"$FAKE_LOG\"\n", 0o755)
	if err := (toolchain{CC: "clang -m64"}).checkCompiler(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m.calls("-m64 -x c") != 1 {
		t.Error("CC's own flags got lost")
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"  \t", nil},
		{"-a  -b\n-c", []string{"-a", "-b", "-c"}},
		{`'-ldflags=-w -s' -x`, []string{"-ldflags=-w -s", "-x"}},
		{`"-tags=a b"'-c'`, []string{"-tags=a b", "-c"}},
		{`-a='b c'`, []string{"-a='b", "c'"}}, // quotes count at a field's start only, as in the go command
		{`'open`, []string{"'open"}},
	} {
		if got := splitFlags(c.text); !slices.Equal(got, c.want) {
			t.Errorf("splitFlags(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func FuzzFlags(f *testing.F) {
	f.Add(`-a '-b c' "d e"`)
	f.Add(`'`)
	f.Add("\t\"")
	f.Add("'\f'")
	f.Fuzz(func(t *testing.T, text string) {
		fields := splitFlags(text)
		for _, field := range fields {
			if strings.ContainsAny(field, `'"`) {
				return // what the go command's quoting cannot say
			}
			if field == "" {
				return
			}
		}
		if again := splitFlags(joinFlags(fields)); !slices.Equal(again, fields) {
			t.Errorf("%q became %q", fields, again)
		}
	})
}

func TestCellFlags(t *testing.T) {
	for user, want := range map[string]string{
		"":                                  "-ldflags=-w",
		"-buildvcs=false":                   "-buildvcs=false -ldflags=-w",
		"-mod=mod -tags=x --modfile=y":      "-tags=x -ldflags=-w",
		"-ldflags=-s -trimpath":             "-trimpath '-ldflags=-s -w'",
		`"-ldflags=-X 'main.a=b c'" -p=1`:   `-p=1 "-ldflags=-X 'main.a=b c' -w"`,
		"-modcacherw":                       "-modcacherw -ldflags=-w",
		"'-gcflags=all=-N -l' -mod=vendor ": "'-gcflags=all=-N -l' -ldflags=-w",
	} {
		if got := (toolchain{Flags: user}).cellFlags("-w"); got != want {
			t.Errorf("GOFLAGS=%s became %s, want %s", user, got, want)
		}
	}
}
