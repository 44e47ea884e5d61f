// Package xla holds what package layers does for the sake of XLA or GoMLX:
// what one of them does wrong or slowly, done another way with equal results.
// Its functions build graphs; they know nodes, no layers.
//
// The idea is that a layer says what it computes and this package how, so that
// the layer stays when GoMLX or XLA change. Each file names the defect that it
// works around and the version that has it:
//
//   - GoMLX 0.28 and go-xla 0.4.5, as in go.mod,
//   - compute 0.1.6, whose backend in pure Go is the one named "go",
//   - XLA as JAX 0.11.2 has it, whose plugins `go run ./kernel setup` installs.
//
// After an upgrade, try each file's function without its workaround: tests here
// compare results, the benchmarks of package layers the speed. What a backend
// does not need is left out by the function itself, as most are for XLA's CPU
// alone:
//
//	y := xla.Convolve(images, kernel, xla.Convolution{Strides: one, Dilation: one, Groups: 1, Pads: pads})
//	y = xla.AddBias(y, bias)
//
// It leaves to package layers what Keras defines (paddings, defaults, types),
// to xlaplugin how a plugin is loaded and its programs are kept. Functions
// panic as GoMLX's do.
package xla
