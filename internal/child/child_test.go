//go:build unix

package child

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"
)

// TestCommandEndsWithItsGroup ends a shell whose child holds its output open:
// only when that child is gone, too, is there an end before the grace is over.
func TestCommandEndsWithItsGroup(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	cmd := Command(ctx, syscall.SIGKILL, time.Minute, "sh", "-c", "sleep 60 & wait")
	if _, err := cmd.CombinedOutput(); err == nil {
		t.Error("a command that was ended ended well")
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("the group ended after %v", took)
	}
}

func TestSignalToNobody(t *testing.T) {
	cmd := Command(t.Context(), syscall.SIGKILL, time.Minute, "true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if err := Signal(cmd.Process.Pid, syscall.SIGKILL); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a signal to nobody gives %v", err)
	}
}
