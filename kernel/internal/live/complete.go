package live

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gocifar/gocifar/kernel/internal/engine"
	"github.com/gocifar/gocifar/kernel/internal/markup"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// complete proposes how the code goes on.
func (k *Kernel) complete(c *jupyter.CompleteRequest) *jupyter.CompleteReply {
	offset := byteOffset(c.Code, c.CursorPos)
	start := identifierStart(c.Code, offset)
	reply := &jupyter.CompleteReply{Status: jupyter.StatusOK, Matches: []string{},
		CursorStart: utf8.RuneCountInString(c.Code[:start]), CursorEnd: utf8.RuneCountInString(c.Code[:offset])}
	line := c.Code[strings.LastIndexByte(c.Code[:offset], '\n')+1 : offset]
	if strings.HasPrefix(line, "%") && !strings.Contains(line, " ") {
		reply.Matches = matching(engine.Magics(), line)
		reply.CursorStart = reply.CursorEnd - utf8.RuneCountInString(line)
		return reply
	}
	text, place, ok := k.cells.Draft(c.Code, offset)
	if !ok || k.gopls == nil {
		return reply
	}
	ctx, cancel := context.WithTimeout(k.server.ctx, questionLimit)
	defer cancel()
	var list struct{ Items []completionItem }
	if err := k.gopls.ask(ctx, "textDocument/completion", text, place, &list); err != nil {
		if errors.Is(err, errBuilding) {
			reply.Status, reply.Name, reply.Value = jupyter.StatusError, "gopls", err.Error()
		}
		return reply
	}
	slices.SortStableFunc(list.Items, func(a, b completionItem) int { return strings.Compare(a.SortText, b.SortText) })
	typed := c.Code[start:offset]
	// gopls also proposes what only resembles the typed text.
	begins := func(i completionItem) bool {
		return len(i.Label) >= len(typed) && strings.EqualFold(i.Label[:len(typed)], typed)
	}
	if slices.ContainsFunc(list.Items, begins) {
		list.Items = slices.DeleteFunc(list.Items, func(i completionItem) bool { return !begins(i) })
	}
	types := []any{}
	for _, item := range list.Items {
		match := item.Label
		if e := item.TextEdit; e != nil {
			match = e.NewText
			// What it replaces may begin before the identifier.
			if from := offsetOf(text, e.Range.Start); from > place || place-from != len(typed) {
				continue
			}
		}
		if slices.Contains(reply.Matches, match) || strings.HasPrefix(match, "gocell_") {
			continue
		}
		reply.Matches = append(reply.Matches, match)
		types = append(types, map[string]any{"text": match, "type": completionKind(item.Kind), "signature": item.Detail,
			"start": reply.CursorStart, "end": reply.CursorEnd})
	}
	if raw, err := json.Marshal(types); err == nil {
		reply.Metadata = jupyter.MIMEBundle{"_jupyter_types_experimental": raw}
	}
	return reply
}

// completionItem is a proposal of the language server.
type completionItem struct {
	Label, Detail, SortText string
	Kind                    int
	TextEdit                *struct {
		Range   struct{ Start, End position }
		NewText string
	}
}

// completionKind names the kinds of the Language Server Protocol as JupyterLab
// does.
func completionKind(kind int) string {
	return map[int]string{2: "function", 3: "function", 5: "property", 6: "variable", 7: "class", 8: "interface",
		9: "module", 14: "keyword", 21: "constant", 22: "class", 25: "class"}[kind]
}

func matching(list []string, prefix string) []string {
	found := []string{}
	for _, one := range list {
		if strings.HasPrefix(one, prefix) {
			found = append(found, one)
		}
	}
	return found
}

// inspect describes what stands at the cursor.
func (k *Kernel) inspect(c *jupyter.InspectRequest) *jupyter.InspectReply {
	reply := &jupyter.InspectReply{Status: jupyter.StatusOK, Data: jupyter.MIMEBundle{}, Metadata: jupyter.MIMEBundle{}}
	offset := byteOffset(c.Code, c.CursorPos)
	// Behind a name, and behind the bracket of a call, it is the name that
	// counts.
	if rest := strings.TrimRight(c.Code[:offset], "( \t"); strings.HasSuffix(c.Code[:offset], "(") {
		offset = len(rest)
	}
	if start := identifierStart(c.Code, offset); start < offset {
		offset = start
	}
	text, place, ok := k.cells.Draft(c.Code, offset)
	if !ok || k.gopls == nil {
		return reply
	}
	ctx, cancel := context.WithTimeout(k.server.ctx, questionLimit)
	defer cancel()
	var hover *struct{ Contents struct{ Value string } }
	err := k.gopls.ask(ctx, "textDocument/hover", text, place, &hover)
	if errors.Is(err, errBuilding) {
		reply.Found, reply.Data = true, bundle(map[string]any{"text/plain": err.Error()})
		return reply
	}
	if err != nil || hover == nil || hover.Contents.Value == "" {
		return reply
	}
	reply.Found = true
	reply.Data = bundle(map[string]any{"text/markdown": hover.Contents.Value,
		"text/plain": markup.MarkdownText(hover.Contents.Value, markup.Options{})})
	return reply
}

// byteOffset turns the protocol's count of characters into one of bytes.
func byteOffset(code string, characters int) int {
	for i := range code {
		if characters <= 0 {
			return i
		}
		characters--
	}
	return len(code)
}

func identifierStart(code string, offset int) int {
	for offset > 0 {
		r, size := utf8.DecodeLastRuneInString(code[:offset])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		offset -= size
	}
	return offset
}
