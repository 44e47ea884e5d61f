package run

import "testing"

func TestMergeProfiles(t *testing.T) {
	got := string(mergeProfiles([]string{
		"mode: set\na.go:1.1,2.2 1 0\na.go:3.1,4.2 2 1\n", "mode: set\na.go:1.1,2.2 1 1\na.go:3.1,4.2 2 0\nb.go:1.1,2.2 3 0\n", "mode: set\n", ""}))
	if want := "mode: set\na.go:1.1,2.2 1 1\na.go:3.1,4.2 2 1\nb.go:1.1,2.2 3 0\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
