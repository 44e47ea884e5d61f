package repl

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hinshun/vt10x"

	"github.com/gocifar/gocifar/kernel/internal/repl/picture"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

func text(s string) jupyter.MIMEBundle {
	return fakekernel.Bundle(map[string]string{"text/plain": s})
}

func stdout(s string) jupyter.Content { return &jupyter.Stream{Name: "stdout", Text: s} }
func stderr(s string) jupyter.Content { return &jupyter.Stream{Name: "stderr", Text: s} }

func shownAs(id, s string) jupyter.Content {
	return &jupyter.DisplayData{Data: text(s), Transient: jupyter.Transient{DisplayID: id}}
}

func updatedTo(id, s string) jupyter.Content {
	return &jupyter.UpdateDisplayData{Data: text(s), Transient: jupyter.Transient{DisplayID: id}}
}

// emulator is a terminal with a screen on it.
type emulator struct {
	term   vt10x.Terminal
	screen *screen
	output bytes.Buffer
}

func newEmulator(columns, rows int) *emulator {
	e := &emulator{term: vt10x.New(vt10x.WithSize(columns, rows))}
	e.screen = &screen{out: e, size: func() (int, int) { return e.term.Size() }, view: viewer{color: true}}
	return e
}

func (e *emulator) Write(p []byte) (int, error) {
	e.output.Write(p)
	return e.term.Write(p)
}

// lines are what the terminal shows.
func (e *emulator) lines() []string {
	columns, rows := e.term.Size()
	var lines []string
	for y := range rows {
		var line []rune
		for x := range columns {
			ch := e.term.Cell(x, y).Char
			if ch == 0 {
				ch = ' '
			}
			line = append(line, ch)
		}
		lines = append(lines, strings.TrimRight(string(line), " "))
	}
	return lines
}

func TestScreen(t *testing.T) {
	type contents []jupyter.Content
	for _, c := range []struct {
		name     string
		contents []contents // what comes between two flushes
		want     string
	}{
		{"nothing", nil, ""},
		{"text", []contents{{stdout("a"), stdout("b\n"), stdout("c")}}, "ab\nc\n"},
		{"text, bit by bit", []contents{{stdout("a")}, {stdout("b\n")}, {stdout("c")}}, "ab\nc\n"},
		{"streams have lines of their own", []contents{{stdout("a"), stderr("b"), stdout("c\n")}}, "a\nb\nc\n"},
		{"a carriage return overwrites", []contents{{stdout("abc\rX")}, {stdout("Y\r\rZ")}}, "ZYc\n"},
		{"a backspace", []contents{{stdout("abc\b\bX\n")}}, "aX\n"},
		{"a line that was wrapped is overwritten as a whole",
			[]contents{{stdout(strings.Repeat("x", 25) + "\r")}, {stdout(strings.Repeat("y", 25))}},
			"yyyyyyyyyy\nyyyyyyyyyy\nyyyyy\n"},
		{"tabs", []contents{{stdout("a\tb\n")}}, "a       b\n"},
		{"wide characters are not cut", []contents{{stdout("123456789世界\n")}}, "123456789\n世界\n"},
		{"a display", []contents{{shownAs("", "one\ntwo")}}, "one\ntwo\n"},
		{"a display after text without an end", []contents{{stdout("a"), shownAs("", "b"), stdout("c")}}, "a\nb\nc\n"},
		{"an update", []contents{{shownAs("d", "old"), stdout("after\n")}, {updatedTo("d", "new")}}, "new\nafter\n"},
		{"an update that grows", []contents{{shownAs("d", "old"), stdout("after\n")}, {updatedTo("d", "new\nand more")}},
			"new\nand more\nafter\n"},
		{"an update that shrinks", []contents{{shownAs("d", "o\nl\nd"), stdout("after\n")}, {updatedTo("d", "new")}},
			"new\nafter\n"},
		{"an update of nothing is shown", []contents{{updatedTo("d", "new")}}, "new\n"},
		{"an id that is shown twice", []contents{{shownAs("d", "a"), shownAs("d", "b")}, {updatedTo("d", "c")}}, "c\nc\n"},
		{"clear", []contents{{stdout("a\nb\n"), shownAs("d", "c")}, {&jupyter.ClearOutput{}}}, ""},
		{"clear, later", []contents{{stdout("a\nb\n")}, {&jupyter.ClearOutput{Wait: true}}}, "a\nb\n"},
		{"clear, with what comes next", []contents{{stdout("a\nb\n")}, {&jupyter.ClearOutput{Wait: true}, stdout("c\n")}},
			"c\n"},
		{"a result", []contents{{&jupyter.ExecuteResult{ExecutionCount: 3, Data: text("42")}}}, "Out[3]: 42\n"},
		{"a result of many lines", []contents{{&jupyter.ExecuteResult{ExecutionCount: 3, Data: text("4\n2")}}},
			"Out[3]:\n4\n2\n"},
		{"an error", []contents{{&jupyter.ErrorOutput{Name: "E", Value: "v", Traceback: []string{"t1", "t2"}}}}, "t1\nt2\n"},
		{"an error without more", []contents{{&jupyter.ErrorOutput{Name: "E", Value: "v"}}}, "E: v\n"},
	} {
		e := newEmulator(10, 8)
		for _, contents := range c.contents {
			for _, content := range contents {
				e.screen.event(content)
			}
			e.screen.flush()
		}
		e.screen.end()
		if got := strings.TrimRight(strings.Join(e.lines(), "\n"), "\n"); got != strings.TrimRight(c.want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
		// The prompt comes on an empty line after it all.
		if cursor := e.term.Cursor(); cursor.X != 0 || cursor.Y != strings.Count(c.want, "\n") {
			t.Errorf("%s: the cursor is at %d, %d", c.name, cursor.X, cursor.Y)
		}
	}
}

// TestScreenAtRandom shows outputs at random, flushed now and then, and at the
// end as much as the terminal has room for must stand there as if all had been
// printed once.
func TestScreenAtRandom(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		columns, rows := 10+r.IntN(20), 3+r.IntN(12)
		e, once := newEmulator(columns, rows), newEmulator(columns, 400)
		var log []string
		for range 1 + r.IntN(30) {
			content := randomContent(r)
			log = append(log, fmt.Sprintf("%+v", content))
			e.screen.event(content)
			once.screen.event(content)
			if r.IntN(3) == 0 {
				e.screen.flush()
				log = append(log, "flush")
			}
		}
		e.screen.end()
		once.screen.end()
		want := strings.TrimRight(strings.Join(once.lines(), "\n"), "\n")
		got := strings.TrimRight(strings.Join(e.lines(), "\n"), "\n")
		if !strings.HasSuffix("\n"+want, "\n"+got) || got == "" && want != "" {
			t.Fatalf("seed %d, %d by %d:\n%s\nwant the end of\n%s\nafter\n%s", seed, columns, rows, got, want,
				strings.Join(log, "\n"))
		}
	}
}

