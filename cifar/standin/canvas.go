package standin

import (
	"math"
	"math/rand/v2"
)

// rgb is a color; its parts run from 0 to 1.
type rgb [3]float64

func (c rgb) scale(f float64) rgb { return rgb{c[0] * f, c[1] * f, c[2] * f} }

// mix returns the color the fraction t of the way from c to d.
func (c rgb) mix(d rgb, t float64) rgb {
	return rgb{c[0] + (d[0]-c[0])*t, c[1] + (d[1]-c[1])*t, c[2] + (d[2]-c[2])*t}
}

// A canvas is one picture that shapes are drawn on. Shapes are given in a unit
// square, y downwards, which stands in the picture shifted, scaled, turned and
// perhaps mirrored.
type canvas struct {
	pixels [Side * Side]rgb
	// A picture point p is the unit square's point m*(p-shift).
	m     [4]float64
	shift [2]float64
	scale float64
}

// place sets where the unit square stands: its center at (x, y) of the
// picture's own unit square, by size, turned by angle in radians.
func (c *canvas) place(x, y, size, angle float64, mirror bool) {
	sin, cos := math.Sincos(angle)
	sx := 1 / size
	if mirror {
		sx = -sx
	}
	c.m = [4]float64{cos * sx, sin * sx, -sin / size, cos / size}
	c.shift = [2]float64{x, y}
	c.scale = size
}

// samples a side are taken of a pixel, which smooths the edges.
const samples = 2

// paint colors what inside says. A shape lies within radius of (x, y).
func (c *canvas) paint(color rgb, x, y, radius float64, inside func(x, y float64) bool) {
	left, right, top, bottom := c.bounds(x, y, radius)
	for row := top; row < bottom; row++ {
		for column := left; column < right; column++ {
			hits := 0
			for s := range samples * samples {
				px := (float64(column)+(float64(s%samples)+0.5)/samples)/Side - c.shift[0]
				py := (float64(row)+(float64(s/samples)+0.5)/samples)/Side - c.shift[1]
				if inside(c.m[0]*px+c.m[1]*py+0.5, c.m[2]*px+c.m[3]*py+0.5) {
					hits++
				}
			}
			if hits > 0 {
				p := &c.pixels[row*Side+column]
				*p = p.mix(color, float64(hits)/(samples*samples))
			}
		}
	}
}

// bounds returns the pixels that a circle of the unit square can touch.
func (c *canvas) bounds(x, y, radius float64) (left, right, top, bottom int) {
	// The inverse of m, which is a turn times 1/size, perhaps mirrored.
	s2 := c.scale * c.scale
	dx, dy := x-0.5, y-0.5
	px := (c.m[0]*dx+c.m[2]*dy)*s2 + c.shift[0]
	py := (c.m[1]*dx+c.m[3]*dy)*s2 + c.shift[1]
	r := radius * c.scale
	limit := func(v float64) int { return int(max(0, min(Side, v))) }
	return limit(math.Floor((px - r) * Side)), limit(math.Ceil((px + r) * Side)),
		limit(math.Floor((py - r) * Side)), limit(math.Ceil((py + r) * Side))
}

func (c *canvas) ellipse(color rgb, x, y, rx, ry, angle float64) {
	sin, cos := math.Sincos(angle)
	c.paint(color, x, y, max(rx, ry), func(px, py float64) bool {
		dx, dy := px-x, py-y
		u, v := (cos*dx+sin*dy)/rx, (cos*dy-sin*dx)/ry
		return u*u+v*v <= 1
	})
}

// line draws a stroke with round ends.
func (c *canvas) line(color rgb, x0, y0, x1, y1, width float64) {
	dx, dy := x1-x0, y1-y0
	length2 := dx*dx + dy*dy
	c.paint(color, (x0+x1)/2, (y0+y1)/2, (math.Sqrt(length2)+width)/2, func(px, py float64) bool {
		t := max(0, min(1, ((px-x0)*dx+(py-y0)*dy)/length2))
		ex, ey := px-x0-t*dx, py-y0-t*dy
		return ex*ex+ey*ey <= width*width/4
	})
}

// polygon draws a filled polygon with corners x0, y0, x1, y1, ...
func (c *canvas) polygon(color rgb, corners ...float64) {
	x, y, radius := 0.0, 0.0, 0.0
	n := len(corners) / 2
	for i := range n {
		x += corners[2*i] / float64(n)
		y += corners[2*i+1] / float64(n)
	}
	for i := range n {
		radius = max(radius, math.Hypot(corners[2*i]-x, corners[2*i+1]-y))
	}
	c.paint(color, x, y, radius, func(px, py float64) bool {
		in := false
		for i, j := 0, n-1; i < n; j, i = i, i+1 {
			xi, yi, xj, yj := corners[2*i], corners[2*i+1], corners[2*j], corners[2*j+1]
			if (yi > py) != (yj > py) && px < (xj-xi)*(py-yi)/(yj-yi)+xi {
				in = !in
			}
		}
		return in
	})
}

// backdrop fills the picture from top to horizon with one gradient and below
// with another; the horizon is a height from 0 (top) to 1.
func (c *canvas) backdrop(top, low, near rgb, horizon float64) {
	for row := range Side {
		y := (float64(row) + 0.5) / Side
		color := top.mix(low, y/horizon)
		if y > horizon {
			color = near.mix(near.scale(0.75), (y-horizon)/(1-horizon))
		}
		for column := range Side {
			c.pixels[row*Side+column] = color
		}
	}
}

// finish writes the picture as bytes, with the light and the noise of a cheap
// camera.
func (c *canvas) finish(random *rand.Rand, to []uint8) {
	light := 0.75 + 0.4*random.Float64()
	noise := 0.02 + 0.04*random.Float64()
	for i, p := range c.pixels {
		for k := range channels {
			v := p[k]*light + noise*(random.Float64()+random.Float64()-1)*1.7
			to[channels*i+k] = uint8(255*max(0, min(1, v)) + 0.5)
		}
	}
}
