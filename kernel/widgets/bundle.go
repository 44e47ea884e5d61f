package widgets

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"reflect"
	"strings"
)

// bundleOf is a value by MIME type, as the live kernel shows a cell's last value:
// as a picture or HTML if it knows how, always as text. It is nil for nil.
//
// The kernel has the same rules in its package host, which cannot be imported
// here: a process holds one version of a package, and that of the kernel need not
// be the one whose widgets a module requires. A test holds the two together.
func bundleOf(value any) map[string]any {
	if isNil(value) {
		return nil
	}
	if b := displayOf(value); b != nil {
		return b
	}
	if own, ok := value.(interface{ MIMEBundle() map[string]any }); ok {
		return own.MIMEBundle()
	}
	b := map[string]any{"text/plain": textOf(value)}
	switch v := value.(type) {
	case image.Image:
		var buf bytes.Buffer
		if png.Encode(&buf, v) == nil {
			b["image/png"] = base64.StdEncoding.EncodeToString(buf.Bytes())
			b["text/plain"] = fmt.Sprintf("[picture, %d by %d]", v.Bounds().Dx(), v.Bounds().Dy())
		}
	case interface{ HTML() string }:
		b["text/html"] = v.HTML()
	case interface{ Markdown() string }:
		b["text/markdown"] = v.Markdown()
	}
	return b
}

func isNil(value any) bool {
	if value == nil {
		return true
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Func, reflect.Chan:
		return v.IsNil()
	}
	return false
}

// displayOf asks a value with a method Display that returns a struct with the
// forms in fields of their names, such as package layers/display's.
func displayOf(value any) map[string]any {
	method := reflect.ValueOf(value).MethodByName("Display")
	if !method.IsValid() || method.Type().NumIn() != 0 || method.Type().NumOut() != 1 ||
		method.Type().Out(0).Kind() != reflect.Struct {
		return nil
	}
	forms := method.Call(nil)[0]
	b := map[string]any{}
	for field, mimeType := range map[string]string{
		"Text": "text/plain", "HTML": "text/html", "Markdown": "text/markdown", "SVG": "image/svg+xml", "PNG": "image/png",
	} {
		f := forms.FieldByName(field)
		if !f.IsValid() || f.IsZero() {
			continue
		}
		switch form := f.Interface().(type) {
		case string:
			b[mimeType] = form
		case []byte:
			b[mimeType] = base64.StdEncoding.EncodeToString(form)
		}
	}
	if len(b) == 0 {
		return nil
	}
	if b["text/plain"] == nil {
		if plain, ok := forms.Interface().(interface{ PlainText() string }); ok {
			b["text/plain"] = plain.PlainText()
		} else {
			b["text/plain"] = textOf(value)
		}
	}
	return b
}

// maxText bounds the text form: a slice of a million numbers is no answer.
const maxText = 20_000

func textOf(value any) string {
	var s string
	switch v := value.(type) {
	case string:
		s = v
	case error, fmt.Stringer:
		s = fmt.Sprint(v)
	default:
		s = fmt.Sprintf("%+v", v)
	}
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + fmt.Sprintf("… (%d bytes in all)", len(s))
	}
	return s
}
