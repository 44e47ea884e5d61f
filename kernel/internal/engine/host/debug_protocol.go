package host

import "github.com/gocifar/gocifar/kernel/internal/engine/host/peek"

// Site is a statement at which a program of a cell can stop.
type Site struct {
	// File and Line are the place, Function the one that it is in.
	File         string
	Line, Column int
	Function     string
	// Names are those of the variables that its hook passes, in that order.
	Names []string
	// Loop is the number of the loop whose body is there twice, from 1, or 0.
	Loop int
	// End is the line in which the statement ends, Node its function, and Calls
	// the functions that it calls: AnyCall is one that is not known. Dynamic tells
	// whether such a call may be of this function.
	End     int
	Node    string
	Calls   []string `json:",omitempty"`
	Dynamic bool     `json:",omitempty"`
}

// AnyCall is the name of a function that is not known.
const AnyCall = "*"

// Mark is a breakpoint.
type Mark struct {
	ID int
	// Condition and Log are a Go expression that has to be true, and a message
	// to print instead of stopping, both empty for most. The kernel compiles them
	// when they are wanted first.
	Condition, Log string
	// Hits is how many times to pass before stopping.
	Hits int
}

// Debug asks for something of the debugger. Its answer has the command's ID.
type Debug struct {
	// Marks replace all breakpoints, by program and site; nil leaves them. On
	// sets whether the debugger is attached, and Panics whether panics stop.
	Marks      map[int64]map[int][]Mark
	On, Panics *bool
	// Go is how stopped goroutines go on: "continue", "next", "stepIn", "stepOut",
	// or "pause" for those that run. Thread is the goroutine that steps, 0 for the
	// one that stopped.
	Go     string
	Thread int64
	// Threads lists the goroutines, Stack the calls of Thread, and Locals the
	// variables of the call with a number.
	Threads, Stack bool
	Locals         int
	// Packages are those with hooks that the process may have.
	Packages []HookedPackage `json:",omitempty"`
	// Compiled is the code for a condition or message, or says why there is none.
	Compiled *Compiled
}

// HookedPackage is a package with hooks.
type HookedPackage struct {
	// Program numbers its hooks.
	Program int64
	// Symbol is the variable at which they look, of Bytes bytes.
	Symbol string
	Bytes  int
	Sites  []Site
}

// Compiled is an expression of a breakpoint as a plugin.
type Compiled struct {
	Expression string
	// Message says that it is a message, with expressions in braces.
	Message     bool
	Program     int64
	Site        int
	Owner       int64 // the cell that waits for it
	Path, Entry string
	Cell        int64
	// Locals are the variables that it takes, by their places in the site's names.
	Locals []int
	Error  string
}

// Evaluation says in which call a cell is evaluated: Frame is a call's number, 0
// for none, and Locals are the variables that the cell takes, by their places in
// the names of the call's site.
type Evaluation struct {
	Frame  int
	Locals []int
}

// Outcomes that tell of the debugger.
const (
	// Halted means that a goroutine has stopped, Resumed that all go on although
	// nobody asked for it.
	Halted  = "halted"
	Resumed = "resumed"
	// WantsCode asks for a breakpoint's expression.
	WantsCode = "wants code"
)

// Reasons to stop, in the words of the Debug Adapter Protocol.
const (
	ReasonBreakpoint = "breakpoint"
	ReasonStep       = "step"
	ReasonPause      = "pause"
	ReasonPanic      = "exception"
)

// Stopped tells why a goroutine has stopped.
type Stopped struct {
	Reason, Text string
	Thread       int64
	Marks        []int
}

// Thread is a goroutine of a cell.
type Thread struct {
	ID      int64
	Name    string
	Stopped bool

	ofCell bool
}

// Call is a function's call on the stack of a stopped goroutine.
type Call struct {
	ID int
	Frame
	// Program and Site tell the hook where it stopped, or the last that a call
	// below the innermost has passed; Site is -1 where nothing is known but the
	// place.
	Program int64
	Site    int
	Column  int
	// Cell is the one to which the goroutine belongs: hooks can be a package's.
	Cell int64
	// Below tells of calls that wait for others, or that a panic ends: their
	// variables cannot be set.
	Below bool
}

// DebugAnswer answers a [Debug] or tells of an event.
type DebugAnswer struct {
	Stopped *Stopped  `json:",omitempty"`
	Wants   *Compiled `json:",omitempty"`
	Threads []Thread  `json:",omitempty"`
	Calls   []Call    `json:",omitempty"`
	Locals  []peek.Variable
}