func randomContent(r *rand.Rand) jupyter.Content {
	word := strings.Repeat(string(rune('a'+r.IntN(26))), 1+r.IntN(30))
	switch r.IntN(8) {
	case 0:
		return stdout(word + "\n")
	case 1:
		return stdout(word)
	case 2:
		return stdout("\r" + word)
	case 3:
		return stdout(strings.Repeat(word+"\n", 1+r.IntN(5)))
	case 4:
		return stderr(word + "\n")
	case 5:
		return shownAs(fmt.Sprint("d", r.IntN(3)), word+"\n"+word)
	case 6:
		return shownAs("", word)
	}
	if r.IntN(6) == 0 {
		return &jupyter.ClearOutput{Wait: r.IntN(2) == 0}
	}
	return shownAs(fmt.Sprint("d", r.IntN(3)), strings.Repeat(word+"\n", 1+r.IntN(4)))
}

// TestScreenOfLongOutput: what has scrolled off is let go, and an update of it
// comes below.
func TestScreenOfLongOutput(t *testing.T) {
	for _, every := range []int{1, 7, 500, 100_000} { // lines between two flushes
		e := newEmulator(40, 8)
		e.screen.event(shownAs("top", "old"))
		for i := range 3000 {
			if i%500 == 0 {
				e.screen.event(shownAs("", "a display"))
			}
			e.screen.event(stdout(fmt.Sprintf("line %d\n", i)))
			if i%every == 0 {
				e.screen.flush()
			}
		}
		e.screen.event(updatedTo("top", "new"))
		e.screen.end()
		lines := e.lines()
		if want := "line 2999"; lines[5] != want && lines[6] != want {
			t.Errorf("flush every %d: %q", every, lines)
		}
		if every < 1000 && lines[6] != "new" {
			t.Errorf("flush every %d: the update is not shown below: %q", every, lines)
		}
		if n := len(e.screen.shown); n > 8+keepRows {
			t.Errorf("flush every %d: %d rows are kept", every, n)
		}
	}
}

// TestScreenAfterResize goes on below what stands there.
func TestScreenAfterResize(t *testing.T) {
	e := newEmulator(20, 8)
	e.screen.event(stdout("before\n"))
	e.screen.event(shownAs("d", "display"))
	e.screen.flush()
	e.screen.event(stdout("not shown yet\n"))
	e.term.Resize(30, 8)
	e.screen.event(updatedTo("d", "updated"))
	e.screen.event(stdout("after\n"))
	e.screen.end()
	got := strings.TrimRight(strings.Join(e.lines(), "\n"), "\n")
	if want := "before\ndisplay\n\nnot shown yet\nupdated\nafter"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestScreenPictures: a picture takes its rows, is drawn in their first, and
// goes away when it is replaced.
func TestScreenPictures(t *testing.T) {
	e := newEmulator(20, 8)
	e.screen.view.terminal = picture.Terminal{Protocol: picture.Kitty, CellWidth: 1, CellHeight: 1}
	tall := fakekernel.Bundle(map[string]string{"image/png": tallPicture})
	e.screen.event(stdout("above\n"))
	e.screen.event(&jupyter.DisplayData{Data: tall, Transient: jupyter.Transient{DisplayID: "p"}})
	e.screen.event(stdout("below\n"))
	e.screen.flush()
	if got := strings.Join(e.lines()[:6], "\n"); got != "above\n\n\n\nbelow\n" {
		t.Errorf("around a picture of three rows:\n%s", got)
	}
	if out := e.output.String(); !strings.Contains(out, "above\r\n\r\n\r\n\x1b[2A\r\x1b7\x1b_Ga=T") ||
		!strings.Contains(out, "\x1b8\r\n\r\n\r\nbelow") {
		t.Errorf("drawn by %q", out)
	}
	e.output.Reset()
	e.screen.event(&jupyter.UpdateDisplayData{Data: text("gone"), Transient: jupyter.Transient{DisplayID: "p"}})
	e.screen.end()
	if got := strings.TrimRight(strings.Join(e.lines(), "\n"), "\n"); got != "above\ngone\nbelow" {
		t.Errorf("after the update:\n%s", got)
	}
	if out := e.output.String(); strings.Count(out, "a=d,d=I,i=") != 1 {
		t.Errorf("the picture was not taken away: %q", out)
	}
}

// tallPicture is a PNG of 1 by 3 pixels.
const tallPicture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAADCAAAAAB3tjpeAAAAC0lEQVR4nGNgAAEAAAYAAf6MZ8gAAAAASUVORK5CYII="
