package check

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/gocifar/gocifar/internal/termtext"
)

// texts compares two texts and returns the difference, "" if there is none that
// counts.
func (o Options) texts(stored, now string) string {
	if stored == now {
		return ""
	}
	before, after := o.masked(stored), o.masked(now)
	if before == after {
		return ""
	}
	worst := 0.0
	if o.Tolerance > 0 {
		after, worst = o.near(before, after)
		if before == after {
			return ""
		}
	}
	text := unified(before, after)
	if worst > o.Tolerance {
		text += fmt.Sprintf("\n(a number differs by %.2g of its size, more than the tolerance of %g)", worst, o.Tolerance)
	}
	return text
}

// masked is the text without what never counts. It ends with a line break
// unless it is empty: a missing one at the end is no difference, programs are
// free in that.
func (o Options) masked(text string) string {
	text = termtext.Plain(text)
	text = changing.ReplaceAllString(text, "…")
	for _, p := range o.Ignore {
		text = p.ReplaceAllString(text, "…")
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}

// near replaces the lines of after that are near enough to those of before by
// these, so that only the others are left to show. Worst is the largest
// relative difference among numbers of lines that are alike otherwise.
func (o Options) near(before, after string) (result string, worst float64) {
	a, b := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	if len(a) != len(b) {
		return after, 0
	}
	for i := range b {
		switch apart, alike := distance(a[i], b[i]); {
		case alike && apart <= o.Tolerance:
			b[i] = a[i]
		case alike:
			worst = max(worst, apart)
		}
	}
	return strings.Join(b, ""), worst
}

var number = regexp.MustCompile(`[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`)

// distance is the largest difference between the numbers of two lines, relative
// to the larger of the two or to 1. Alike is false when more than numbers and
// white space differs.
func distance(a, b string) (apart float64, alike bool) {
	const hole = "\x00"
	as, bs := number.FindAllString(a, -1), number.FindAllString(b, -1)
	if len(as) != len(bs) || squeeze(number.ReplaceAllString(a, hole)) != squeeze(number.ReplaceAllString(b, hole)) {
		return 0, false
	}
	for i := range as {
		x, errX := strconv.ParseFloat(as[i], 64)
		y, errY := strconv.ParseFloat(bs[i], 64)
		switch {
		case as[i] == bs[i]:
		case errX != nil || errY != nil: // out of range
			return 0, false
		default:
			apart = max(apart, math.Abs(x-y)/max(math.Abs(x), math.Abs(y), 1))
		}
	}
	return apart, true
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// mostLines is how much of a difference is shown, in lines.
const mostLines = 60

// unified shows two texts as a unified diff without its header. Texts too long
// to be compared line by line are cut.
func unified(before, after string) string {
	const most = 1 << 20
	if len(before) > most || len(after) > most {
		at := commonPrefix(before, after)
		at = strings.LastIndexByte(before[:at], '\n') + 1
		before, after = before[at:min(at+most/16, len(before))], after[at:min(at+most/16, len(after))]
	}
	// Not udiff.Unified: that ends the program if it meets an error, as it does
	// in text that is no UTF-8.
	before, after = strings.ToValidUTF8(before, "�"), strings.ToValidUTF8(after, "�")
	text, err := udiff.ToUnified("stored", "now", before, udiff.Strings(before, after), udiff.DefaultContextLines)
	if err != nil {
		return fmt.Sprintf("the texts differ (%v)", err)
	}
	_, text, _ = strings.Cut(text, "\n+++ now\n")
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) > mostLines {
		lines = append(lines[:mostLines], fmt.Sprintf("… %d more lines", len(lines)-mostLines))
	}
	return strings.Join(lines, "\n")
}

func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
