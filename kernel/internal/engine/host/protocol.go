package host

import "github.com/gocifar/gocifar/kernel/internal/engine/host/peek"

// CommandFD and AnswerFD are the descriptors on which a host takes commands
// and answers them: one JSON object each, in turn.
const (
	CommandFD = 3
	AnswerFD  = 4
)

// Command asks the host to load a plugin and run it.
type Command struct {
	// Path is the plugin's file, Entry the symbol to call in it. Without an entry,
	// only the packages in the plugin are initialized; without a path, the entry
	// is that of an earlier command; without both, only the environment and the
	// working directory are set.
	Path, Entry string
	// Replace are functions in the plugin that take the place of those with the
	// same symbols, with their places in the file.
	Replace map[string]uint64
	// Cell numbers the execution.
	Cell int64
	// Input tells whether the front end takes input for the cell.
	Input bool
	// Args are the program's arguments, without its name.
	Args []string
	// Dir is the working directory; empty leaves it.
	Dir string
	// Env are variables to set.
	Env map[string]string
	// Beside runs the cell beside the one that runs already, and is answered with
	// the command's ID. What it prints comes as answers of its own.
	Beside bool
	// Stop interrupts a cell that runs beside; there is no answer.
	Stop int64
	// Profile asks for a record of what the cell does.
	Profile *Profile
	// Sites are where the program can stop for a debugger, and Marks the
	// breakpoints at them.
	Sites []Site         `json:",omitempty"`
	Marks map[int][]Mark `json:",omitempty"`
	// Debug asks for something of the debugger instead, and is answered like a
	// Query. Evaluation tells where the cell is evaluated.
	Debug      *Debug      `json:",omitempty"`
	Evaluation *Evaluation `json:",omitempty"`
	// Query asks for values of variables instead, which a cell that runs does not
	// keep waiting. Its answer has the same ID.
	Query *Query
	ID    int64
	// Flags are names of command line flags that the cell defines, and that
	// an earlier execution may have defined already.
	Flags []string
}

// Outcomes of a [Command].
const (
	OK          = "ok"
	Panicked    = "panic"
	Interrupted = "interrupted"
	// Refused means that the plugin could not be loaded.
	Refused = "refused"
	// Exited means that the cell called os.Exit; see Status.
	Exited = "exit"
	// NoInput is Panicked by a cell that read the standard input, where nobody
	// can be asked for it.
	NoInput = "no input"
	// WantsInput is no end: the cell reads the standard input, and goes on when
	// there is a line.
	WantsInput = "input"
	// Printed and Handled are no ends either: a handler of a comm or a cell that
	// runs beside has printed something, or a handler has ended.
	Printed = "printed"
	Handled = "handled"
)

// Frame is a call that had not returned.
type Frame struct {
	Function, File string
	Line           int
}

// Answer says how a command ended.
type Answer struct {
	Outcome string
	// Error is the panic's value or why the plugin was refused.
	Error string
	// Status is the argument of os.Exit.
	Status int
	// Frames is the stack of the goroutine that panicked, from the panic on.
	Frames []Frame
	// Result is the value of the cell's last expression by MIME type; nil if
	// there is none.
	Result map[string]any
	// Comm is the comm of a handler, with what it printed.
	Comm, Stream, Text string `json:",omitempty"`
	// Cell is set instead of Comm for a cell that runs beside.
	Cell int64 `json:",omitempty"`
	// Costs are what the cell took.
	Costs *Costs `json:",omitempty"`
	// ID is the command's, 0 for those that run cells.
	ID int64 `json:",omitempty"`
	// Variables or Counters answer a Query.
	Variables peek.List           `json:",omitempty"`
	Counters  map[string][]uint32 `json:",omitempty"`
	// Debug answers a Debug, or is an event.
	Debug *DebugAnswer `json:",omitempty"`
}
