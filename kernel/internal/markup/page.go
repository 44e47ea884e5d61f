package markup

import (
	"bytes"
	"html"
	"net/url"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// resolverKey is where the parser's context has MarkdownHTML's resolve.
var resolverKey = parser.NewContextKey()

// MarkdownHTML is Markdown as HTML for a page of ours, whoever wrote it:
// nothing in it runs. HTML in it becomes text. Links and pictures with an
// address that no page should follow, such as javascript:, become text, too.
// resolve, which may be nil, says where a relative address leads to.
func MarkdownHTML(source string, resolve func(address string) string) string {
	context := parser.NewContext()
	context.Set(resolverKey, resolve)
	// Beside a byte that is not UTF-8, goldmark escapes others than it would
	// elsewhere: a "#" that made an address harmless became "%23".
	source = strings.ToValidUTF8(source, "\uFFFD")
	var b bytes.Buffer
	if err := dialect.Convert([]byte(source), &b, parser.WithContext(context)); err != nil {
		return "<pre>" + html.EscapeString(source) + "</pre>" // only writing fails, and a buffer does not
	}
	return b.String()
}

// schemes are those of addresses that a page may lead to.
var schemes = map[string]bool{"http": true, "https": true, "mailto": true}

// picture is a picture within its address, of a format that cannot hold a
// program.
var picture = regexp.MustCompile(`^data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*$`)

// tame is an address that a page may hold, or "".
func tame(address string, isPicture bool, resolve func(string) string) string {
	if isPicture && picture.MatchString(address) {
		return address
	}
	// Browsers drop some characters and leading blanks before they look for a
	// scheme; an address that needs that is not meant well.
	if strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' && r != ' ' || r == 0x7f }) {
		return ""
	}
	u, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil:
		return ""
	case u.Scheme != "":
		if !schemes[strings.ToLower(u.Scheme)] {
			return ""
		}
	case resolve != nil && u.Host == "" && u.Path != "":
		return resolve(address)
	}
	return address
}

// literal writes an address as in Markdown, where entities and backslashes have
// a meaning: the renderer resolves them once more, and "&#106;avascript:" would
// become what it was kept from being.
func literal(address string) []byte {
	return []byte(strings.NewReplacer("&", "&amp;", `\`, "%5C").Replace(address))
}

// tamer replaces addresses in a document. goldmark itself looks for dangerous
// ones before it resolves entities, not at all at those between < and >, and
// passes schemes that it does not know.
type tamer struct{}

// Transform is called by the parser.
func (tamer) Transform(document *ast.Document, reader text.Reader, context parser.Context) {
	resolve, _ := context.Get(resolverKey).(func(string) string)
	source := reader.Source()
	var wrong []ast.Node
	// The walk ends without an error, as the function has none.
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			if n.Destination = literal(tame(unescaped(n.Destination), false, resolve)); len(n.Destination) == 0 {
				wrong = append(wrong, n)
			}
		case *ast.Image:
			if n.Destination = literal(tame(unescaped(n.Destination), true, resolve)); len(n.Destination) == 0 {
				wrong = append(wrong, n)
			}
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL && tame(string(n.URL(source)), false, nil) == "" {
				wrong = append(wrong, n)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, n := range wrong {
		parent := n.Parent()
		if link, ok := n.(*ast.AutoLink); ok {
			parent.ReplaceChild(parent, n, rawString(link.Label(source)))
			continue
		}
		for child := n.FirstChild(); child != nil; child = n.FirstChild() {
			parent.InsertBefore(parent, n, child) // takes it out of n
		}
		parent.RemoveChild(parent, n)
	}
}

func rawString(text []byte) ast.Node {
	s := ast.NewString(text)
	s.SetRaw(true)
	return s
}

// rawHTML renders HTML as what it says: goldmark would leave it out, and a
// notebook's words with it.
var rawHTML = renderer.WithNodeRenderers(util.Prioritized(htmlRenderer{}, 1))

type htmlRenderer struct{}

// RegisterFuncs is called by the renderer.
func (htmlRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindHTMLBlock, writeBlock)
	r.Register(ast.KindRawHTML, writeTag)
}

func writeBlock(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	if text := HTMLText(htmlSource(n.(*ast.HTMLBlock), source)); strings.TrimSpace(text) != "" {
		_, _ = w.WriteString("<p style=\"white-space: pre-wrap\">" + html.EscapeString(text) + "</p>\n")
	}
	return ast.WalkSkipChildren, nil
}

func writeTag(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering && isBreak(n.(*ast.RawHTML), source) {
		_, _ = w.WriteString("<br />\n")
	}
	return ast.WalkSkipChildren, nil
}

var breakTag = regexp.MustCompile(`(?i)^<br\s*/?>$`)

// isBreak tells whether a tag ends a line, the one that says something by
// itself.
func isBreak(n *ast.RawHTML, source []byte) bool { return breakTag.Match(n.Segments.Value(source)) }
