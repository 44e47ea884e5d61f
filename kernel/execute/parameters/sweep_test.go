package parameters

import (
	"fmt"
	"strings"
	"testing"
)

func TestPoints(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"rate: [0.1, 1e-3]\nbatch: [32, 64]", "[rate=0.1, batch=32 rate=0.1, batch=64 rate=0.001, batch=32 rate=0.001, batch=64]"},
		{`{"b": [true, null], "a": ["x y", "1", [1, "z"], {"k": 1.5}]}`, `[b=true, a=x y b=true, a="1" b=true, a=[1,"z"] ` +
			`b=true, a={"k":1.5} b=null, a=x y b=null, a="1" b=null, a=[1,"z"] b=null, a={"k":1.5}]`},
		{"- {rate: 0.1}\n- {rate: 0.2, batch: 3}\n- {batch: 3, other: 2026-01-02}", "[rate=0.1 rate=0.2, batch=3 batch=3, other=2026-01-02]"},
		{"", "!there is no point in it"},
		{"# nothing", "!there is no point in it"},
		{"[]", "!there is no point in it"},
		{"{}", "!there is no point in it"},
		{"a: []", "!a: want a list of values, such as [1, 2]"},
		{"a: 1", "!a: want a list of values, such as [1, 2]"},
		{"7", "!want a list of points, or an object"},
		{"[{}]", "!point 1: it sets no parameter"},
		{"[{a: 1}, 2]", "!point 2: want an object of names and values"},
		{"a: [1, 1.0]", "!points 1 and 2 are both a=1: leave one out"},
		{"[{a: 1, b: 2}, {b: 3}, {b: 2, a: 1}]", "!points 1 and 3 are both b=2, a=1: leave one out"},
		{"{a: [1], a: [2]}", "!already defined"},
		{"{1a: [1]}", "!\"1a\" is no name"},
		{"{a: [1", "!yaml"},
		{"{a: [&x [*x]]}", "!contains itself"},
	} {
		points, err := ParsePoints([]byte(c.text))
		if message, bad := strings.CutPrefix(c.want, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), message) {
				t.Errorf("%q: %v, %v, want %s", c.text, points, err, message)
			}
		} else if got := fmt.Sprint(points); err != nil || got != c.want {
			t.Errorf("%q:\n%s, %v, want\n%s", c.text, got, err, c.want)
		}
	}
	var many strings.Builder
	for name := 'a'; name < 'f'; name++ {
		fmt.Fprintf(&many, "%c: [1, 2, 3, 4, 5, 6, 7]\n", name)
	}
	if _, err := ParsePoints([]byte(many.String())); err == nil || !strings.Contains(err.Error(), "more than 10000 points") {
		t.Errorf("7^5 points: %v", err)
	}
}

// TestFileNames: every point has a file of its own.
func TestFileNames(t *testing.T) {
	points, err := ParsePoints([]byte(`a: [1, "1", x/y, x\y, x_y, "ä", "", "` + strings.Repeat("x", 300) + `", "` +
		strings.Repeat("x", 301) + `"]`))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range points {
		name := p.FileName()
		if seen[name] || len(name) > mostFileName || strings.ContainsAny(name, `/\"`) || !strings.HasPrefix(name, "a=") {
			t.Errorf("%.40s has the file name %s", p, name)
		}
		seen[name] = true
	}
	if !seen["a=1"] || !seen["a=x_y"] || len(seen) != 9 {
		t.Errorf("%v", seen)
	}
}

func FuzzPoints(f *testing.F) {
	f.Add("rate: [0.1, 1e-3]\nbatch: [32, 64]")
	f.Add("- {rate: 0.1}\n- {rate: .nan}")
	f.Fuzz(func(t *testing.T, text string) {
		points, err := ParsePoints([]byte(text))
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, p := range points {
			if name := p.FileName(); seen[name] || strings.ContainsAny(name, "/\\\x00") {
				t.Errorf("%q: point %v has the file name %q", text, p, name)
			} else {
				seen[name] = true
			}
		}
	})
}
