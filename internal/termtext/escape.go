// Package termtext knows text as terminals take it: escape sequences, and how
// many columns characters fill.
package termtext

import "strings"

// Plain removes escape sequences: colors, and whatever else would make a
// terminal do something.
func Plain(text string) string {
	var plain strings.Builder
	for {
		i := strings.IndexByte(text, '\x1b')
		if i < 0 {
			return plain.String() + text
		}
		plain.WriteString(text[:i])
		_, text = CutEscape(text[i:])
	}
}

// CutEscape cuts an escape sequence (ECMA-48) off the start of text: a CSI, a
// string such as OSC with all that it holds, or two characters.
func CutEscape(text string) (sequence, rest string) {
	if len(text) < 2 {
		return text, ""
	}
	end := len(text)
	switch text[1] {
	case '[':
		for i := 2; i < len(text); i++ {
			if text[i] >= 0x40 && text[i] <= 0x7e {
				end = i + 1
				break
			}
			if text[i] < 0x20 || text[i] > 0x3f { // broken off
				end = i
				break
			}
		}
	case ']', 'P', 'X', '^', '_':
		for i := 2; i < len(text); i++ {
			if text[i] == '\a' {
				end = i + 1
				break
			}
			if text[i] == '\n' { // broken off, or all that follows would go with it
				end = i
				break
			}
			if text[i] == '\x1b' {
				end = i
				if i+1 < len(text) && text[i+1] == '\\' {
					end = i + 2
				}
				break
			}
		}
	default:
		end = 2
		for end < len(text) && text[end-1] >= 0x20 && text[end-1] <= 0x2f {
			end++
		}
		if text[1] >= 0x80 || text[1] < 0x20 {
			end = 1
		}
	}
	return text[:end], text[end:]
}

// IsColor tells whether a sequence only changes how text looks (SGR).
func IsColor(sequence string) bool {
	return len(sequence) >= 3 && sequence[1] == '[' && sequence[len(sequence)-1] == 'm' &&
		strings.Trim(sequence[2:len(sequence)-1], "0123456789;:") == ""
}

// IsControl reports characters that do something instead of being seen: C0, C1
// and DEL.
func IsControl(cluster string) bool {
	for _, r := range cluster {
		return r < 0x20 || r >= 0x7f && r < 0xa0
	}
	return true
}
