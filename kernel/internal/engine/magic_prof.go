package engine

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/profile"
)

// recording is a profile of the cell that a special line asks for.
type recording struct {
	host.Profile
	keep string // a file for the user, "" for none
}

// magicProf shows what the cell's code spends its time on, or allocates.
func (r *run) magicProf(args []string) error {
	kind := host.CPUProfile
	if len(args) > 0 && args[0] == "-mem" {
		kind, args = host.MemoryProfile, args[1:]
	}
	return r.record(kind, args, "%prof [-mem] [-o FILE]")
}

// magicTrace sums up what the cell's goroutines do and what they wait for.
func (r *run) magicTrace(args []string) error { return r.record(host.Trace, args, "%trace [-o FILE]") }

func (r *run) record(kind string, args []string, usage string) error {
	rec := &recording{Profile: host.Profile{Kind: kind}}
	switch {
	case len(args) == 2 && args[0] == "-o":
		rec.keep = r.path(args[1])
	case len(args) > 0:
		return magicErrorf("%s: got %q; the cell's code stands below that line", usage, args)
	}
	if r.recording != nil {
		return magicErrorf("a cell has one of %%prof, %%prof -mem and %%trace: they measure each other")
	}
	r.recording = rec
	return nil
}

// hostProfile is what the process is asked to record, in a file of the session's.
func (r *run) hostProfile() *host.Profile {
	if r.recording == nil {
		return nil
	}
	r.recording.File = filepath.Join(r.dir, "profile")
	r.recording.BaseFile = r.recording.File + ".base"
	return &r.recording.Profile
}

// showRecording shows what was recorded, also of a cell that failed.
func (r *run) showRecording() {
	if r.recording == nil {
		return
	}
	defer os.Remove(r.recording.File)
	defer os.Remove(r.recording.BaseFile)
	if err := r.showRecorded(r.recording); err != nil {
		r.stderr("note: the profile cannot be shown: %v\n", err)
	}
}

func (r *run) showRecorded(rec *recording) error {
	if rec.Kind == host.Trace {
		return r.showTrace(rec)
	}
	var p *profile.Profile
	var err error
	if rec.Kind == host.MemoryProfile {
		p, err = profile.ReadDifference(rec.File, rec.BaseFile, "alloc_space")
	} else {
		p, err = profile.Read(rec.File, "cpu")
	}
	if err == nil {
		err = rec.keepFile()
	}
	if err != nil {
		return err
	}
	if p.Count() == 0 {
		r.stderr("note: nothing was recorded: %s\n", map[string]string{
			host.CPUProfile:    "the cell was too short for a look each 10 ms; %bench repeats an expression",
			host.MemoryProfile: "the cell allocated nothing",
		}[rec.Kind])
		return nil
	}
	p.Names = nameForPeople
	r.show("text/html", p.HTML(), p.PlainText())
	return nil
}

// keepFile copies the record to where the user wants it.
func (rec *recording) keepFile() error {
	if rec.keep == "" {
		return nil
	}
	data, err := os.ReadFile(rec.File)
	if err == nil {
		err = os.WriteFile(rec.keep, data, 0o644)
	}
	if err != nil {
		return fmt.Errorf("the file of -o: %w", err)
	}
	return nil
}
