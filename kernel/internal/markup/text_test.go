package markup

import (
	"strings"
	"testing"

	"github.com/rivo/uniseg"
)

func TestMarkdownText(t *testing.T) {
	for _, c := range []struct {
		name, source, want string
	}{
		{"gopls' documentation", "```go\nfunc strings.Repeat(s string, count int) string\n```\n\n---\n\n" +
			"It panics if the result of (len(s) \\* count) overflows, see [Builder](file:///go/builder.go#87,19).\n\n\n---\n\n" +
			"[`strings.Repeat` on pkg.go.dev](https://pkg.go.dev/strings#Repeat)",
			"    func strings.Repeat(s string, count int) string\n\n" +
				"It panics if the result of (len(s) * count) overflows, see Builder.\n\n" +
				"strings.Repeat on pkg.go.dev (https://pkg.go.dev/strings#Repeat)"},
		{"escapes and entities", `1\) "\\u003c" &amp; \<script> &lt;b&gt; \[]byte`, `1) "\u003c" & <script> <b> []byte`},
		{"emphasis", "*a* __b__ `c*d` ~~e~~", "a b c*d e"},
		{"a heading", "# 1 · *T*\ntext", "1 · T\n\ntext"},
		{"lines of a paragraph", "a\nb  \nc\\\nd", "a b\nc\nd"},
		{"indented code", "x\n\n\tif a {\n\t\tb()\n\t}\n\ny", "x\n\n    if a {\n        b()\n    }\n\ny"},
		{"lists", "- a\n- b\n  1. c\n  2. d\n\n3. e", "- a\n- b\n  1. c\n  2. d\n\n3. e"},
		{"loose lists", "- a\n\n- b\n\n  c", "- a\n\n- b\n\n  c"},
		{"code in a tight list", "- a\n  ```\n  x\n\n  y\n  ```", "- a\n\n      x\n\n      y"},
		{"tasks", "- [x] a\n- [ ] b", "- [x] a\n- [ ] b"},
		{"an empty item", "-\n- a", "-\n- a"},
		{"a quotation", "> a\n>\n> b", "│ a\n│\n│ b"},
		{"a table", "| n | long name |\n|--:|:--|\n| 10 | `x` |\n| 7 | 世界 |", " n  long name\n10  x\n 7  世界"},
		{"addresses", "<https://x.y/z> https://a.b <me@x.y> [https://c.d](https://c.d) [t](other.ipynb)",
			"https://x.y/z https://a.b me@x.y https://c.d t"},
		{"an address with entities", "[t](https://x.y/?a=1&amp;b=\\*&copy=2)", "t (https://x.y/?a=1&b=*&copy=2)"},
		{"a picture", "![a cat](cat.png) ![web](https://x.y/z.png)", "[a cat] [web] (https://x.y/z.png)"},
		{"HTML", "a <b>bold</b><br>line\n\n<ul><li>one</li></ul>\n\n<!-- note -->\n\nb", "a bold\nline\n\n- one\n\nb"},
		{"a reference", "[t][r]\n\n[r]: https://x.y", "t (https://x.y)"},
		{"not closed", "**a `b [c](", "**a `b [c]("},
		{"nothing", "", ""},
	} {
		if got := MarkdownText(c.source, Options{}); got != c.want {
			t.Errorf("%s:\n%q, want\n%q", c.name, got, c.want)
		}
	}
}

func TestMarkdownStyles(t *testing.T) {
	for _, c := range []struct {
		source string
		width  int
		want   string
	}{
		{"# H `c`\n\nt", 0, "\x1b[1mH \x1b[0m\x1b[1;36mc\x1b[0m\n\nt"},
		{"a *b **c*** d", 0, "a \x1b[3mb \x1b[0m\x1b[3;1mc\x1b[0m d"},
		{"[x](https://y.z)", 0, "\x1b[4mx\x1b[0m (https://y.z)"},
		{"aaa bbb ccc ddd", 8, "aaa bbb\nccc ddd"},
		{"- **aaa bbb** ccc", 6, "- \x1b[1maaa\x1b[0m\n  \x1b[1mbbb\x1b[0m\n  ccc"},
		{"a longerword b", 5, "a\nlongerword\nb"},
		{"**世界 世界**", 5, "\x1b[1m世界\x1b[0m\n\x1b[1m世界\x1b[0m"},
	} {
		if got := MarkdownText(c.source, Options{Styles: true, Width: c.width}); got != c.want {
			t.Errorf("%q:\n%q, want\n%q", c.source, got, c.want)
		}
	}
}

// FuzzMarkdownText: words of any Markdown fit, and without styles there are
// none.
func FuzzMarkdownText(f *testing.F) {
	f.Add("# a\n> - *b* `c` [d](e)\n\n|a|\n|-|\n|b|")
	f.Add(strings.Repeat("> ", 200) + "x")
	f.Add("&#106;&amp;\\\\<b>\n<table>")
	f.Fuzz(func(t *testing.T, source string) {
		plain := MarkdownText(source, Options{})
		if !strings.Contains(source, "\x1b") && !strings.Contains(source, "&") && strings.Contains(plain, "\x1b") {
			t.Errorf("%q has styles: %q", source, plain)
		}
		styled := MarkdownText(source, Options{Styles: true, Width: 40})
		if strings.ContainsAny(source, "\x1b&|<") || strings.Contains(source, "```") {
			return
		}
		for line := range strings.SplitSeq(styled, "\n") {
			line = sequence.ReplaceAllString(line, "")
			words := strings.Contains(strings.TrimSpace(line), " ") && !strings.HasPrefix(line, codeIndent) &&
				!strings.ContainsAny(line, "│-*.)")
			if words && uniseg.StringWidth(line) > 40 {
				t.Errorf("%q makes the line %q", source, line)
			}
		}
	})
}
