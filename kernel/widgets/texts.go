package widgets

// Text is a field for a line of text.
func Text(value string, options ...Option) *Control[string] { return text("Text", value, options) }

// Textarea is a field for several lines of text.
func Textarea(value string, options ...Option) *Control[string] {
	return text("Textarea", value, options)
}

// Password is a field for a line that nobody is to see. Its value is kept in the
// notebook's state like any other.
func Password(value string, options ...Option) *Control[string] {
	return text("Password", value, options)
}

// Combobox is a field for a line of text, with suggestions.
func Combobox(value string, suggestions []string, options ...Option) *Control[string] {
	return newControl("Combobox", "value", value, plain[string](), nil,
		map[string]any{"options": append([]string{}, suggestions...)}, options)
}

// ColorPicker is a field for a color: its value is CSS's, such as "#ff8800".
func ColorPicker(value string, options ...Option) *Control[string] {
	return text("ColorPicker", value, options)
}

// Label is a text.
func Label(value string, options ...Option) *Control[string] { return text("Label", value, options) }

// HTML shows a fragment of HTML.
func HTML(value string, options ...Option) *Control[string] { return text("HTML", value, options) }

// HTMLMath shows a fragment of HTML with formulas between dollar signs.
func HTMLMath(value string, options ...Option) *Control[string] {
	return text("HTMLMath", value, options)
}

// Checkbox is a box that is checked or not.
func Checkbox(value bool, options ...Option) *Control[bool] { return flag("Checkbox", value, options) }

// ToggleButton is a button that stays down or up.
func ToggleButton(value bool, options ...Option) *Control[bool] {
	return flag("ToggleButton", value, options)
}

// Valid shows whether something is right.
func Valid(value bool, options ...Option) *Control[bool] { return flag("Valid", value, options) }

// TagsInput is a field for several words.
func TagsInput(value []string, options ...Option) *Control[[]string] {
	return list("TagsInput", value, options)
}

// ColorsInput is a field for several colors.
func ColorsInput(value []string, options ...Option) *Control[[]string] {
	return list("ColorsInput", value, options)
}

// IntsInput is a field for several whole numbers.
func IntsInput(value []int, options ...Option) *Control[[]int] {
	return list("IntsInput", value, options)
}

// FloatsInput is a field for several numbers.
func FloatsInput(value []float64, options ...Option) *Control[[]float64] {
	return list("FloatsInput", value, options)
}

func text(class, value string, options []Option) *Control[string] {
	return newControl(class, "value", value, plain[string](), nil, nil, options)
}

func flag(class string, value bool, options []Option) *Control[bool] {
	return newControl(class, "value", value, plain[bool](), nil, nil, options)
}

func list[T any](class string, value []T, options []Option) *Control[[]T] {
	return newControl(class, "value", append([]T{}, value...), plain[[]T](), nil, nil, options)
}
