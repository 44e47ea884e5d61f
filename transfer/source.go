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
	// Hash is the file's checksum in hexadecimal, where it was looked for as a
	// published file: an MD5, or a SHA-256 where Keras publishes that.
	Hash string
	// Unverified says that Keras publishes no checksum of the file to compare
	// with, as for MobileNet and MobileNetV2.
	Unverified bool
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
		text := fmt.Sprintf("Keras' official ImageNet weights (%s, %s", filepath.Base(s.Path), s.checksum())
		if s.Unverified {
			text += ", for which Keras publishes no checksum"
		}
		return text + ")"
	case File:
		text := "weights from " + filepath.Base(s.Path)
		if s.Hash != "" {
			text += fmt.Sprintf(", which are not Keras' official ones (%s)", s.checksum())
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

// checksum names the hash and its kind.
func (s Source) checksum() string {
	if len(s.Hash) > 32 {
		return "sha256 " + s.Hash
	}
	return "md5 " + s.Hash
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
