package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// architecture is a case of testdata/architectures.json.
type architecture struct {
	Architecture              string
	Settings                  Config
	Name                      string
	Params, Trainable, Layers int
	Text                      string     // the hash of architectureText
	Files                     [][]string // name, address and hash of what Keras downloads
}

// TestArchitecturesAreKeras builds every architecture of keras.applications as
// Keras does: the names, order, shapes, parameters and settings of its layers,
// its summary, and the file of its weights. Where a case differs and
// GOCIFAR_TEST_PYTHON names a Python with Keras, the first line that differs is
// printed.
func TestArchitecturesAreKeras(t *testing.T) {
	var golden map[string]architecture
	readGolden(t, "architectures.json", &golden)
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(golden)) {
		want := golden[name]
		t.Run(name, func(t *testing.T) { want.check(t, name) })
		seen[want.Architecture] = true
	}
	for _, name := range Architectures() {
		if !seen[name] {
			t.Errorf("no case of %s", name)
		}
	}
}

func (want architecture) check(t *testing.T, name string) {
	n := architectureNamed(t, want.Architecture)
	c, err := want.Settings.complete(n)
	if err != nil {
		t.Fatal(err)
	}
	m := n.model(c) // without weights
	if err := m.Err(); err != nil {
		t.Fatal(err)
	}
	if m.Name() != want.Name {
		t.Errorf("its name is %s, want %s", m.Name(), want.Name)
	}
	got := [3]int{m.CountParams(), paramsOf(m.TrainableVariables()), len(m.Layers())}
	if got != [3]int{want.Params, want.Trainable, want.Layers} {
		t.Errorf("%d parameters, trainable ones, layers; want %d, %d, %d", got, want.Params, want.Trainable, want.Layers)
	}
	text := architectureText(t, m)
	if sum := sha256.Sum256([]byte(text)); hex.EncodeToString(sum[:]) != want.Text {
		t.Errorf("differs from Keras': %s", differingLine(t, name, text))
	}
	if c.Weights == ImageNet {
		f := n.weights(c)
		if got := [][]string{{f.name, f.url, f.hash}}; !slices.Equal(got[0], want.Files[0]) {
			t.Errorf("weights: got %v, want %v", got, want.Files)
		}
	}
}

func architectureNamed(t *testing.T, title string) *network {
	t.Helper()
	for _, n := range architectures {
		if n.title == title {
			return n
		}
	}
	t.Fatalf("there is no architecture %s", title)
	return nil
}

// architectureText is architectures.py's text.
func architectureText(t *testing.T, m *layers.Model) string {
	t.Helper()
	var b strings.Builder
	var names []string
	for _, l := range m.Layers() {
		names = append(names, l.Name())
	}
	results := m.Tap(names...).Outputs()
	for i, l := range m.Layers() {
		shape := results[i].Shape()
		fmt.Fprintf(&b, "%s [%s] %d\n", l.Name(), strings.Trim(strings.TrimSuffix(shape.Tuple(), ",)"), "()"),
			paramsOf(l.Variables()))
	}
	var config map[string]any
	data, err := json.Marshal(m.KerasConfig()["config"])
	if err == nil {
		err = json.Unmarshal(data, &config)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range config["layers"].([]any) {
		b.WriteString(canonical(l) + "\n")
	}
	return b.String() + m.Summary()
}

// canonical is architectures.py's canonical.
func canonical(v any) string {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range []string{"build_config", "compile_config", "dtype", "kwargs"} {
			delete(v, k)
		}
		if _, outer := v["inbound_nodes"]; v["class_name"] == "InputLayer" && !outer {
			return "InputLayer"
		}
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			text := canonical(v[k])
			if k == "axis" && (text == "3" || text == "[3]") { // the last one of images
				text = strings.Replace(text, "3", "-1", 1)
			}
			parts = append(parts, k+":"+text)
		}
		return "{" + strings.Join(parts, ",") + "}"
	case []any:
		var parts []string
		for _, x := range v {
			parts = append(parts, canonical(x))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case nil:
		return "null"
	case float64:
		return fmt.Sprintf("%.9g", v)
	default:
		return fmt.Sprint(v)
	}
}

// differingLine is the first line in which text is not Keras'.
func differingLine(t *testing.T, name, text string) string {
	t.Helper()
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		return "GOCIFAR_TEST_PYTHON names no Python with Keras that could say where"
	}
	out, err := exec.Command(python, "testdata/architectures.py", "text", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return firstDifference(text, string(out))
}

func TestNewByName(t *testing.T) {
	_, err := New(t.Context(), "resnet51", Config{})
	if err == nil || !strings.Contains(err.Error(), `no architecture "resnet51"; there are ConvNeXtBase, `) {
		t.Errorf("got %v", err)
	}
	b, err := New(t.Context(), "vgg16", Config{InputShape: layers.Shape{32, 32, 3}})
	if err != nil || b.Name() != "vgg16" {
		t.Errorf("got %v, %v", b, err)
	}
}
