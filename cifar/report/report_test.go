package report

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// reportGoldens is testdata/reports.json, made by make_reports.py.
type reportGoldens struct {
	Sklearn string `json:"sklearn"`
	Sets    []struct {
		Name              string
		Classes           []string
		Actual, Predicted []int32
		ConfusionMatrix   [][]int `json:"confusion_matrix"`
		Reports           []struct {
			Digits       int
			ZeroDivision any `json:"zero_division"`
			Numbered     bool
			Text         string
		}
	}
}

func readReportGoldens(t *testing.T, text []byte) reportGoldens {
	t.Helper()
	var goldens reportGoldens
	if err := json.Unmarshal(text, &goldens); err != nil {
		t.Fatal(err)
	}
	if len(goldens.Sets) != 5 {
		t.Fatalf("%d sets of predictions, want 5", len(goldens.Sets))
	}
	return goldens
}

func TestReportEqualsScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/reports.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range readReportGoldens(t, text).Sets {
		t.Run(set.Name, func(t *testing.T) {
			m, err := NewConfusionMatrix(set.Actual, set.Predicted, set.Classes)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(m.Counts, set.ConfusionMatrix) {
				t.Errorf("confusion matrix\n%v\nwant\n%v", m.Counts, set.ConfusionMatrix)
			}
			for _, want := range set.Reports {
				r := m.Report().Digits(want.Digits)
				if zero, ok := want.ZeroDivision.(float64); ok {
					r.ZeroDivision(zero)
				} else {
					r.ZeroDivision(math.NaN())
				}
				if want.Numbered {
					r.Numbered()
				}
				if got := r.Text(); got != want.Text {
					t.Errorf("digits=%d, zero_division=%v, numbered=%v:\n%s\nwant\n%s",
						want.Digits, want.ZeroDivision, want.Numbered, got, want.Text)
				}
			}
		})
	}
}

// TestReportGoldensAreCurrent makes the goldens anew with a real scikit-learn.
func TestReportGoldensAreCurrent(t *testing.T) {
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON names no Python with scikit-learn")
	}
	if err := exec.Command(python, "-c", "import sklearn").Run(); err != nil {
		t.Skipf("%s has no scikit-learn: %v", python, err)
	}
	got, err := exec.Command(python, "testdata/make_reports.py").Output()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/reports.json")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(readReportGoldens(t, got).Sets, readReportGoldens(t, want).Sets) {
		t.Error("testdata/reports.json differs from what scikit-learn says now")
	}
}

func TestReportForms(t *testing.T) {
	m := &ConfusionMatrix{Classes: []string{"a<b", "c"}, Counts: [][]int{{3, 1}, {2, 4}}}
	b := m.Report().Display()
	for _, want := range []string{"a&lt;b", ">0.60<", ">0.75<", ">accuracy<", ">0.70<", ">10<"} {
		if !strings.Contains(b.HTML, want) {
			t.Errorf("HTML lacks %q: %s", want, b.HTML)
		}
	}
	picture := confused(ten, 500).Report().Picture().Display()
	keep(t, "report.png", picture.PNG)
	wellFormedSVG(t, picture.SVG)
	for _, want := range append(ten, "Precision", "Recall") {
		if !strings.Contains(picture.SVG, ">"+want+"<") {
			t.Errorf("the picture lacks %s", want)
		}
	}
	if got := m.Report().Accuracy(); got != 0.7 {
		t.Errorf("accuracy %v, want 0.7", got)
	}
	empty := &ConfusionMatrix{Classes: []string{"a"}, Counts: [][]int{{0}}}
	if text := empty.Report().Text(); strings.Contains(text, "NaN") {
		t.Errorf("nothing predicted:\n%s", text)
	}
}

func ExamplePredictions_Report() {
	test := &layers.Examples{Shape: []int{1}, Bytes: make([]uint8, 5), Labels: []int32{0, 1, 2, 2, 2}, Classes: 3}
	p, err := NewPredictions(test, []string{"class 0", "class 1", "class 2"},
		[][]float32{{.9, .1, 0}, {.6, .4, 0}, {0, .2, .8}, {.1, .1, .8}, {.1, .7, .2}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(p.Report().Text())
	// Output:
	//               precision    recall  f1-score   support
	//
	//      class 0       0.50      1.00      0.67         1
	//      class 1       0.00      0.00      0.00         1
	//      class 2       1.00      0.67      0.80         3
	//
	//     accuracy                           0.60         5
	//    macro avg       0.50      0.56      0.49         5
	// weighted avg       0.70      0.60      0.61         5
}

func ExampleConfusionMatrix_MostConfused() {
	m, err := NewConfusionMatrix(
		[]int32{0, 0, 0, 0, 1, 1, 2, 2},
		[]int32{0, 1, 1, 2, 1, 0, 2, 2},
		[]string{"cat", "dog", "frog"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Text())
	fmt.Println(m.MostConfused(2).Display().Text)
	// Output:
	// rows: actual, columns: predicted
	//       cat  dog  frog
	// cat     1    2     1
	// dog     1    1     0
	// frog    0    0     2
	// actual  predicted  pictures  of its class
	// cat     dog               2        50.0 %
	// cat     frog              1        25.0 %
}
