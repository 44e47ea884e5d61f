package widgets

import (
	"errors"
	"image"
	"reflect"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
)

// forms is what a value with a method Display returns.
type forms struct {
	Text, HTML, Markdown, SVG string
	PNG                       []byte
}

type displayer struct{ forms forms }

func (d displayer) Display() forms { return d.forms }

// displayAndBundle has both ways to show itself.
type displayAndBundle struct{ displayer }

func (displayAndBundle) MIMEBundle() map[string]any { return map[string]any{"text/plain": "bundle"} }

type page struct{ Field int }

func (page) HTML() string { return "<p>" }

type note struct{ Field int }

func (*note) Markdown() string { return "*n*" }

// TestBundle: an area shows a value as the kernel shows a cell's last one.
func TestBundle(t *testing.T) {
	var none *note
	for _, value := range []any{
		nil, none, (func())(nil), (chan int)(nil), 7, 1.5, "text", []string{"a"}, struct{ A, B int }{1, 2},
		errors.New("wrong"), image.NewGray(image.Rect(0, 0, 2, 3)), strings.Repeat("ä", 15_000),
		page{1}, &note{2}, IntSlider(0, 10, 3),
		displayer{forms{Text: "t", HTML: "<b>", PNG: []byte("png")}}, displayer{forms{SVG: "<svg/>"}}, displayer{},
		displayAndBundle{}, displayAndBundle{displayer{forms{Markdown: "*m*"}}},
	} {
		got, want := bundleOf(value), host.Bundle(value)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%T is %.200v here and %.200v in the kernel", value, got, want)
		}
	}
}
