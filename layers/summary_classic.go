package layers

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/internal/termtext"
)

// classicSummary is the form of Keras 2 in TensorFlow 2.9.
func (m *Model) classicSummary(s summarySettings) string {
	width, positions := 65, []int{29, 55, 65}
	header := []string{"Layer (type)", "Output Shape", "Param #"}
	chain := m.isChain()
	if !chain {
		width, positions = 98, []int{32, 53, 65, 98}
		header = append(header, "Connected to")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Model: %q\n%s\n", m.name, strings.Repeat("_", width))
	classicRow(&b, header, positions)
	b.WriteString(strings.Repeat("=", width) + "\n")
	for i, r := range m.summaryRows(s.nested, 0) {
		if i > 0 {
			b.WriteString(strings.Repeat(" ", width) + "\n")
		}
		shape := r.shape
		if isInput(r.layer) {
			shape = "[" + shape + "]"
		}
		cells := []string{strings.Repeat("|", r.nesting) + r.name(), shape, strconv.Itoa(r.params)}
		if !chain {
			cells = append(cells, pythonList(r.inputs))
		}
		classicRow(&b, cells, positions)
	}
	trainable, fixed := m.summaryTotals()
	fmt.Fprintf(&b, "%s\nTotal params: %s\nTrainable params: %s\nNon-trainable params: %s\n%s\n",
		strings.Repeat("=", width),
		termtext.Thousands(trainable+fixed), termtext.Thousands(trainable), termtext.Thousands(fixed),
		strings.Repeat("_", width))
	return b.String()
}

// pythonList writes names as Python's str of a list does.
func pythonList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "'" + n + "'"
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// classicRow is TensorFlow 2.9's print_row: cells break after "),", "']," and
// the like, or where their column ends, and go on in the next line.
func classicRow(b *strings.Builder, cells []string, positions []int) {
	left := append([]string{}, cells...)
	for strings.Join(left, "") != "" {
		line := ""
		for col := range left {
			start, gap := 0, 2
			if col > 0 {
				start = positions[col-1]
			}
			if col == len(positions)-1 {
				gap = 0
			}
			cut := min(len(left[col]), positions[col]-start-gap)
			for _, end := range []string{"),", "},", "],", "',"} {
				if i := strings.Index(left[col][:cut], end); i >= 0 {
					cut = min(cut, i+len(end))
				}
			}
			if col == 0 {
				line = " "
			}
			line += left[col][:cut] + strings.Repeat(" ", gap)
			left[col] = left[col][cut:]
			line += strings.Repeat(" ", max(0, positions[col]-len(line)))
		}
		b.WriteString(line + "\n")
	}
}
