package host

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// This file is about handlers: functions of cells that package kernel/comm calls
// when a front end sends a message, whatever runs meanwhile. The host does not
// import that package, whose version is the user's. It sees its frames go out
// (package commwire), in the goroutines that send them.

// commVariable names the pipe for frames, as package commwire says.
const commVariable = "GOCIFAR_COMM_OUT"

// How frames begin that are of interest here, behind the word with the length.
var (
	openFrame  = []byte(`{"kind":"open",`)
	beginFrame = []byte(`{"kind":"begin",`)
	endFrame   = []byte(`{"kind":"end",`)

	captureFrame = []byte(`{"kind":"capture",`)
	releaseFrame = []byte(`{"kind":"release"`)
)

// comms are what is known of comms that cells have made.
var comms struct {
	sync.Mutex
	made   map[string]int64 // the cell, by the comm's id
	labels map[string]owned // of the goroutines of handlers, by the comm's id
}

// handling is the handler that runs.
var handling atomic.Pointer[handler]

type handler struct {
	cell int64
	comm string
}

// watchComms prepares for frames on the pipe with the name; none if it is empty.
func watchComms(pipe string) (write func(f *os.File, b []byte) bool) {
	stdout, stderr := os.Stdout, os.Stderr
	return func(f *os.File, b []byte) bool {
		switch {
		case f == stdout:
			return printed("stdout", b)
		case f == stderr:
			return printed("stderr", b)
		case pipe != "" && len(b) > 4 && b[4] == '{' && f.Name() == pipe:
			frame(b[4:])
		case displayPipe != "" && f.Name() == displayPipe:
			noteDisplay(len(b))
		}
		return false
	}
}

// printed passes on what a handler prints, and tells whether it is one's.
func printed(stream string, b []byte) bool {
	v, known := owners.Load(labels())
	if !known {
		return false
	}
	o := v.(owned)
	if fd, ok := o.capture[stream]; ok && writeTo(fd, b) {
		return true
	}
	if o.comm == "" {
		return printedBeside(o.cell, stream, b)
	}
	send(Answer{Outcome: Printed, Comm: o.comm, Stream: stream, Text: string(b)})
	return true
}

// frame looks at a frame that goes out.
func frame(header []byte) {
	switch {
	case bytes.HasPrefix(header, openFrame):
		cell, _ := ownerOf(labels())
		if x := current.Load(); cell == 0 && x != nil {
			cell = x.cell
		}
		comms.Lock()
		defer comms.Unlock()
		if comms.made == nil {
			comms.made = map[string]int64{}
		}
		comms.made[commOf(header)] = cell
	case bytes.HasPrefix(header, beginFrame):
		begin(commOf(header))
	case bytes.HasPrefix(header, endFrame):
		id := commOf(header)
		if h := handling.Load(); h != nil && h.comm == id && handling.CompareAndSwap(h, nil) {
			interrupted.CompareAndSwap(h.cell, 0)
		}
		send(Answer{Outcome: Handled, Comm: id})
	case bytes.HasPrefix(header, captureFrame):
		capture(strings.Fields(commOf(header)))
	case bytes.HasPrefix(header, releaseFrame):
		release()
	}
}

func commOf(header []byte) string {
	var f struct {
		Comm string `json:"comm"`
	}
	_ = json.Unmarshal(header, &f)
	return f.Comm
}

// begin makes this goroutine, and those that it will start, a handler's.
func begin(id string) {
	comms.Lock()
	cell := comms.made[id]
	o, known := comms.labels[id]
	if !known {
		o = owned{cell: cell, comm: id, labels: pprof.WithLabels(context.Background(),
			pprof.Labels("cell", strconv.FormatInt(cell, 10), "comm", id))}
		if comms.labels == nil {
			comms.labels = map[string]owned{}
		}
		comms.labels[id] = o
	}
	comms.Unlock()
	pprof.SetGoroutineLabels(o.labels)
	if l := labels(); !known && l != 0 {
		owners.Store(l, o)
	}
	// The cell's own statements may have been interrupted.
	interrupted.CompareAndSwap(cell, 0)
	beginning.RLock()
	defer beginning.RUnlock()
	handling.Store(&handler{cell, id})
}

// captured is a capture that this goroutine has begun, with what its labels were.
type captured struct {
	owned
	before context.Context
}

// captures are those that run, by the labels.
var captures sync.Map

// capture has what this goroutine prints, and those print that it will start, go
// into files.
func capture(files []string) {
	var fds [2]int
	for i := range fds {
		if i < len(files) {
			fds[i], _ = strconv.Atoi(files[i])
		}
	}
	c := captured{before: context.Background()}
	if v, known := owners.Load(labels()); known {
		c.owned = v.(owned)
		c.before = c.owned.labels
	}
	c.owned.labels = pprof.WithLabels(c.before, pprof.Labels("capture", strings.Join(files, " ")))
	c.owned.capture = map[string]int{"stdout": fds[0], "stderr": fds[1]}
	pprof.SetGoroutineLabels(c.owned.labels)
	if l := labels(); l != 0 {
		owners.Store(l, c.owned)
		captures.Store(l, c)
	}
}

// remembered is how long the goroutines of a capture that has ended are known by
// its labels.
const remembered = 10 * time.Second

// release ends the capture of this goroutine.
func release() {
	l := labels()
	v, known := captures.LoadAndDelete(l)
	if !known {
		return
	}
	c := v.(captured)
	pprof.SetGoroutineLabels(c.before)
	c.owned.capture = nil
	owners.Store(l, c.owned)
	time.AfterFunc(remembered, func() { owners.Delete(l) })
}

// stopHandler interrupts the handler that runs, if one does.
func stopHandler() {
	if h := handling.Load(); h != nil {
		stop(h.cell)
	}
}
