//go:build !cgo || !(linux || darwin)

package xlaplugin

import (
	"errors"
	"fmt"
)

// Plugin is the process' plugin.
type Plugin struct{}

// Open returns an error: plugins are go-xla's to open on this system.
func Open(path, dir string) (*Plugin, error) {
	return nil, fmt.Errorf("xlaplugin: %w on this system", errors.ErrUnsupported)
}

// MaximaLanes returns 0: Open opens no plugin.
func MaximaLanes() int { return 0 }

// Counts returns zeros.
func (p *Plugin) Counts() (loaded, compiled int) { return 0, 0 }

// Ahead waits for every program on this system.
type Ahead struct{}

// Run runs f.
func (a *Ahead) Run(f func() error) error { return f() }

// Wait returns nil.
func (a *Ahead) Wait() error { return nil }
