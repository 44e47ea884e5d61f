package display

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/comms"
	"github.com/janpfeifer/gonb/gonbui/dom"
	"github.com/janpfeifer/gonb/gonbui/widgets"
)

// answerLimit is how long a front end may take to answer before it is taken
// for absent: a notebook that is executed headlessly has none, and GoNB's
// widgets would wait for it for ever.
const answerLimit = 4 * time.Second

// Slide shows show(from) and a slider under it, and show of every position
// that the slider is moved to, until ctx ends, the notebook's stop button is
// pressed or the slider was not moved for as long as idle.
//
// Where nobody can move a slider it shows nothing and returns false: outside a
// notebook, where the environment variable GOCIFAR_HEADLESS is set, and where
// no front end answers within some seconds.
func Slide(ctx context.Context, from, to int, idle time.Duration, show func(position int) Bundle) (bool, error) {
	if !InNotebook() || os.Getenv("GOCIFAR_HEADLESS") != "" {
		return false, nil
	}
	if err := gonbui.Open(); err != nil {
		return false, fmt.Errorf("display: connecting to the notebook: %w", err)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	if !frontEndAnswers(ctx) {
		return false, nil
	}
	picture := NewLive()
	if err := picture.Update(show(from)); err != nil {
		return false, err
	}
	// Done waits for the slider to appear, however long.
	ready := make(chan *comms.AddressChan[int], 1)
	go func() { ready <- widgets.Slider(from, to, from).Done().Listen().LatestOnly() }()
	var moves <-chan int
	for {
		select {
		case slider := <-ready:
			moves = slider.C
		case position := <-moves:
			if err := picture.Update(show(min(max(position, from), to))); err != nil {
				return true, err
			}
		case <-time.After(idle):
			return true, picture.Close()
		case <-ctx.Done():
			return true, picture.Close()
		}
	}
}

// frontEndAnswers asks the page that shows the notebook for a sign of life.
func frontEndAnswers(ctx context.Context) bool {
	address := "/gocifar/answer/" + gonbui.UniqueId()
	// Never closed: a value that arrives for an address without listeners locks
	// GoNB's client for good (gonb v0.11.5, comms.dispatchValueUpdates).
	answer := comms.Listen[int](address)
	comms.Start()
	// The page may still be connecting to the kernel.
	dom.TransientJavascript(fmt.Sprintf(`(() => {
	let tries = 0;
	const ask = () => {
		if (globalThis.gonb_comm) { globalThis.gonb_comm.send(%q, 1); }
		else if (++tries < 30) { setTimeout(ask, 100); }
	};
	ask();
})();`, address))
	select {
	case <-answer.C:
		return true
	case <-time.After(answerLimit):
		return false
	case <-ctx.Done():
		return false
	}
}
