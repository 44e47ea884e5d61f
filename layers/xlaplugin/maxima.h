// The gradients of a convolution with a kernel of 3x3, strides of 1, whose
// results go to a max pooling with windows of 2x2 and nowhere else. Of the
// gradient with respect to these results three quarters are zeros: only a
// window's maximum has one. A product of matrices multiplies with them all; here
// only what is not zero counts.
//
// With AVX-512 16 channels of the examples are computed at a time, with AVX2 8;
// the kernel's 9 taps, or the 16 pixels that a window sees, are in registers.
#ifndef GOCIFAR_XLAPLUGIN_MAXIMA_H
#define GOCIFAR_XLAPLUGIN_MAXIMA_H
#include <stddef.h>
#include <stdint.h>

enum {
	WIDEST = 16,       // channels of a block at most
	TAPS = 9,          // of the kernel
	PLACES = 4,        // in a window
	OUTPUTS = 32,      // whose weights for a block fit the first cache, beside pixels
	NEAR = 32 << 10,   // bytes of pixels that fit there
	FAR = 1 << 20,     // bytes of terms that fit the second cache
};

// Term is one value of dy: where its 3x3 pixels begin, or its weights, in floats.
typedef struct { uint32_t at; float dy; } Term;

typedef struct {
	long batch, height, width, in, out; // examples [batch, height, width, in], kernel [3, 3, in, out]
	long top, left;                     // rows and columns of zeros before an example
	long rows, columns;                 // windows
	long lanes;                         // channels of a block: 8 or 16
	int narrow;                         // examples and kernel are bfloat16, not float32
	const uint8_t *place;               // [batch, rows, columns, out]: a window's maximum, row by row
	const float *dy;                    // the same shape: the gradient with respect to the maximum
} Maxima;

static inline long blocks(const Maxima *m) { return (m->in + m->lanes - 1) / m->lanes; }
static inline long block_size(const Maxima *m) { return m->out * TAPS * m->lanes; } // of weights or sums
static inline long cells(const Maxima *m) { return m->rows * m->columns; }
// The pixels that windows see, with zeros around the example.
static inline long seen_rows(const Maxima *m) { return 2 * m->rows + 2; }
static inline long seen_columns(const Maxima *m) { return 2 * m->columns + 2; }
static inline long seen(const Maxima *m) { return seen_rows(m) * seen_columns(m); }

// What one thread needs of memory for its examples, in bytes.
size_t xlaplugin_maxima_kernel_scratch(const Maxima *m);
size_t xlaplugin_maxima_input_scratch(const Maxima *m);

// Adds the kernel's gradient of examples from to to-1 to sums [blocks, out, 9,
// lanes]. x are all examples.
void xlaplugin_maxima_kernel(const Maxima *m, const void *x, long from, long to, float *sums, void *scratch);

// Writes the gradient of examples from to to-1 to their places in dx. The
// kernel's weights are [blocks, out, 9, lanes].
void xlaplugin_maxima_input(const Maxima *m, const float *weights, long from, long to, void *dx, void *scratch);

// Turns a block of a kernel [3, 3, in, out] into one of weights, and the sum of n
// blocks of sums, each [blocks, out, 9, lanes], into one of a kernel's gradient.
void xlaplugin_maxima_pack(const Maxima *m, const void *kernel, long block, float *weights);
void xlaplugin_maxima_unpack(const Maxima *m, float *sums, long n, long block, void *kernel);
#endif
