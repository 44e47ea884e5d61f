package host

import (
	"fmt"
	"html"
	"strings"
)

// tuple returns several values by MIME type: as text in the form of (7, "two",
// <nil>), and if some of them show themselves in a richer way, one below the
// other.
func tuple(values []any) map[string]any {
	if w := onlyWidget(values); w != nil {
		return w
	}
	texts := make([]string, len(values))
	var rich strings.Builder
	isRich := false
	for i, value := range values {
		b := Bundle(value)
		texts[i] = "<nil>"
		switch v := value.(type) {
		case string:
			texts[i] = fmt.Sprintf("%q", v)
		default:
			if b != nil {
				texts[i], _ = b["text/plain"].(string)
			}
		}
		form, ok := asHTML(b)
		if !ok {
			form = "<pre>" + html.EscapeString(texts[i]) + "</pre>"
		}
		isRich = isRich || ok
		rich.WriteString("<div>" + form + "</div>")
	}
	b := map[string]any{"text/plain": "(" + strings.Join(texts, ", ") + ")"}
	if isRich {
		b["text/html"] = rich.String()
	}
	return b
}

// widgetView is the MIME type of what a front end draws as a widget.
const widgetView = "application/vnd.jupyter.widget-view+json"

// onlyWidget is the form of a widget that stands beside nothing but nils, such
// as the error that there is not. It is nil for all else.
func onlyWidget(values []any) map[string]any {
	var widget map[string]any
	for _, value := range values {
		switch b := Bundle(value); {
		case b == nil:
		case b[widgetView] == nil || widget != nil:
			return nil
		default:
			widget = b
		}
	}
	return widget
}

// asHTML puts the richest form of a value into a page.
func asHTML(b map[string]any) (form string, ok bool) {
	text := func(mimeType string) string {
		s, _ := b[mimeType].(string)
		return s
	}
	switch {
	case text("text/html") != "":
		return text("text/html"), true
	case text("image/svg+xml") != "":
		return text("image/svg+xml"), true
	case text("image/png") != "":
		return `<img src="data:image/png;base64,` + text("image/png") + `">`, true
	}
	return "", false
}
