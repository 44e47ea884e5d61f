package live

import (
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// TestSubshellLeaves: a cell of a subshell that does not stop says what to do, and
// another interrupt leaves it, while the notebook's cell goes on and values stay.
func TestSubshellLeaves(t *testing.T) {
	c := newClient(t)
	c.check("import \"time\"\n%%\nblocked, kept := make(chan int), 7", "")
	s := c.newSubshell()
	main := c.inSubshell("", "fmt.Println(1)\nfor <-time.After(time.Millisecond); kept == 7; {\n}\nkept")
	sub := c.inSubshell(s, "fmt.Println(2)\n<-blocked\nkept = 8")
	c.awaitOutput("1\n", "2\n")
	interrupt := func() {
		t.Helper()
		if err := c.kernel.InterruptIn(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	interrupt()
	for limit := time.After(10 * testGrace); ; {
		select {
		case e := <-c.kernel.Events():
			text, ok := e.Content.(*jupyter.Stream)
			if !ok {
				continue
			}
			if e.ParentID() != sub || !strings.Contains(text.Text, "Interrupt it once more") {
				t.Errorf("printed: %+v", text)
			}
		case <-limit:
			t.Fatal("the cell does not say that it goes on")
		}
		break
	}
	interrupt()
	if gave, _ := c.gather(sub); !strings.Contains(gave[sub], "nterrupted") {
		t.Errorf("the cell: %q", gave[sub])
	}
	next := c.inSubshell(s, "kept")
	if gave, _ := c.gather(next); gave[next] != "=> 7 [ok]" {
		t.Errorf("the subshell's next: %q", gave[next])
	}
	next = c.inSubshell(s, "close(blocked)") // what was left goes on
	if gave, _ := c.gather(next, main); gave[main] != "=> 8 [ok]" {
		t.Errorf("the notebook's: %q", gave[main])
	}
}
