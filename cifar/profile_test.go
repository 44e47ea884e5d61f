package cifar

import (
	"testing"

	"github.com/gocifar/gocifar/layers"
)

func TestProfiles(t *testing.T) {
	e := &Pictures{Examples: &layers.Examples{Shape: []int{1}, Bytes: make([]uint8, 50000)}}
	for _, test := range []struct {
		value              string
		epochs10, examples int
	}{{"", 4, 8000}, {"quick", 4, 8000}, {"full", 10, 50000}, {"ful", 4, 8000}} {
		t.Setenv("GOCIFAR_PROFILE", test.value)
		p := CurrentProfile()
		if p.Epochs(10) != test.epochs10 || p.Epochs(1) != 1 || p.Examples(e).Len() != test.examples {
			t.Errorf("profile %q: %d epochs for 10, %d for 1, %d examples", test.value, p.Epochs(10), p.Epochs(1),
				p.Examples(e).Len())
		}
	}
}
