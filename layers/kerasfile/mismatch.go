package kerasfile

import (
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/layers"
)

// MismatchError says why a weight file does not fit a model, with every tensor
// concerned. The model has not been changed.
type MismatchError struct {
	// Path is the file's, Model the model's name.
	Path, Model string
	// Missing lists the model's weights that the file does not have, Unused
	// the file's that the model has no place for, WrongShape those of both
	// whose shapes differ; each with its shape.
	Missing, Unused, WrongShape []string
}

// Error lists all tensors.
func (e *MismatchError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "kerasfile: %s does not fit model %q, which was left as it is", e.Path, e.Model)
	for _, part := range []struct {
		title string
		items []string
	}{
		{"missing in the file", e.Missing}, {"in the file, unused by the model", e.Unused},
		{"of another shape", e.WrongShape},
	} {
		if len(part.items) > 0 {
			fmt.Fprintf(&b, "\n  %s: %s", part.title, strings.Join(part.items, "; "))
		}
	}
	return b.String()
}

// orNil returns the error if anything is wrong.
func (e *MismatchError) orNil() error {
	if len(e.Missing)+len(e.Unused)+len(e.WrongShape) == 0 {
		return nil
	}
	return e
}

func (e *MismatchError) missing(variables []*layers.Variable) {
	for _, v := range variables {
		e.Missing = append(e.Missing, v.Path+" "+v.Shape.Tuple())
	}
}

func (e *MismatchError) unused(tensors []tensor) {
	for _, t := range tensors {
		e.Unused = append(e.Unused, t.name+" "+layers.Shape(t.data.Shape()).Tuple())
	}
}

func (e *MismatchError) misshaped(v *layers.Variable, t tensor) {
	e.WrongShape = append(e.WrongShape, fmt.Sprintf("%s wants %s, %s has %s",
		v.Path, v.Shape.Tuple(), t.name, layers.Shape(t.data.Shape()).Tuple()))
}
