package markup

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// HTMLText is what a fragment of HTML says, laid out as text: blocks on lines
// of their own, list items with a dash, tables in columns.
func HTMLText(source string) string {
	nodes, err := html.ParseFragment(strings.NewReader(source), &html.Node{
		Type: html.ElementNode, Data: "body", DataAtom: atom.Body,
	})
	if err != nil {
		return source // only reading fails, and a string does not
	}
	var w htmlWriter
	for _, n := range nodes {
		w.node(n, false)
	}
	return strings.TrimRight(strings.TrimLeft(w.b.String(), "\n"), "\n ")
}

// htmlWriter collects text; white space is collapsed as browsers do.
type htmlWriter struct {
	b     strings.Builder
	space bool // a space is due before the next word
	depth int
}

// maxDepth bounds the recursion into nested elements.
const maxDepth = 500

func (w *htmlWriter) node(n *html.Node, pre bool) {
	w.depth++
	defer func() { w.depth-- }()
	if w.depth > maxDepth {
		return
	}
	switch n.Type {
	case html.TextNode:
		w.text(n.Data, pre)
		return
	case html.ElementNode:
	default:
		return
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Template, atom.Svg:
		return
	case atom.Br:
		w.line()
		w.b.WriteByte('\n')
	case atom.Table:
		w.breakLine()
		w.table(n)
		w.breakLine()
	case atom.Li:
		w.breakLine()
		w.b.WriteString("- ")
		w.children(n, pre)
		w.breakLine()
	case atom.Img:
		if alt := attribute(n, "alt"); alt != "" {
			w.text("["+alt+"]", false)
		}
	case atom.P, atom.Div, atom.Ul, atom.Ol, atom.Dl, atom.Dt, atom.Dd,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Section, atom.Article,
		atom.Figure, atom.Figcaption, atom.Hr, atom.Details, atom.Summary, atom.Tr:
		w.breakLine()
		w.children(n, pre)
		w.breakLine()
	case atom.Pre:
		w.breakLine()
		w.children(n, true)
		w.breakLine()
	default:
		w.children(n, pre)
	}
}

func (w *htmlWriter) children(n *html.Node, pre bool) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c, pre)
	}
}

func (w *htmlWriter) text(text string, pre bool) {
	if pre {
		w.b.WriteString(text)
		return
	}
	if text != "" && strings.ContainsAny(text[:1], " \t\r\n") {
		w.space = true
	}
	for _, word := range strings.Fields(text) {
		if w.space && !w.atStart() {
			w.b.WriteByte(' ')
		}
		w.b.WriteString(word)
		w.space = true
	}
	if text != "" && !strings.ContainsAny(text[len(text)-1:], " \t\r\n") {
		w.space = false
	}
}

func (w *htmlWriter) atStart() bool {
	s := w.b.String()
	return s == "" || strings.HasSuffix(s, "\n") || strings.HasSuffix(s, "- ")
}

// line forgets a space that is due: a line ends here.
func (w *htmlWriter) line() { w.space = false }

// breakLine ends the line, if there is one.
func (w *htmlWriter) breakLine() {
	w.line()
	if s := w.b.String(); s != "" && !strings.HasSuffix(s, "\n") {
		w.b.WriteByte('\n')
	}
}

// table lays cells out in columns, two spaces apart.
func (w *htmlWriter) table(n *html.Node) {
	var rows [][]string
	collectRows(n, &rows, 0)
	var widths []int
	for _, cells := range rows {
		for i, cell := range cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, cells := range rows {
		var line strings.Builder
		for i, cell := range cells {
			line.WriteString(cell)
			line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		w.b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

func collectRows(n *html.Node, rows *[][]string, depth int) {
	if depth > maxDepth {
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom != atom.Tr {
			collectRows(c, rows, depth+1)
			continue
		}
		var cells []string
		for d := c.FirstChild; d != nil; d = d.NextSibling {
			if d.DataAtom == atom.Td || d.DataAtom == atom.Th {
				var cell htmlWriter
				cell.depth = depth
				cell.children(d, false)
				cells = append(cells, strings.Join(strings.Fields(cell.b.String()), " "))
			}
		}
		*rows = append(*rows, cells)
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
