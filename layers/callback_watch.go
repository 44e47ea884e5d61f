package layers

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocifar/gocifar/layers/display"
)

// LookCallback is a callback that wants to see how an epoch goes on, now and
// then. Unlike a [BatchCallback] it leaves the steps as fast as they are.
type LookCallback interface {
	Callback
	// LookEvery is the time between two looks.
	LookEvery() time.Duration
	// OnLook gets the means over the epoch so far, after the given number of its
	// steps.
	OnLook(t *Training, epoch, steps int, logs Logs) error
}

// WatchCallback shows a fit while it runs: curves that grow, the learning rate,
// and in a notebook a button that stops. Where the fit is not watched live, it
// shows the curves at the end.
type WatchCallback struct {
	CallbackBase
	metric string
	every  time.Duration
	show   func(display.Bundle) error // where pictures go
	close  func() error
	live   bool // whether they may change
	// next is what is to be drawn. A goroutine of its own draws, so that steps do
	// not wait; what is not drawn yet gives way to what is newer.
	next    atomic.Pointer[watchFrame]
	busy    atomic.Bool
	drawing sync.WaitGroup

	train, validation display.Line
	stopped           atomic.Bool
	cancel            context.CancelFunc
}

// watchFrame is what there is to draw.
type watchFrame struct {
	text  string
	lines []display.Line
}

// Watch shows a fit while it runs, up to five times a second.
func Watch() *WatchCallback { return &WatchCallback{every: 200 * time.Millisecond} }

// Metric is the value to draw, by default "loss", with its validation.
func (c *WatchCallback) Metric(name string) *WatchCallback {
	c.metric = name
	return c
}

// fastestLook is the shortest time between two pictures: a page shows no more.
const fastestLook = 50 * time.Millisecond

// Every is the time between two pictures, at least 50 ms.
func (c *WatchCallback) Every(d time.Duration) *WatchCallback {
	c.every = max(d, fastestLook)
	return c
}

// LookEvery is the time between two pictures.
func (c *WatchCallback) LookEvery() time.Duration { return c.every }

// OnTrainBegin opens the picture and the button.
func (c *WatchCallback) OnTrainBegin(t *Training) error {
	if c.metric == "" {
		c.metric = "loss"
	}
	if c.show == nil {
		live := display.NewLive()
		c.show, c.close, c.live = live.Update, live.Close, display.InNotebook()
	}
	c.train = display.Line{Label: c.metric, Color: "#0072b2"}
	c.validation = display.Line{Label: "val_" + c.metric, Color: "#e69f00"}
	c.stopped.Store(false)
	if c.cancel != nil {
		c.cancel() // of a fit that has failed
	}
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(context.Background())
	display.Button(ctx, "Stop training", func() { c.stopped.Store(true) })
	return nil
}

// draw shows what is to be drawn until there is nothing. A picture that cannot be
// shown must not end training: the last one says so.
func (c *WatchCallback) draw() {
	for c.busy.CompareAndSwap(false, true) {
		for f := c.next.Swap(nil); f != nil; f = c.next.Swap(nil) {
			_ = c.show(display.Bundle{Text: f.text, HTML: "<pre>" + f.text + "</pre>" + display.Sketch(f.lines)})
		}
		c.busy.Store(false)
		if c.next.Load() == nil {
			return
		}
	}
}

// OnLook adds a point and draws.
func (c *WatchCallback) OnLook(t *Training, epoch, steps int, logs Logs) error {
	if c.stopped.Load() {
		t.StopTraining(fmt.Sprintf("Epoch %d: stopped by hand", epoch+1))
		return nil
	}
	at := float64(epoch)
	if t.Steps > 0 {
		at += float64(steps) / float64(t.Steps)
	}
	c.add(&c.train, at, logs[c.metric])
	c.offer(t, fmt.Sprintf("epoch %d of %d, step %d", epoch+1, t.Epochs, steps), logs)
	return nil
}

// OnEpochEnd adds the epoch's values and draws.
func (c *WatchCallback) OnEpochEnd(t *Training, epoch int, logs Logs) error {
	c.add(&c.train, float64(epoch+1), logs[c.metric])
	if v, ok := logs["val_"+c.metric]; ok {
		c.add(&c.validation, float64(epoch+1), v)
	}
	c.offer(t, fmt.Sprintf("epoch %d of %d", epoch+1, t.Epochs), logs)
	if c.stopped.Load() {
		t.StopTraining(fmt.Sprintf("Epoch %d: stopped by hand", epoch+1))
	}
	return nil
}

// add adds a point; the slices are never changed below their length, so that
// what is being drawn stays.
func (c *WatchCallback) add(l *display.Line, x, y float64) {
	l.X, l.Y = append(l.X, x), append(l.Y, y)
}

// offer has a picture drawn, in place of one that waits. In a terminal there is
// Fit's own progress line.
func (c *WatchCallback) offer(t *Training, text string, logs Logs) {
	if !c.live {
		return
	}
	c.next.Store(&watchFrame{text: fmt.Sprintf("%s - %s - learning_rate: %.3g", text, logs, t.Optimizer.LearningRate()),
		lines: []display.Line{c.train, c.validation}})
	if !c.busy.Load() {
		c.drawing.Go(c.draw)
	}
}

// OnTrainEnd leaves the curves of the whole fit as a picture that stays.
func (c *WatchCallback) OnTrainEnd(t *Training, _ Logs) error {
	c.cancel()
	c.drawing.Wait()
	if len(t.History.Epochs) == 0 {
		return nil
	}
	b := t.History.Curves(strings.TrimPrefix(c.metric, "val_")).Display()
	if err := c.show(b); err != nil {
		return err
	}
	return c.close()
}
