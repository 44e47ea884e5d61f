package xlaplugin

import (
	"testing"

	"github.com/gocifar/gocifar/internal/xlaflags"
)

func TestKeepable(t *testing.T) {
	const cuDNN = `%cudnn-conv = (f32[8,16]{1,0}, u8[0]{0}) custom-call(%p0, %p1), custom_call_target="__cudnn$convForward"`
	for _, c := range []struct {
		name, program, flags string
		want                 bool
	}{
		{"a sum", "%add = f32[] add(%a, %b)", xlaflags.ConvolutionGraphs, true},
		{"oneDNN", `custom-call(%a), custom_call_target="__onednn$matmul"`, "", false},
		{"cuDNN, started one by one", cuDNN, "", true},
		{"cuDNN in CUDA graphs", cuDNN, "--xla_a=b " + xlaflags.ConvolutionGraphs, false},
	} {
		if got := keepable([]byte(c.program), c.flags); got != c.want {
			t.Errorf("%s: keepable is %v", c.name, got)
		}
	}
}
