package host

import "time"

// CommandFD and AnswerFD are the descriptors on which a host takes commands
// and answers them: one JSON object each, in turn.
const (
	CommandFD = 3
	AnswerFD  = 4
)

// Operations of a [Command].
const (
	// Load opens a plugin and runs the initialisation of the packages in it.
	Load = "load"
	// Run opens a plugin and calls its entry.
	Run = "run"
	// Prepare sets the environment and the working directory only.
	Prepare = "prepare"
)

// Command asks the host for one thing.
type Command struct {
	Op string
	// Path is the plugin's file, Entry the symbol to call in it.
	Path, Entry string
	// Cell numbers the execution. It is what [Interrupt] names.
	Cell int64
	// Args are the program's arguments, without its name.
	Args []string
	// Dir is the working directory; empty leaves it.
	Dir string
	// Env are variables to set.
	Env map[string]string
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
	// Frames is the stack of the goroutine that panicked, from the panic on.
	Frames []Frame
	// Result is the value of the cell's last expression by MIME type; nil if
	// there is none.
	Result map[string]any
	// Loading and Running say how long the two parts took.
	Loading, Running time.Duration
}
