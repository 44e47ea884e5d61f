package fuzzsession

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// EndOfCell is what the program prints behind each cell.
const EndOfCell = "\x01end of cell\n"

// Program returns the declarations of the one program that the session amounts
// to, and the statements of its run.
func (s *Session) Program() (declarations, run string) {
	scope := newScope(s.Suffix)
	var b strings.Builder
	for _, items := range s.Cells {
		split := slices.IndexFunc(items, func(i Item) bool { return i.Kind >= Definition })
		if split < 0 {
			split = len(items)
		}
		scope.declare(items[:split])
		// A cell's statements are a function, as their defers run at its end.
		b.WriteString("func() {\ndefer ended()\n")
		for _, item := range items {
			switch item.Kind {
			case Variable, Definition:
				// The value is of the variable that was there before.
				value := unmark(item.Text, scope.call)
				if item.Kind == Definition {
					scope.declare([]Item{{Kind: Variable, Names: item.Names, Type: item.Type}})
				}
				if value == "" {
					value = fmt.Sprintf("*new(%s)", unmark(item.Type, scope.call))
				}
				fmt.Fprintf(&b, "%s = %s\n", scope.call(item.Names[0]), value)
			case Statement:
				b.WriteString(unmark(item.Text, scope.call) + "\n")
			}
		}
		fmt.Fprintf(&b, "}()\nfmt.Print(%q)\n", EndOfCell)
	}
	return s.plain(scope.program.String()), s.plain(b.String())
}

// compiles tells whether the program declares all that it uses.
func (s *Session) compiles() bool {
	declarations, run := s.Program()
	return !strings.Contains(declarations+run, undeclared) && !strings.Contains(declarations, outdated)
}

// panicked is how a cell's error begins, in both.
const panicked = "panic: "

// Build makes one program of all sessions, which prints for each StartOfSession
// and what its cells print.
func Build(sessions []*Session) string {
	var b, main strings.Builder
	b.WriteString("package main\n\nimport (\n")
	for _, path := range []string{"errors", "fmt", "reflect", "strings", "sync", "unsafe"} {
		fmt.Fprintf(&b, "\t%q\n", path)
	}
	b.WriteString(")\n\nvar _ = errors.New\nvar _ reflect.Type\nvar _ strings.Builder\nvar _ sync.Mutex\n" +
		"var _ unsafe.Pointer\n\n")
	for i, s := range sessions {
		declarations, run := s.Program()
		fmt.Fprintf(&b, "//line session%d:1\n%s\nfunc session%d() {\n%s}\n\n", i, declarations, i, run)
		fmt.Fprintf(&main, "\tfmt.Print(%q)\n\tsession%d()\n", StartOfSession, i)
	}
	fmt.Fprintf(&b, "//line main:1\nfunc ended() {\n\tif p := recover(); p != nil {\n"+
		"\t\tfmt.Printf(\"%s%%v\\n\", p)\n\t}\n}\n\nfunc main() {\n%s}\n", panicked, &main)
	return b.String()
}

// StartOfSession stands in front of what a session prints.
const StartOfSession = "\x02session\n"

var (
	versionName = regexp.MustCompile(`(_\d+)_v\d+`)
	// scopes is what the runtime says of types with one name, which have two
	// names in the program.
	scopes = " (types from different scopes)"
)

// Same makes what a program prints and what a notebook prints comparable: the
// names that only the program has lose what distinguishes them.
func Same(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(versionName.ReplaceAllString(text, "$1"), scopes, ""))
}

// Outputs takes apart what a program prints: by session, then by cell.
func Outputs(text string) (sessions [][]string) {
	for i, session := range strings.Split(text, StartOfSession) {
		if i == 0 {
			continue
		}
		cells := strings.Split(session, EndOfCell)
		sessions = append(sessions, cells[:len(cells)-1])
	}
	return sessions
}
