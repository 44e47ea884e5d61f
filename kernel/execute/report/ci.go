package report

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// Events writes a run's events as JSON, one object a line.
type Events struct {
	Out io.Writer
	mu  sync.Mutex
}

// record is one line of Events; fields that an event does not have are left
// out.
type record struct {
	Event    string           `json:"event"`
	At       time.Time        `json:"at"`
	Path     string           `json:"path"`
	Index    *int             `json:"index,omitempty"` // of the cell in the document, from 0
	Cell     int              `json:"cell,omitempty"`  // among its code cells, from 1
	Kernel   string           `json:"kernel,omitempty"`
	Cells    int              `json:"cells,omitempty"`
	State    execute.State    `json:"state,omitempty"`
	Seconds  float64          `json:"seconds,omitempty"`
	Costs    *jupyter.Costs   `json:"costs,omitempty"`
	Kind     string           `json:"kind,omitempty"`
	Stream   string           `json:"stream,omitempty"`
	Text     string           `json:"text,omitempty"`
	Output   *nbformat.Object `json:"output,omitempty"`
	Error    string           `json:"error,omitempty"`
	Class    string           `json:"class,omitempty"`
	Allowed  bool             `json:"allowed,omitempty"`
	Warnings []string         `json:"warnings,omitempty"`
}

// Observe is the run's observer.
func (x *Events) Observe(event execute.Event) {
	name := strings.TrimPrefix(fmt.Sprintf("%T", event), "execute.")
	r := record{Event: name}
	about := func(ref execute.CellRef, at time.Time) {
		r.Path, r.Index, r.Cell, r.At = ref.Path, &ref.Index, ref.Number, at
	}
	switch e := event.(type) {
	case execute.NotebookStart:
		r.Path, r.At, r.Cells, r.Kernel = e.Path, e.At, e.Cells, kernelText(e.Kernel)
	case execute.CellStart:
		about(e.CellRef, e.At)
	case execute.CellExecute:
		about(e.CellRef, e.At)
		r.Text = e.Cell.Source()
	case execute.CellOutput:
		about(e.CellRef, e.At)
		r.Kind, r.Stream, r.Text, r.Output = e.Kind, e.Name, e.Text, e.Output.Object()
	case execute.CellExecuted:
		about(e.CellRef, e.At)
		r.State, r.Seconds, r.Costs = e.State, e.Timing.Duration().Seconds(), e.Costs
	case execute.CellError:
		about(e.CellRef, e.At)
		r.Class, r.Error, r.Allowed = e.Failure.Class, termtext.Plain(e.Failure.Value), e.Allowed
	case execute.CellComplete:
		about(e.CellRef, e.At)
		r.State, r.Warnings = e.Result.State, e.Result.Warnings
	case execute.NotebookError:
		r.Path, r.At, r.Error = e.Path, e.At, e.Err.Error()
	case execute.NotebookComplete:
		r.Path, r.At, r.Seconds, r.Warnings = e.Path, e.At, e.Result.Duration().Seconds(), e.Result.Warnings
	}
	line, err := json.Marshal(r)
	if err != nil {
		return // an output that is no JSON cannot come out of a document
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.Out.Write(append(line, '\n'))
}

// GitHub prints failures and warnings as annotations of GitHub's workflows.
type GitHub struct {
	Out io.Writer
	mu  sync.Mutex
}

// Observe is the run's observer.
func (g *GitHub) Observe(event execute.Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch e := event.(type) {
	case execute.CellError:
		if !e.Allowed {
			g.annotate("error", e.Path, fmt.Sprintf("cell %d", e.Number), e.Failure.Text()+"\n"+e.Failure.Detail)
		}
	case execute.CellComplete:
		for _, w := range e.Result.Warnings {
			g.annotate("warning", e.Path, fmt.Sprintf("cell %d", e.Number), w)
		}
	case execute.NotebookError:
		g.annotate("error", e.Path, "notebook", e.Err.Error())
	}
}

func (g *GitHub) annotate(level, path, title, text string) {
	// A point of a sweep is no file; GitHub shows the note beside the notebook.
	if notebook, point, ok := strings.Cut(path, ".ipynb["); ok {
		path, title = notebook+".ipynb", title+" of "+strings.TrimSuffix(point, "]")
	}
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	fmt.Fprintf(g.Out, "::%s file=%s,title=%s::%s\n", level, property.Replace(filepath.ToSlash(path)),
		property.Replace(title), data.Replace(strings.TrimSpace(text)))
}

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
	Err      string      `xml:"system-err,omitempty"`
}

