package repl

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/kernel/internal/markup"
	"github.com/gocifar/gocifar/kernel/internal/repl/picture"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// viewer chooses among the forms of a MIME bundle the best one that can be
// shown.
type viewer struct {
	terminal picture.Terminal // its size is filled in for each picture
	color    bool
}

// view is a bundle's form for the terminal: a picture, a text, or both.
type view struct {
	drawing *picture.Drawing
	text    string
}

// pictureTypes are the image formats that can be drawn, the best first.
var pictureTypes = []string{"image/png", "image/jpeg", "image/gif"}

// view shows a bundle in columns by rows cells.
func (v viewer) view(data jupyter.MIMEBundle, columns, rows int, id uint32) view {
	text := textOf(data, markup.Options{Styles: v.color, Width: columns})
	if !v.color {
		text = termtext.Plain(text)
	}
	if v.terminal.Protocol == picture.None || v.terminal.Protocol == "" {
		return view{text: text}
	}
	for _, mime := range pictureTypes {
		encoded, ok := data.Text(mime)
		if !ok {
			continue
		}
		file, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
		if err != nil {
			continue
		}
		t := v.terminal
		t.Columns, t.Rows = columns, rows
		d, err := t.Draw(file, id)
		if err != nil {
			return view{text: fmt.Sprintf("%s\n[%s: %v]", text, mime, err)}
		}
		shown := view{drawing: d}
		if t.Protocol == picture.Blocks && strings.Contains(strings.TrimSpace(text), "\n") {
			shown.text = text // half blocks are coarse: a text that says something stays
		}
		return shown
	}
	return view{text: text}
}

// placeholder is what Python objects without a text of their own say in it.
var placeholder = regexp.MustCompile(`^<[\w.]+ object( at 0x[0-9a-f]+)?>$`)

// textOf is a bundle's form as text; o says how that of Markdown is.
func textOf(data jupyter.MIMEBundle, o markup.Options) string {
	plain, ok := data.Text("text/plain")
	if ok && plain != "" && !placeholder.MatchString(plain) {
		return plain
	}
	if text, ok := data.Text("text/markdown"); ok && text != "" {
		return markup.MarkdownText(text, o)
	}
	if text, ok := data.Text("text/latex"); ok && text != "" {
		return text
	}
	if html, ok := data.Text("text/html"); ok && html != "" {
		return markup.HTMLText(html)
	}
	if raw, ok := data["application/json"]; ok {
		var b bytes.Buffer
		if json.Indent(&b, raw, "", "  ") == nil {
			return b.String()
		}
	}
	if plain != "" {
		return plain
	}
	for _, mime := range slices.Sorted(maps.Keys(data)) {
		if text, ok := data.Text(mime); ok && strings.HasPrefix(mime, "text/") {
			return text
		}
	}
	if len(data) == 0 {
		return ""
	}
	mime := slices.Min(slices.Collect(maps.Keys(data)))
	size := len(data[mime])
	if text, ok := data.Text(mime); ok {
		size = len(text)
	}
	return fmt.Sprintf("[%s, %d bytes; :save FILE.ipynb keeps it]", mime, size)
}

// errorText is an error as the kernel describes it.
func errorText(m *jupyter.ErrorOutput) string {
	if text := strings.Join(m.Traceback, "\n"); strings.TrimSpace(text) != "" {
		return text
	}
	if m.Value == "" {
		return m.Name
	}
	return m.Name + ": " + m.Value
}
