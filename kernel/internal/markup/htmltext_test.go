package markup

import (
	"strings"
	"testing"
)

func TestHTMLText(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"plain", "plain"},
		{"a <b>bold</b> word", "a bold word"},
		{"a<b>b</b>c", "abc"},
		{"a\n   b", "a b"},
		{"<p>one</p><p>two</p>", "one\ntwo"},
		{"a<br>b<br/>c", "a\nb\nc"},
		{"<ul><li>a<li>b</ul>", "- a\n- b"},
		{"<pre>a\n  b</pre>", "a\n  b"},
		{"&lt;x&gt; &amp; &auml;", "<x> & ä"},
		{"<script>alert(1)</script><style>b{}</style>x", "x"},
		{"<table><tr><th>n</th><th>long name</th></tr><tr><td>10</td><td>x</td></tr></table>", "n   long name\n10  x"},
		{"<table><thead><tr><th></th><th>a</th></tr></thead><tbody><tr><th>0</th><td>1</td></tr></tbody></table>",
			"   a\n0  1"},
		{"<img src=x alt='a cat'>", "[a cat]"},
		{"<div>a<div>b</div></div>", "a\nb"},
		{"<b>not closed", "not closed"},
		{"", ""},
	} {
		if got := HTMLText(c.source); got != c.want {
			t.Errorf("%q: %q, want %q", c.source, got, c.want)
		}
	}
}

func FuzzHTMLText(f *testing.F) {
	f.Add("<table><tr><td>x<table>")
	f.Add(strings.Repeat("<div>", 1000) + "x")
	f.Fuzz(func(t *testing.T, source string) { HTMLText(source) })
}
