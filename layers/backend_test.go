package layers

import "testing"

func TestWithoutDeadlock(t *testing.T) {
	for config, want := range map[string]string{
		"go":                     "go:ops_sequential",
		"go:":                    "go:ops_sequential",
		"go:parallelism=2":       "go:parallelism=2,ops_sequential",
		"go:ops_parallel":        "go:ops_parallel",
		"xla:/path/to/plugin.so": "xla:/path/to/plugin.so",
		"xla:cuda,tf32=false":    "xla:cuda,tf32=false",
	} {
		if got := withoutDeadlock(config); got != want {
			t.Errorf("%s: got %s, want %s", config, got, want)
		}
	}
}
