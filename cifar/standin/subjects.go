package standin

// Each function draws one class into a unit square.

func drawAirplane(c *canvas, b *brush) {
	b.sky(c)
	b.place(c, 0.35)
	hull, wing := b.one(white, silver, grey), b.one(silver, grey, blue)
	c.polygon(wing.scale(0.85), 0.42, 0.48, 0.6, 0.48, 0.5, 0.2, 0.4, 0.2)
	c.polygon(b.one(red, blue, silver, yellow), 0.03, 0.28, 0.12, 0.28, 0.24, 0.5, 0.08, 0.5)
	c.ellipse(hull, 0.5, 0.52, 0.46, 0.085, 0)
	c.polygon(wing, 0.4, 0.54, 0.62, 0.54, 0.42, 0.86, 0.3, 0.86)
	c.line(black.mix(blue, 0.4), 0.25, 0.5, 0.8, 0.5, 0.025)
}

func (b *brush) wheel(c *canvas, x, y, radius float64) {
	c.ellipse(black, x, y, radius, radius, 0)
	c.ellipse(silver, x, y, radius*0.45, radius*0.45, 0)
}

func drawAutomobile(c *canvas, b *brush) {
	b.road(c)
	b.place(c, 0.06)
	paint := b.one(red, blue, yellow, white, silver, black, green)
	c.polygon(paint.scale(0.9), 0.22, 0.5, 0.34, 0.3, 0.66, 0.3, 0.82, 0.5)
	c.polygon(haze.scale(0.8), 0.28, 0.49, 0.37, 0.34, 0.49, 0.34, 0.49, 0.49)
	c.polygon(haze.scale(0.8), 0.52, 0.49, 0.52, 0.34, 0.64, 0.34, 0.74, 0.49)
	c.polygon(paint, 0.04, 0.55, 0.14, 0.48, 0.86, 0.48, 0.97, 0.55, 0.97, 0.7, 0.04, 0.7)
	c.ellipse(yellow, 0.93, 0.57, 0.035, 0.03, 0)
	b.wheel(c, 0.25, 0.7, 0.115)
	b.wheel(c, 0.75, 0.7, 0.115)
}

func drawBird(c *canvas, b *brush) {
	if b.IntN(2) == 0 {
		b.sky(c)
	} else {
		b.meadow(c)
	}
	b.place(c, 0.2)
	body := b.one(brown, blue, red, yellow, grey, white)
	c.line(orange.scale(0.7), 0.48, 0.7, 0.46, 0.93, 0.03)
	c.line(orange.scale(0.7), 0.56, 0.7, 0.57, 0.93, 0.03)
	c.polygon(body.scale(0.6), 0.3, 0.5, 0.3, 0.62, 0.02, 0.76, 0.04, 0.62)
	c.ellipse(body, 0.5, 0.56, 0.26, 0.18, 0.25-0.5)
	c.polygon(orange, 0.82, 0.28, 0.98, 0.34, 0.82, 0.38)
	c.ellipse(body.scale(1.1), 0.74, 0.33, 0.125, 0.12, 0)
	c.ellipse(black, 0.78, 0.31, 0.03, 0.03, 0)
	c.ellipse(body.scale(0.65), 0.42, 0.56, 0.19, 0.09, -0.35)
}

func drawCat(c *canvas, b *brush) {
	b.room(c)
	b.place(c, 0.2)
	fur := b.one(orange, grey, black, white, fawn, brown)
	c.ellipse(fur.scale(0.85), 0.5, 0.95, 0.32, 0.25, 0)
	for _, side := range []float64{-1, 1} {
		c.polygon(fur, 0.5+side*0.36, 0.06, 0.5+side*0.38, 0.5, 0.5+side*0.06, 0.28)
		c.polygon(pink, 0.5+side*0.31, 0.16, 0.5+side*0.32, 0.4, 0.5+side*0.14, 0.3)
	}
	c.ellipse(fur, 0.5, 0.54, 0.36, 0.3, 0)
	eyes := b.one(green.scale(1.4), yellow)
	for _, side := range []float64{-1, 1} {
		c.ellipse(eyes, 0.5+side*0.16, 0.48, 0.085, 0.06, 0)
		c.ellipse(black, 0.5+side*0.16, 0.48, 0.02, 0.06, 0)
		c.line(white, 0.5+side*0.1, 0.66, 0.5+side*0.46, 0.6, 0.015)
		c.line(white, 0.5+side*0.1, 0.69, 0.5+side*0.46, 0.73, 0.015)
	}
	c.polygon(pink, 0.45, 0.61, 0.55, 0.61, 0.5, 0.67)
}

// fourLegs draws the legs and the body that deer and horse share.
func fourLegs(c *canvas, coat rgb, thick, bodyX, bodyY float64) {
	for _, x := range []float64{0.22, 0.32, 0.6, 0.7} {
		c.line(coat.scale(0.75), x, 0.6, x, 0.95, thick)
	}
	c.ellipse(coat, 0.46, 0.55, bodyX, bodyY, 0)
}

func drawDeer(c *canvas, b *brush) {
	b.meadow(c)
	b.place(c, 0.08)
	coat := b.one(brown, fawn, orange.scale(0.7))
	fourLegs(c, coat, 0.045, 0.28, 0.13)
	c.ellipse(white, 0.19, 0.52, 0.045, 0.06, 0)
	c.line(coat, 0.66, 0.52, 0.78, 0.34, 0.1)
	c.ellipse(coat, 0.84, 0.32, 0.11, 0.06, 0.3)
	horn := fawn.mix(white, 0.5)
	for _, x := range []float64{0.7, 0.82} {
		c.line(horn, 0.78, 0.27, x, 0.04, 0.035)
		c.line(horn, (0.78+x)/2, 0.16, x+0.12, 0.07, 0.03)
		c.line(horn, (0.78+x)/2, 0.16, x-0.1, 0.1, 0.03)
	}
	c.ellipse(black, 0.93, 0.35, 0.022, 0.022, 0)
}

