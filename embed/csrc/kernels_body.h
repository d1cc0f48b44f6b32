/* The kernels, for one instruction set. kernels.c includes this file several times, each time with
 *   NAME(x)   a suffix for the set's names
 *   LANES     floats in a vector: 16, 8, 4, or 1 for plain C
 *   TILE_Y    output rows scored at once: as many as 4 * TILE_Y sums fit in the registers
 *
 * Rejected: BLAS calls (a window is far too small), intrinsics (one body per instruction set), and plain
 * loops left to the compiler (they reduce each dot product by itself, which costs as much as the product).
 */

#define vf NAME(vf_)
#define vi NAME(vi_)
#if LANES > 1
typedef float vf __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
#define TO_FLOAT(i) __builtin_convertvector(i, vf)
#else
typedef float vf;
typedef int32_t vi;
#define TO_FLOAT(i) ((float)(i))
#endif

INLINE vf NAME(load)(const float *p) { return *(const vf *)p; }
INLINE void NAME(store)(float *p, vf v) { *(vf *)p = v; }
INLINE vi NAME(bits)(vf v) {
    vi i;
    memcpy(&i, &v, sizeof i);
    return i;
}
INLINE vf NAME(floats)(vi i) {
    vf v;
    memcpy(&v, &i, sizeof v);
    return v;
}

#if LANES == 16
#define EVEN(a, b) \
    __builtin_shufflevector(a, b, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31)
#elif LANES == 8
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15)
#elif LANES == 4
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7)
#endif

/* sums[q] = the sum over the lanes of acc[q], q = 0..3. Four vectors are reduced together: neighbours are
 * added inside each group of four lanes, twice, which leaves the four sums side by side in every group. */
INLINE void NAME(reduce4)(const vf acc[4], float *sums) {
#if LANES == 1
    for (int q = 0; q < 4; ++q) sums[q] = acc[q];
#else
    const vf ab = EVEN(acc[0], acc[1]) + ODD(acc[0], acc[1]);
    const vf cd = EVEN(acc[2], acc[3]) + ODD(acc[2], acc[3]);
    const vf abcd = EVEN(ab, cd) + ODD(ab, cd);
#if LANES == 16
    const embed_f8 half = __builtin_shufflevector(abcd, abcd, 0, 1, 2, 3, 4, 5, 6, 7) +
                          __builtin_shufflevector(abcd, abcd, 8, 9, 10, 11, 12, 13, 14, 15);
    const embed_f4 four = __builtin_shufflevector(half, half, 0, 1, 2, 3) + __builtin_shufflevector(half, half, 4, 5, 6, 7);
#elif LANES == 8
    const embed_f4 four = __builtin_shufflevector(abcd, abcd, 0, 1, 2, 3) + __builtin_shufflevector(abcd, abcd, 4, 5, 6, 7);
#else
    const embed_f4 four = abcd;
#endif
    memcpy(sums, &four, sizeof four);
#endif
}

/* scores[j * ld + i] = a[i] . b[j] for i < na <= 4, j < nb <= TILE_Y; na and nb are constants once inlined. */
INLINE void NAME(tile)(float **a, float **b, int width, float *scores, int ld, const int na, const int nb) {
    vf acc[TILE_Y][4];
    UNROLL for (int j = 0; j < nb; ++j) UNROLL for (int i = 0; i < 4; ++i) acc[j][i] = (vf){0};
    for (int k = 0; k < width; k += LANES) {
        vf row[TILE_Y];
        UNROLL for (int j = 0; j < nb; ++j) row[j] = NAME(load)(b[j] + k);
        UNROLL for (int i = 0; i < na; ++i) {
            const vf column = NAME(load)(a[i] + k);
            UNROLL for (int j = 0; j < nb; ++j) acc[j][i] += column * row[j];
        }
    }
    UNROLL for (int j = 0; j < nb; ++j) NAME(reduce4)(acc[j], scores + (int64_t)j * ld);
}

/* All products of na by nb rows, tile by tile; ld is a multiple of 4 and at least na. */
INLINE void NAME(products)(float **a, int na, float **b, int nb, int width, float *scores, int ld) {
    for (int j = 0; j < nb; j += TILE_Y) {
        const int nj = nb - j < TILE_Y ? nb - j : TILE_Y;
        for (int i = 0; i < na; i += 4) {
            const int ni = na - i < 4 ? na - i : 4;
            float *s = scores + (int64_t)j * ld + i;
#define CASE(NI, NJ)                                        \
    case NI * 8 + NJ:                                       \
        NAME(tile)(a + i, b + j, width, s, ld, NI, NJ); \
        break;
#define CASES(NJ) CASE(1, NJ) CASE(2, NJ) CASE(3, NJ) CASE(4, NJ)
            switch (ni * 8 + nj) {
                CASES(1)
                CASES(2)
#if TILE_Y == 6
                CASES(3)
                CASES(4)
                CASES(5)
                CASES(6)
#endif
            }
#undef CASES
#undef CASE
        }
    }
}

