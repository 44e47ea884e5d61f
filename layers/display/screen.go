package display

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// screen is where output goes. Exactly one of the three modes holds: a
// notebook, a terminal that can redraw, or a plain stream of lines.
type screen struct {
	notebook notebook // nil outside notebooks
	terminal bool
	out      io.Writer
}

// standardScreen is the screen of this process.
func standardScreen() *screen {
	s := &screen{out: os.Stdout}
	if InNotebook() {
		s.notebook = gonb{}
	} else {
		s.terminal = InTerminal()
	}
	return s
}

// notebook is the way to a notebook's front end.
type notebook interface {
	// send shows a bundle: as a new output if id is empty or new, else in
	// place of what was shown under id before.
	send(b Bundle, id string) error
	// sync returns once everything sent has arrived at the kernel.
	sync() error
}

// gonb is the notebook that GoNB gives to a cell's program.
type gonb struct{}

// syncLimit bounds the wait for GoNB: gonbui.Sync itself waits for ever if
// the kernel went away, and a cell should rather end with an error.
const syncLimit = 20 * time.Second

func (gonb) send(b Bundle, id string) error {
	if err := gonbui.Open(); err != nil {
		return fmt.Errorf("display: connecting to the notebook: %w", err)
	}
	gonbui.SendData(&protocol.DisplayData{Data: b.mimeData(), DisplayID: id})
	if err := gonbui.Error(); err != nil {
		return fmt.Errorf("display: sending to the notebook: %w", err)
	}
	return nil
}

func (gonb) sync() error {
	if err := gonbui.Open(); err != nil {
		return fmt.Errorf("display: connecting to the notebook: %w", err)
	}
	done := make(chan struct{})
	go func() {
		gonbui.Sync()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(syncLimit):
		return errors.New("display: the notebook's kernel did not confirm the output within 20 s; it may be lost")
	}
}
