package setup

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	var seen []string
	w := tail{onLine: func(line string) { seen = append(seen, line) }}
	for i := range tailLines + 3 {
		fmt.Fprintf(&w, "line %d\r\n", i)
	}
	fmt.Fprint(&w, "half\rthe ")
	fmt.Fprint(&w, "end")
	failure := errors.New("failure")
	err := w.explain(failure)
	if !errors.Is(err, failure) {
		t.Errorf("%v does not wrap the failure", err)
	}
	lines := strings.Split(err.Error(), "\n\t")
	if len(lines) != tailLines+1 || lines[0] != "failure:" || lines[1] != "line 5" || lines[tailLines] != "the end" {
		t.Errorf("explained as %q", lines)
	}
	if len(seen) != tailLines+5 || seen[tailLines+3] != "half" {
		t.Errorf("saw %q", seen)
	}
	if err := (&tail{}).explain(failure); err != failure {
		t.Errorf("nothing to add, but got %v", err)
	}
}
