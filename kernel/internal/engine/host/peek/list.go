package peek

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
)

// List are variables, as one process tells another: encoding/json takes longer
// to read ten thousand of them than the process takes to look at them. What
// many have in common, such as their type, is said once.
type List []Variable

// MarshalText writes the list.
func (l List) MarshalText() ([]byte, error) {
	w := listWriter{known: map[string]int{}}
	w.number(len(l))
	for _, v := range l {
		w.text(v.Name)
		w.number(int(v.Cell))
		w.common(v.Type)
		w.common(v.Kind)
		w.number(int(v.Size))
		w.flag(v.Partial)
		w.common(v.Shape)
		w.common(v.DType)
		w.common(v.Device)
		w.text(v.Text)
		w.text(v.Line)
		w.number(v.Reference)
	}
	return base64.StdEncoding.AppendEncode(nil, w.data), nil
}

// UnmarshalText reads a list.
func (l *List) UnmarshalText(text []byte) error {
	data, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return err
	}
	r := listReader{data: string(data)}
	n := r.number()
	if n < 0 || n > len(data) {
		return errBadList
	}
	*l = make(List, n)
	for i := range *l {
		v := &(*l)[i]
		v.Name = r.text()
		v.Cell = int64(r.number())
		v.Type = r.common()
		v.Kind = r.common()
		v.Size = int64(r.number())
		v.Partial = r.flag()
		v.Shape = r.common()
		v.DType = r.common()
		v.Device = r.common()
		v.Text = r.text()
		v.Line = r.text()
		v.Reference = r.number()
	}
	if r.bad || r.data != "" {
		return errBadList
	}
	return nil
}

var errBadList = errors.New("a list of variables that is cut off")

type listWriter struct {
	data  []byte
	known map[string]int
}

func (w *listWriter) number(n int) { w.data = binary.AppendVarint(w.data, int64(n)) }

func (w *listWriter) text(s string) {
	w.number(len(s))
	w.data = append(w.data, s...)
}

func (w *listWriter) flag(on bool) {
	if on {
		w.data = append(w.data, 1)
	} else {
		w.data = append(w.data, 0)
	}
}

// common writes the number of a text, and the text itself the first time.
func (w *listWriter) common(s string) {
	i, ok := w.known[s]
	if !ok {
		i = len(w.known)
		w.known[s] = i
	}
	w.number(i)
	if !ok {
		w.text(s)
	}
}

type listReader struct {
	data  string
	known []string
	bad   bool
}

func (r *listReader) take(n int) string {
	if n < 0 || n > len(r.data) {
		r.bad, r.data = true, ""
		return ""
	}
	s := r.data[:n]
	r.data = r.data[n:]
	return s
}

func (r *listReader) number() int {
	n, size := binary.Varint([]byte(r.data[:min(len(r.data), binary.MaxVarintLen64)]))
	if size <= 0 {
		size = -1
	}
	r.take(size)
	return int(n)
}

func (r *listReader) text() string { return r.take(r.number()) }

func (r *listReader) flag() bool { return r.take(1) == "\x01" }

func (r *listReader) common() string {
	i := r.number()
	if i == len(r.known) {
		r.known = append(r.known, r.text())
	}
	if i < 0 || i >= len(r.known) {
		r.bad = true
		return ""
	}
	return r.known[i]
}