/* s[i] becomes -lr * sigmoid(s[i]); returns the sum of log(1 + exp(s[i])). n is rounded up to whole vectors.
 * e^s = 2^n * 2^f with |f| <= 1/2 and a polynomial for 2^f; the logarithm by a polynomial on [3/4, 3/2).
 * Largest absolute errors, cut-off aside: sigmoid 3e-7, loss 5e-6 (tests/test_core_kernels.py). */
INLINE double NAME(sigmoids)(float *s, int n, float lr) {
    vf loss = (vf){0};
    const vf zero = (vf){0};
    for (int k = 0; k < n; k += LANES) {
        vf z = NAME(load)(s + k);
        /* NaN passes through both cut-offs, so that it is seen and not turned into a plausible number. */
        z = CHOOSE(z > EMBED_MAX_SCORE, zero + EMBED_MAX_SCORE, z);
        z = CHOOSE(z < -EMBED_MAX_SCORE, zero - EMBED_MAX_SCORE, z);
        const vf t = z * 1.44269504f;
        const vf shifted = t + 12582912.0f; /* 1.5 * 2^23: the sum's low bits are t rounded to an integer */
        const vf f = t - (shifted - 12582912.0f);
        vf p = f * 1.32764672e-3f + 9.67554168e-3f; /* minimax for 2^f, relative error below 8e-8 */
        p = p * f + 5.55071329e-2f;
        p = p * f + 2.40221197e-1f;
        p = p * f + 6.93146967e-1f;
        p = p * f + 1.00000007f;
        const vf e = NAME(floats)(NAME(bits)(p) + (NAME(bits)(shifted) << 23));
        const vf v = e + 1.0f;
        NAME(store)(s + k, e / v * -lr);
        const vi exponent = (NAME(bits)(v) - 0x3f400000) >> 23;
        const vf r = NAME(floats)(NAME(bits)(v) - (exponent << 23)) - 1.0f;
        vf q = r * 8.37503387e-2f - 1.68058985e-1f; /* minimax for log(1 + r), absolute error below 5e-7 */
        q = q * r + 2.06042805e-1f;
        q = q * r - 2.50410551e-1f;
        q = q * r + 3.33191842e-1f;
        q = r - r * r * 0.5f + r * r * r * q;
        loss += q + TO_FLOAT(exponent) * 0.69314718f;
    }
#if LANES == 1
    return loss;
#else
    double sum = 0;
    for (int lane = 0; lane < LANES; ++lane) sum += loss[lane];
    return sum;
#endif
}

/* dx[i] += ratios[i] * sum_j g[j][i] y[j] and y[j] += sum_i g[j][i] x[i], both from the old x and y, in one pass over
 * the columns; g[j][i] = g[j * ld + i]. nj is a constant once inlined. */
INLINE void NAME(update_rows)(float **x, float **dx, int nx, float **y, const float *RESTRICT g, int ld, int width,
                              const float *RESTRICT ratios, const int nj) {
    for (int k = 0; k < width; k += LANES) {
        vf old[EMBED_UPDATE_ROWS], sum[EMBED_UPDATE_ROWS];
        UNROLL for (int j = 0; j < nj; ++j) old[j] = sum[j] = NAME(load)(y[j] + k);
        for (int i = 0; i < nx; ++i) {
            const vf in = NAME(load)(x[i] + k);
            vf even = (vf){0}, odd = (vf){0}; /* two chains of additions instead of one long one */
            UNROLL for (int j = 0; j < nj; ++j) {
                const float gji = g[j * ld + i];
                sum[j] += in * gji;
                if (j % 2)
                    odd += old[j] * gji;
                else
                    even += old[j] * gji;
            }
            NAME(store)(dx[i] + k, NAME(load)(dx[i] + k) + (even + odd) * ratios[i]);
        }
        UNROLL for (int j = 0; j < nj; ++j) NAME(store)(y[j] + k, sum[j]);
    }
}

INLINE void NAME(update)(float **x, float **dx, int nx, float **y, int ny, const float *g, int ld, int width,
                         const float *ratios) {
    for (int j = 0; j < ny; j += EMBED_UPDATE_ROWS) {
        const int nj = ny - j < EMBED_UPDATE_ROWS ? ny - j : EMBED_UPDATE_ROWS;
        const float *gj = g + (int64_t)j * ld;
#define CASE(NJ)                                                             \
    case NJ:                                                                 \
        NAME(update_rows)(x, dx, nx, y + j, gj, ld, width, ratios, NJ); \
        break;
        switch (nj) {
            CASE(1)
            CASE(2)
            CASE(3)
            CASE(4)
            CASE(5)
            CASE(6)
        }
#undef CASE
    }
}

