package live

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoplsIsBuiltOnDemand: questions before it is there start one build and
// say so; a build that failed is named, and not tried at once.
func TestGoplsIsBuiltOnDemand(t *testing.T) {
	program := filepath.Join(t.TempDir(), "gopls")
	builds, end := make(chan struct{}, 10), make(chan error)
	s := newLanguageServer(t.Context(), program, t.TempDir(), func(context.Context) error {
		builds <- struct{}{}
		return <-end
	})
	var ignored any
	ask := func() error { return s.ask(t.Context(), "textDocument/hover", "package main", 0, &ignored) }
	for range 3 {
		if err := ask(); !errors.Is(err, errBuilding) {
			t.Fatalf("without gopls: %v, want %v", err, errBuilding)
		}
	}
	<-builds
	end <- errors.New("no network")
	for err := ask(); !strings.Contains(err.Error(), "no network"); err = ask() {
		if !errors.Is(err, errBuilding) {
			t.Fatalf("after a build that failed: %v", err)
		}
	}
	if len(builds) > 0 {
		t.Error("built again at once")
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := ask(); err == nil || errors.Is(err, errBuilding) || strings.Contains(err.Error(), "no network") {
		t.Errorf("a gopls that ends at once: %v", err)
	}
}
