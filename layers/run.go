package layers

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/gocifar/gocifar/internal/cachedir"
	"github.com/gocifar/gocifar/internal/lock"
	"github.com/gocifar/gocifar/internal/wholefile"
)

// run is the directory in which a fit keeps what it needs to go on after
// anything: config.json (the model, how it trains, a fingerprint of both and
// of the data), state.safetensors (weights, optimizer, history, position, in
// one file replaced in one move), history.json (for people and other tools),
// best.safetensors (ModelCheckpoint's), lock.
type run struct {
	name, dir string
	unlock    func() // nil where the directory is not locked
}

// ErrRunConfig is wrapped by Fit's error where a run of that name exists
// whose model, training settings or data are others.
var ErrRunConfig = errors.New("the run was made with another configuration")

var runName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`)

// RunsDir returns the directory that holds the runs: GOCIFAR_RUNS, else runs
// in GOCIFAR_CACHE, else in gocifar in the user's cache directory.
func RunsDir() (string, error) {
	if dir := os.Getenv("GOCIFAR_RUNS"); dir != "" {
		return dir, nil
	}
	cache, err := cachedir.Root()
	if err != nil {
		return "", fmt.Errorf("layers: no place for runs: set GOCIFAR_RUNS to a directory: %w", err)
	}
	return filepath.Join(cache, "runs"), nil
}

// RunDir returns the directory of the run of a name, which need not exist yet.
// Other packages may keep files of their own there.
func RunDir(name string) (string, error) {
	r, err := findRun(name)
	if err != nil {
		return "", err
	}
	return r.dir, nil
}

// findRun returns the directory of a run that need not exist.
func findRun(name string) (*run, error) {
	if !runName.MatchString(name) {
		return nil, fmt.Errorf("layers: a run's name is made of letters, digits, dot, dash and underscore, "+
			"at most 100, and does not begin with a dot or dash; got %q", name)
	}
	dir, err := RunsDir()
	if err != nil {
		return nil, err
	}
	return &run{name: name, dir: filepath.Join(dir, name)}, nil
}

// open makes the directory and locks it, so that two fits cannot write the
// same run.
func (r *run) open() error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return fmt.Errorf("layers: making the run %q: %w", r.name, err)
	}
	path := filepath.Join(r.dir, "lock")
	unlock, err := lock.Try(path, 0o644)
	switch {
	case err == lock.ErrHeld:
		return fmt.Errorf("layers: the run %q is being trained by another fit (%s is locked); "+
			"wait for it, or give this one another name: %w", r.name, path, err)
	case err != nil:
		return fmt.Errorf("layers: locking the run %q: %w", r.name, err)
	}
	r.unlock = unlock
	r.sweep()
	return nil
}

// sweep removes what a process that was killed while it saved left behind:
// half a file under a temporary name. What cannot be removed does no harm.
func (r *run) sweep() {
	for _, name := range []string{stateFile, historyFile, configFile, bestFile} {
		left, _ := filepath.Glob(filepath.Join(r.dir, wholefile.Pattern(name)))
		for _, path := range left {
			_ = os.Remove(path)
		}
	}
}

// close unlocks the directory.
func (r *run) close() {
	if r != nil && r.unlock != nil {
		r.unlock()
		r.unlock = nil
	}
}

// clear removes what an earlier fit saved; the state goes first, because a
// run without it is new.
func (r *run) clear() error {
	for _, name := range []string{stateFile, historyFile, configFile, bestFile} {
		if err := os.Remove(filepath.Join(r.dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("layers: starting the run %q afresh: %w", r.name, err)
		}
	}
	return nil
}

const (
	configFile  = "config.json"
	stateFile   = "state.safetensors"
	historyFile = "history.json"
	bestFile    = "best.safetensors" // of ModelCheckpoint
	stateKey    = "gocifar_state"
)

// runConfig is config.json.
type runConfig struct {
	Fingerprint string         `json:"fingerprint"`
	Settings    fitSettings    `json:"settings"`
	Model       map[string]any `json:"model"`
}

// fitSettings are the things that decide what a run computes, apart from the
// number of epochs: a finished run goes on if it is asked for more of them.
type fitSettings struct {
	Optimizer       string            `json:"optimizer"`
	OptimizerConfig map[string]any    `json:"optimizer_config"`
	Loss            any               `json:"loss"` // as compile_config has them
	Metrics         any               `json:"metrics"`
	WeightedMetrics any               `json:"weighted_metrics,omitempty"`
	LossWeights     any               `json:"loss_weights,omitempty"`
	BatchSize       int               `json:"batch_size"`
	Devices         int               `json:"devices,omitempty"` // more than one: their sums are rounded in another order
	ValidationSplit float64           `json:"validation_split"`
	Shuffle         bool              `json:"shuffle"`
	DropRemainder   bool              `json:"drop_remainder,omitempty"`
	TrainDuring     []string          `json:"train_during,omitempty"`
	StepsPerEpoch   int               `json:"steps_per_epoch,omitempty"`
	InitialEpoch    int               `json:"initial_epoch"`
	ClassWeights    map[int]float64   `json:"class_weights,omitempty"`
	Seed            int64             `json:"seed"`
	Trainable       []string          `json:"trainable"`
	Data            map[string]string `json:"data"`
}

// compileConfig is the part of the settings that Compile was told.
func (s *fitSettings) compileConfig() map[string]any {
	return map[string]any{"loss": s.Loss, "metrics": s.Metrics, "weighted_metrics": s.WeightedMetrics,
		"loss_weights": s.LossWeights,
		"optimizer":    map[string]any{"class_name": s.Optimizer, "config": s.OptimizerConfig}}
}

// writeJSON writes v to a file of the run in one move.
func (r *run) writeJSON(name string, v any) error {
	return wholefile.Write(filepath.Join(r.dir, name), wholefile.JSON(v, " "))
}

// readJSON reads a file of the run.
func (r *run) readJSON(name string, v any) error {
	path := filepath.Join(r.dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("layers: %s is damaged: %w; remove the directory, or fit with layers.Fresh()", path, err)
	}
	return nil
}
