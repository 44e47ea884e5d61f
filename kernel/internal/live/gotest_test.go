package live

import "testing"

// TestInterruptedTest: package testing would end the process.
func TestInterruptedTest(t *testing.T) {
	c := newClient(t)
	c.check("n := 2", "")
	c.interruptSoon()
	s := c.run("func TestLoop(t *testing.T) { fmt.Println(\"go\"); for {} }\nfunc TestNext(t *testing.T) { for {} " +
		"}\n%test")
	c.during = nil
	if s.error == nil || s.error.Name != "Interrupted" {
		t.Errorf("an interrupted test shows %s", s.text())
	}
	c.check("n", "=> 2", "%test -test.run=Nothing\nn", "…")
}

// TestCoverFlags: there is no coverage, and a sentence that says where there
// is.
func TestCoverFlags(t *testing.T) {
	c := newClient(t)
	const says = "note: cells in a living process are not measured; `!*go test -cover` measures a program of the " +
		"notebook's declarations and tests"
	c.check(
		"%goflags --cover --covermode=set", `%goflags=["--cover" "--covermode=set"]`,
		"func TestX(t *testing.T) {}\nn := 1", "",
		"%test \"\"", "PASS\n"+says,
		"%test \"\"", "PASS",
		"%goflags -cover\n%env GOCOVERDIR=x\nn", "%goflags=[\"-cover\"]\nSet: GOCOVERDIR=\"x\"\n"+says+"\n=> 1",
		"%goflags \"\"", "%goflags=[]",
		"%test \"\"", "PASS",
	)
}
