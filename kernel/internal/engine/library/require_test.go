package library

import (
	"slices"
	"testing"
)

func TestOwnVersions(t *testing.T) {
	modules := map[string]string{"example.com/a": "v1.2.3", "example.com/a/b": "v0.1.0", "x.org": "v1.0.0"}
	asked := []string{"example.com/a", "example.com/a/sub/dir", "example.com/a/b/c", "example.com/ab", "x.org", "fmt"}
	want := []string{"example.com/a@v1.2.3", "example.com/a/sub/dir@v1.2.3", "example.com/a/b/c@v0.1.0",
		"example.com/ab", "x.org@v1.0.0", "fmt"}
	if got := ownVersions(asked, modules); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
