package widgets

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// Choice is a control that offers values of the type T, one of which is chosen.
type Choice[T any] struct {
	*Control[T]
	values []T
}

// Dropdown offers values in a list that opens.
func Dropdown[T any](values []T, options ...Option) *Choice[T] {
	return choice("Dropdown", values, options)
}

// RadioButtons offers values side by side or one below the other.
func RadioButtons[T any](values []T, options ...Option) *Choice[T] {
	return choice("RadioButtons", values, options)
}

// Select offers values in a list that stays open.
func Select[T any](values []T, options ...Option) *Choice[T] {
	return choice("Select", values, options)
}

// ToggleButtons offers values as buttons.
func ToggleButtons[T any](values []T, options ...Option) *Choice[T] {
	return choice("ToggleButtons", values, options)
}

// SelectionSlider offers values on a slider.
func SelectionSlider[T any](values []T, options ...Option) *Choice[T] {
	return choice("SelectionSlider", values, options)
}

// Labels are the texts for the values of a choice, in their order, instead of
// what fmt.Sprint makes of them.
func Labels(labels ...string) Option { return Attribute("_options_labels", labels) }

// choice makes a control whose first value is chosen.
func choice[T any](class string, values []T, options []Option) *Choice[T] {
	c := &Choice[T]{values: slices.Clone(values)}
	var first T
	if len(values) > 0 {
		first = values[0]
	}
	f := form[T]{
		encode: func(v T) any {
			if i := c.indexOf(v); i >= 0 {
				return i
			}
			return nil
		},
		decode: func(raw json.RawMessage, _ []located) (v T, err error) {
			var index *int
			err = json.Unmarshal(raw, &index)
			if err != nil || index != nil && (*index < 0 || *index >= len(c.values)) {
				return v, fmt.Errorf("want the number of one of %d values, got %.60s", len(c.values), raw)
			}
			if index != nil {
				v = c.values[*index]
			}
			return v, nil
		},
	}
	attributes := map[string]any{"_options_labels": labelsOf(values)}
	c.Control = newControl(class, "index", first, f, nil, attributes, options)
	return c
}

func labelsOf[T any](values []T) []string {
	labels := make([]string, len(values))
	for i, v := range values {
		labels[i] = fmt.Sprint(v)
	}
	return labels
}

// indexOf is the place of a value, or -1.
func (c *Choice[T]) indexOf(v T) int {
	return slices.IndexFunc(c.values, func(o T) bool { return reflect.DeepEqual(o, v) })
}

// Index is the number of the value that is chosen, or -1.
func (c *Choice[T]) Index() int { return c.indexOf(c.Value()) }

// SetIndex chooses a value by its number.
func (c *Choice[T]) SetIndex(i int) error {
	if i < 0 || i >= len(c.values) {
		return fmt.Errorf("widgets: %s has %d values, there is no number %d", c.class, len(c.values), i)
	}
	c.SetValue(c.values[i])
	return nil
}

// SetOptions offers other values, of which the first is chosen. Nobody may use
// the control meanwhile in another goroutine.
func (c *Choice[T]) SetOptions(values []T) {
	c.values = slices.Clone(values)
	c.put("_options_labels", labelsOf(values))
	if len(values) > 0 {
		c.SetValue(values[0])
		c.put("index", 0)
	}
}

// SelectMultiple offers values in a list, of which any number may be chosen.
func SelectMultiple[T any](values []T, options ...Option) *Control[[]T] {
	values = slices.Clone(values)
	f := form[[]T]{
		encode: func(chosen []T) any {
			indexes := []int{}
			for i, v := range values {
				if slices.ContainsFunc(chosen, func(o T) bool { return reflect.DeepEqual(o, v) }) {
					indexes = append(indexes, i)
				}
			}
			return indexes
		},
		decode: func(raw json.RawMessage, _ []located) ([]T, error) {
			var indexes []int
			err := json.Unmarshal(raw, &indexes)
			chosen := make([]T, 0, len(indexes))
			for _, i := range indexes {
				if i < 0 || i >= len(values) {
					err = fmt.Errorf("there is no value %d", i)
					break
				}
				chosen = append(chosen, values[i])
			}
			if err != nil {
				return nil, fmt.Errorf("want numbers of some of %d values, got %.60s", len(values), raw)
			}
			return chosen, nil
		},
	}
	attributes := map[string]any{"_options_labels": labelsOf(values)}
	return newControl("SelectMultiple", "index", []T{}, f, nil, attributes, options)
}

// SelectionRangeSlider offers values on a slider with two handles: its value are
// the numbers of the first and the last of those that are chosen.
func SelectionRangeSlider[T any](values []T, options ...Option) *Control[[2]int] {
	last := max(len(values)-1, 0)
	fit := func(_ *Model, v [2]int) [2]int { return [2]int{within(v[0], 0, last), within(v[1], 0, last)} }
	attributes := map[string]any{"_options_labels": labelsOf(values)}
	return newControl("SelectionRangeSlider", "index", [2]int{0, last}, plain[[2]int](), fit, attributes, options)
}
