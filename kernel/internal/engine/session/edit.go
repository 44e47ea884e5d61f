package session

import (
	"sort"
	"strings"
)

// edit replaces a part of a text.
type edit struct {
	start, end int
	text       string
}

// edits are changes to one text.
type edits []edit

func (e *edits) replace(start, end int, text string) { *e = append(*e, edit{start, end, text}) }
func (e *edits) insert(at int, text string)          { *e = append(*e, edit{at, at, text}) }

// render returns the part of text from start to end with the edits in it. Edits
// within a part that is replaced are dropped; insertions at one place stand in
// the order in which they were made.
func (e edits) render(text string, start, end int) string {
	list := make([]edit, 0, len(e))
	for _, one := range e {
		if one.start >= start && one.end <= end && !(one.start == end && end > start) {
			list = append(list, one)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].start < list[j].start })
	var b strings.Builder
	at := start
	for _, one := range list {
		if one.start < at {
			continue
		}
		b.WriteString(text[at:one.start])
		b.WriteString(one.text)
		at = one.end
	}
	b.WriteString(text[at:end])
	return b.String()
}
