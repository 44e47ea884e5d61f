package termtext

import (
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                            "plain",
		"\x1b[1;31mred\x1b[0m \x1b[2Kline": "red line",
		"a\x1b]0;title\ab\x1b]8;;x\x1b\\c": "abc",
		"a\x1b]0;broken off\nb":            "a\nb",
		"a\x1b[31":                         "a",
		"a\x1b":                            "a",
		"\x1b7a\x1b(Bb":                    "ab",
	} {
		if got := Plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestFit(t *testing.T) {
	for in, want := range map[string]string{
		"1234567":               "1234567",
		"123\x1b[31m4567\x1b[m": "1234567",
		"12345678":              "1234567…",
		"世界世界":                  "世界世…",
		"a\tb\rc\u009b":         "a bc",
		"e\u0301e\u0301":        "e\u0301e\u0301",
	} {
		if got := Fit(in, 8); got != want || Width(got) > 8 {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("\x1b\x1b[[\x1b]\x1b\\\x1bP\xc2\x1bm\x80")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(Plain(text), "\x1b") || strings.ContainsAny(Fit(text, 20), "\x1b\n\r\b\x00\u009b") {
			t.Errorf("%q becomes %q and %q", text, Plain(text), Fit(text, 20))
		}
	})
}
