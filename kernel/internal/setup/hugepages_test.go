package setup

import (
	"runtime"
	"slices"
	"testing"
)

func TestTunables(t *testing.T) {
	for name, c := range map[string]struct{ device, own, want string }{
		"on the CPU":       {"cpu", "", hugePages},
		"settings of own":  {"cpu", "glibc.malloc.perturb=1", ""},
		"on a GPU":         {"cuda", "", ""},
		"without a plugin": {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GLIBC_TUNABLES", c.own)
			m := &machine{backend: Backend{Config: "xla:x", Device: c.device}}
			want := c.want
			if runtime.GOOS != "linux" {
				want = ""
			}
			if got := m.tunables(); got != want {
				t.Errorf("GLIBC_TUNABLES is %q, want %q", got, want)
			}
			if got := slices.Contains(environ(m.gonbSpec()), "GLIBC_TUNABLES="+hugePages); got != (want != "") {
				t.Errorf("the kernelspec sets it: %t", got)
			}
		})
	}
}
