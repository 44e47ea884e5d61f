package lock

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Wait(t.Context(), path, func() { t.Error("waits for a free lock") })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Try(path, 0o600); err != ErrHeld {
		t.Errorf("a held lock gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := Wait(ctx, path, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("a waiting lock ended with %v", err)
	}
	waits := 0
	again, err := Wait(t.Context(), path, func() { waits++; unlock() })
	if err != nil || waits != 1 {
		t.Fatalf("waited %d times, %v", waits, err)
	}
	again()
	if _, err := Try(filepath.Join(path, "below-a-file"), 0o600); err == nil || err == ErrHeld {
		t.Errorf("an impossible lock gives %v", err)
	}
}
