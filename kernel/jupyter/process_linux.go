package jupyter

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
)

// oomKills returns how many processes the system has killed for lack of
// memory, in this control group or, failing that, at all.
func oomKills() int {
	for _, name := range []string{"/sys/fs/cgroup/memory.events", "/proc/vmstat"} {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
			if v, ok := strings.CutPrefix(lines.Text(), "oom_kill "); ok {
				n, _ := strconv.Atoi(v)
				return n
			}
		}
	}
	return 0
}

// killLeftovers kills every process that has the kernel's mark in its
// environment, whatever group or session it moved to, and returns how many
// there were.
func killLeftovers(mark, _ string) int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	killed := 0
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() || !hasMark(pid, mark) {
			continue
		}
		// FindProcess holds on to the process (pidfd), so that the pid
		// cannot become another process's between the second look and the
		// signal.
		proc, err := os.FindProcess(pid)
		if err != nil {
			continue
		}
		if hasMark(pid, mark) && proc.Kill() == nil {
			killed++
		}
		proc.Release()
	}
	return killed
}

func hasMark(pid int, mark string) bool {
	env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return err == nil && bytes.Contains(env, []byte(mark))
}
