package session

import "testing"

func TestExpressionList(t *testing.T) {
	for body, want := range map[string]string{
		"a, b":                      "a, b",
		"x := 1\na+1, // one\nf(2)": "a+1, // one\nf(2)",
		"x := 1; a, b // two":       "a, b",
		"a, b;":                     "",
		"a":                         "",
		"f(a, b)":                   "",
		"a, b := 1, 2":              "",
		"a, b = b, a":               "",
		"a, f(":                     "",
		"[]int{1, 2}, func() (int, int) { return 1, 2 }": "[]int{1, 2}, func() (int, int) { return 1, 2 }",
		"for i, j := range x {\n}":                       "",
		"a, list...":                                     "",
		"\"日\", `\n,`":                                   "\"日\", `\n,`",
	} {
		s, ok := expressionList(body)
		if got := body[s.start:s.end]; ok != (want != "") || ok && got != want {
			t.Errorf("%q ends in the list %q, %t; want %q", body, got, ok, want)
		}
	}
}

// FuzzExpressionList: whatever comes, the list lies within the text.
func FuzzExpressionList(f *testing.F) {
	for _, s := range []string{"a, b", "a, b;", ",", "(,", "`", "/*", "a, // b", "\"", "x\n,y", "日, 本"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if s, _ := expressionList(body); s.start < 0 || s.end < s.start || s.end > len(body) {
			t.Errorf("%q: %v", body, s)
		}
	})
}
