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
)

// This file is about the page that shows a notebook: whether there is one, and
// what somebody does there.

// answerLimit is how long a front end may take to answer before it is taken
// for absent: a notebook that is executed headlessly has none, and GoNB's
// widgets would wait for it for ever.
const answerLimit = 4 * time.Second

// connected tells whether there may be a page: not outside a notebook, nor where
// the environment variable GOCIFAR_HEADLESS is set.
func connected() (bool, error) {
	if !InNotebook() || os.Getenv("GOCIFAR_HEADLESS") != "" {
		return false, nil
	}
	if err := gonbui.Open(); err != nil {
		return false, fmt.Errorf("display: connecting to the notebook: %w", err)
	}
	return true, nil
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

// attended returns a context that also ends when the notebook's stop button is
// pressed, and whether there is a page on which somebody may move a control.
func attended(ctx context.Context) (_ context.Context, stop func(), _ bool, _ error) {
	if ok, err := connected(); !ok {
		return ctx, func() {}, false, err
	}
	ctx, stop = signal.NotifyContext(ctx, os.Interrupt)
	return ctx, stop, frontEndAnswers(ctx), nil
}

// follow shows a bundle for each number of a control, whose channel comes when
// the control has appeared, until ctx ends or no number came for as long as idle.
func (l *Live) follow(ctx context.Context, control <-chan (<-chan int), idle time.Duration,
	show func(number int) Bundle) error {
	var numbers <-chan int
	for {
		select {
		case numbers = <-control:
		case number := <-numbers:
			if err := l.Update(show(number)); err != nil {
				return err
			}
		case <-time.After(idle):
			return l.Close()
		case <-ctx.Done():
			return l.Close()
		}
	}
}
