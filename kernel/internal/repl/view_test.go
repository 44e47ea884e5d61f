package repl

import (
	"strings"
	"testing"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/kernel/internal/markup"
	"github.com/gocifar/gocifar/kernel/internal/repl/picture"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
	"github.com/rivo/uniseg"
)

func TestTextOf(t *testing.T) {
	for _, c := range []struct {
		name string
		data map[string]string
		want string
	}{
		{"plain", map[string]string{"text/plain": "p", "text/html": "<b>h</b>"}, "p"},
		{"plain that says nothing", map[string]string{"text/plain": "<IPython.core.display.HTML object>",
			"text/html": "<b>h</b>"}, "h"},
		{"markdown", map[string]string{"text/markdown": "# *m* \\*\n\n`c`", "text/html": "h"}, "m *\n\nc"},
		{"HTML alone, as GoNB sends it", map[string]string{"text/html": "<h1>H</h1>t"}, "H\nt"},
		{"LaTeX", map[string]string{"text/latex": "$x$"}, "$x$"},
		{"other text", map[string]string{"text/x-other": "o"}, "o"},
		{"a picture alone", map[string]string{"image/svg+xml": "<svg/>"},
			"[image/svg+xml, 6 bytes; :save FILE.ipynb keeps it]"},
		{"nothing", nil, ""},
	} {
		if got := textOf(fakekernel.Bundle(c.data), markup.Options{}); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := textOf(jupyter.MIMEBundle{"application/json": []byte(`{"a":[1]}`)},
		markup.Options{}); got != "{\n  \"a\": [\n    1\n  ]\n}" {
		t.Errorf("JSON: %q", got)
	}
}

func TestViewPictures(t *testing.T) {
	v := viewer{terminal: picture.Terminal{Protocol: picture.Blocks}}
	for _, c := range []struct {
		name    string
		data    map[string]string
		drawing bool
		text    string
	}{
		{"its text is short", map[string]string{"image/png": redDot, "text/plain": "a dot"}, true, ""},
		{"its text says something", map[string]string{"image/png": redDot, "text/plain": "a\ntable"}, true, "a\ntable"},
		{"base64 in lines", map[string]string{"image/png": redDot[:40] + "\n" + redDot[40:]}, true, ""},
		{"no base64", map[string]string{"image/png": "%", "text/plain": "t"}, false, "t"},
		{"no picture", map[string]string{"image/png": "aGFsbG8=", "text/plain": "t"}, false,
			"t\n[image/png: picture: image: unknown format]"},
		{"no picture at all", map[string]string{"text/plain": "t"}, false, "t"},
	} {
		got := v.view(fakekernel.Bundle(c.data), 80, 24, 1)
		if (got.drawing != nil) != c.drawing || got.text != c.text {
			t.Errorf("%s: drawing %v, text %q", c.name, got.drawing != nil, got.text)
		}
	}
}

func TestWrapper(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       []string
	}{
		{"empty", "", []string{""}},
		{"short", "abc", []string{"abc"}},
		{"exact", "0123456789", []string{"0123456789"}},
		{"long", "0123456789abc", []string{"0123456789", "abc"}},
		{"wide", "世界世界世界", []string{"世界世界世", "界"}},
		{"combined", "e\u0301" + "x", []string{"e\u0301x"}},
		{"a tab", "a\tb", []string{"a       b"}},
		{"a tab at the end", "12345678\tb", []string{"12345678", "        b"}},
		{"a color", "a\x1b[31mb\x1b[0mc", []string{"a\x1b[31mb\x1b[0mc"}},
		{"a color across rows", "\x1b[1;31m0123456789abc\x1b[m",
			[]string{"\x1b[1;31m0123456789\x1b[0m", "\x1b[1;31mabc\x1b[m"}},
		{"a color without an end", "\x1b[31mabc", []string{"\x1b[31mabc\x1b[0m"}},
		{"cursor movement", "a\x1b[5Ab\x1b[2Jc\x1b[Kd", []string{"abcd"}},
		{"operating system commands", "a\x1b]0;title\ab\x1b]52;c;x\x1b\\c", []string{"abc"}},
		{"device control", "a\x1bPq#0\x1b\\b\x1b_Gx\x1b\\c", []string{"abc"}},
		{"other escapes", "a\x1b7b\x1b(Bc\x1bcd", []string{"abcd"}},
		{"broken off", "a\x1b[31", []string{"a"}},
		{"a lone escape", "a\x1b", []string{"a"}},
		{"controls", "a\x00\a\v\f\x7f\u009b31mb", []string{"a31mb"}},
		{"halves of a control character", "a\xc2\x1b[m\x9bb", []string{"a\uFFFD\x1b[m\uFFFDb"}},
		{"an accent behind a color", "☁\x1b[31m\ufe0fb", []string{"☁\x1b[31mb\x1b[0m"}},
		{"private modes in the clothes of a color", "a\x1b[?25mb\x1b[>4mc", []string{"abc"}},
	} {
		w := wrapper{width: 10}
		if got := w.rows(c.line); strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	w := wrapper{width: 10}
	w.rows("\x1b[32mgreen")
	if got := w.rows("next"); got[0] != "\x1b[32mnext\x1b[0m" {
		t.Errorf("the next line: %q", got)
	}
}

// FuzzWrapper: whatever a kernel prints, rows fit and hold nothing but text and
// colors.
func FuzzWrapper(f *testing.F) {
	f.Add("a\x1b[31mb\x1b]0;x\a\tc世", 10)
	f.Add("\x1b\x1b[[\x1b]\x1b\\\x1bP", 1)
	f.Add("\xc2\x1bm\x80 \xc2\x1b[m\x80", 20)
	f.Add(strings.Repeat("☁\x1b[m\ufe0f", 20), 10)
	f.Fuzz(func(t *testing.T, line string, width int) {
		if width < 10 || width > 200 {
			t.Skip()
		}
		w := wrapper{width: width}
		for _, row := range w.rows(line) {
			rest := row
			var plain strings.Builder
			for rest != "" {
				if rest[0] == '\x1b' {
					var sequence string
					if sequence, rest = termtext.CutEscape(rest); !termtext.IsColor(sequence) {
						t.Fatalf("%q is in the row %q", sequence, row)
					}
					continue
				}
				plain.WriteByte(rest[0])
				rest = rest[1:]
			}
			for _, r := range plain.String() {
				if r < 0x20 || r >= 0x7f && r < 0xa0 {
					t.Fatalf("%q is in the row %q", r, row)
				}
			}
			if uniseg.StringWidth(plain.String()) > width+1 {
				t.Fatalf("%q is wider than %d", row, width)
			}
		}
	})
}
