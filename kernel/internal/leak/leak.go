// Package leak counts, for tests that run for hours, what a process holds
// and what it left elsewhere: memory, descriptors, threads, goroutines,
// processes, files. What grows from one count to the next is a leak. It reads
// /proc, so its function works on Linux only.
package leak

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Counts are counts, and bytes of memory.
type Counts struct {
	// Heap is what lives on the Go heap after a collection, Resident what the
	// process has of the machine's memory. Resident of a Go process goes up
	// and down.
	Heap, Resident                   uint64
	Descriptors, Threads, Goroutines int
	// Processes are those of which the environment names the folder.
	Processes int
	// Temporary are files and folders in the folder, and their bytes.
	Temporary      int
	TemporaryBytes int64
}

// String is one line.
func (h Counts) String() string {
	return fmt.Sprintf("heap %.1f MB, resident %.0f MB, %d descriptors, %d threads, %d goroutines, %d processes, "+
		"%d temporary files (%.1f MB)", float64(h.Heap)/1e6, float64(h.Resident)/1e6, h.Descriptors, h.Threads,
		h.Goroutines, h.Processes, h.Temporary, float64(h.TemporaryBytes)/1e6)
}

// Grown names what has become more than it was in before, but for memory, of
// which slack bytes more are allowed on the heap, and for threads: Go keeps
// those that it once needed.
func (h Counts) Grown(before Counts, slack uint64) []string {
	var grown []string
	for _, part := range []struct {
		name        string
		before, now int
	}{
		{"descriptors", before.Descriptors, h.Descriptors}, {"goroutines", before.Goroutines, h.Goroutines},
		{"processes", before.Processes, h.Processes}, {"temporary files", before.Temporary, h.Temporary},
	} {
		if part.now > part.before {
			grown = append(grown, fmt.Sprintf("%s from %d to %d", part.name, part.before, part.now))
		}
	}
	if h.Heap > before.Heap+slack {
		grown = append(grown, fmt.Sprintf("the heap from %d to %d bytes", before.Heap, h.Heap))
	}
	return grown
}

// Own counts what this process holds. temp is the folder for temporary files
// that everything it starts has in its environment (TMPDIR); files in folders
// below it whose names begin with one of skip are not counted. It takes two
// seconds, in which what was told to end can do so.
func Own(temp string, skip ...string) (Counts, error) {
	for range 20 {
		runtime.GC()
		time.Sleep(100 * time.Millisecond)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h, err := Of(os.Getpid())
	if err != nil {
		return Counts{}, err
	}
	h.Heap, h.Goroutines = m.HeapAlloc, runtime.NumGoroutine()
	h.Processes = processesIn(temp)
	err = filepath.WalkDir(temp, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == temp {
			return nil // gone meanwhile
		}
		below, _ := filepath.Rel(temp, path)
		for _, prefix := range skip {
			if strings.HasPrefix(below, prefix) {
				return nil
			}
		}
		h.Temporary++
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			h.TemporaryBytes += info.Size()
		}
		return nil
	})
	return h, err
}

// Of counts what can be seen of another process.
func Of(pid int) (Counts, error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return Counts{}, err
	}
	descriptors, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		return Counts{}, err
	}
	h := Counts{Descriptors: len(descriptors)}
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch n, _ := strconv.ParseUint(fields[1], 10, 64); fields[0] {
		case "VmRSS:":
			h.Resident = n << 10
		case "Threads:":
			h.Threads = int(n)
		}
	}
	return h, nil
}

// processesIn counts processes whose environment names the folder.
func processesIn(folder string) int {
	count := 0
	entries, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, entry := range entries {
		environ, err := os.ReadFile(entry)
		if err == nil && bytes.Contains(environ, []byte(folder)) {
			count++
		}
	}
	return count
}

// Gone waits a moment for a process to vanish. A zombie, which only its parent
// can bury, counts as gone.
func Gone(pid int) bool {
	for range 500 {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		process, err := os.FindProcess(pid)
		if err != nil || process.Signal(syscall.Signal(0)) != nil || strings.Contains(string(stat), ") Z ") {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}
