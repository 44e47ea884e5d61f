package xlaplugin

// Functions of this package that a program can call while it runs on
// processors, where [MaximaLanes] is not 0. Both are gradients of a two-dimensional
// convolution with a 3x3 kernel and strides of 1 whose result goes to a max
// pooling with windows of 2x2: see maxima.h.
//
// Their arguments are the examples [batch, height, width, in] for the kernel's
// gradient, or the kernel [3, 3, in, out] for the examples', both float32 or
// both bfloat16; the place of each window's maximum, 0 to 3 row by row, uint8
// [batch, rows, columns, out]; and the gradient with respect to the maximum,
// float32 of that shape. Attributes top and left, int64, are the rows and
// columns of zeros before an example, and lanes is MaximaLanes or less: 8 or 16.
// The type of interface is XLA's fourth.
const (
	MaximaKernelGradient = "gocifar.maxima_kernel_gradient.1"
	MaximaInputGradient  = "gocifar.maxima_input_gradient.1"
)
