package parameters

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Point is what the parameters are to be in one run of a sweep.
type Point []Value

// mostPoints bounds a sweep: a grid grows faster than one thinks.
const mostPoints = 10_000

// ReadPoints reads the points of a sweep from a YAML or JSON file: a list of
// objects of names and values is the points themselves, an object of names and
// lists of values is a grid, whose points are all combinations; the last name
// changes fastest. There must be points, and no two the same.
func ReadPoints(path string) ([]Point, error) { return readFile("sweep", path, ParsePoints) }

// ParsePoints reads the content of such a file.
func ParsePoints(raw []byte) ([]Point, error) {
	root, err := parseYAML(raw)
	if err != nil {
		return nil, err
	}
	var points []Point
	switch {
	case root == nil:
	case root.Kind == yaml.SequenceNode:
		points, err = listed(root)
	case root.Kind == yaml.MappingNode:
		points, err = grid(root)
	default:
		err = errors.New("want a list of points, or an object with a list of values for each parameter")
	}
	if err != nil {
		return nil, err
	}
	if len(points) == 0 {
		return nil, errors.New("there is no point in it; a grid is {rate: [0.1, 0.01]}, a list of points is [{rate: 0.1}]")
	}
	seen := map[string]int{}
	for i, p := range points {
		if first, twice := seen[p.key()]; twice {
			return nil, fmt.Errorf("points %d and %d are both %s: leave one out", first+1, i+1, p)
		}
		seen[p.key()] = i
	}
	return points, nil
}

func listed(root *yaml.Node) ([]Point, error) {
	if len(root.Content) > mostPoints {
		return nil, fmt.Errorf("it has %d points, more than %d", len(root.Content), mostPoints)
	}
	var points []Point
	for i, node := range root.Content {
		values, err := valuesOf(node)
		if err == nil && len(values) == 0 {
			err = errors.New("it sets no parameter")
		}
		if err != nil {
			return nil, fmt.Errorf("point %d: %w", i+1, err)
		}
		points = append(points, values)
	}
	return points, nil
}

func grid(root *yaml.Node) ([]Point, error) {
	axes, err := valuesOf(root)
	if err != nil || len(axes) == 0 {
		return nil, err
	}
	points := []Point{nil}
	for _, axis := range axes {
		values, ok := axis.Value.([]any)
		if !ok || len(values) == 0 {
			return nil, fmt.Errorf("%s: want a list of values, such as [1, 2]", axis.Name)
		}
		if len(points)*len(values) > mostPoints {
			return nil, fmt.Errorf("the grid has more than %d points", mostPoints)
		}
		var next []Point
		for _, p := range points {
			for _, v := range values {
				next = append(next, append(slices.Clip(p), Value{Name: axis.Name, Value: v}))
			}
		}
		points = next
	}
	return points, nil
}

// String is the point in words: "rate=0.1, batch=32".
func (p Point) String() string { return strings.Join(p.words(), ", ") }

func (p Point) words() []string {
	words := make([]string, len(p))
	for i, v := range p {
		words[i] = v.Name + "=" + v.Words()
	}
	return words
}

// key is the same for points that set the same.
func (p Point) key() string { return strings.Join(slices.Sorted(slices.Values(p.words())), "\x00") }

// Words is the value as it is shown to people, and as a flag would give it; a
// text that would be something else without them has quotation marks.
func (v Value) Words() string {
	switch x := v.Value.(type) {
	case string:
		if _, isText := scalar(x).(string); isText {
			return x
		}
		return strconv.Quote(x)
	case *big.Int:
		return x.String()
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	raw, err := json.Marshal(v.Value)
	if err != nil { // a number without a form in JSON, within a list
		return fmt.Sprint(v.Value)
	}
	return string(raw)
}

// JSON is the value in JSON; a number that JSON does not have is a text.
func (v Value) JSON() json.RawMessage {
	raw, err := json.Marshal(v.Value)
	if err != nil {
		raw = []byte(strconv.Quote(v.Words()))
	}
	return raw
}

// mostFileName bounds a file's name; file systems take 255 bytes, with an
// extension.
const mostFileName = 120

// FileName is a name for the point's file, without an extension, that is its
// own and good on every system: "rate=0.1,batch=32".
func (p Point) FileName() string {
	words := strings.Join(p.words(), ",")
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("=,._+-", r) {
			return r
		}
		return '_'
	}, words)
	if name == words && len(name) <= mostFileName {
		return name
	}
	sum := sha256.Sum256([]byte(words))
	return name[:min(len(name), mostFileName-9)] + "-" + hex.EncodeToString(sum[:4])
}
