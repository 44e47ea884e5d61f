//go:build cgo && amd64 && (linux || darwin)

#include "maxima.h"
#include <string.h>

typedef float Vector __attribute__((vector_size(4 * LANES), aligned(4)));
#define AVX512 __attribute__((target("avx512f")))

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

// sum_taps adds dy times the pixels around it to the sums of 9 taps.
AVX512 static void sum_taps(const Term *t, long n, const float *pixels, long row, float *sums) {
	Vector *s = (Vector *)sums;
	Vector a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7], i = s[8];
	for (const Term *end = t + n; t < end; t++) {
		const float *p = pixels + t->at;
		const Vector *first = (const Vector *)p, *second = (const Vector *)(p + row);
		const Vector *third = (const Vector *)(p + 2 * row);
		const Vector dy = t->dy - (Vector){0};
		a += dy * first[0], b += dy * first[1], c += dy * first[2];
		d += dy * second[0], e += dy * second[1], f += dy * second[2];
		g += dy * third[0], h += dy * third[1], i += dy * third[2];
	}
	s[0] = a, s[1] = b, s[2] = c, s[3] = d, s[4] = e, s[5] = f, s[6] = g, s[7] = h, s[8] = i;
}

#define ADD_TAPS(a, b, c, d, e, f, g, h, i) \
	for (end = t + *counts++; t < end; t++) { \
		const Vector *w = (const Vector *)(weights + t->at); \
		const Vector dy = t->dy - (Vector){0}; \
		a += dy * w[0], b += dy * w[1], c += dy * w[2], d += dy * w[3], e += dy * w[4]; \
		f += dy * w[5], g += dy * w[6], h += dy * w[7], i += dy * w[8]; \
	}

// sum_window adds dy times weights to the 4x4 pixels that a window sees. The
// terms come in the order of their places in the window.
AVX512 static void sum_window(const Term *t, const uint8_t *counts, const float *weights, float *pixels, long row) {
	Vector *p = (Vector *)pixels, *q = (Vector *)(pixels + row);
	Vector *r = (Vector *)(pixels + 2 * row), *s = (Vector *)(pixels + 3 * row);
	Vector p0 = p[0], p1 = p[1], p2 = p[2], p3 = p[3], q0 = q[0], q1 = q[1], q2 = q[2], q3 = q[3];
	Vector r0 = r[0], r1 = r[1], r2 = r[2], r3 = r[3], s0 = s[0], s1 = s[1], s2 = s[2], s3 = s[3];
	const Term *end;
	ADD_TAPS(p0, p1, p2, q0, q1, q2, r0, r1, r2)
	ADD_TAPS(p1, p2, p3, q1, q2, q3, r1, r2, r3)
	ADD_TAPS(q0, q1, q2, r0, r1, r2, s0, s1, s2)
	ADD_TAPS(q1, q2, q3, r1, r2, r3, s1, s2, s3)
	p[0] = p0, p[1] = p1, p[2] = p2, p[3] = p3, q[0] = q0, q[1] = q1, q[2] = q2, q[3] = q3;
	r[0] = r0, r[1] = r1, r[2] = r2, r[3] = r3, s[0] = s0, s[1] = s1, s[2] = s2, s[3] = s3;
}

// together is the number of examples whose pixels of a block fit the first cache.
static long together(const Maxima *m) {
	long n = NEAR / (seen(m) * LANES * (long)sizeof(float));
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
	long n = (NEAR / (seen_columns(m) * LANES * (long)sizeof(float)) - 2) / 2;
	return least(n > 1 ? n : 1, m->rows);
}

size_t xlaplugin_maxima_kernel_scratch(const Maxima *m) {
	long near = together(m);
	return near * seen(m) * LANES * sizeof(float) + chunk(m, near) * cells(m) * m->out * sizeof(Term);
}

// read_pixels copies a block of an example, with zeros around it.
static void read_pixels(const Maxima *m, const void *x, long example, long block, float *pixels) {
	long row = seen_columns(m) * LANES, lanes = least(LANES, m->in - block * LANES);
	memset(pixels, 0, seen(m) * LANES * sizeof *pixels);
	for (long y = 0; y < m->height && y + m->top < seen_rows(m); y++) {
		float *to = pixels + (y + m->top) * row + m->left * LANES;
		long at = (example * m->height + y) * m->width * m->in + block * LANES;
		for (long i = 0; i < m->width && i + m->left < seen_columns(m); i++) {
			read_values(m, to + i * LANES, x, at + i * m->in, lanes);
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
			uint32_t first = (uint32_t)(pixel * LANES), below = (uint32_t)(seen_columns(m) * LANES);
			const uint32_t at[PLACES] = {first, first + LANES, first + below, first + below + LANES};
			const uint8_t *place = m->place + ((from + e) * all + c) * m->out;
			const float *dy = m->dy + ((from + e) * all + c) * m->out;
			Term *to = terms + e * all + c;
			for (long o = 0; o < m->out; o++, to += n * all) *to = (Term){at[place[o] % PLACES], dy[o]};
		}
	}
}

