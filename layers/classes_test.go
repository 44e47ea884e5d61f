package layers

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

var classRow = regexp.MustCompile("^\\| ([a-z.]+) \\| (`.*`) \\| (.*) \\|$")

// TestKerasClasses: CLASSES.md names each of Keras' public classes once, and
// says yes to those that are registered and to no others.
func TestKerasClasses(t *testing.T) {
	said := map[string]string{} // room and class: what the document says
	document, err := os.ReadFile("CLASSES.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(document)) {
		row := classRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			continue
		}
		for name := range strings.SplitSeq(row[2], ", ") {
			key := row[1] + "." + strings.Trim(name, "`")
			if _, twice := said[key]; twice {
				t.Errorf("%s stands in CLASSES.md twice", key)
			}
			said[key] = row[3]
		}
	}
	for room, names := range kerasClasses(t) {
		for _, name := range names {
			key := room + "." + name
			here, ok := said[key]
			if !ok {
				t.Errorf("CLASSES.md lacks %s", key)
			} else if yes := isRegistered(room, name); yes != (here == "yes") {
				t.Errorf("%s: registered is %t, and CLASSES.md says %q", key, yes, here)
			}
			delete(said, key)
		}
	}
	for key := range said {
		t.Errorf("Keras has no %s", key)
	}
}

// kerasClasses are the names of Keras' classes by the module they are in, as
// testdata/keras_classes.py wrote them.
func kerasClasses(t *testing.T) map[string][]string {
	t.Helper()
	data, err := os.ReadFile("testdata/keras_classes.json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]json.RawMessage
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	delete(file, "keras") // the version
	classes := map[string][]string{}
	for room, part := range file {
		var names [][]string // the class' own name and others of it
		if err := json.Unmarshal(part, &names); err != nil {
			t.Fatal(err)
		}
		for _, all := range names {
			classes[room] = append(classes[room], all[0])
		}
	}
	return classes
}

func isRegistered(room, class string) bool {
	if _, refused := refusedClasses[class]; refused && room == "layers" {
		return false
	}
	switch room {
	case "layers":
		return knows(&layerClasses, class)
	case "losses":
		return knows(&lossClasses, class)
	case "metrics":
		return knows(&metricClasses, class)
	case "optimizers":
		return knows(&optimizerClasses, class)
	case "optimizers.schedules":
		return knows(&scheduleClasses, class)
	case "regularizers":
		return knows(&regularizerClasses, class)
	case "constraints":
		return knows(&constraintClasses, class)
	case "initializers":
		return knows(&initializerClasses, class)
	case "activations":
		return knows(&activationFuncs, class)
	}
	return false
}

func knows[T any](r *registry[T], class string) bool {
	_, err := r.find(class)
	return err == nil
}
