package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Getenv("GOMLX_BACKEND") == "" {
		_ = os.Setenv("GOMLX_BACKEND", "go") // what every machine has
	}
	os.Exit(m.Run())
}

func TestRun(t *testing.T) {
	small := "-data builtin -examples 12 -tests 5 -epochs 2 -batch 6 -divide 16"
	for _, c := range []struct {
		args   string
		code   int
		stderr string
	}{
		{small, 0, "Epoch 2/2"},
		{small + " -without muon,whitening", 0, "Epoch 2/2"},
		{small + " -without magic", 1, `no part "magic"`},
		{small + " -dtype float8", 1, `got "float8"`},
		{"-data /nonexistent", 1, "there is no /nonexistent"},
		{"-epochs", 2, "flag needs an argument"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), strings.Fields(c.args), &stdout, &stderr); code != c.code {
			t.Errorf("%s: exit code %d, want %d: %s", c.args, code, c.code, stderr.String())
		}
		if !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%s: %s, want %q", c.args, stderr.String(), c.stderr)
		}
		if c.code != 0 {
			continue
		}
		var out result
		if err := json.Unmarshal(stdout.Bytes(), &out); err != nil || len(out.Epochs) != 2 || out.Accuracy < 0 ||
			out.SixViews > 1 {
			t.Errorf("%s: %s, %v", c.args, stdout.String(), err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, strings.Fields(small), &stdout, &stderr); code != 130 {
		t.Errorf("interrupted: exit code %d, want 130: %s", code, stderr.String())
	}
}
