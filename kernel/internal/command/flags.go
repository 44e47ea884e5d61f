package command

import (
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
)

// Flags are the flags of a command. They stand in groups, in the order in which
// the groups were begun.
type Flags struct {
	*flag.FlagSet
	groups []*Group
}

// Group is a part of a command's flags.
type Group struct {
	Title string
	Flags []*flag.Flag // by name
}

func newFlags(name string) *Flags {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard) // what is wrong is said once, with the exit code
	return &Flags{FlagSet: set}
}

// Groups returns the command's flags in their groups.
func (c Command) Groups() []*Group {
	flags := newFlags(c.Name)
	c.Declare(flags)
	flags.place()
	return flags.groups
}

// Group begins a group: the flags that are declared next.
func (f *Flags) Group(title string) {
	f.place()
	f.groups = append(f.groups, &Group{Title: title})
}

// place puts the flags that are new into the latest group. Flags that were
// declared before the first one stand in a group without a title.
func (f *Flags) place() {
	placed := map[string]bool{}
	for _, g := range f.groups {
		for _, one := range g.Flags {
			placed[one.Name] = true
		}
	}
	f.VisitAll(func(one *flag.Flag) {
		if placed[one.Name] {
			return
		}
		if len(f.groups) == 0 {
			f.groups = append(f.groups, &Group{})
		}
		last := f.groups[len(f.groups)-1]
		last.Flags = append(last.Flags, one)
	})
}

// ListVar declares a flag that may be given several times.
func (f *Flags) ListVar(values *[]string, name, usage string) {
	f.Func(name, usage+"; may be repeated", func(value string) error {
		*values = append(*values, value)
		return nil
	})
}

// PrintWarnings tells the user what is not as it should be.
func PrintWarnings(warnings []string) {
	for _, warning := range warnings {
		fmt.Fprintln(os.Stderr, "warning:", warning)
	}
}

// help explains the command: a line for each flag, and the exit codes.
func (c Command) help(w io.Writer) {
	usage := "usage: go run ./kernel " + c.Name
	groups := c.Groups()
	if len(groups) > 0 {
		usage += " [flags]"
	}
	if c.Arguments != "" {
		usage += " " + c.Arguments
	}
	about := c.About
	if about == "" {
		about = c.Summary
	}
	fmt.Fprintf(w, "%s\n\n%s\n", usage, about)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, g := range groups {
		fmt.Fprintf(table, "\n%s:\n", g.Title)
		for _, one := range g.Flags {
			value, text := flag.UnquoteUsage(one)
			if value != "" {
				value = " " + value
			}
			fmt.Fprintf(table, "  -%s%s\t%s%s\n", one.Name, value, text, defaultOf(one))
		}
	}
	fmt.Fprintln(table, "\nExit codes:")
	for _, e := range exitCodes {
		meaning := e.run
		if !c.RunsCells {
			meaning = e.other
		}
		if meaning != "" {
			fmt.Fprintf(table, "  %d\t%s\n", e.code, meaning)
		}
	}
	table.Flush()
}

// defaultOf is what a flag's line says of its default, if that is worth saying.
func defaultOf(one *flag.Flag) string {
	switch one.DefValue {
	case "", "false", "0", "0s", "[]":
		return ""
	}
	return " (" + one.DefValue + ")"
}
