package transfer

import (
	"context"
	"errors"
	"fmt"
	"html"
	"image"
	"slices"
	"strings"

	"golang.org/x/image/draw"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/display"
	"github.com/gocifar/gocifar/layers/getfile"
)

// Guess is one class a network holds possible.
type Guess struct {
	ImageNetClass
	// Index is the class's place in the network's result.
	Index int
	// Probability lies in 0 to 1.
	Probability float32
}

// Guesses lists the likeliest classes of a picture, the likeliest first.
type Guesses struct {
	List []Guess
	// Note says why the classes have numbers instead of names, or that the
	// weights are not trained.
	Note string
}

// Classify tells what a network built with Config{IncludeTop: true,
// Preprocess: true} sees in a picture: its top likeliest classes of ImageNet
// (keras: decode_predictions). The picture is scaled to the network's input
// whatever its proportions, as Keras' load_img does with target_size, but
// smoothly.
//
// Where the file of class names cannot be had, classes are named by number and
// Note says so.
func Classify(ctx context.Context, b *Backbone, picture image.Image, top int) (Guesses, error) {
	guesses, err := classify(ctx, b, picture, top)
	if err != nil {
		return Guesses{}, fmt.Errorf("transfer: classify: %w", err)
	}
	return guesses, nil
}

func classify(ctx context.Context, b *Backbone, picture image.Image, top int) (Guesses, error) {
	if err := checkClassifier(b, picture, top); err != nil {
		return Guesses{}, err
	}
	shape := b.Inputs()[0].Shape()
	examples := &layers.Examples{Shape: shape, Bytes: pixels(picture, shape[0], shape[1])}
	probabilities, err := b.Predict(ctx, examples, layers.BatchSize(1))
	if err != nil {
		return Guesses{}, err
	}
	guesses := Guesses{List: likeliest(probabilities[0], top)}
	if b.Source.Kind == Seeded {
		guesses.Note = "The network has " + b.Source.String() + ": these are not its opinions."
	}
	return guesses, guesses.name(ctx, len(probabilities[0]))
}

func checkClassifier(b *Backbone, picture image.Image, top int) error {
	switch {
	case b == nil || b.Model == nil:
		return errors.New("no network was given")
	case b.Err() != nil:
		return b.Err()
	case !b.classifies || !b.reads0to255:
		return fmt.Errorf("%s must be built with Config{IncludeTop: true, Preprocess: true}", b.Name())
	case picture == nil || picture.Bounds().Empty():
		return errors.New("the picture is empty")
	case top < 1:
		return fmt.Errorf("the number of guesses must be at least 1, got %d", top)
	}
	return nil
}

// pixels returns the picture's red, green and blue at the given size.
// Transparent parts are seen on white.
func pixels(picture image.Image, height, width int) []uint8 {
	bounds := image.Rect(0, 0, width, height)
	scaled := image.NewRGBA(bounds)
	draw.Draw(scaled, bounds, image.White, image.Point{}, draw.Src)
	if picture.Bounds().Size() == bounds.Size() {
		draw.Draw(scaled, bounds, picture, picture.Bounds().Min, draw.Over)
	} else {
		draw.CatmullRom.Scale(scaled, bounds, picture, picture.Bounds(), draw.Over, nil)
	}
	rgb := make([]uint8, 0, height*width*3)
	for i := 0; i < len(scaled.Pix); i += 4 {
		rgb = append(rgb, scaled.Pix[i:i+3]...)
	}
	return rgb
}

// likeliest lists the top classes, of equal ones the first.
func likeliest(probabilities []float32, top int) []Guess {
	all := make([]Guess, len(probabilities))
	for i, p := range probabilities {
		all[i] = Guess{Index: i, Probability: p}
	}
	slices.SortStableFunc(all, func(a, b Guess) int {
		switch {
		case a.Probability > b.Probability:
			return -1
		case a.Probability < b.Probability:
			return 1
		}
		return 0
	})
	return all[:min(top, len(all))]
}

// name looks up the names of the classes.
func (g *Guesses) name(ctx context.Context, classes int) error {
	for i := range g.List {
		g.List[i].Name = fmt.Sprintf("class %d", g.List[i].Index)
	}
	if classes != imageNetClasses {
		return nil // a network of the user's own classes
	}
	names, err := ImageNetClasses(ctx)
	if errors.Is(err, getfile.ErrUnreachable) {
		g.Note = strings.TrimSpace(g.Note + " Classes have no names: " + err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	for i := range g.List {
		g.List[i].ImageNetClass = names[g.List[i].Index]
	}
	return nil
}

// Display shows a table.
func (g Guesses) Display() display.Bundle {
	t := display.Table{Head: []string{"class", "probability"}, Left: []int{0}}
	for _, guess := range g.List {
		t.Rows = append(t.Rows, []string{guess.Name, fmt.Sprintf("%.2f %%", 100*guess.Probability)})
	}
	b := t.Display()
	if g.Note != "" {
		b.Text += "\n" + g.Note
		b.HTML += "<p>" + html.EscapeString(g.Note) + "</p>"
	}
	return b
}
