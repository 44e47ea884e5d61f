package picture

import (
	"regexp"
	"strconv"
	"strings"
)

// Capabilities are what is known of a terminal besides its size.
type Capabilities struct {
	Protocol              Protocol
	TrueColor             bool
	CellWidth, CellHeight int // in pixels, 0 if unknown
}

// Ask sends a query to the terminal and returns all that it answers, which ends
// with the answer to "\x1b[c", or what has come after a short time.
type Ask func(query string) (answer string)

// Queries that Detect sends. Terminals answer the ones they know, in order, and
// all answer the last.
const (
	askKitty    = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\" // may I draw?
	askCellSize = "\x1b[16t"
	askDevice   = "\x1b[c" // primary device attributes; 4 among them: sixel
)

var (
	deviceAnswer = regexp.MustCompile(`\x1b\[\?([0-9;]*)c`)
	cellAnswer   = regexp.MustCompile(`\x1b\[6;([0-9]+);([0-9]+)t`)
	kittyAnswer  = regexp.MustCompile(`\x1b_Gi=31;([^\x1b]*)\x1b\\`)
)

// Answered reports whether the answer to a query of Detect is complete.
func Answered(answer []byte) bool { return deviceAnswer.Match(answer) }

// Typed returns the keystrokes that are mixed into the terminal's answer.
func Typed(answer string) string {
	for _, r := range []*regexp.Regexp{deviceAnswer, cellAnswer, kittyAnswer} {
		answer = r.ReplaceAllString(answer, "")
	}
	return answer
}

// Detect finds out what a terminal can do, from the environment and by asking
// it. Terminals that are known to print such questions instead of answering are
// not asked; a multiplexer (tmux, screen) is asked for itself, and the terminal
// around it does not count.
func Detect(getenv func(string) string, ask Ask) Capabilities {
	var c Capabilities
	terminal := getenv("TERM")
	if terminal == "" || terminal == "dumb" {
		c.Protocol = None
		return c
	}
	c.TrueColor = strings.Contains(getenv("COLORTERM"), "truecolor") || strings.Contains(getenv("COLORTERM"), "24bit")
	multiplexed := getenv("TMUX") != "" || strings.HasPrefix(terminal, "screen") || strings.HasPrefix(terminal, "tmux")

	answer := ""
	if terminal != "linux" { // the console prints what it does not know
		answer = ask(query(getenv, multiplexed))
	}
	if m := cellAnswer.FindStringSubmatch(answer); m != nil {
		c.CellHeight, _ = strconv.Atoi(m[1])
		c.CellWidth, _ = strconv.Atoi(m[2])
	}
	switch {
	case !multiplexed && speaksKitty(getenv, terminal, answer):
		c.Protocol = Kitty
	case !multiplexed && speaksITerm2(getenv):
		c.Protocol = ITerm2
	case speaksSixel(answer):
		c.Protocol = Sixel
	case utf8Locale(getenv) && (c.TrueColor || strings.Contains(terminal, "256color")):
		c.Protocol = Blocks
	default:
		c.Protocol = None
	}
	return c
}

func query(getenv func(string) string, multiplexed bool) string {
	if multiplexed || getenv("TERM_PROGRAM") == "Apple_Terminal" { // they print the first one
		return askCellSize + askDevice
	}
	return askKitty + askCellSize + askDevice
}

func speaksKitty(getenv func(string) string, terminal, answer string) bool {
	if getenv("KITTY_WINDOW_ID") != "" || terminal == "xterm-kitty" || terminal == "xterm-ghostty" {
		return true
	}
	m := kittyAnswer.FindStringSubmatch(answer)
	return m != nil && m[1] == "OK"
}

func speaksITerm2(getenv func(string) string) bool {
	switch getenv("TERM_PROGRAM") {
	case "iTerm.app", "WezTerm", "mintty":
		return true
	}
	return getenv("LC_TERMINAL") == "iTerm2"
}

func speaksSixel(answer string) bool {
	m := deviceAnswer.FindStringSubmatch(answer)
	if m == nil {
		return false
	}
	for i, attribute := range strings.Split(m[1], ";") {
		if i > 0 && attribute == "4" { // the first is the terminal's class
			return true
		}
	}
	return false
}

// utf8Locale reports whether characters other than ASCII may be printed.
func utf8Locale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}
