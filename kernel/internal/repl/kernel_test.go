package repl

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

// scriptedKernel is a kernel whose language is a list of words; each test has
// one of its own.
func scriptedKernel() fakekernel.Options {
	return fakekernel.Options{
		Execute: executeScript,
		Respond: respondScript,
		Info: &jupyter.KernelInfoReply{
			Status: jupyter.StatusOK, ProtocolVersion: jupyter.ProtocolVersion, Implementation: "scripted",
			LanguageInfo: jupyter.LanguageInfo{Name: "fake", Version: "1", MIMEType: "text/plain", FileExtension: ".txt"},
		},
	}
}

// counted is the scripted kernel's memory.
var counted atomic.Int32

// redDot is a picture of one red pixel.
const redDot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="

func executeScript(x *fakekernel.Execution) {
	word, rest, _ := strings.Cut(strings.TrimSpace(x.Code), " ")
	switch word {
	case "print":
		x.Stdout(rest + "\n")
	case "write": // without a line's end
		x.Stdout(rest)
	case "warn":
		x.Stderr(rest + "\n")
	case "value":
		x.Result(map[string]string{"text/plain": rest})
	case "fail":
		x.Fail("ScriptError", rest, "\x1b[31mScriptError\x1b[0m: "+rest)
	case "raw": // with any control sequence, in JSON's notation
		var text string
		if err := json.Unmarshal([]byte(`"`+rest+`"`), &text); err != nil {
			x.Fail("ScriptError", err.Error())
			return
		}
		x.Stdout(text)
	case "lines":
		var n int
		fmt.Sscan(rest, &n)
		for i := range n {
			x.Stdout(fmt.Sprintf("line %d\n", i+1))
		}
	case "progress":
		for i := range 5 {
			x.Stdout(fmt.Sprintf("\r%d of 5", i+1))
			x.Sleep(50 * time.Millisecond)
		}
		x.Stdout("\n")
	case "updates": // of a display between texts
		x.Stdout("before\n")
		x.Display("bar", map[string]string{"text/plain": "[..........]"})
		x.Stdout("after\n")
		for i := range 11 {
			x.Update("bar", map[string]string{"text/plain": "[" + strings.Repeat("#", i) + strings.Repeat(".", 10-i) + "]"})
			x.Sleep(20 * time.Millisecond)
		}
	case "count": // what the kernel remembers
		counted.Add(1)
		x.Result(map[string]string{"text/plain": fmt.Sprint(counted.Load())})
	case "clear":
		for i := range 3 {
			x.Clear(rest == "wait")
			x.Stdout(fmt.Sprintf("state %d\nof 2\n", i))
			x.Sleep(50 * time.Millisecond)
		}
	case "picture":
		x.Result(map[string]string{"image/png": redDot, "text/plain": "a red dot"})
	case "html":
		x.Display("", map[string]string{"text/html": rest})
	case "ask":
		name, err := x.Input(rest+" ", false)
		if err != nil {
			x.Fail("Interrupted", err.Error())
			return
		}
		x.Stdout("hello " + name + "\n")
	case "password":
		secret, err := x.Input("password: ", true)
		if err != nil {
			x.Fail("Interrupted", err.Error())
			return
		}
		x.Stdout(fmt.Sprintf("%d letters\n", len(secret)))
	case "sleep":
		x.Stdout("sleeping\n")
		<-x.Interrupted()
		x.Fail("Interrupted", "woken")
	case "stubborn":
		x.Stdout("not listening\n")
		time.Sleep(time.Hour)
	case "late": // output after the end
		x.AfterIdle(func() {
			time.Sleep(300 * time.Millisecond)
			x.Stdout("late " + rest + "\n")
		})
	case "die":
		if rest == "later" {
			x.AfterIdle(func() {
				time.Sleep(300 * time.Millisecond)
				os.Exit(8)
			})
			return
		}
		x.Stdout("last words\n")
		time.Sleep(100 * time.Millisecond)
		os.Exit(7)
	case "echo": // the code as it came
		x.Stdout(fmt.Sprintf("%q\n", x.Code))
	default:
		x.Fail("ScriptError", fmt.Sprintf("no such word: %q", word))
	}
}

func respondScript(k *fakekernel.Kernel, r *fakekernel.Request) bool {
	switch m := r.Content.(type) {
	case *jupyter.IsCompleteRequest:
		status := "complete"
		if strings.Count(m.Code, "(") > strings.Count(m.Code, ")") {
			status = "incomplete"
		}
		k.Reply(r, &jupyter.IsCompleteReply{Status: status, Indent: "  "})
	case *jupyter.CompleteRequest:
		reply := &jupyter.CompleteReply{Status: jupyter.StatusOK, CursorStart: m.CursorPos, CursorEnd: m.CursorPos}
		before := string([]rune(m.Code)[:m.CursorPos])
		start := strings.LastIndexAny(before, " .(") + 1
		for _, word := range []string{"print", "printer", "progress", "päckchen"} {
			if strings.HasPrefix(word, before[start:]) {
				reply.Matches = append(reply.Matches, word)
			}
		}
		reply.CursorStart = len([]rune(before[:start]))
		k.Reply(r, reply)
	case *jupyter.InspectRequest:
		reply := &jupyter.InspectReply{Status: jupyter.StatusOK}
		if m.Code == "print" {
			reply.Found = true
			reply.Data = fakekernel.Bundle(map[string]string{"text/plain": fmt.Sprintf("print TEXT (detail %d)", m.DetailLevel)})
		}
		if m.Code == "marked" {
			reply.Found = true
			reply.Data = fakekernel.Bundle(map[string]string{"text/plain": "a \\* **b**",
				"text/markdown": "```go\nfunc marked()\n```\n\n---\n\na \\* **b**\n\n[`marked`](https://x.y)"})
		}
		k.Reply(r, reply)
	case *jupyter.HistoryRequest:
		k.Reply(r, &jupyter.HistoryReply{Status: jupyter.StatusOK,
			History: []json.RawMessage{[]byte(`[0, 1, "print from the kernel's history"]`)}})
	default:
		return false
	}
	return true
}
