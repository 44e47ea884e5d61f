package widgets

import (
	"cmp"
	"encoding/json"
	"math"
)

type number interface{ int | float64 }

// IntSlider is a slider for whole numbers.
func IntSlider(min, max, value int, options ...Option) *Control[int] {
	return bounded("IntSlider", min, max, value, options)
}

// FloatSlider is a slider for numbers, in steps of 0.1 unless [Step] says
// otherwise.
func FloatSlider(min, max, value float64, options ...Option) *Control[float64] {
	return bounded("FloatSlider", min, max, value, options)
}

// FloatLogSlider is a slider for numbers from 10 to the power of min to 10 to the
// power of max.
func FloatLogSlider(min, max, value float64, options ...Option) *Control[float64] {
	return newControl("FloatLogSlider", "value", value, plain[float64](), func(m *Model, v float64) float64 {
		base := attribute(m, "base", 10.0)
		return within(v, math.Pow(base, attribute(m, "min", 0.0)), math.Pow(base, attribute(m, "max", 4.0)))
	}, map[string]any{"min": min, "max": max}, options)
}

// IntProgress is a bar that shows how far something is.
func IntProgress(min, max, value int, options ...Option) *Control[int] {
	return bounded("IntProgress", min, max, value, options)
}

// FloatProgress is a bar that shows how far something is.
func FloatProgress(min, max, value float64, options ...Option) *Control[float64] {
	return bounded("FloatProgress", min, max, value, options)
}

// BoundedIntText is a field for a whole number between bounds.
func BoundedIntText(min, max, value int, options ...Option) *Control[int] {
	return bounded("BoundedIntText", min, max, value, options)
}

// BoundedFloatText is a field for a number between bounds.
func BoundedFloatText(min, max, value float64, options ...Option) *Control[float64] {
	return bounded("BoundedFloatText", min, max, value, options)
}

// IntText is a field for a whole number.
func IntText(value int, options ...Option) *Control[int] {
	return newControl("IntText", "value", value, plain[int](), nil, nil, options)
}

// FloatText is a field for a number.
func FloatText(value float64, options ...Option) *Control[float64] {
	return newControl("FloatText", "value", value, plain[float64](), nil, nil, options)
}

// Play counts from min to max, one each interval in milliseconds (set it with
// Attribute("interval", 50)), while its button says so.
func Play(min, max, value int, options ...Option) *Control[int] {
	return bounded("Play", min, max, value, options)
}

// IntRangeSlider is a slider with two handles: its value is from and to.
func IntRangeSlider(min, max, from, to int, options ...Option) *Control[[2]int] {
	return between("IntRangeSlider", min, max, from, to, options)
}

// FloatRangeSlider is a slider with two handles: its value is from and to.
func FloatRangeSlider(min, max, from, to float64, options ...Option) *Control[[2]float64] {
	return between("FloatRangeSlider", min, max, from, to, options)
}

func bounded[T number](class string, min, max, value T, options []Option) *Control[T] {
	return newControl(class, "value", value, plain[T](), func(m *Model, v T) T {
		return within(v, attribute(m, "min", min), attribute(m, "max", max))
	}, map[string]any{"min": min, "max": max}, options)
}

func between[T number](class string, min, max, from, to T, options []Option) *Control[[2]T] {
	return newControl(class, "value", [2]T{from, to}, plain[[2]T](), func(m *Model, v [2]T) [2]T {
		low, high := attribute(m, "min", min), attribute(m, "max", max)
		a, b := within(v[0], low, high), within(v[1], low, high)
		if a > b {
			a, b = b, a
		}
		return [2]T{a, b}
	}, map[string]any{"min": min, "max": max}, options)
}

// within is the number nearest to v between bounds. Not-a-number is the lower
// bound.
func within[T cmp.Ordered](v, low, high T) T {
	if !(v >= low) {
		return low
	}
	return min(v, max(low, high))
}

// attribute reads an attribute as a T, whether it was set here or in a front end.
func attribute[T any](m *Model, name string, otherwise T) T {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch v := m.state[name].(type) {
	case T:
		return v
	case nil:
		return otherwise
	default:
		raw, err := json.Marshal(v)
		var value T
		if err != nil || json.Unmarshal(raw, &value) != nil {
			return otherwise
		}
		return value
	}
}
