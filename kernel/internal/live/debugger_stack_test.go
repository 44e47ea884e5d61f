package live

import (
	"testing"

	"github.com/google/go-dap"
)

const onStack = `import (
	"runtime"
	"testing"
)
type node struct {
	next *node
	name string
	at   [2]int
}
func deep(n int) int {
	var a [32]int
	if n == 0 {
		return 0
	}
	return deep(n-1) + a[n%32]
}
func digits(n, depth int) (sum int) {
	var room [8]byte
	buf, first := room[:0], &node{name: "one"}
	second := node{next: first, at: [2]int{n, 2}}
	link, self := &second, node{}
	self.next = &self
	deep(depth)
	for i := n; i > 0; i /= 10 {
		buf = append(buf, byte(i%10))
	}
	sum = 100
	for _, d := range buf {
		sum += int(d)
	}
	if self.next != &self {
		return -1
	}
	return sum + link.at[0] + len(first.name) + int(room[1])
}
`

// TestDebuggerStack: what variables point to stays on the goroutine's stack while
// nothing stops, is seen and changed where something does, and is right when the
// runtime has moved the stack meanwhile.
func TestDebuggerStack(t *testing.T) {
	d := newDebugClient(t)
	code := onStack + "%%\nfmt.Println(testing.AllocsPerRun(100, func() { digits(123, 1) }), digits(123, 3000))\nruntime.GC()"
	d.wantEqual("allocations", d.runs(code).text(), "0 234")
	d.breakAt(code, dap.SourceBreakpoint{Line: lineOf(code, "sum = 100"), Condition: "n == 124 && buf[0] == 4"},
		dap.SourceBreakpoint{Line: lineOf(code, "sum += int(d)"), Condition: "d == 1"})
	s := d.runs("fmt.Println(digits(124, 3000))", func(dap.StoppedEventBody) {
		locals := d.list(d.scope("Locals"))
		d.wantEqual("locals",
			locals["buf"].Value+" "+locals["second"].Value, `3 [4 2 1] █▃▁ {next:&{next:nil name:"one" at:[0 0]} name:"" at:[124 2]}`)
		for range 6 {
			d.evaluate("runtime.GC()") // shrinks the stack, each time by half
		}
		d.evaluate("buf[0], link.at[0], first.name, self.next.at[1] = 9, 1000, \"three\", 5")
		d.wantEqual("afterwards", d.evaluate(`fmt.Sprint(buf, link.at, link.next.name, self.next.next.at, room)`),
			`"[9 2 1] [1000 2]three[0 5] [4 2 1 0 0 0 0 0]"`)
		d.evaluate("buf = buf[1:]")
		d.goOn("continue")
	}, func(dap.StoppedEventBody) {
		d.wantEqual("then", d.evaluate(`fmt.Sprint(buf, link.at, first.name, self.next.next.at, room, self.next.next == self.next, sum)`),
			`"[2 1] [1000 2]three[0 5] [9 2 1 0 0 0 0 0] true 102"`)
		d.evaluate("buf[0] = 7")
		d.goOn("continue")
	})
	d.wantEqual("result", s.text(), "1115")
}
