package execute

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// GoNB's errors: it names every error "ERROR" and calls failed shell commands a
// success. This file reads from its texts what happened. The texts are those of
// GoNB 0.11 (internal/goexec, internal/specialcmd and internal/jpyexec).

var (
	goToolFailed = regexp.MustCompile(`^failed to run "(\S*?)([^/" ]+) ([a-z-]+)[^"]*": `)
	rawCompile   = regexp.MustCompile(`^# gonb_[0-9a-f]+`)
	rawParse     = regexp.MustCompile(`/main\.go:\d+:\d+: (expected|illegal|missing|invalid|unexpected|non-declaration)`)
	exitStatus   = regexp.MustCompile(`(?m)^exit status (\d+)$`)
	killedBy     = regexp.MustCompile(`(?m)^signal: (.+)$`)
	unknownMagic = regexp.MustCompile(`"(%\S+)" unknown or not implemented yet\.`)
)

// classifyGoNB names the class of an error of GoNB. evalue is the reply's text,
// stderr what the cell printed there.
func classifyGoNB(evalue, stderr string) string {
	evalue = termtext.Plain(evalue)
	if m := goToolFailed.FindStringSubmatch(evalue); m != nil {
		switch tool, command := m[2], m[3]; {
		case tool == "goimports":
			return ClassParse // goimports parses the cell; it cannot fail at imports
		case tool == "go" && command == "get":
			return ClassGoGet
		case tool == "go":
			return ClassCompile
		}
	}
	switch {
	case rawCompile.MatchString(evalue): // with -raw_error the tool's own output stands here
		return ClassCompile
	case strings.Contains(evalue, "parsing go files in TempDir"), rawParse.MatchString(evalue):
		return ClassParse
	case killedBy.MatchString(evalue):
		if strings.Contains(evalue, "interrupt") {
			return ClassInterrupted
		}
		return fmt.Sprintf("%s(%s)", ClassExit, killedBy.FindStringSubmatch(evalue)[1])
	case exitStatus.MatchString(evalue):
		code := exitStatus.FindStringSubmatch(evalue)[1]
		if code == "2" && (strings.Contains(stderr, "panic: ") || strings.Contains(stderr, "fatal error: ")) &&
			strings.Contains(stderr, "goroutine ") {
			return ClassPanic
		}
		return fmt.Sprintf("%s(%s)", ClassExit, code)
	case strings.Contains(evalue, "%"):
		return ClassMagic
	}
	return ClassExit
}

var (
	cellPlace  = regexp.MustCompile(`(?s)^Cell\[(\d+)\]: Line (\d+)\n.*\n\s*(\S[^\n]*?)\s*$`)
	panicPlace = regexp.MustCompile(`\[\[ Cell \[(\d+)\] Line (\d+) \]\]`)
	panicText  = regexp.MustCompile(`(?m)^(?:panic|fatal error): (.+)$`)
)

// summaryGoNB says in a line what a failure is about, and in which line; prompt
// is the number of the cell that failed. The places stand in what GoNB writes
// with -raw_error, and in the stacks of panics.
func summaryGoNB(f *Failure, stderr string, prompt int) string {
	place := func(cell, line string) string {
		if cell == strconv.Itoa(prompt) {
			return "line " + line
		}
		return "cell [" + cell + "], line " + line
	}
	if f.Class == ClassPanic {
		stderr = termtext.Plain(stderr)
		what := panicText.FindStringSubmatch(stderr)
		if what == nil {
			return ""
		}
		if at := panicPlace.FindStringSubmatch(stderr); at != nil {
			return place(at[1], at[2]) + ": " + what[1]
		}
		return what[1]
	}
	first, more := "", 0
	for _, entry := range f.Traceback {
		m := cellPlace.FindStringSubmatch(termtext.Plain(entry))
		switch {
		case m == nil:
		case first == "":
			first = place(m[1], m[2]) + ": " + m[3]
		default:
			more++
		}
	}
	if more > 0 {
		first += fmt.Sprintf(" (and %d more)", more)
	}
	return first
}

// needsBrowser tells whether a cell asks for GoNB's widgets, whose other half
// is JavaScript in a page: here nobody would ever answer them.
func needsBrowser(source string) bool {
	for _, command := range gocell.Parse(source).Commands {
		if !command.Shell && command.Words[0] == "widgets" {
			return true
		}
	}
	return false
}

// shellFailureGoNB finds what failed in a cell that GoNB calls a success: a
// shell command or cell (it prints "exit status N" on stderr and goes on), or
// an unknown special command (it says so on stderr and goes on).
func shellFailureGoNB(source, stderr string) *Failure {
	if m := unknownMagic.FindStringSubmatch(stderr); m != nil {
		return &Failure{Class: ClassMagic, Name: ClassMagic, Value: fmt.Sprintf("unknown special command %s", m[1])}
	}
	commands := shellCommands(source)
	if len(commands) == 0 {
		return nil // "exit status" is then the cell's own text
	}
	ended := exitStatus.FindString(stderr)
	if ended == "" {
		ended = killedBy.FindString(stderr)
	}
	if ended == "" {
		return nil
	}
	what := "a shell command failed"
	if len(commands) == 1 {
		what = commands[0]
	}
	return &Failure{Class: ClassShell, Name: ClassShell, Value: what + ": " + ended}
}

// shellCommands are the shell's commands of a cell; a cell of the shell is one.
func shellCommands(source string) []string {
	var commands []string
	c := gocell.Parse(source)
	switch c.Magic {
	case "bash", "sh", "script":
		commands = append(commands, strings.Join(append([]string{"%%" + c.Magic}, c.MagicArgs...), " "))
	}
	for _, command := range c.Commands {
		if command.Shell {
			commands = append(commands, "!"+command.Text)
		}
	}
	return commands
}
