package xlaplugin

import (
	"bytes"
	"strings"

	"github.com/gocifar/gocifar/internal/xlaflags"
)

// keepable tells whether a program, in XLA's text or in bytes, works when
// another process reads it back. Two kinds do not (XLA of JAX 0.11.2):
//
//   - XLA takes its own calls of oneDNN for another kind of call when it writes
//     them (OneDnnOpThunk, of kind kCustomCall, is cast to CustomCallThunk in
//     thunk_proto_serdes.cc) and ends the process.
//   - cuDNN cannot start while a CUDA graph is recorded. In a process that
//     compiles, the search for the fastest algorithm has started it before. A
//     process that reads a program whose graphs have convolutions fails at its
//     first step: "No DNN support for stream".
func keepable(program []byte, flags string) bool {
	if bytes.Contains(program, []byte("__onednn$")) {
		return false
	}
	return !strings.Contains(flags, xlaflags.ConvolutionGraphs) || !bytes.Contains(program, []byte("__cudnn$conv"))
}
