package live

import (
	"errors"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// TestRefuse: who opens a notebook on a kernel without its library reads why in
// the notebook, and the kernel ends when it is told to.
func TestRefuse(t *testing.T) {
	_, reason := library.Open(t.TempDir())
	if reason == nil {
		t.Fatal("an empty folder is a library")
	}
	info, err := jupyter.NewIPCConnection(t.TempDir())
	if err != nil {
		t.Skip(err)
	}
	file := t.TempDir() + "/kernel-refuse.json"
	if err := info.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- Refuse(t.Context(), Options{Connection: file}, reason) }()
	k, err := jupyter.Attach(t.Context(), info)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	c := &client{t: t, kernel: k}
	for range 2 {
		s := c.run("fmt.Println(1)")
		if s.error == nil || s.error.Name != libraryError || s.error.Value != reason.Error() || s.stdout != "" {
			t.Errorf("the cell shows %s", s.text())
		}
		if s.reply.Status != jupyter.StatusError {
			t.Errorf("the reply is %+v", s.reply)
		}
	}
	if err := k.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	select {
	case err := <-ended:
		if err != nil && !errors.Is(err, t.Context().Err()) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it does not end")
	}
}
