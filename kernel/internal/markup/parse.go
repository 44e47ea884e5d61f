package markup

import (
	"bufio"
	"html"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	renderer "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// dialect is GitHub's, which Jupyter's is close to. Without the option "unsafe"
// goldmark renders no raw HTML.
var dialect = goldmark.New(goldmark.WithExtensions(extension.GFM),
	goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(tamer{}, 10_000))),
	goldmark.WithRendererOptions(renderer.WithXHTML(), rawHTML))

func parse(source []byte) ast.Node { return dialect.Parser().Parse(text.NewReader(source)) }

// unescaped is a text of the source as it is meant: without backslashes before
// punctuation, and with characters for entities.
func unescaped(raw []byte) string {
	var b strings.Builder
	w := bufio.NewWriter(&b)
	renderer.DefaultWriter.Write(w, raw)
	w.Flush()
	return html.UnescapeString(b.String())
}

// lineText is the source of a block that is kept as it is.
func lineText(n ast.Node, source []byte) string {
	var b strings.Builder
	lines := n.Lines()
	for i := range lines.Len() {
		line := lines.At(i)
		b.Write(line.Value(source))
	}
	return b.String()
}

// htmlSource is a block of HTML with the line that closes it.
func htmlSource(n *ast.HTMLBlock, source []byte) string {
	text := lineText(n, source)
	if n.HasClosure() {
		text += string(n.ClosureLine.Value(source))
	}
	return text
}
