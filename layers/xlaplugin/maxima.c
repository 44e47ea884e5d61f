//go:build cgo && amd64 && (linux || darwin)

#include "maxima.h"
#include <string.h>

static long least(long a, long b) { return a < b ? a : b; }

static float from_bfloat16(uint16_t x) {
	uint32_t bits = (uint32_t)x << 16;
	float f;
	memcpy(&f, &bits, sizeof f);
	return f;
}

// to_bfloat16 rounds to the nearest, of two equally near ones to the even one.
static uint16_t to_bfloat16(float f) {
	uint32_t bits;
	memcpy(&bits, &f, sizeof bits);
	if (f != f) return (uint16_t)(bits >> 16 | 0x40);
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void read_values(const Maxima *m, float *to, const void *from, long at, long n) {
	if (!m->narrow) {
		memcpy(to, (const float *)from + at, n * sizeof *to);
		return;
	}
	const uint16_t *narrow = (const uint16_t *)from + at;
	for (long i = 0; i < n; i++) to[i] = from_bfloat16(narrow[i]);
}

static void write_values(const Maxima *m, void *to, long at, const float *from, long n) {
	if (!m->narrow) {
		memcpy((float *)to + at, from, n * sizeof *from);
		return;
	}
	uint16_t *narrow = (uint16_t *)to + at;
	for (long i = 0; i < n; i++) narrow[i] = to_bfloat16(from[i]);
}

#define LANES 16
#define SUM(what) sum_##what##_16
#define TARGET __attribute__((target("avx512f")))
#include "maxima_sums.h"
#define LANES 8
#define SUM(what) sum_##what##_8
#define TARGET __attribute__((target("avx2,fma")))
#include "maxima_sums.h"

// together is the number of examples whose pixels of a block fit the first cache.
static long together(const Maxima *m) {
	long n = NEAR / (seen(m) * m->lanes * (long)sizeof(float));
	return least(n > 1 ? n : 1, m->batch);
}

// chunk is the number of examples whose terms fit the second cache, a multiple
// of those that are computed together.
static long chunk(const Maxima *m, long together) {
	long n = FAR / (cells(m) * m->out * (long)sizeof(Term)) / together * together;
	return least(n > together ? n : together, m->batch);
}

// band is the number of rows of windows whose pixels fit the first cache.
static long band(const Maxima *m) {
	long n = (NEAR / (seen_columns(m) * m->lanes * (long)sizeof(float)) - 2) / 2;
	return least(n > 1 ? n : 1, m->rows);
}

size_t xlaplugin_maxima_kernel_scratch(const Maxima *m) {
	long near = together(m);
	return near * seen(m) * m->lanes * sizeof(float) + chunk(m, near) * cells(m) * m->out * sizeof(Term);
}

// read_pixels copies a block of an example, with zeros around it.
static void read_pixels(const Maxima *m, const void *x, long example, long block, float *pixels) {
	long row = seen_columns(m) * m->lanes, lanes = least(m->lanes, m->in - block * m->lanes);
	memset(pixels, 0, seen(m) * m->lanes * sizeof *pixels);
	for (long y = 0; y < m->height && y + m->top < seen_rows(m); y++) {
		float *to = pixels + (y + m->top) * row + m->left * m->lanes;
		long at = (example * m->height + y) * m->width * m->in + block * m->lanes;
		for (long i = 0; i < m->width && i + m->left < seen_columns(m); i++) {
			read_values(m, to + i * m->lanes, x, at + i * m->in, lanes);
		}
	}
}

// by_output lists the terms of n examples from one on, output by output: [out, n,
// windows]. Every near-th example's pixels begin at 0.
static void by_output(const Maxima *m, long from, long n, long near, Term *terms) {
	long all = cells(m);
	for (long e = 0; e < n; e++) {
		for (long c = 0; c < all; c++) {
			long pixel = e % near * seen(m) + c / m->columns * 2 * seen_columns(m) + c % m->columns * 2;
			uint32_t first = (uint32_t)(pixel * m->lanes), below = (uint32_t)(seen_columns(m) * m->lanes);
			const uint32_t at[PLACES] = {first, first + m->lanes, first + below, first + below + m->lanes};
			const uint8_t *place = m->place + ((from + e) * all + c) * m->out;
			const float *dy = m->dy + ((from + e) * all + c) * m->out;
			Term *to = terms + e * all + c;
			for (long o = 0; o < m->out; o++, to += n * all) *to = (Term){at[place[o] % PLACES], dy[o]};
		}
	}
}

void xlaplugin_maxima_kernel(const Maxima *m, const void *x, long from, long to, float *sums, void *scratch) {
	long near = together(m), most = chunk(m, near), all = cells(m), rows = near > 1 ? m->rows : band(m);
	void (*sum)(const Term *, long, const float *, long, float *) = m->lanes == 16 ? sum_taps_16 : sum_taps_8;
	float *pixels = scratch;
	Term *terms = (Term *)(pixels + near * seen(m) * m->lanes);
	for (long n; from < to; from += n) {
		n = least(most, to - from);
		by_output(m, from, n, near, terms);
		for (long block = 0; block < blocks(m); block++) {
			for (long first = 0; first < n; first += near) {
				long here = least(near, n - first);
				for (long e = 0; e < here; e++) read_pixels(m, x, from + first + e, block, pixels + e * seen(m) * m->lanes);
				for (long row = 0; row < m->rows; row += rows) {
					long count = near > 1 ? here * all : least(rows, m->rows - row) * m->columns;
					const Term *t = terms + first * all + row * m->columns;
					float *s = sums + block * block_size(m);
					for (long o = 0; o < m->out; o++) {
						sum(t + o * n * all, count, pixels, seen_columns(m) * m->lanes, s + o * TAPS * m->lanes);
					}
				}
			}
		}
	}
}

size_t xlaplugin_maxima_input_scratch(const Maxima *m) {
	long n = chunk(m, 1), groups = (m->out + OUTPUTS - 1) / OUTPUTS;
	return n * seen(m) * m->lanes * sizeof(float) + n * cells(m) * (m->out * sizeof(Term) + groups * PLACES);
}

// by_place lists the terms of n examples from one on, for 32 outputs after the
// other window by window, [n, windows, 32], in the order of their places, of
// which it counts each.
static void by_place(const Maxima *m, long from, long n, Term *terms, uint8_t *counts) {
	for (long first = 0; first < m->out; first += OUTPUTS) {
		long outputs = least(OUTPUTS, m->out - first);
		for (long c = from * cells(m); c < (from + n) * cells(m); c++, terms += outputs, counts += PLACES) {
			const uint8_t *place = m->place + c * m->out + first;
			const float *dy = m->dy + c * m->out + first;
			memset(counts, 0, PLACES);
			for (long o = 0; o < outputs; o++) counts[place[o] % PLACES]++;
			Term *to[PLACES] = {terms, terms + counts[0], terms + counts[0] + counts[1], terms + outputs - counts[3]};
			for (long o = 0; o < outputs; o++) *to[place[o] % PLACES]++ = (Term){(uint32_t)(o * TAPS * m->lanes), dy[o]};
		}
	}
}

// write_pixels writes a block of an example's gradient. Pixels that no window
// sees have none.
static void write_pixels(const Maxima *m, const float *pixels, long example, long block, void *dx) {
	static const float none[WIDEST];
	long lanes = least(m->lanes, m->in - block * m->lanes);
	for (long y = 0; y < m->height; y++) {
		for (long i = 0; i < m->width; i++) {
			int is_seen = y + m->top < seen_rows(m) && i + m->left < seen_columns(m);
			const float *from = is_seen ? pixels + ((y + m->top) * seen_columns(m) + i + m->left) * m->lanes : none;
			write_values(m, dx, ((example * m->height + y) * m->width + i) * m->in + block * m->lanes, from, lanes);
		}
	}
}

void xlaplugin_maxima_input(const Maxima *m, const float *weights, long from, long to, void *dx, void *scratch) {
	long most = chunk(m, 1), row = seen_columns(m) * m->lanes;
	void (*sum)(const Term *, const uint8_t *, const float *, float *, long) = m->lanes == 16 ? sum_window_16 : sum_window_8;
	float *pixels = scratch;
	Term *terms = (Term *)(pixels + most * seen(m) * m->lanes);
	uint8_t *counts = (uint8_t *)(terms + most * cells(m) * m->out);
	for (long n; from < to; from += n) {
		n = least(most, to - from);
		by_place(m, from, n, terms, counts);
		for (long block = 0; block < blocks(m); block++) {
			const Term *t = terms;
			const uint8_t *c = counts;
			memset(pixels, 0, n * seen(m) * m->lanes * sizeof *pixels);
			for (long first = 0; first < m->out; first += OUTPUTS) {
				const float *w = weights + (block * m->out + first) * TAPS * m->lanes;
				for (long window = 0; window < n * m->rows; window++) {
					float *p = pixels + window / m->rows * seen(m) * m->lanes + window % m->rows * 2 * row;
					for (long i = 0; i < m->columns; i++, t += least(OUTPUTS, m->out - first), c += PLACES, p += 2 * m->lanes) {
						sum(t, c, w, p, row);
					}
				}
			}
			for (long e = 0; e < n; e++) write_pixels(m, pixels + e * seen(m) * m->lanes, from + e, block, dx);
		}
	}
}

void xlaplugin_maxima_pack(const Maxima *m, const void *kernel, long block, float *weights) {
	long lanes = least(m->lanes, m->in - block * m->lanes);
	weights += block * block_size(m);
	memset(weights, 0, block_size(m) * sizeof *weights);
	for (long tap = 0; tap < TAPS; tap++) {
		for (long lane = 0; lane < lanes; lane++) {
			long row = (tap * m->in + block * m->lanes + lane) * m->out;
			for (long o = 0; o < m->out; o++) {
				read_values(m, weights + (o * TAPS + tap) * m->lanes + lane, kernel, row + o, 1);
			}
		}
	}
}

void xlaplugin_maxima_unpack(const Maxima *m, float *sums, long n, long block, void *kernel) {
	long lanes = least(m->lanes, m->in - block * m->lanes), size = block_size(m), all = blocks(m) * size;
	sums += block * size;
	for (long part = 1; part < n; part++) {
		for (long i = 0; i < size; i++) sums[i] += sums[part * all + i];
	}
	for (long tap = 0; tap < TAPS; tap++) {
		for (long lane = 0; lane < lanes; lane++) {
			long row = (tap * m->in + block * m->lanes + lane) * m->out;
			for (long o = 0; o < m->out; o++) {
				write_values(m, kernel, row + o, sums + (o * TAPS + tap) * m->lanes + lane, 1);
			}
		}
	}
}