/* Negative sampling, Mikolov et al. 2013 equation 4, for every pair of an input x[i] and the target y[0]:
 *   L = sum_i [ -log sigmoid(x_i . y_0) - sum_{j>0} log sigmoid(-x_i . y_j) ].
 * With label t_j = [j = 0]:  -dL/dx_i = sum_j (t_j - sigmoid(x_i . y_j)) y_j,
 *                            -dL/dy_j = sum_i (t_j - sigmoid(x_i . y_j)) x_i. */
static double NAME(window)(const embed_window *w) {
    const int nx = w->nx, ny = w->ny;
    float *s = w->scores;
    int ld, n;
    if (nx == 1) { /* the rows of y take the place of the four columns of a tile */
        ld = 1;
        n = ny;
        NAME(products)(w->y, ny, w->x, 1, w->width, s, (ny + 3) & ~3);
    } else {
        ld = (nx + 3) & ~3;
        n = ld * ny;
        NAME(products)(w->x, nx, w->y, ny, w->width, s, ld);
        for (int j = 0; j < ny; ++j)
            for (int i = nx; i < ld; ++i) s[j * ld + i] = -EMBED_MAX_SCORE;
    }
    for (int k = n; k < ((n + LANES - 1) & ~(LANES - 1)); ++k) s[k] = -EMBED_MAX_SCORE;
    /* log sigmoid(s) of the target is that of noise at -s */
    for (int i = 0; i < nx; ++i) s[i] = -s[i];
    const double loss = NAME(sigmoids)(s, n, w->lr);
    if (w->lr == 0.0f) return loss;
    for (int i = 0; i < nx; ++i) s[i] = -s[i];
    for (int d = w->unique; d < ny; ++d) {
        const float *from = s + d * ld;
        float *to = s + w->folds[d - w->unique] * ld;
        for (int i = 0; i < nx; ++i) to[i] += from[i];
    }
    float **x = w->x;
    if (w->unique > EMBED_UPDATE_ROWS && x[0] == w->dx[0]) {
        for (int i = 0; i < nx; ++i) {
            w->copies[i] = w->copy + (int64_t)i * w->width;
            memcpy(w->copies[i], x[i], sizeof(float) * (size_t)w->width);
        }
        x = w->copies;
    }
    if (nx == 1)
        NAME(update)(x, w->dx, 1, w->y, w->unique, s, 1, w->width, w->ratios);
    else
        NAME(update)(x, w->dx, nx, w->y, w->unique, s, ld, w->width, w->ratios);
    return loss;
}

static void NAME(compose)(const float *matrix, int64_t stride, const int32_t *rows, int64_t n, float weight, int width,
                          float *out, float *copy) {
    for (int k = 0; k < width; k += LANES) {
        vf even = (vf){0}, odd = (vf){0};
        int64_t r = 0;
        for (; r + 1 < n; r += 2) {
            even += NAME(load)(matrix + rows[r] * stride + k);
            odd += NAME(load)(matrix + rows[r + 1] * stride + k);
        }
        if (r < n) even += NAME(load)(matrix + rows[r] * stride + k);
        even = (even + odd) * weight;
        NAME(store)(out + k, even);
        NAME(store)(copy + k, even);
    }
}

static void NAME(scatter)(float *matrix, int64_t stride, const int32_t *rows, int64_t n, int width,
                          const float *now, const float *before) {
    for (int64_t r = 0; r < n; ++r) {
        float *row = matrix + rows[r] * stride;
        for (int k = 0; k < width; k += LANES) {
            const vf delta = NAME(load)(now + k) - NAME(load)(before + k);
            NAME(store)(row + k, NAME(load)(row + k) + delta);
        }
    }
}

static void NAME(context_mean)(const float *block, int64_t stride, int64_t first, int64_t last, int64_t center,
                               int width, float *mean, float *delta) {
    const float weight = 1.0f / (float)(last - first);
    for (int k = 0; k < width; k += LANES) {
        vf sum = (vf){0};
        for (int64_t i = first; i < center; ++i) sum += NAME(load)(block + i * stride + k);
        for (int64_t i = center + 1; i <= last; ++i) sum += NAME(load)(block + i * stride + k);
        NAME(store)(mean + k, sum * weight);
        NAME(store)(delta + k, (vf){0});
    }
}

static void NAME(context_add)(float *block, int64_t stride, int64_t first, int64_t last, int64_t center, int width,
                              float weight, const float *ratios, const float *delta) {
    for (int64_t i = first; i <= last; ++i) {
        if (i == center) continue;
        float *row = block + i * stride;
        const float scale = weight * ratios[i];
        for (int k = 0; k < width; k += LANES)
            NAME(store)(row + k, NAME(load)(row + k) + NAME(load)(delta + k) * scale);
    }
}

#undef EVEN
#undef ODD
#undef TO_FLOAT
#undef vf
#undef vi
