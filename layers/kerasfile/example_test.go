package kerasfile_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/kerasfile"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	m := layers.Sequential("digits",
		layers.Input(8, 8, 1),
		layers.Conv2D(4, 3),
		layers.Flatten(),
		layers.Dense(10).Activation(layers.Softmax),
	)
	path := filepath.Join(dir, "digits.keras") // keras.saving.load_model opens it
	if err := kerasfile.SaveModel(m, path); err != nil {
		fmt.Println(err)
		return
	}
	again, err := kerasfile.LoadModel(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range again.Variables() {
		fmt.Println(v.Path, []int(v.Shape))
	}
	// Output:
	// conv2d/kernel [3 3 1 4]
	// conv2d/bias [4]
	// dense/kernel [144 10]
	// dense/bias [10]
}
