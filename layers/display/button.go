package display

import (
	"context"

	"github.com/janpfeifer/gonb/gonbui/dom"
	"github.com/janpfeifer/gonb/gonbui/widgets"
)

// buttonTries is how often a page is asked whether it is there.
const buttonTries = 3

// Button shows a button and calls pressed when it is pressed, until ctx ends,
// which takes the button away. It returns at once: where nobody can press a
// button (see [Slide]) there is none.
func Button(ctx context.Context, label string, pressed func()) {
	if ok, err := connected(); !ok || err != nil {
		return
	}
	go func() {
		tries := 0
		for !frontEndAnswers(ctx) {
			// A page that is busy with other output may need longer.
			if tries++; tries == buttonTries || ctx.Err() != nil {
				return
			}
		}
		box := dom.CreateTransientDiv()
		clicks := widgets.Button(label).AppendTo(box).Done().Listen()
		for {
			select {
			case <-clicks.C:
				pressed()
			case <-ctx.Done():
				dom.SetInnerHtml(box, "")
				return
			}
		}
	}()
}
