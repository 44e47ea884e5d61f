// Package display shows values where their reader is: as rich output in a Go
// notebook (GoNB's protocol, one display_data message carrying every form at
// once), redrawn in place in a terminal, and as plain lines anywhere else.
//
// A value that can be shown implements [Displayer] and returns a [Bundle],
// the same picture in several forms. Every bundle has a text form, so that a
// terminal, a log and a screen reader lose the looks but not the content.
package display

import (
	"fmt"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// Bundle holds one value in several forms. Empty forms are left out; a front
// end chooses the richest one that it knows.
type Bundle struct {
	// Text is the plain form, without a newline at its end. If it is empty,
	// Markdown stands in for it, or a line that names the other forms.
	Text string
	// HTML is a fragment, not a page. It must be readable on light and dark
	// backgrounds.
	HTML string
	// Markdown is CommonMark.
	Markdown string
	// SVG is a whole <svg> element.
	SVG string
	// PNG is an encoded image.
	PNG []byte

	scrapType, scrap string // what [Record] keeps: its MIME type, and JSON
}

// Displayer is a value that knows how to show itself.
type Displayer interface {
	Display() Bundle
}

// Display returns the bundle itself: a Bundle is a Displayer.
func (b Bundle) Display() Bundle { return b }

// PlainText returns the form that a terminal or a log shows.
func (b Bundle) PlainText() string {
	switch {
	case b.Text != "":
		return b.Text
	case b.Markdown != "":
		return b.Markdown
	case len(b.PNG) > 0:
		return fmt.Sprintf("[image/png, %d bytes]", len(b.PNG))
	case b.SVG != "":
		return fmt.Sprintf("[image/svg+xml, %d bytes]", len(b.SVG))
	case b.HTML != "":
		return fmt.Sprintf("[text/html, %d bytes]", len(b.HTML))
	}
	return ""
}

// mimeData returns the forms under their MIME types; text/plain is always
// among them.
func (b Bundle) mimeData() map[protocol.MIMEType]any {
	data := map[protocol.MIMEType]any{protocol.MIMETextPlain: b.PlainText()}
	if b.HTML != "" {
		data[protocol.MIMETextHTML] = b.HTML
	}
	if b.Markdown != "" {
		data[protocol.MIMETextMarkdown] = b.Markdown
	}
	if b.SVG != "" {
		data[protocol.MIMEImageSVG] = b.SVG
	}
	if len(b.PNG) > 0 {
		data[protocol.MIMEImagePNG] = b.PNG
	}
	if b.scrapType != "" {
		data[protocol.MIMEType(b.scrapType)] = b.scrap
	}
	return data
}
