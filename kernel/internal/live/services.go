package live

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Implementation is the kernel's name for itself.
const Implementation = "gocifar-live"

// answer answers a request that has one answer. It is nil for messages that
// have none.
func (k *Kernel) answer(c jupyter.Content) jupyter.Content {
	switch c := c.(type) {
	case *jupyter.KernelInfoRequest:
		return k.info()
	case *jupyter.IsCompleteRequest:
		status, indent := gocell.IsComplete(c.Code)
		return &jupyter.IsCompleteReply{Status: status, Indent: indent}
	case *jupyter.HistoryRequest:
		return k.historyReply(c)
	case *jupyter.CompleteRequest:
		return k.complete(c)
	case *jupyter.InspectRequest:
		return k.inspect(c)
	case *jupyter.ConnectRequest:
		return &jupyter.ConnectReply{}
	}
	return nil
}

// safely calls answer and makes an error reply of a panic: a bug in the kernel
// must not cost the user's values.
func (k *Kernel) safely(c jupyter.Content) (reply jupyter.Content) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(os.Stderr, "live kernel: %s: %v\n%s", c.MessageType(), p, debug.Stack())
			reply = &jupyter.Unknown{Type: strings.TrimSuffix(c.MessageType(), "request") + "reply",
				Raw: json.RawMessage(`{"status":"error","ename":"KernelError",` +
					`"evalue":"the kernel made a mistake; its log says more","traceback":[]}`)}
		}
	}()
	return k.answer(c)
}

func (k *Kernel) info() *jupyter.KernelInfoReply {
	return &jupyter.KernelInfoReply{
		Status: jupyter.StatusOK, ProtocolVersion: jupyter.ProtocolVersion, SupportedFeatures: k.allFeatures(),
		Debugger:       k.debuggable(),
		Implementation: Implementation, ImplementationVersion: "1.0",
		LanguageInfo: jupyter.LanguageInfo{Name: "go", Version: k.cells.GoVersion(), MIMEType: "text/x-go",
			FileExtension: ".go",
			PygmentsLexer: "go", CodeMirrorMode: json.RawMessage(`"go"`)},
		Banner: fmt.Sprintf("Go, live: cells compiled by %s in one living process (%%help lists the special commands)",
			k.cells.GoVersion()),
		HelpLinks: []jupyter.HelpLink{{Text: "Go", URL: "https://go.dev/doc/"},
			{Text: "Go packages", URL: "https://pkg.go.dev"},
			{Text: "GoNB", URL: "https://github.com/janpfeifer/gonb"}},
	}
}

// historyReply lists inputs of this session, which is number 1.
func (k *Kernel) historyReply(c *jupyter.HistoryRequest) *jupyter.HistoryReply {
	k.mu.Lock()
	defer k.mu.Unlock()
	reply := &jupyter.HistoryReply{Status: jupyter.StatusOK, History: []json.RawMessage{}}
	first, last := 0, len(k.history)
	if c.AccessType == "range" {
		first, last = max(0, c.Start-1), len(k.history)
		if c.Stop > 0 {
			last = min(last, c.Stop-1)
		}
		if c.Session > 1 || c.Session < -1 {
			last = 0
		}
	}
	seen := map[string]bool{}
	for i := first; i < last; i++ {
		input := k.history[i]
		if c.AccessType == "search" && !glob(c.Pattern, input) || c.Unique && seen[input] {
			continue
		}
		seen[input] = true
		entry := any(input)
		if c.Output {
			entry = []any{input, nil}
		}
		if raw, err := json.Marshal([]any{1, i + 1, entry}); err == nil {
			reply.History = append(reply.History, raw)
		}
	}
	if n := c.N; n > 0 && len(reply.History) > n && c.AccessType != "range" {
		reply.History = reply.History[len(reply.History)-n:]
	}
	return reply
}

// glob matches with * and ?, as SQLite does for IPython.
func glob(pattern, text string) bool {
	for pattern != "" {
		switch pattern[0] {
		case '*':
			pattern = strings.TrimLeft(pattern, "*")
			if pattern == "" {
				return true
			}
			for i := range len(text) + 1 {
				if glob(pattern, text[i:]) {
					return true
				}
			}
			return false
		case '?':
			if text == "" {
				return false
			}
		default:
			if text == "" || text[0] != pattern[0] {
				return false
			}
		}
		pattern, text = pattern[1:], text[1:]
	}
	return text == ""
}
