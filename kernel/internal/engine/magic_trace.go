package engine

import (
	"os"

	"github.com/gocifar/gocifar/kernel/internal/engine/profile"
)

// showTrace sums up an execution trace.
func (r *run) showTrace(rec *recording) error {
	f, err := os.Open(rec.File)
	if err != nil {
		return err
	}
	defer f.Close()
	t, err := profile.ReadTrace(f)
	if err == nil {
		err = rec.keepFile()
	}
	if err != nil {
		return err
	}
	t.Names = nameForPeople
	r.show("text/html", t.HTML(), t.PlainText())
	return nil
}
