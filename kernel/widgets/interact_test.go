package widgets

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestInteract(t *testing.T) {
	x, err := Interact(func(n int, name string, on bool) (string, error) {
		if n == 13 {
			return "", errors.New("unlucky")
		}
		if n == 14 {
			panic("worse")
		}
		return fmt.Sprint(n, name, on), nil
	}, Range[int]{Min: 0, Max: 20}, Named("name", []string{"a", "b"}))
	if err != nil {
		t.Fatal(err)
	}
	n := x.Children()[0].(*Control[int])
	n.SetValue(5)
	if got := x.Area.Text(); got != "5a false" && got != "5 a false" && got != "5afalse" {
		t.Errorf("the area holds %q", got)
	}
	n.SetValue(13)
	if got := x.Area.Text(); !strings.Contains(got, "Error: unlucky") {
		t.Errorf("the area holds %q", got)
	}
	n.SetValue(14)
	if got := x.Area.Text(); !strings.Contains(got, "Panic: worse") {
		t.Errorf("the area holds %q", got)
	}
	for _, f := range []any{7, nil, func(...int) {}, func(struct{}) {}, (func())(nil)} {
		if _, err := Interact(f); err == nil {
			t.Errorf("Interact(%T) is no error", f)
		}
	}
	for _, argument := range []any{"text", []string{"a"}, Range[float64]{Max: 1}, struct{}{}, []int{}} {
		if _, err := Interact(func(int) {}, argument); err == nil {
			t.Errorf("a %T for an int is no error", argument)
		}
	}
	if _, err := Interact(func() {}, 1); err == nil {
		t.Error("more controls than parameters")
	}
}

// The button alone calls the function, and Enter in a text.
func TestInteractManual(t *testing.T) {
	calls := []string{}
	x, err := InteractManual(func(n int, name string, unit string) int {
		calls = append(calls, fmt.Sprintf("%d%s%s", n, name, unit))
		return 2 * n
	}, 3, "a", Fixed("m"))
	if err != nil {
		t.Fatal(err)
	}
	children := x.Children()
	if len(children) != 4 { // two controls, the button, the area
		t.Fatalf("%d widgets: %s", len(children), x)
	}
	children[0].(*Control[int]).SetValue(4)
	if len(calls) != 0 {
		t.Fatalf("called before the button: %q", calls)
	}
	run := children[2].(*ButtonWidget)
	run.Click()
	children[1].(*Control[string]).SetValue("b")
	if want := []string{"4am", "4bm"}; !slices.Equal(calls, want) {
		t.Errorf("calls %q, want %q", calls, want)
	}
	if got := x.Area.Text(); got != "8" {
		t.Errorf("the area holds %q", got)
	}
	if attribute(run.Model, "disabled", true) {
		t.Error("the button stays grey")
	}
}

func TestInteractiveOutput(t *testing.T) {
	n := IntSlider(0, 10, 3)
	area, err := InteractiveOutput(func(n int, factor float64) float64 { return float64(n) * factor }, n, Fixed(1.5))
	if err != nil {
		t.Fatal(err)
	}
	n.SetValue(4)
	if got := area.Text(); got != "6" {
		t.Errorf("the area holds %q", got)
	}
	if _, err := InteractiveOutput(func(int, int) {}, n); err == nil ||
		!strings.Contains(err.Error(), "2 parameters, got 1") {
		t.Errorf("a control too few: %v", err)
	}
	for _, control := range []any{7, Button("b"), nil, Fixed(nil), Fixed("text")} {
		_, err := InteractiveOutput(func(int) {}, control)
		if err == nil || !strings.Contains(err.Error(), "InteractiveOutput: parameter 1: want a ") {
			t.Errorf("%T for an int: %v", control, err)
		}
	}
}
