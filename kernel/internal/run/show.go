package run

import (
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/gocifar/gocifar/kernel/execute"
	reports "github.com/gocifar/gocifar/kernel/execute/report"
)

// observer shows what happens as the flags and the terminal ask; end is to be
// called when all is over.
func (f *flagValues) observer() (observe execute.Observer, end func()) {
	out := os.Stdout
	if f.toStdout() {
		out = os.Stderr
	}
	show, end := f.display(out)
	if !f.github {
		return show, end
	}
	annotate := (&reports.GitHub{Out: out}).Observe
	return func(e execute.Event) {
		show(e)
		annotate(e)
	}, end
}

func (f *flagValues) display(out *os.File) (show execute.Observer, end func()) {
	switch {
	case f.json:
		return (&reports.Events{Out: out}).Observe, func() {}
	case f.plain, !term.IsTerminal(int(out.Fd())), os.Getenv("TERM") == "dumb", os.Getenv("CI") != "":
		return (&reports.Lines{Out: out, Prefix: f.parallel > 1, Name: filepath.Base}).Observe, func() {}
	}
	size := func() (width, height int) {
		width, height, err := term.GetSize(int(out.Fd()))
		if err != nil || width < 20 || height < 3 {
			return 80, 24
		}
		return width, height
	}
	live := reports.NewLive(out, size, filepath.Base)
	return live.Observe, live.Close
}
