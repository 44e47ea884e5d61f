//go:build amd64 || arm64

package peek

import (
	"bufio"
	"cmp"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"
)

// ranges are parts of the memory that are always there: the heap of Go, which
// never gives addresses back, and the files of programs and libraries, which
// stay loaded.
type ranges struct {
	files, heap [][2]uintptr // sorted
	read        time.Time
}

var current atomic.Pointer[ranges]

// mostOften is how often the ranges are read: the list is long, and what is in
// no range is asked for again and again.
const mostOften = 100 * time.Millisecond

// find looks whether a range has all of the memory, in the list as it was and,
// if that is old, as it is now.
func find(list func(*ranges) [][2]uintptr, at, n uintptr) bool {
	r := current.Load()
	if r != nil && within(list(r), at, n) {
		return true
	}
	if r != nil && time.Since(r.read) < mostOften {
		return false
	}
	r = readRanges()
	current.Store(r)
	return within(list(r), at, n)
}

// fileBacked tells whether an address lies in a file.
func fileBacked(at uintptr) bool {
	return find(func(r *ranges) [][2]uintptr { return r.files }, at, 1)
}

// stays tells whether memory can be read without asking.
func stays(at, n uintptr) bool {
	return find(func(r *ranges) [][2]uintptr { return r.heap }, at, n)
}

func within(list [][2]uintptr, at, n uintptr) bool {
	i := sort.Search(len(list), func(i int) bool { return list[i][1] > at })
	return i < len(list) && list[i][0] <= at && at+n >= at && at+n <= list[i][1]
}

// heapStart is where Go's heap begins: it takes addresses from there on.
func heapStart() uintptr {
	object := new([64]byte)
	return uintptr(unsafe.Pointer(object)) &^ (heapWindow - 1)
}

const heapWindow = 1 << 36

// readRanges reads lines such as "c000000000-c000400000 rw-p 00000000 00:00 0"
// and "7f0000000000-7f0000001000 r--p 00000000 08:01 42 /lib/x.so".
func readRanges() *ranges {
	r := &ranges{read: time.Now()}
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return r
	}
	defer f.Close()
	start := heapStart()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 5 {
			continue
		}
		first, last, _ := strings.Cut(fields[0], "-")
		from, err1 := strconv.ParseUint(first, 16, 64)
		to, err2 := strconv.ParseUint(last, 16, 64)
		one := [2]uintptr{uintptr(from), uintptr(to)}
		switch {
		case err1 != nil || err2 != nil || !strings.HasPrefix(fields[1], "r"):
		case len(fields) > 5 && strings.HasPrefix(fields[5], "/"):
			r.files = append(r.files, one)
		case one[0] >= start && one[1] <= start+heapWindow && strings.HasPrefix(fields[1], "rw"):
			r.heap = append(r.heap, one)
		}
	}
	for _, list := range [][][2]uintptr{r.files, r.heap} {
		slices.SortFunc(list, func(a, b [2]uintptr) int { return cmp.Compare(a[0], b[0]) })
	}
	return r
}
