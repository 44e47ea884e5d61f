package widgets

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"reflect"
)

// bundleOf is a value by MIME type, as the live kernel shows a cell's last value:
// nil for nil.
func bundleOf(value any) map[string]any {
	if r := reflect.ValueOf(value); !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil() {
		return nil
	}
	switch v := value.(type) {
	case interface{ MIMEBundle() map[string]any }:
		return v.MIMEBundle()
	case error:
		return map[string]any{"text/plain": v.Error()}
	case image.Image:
		var buf bytes.Buffer
		if png.Encode(&buf, v) == nil {
			return map[string]any{"image/png": base64.StdEncoding.EncodeToString(buf.Bytes()),
				"text/plain": fmt.Sprintf("[picture, %d by %d]", v.Bounds().Dx(), v.Bounds().Dy())}
		}
	}
	if b := displayOf(value); b != nil {
		return b
	}
	b := map[string]any{"text/plain": fmt.Sprint(value)}
	switch v := value.(type) {
	case interface{ HTML() string }:
		b["text/html"] = v.HTML()
	case interface{ Markdown() string }:
		b["text/markdown"] = v.Markdown()
	}
	return b
}

// displayOf asks a value with a method Display that returns a struct with the
// forms in fields of their names, as those of package layers/display.
func displayOf(value any) map[string]any {
	method := reflect.ValueOf(value).MethodByName("Display")
	if !method.IsValid() || method.Type().NumIn() != 0 || method.Type().NumOut() != 1 ||
		method.Type().Out(0).Kind() != reflect.Struct {
		return nil
	}
	forms := method.Call(nil)[0]
	b := map[string]any{}
	for name, mime := range map[string]string{"Text": "text/plain", "HTML": "text/html", "Markdown": "text/markdown",
		"SVG": "image/svg+xml", "PNG": "image/png"} {
		f := forms.FieldByName(name)
		if !f.IsValid() || f.IsZero() {
			continue
		}
		switch form := f.Interface().(type) {
		case string:
			b[mime] = form
		case []byte:
			b[mime] = base64.StdEncoding.EncodeToString(form)
		}
	}
	if len(b) > 0 && b["text/plain"] == nil {
		b["text/plain"] = fmt.Sprint(value)
		if plain, ok := forms.Interface().(interface{ PlainText() string }); ok {
			b["text/plain"] = plain.PlainText()
		}
	}
	if len(b) == 0 {
		return nil
	}
	return b
}
