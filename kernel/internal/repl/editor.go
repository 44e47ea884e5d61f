package repl

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/reeflective/readline"
	"github.com/reeflective/readline/inputrc"
)

// lineReader gets inputs from the user.
type lineReader interface {
	// read shows the prompt and returns an input, errInterrupted for Ctrl-C, or
	// io.EOF for Ctrl-D on an empty line.
	read(prompt string) (string, error)
	// above calls f, which prints whole lines, without harm to an input that is
	// being typed.
	above(f func())
	// abort makes read return err.
	abort(err error)
	// typed takes a line that was typed before anything read it, without its
	// end; ok is false if there is none.
	typed() (line string, ok bool)
}

var errInterrupted = errors.New("interrupted")

// editor is the line editor of a terminal.
type editor struct {
	shell  *readline.Shell
	reader *editorReader
	size   func() (columns, rows int)
	prompt int // the prompt's width

	mu      sync.Mutex
	reading bool
	pending []task
}

// task is something to do between two keys, and what to do instead when nothing
// is being read any more.
type task struct{ reading, idle func() }

// editorReader are the parts that the session gives to the editor.
type editorReader struct {
	complete func(source string) (complete bool, indent string)
	suggest  func(source string, cursor int) ([]suggestion, error)
	history  *history
}

// Commands that are added to readline's, and the key by which this program
// itself calls the first. Nothing else is bound to it, and a user who types it
// does no harm.
const (
	pendingCommand = "gocifar-pending"
	tabCommand     = "gocifar-tab"
	abortCommand   = "gocifar-abort"
	pendingKey     = "\x1c"
	tabKey         = "\t"
	abortKey       = "\x03"
)

// newEditor returns an editor for a terminal of the given size, into which the
// user has typed something already.
func newEditor(parts *editorReader, size func() (columns, rows int), typed string) *editor {
	e := &editor{shell: readline.NewShell(inputrc.WithApp("gocifar")), reader: parts, size: size}
	sh := e.shell
	for name, value := range map[string]any{
		// The probe asks the terminal for the cursor's place at each key, and
		// loses what was typed before the answer. See makeRoom.
		"cursor-position-probe": false,
		// As GNU's readline sets them where characters are UTF-8.
		"convert-meta": false, "input-meta": true, "output-meta": true,
		"enable-bracketed-paste":       true,
		"history-autosuggest":          false,
		"usage-hint-always":            false,
		"echo-control-characters":      false,
		"multiline-column":             true,
		"menu-complete-display-prefix": true,
	} {
		_ = sh.Config.Set(name, value) // it has no failure
	}
	abort := sh.Keymap.Commands()["abort"]
	complete := sh.Keymap.Commands()["menu-complete"]
	sh.Keymap.Register(map[string]func(){
		pendingCommand: e.runPending,
		tabCommand:     func() { e.tab(complete) },
		abortCommand:   func() { e.interrupt(abort) },
	})
	for _, keymap := range []string{"emacs", "emacs-standard", "vi-insert", "vi-command", "vi", "vi-move"} {
		_ = sh.Config.Bind(keymap, pendingKey, pendingCommand, false)
		_ = sh.Config.Bind(keymap, abortKey, abortCommand, false)
	}
	for _, keymap := range []string{"emacs", "emacs-standard", "vi-insert"} {
		_ = sh.Config.Bind(keymap, tabKey, tabCommand, false)
	}
	sh.History.Delete()
	sh.History.Add("history", parts.history)
	sh.AcceptMultiline = e.accept
	sh.SyntaxHighlighter = e.makeRoom
	sh.Completer = e.completions
	if typed != "" {
		sh.Keys.Feed(false, []rune(typed)...)
	}
	return e
}

func (e *editor) read(prompt string) (string, error) {
	e.prompt = termtext.Width(prompt)
	e.shell.Prompt.Primary(func() string { return prompt })
	e.mu.Lock()
	e.reading = true
	e.mu.Unlock()
	line, err := e.shell.Readline()
	e.mu.Lock()
	e.reading = false
	e.mu.Unlock()
	e.runRest()
	if errors.Is(err, readline.ErrInterrupt) {
		err = errInterrupted
	}
	return line, err
}

// accept decides what Enter does. A line that goes on is indented, unless it
// was pasted: then its indentation follows.
func (e *editor) accept(line []rune) bool {
	complete, indent := e.reader.complete(string(line))
	atEnd := e.shell.Cursor().Pos() >= len(line)
	if !complete && atEnd && indent != "" && e.shell.Keys.Empty() {
		e.shell.Keys.Feed(false, []rune(indent)...)
	}
	return complete
}

// makeRoom is called whenever the input is drawn, with the cursor where it
// begins. Readline needs one free row below it, and goes astray where it has
// none; so the screen is scrolled as far as need be, by IND (move down, scroll
// at the bottom), before the input is drawn.
func (e *editor) makeRoom(line []rune) string {
	columns, rows := e.size()
	need := 1
	for text := range strings.SplitSeq(string(line), "\n") {
		need += 1 + (e.prompt+termtext.Width(strings.ReplaceAll(text, "\t", "     ")))/max(columns, 1)
	}
	need = min(need-1, rows-1)
	return strings.Repeat("\x1bD", need) + fmt.Sprintf("\x1b[%dA", need) + string(line)
}

