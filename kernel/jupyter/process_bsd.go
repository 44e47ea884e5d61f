//go:build unix && !linux

package jupyter

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

func oomKills() int { return 0 }

// killLeftovers kills every process whose command line names the kernel's
// scratch folder, as those of GoNB's gopls and of its cells' programs do, and
// returns how many there were.
func killLeftovers(_, scratch string) int {
	list, err := exec.Command("ps", "-axww", "-o", "pid=,command=").Output()
	if err != nil {
		return 0
	}
	killed := 0
	for lines := bufio.NewScanner(bytes.NewReader(list)); lines.Scan(); {
		number, command, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		pid, err := strconv.Atoi(number)
		if err != nil || pid == os.Getpid() || !strings.Contains(command, scratch) {
			continue
		}
		if syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
	}
	return killed
}
