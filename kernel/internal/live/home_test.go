package live

import (
	"os/user"
	"strings"
	"testing"
)

// TestNoHome: who starts the kernel gives it no HOME, as Kernel Gateway and
// Enterprise Gateway do. The go command would refuse to list packages.
func TestNoHome(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Skip(err)
	}
	c := startServed(t, testLibrary.Get(t).Dir, "HOME=", "GOPATH=", "GOMODCACHE=", "GOCACHE=", "GOPROXY=off").attach()
	c.check(`os.Getenv("HOME")`, "=> "+me.HomeDir)
	shown := c.run("import \"example.com/none\"\n%%\nnone.F()")
	if said := shown.text(); !strings.Contains(said, "example.com/none") || strings.Contains(said, "GOMODCACHE") {
		t.Errorf("a package that is not there shows %s", said)
	}
}