// tab indents at a line's start and completes elsewhere.
func (e *editor) tab(complete func()) {
	line, cursor := []rune(*e.shell.Line()), e.shell.Cursor()
	start := cursor.Pos()
	for start > 0 && line[start-1] != '\n' {
		start--
	}
	if strings.TrimSpace(string(line[start:cursor.Pos()])) == "" {
		e.shell.Cursor().InsertAt('\t')
		return
	}
	complete()
}

// interrupt is Ctrl-C: out of a menu or a search, else out of the line.
// Readline's own command does not leave the line if more keys have come with
// it.
func (e *editor) interrupt(abort func()) {
	if e.shell.Keymap.Local() != "" {
		abort()
		return
	}
	e.shell.Display.AcceptLine()
	e.shell.History.Accept(false, false, readline.ErrInterrupt)
}

// completions turns the kernel's suggestions into readline's, which replaces
// what stands before the cursor from the last blank on. It counts bytes there,
// so a word begins after the last character that has several.
func (e *editor) completions(line []rune, cursor int) readline.Completions {
	list, err := e.reader.suggest(string(line), cursor)
	if err != nil {
		return readline.CompleteMessage("%s", firstLine(err.Error()))
	}
	word := cursor
	for word > 0 && !strings.ContainsRune(" \t\n", line[word-1]) && line[word-1] < utf8.RuneSelf {
		word--
	}
	var values []readline.Completion
	for _, s := range list {
		if s.start < word || word == cursor && word > 0 && line[word-1] >= utf8.RuneSelf {
			e.insertShared(list, cursor)
			return readline.Completions{}
		}
		start := min(s.start, cursor)
		values = append(values, readline.Completion{Value: string(line[word:start]) + s.text, Display: s.text})
	}
	c := readline.CompleteRaw(e.fitting(values)).NoSpace()
	c.PREFIX = string(line[word:cursor])
	return c
}

// insertShared completes without a menu: by what all suggestions begin with.
func (e *editor) insertShared(list []suggestion, cursor int) {
	shared := []rune(list[0].text)
	var names []string
	for _, s := range list {
		n := 0
		for _, r := range s.text {
			if n == len(shared) || shared[n] != r {
				break
			}
			n++
		}
		shared = shared[:n]
		names = append(names, s.text)
	}
	start := list[0].start
	if len(shared) > cursor-start {
		e.shell.Cursor().Set(start)
		e.shell.Line().Cut(start, cursor)
		e.shell.Cursor().InsertAt(shared...)
	}
	if len(list) > 1 {
		e.shell.Hint.SetTemporary(strings.Join(names[:min(len(names), 20)], "  "))
	}
}

// fitting returns as many of the values as have room below the input: the menu
// must not push it off the screen.
func (e *editor) fitting(values []readline.Completion) []readline.Completion {
	columns, rows := e.size()
	widest := 1
	for _, v := range values {
		widest = max(widest, termtext.Width(v.Display)+2)
	}
	return values[:min(len(values), max(1, rows/2)*max(1, columns/widest))]
}

func (e *editor) above(f func()) {
	e.do(func() {
		sh := e.shell
		sh.Display.CursorToLineStart()
		fmt.Print("\r\x1b[0J")
		f()
		sh.Prompt.PrimaryPrint()
		sh.Display.Refresh()
	}, f)
}

func (e *editor) abort(err error) {
	e.do(func() {
		e.shell.Display.AcceptLine()
		e.shell.History.Accept(false, false, err)
	}, func() {})
}

// typed takes what readline has read behind the last input.
func (e *editor) typed() (line string, ok bool) {
	var text []byte
	for {
		key, empty := e.shell.Keys.Pop()
		if empty {
			break
		}
		if key == '\r' || key == '\n' {
			return string(text), true
		}
		text = append(text, key)
	}
	e.shell.Keys.Feed(true, []rune(string(text))...)
	return "", false
}

// do calls f in readline's own goroutine between two keys, or other if it is
// not reading.
func (e *editor) do(f, other func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.reading {
		other()
		return
	}
	e.pending = append(e.pending, task{f, other})
	e.shell.Keys.Feed(false, []rune(pendingKey)...)
	e.shell.Keys.RequestRefresh()
}

func (e *editor) runPending() {
	for _, t := range e.takePending() {
		t.reading()
	}
}

// runRest does what was asked for while the last key was handled.
func (e *editor) runRest() {
	for _, t := range e.takePending() {
		t.idle()
	}
}

func (e *editor) takePending() []task {
	e.mu.Lock()
	defer e.mu.Unlock()
	pending := e.pending
	e.pending = nil
	return pending
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
