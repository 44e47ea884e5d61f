package markup

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

func TestMarkdownHTML(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"# 1 · *T*", "<h1>1 · <em>T</em></h1>"},
		{"a `b<c` **d**", "<p>a <code>b&lt;c</code> <strong>d</strong></p>"},
		{"| a |\n|---|", "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n</table>"},
		{"[t](https://x.y/?a=1&b=2)", `<p><a href="https://x.y/?a=1&amp;b=2">t</a></p>`},
		{"[t](HTTPS://x.y) <a@b.c>", `<p><a href="HTTPS://x.y">t</a> <a href="mailto:a@b.c">a@b.c</a></p>`},
		{"[t](02-b.ipynb#part)", `<p><a href="dir/02-b.ipynb#part">t</a></p>`},
		{"[t](#part)", `<p><a href="#part">t</a></p>`},
		{"![p](p.png)", `<p><img src="dir/p.png" alt="p" /></p>`},
		{"![p](data:image/png;base64,AAAA)", `<p><img src="data:image/png;base64,AAAA" alt="p" /></p>`},
		{"a<br>b <b>c</b>", "<p>a<br />\nb c</p>"},
		{"<div onclick=\"x()\">a <i>b</i></div>", "<p style=\"white-space: pre-wrap\">a b</p>"},
		{"<!-- nothing -->", ""},
		// What would run, or leads where a page should not, becomes its text.
		{"<script>alert(1)</script>", ""},
		{"a <img src=x onerror=alert(1)> b", "<p>a  b</p>"},
		{"[t](javascript:alert(1))", "<p>t</p>"},
		{"[t](JaVaScript:alert(1))", "<p>t</p>"},
		{"[t](&#106;avascript:alert(1))", "<p>t</p>"},
		{"[t](javascript&colon;alert(1))", "<p>t</p>"},
		{"[t](&#1;javascript:alert(1))", "<p>t</p>"},
		{"[t](java&Tab;script:alert(1))", "<p>t</p>"},
		{"[t](java&#10;script:alert(1))", "<p>t</p>"},
		{"[t](javascript\\:alert(1))", "<p>t</p>"},
		{"[t](&amp;#106;avascript:alert(1))", `<p><a href="dir/&amp;#106;avascript:alert(1)">t</a></p>`},
		{"<javascript:alert(1)>", "<p>javascript:alert(1)</p>"},
		{"<vbscript:x>", "<p>vbscript:x</p>"},
		{"[t][r]\n\n[r]: javascript:alert(1)", "<p>t</p>"},
		{"[t](data:text/html;base64,AAAA)", "<p>t</p>"},
		{"[t](data:image/svg+xml;base64,AAAA)", "<p>t</p>"},
		{"![p](data:image/svg+xml;base64,AAAA)", "<p>p</p>"},
		{"![p](javascript:alert(1))", "<p>p</p>"},
		{"[t](file:///etc/passwd)", "<p>t</p>"},
		{"[*a* `b`](x:y)", "<p><em>a</em> <code>b</code></p>"},
		{"[t](https://x.y \"a\\\" onclick=x\")", `<p><a href="https://x.y" title="a&quot; onclick=x">t</a></p>`},
		{"```\"><script>\nx\n```", "<pre><code class=\"language-&quot;&gt;&lt;script&gt;\">x\n</code></pre>"},
	} {
		got := MarkdownHTML(c.source, func(address string) string { return "dir/" + address })
		if strings.TrimSpace(got) != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.source, got, c.want)
		}
	}
	if got := MarkdownHTML("[t](a.ipynb)", nil); got != "<p><a href=\"a.ipynb\">t</a></p>\n" {
		t.Errorf("without a resolver: %s", got)
	}
}

// FuzzMarkdownHTML: whatever the Markdown, a browser finds nothing in the page
// but what goldmark makes of Markdown, and no address that it must not follow.
func FuzzMarkdownHTML(f *testing.F) {
	f.Add("[t](&#106;avascript:alert(1)) <javascript:x> ![p](data:image/svg+xml,x)")
	f.Add("<img src=x onerror=y>\n\n<script>z</script>\n\n```\"x=\n```")
	f.Add("[](&J\xdb#\xaa\xaa0G;ascript:alert(1))")
	f.Add("| a\n|-\n| <b x=y>\n\n- [x] [a]: &amp;#106;avascript:b")
	elements := map[string]bool{}
	for _, name := range strings.Fields(`html head body p h1 h2 h3 h4 h5 h6 em strong del code pre a img br hr ul ol li
		blockquote table thead tbody tr th td input`) {
		elements[name] = true
	}
	attributes := map[string]bool{}
	for _, name := range strings.Fields("href src alt title class style start align type checked disabled") {
		attributes[name] = true
	}
	f.Fuzz(func(t *testing.T, source string) {
		page := MarkdownHTML(source, nil)
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if !elements[n.Data] {
				t.Errorf("%q makes the element %s: %s", source, n.Data, page)
			}
			for _, a := range n.Attr {
				if !attributes[a.Key] || a.Key == "type" && a.Val != "checkbox" ||
					a.Key == "style" && a.Val != "white-space: pre-wrap" && !strings.HasPrefix(a.Val, "text-align:") {
					t.Errorf("%q makes the attribute %s=%q: %s", source, a.Key, a.Val, page)
				}
				if a.Key != "href" && a.Key != "src" {
					continue
				}
				u, err := url.Parse(strings.TrimLeft(a.Val, "\x00 "))
				scheme := ""
				if err == nil {
					scheme = strings.ToLower(u.Scheme)
				}
				if err != nil || scheme != "" && !schemes[scheme] && !(n.DataAtom == atom.Img && picture.MatchString(a.Val)) {
					t.Errorf("%q makes the address %q (%v)", source, a.Val, err)
				}
			}
		}
	})
}
