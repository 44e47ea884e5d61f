// Package repl is a console for Jupyter kernels: a prompt in a terminal, a
// script from a pipe, or a line of code from the command line.
//
// [Run] does all three. In a terminal the prompt is there at once while the
// kernel starts; inputs may have many lines and are sent when they are
// complete, which the kernel decides or, for Go on kernels that do not answer,
// go/scanner and go/parser. Outputs look as in a notebook: pictures where the
// terminal can show them, displays updated where they stand. All that was run
// can be saved as a notebook.
//
// A kernel that dies is replaced and the session goes on.
//
//	engine      the kernel's life: started behind the prompt, replaced when it dies
//	evaluation  one input on its way through the kernel
//	session     the prompt and its commands
//	script      inputs from a file, a pipe or the command line
//	screen      outputs in a terminal (plain: anywhere else)
//	editor      the line editor, github.com/reeflective/readline
//	record      the session as a notebook
//	command     the flags, and the kernel that they choose
package repl
