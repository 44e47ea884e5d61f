package parameters

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/nbformat"
)

// writeModule makes a module that has a package of its own and takes one from
// elsewhere.
func writeModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/study\n\ngo 1.24\n\nrequire example.com/other v1.0.0\n\nreplace example.com/other " +
			"=> ./other\n",
		"train/train.go": "package train\n\nimport (\n\t\"time\"\n\n\t\"example.com/other/unit\"\n)\n\ntype Mode " +
			"string\n\nconst Quick Mode = \"quick\"\n\n" +
			"type Plan struct {\n\tEpochs int\n\tLimit time.Duration\n\tPause unit.Second\n\tsecret int\n}\n\ntype Loss " +
			"func(a, b float64) float64\n\nvar MSE Loss\n",
		"other/go.mod":       "module example.com/other\n\ngo 1.24\n",
		"other/unit/unit.go": "package unit\n\ntype Second float64\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func moduleNotebook() *nbformat.Notebook {
	return notebook("gonb", "import (\n\t\"example.com/study/train\"\n\t\"example.com/other/unit\"\n\t\"time\"\n)",
		"const epochs = 3\nvar (\n\tmode train.Mode = train.Quick\n\tplan train.Plan\n\tplans []*train.Plan\n\tpause "+
			"unit.Second = 1.5\n\tlimit = time.Second\n\tloss = train.MSE\n)")
}

func TestGoTypesOfModules(t *testing.T) {
	dir := writeModule(t)
	list, err := Inspect(t.Context(), moduleNotebook(), "", dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list {
		got = append(got, p.Name+" "+p.Type)
	}
	want := "epochs int, mode train.Mode, plan train.Plan, plans []*train.Plan, pause unit.Second, limit " +
		"time.Duration, loss train.Loss"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
	for _, c := range []struct{ flag, want string }{
		{"mode=full", `var mode train.Mode = "full"`},
		{"pause=x", `!want a unit.Second, got "x"`},
		{"pause=2", "var pause unit.Second = 2"},
		{"limit=2s", "var limit time.Duration = 2000000000 // 2s"},
		{"plan={Epochs: 2, Pause: 0.5}", "var plan train.Plan = train.Plan{Epochs: 2, Pause: 0.5}"},
		{"plan={Epochs: x}", "!Epochs: want a int"},
		{"plan={secret: 1}", "!cannot refer to unexported field secret"},
		{"plans=[{Epochs: 1}]", "var plans []*train.Plan = []*train.Plan{&train.Plan{Epochs: 1}}"},
		{"loss=x", "!a train.Loss cannot be given from outside"},
	} {
		nb := moduleNotebook()
		_, err := Inject(t.Context(), nb, "", flags(t, c.flag), t.TempDir(), dir) // the first folder knows no module
		if message, wrong := strings.CutPrefix(c.want, "!"); wrong {
			if err == nil || !strings.Contains(err.Error(), message) {
				t.Errorf("%s: error %v, want %q", c.flag, err, message)
			}
		} else if err != nil {
			t.Errorf("%s: %v", c.flag, err)
		} else if nb.Cells[2].Source() != "// Parameters\n"+c.want+"\n" {
			t.Errorf("%s: %q", c.flag, nb.Cells[2].Source())
		}
	}
}

// Where a package cannot be found, only the parameters that have its types
// cannot be set.
func TestGoTypesThatAreNotKnown(t *testing.T) {
	for name, modules := range map[string][]string{"no module": nil, "a module without it": {t.TempDir()}} {
		list, err := Inspect(t.Context(), moduleNotebook(), "", modules...)
		if err != nil || len(list) != 7 || list[1].Type != "train.Mode" || list[6].Type != "" {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
		nb := moduleNotebook()
		if _, err := Inject(t.Context(), nb, "", flags(t, "epochs=5", "limit=2s"), modules...); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !strings.Contains(nb.Cells[2].Source(), "const epochs = 5") {
			t.Errorf("%s: %q", name, nb.Cells[2].Source())
		}
		for _, flag := range []string{"mode=full", "plans=null", "loss=1"} {
			_, err = Inject(t.Context(), moduleNotebook(), "", flags(t, flag), modules...)
			if err == nil || !strings.Contains(err.Error(), "its type is not known: ") ||
				!strings.Contains(err.Error(), "example.com/study/train") {
				t.Errorf("%s: %s: %v", name, flag, err)
			}
		}
	}
}

// TestInterrupted: the go command, which may take minutes to build packages,
// ends with the context.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Inspect(ctx, moduleNotebook(), "", t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
