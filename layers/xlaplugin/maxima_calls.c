//go:build cgo && amd64 && (linux || darwin)

#include "ffi.h"
#include "maxima.h"
#include "maxima_calls.h"
#include <stdlib.h>

// Work is what the threads of a call share.
typedef struct {
	Maxima m;
	const void *in; // examples, or the kernel
	void *out;      // the kernel's gradient, or the examples'
	float *packed;  // the kernel's gradients, one for each part, or its weights
	char *scratch;
	size_t scratch_size;
	long parts; // of the batch
} Work;

static long first_of(const Work *w, long part) { return w->m.batch * part / w->parts; }

static void *scratch_of(const Work *w, long part) { return w->scratch + part * w->scratch_size; }

static void kernel_of_part(void *data, long part) {
	Work *w = data;
	float *sums = w->packed + part * blocks(&w->m) * block_size(&w->m);
	xlaplugin_maxima_kernel(&w->m, w->in, first_of(w, part), first_of(w, part + 1), sums, scratch_of(w, part));
}

static void unpack(void *data, long block) {
	Work *w = data;
	xlaplugin_maxima_unpack(&w->m, w->packed, w->parts, block, w->out);
}

static void pack(void *data, long block) {
	Work *w = data;
	xlaplugin_maxima_pack(&w->m, w->in, block, w->packed);
}

static void input_of_part(void *data, long part) {
	Work *w = data;
	xlaplugin_maxima_input(&w->m, w->packed, first_of(w, part), first_of(w, part + 1), w->out, scratch_of(w, part));
}

static long widest; // set once, before programs are compiled

static bool has(const FfiBuffer *b, int type, int64_t rank) { return b->type == type && b->rank == rank; }

// agree tells whether examples and kernel are of the convolution that the
// windows say.
static bool agree(Maxima *m, const int64_t *examples, const int64_t *kernel) {
	m->height = examples[1], m->width = examples[2], m->in = examples[3];
	return examples[0] == m->batch && kernel[0] == 3 && kernel[1] == 3 && kernel[2] == m->in && kernel[3] == m->out &&
		m->in > 0;
}

// read sets what the arguments say: [examples or kernel, places, dy]. It tells
// whether they are as they should be.
static bool read(const FfiCall *call, Work *w, bool of_kernel) {
	if (call->arguments.size != 3 || call->results.size != 1) return false;
	FfiBuffer **in = call->arguments.buffers, *out = call->results.buffers[0];
	int type = in[0]->type;
	if (type != FFI_FLOAT32 && type != FFI_BFLOAT16) return false;
	if (!has(in[0], type, 4) || !has(in[1], FFI_UINT8, 4) || !has(in[2], FFI_FLOAT32, 4) || !has(out, type, 4)) {
		return false;
	}
	const int64_t *windows = in[1]->size;
	w->m = (Maxima){.batch = windows[0], .rows = windows[1], .columns = windows[2], .out = windows[3],
		.top = xlaplugin_attribute(call, "top"), .left = xlaplugin_attribute(call, "left"),
		.lanes = xlaplugin_attribute(call, "lanes"), .narrow = type == FFI_BFLOAT16, .place = in[1]->data, .dy = in[2]->data};
	for (int i = 0; i < 4; i++) {
		if (in[2]->size[i] != windows[i] || windows[i] < 1) return false;
	}
	w->in = in[0]->data;
	w->out = out->data;
	bool possible = w->m.top >= 0 && w->m.left >= 0 && (w->m.lanes == 8 || w->m.lanes == 16) && w->m.lanes <= widest;
	const FfiBuffer *examples = of_kernel ? in[0] : out, *kernel = of_kernel ? out : in[0];
	return possible && agree(&w->m, examples->size, kernel->size);
}

// allocate gets memory for the threads. It has no pages until they are used.
static bool allocate(const FfiCall *call, Work *w, bool of_kernel) {
	size_t scratch = of_kernel ? xlaplugin_maxima_kernel_scratch(&w->m) : xlaplugin_maxima_input_scratch(&w->m);
	long threads = xlaplugin_threads(call);
	size_t packed = blocks(&w->m) * block_size(&w->m);
	w->parts = threads < w->m.batch ? threads : w->m.batch;
	w->scratch_size = (scratch + 63) / 64 * 64;
	w->packed = calloc(of_kernel ? w->parts * packed : packed, sizeof(float));
	w->scratch = malloc(w->parts * w->scratch_size);
	return w->packed && w->scratch;
}

static const char wrong[] = "gocifar: the gradient through maxima takes [batch, height, width, in] or [3, 3, in, out], "
	"uint8 and float32 [batch, rows, columns, out]; this call has other arguments";
static const char no_memory[] = "gocifar: the gradient through maxima: no memory";

// gradient computes the kernel's gradient, or else the examples'.
static void *gradient(const FfiCall *call, bool of_kernel) {
	if (xlaplugin_answered(call)) return NULL;
	Work w = {0};
	if (!read(call, &w, of_kernel)) return xlaplugin_refuse(call, 3, wrong);
	bool enough = allocate(call, &w, of_kernel);
	if (enough && of_kernel) {
		xlaplugin_each(call, w.parts, kernel_of_part, &w);
		xlaplugin_each(call, blocks(&w.m), unpack, &w);
	} else if (enough) {
		xlaplugin_each(call, blocks(&w.m), pack, &w);
		xlaplugin_each(call, w.parts, input_of_part, &w);
	}
	free(w.packed);
	free(w.scratch);
	return enough ? NULL : xlaplugin_refuse(call, 8, no_memory);
}

static void *kernel_gradient(FfiCall *call) { return gradient(call, true); }

static void *input_gradient(FfiCall *call) { return gradient(call, false); }

bool xlaplugin_register_maxima(const Api *api, const char *kernel, const char *input, long lanes) {
	widest = lanes;
	return xlaplugin_register(api, kernel, kernel_gradient) && xlaplugin_register(api, input, input_gradient);
}
