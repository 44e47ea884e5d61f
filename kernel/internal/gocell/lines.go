package gocell

import "strings"

// uncommented is a line without the prefix that lets special commands stand in
// a file that is Go to an editor.
func uncommented(line string) string { return strings.TrimPrefix(line, "//gonb:") }

// special tells whether a line is a special command. A lone % or ! is none.
func special(line string) bool {
	return len(line) > 1 && (line[0] == '%' || line[0] == '!')
}

// startsBody tells whether a line begins the statements. GoNB goes by the first
// characters alone: "%mainly" begins them, and is also a command that nobody
// knows; "%% -x" does, "%%x" and "% main" do not.
func startsBody(line string) bool {
	args, marked := strings.CutPrefix(line, "%%")
	return marked && (args == "" || args[0] == ' ' || args[0] == '\t') || strings.HasPrefix(line, "%main")
}

// insideText tells of each line whether it begins within a raw string or a
// general comment that an earlier line opened. Such a line is text, whatever
// its first character: no special command and no package clause. GoNB does not
// look that closely and takes a line of a string for a command.
//
// A string or comment without an end does not reach beyond its line, so that
// half-written code does not hide the commands below it.
func insideText(lines []string) []bool {
	inside := make([]bool, len(lines))
	missing := map[string]bool{} // what ends nothing any more: it is looked for once
	for i := 0; i < len(lines); i++ {
		if special(uncommented(lines[i])) {
			// Its quotes are no quotes of Go. Continuation lines belong to it.
			for i+1 < len(lines) && strings.HasSuffix(lines[i], `\`) {
				i++
			}
			continue
		}
		for rest := lines[i]; ; {
			end, opened := openAt(rest)
			if end == "" {
				break
			}
			if at := strings.Index(opened, end); at >= 0 {
				rest = opened[at+len(end):]
				continue
			}
			last, after := -1, ""
			if !missing[end] {
				last, after = endLine(lines, i+1, end)
			}
			if last < 0 {
				missing[end] = true
				break
			}
			for i < last {
				i++
				inside[i] = true
			}
			rest = after
		}
	}
	return inside
}

// openAt finds the first raw string or general comment of a line, what ends it
// (empty: there is none), and the text behind its beginning.
func openAt(line string) (end, opened string) {
	for i := 0; i < len(line); i++ {
		switch b := line[i]; {
		case b == '`':
			return "`", line[i+1:]
		case b == '/' && strings.HasPrefix(line[i:], "/*"):
			return "*/", line[i+2:]
		case b == '/' && strings.HasPrefix(line[i:], "//"):
			return "", ""
		case b == '"' || b == '\'':
			for i++; i < len(line) && line[i] != b; i++ {
				if line[i] == '\\' {
					i++
				}
			}
		}
	}
	return "", ""
}

// endLine finds the first line from a given one on that has end in it, and the
// text behind that; -1: none has.
func endLine(lines []string, from int, end string) (line int, after string) {
	for i := from; i < len(lines); i++ {
		if _, rest, ok := strings.Cut(lines[i], end); ok {
			return i, rest
		}
	}
	return -1, ""
}
