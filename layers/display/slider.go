package display

import (
	"context"
	"time"

	"github.com/janpfeifer/gonb/gonbui/widgets"
)

// Slide shows show(from) and a slider under it, and show of every position
// that the slider is moved to, until ctx ends, the notebook's stop button is
// pressed or the slider was not moved for as long as idle.
//
// Where nobody can move a slider it shows nothing and returns false: outside a
// notebook, where the environment variable GOCIFAR_HEADLESS is set, and where
// no front end answers within some seconds.
func Slide(ctx context.Context, from, to int, idle time.Duration, show func(position int) Bundle) (bool, error) {
	ctx, stop, ok, err := attended(ctx)
	defer stop()
	if !ok {
		return false, err
	}
	picture := NewLive()
	if err := picture.Update(show(from)); err != nil {
		return false, err
	}
	// Done waits for the slider to appear, however long.
	slider := make(chan (<-chan int), 1)
	go func() { slider <- widgets.Slider(from, to, from).Done().Listen().LatestOnly().C }()
	return true, picture.follow(ctx, slider, idle, func(position int) Bundle {
		return show(min(max(position, from), to))
	})
}