type junitCase struct {
	Class string `xml:"classname,attr"`
	Name  string `xml:"name,attr"`
	Time  string `xml:"time,attr"`
	// Properties are what the cell took, by the names of [jupyter.Costs].
	Properties *junitProperties `xml:"properties"`

	Failure *junitMessage `xml:"failure"`
	Error   *junitMessage `xml:"error"`
	Skipped *junitMessage `xml:"skipped"`
}

type junitProperties struct {
	List []junitProperty `xml:"property"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// properties are costs as JUnit has them.
func properties(c *jupyter.Costs) *junitProperties {
	if c == nil {
		return nil
	}
	list := []junitProperty{
		{"compile_seconds", fmt.Sprintf("%.3f", c.Compile)}, {"run_seconds", fmt.Sprintf("%.3f", c.Wall)},
		{"cpu_seconds", fmt.Sprintf("%.3f", c.CPU)}, {"allocated_bytes", fmt.Sprint(c.Allocated)},
		{"allocated_objects", fmt.Sprint(c.Objects)},
	}
	if c.Peak > 0 {
		list = append(list, junitProperty{"peak_bytes", fmt.Sprint(c.Peak)})
	}
	if x := c.XLA; x != nil {
		list = append(list, junitProperty{"xla_compile_seconds", fmt.Sprintf("%.3f", x.Compile)},
			junitProperty{"xla_compiled", fmt.Sprint(x.Compiled)}, junitProperty{"xla_run_seconds", fmt.Sprintf("%.3f", x.Run)},
			junitProperty{"xla_runs", fmt.Sprint(x.Runs)})
		if x.Bytes > 0 {
			list = append(list, junitProperty{"xla_device_bytes", fmt.Sprint(x.Bytes)})
		}
	}
	if len(c.Slower) > 0 {
		list = append(list, junitProperty{"slower", strings.Join(c.Slower, "; ")})
	}
	return &junitProperties{list}
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes the index as JUnit XML: a suite for each notebook, a case for
// each code cell. A failure that was allowed is a success; a notebook that
// could not be run at all has an error of its own.
func (x *Index) JUnit() ([]byte, error) {
	var all junitSuites
	for _, n := range x.Notebooks {
		suite := junitSuite{Name: n.Name, Time: fmt.Sprintf("%.3f", n.Seconds), Err: printable(n.Error)}
		for _, c := range n.Cells {
			suite.add(n, c)
		}
		if len(n.Cells) == 0 && n.Error != "" {
			suite.Errors++
			suite.Tests++
			suite.Cases = append(suite.Cases, junitCase{Class: n.Name, Name: "notebook", Time: "0",
				Error: &junitMessage{Message: printable(n.Error)}})
		}
		all.Suites = append(all.Suites, suite)
	}
	raw, err := xml.MarshalIndent(all, "", " ")
	if err != nil {
		return nil, fmt.Errorf("JUnit XML: %w", err)
	}
	return append([]byte(xml.Header), append(raw, '\n')...), nil
}

// WriteJUnit writes the index as JUnit XML into a file, see [Index.JUnit].
func (x *Index) WriteJUnit(path string) error {
	raw, err := x.JUnit()
	if err != nil {
		return err
	}
	return nbformat.WriteFile(path, raw)
}

func (s *junitSuite) add(n IndexNotebook, c IndexCell) {
	test := junitCase{Class: n.Name, Name: fmt.Sprintf("[%d] %s", c.Number, printable(c.Title)),
		Time: fmt.Sprintf("%.3f", c.Seconds), Properties: properties(c.Costs)}
	switch {
	case c.Allowed || c.State == execute.OK:
	case c.State == execute.Skipped, c.State == execute.NotRun:
		test.Skipped = &junitMessage{Message: string(c.State)}
		s.Skipped++
	default:
		test.Failure = &junitMessage{Message: printable(c.Error), Type: string(c.State), Text: printable(c.Text)}
		s.Failures++
	}
	s.Tests++
	s.Cases = append(s.Cases, test)
}

// printable leaves out what XML 1.0 cannot hold.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r != 0xfffe && r != 0xffff {
			return r
		}
		return -1
	}, termtext.Plain(s))
}
