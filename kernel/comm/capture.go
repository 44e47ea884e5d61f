package comm

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/gocifar/gocifar/kernel/internal/commwire"
)

// Capture calls do and gives what it prints to write, piece by piece, with the
// stream: "stdout" or "stderr". What counts is what the goroutine prints, and
// those that it starts; after do has returned, what they print goes the usual
// way. Where there is no live kernel, it goes the usual way from the beginning.
func Capture(write func(stream, text string), do func()) {
	conn := connect()
	if conn == nil {
		do()
		return
	}
	var files []*os.File
	var reading sync.WaitGroup
	var writing sync.Mutex
	var numbers []string
	for _, stream := range []string{"stdout", "stderr"} {
		r, w, err := os.Pipe()
		if err != nil {
			break
		}
		files = append(files, w)
		numbers = append(numbers, strconv.Itoa(int(w.Fd())))
		reading.Go(func() {
			defer r.Close()
			buffer := bufio.NewReader(r)
			for {
				b := make([]byte, 4096)
				n, err := buffer.Read(b)
				if n > 0 {
					writing.Lock()
					write(stream, strings.ToValidUTF8(string(b[:n]), "\uFFFD"))
					writing.Unlock()
				}
				if err != nil {
					if err != io.EOF {
						write("stderr", err.Error()+"\n")
					}
					return
				}
			}
		})
	}
	defer reading.Wait()
	defer func() {
		_ = conn.send(&commwire.Frame{Kind: commwire.Release})
		for _, f := range files {
			f.Close()
		}
	}()
	_ = conn.send(&commwire.Frame{Kind: commwire.Capture, Comm: strings.Join(numbers, " ")})
	do()
}
