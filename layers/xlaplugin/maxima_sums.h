// The innermost loops of maxima.c, for vectors of LANES channels. maxima.c
// includes this file once for each kind of vector.
typedef float SUM(vector) __attribute__((vector_size(4 * LANES), aligned(4)));
#define VECTOR SUM(vector)

// sum_taps adds dy times the pixels around it to the sums of 9 taps.
TARGET static void SUM(taps)(const Term *t, long n, const float *pixels, long row, float *sums) {
	VECTOR *s = (VECTOR *)sums;
	VECTOR a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7], i = s[8];
	for (const Term *end = t + n; t < end; t++) {
		const float *p = pixels + t->at;
		const VECTOR *first = (const VECTOR *)p, *second = (const VECTOR *)(p + row);
		const VECTOR *third = (const VECTOR *)(p + 2 * row);
		const VECTOR dy = t->dy - (VECTOR){0};
		a += dy * first[0], b += dy * first[1], c += dy * first[2];
		d += dy * second[0], e += dy * second[1], f += dy * second[2];
		g += dy * third[0], h += dy * third[1], i += dy * third[2];
	}
	s[0] = a, s[1] = b, s[2] = c, s[3] = d, s[4] = e, s[5] = f, s[6] = g, s[7] = h, s[8] = i;
}

#define ADD_TAPS(a, b, c, d, e, f, g, h, i) \
	for (end = t + *counts++; t < end; t++) { \
		const VECTOR *w = (const VECTOR *)(weights + t->at); \
		const VECTOR dy = t->dy - (VECTOR){0}; \
		a += dy * w[0], b += dy * w[1], c += dy * w[2], d += dy * w[3], e += dy * w[4]; \
		f += dy * w[5], g += dy * w[6], h += dy * w[7], i += dy * w[8]; \
	}

// sum_window adds dy times weights to the 4x4 pixels that a window sees. The
// terms come in the order of their places in the window.
TARGET static void SUM(window)(const Term *t, const uint8_t *counts, const float *weights, float *pixels, long row) {
	VECTOR *p = (VECTOR *)pixels, *q = (VECTOR *)(pixels + row);
	VECTOR *r = (VECTOR *)(pixels + 2 * row), *s = (VECTOR *)(pixels + 3 * row);
	VECTOR p0 = p[0], p1 = p[1], p2 = p[2], p3 = p[3], q0 = q[0], q1 = q[1], q2 = q[2], q3 = q[3];
	VECTOR r0 = r[0], r1 = r[1], r2 = r[2], r3 = r[3], s0 = s[0], s1 = s[1], s2 = s[2], s3 = s[3];
	const Term *end;
	ADD_TAPS(p0, p1, p2, q0, q1, q2, r0, r1, r2)
	ADD_TAPS(p1, p2, p3, q1, q2, q3, r1, r2, r3)
	ADD_TAPS(q0, q1, q2, r0, r1, r2, s0, s1, s2)
	ADD_TAPS(q1, q2, q3, r1, r2, r3, s1, s2, s3)
	p[0] = p0, p[1] = p1, p[2] = p2, p[3] = p3, q[0] = q0, q[1] = q1, q[2] = q2, q[3] = q3;
	r[0] = r0, r[1] = r1, r[2] = r2, r[3] = r3, s[0] = s0, s[1] = s1, s[2] = s2, s[3] = s3;
}

#undef ADD_TAPS
#undef VECTOR
#undef LANES
#undef SUM
#undef TARGET