func drawDog(c *canvas, b *brush) {
	b.room(c)
	b.place(c, 0.2)
	fur := b.one(brown, fawn, white, black, orange, grey)
	ear := fur.mix(b.one(black, brown), 0.5)
	c.ellipse(fur.scale(0.85), 0.5, 0.97, 0.34, 0.22, 0)
	c.ellipse(fur, 0.5, 0.45, 0.29, 0.31, 0)
	for _, side := range []float64{-1, 1} {
		c.ellipse(ear, 0.5+side*0.32, 0.46, 0.11, 0.27, -side*0.15)
		c.ellipse(black, 0.5+side*0.12, 0.38, 0.045, 0.05, 0)
	}
	c.ellipse(pink.scale(0.95), 0.5, 0.81, 0.07, 0.1, 0)
	c.ellipse(fur.mix(white, 0.55), 0.5, 0.63, 0.19, 0.15, 0)
	c.ellipse(black, 0.5, 0.55, 0.085, 0.06, 0)
	c.line(black, 0.5, 0.58, 0.5, 0.7, 0.02)
}

func drawFrog(c *canvas, b *brush) {
	c.backdrop(b.one(leaves, brown, sea, grass), b.one(leaves, brown, straw), b.one(brown, leaves, sea),
		b.between(0.5, 0.8))
	b.place(c, 0.15)
	skin := b.one(green, grass, rgb{0.45, 0.7, 0.2}, brown.mix(green, 0.5))
	for _, side := range []float64{-1, 1} {
		c.ellipse(skin.scale(0.75), 0.5+side*0.34, 0.74, 0.15, 0.2, side*0.5)
		c.line(skin.scale(0.75), 0.5+side*0.4, 0.9, 0.5+side*0.18, 0.92, 0.07)
	}
	c.ellipse(skin, 0.5, 0.66, 0.34, 0.26, 0)
	c.ellipse(skin.mix(white, 0.6), 0.5, 0.78, 0.22, 0.14, 0)
	c.ellipse(skin.scale(1.05), 0.5, 0.46, 0.32, 0.19, 0)
	for _, side := range []float64{-1, 1} {
		c.ellipse(skin, 0.5+side*0.2, 0.28, 0.115, 0.115, 0)
		c.ellipse(yellow.mix(white, 0.4), 0.5+side*0.2, 0.27, 0.075, 0.075, 0)
		c.ellipse(black, 0.5+side*0.2, 0.27, 0.035, 0.045, 0)
	}
	c.line(black, 0.28, 0.5, 0.72, 0.5, 0.025)
}

func drawHorse(c *canvas, b *brush) {
	b.meadow(c)
	b.place(c, 0.08)
	coat := b.one(brown, black, white, brown.scale(0.6), silver)
	mane := b.one(black, brown.scale(0.4), white)
	c.line(mane, 0.16, 0.5, 0.06, 0.82, 0.085)
	fourLegs(c, coat, 0.075, 0.32, 0.17)
	c.polygon(coat, 0.56, 0.5, 0.72, 0.15, 0.86, 0.2, 0.76, 0.6)
	c.line(mane, 0.58, 0.44, 0.7, 0.14, 0.07)
	c.ellipse(coat.scale(1.05), 0.86, 0.24, 0.15, 0.075, 0.6)
	c.polygon(coat, 0.73, 0.16, 0.76, 0.03, 0.81, 0.15)
	c.ellipse(black, 0.83, 0.2, 0.02, 0.02, 0)
}

func drawShip(c *canvas, b *brush) {
	c.backdrop(b.one(sky, haze, grey), b.one(haze, white), b.one(sea, blue.scale(0.7), sea.mix(green, 0.3)),
		b.between(0.58, 0.72))
	b.place(c, 0.06)
	hull := b.one(black, red, blue, white, grey)
	c.line(grey.scale(0.6), 0.3, 0.5, 0.3, 0.08, 0.025)
	c.line(grey.scale(0.6), 0.3, 0.12, 0.5, 0.36, 0.012)
	c.polygon(white, 0.34, 0.54, 0.34, 0.36, 0.76, 0.36, 0.76, 0.54)
	c.line(black, 0.38, 0.45, 0.72, 0.45, 0.03)
	c.polygon(b.one(red, yellow, orange, black), 0.55, 0.36, 0.57, 0.16, 0.68, 0.16, 0.68, 0.36)
	c.polygon(hull, 0.02, 0.52, 0.98, 0.52, 0.84, 0.76, 0.14, 0.76)
	c.line(white, 0.1, 0.78, 0.9, 0.78, 0.025)
}

func drawTruck(c *canvas, b *brush) {
	b.road(c)
	b.place(c, 0.06)
	box, cab := b.one(white, silver, blue, red, yellow), b.one(red, blue, white, yellow, green)
	c.polygon(box, 0.02, 0.14, 0.64, 0.14, 0.64, 0.7, 0.02, 0.7)
	c.line(box.scale(0.7), 0.04, 0.62, 0.62, 0.62, 0.03)
	c.polygon(cab, 0.67, 0.3, 0.86, 0.3, 0.97, 0.5, 0.97, 0.72, 0.67, 0.72)
	c.polygon(haze.scale(0.8), 0.73, 0.35, 0.84, 0.35, 0.92, 0.5, 0.73, 0.5)
	c.line(black, 0.02, 0.72, 0.97, 0.72, 0.035)
	for _, x := range []float64{0.16, 0.36, 0.82} {
		b.wheel(c, x, 0.76, 0.1)
	}
}
