package transfer

import (
	"fmt"
	"html"
	"path/filepath"

	"github.com/gocifar/gocifar/layers/display"
)

// Kind says by which way weights came.
type Kind string

// The ways.
const (
	// Official weights are a file with the checksum that Keras publishes.
	Official Kind = "official"
	// File is another file, which the user named.
	File Kind = "file"
	// Seeded weights are drawn by the initializers: the network knows nothing.
	Seeded Kind = "seeded"
)

// Source says where weights came from.
type Source struct {
	Kind Kind
	// Path is the file; empty for seeded weights.
	Path string
	// MD5 is the file's checksum in hexadecimal, where it was compared with
	// the published one.
	MD5 string
	// Seed is what seeded weights were drawn from.
	Seed int64
	// Reason says why seeded weights were taken where ImageNet's were wanted.
	Reason string
}

// String returns one line, fit for a caption. It names the file without its
// folder, which is nobody's business in a notebook that is passed on.
func (s Source) String() string {
	switch s.Kind {
	case Official:
		return fmt.Sprintf("Keras' official ImageNet weights (%s, md5 %s)", filepath.Base(s.Path), s.MD5)
	case File:
		text := "weights from " + filepath.Base(s.Path)
		if s.MD5 != "" {
			text += fmt.Sprintf(", which are not Keras' official ones (md5 %s)", s.MD5)
		}
		return text
	default:
		text := fmt.Sprintf("random weights drawn from seed %d, not trained on anything", s.Seed)
		if s.Reason != "" {
			text += ": " + s.Reason
		}
		return text
	}
}

// Banner returns the source as a line to show, conspicuous unless the weights
// are the official ones.
func (b *Backbone) Banner() display.Displayer { return sourceBanner{b.Name(), b.Source} }

type sourceBanner struct {
	model  string
	source Source
}

// Display shows the banner.
func (s sourceBanner) Display() display.Bundle {
	text := s.model + ": " + s.source.String()
	if s.source.Kind == Official {
		return display.Bundle{Text: text, HTML: "<p>" + html.EscapeString(text) + "</p>"}
	}
	title := "Not ImageNet's weights"
	if s.source.Kind == Seeded {
		title = "Not trained weights"
	}
	return display.Bundle{
		Text: "*** " + title + " *** " + text,
		HTML: fmt.Sprintf(`<div style="border-left:4px solid #d97706;padding:.4em .8em;margin:.5em 0"><b>%s.</b> %s</div>`,
			title, html.EscapeString(text)),
	}
}
