// Package standin draws pictures that stand in for CIFAR-10's photographs where
// these cannot be had: the same ten classes in the same form. There is
// something to learn in them, but figures reached on them say nothing about
// photographs.
package standin

import (
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/gocifar/gocifar/layers"
)

// Side is the height and width of a drawing in pixels.
const Side = 32

// channels are a pixel's: red, green and blue.
const channels = 3

const imageBytes = Side * Side * channels

// Draw returns the drawings numbered first to first+n-1, the same ones every
// time (to a rounding of a pixel's value between processors of different
// kinds): bytes of shape [32 32 3], with labels from 0 to classes-1. Any
// successive drawings, as many as there are classes, show all of them.
func Draw(classes, n, first int) *layers.Examples {
	out := &layers.Examples{
		Shape:   []int{Side, Side, channels},
		Bytes:   make([]uint8, n*imageBytes),
		Labels:  make([]int32, n),
		Classes: classes,
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for block := 0; block < n; block += classes {
		group.Go(func() error {
			order := rand.New(rand.NewPCG(1, uint64(first+block))).Perm(classes)
			for i := block; i < min(n, block+classes); i++ {
				out.Labels[i] = int32(order[i-block])
				drawSubject(order[i-block], uint64(first+i), out.Bytes[i*imageBytes:(i+1)*imageBytes])
			}
			return nil
		})
	}
	group.Wait() // no error is ever returned
	return out
}

// drawSubject draws the picture of a number. Labels beyond the ten subjects get
// one of them in a color of their own (CIFAR-100's form needs that many).
func drawSubject(label int, number uint64, to []uint8) {
	random := rand.New(rand.NewPCG(2, number))
	c := &canvas{}
	subjects[label%len(subjects)](c, &brush{random})
	if tint := label / len(subjects); tint > 0 {
		color := rgb{float64(tint % 3), float64(tint / 3 % 2), float64(tint / 2 % 3)}
		for i := range c.pixels {
			c.pixels[i] = c.pixels[i].mix(color.scale(0.5), 0.5)
		}
	}
	c.finish(random, to)
}

// subjects draws each class of CIFAR-10.
var subjects = [...]func(*canvas, *brush){
	drawAirplane, drawAutomobile, drawBird, drawCat, drawDeer, drawDog, drawFrog, drawHorse, drawShip, drawTruck,
}

// A brush makes the random choices of a drawing.
type brush struct{ *rand.Rand }

// between returns a number from a to b.
func (b *brush) between(from, to float64) float64 { return from + (to-from)*b.Float64() }

// one returns one of the colors, a little changed.
func (b *brush) one(colors ...rgb) rgb {
	c := colors[b.IntN(len(colors))]
	for k := range c {
		c[k] = max(0, min(1, c[k]+b.between(-0.07, 0.07)))
	}
	return c
}

// place puts the subject somewhere near the middle.
func (b *brush) place(c *canvas, turn float64) {
	c.place(b.between(0.42, 0.58), b.between(0.44, 0.56), b.between(0.75, 1.05), b.between(-turn, turn), b.IntN(2) == 0)
}

var (
	white  = rgb{0.95, 0.95, 0.95}
	silver = rgb{0.72, 0.75, 0.8}
	grey   = rgb{0.5, 0.5, 0.52}
	black  = rgb{0.1, 0.1, 0.12}
	red    = rgb{0.8, 0.15, 0.12}
	blue   = rgb{0.15, 0.3, 0.7}
	yellow = rgb{0.92, 0.78, 0.2}
	green  = rgb{0.25, 0.6, 0.2}
	brown  = rgb{0.5, 0.32, 0.18}
	fawn   = rgb{0.76, 0.6, 0.4}
	orange = rgb{0.85, 0.5, 0.18}
	pink   = rgb{0.9, 0.55, 0.6}
	sky    = rgb{0.45, 0.68, 0.92}
	haze   = rgb{0.8, 0.88, 0.95}
	sea    = rgb{0.1, 0.3, 0.45}
	grass  = rgb{0.35, 0.55, 0.2}
	straw  = rgb{0.7, 0.65, 0.35}
	leaves = rgb{0.15, 0.3, 0.12}
)

func (b *brush) sky(c *canvas) {
	c.backdrop(b.one(sky, haze, grey), b.one(haze, white), haze, 1)
}

func (b *brush) road(c *canvas) {
	c.backdrop(b.one(haze, sky, leaves, brown), b.one(haze, grey, white), b.one(grey, silver, black), b.between(0.6, 0.75))
}

func (b *brush) meadow(c *canvas) {
	c.backdrop(b.one(sky, leaves, haze), b.one(leaves, haze, straw), b.one(grass, straw, green), b.between(0.35, 0.65))
}

func (b *brush) room(c *canvas) {
	c.backdrop(b.one(white, fawn, blue, pink, grey), b.one(white, fawn, grey), b.one(brown, grey, red, fawn),
		b.between(0.55, 0.85))
}
