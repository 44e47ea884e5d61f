package parameters

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// python writes and reads parameters as papermill's PythonTranslator does.
type python struct{}

// strict is false: any assignment is good Python, and papermill warns only.
func (python) strict() bool { return false }

func (python) open(_ context.Context, _ []string, source string) (cell, error) {
	return pythonCell(inspectPython(source)), nil
}

type pythonCell []Parameter

func (c pythonCell) list() []Parameter { return c }

func (c pythonCell) inject(values []Value) (string, error) {
	lines := []string{"# Parameters"}
	for _, v := range values {
		if pythonKeywords[v.Name] {
			return "", fmt.Errorf("parameters: %q is a word of Python", v.Name)
		}
		lines = append(lines, v.Name+" = "+pythonLiteral(v.Value))
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// pythonKeywords are those of Python 3.13, which do not change from version to
// version.
var pythonKeywords = func() map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.Fields(`False None True and as assert async await break class continue def del elif else
		except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield`) {
		words[w] = true
	}
	return words
}()

func pythonLiteral(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case *big.Int:
		return v.String()
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprintf("float('%s')", strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(v, 'g', -1, 64), "+")))
		}
		return floatLiteral(v)
	case string:
		return strconv.Quote(v) // Go's escapes are all Python's too
	case []any:
		var parts []string
		for _, element := range v {
			parts = append(parts, pythonLiteral(element))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, key := range sortedKeys(v) {
			parts = append(parts, strconv.Quote(key)+": "+pythonLiteral(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return strconv.Quote(fmt.Sprint(v)) // normal leaves nothing else
}

// floatLiteral is a number that both languages read as a float.
func floatLiteral(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if strings.ContainsAny(s, ".e") {
		return s
	}
	return s + ".0"
}

// pythonParameter is papermill's pattern for an assignment: name, annotation,
// value, comment.
var pythonParameter = regexp.MustCompile(
	`^(\w+)\s*(?::\s*["']?(\w[\w\[\],\s]*?)["']?\s*)?=\s*(.*?)(?:\s*#\s*(?:type:\s*(\S*)\s*)?(.*))?$`)

// inspectPython reads assignments line by line as papermill does, without
// parsing Python: lines between two assignments belong to the first one.
func inspectPython(source string) []Parameter {
	var definitions []string
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case strings.Contains(line, "="):
			definitions = append(definitions, line)
		case len(definitions) > 0:
			last := &definitions[len(definitions)-1]
			before, _, _ := strings.Cut(*last, "#")
			*last = strings.TrimSpace(before) + line
		}
	}
	var list []Parameter
	for _, definition := range definitions {
		m := pythonParameter.FindStringSubmatch(definition)
		if m == nil || strings.HasPrefix(m[3], "=") {
			continue
		}
		p := Parameter{Name: m[1], Type: strings.TrimSpace(m[2]), Default: strings.TrimSpace(m[3]),
			Help: strings.TrimSpace(m[5])}
		if p.Type == "" {
			p.Type = m[4]
		}
		list = append(list, p)
	}
	return list
}
