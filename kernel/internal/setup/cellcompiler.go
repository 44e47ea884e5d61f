package setup

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/gocifar/gocifar/internal/lock"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// The compiler for cells takes a minute to build and saves each cell with
// generic types some hundredths of a second. So nobody waits for it, as for
// gopls: cells that find it use it.

// EnsureExtras builds what the Go of a folder wants and nobody waits for, unless
// it is there.
func EnsureExtras(ctx context.Context, dir string) {
	_, _ = EnsureGopls(ctx, dir, nil) // the kernel would say why it cannot
	m, err := folderMachine(ctx, dir)
	if err != nil {
		return
	}
	k, err := library.Key(ctx, m.toolchain.goBin, dir)
	if err != nil {
		return
	}
	m.live.libraryDir = m.libraryDir(k)
	_ = m.ensureCellCompiler(ctx, nil) // Go's own compiler does its work, too
}

// ensureCellCompiler builds the compiler for cells beside the library.
func (m *machine) ensureCellCompiler(ctx context.Context, progress *Progress) error {
	l, err := library.Open(m.live.library())
	if err != nil {
		return err
	}
	dir := l.CompilerDir()
	if seal.Verify(dir, false) == nil {
		return nil
	}
	unlock, err := lock.Wait(ctx, filepath.Join(m.live.libraryDir, "compiler.lock"), nil)
	if err != nil {
		return err
	}
	defer unlock()
	if seal.Verify(dir, false) == nil {
		return nil
	}
	cache{root: m.live.libraryDir}.removePartial()
	task := progress.Start("compiler", "building")
	err = publishSealed(dir, func(staging string) error { return buildCellCompiler(ctx, task, l, staging) })
	task.End("built", err)
	return err
}

func buildCellCompiler(ctx context.Context, task *Task, l *library.Library, staging string) error {
	work, err := os.MkdirTemp("", "compiler")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	args, env, err := l.CompilerBuild(work, staging)
	if err != nil {
		return err
	}
	cmd := niceCommand(ctx, l.Go, slices.Insert(args, 1, "-v")...)
	cmd.Dir, cmd.Env = work, env
	return runBuild(ctx, cmd, task, "the compiler for cells")
}
