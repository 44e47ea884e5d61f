package host

import (
	"errors"
	"image"
	"strings"
	"testing"
)

type page struct{}

func (page) HTML() string { return "<b>page</b>" }

func TestTuple(t *testing.T) {
	for _, c := range []struct {
		values     []any
		text, html string
	}{
		{[]any{7, "two", nil}, `(7, "two", <nil>)`, ""},
		{[]any{errors.New("bad"), (*int)(nil), []string{"a"}}, "(bad, <nil>, [a])", ""},
		{[]any{page{}, "<i>"}, `({}, "<i>")`, "<div><b>page</b></div><div><pre>&#34;&lt;i&gt;&#34;</pre></div>"},
		{[]any{image.NewGray(image.Rect(0, 0, 2, 1)), nil}, "([picture, 2 by 1], <nil>)",
			`<div><img src="data:image/png;base64,`},
	} {
		b := tuple(c.values)
		html, _ := b["text/html"].(string)
		if b["text/plain"] != c.text || !strings.HasPrefix(html, c.html) || (html == "") != (c.html == "") {
			t.Errorf("%v is %v, want %s and %s", c.values, b, c.text, c.html)
		}
	}
}
