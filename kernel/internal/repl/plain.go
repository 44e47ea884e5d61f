package repl

import (
	"io"
	"strings"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/kernel/internal/markup"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// plain shows outputs as lines, for a pipe, a file or a terminal that cannot do
// more: streams as they come, displays as text, updates of a display as new
// text where they say something new. Nothing that was written is taken back.
type plain struct {
	stdout, stderr io.Writer
	said           map[string]string // what a display showed last, by its id
	open           bool              // the last line of stdout has no end yet
}

func (p *plain) event(content jupyter.Content) {
	switch m := content.(type) {
	case *jupyter.Stream:
		if m.Name == "stderr" {
			io.WriteString(p.stderr, m.Text)
			return
		}
		p.write(m.Text)
	case *jupyter.DisplayData:
		p.display(m.Data, m.Transient.DisplayID)
	case *jupyter.ExecuteResult:
		p.display(m.Data, m.Transient.DisplayID)
	case *jupyter.UpdateDisplayData:
		p.display(m.Data, m.Transient.DisplayID)
	case *jupyter.ErrorOutput:
		io.WriteString(p.stderr, strings.TrimRight(termtext.Plain(errorText(m)), "\n")+"\n")
	}
}

func (p *plain) write(text string) {
	if text != "" {
		io.WriteString(p.stdout, text)
		p.open = !strings.HasSuffix(text, "\n")
	}
}

func (p *plain) display(data jupyter.MIMEBundle, id string) {
	text := strings.TrimRight(termtext.Plain(textOf(data, markup.Options{})), "\n")
	if id != "" {
		if said, ok := p.said[id]; ok && said == text {
			return
		}
		p.said[id] = text
	}
	if p.open {
		p.write("\n")
	}
	p.write(text + "\n")
}

func (p *plain) flush()       {}
func (p *plain) typed(string) { p.open = false }
func (p *plain) end()         {}
