package live

import (
	"bytes"
	"go/importer"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/enginetest"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/live/corpus"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// limitOfProgram is what a compiled program may take; its notebook may take
// longer, since every cell is compiled first.
const (
	limitOfProgram  = 30 * time.Second
	limitOfNotebook = 3 * time.Minute
)

// TestCorpus runs programs of the Go distribution as notebooks and compares
// what they show with what the compiled programs print. It takes minutes:
// GOCIFAR_CORPUS says which programs ("hundred" of them, "all", "fixedbugs" for
// those of that folder, too, or names such as "chan/sieve1.go,map.go").
// GOCIFAR_CORPUS_LIBRARY may name the folder of a library with all of the
// standard library, which is built there if it is missing, and
// GOCIFAR_CORPUS_KERNEL the folder of another kernel's kernelspec.
// GOCIFAR_CORPUS_DEBUGGER plays them with a debugger, see [corpus.Debugger].
func TestCorpus(t *testing.T) {
	which := os.Getenv("GOCIFAR_CORPUS")
	if which == "" {
		t.Skip("takes minutes: set GOCIFAR_CORPUS to hundred or all")
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(strings.TrimSpace(string(out)), "test")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("this Go comes without its programs for tests: %v", err)
	}
	programs := corpusPrograms(t, root, which)
	l := enginetest.Full(t)
	spec := &jupyter.Spec{Argv: []string{os.Args[0], kernelArgument, l.Dir, "{connection_file}"}, DisplayName: "live",
		Language: "go", InterruptMode: jupyter.InterruptByMessage}
	if dir := os.Getenv("GOCIFAR_CORPUS_KERNEL"); dir != "" {
		if spec, err = jupyter.ReadSpec(dir); err != nil {
			t.Fatal(err)
		}
	}
	results := make([]corpus.Result, len(programs))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, program := range programs {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			results[i] = compareProgram(t, l, spec, root, program)
		})
	}
	wg.Wait()
	lists := []string{"known.txt"}
	if os.Getenv("GOCIFAR_CORPUS_DEBUGGER") != "" {
		lists = append(lists, "debugger.txt")
	}
	var text []byte
	for _, name := range lists {
		more, err := os.ReadFile(filepath.Join("testdata", "corpus", name))
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, more...)
	}
	known, err := corpus.ReadKnown(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%q: %v", lists, err)
	}
	verdict := corpus.Judge(results, known)
	t.Logf("\n%s", verdict.Table)
	for _, line := range append(verdict.Wrong, verdict.Stale...) {
		t.Error(line)
	}
}

// corpusPrograms lists the programs that are asked for.
func corpusPrograms(t *testing.T, root, which string) []string {
	switch which {
	case "all", "fixedbugs":
		list, err := corpus.List(root, which == "fixedbugs")
		if err != nil {
			t.Fatal(err)
		}
		return list
	case "hundred":
		text, err := os.ReadFile(filepath.Join("testdata", "corpus", "hundred.txt"))
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				list = append(list, line)
			}
		}
		return list
	}
	return strings.Split(which, ",")
}

// compareProgram runs a program in all forms.
func compareProgram(t *testing.T, l *library.Library, spec *jupyter.Spec, root, program string) corpus.Result {
	r := corpus.Result{Program: program, Differences: map[corpus.Form]string{}}
	file := filepath.Join(root, filepath.FromSlash(program))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
		return r
	}
	want, err := corpus.Compiled(t.Context(), file, t.TempDir(), limitOfProgram)
	if err != nil {
		t.Error(err)
		return r
	}
	if want.Failure != "" {
		r.Left = want.Failure
		return r
	}
	packages := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		name, err := library.NewCompiler(l, library.Module{}).ExportFile(path)
		if err != nil {
			return nil, err
		}
		return os.Open(name)
	})
	for _, form := range corpus.Forms {
		cells, err := corpus.Cells(form, string(text), packages)
		if err != nil {
			t.Errorf("%s as %s: %v", program, form, err)
			continue
		}
		got, err := corpus.Play(t.Context(), spec, t.TempDir(), cells, limitOfNotebook,
			corpus.Debugger(os.Getenv("GOCIFAR_CORPUS_DEBUGGER")))
		if err != nil {
			t.Errorf("%s as %s: %v", program, form, err)
			continue
		}
		r.Differences[form] = want.Difference(got)
		if d := r.Differences[form]; d != "" {
			t.Logf("%s %s: %s", form, program, d)
		}
	}
	return r
}
