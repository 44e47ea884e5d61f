package cifar

import (
	"strings"
	"testing"
)

func TestCounts(t *testing.T) {
	l := smallLayout()
	data, err := testLoader(t, l, "builtin").load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	shown := data.Counts().Display()
	lines := strings.Split(shown.Text, "\n")
	if want := "    0  airplane           2     1"; lines[1] != want {
		t.Errorf("got  %q\nwant %q", lines[1], want)
	}
	if want := "       all               20    10"; lines[11] != want {
		t.Errorf("got  %q\nwant %q", lines[11], want)
	}
	if strings.Count(shown.HTML, "<tr>") != 12 {
		t.Error(shown.HTML)
	}
}