void xlaplugin_maxima_kernel(const Maxima *m, const void *x, long from, long to, float *sums, void *scratch) {
	long near = together(m), most = chunk(m, near), all = cells(m), rows = near > 1 ? m->rows : band(m);
	float *pixels = scratch;
	Term *terms = (Term *)(pixels + near * seen(m) * LANES);
	for (long n; from < to; from += n) {
		n = least(most, to - from);
		by_output(m, from, n, near, terms);
		for (long block = 0; block < blocks(m); block++) {
			for (long first = 0; first < n; first += near) {
				long here = least(near, n - first);
				for (long e = 0; e < here; e++) read_pixels(m, x, from + first + e, block, pixels + e * seen(m) * LANES);
				for (long row = 0; row < m->rows; row += rows) {
					long count = near > 1 ? here * all : least(rows, m->rows - row) * m->columns;
					const Term *t = terms + first * all + row * m->columns;
					float *s = sums + block * m->out * TAPS * LANES;
					for (long o = 0; o < m->out; o++) {
						sum_taps(t + o * n * all, count, pixels, seen_columns(m) * LANES, s + o * TAPS * LANES);
					}
				}
			}
		}
	}
}

size_t xlaplugin_maxima_input_scratch(const Maxima *m) {
	long n = chunk(m, 1), groups = (m->out + OUTPUTS - 1) / OUTPUTS;
	return n * seen(m) * LANES * sizeof(float) + n * cells(m) * (m->out * sizeof(Term) + groups * PLACES);
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
			for (long o = 0; o < outputs; o++) *to[place[o] % PLACES]++ = (Term){(uint32_t)(o * TAPS * LANES), dy[o]};
		}
	}
}

// write_pixels writes a block of an example's gradient. Pixels that no window
// sees have none.
static void write_pixels(const Maxima *m, const float *pixels, long example, long block, void *dx) {
	static const float none[LANES];
	long lanes = least(LANES, m->in - block * LANES);
	for (long y = 0; y < m->height; y++) {
		for (long i = 0; i < m->width; i++) {
			int is_seen = y + m->top < seen_rows(m) && i + m->left < seen_columns(m);
			const float *from = is_seen ? pixels + ((y + m->top) * seen_columns(m) + i + m->left) * LANES : none;
			write_values(m, dx, ((example * m->height + y) * m->width + i) * m->in + block * LANES, from, lanes);
		}
	}
}

void xlaplugin_maxima_input(const Maxima *m, const float *weights, long from, long to, void *dx, void *scratch) {
	long most = chunk(m, 1), row = seen_columns(m) * LANES;
	float *pixels = scratch;
	Term *terms = (Term *)(pixels + most * seen(m) * LANES);
	uint8_t *counts = (uint8_t *)(terms + most * cells(m) * m->out);
	for (long n; from < to; from += n) {
		n = least(most, to - from);
		by_place(m, from, n, terms, counts);
		for (long block = 0; block < blocks(m); block++) {
			const Term *t = terms;
			const uint8_t *c = counts;
			memset(pixels, 0, n * seen(m) * LANES * sizeof *pixels);
			for (long first = 0; first < m->out; first += OUTPUTS) {
				const float *w = weights + (block * m->out + first) * TAPS * LANES;
				for (long window = 0; window < n * m->rows; window++) {
					float *p = pixels + window / m->rows * seen(m) * LANES + window % m->rows * 2 * row;
					for (long i = 0; i < m->columns; i++, t += least(OUTPUTS, m->out - first), c += PLACES, p += 2 * LANES) {
						sum_window(t, c, w, p, row);
					}
				}
			}
			for (long e = 0; e < n; e++) write_pixels(m, pixels + e * seen(m) * LANES, from + e, block, dx);
		}
	}
}

void xlaplugin_maxima_pack(const Maxima *m, const void *kernel, long block, float *weights) {
	long lanes = least(LANES, m->in - block * LANES);
	weights += block * m->out * TAPS * LANES;
	memset(weights, 0, m->out * TAPS * LANES * sizeof *weights);
	for (long tap = 0; tap < TAPS; tap++) {
		for (long lane = 0; lane < lanes; lane++) {
			long row = (tap * m->in + block * LANES + lane) * m->out;
			for (long o = 0; o < m->out; o++) {
				read_values(m, weights + (o * TAPS + tap) * LANES + lane, kernel, row + o, 1);
			}
		}
	}
}

void xlaplugin_maxima_unpack(const Maxima *m, float *sums, long n, long block, void *kernel) {
	long lanes = least(LANES, m->in - block * LANES), size = m->out * TAPS * LANES, all = blocks(m) * size;
	sums += block * size;
	for (long part = 1; part < n; part++) {
		for (long i = 0; i < size; i++) sums[i] += sums[part * all + i];
	}
	for (long tap = 0; tap < TAPS; tap++) {
		for (long lane = 0; lane < lanes; lane++) {
			long row = (tap * m->in + block * LANES + lane) * m->out;
			for (long o = 0; o < m->out; o++) {
				write_values(m, kernel, row + o, sums + (o * TAPS + tap) * LANES + lane, 1);
			}
		}
	}
}
