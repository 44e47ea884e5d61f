package repl

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// completionWait is how long Tab waits for the kernel, which may have to load
// its analysis first.
const completionWait = 10 * time.Second

// suggestion is a way in which the input could go on.
type suggestion struct {
	start int    // where it replaces the input from, up to the cursor, in runes
	text  string // what it replaces it by
}

// suggestions asks the kernel how the input could go on at the cursor.
func suggestions(kernel *jupyter.Kernel, isGo bool, source string, cursor int) ([]suggestion, error) {
	code, shift := source, 0
	if isGo {
		code, shift = goContext(source)
	}
	position, scale := cursor+shift, func(runes int) int { return runes }
	if kernel.Info.Implementation == "gonb" { // it counts UTF-16 units
		position = utf16Length(runesUpTo(code, cursor+shift))
		scale = func(units int) int { return runesOfUTF16(code, units) }
	}
	ctx, cancel := context.WithTimeout(context.Background(), completionWait)
	defer cancel()
	reply, err := kernel.Complete(ctx, code, position)
	if err != nil {
		return nil, err
	}
	if reply.Status == jupyter.StatusError && reply.Value != "" {
		return nil, errors.New(reply.Value)
	}
	start := scale(reply.CursorStart) - shift
	if start < 0 || start > cursor {
		return nil, nil
	}
	list := make([]suggestion, 0, len(reply.Matches))
	for _, match := range reply.Matches {
		list = append(list, suggestion{start: start, text: match})
	}
	return list, nil
}

// goContext puts unfinished Go code where it belongs in a cell. It returns by
// how many runes it moved.
func goContext(source string) (code string, shift int) {
	if gocell.Parse(source).Explicit() {
		return source, 0
	}
	first := strings.TrimSpace(source)
	for _, word := range []string{"func", "type", "var", "const", "import", "package", "%", "!"} {
		if strings.HasPrefix(first, word) {
			return source, 0
		}
	}
	return gocell.Mark + source, len(gocell.Mark)
}

func runesUpTo(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

func utf16Length(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

func runesOfUTF16(text string, units int) int {
	n := 0
	for _, r := range text {
		if units <= 0 {
			break
		}
		units -= utf16.RuneLen(r)
		n++
	}
	return n
}

// inspect asks the kernel what a name means. It returns nothing for one it does
// not know.
func inspect(ctx context.Context, kernel *jupyter.Kernel, isGo bool, name string, detail int) (
	jupyter.MIMEBundle, error) {
	code, cursor := name, utf8.RuneCountInString(name)
	if isGo {
		code = gocell.Mark + name
		cursor += len(gocell.Mark)
		if kernel.Info.Implementation == "gonb" {
			cursor = utf16Length(code)
		}
	}
	reply, err := kernel.Inspect(ctx, code, cursor, detail)
	if err != nil || !reply.Found {
		return nil, err
	}
	// Beside it the plain form is often the same with its marks.
	if text, ok := reply.Data["text/markdown"]; ok {
		return jupyter.MIMEBundle{"text/markdown": text}, nil
	}
	return reply.Data, nil
}
