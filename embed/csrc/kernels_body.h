/* The kernels, for one instruction set. kernels.c includes this file several times, each time with
 *   NAME(x)   a suffix for the set's names
 *   LANES     floats in a vector: 16, 8, 4, or 1 for plain C
 *   HALVES    whether a row may end with half a vector
 *   REGISTERS vector registers of the set: 32 or 16
 *
 * Rejected: BLAS calls (a window is far too small), intrinsics (one body per instruction set), and plain
 * loops left to the compiler (it reduces each dot product alone, which costs as much as the product).
 */

/* Input vectors that are scored at once: TILE_X * EMBED_GROUP sums fit in the registers. */
#define TILE_X (REGISTERS / 8)
/* Vectors of a row that an update works on at once. If both sums of an update do not fit in the registers, they are
 * computed one after the other (kernels_columns.h). */
#define COLUMNS 2

#define vf NAME(vf_)
#define vi NAME(vi_)
#define vh NAME(vh_)
#define vu NAME(vu_)
#define vs NAME(vs_)
#if LANES > 1
typedef float vf __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint32_t vu __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint16_t vs __attribute__((vector_size(2 * LANES), aligned(2), may_alias));
#define CONVERT(v, type) __builtin_convertvector(v, type)
#else
typedef float vf;
typedef int32_t vi;
typedef uint32_t vu;
typedef uint16_t vs;
#define CONVERT(v, type) ((type)(v))
#endif

/* Limit z; a NaN stays NaN. One instruction on AVX2 and SSE2, elsewhere left to the compiler. */
#if defined(__x86_64__) && LANES == 8
#define AT_MOST(z, limit) __builtin_ia32_minps256(limit, z)
#define AT_LEAST(z, limit) __builtin_ia32_maxps256(limit, z)
#elif defined(__x86_64__) && LANES == 4
#define AT_MOST(z, limit) __builtin_ia32_minps(limit, z)
#define AT_LEAST(z, limit) __builtin_ia32_maxps(limit, z)
#else
#define AT_MOST(z, limit) CHOOSE((z) > (limit), limit, z)
#define AT_LEAST(z, limit) CHOOSE((z) < (limit), limit, z)
#endif

#define FULL(x) NAME(x##_full)
#define STEP(x) FULL(x)
#define vector vf
#define FLOATS LANES
#include "kernels_columns.h"
#undef STEP
#undef vector
#undef FLOATS
#if HALVES
typedef float vh __attribute__((vector_size(2 * LANES), aligned(4), may_alias));
#define HALF(x) NAME(x##_half)
#define STEP(x) HALF(x)
#define vector vh
#define FLOATS (LANES / 2)
#include "kernels_columns.h"
#undef STEP
#undef vector
#undef FLOATS
#define WIDEN(half) __builtin_shufflevector(half, (vh){0}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#endif

INLINE vi NAME(load_integers)(const int32_t *p) { return *(const vi *)p; }
INLINE void NAME(store_integers)(int32_t *p, vi v) { *(vi *)p = v; }
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

/* Return sum + a * b, for loops that store the result. On AVX2, the product has its own register: while Zen 3 stores,
 * it can start a product and a sum, but no fused multiply-add (docs/decisions/0022). */
INLINE vf NAME(plus)(vf sum, vf a, vf b) {
    vf product = a * b;
    if (LANES == 8) IN_REGISTER(product);
    return sum + product;
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

#if LANES > 1
/* Add neighbours inside each group of four lanes, twice. Each group then has the sums of the four acc[q], and the sum
 * of the groups is the sum over all lanes. */
INLINE vf NAME(add_neighbours)(const vf acc[4]) {
    const vf ab = EVEN(acc[0], acc[1]) + ODD(acc[0], acc[1]);
    const vf cd = EVEN(acc[2], acc[3]) + ODD(acc[2], acc[3]);
    return EVEN(ab, cd) + ODD(ab, cd);
}
#endif
#if LANES == 16
INLINE embed_f8 NAME(add_halves)(vf v) {
    return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
           __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
}
#elif LANES == 8
INLINE vf NAME(add_halves)(vf v) { return v; }
#endif

#if LANES >= 8
/* Return a line: the sum over the lanes of each acc[q]. */
INLINE embed_f8 NAME(line_of)(const vf acc[EMBED_LINE]) {
    const embed_f8 low = NAME(add_halves)(NAME(add_neighbours)(acc));
    const embed_f8 high = NAME(add_halves)(NAME(add_neighbours)(acc + 4));
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 8, 9, 10, 11) +
           __builtin_shufflevector(low, high, 4, 5, 6, 7, 12, 13, 14, 15);
}
#endif

/* Compute the scores of up to EMBED_GROUP output rows with one input vector: line[q] = the sum over the lanes of
 * acc[q], EMBED_LINE floats, the last ones zero. They are stored as one vector, as the sigmoids read them: a processor
 * waits for the cache if it reads in one piece what it stored in two. */
INLINE void NAME(reduce_line)(const vf acc[EMBED_LINE], float *line) {
#if LANES >= 8
    const embed_f8 sums = NAME(line_of)(acc);
    memcpy(line, &sums, sizeof sums);
#elif LANES == 4
    const embed_f4 low = NAME(add_neighbours)(acc), high = NAME(add_neighbours)(acc + 4);
    memcpy(line, &low, sizeof low);
    memcpy(line + 4, &high, sizeof high);
#else
    for (int q = 0; q < EMBED_LINE; ++q) line[q] = acc[q];
#endif
}

/* The same for two input vectors, whose lines follow one another. */
INLINE void NAME(reduce_pair)(const vf first[EMBED_LINE], const vf second[EMBED_LINE], float *lines) {
#if LANES == 16
    FULL(store)
    (lines, __builtin_shufflevector(NAME(line_of)(first), NAME(line_of)(second), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
                                    12, 13, 14, 15));
#else
    NAME(reduce_line)(first, lines);
    NAME(reduce_line)(second, lines + EMBED_LINE);
#endif
}

/* line i = x[i] . y[0..ny) for i < nx <= TILE_X, ny <= EMBED_GROUP; nx and ny are constants once inlined. */
INLINE void NAME(tile)(float **x, float **y, int width, float *lines, const int nx, const int ny) {
    const int whole = width / LANES * LANES;
    vf acc[TILE_X][EMBED_LINE];
    UNROLL for (int i = 0; i < nx; ++i) UNROLL for (int j = 0; j < EMBED_LINE; ++j) acc[i][j] = (vf){0};
#if HALVES
    if (whole < width) {
        vh half[TILE_X][EMBED_LINE];
        UNROLL for (int i = 0; i < nx; ++i) UNROLL for (int j = 0; j < ny; ++j) half[i][j] = (vh){0};
        HALF(products)(x, y, half, whole, nx, ny);
        UNROLL for (int i = 0; i < nx; ++i) UNROLL for (int j = 0; j < ny; ++j) acc[i][j] = WIDEN(half[i][j]);
    }
#endif
    for (int k = 0; k < whole; k += LANES) FULL(products)(x, y, acc, k, nx, ny);
    UNROLL for (int i = 0; i < nx; ++i) NAME(reduce_line)(acc[i], lines + i * EMBED_LINE);
}

/* Compute the lines of all inputs with one group of output rows. */
INLINE void NAME(score_group)(float **x, int nx, float **y, int ny, int width, float *lines) {
    for (int i = 0; i < nx; i += TILE_X) {
        const int ni = nx - i < TILE_X ? nx - i : TILE_X;
        float *to = lines + i * EMBED_LINE;
#define CASE(NI, NJ)                                 \
    case NI * 8 + NJ:                                \
        NAME(tile)(x + i, y, width, to, NI, NJ); \
        break;
#define CASES(NI) CASE(NI, 1) CASE(NI, 2) CASE(NI, 3) CASE(NI, 4) CASE(NI, 5) CASE(NI, 6)
        switch (ni * 8 + ny) {
            CASES(1)
            CASES(2)
#if TILE_X == 4
            CASES(3)
            CASES(4)
#endif
        }
#undef CASES
#undef CASE
    }
}

/* partial[j] += the products of h with y[j], for `columns` vectors of each row from column k. */
INLINE void NAME(row_products)(const vf *h, float **y, int ny, vf *partial, int k, const int columns) {
    for (int j = 0; j < ny; ++j) {
        const float *row = y[j] + k;
        ONE_ADDRESS(row);
        vf even = partial[j], odd = (vf){0}; /* two chains of additions instead of one long one */
        UNROLL for (int c = 0; c < columns; ++c) {
            if (c % 2)
                odd += h[c] * FULL(load)(row + c * LANES);
            else
                even += h[c] * FULL(load)(row + c * LANES);
        }
        partial[j] = even + odd;
    }
}

/* The same for a mean in memory. */
INLINE void NAME(hidden_columns)(const float *mean, float **y, int ny, vf *partial, int k, const int columns) {
    vf h[EMBED_COLUMNS];
    UNROLL for (int c = 0; c < columns; ++c) h[c] = FULL(load)(mean + k + c * LANES);
    NAME(row_products)(h, y, ny, partial, k, columns);
}

/* mean = scale times the sum of the x, and partial[j] += its products with y[j], for `columns` vectors of each row from
 * column k. `columns` is a constant once inlined. The branch predictor cannot predict the number of rows, so the loops
 * over rows are the inner ones, which end once for all these columns. */
INLINE void NAME(mean_columns)(float **x, int nx, float scale, float **y, int ny, float *mean, vf *partial, int k,
                               const int columns) {
    const float *from = x[0] + k;
    vf sum[EMBED_COLUMNS];
    ONE_ADDRESS(from);
    UNROLL for (int c = 0; c < columns; ++c) sum[c] = FULL(load)(from + c * LANES);
    for (int i = 1; i < nx; ++i) {
        from = x[i] + k;
        ONE_ADDRESS(from);
        UNROLL for (int c = 0; c < columns; ++c) sum[c] += FULL(load)(from + c * LANES);
    }
    mean += k;
    ONE_ADDRESS(mean);
    UNROLL for (int c = 0; c < columns; ++c) {
        sum[c] *= scale;
        FULL(store)(mean + c * LANES, sum[c]);
    }
    NAME(row_products)(sum, y, ny, partial, k, columns);
}

/* Call STEP(columns) for the columns of a row from k = 0, with as many whole vectors at once as fit. */
#define IN_COLUMNS(STEP)                                                                                     \
    do {                                                                                                     \
        int k = 0;                                                                                           \
        for (; k + EMBED_COLUMNS * LANES <= width; k += EMBED_COLUMNS * LANES) STEP(EMBED_COLUMNS);          \
        switch ((width - k) / LANES) {                                                                       \
            case 1: STEP(1); break;                                                                          \
            case 2: STEP(2); break;                                                                          \
            case 3: STEP(3); break;                                                                          \
            case 4: STEP(4); break;                                                                          \
            case 5: STEP(5); break;                                                                          \
            case 6: STEP(6); break;                                                                          \
            case 7: STEP(7); break;                                                                          \
        }                                                                                                    \
    } while (0)

/* mean = scale times the sum of the x; line = its scores with up to EMBED_LINE output rows. */
INLINE void NAME(mean_line)(float **x, int nx, float scale, float **y, int ny, int width, float *mean, float *line) {
    vf partial[EMBED_LINE];
    UNROLL for (int j = 0; j < EMBED_LINE; ++j) partial[j] = (vf){0};
#define STEP(n) NAME(mean_columns)(x, nx, scale, y, ny, mean, partial, k, n)
    IN_COLUMNS(STEP);
#undef STEP
    NAME(reduce_line)(partial, line);
}

/* line = the scores of a mean with up to EMBED_LINE output rows. */
INLINE void NAME(hidden_line)(const float *mean, float **y, int ny, int width, float *line) {
    vf partial[EMBED_LINE];
    UNROLL for (int j = 0; j < EMBED_LINE; ++j) partial[j] = (vf){0};
#define STEP(n) NAME(hidden_columns)(mean, y, ny, partial, k, n)
    IN_COLUMNS(STEP);
#undef STEP
    NAME(reduce_line)(partial, line);
}

/* Signs of scores, for all inputs or the first line of each: a row has the label 1 where its sign is set. */
static const float NAME(first_signs)[2 * EMBED_LINE] = {-0.0f, 0, 0, 0, 0, 0, 0, 0, -0.0f};
static const float NAME(no_signs)[2 * EMBED_LINE];

/* Write the signs of a line from the labels of its rows; what follows the labels does not matter. */
INLINE void NAME(line_signs)(const uint8_t *labels, float *line) {
    uint32_t bits[EMBED_LINE];
    for (int q = 0; q < EMBED_LINE; ++q) bits[q] = (uint32_t)labels[q] << 31;
    memcpy(line, bits, sizeof bits);
}

/* Return e^z for |z| <= EMBED_MAX_EXPONENT, and NaN for NaN. e^z = 2^n * 2^f with |f| <= 1/2 and a polynomial for 2^f;
 * relative error below 8e-8, and that of rounding z log2(e). */
INLINE vf NAME(exponential)(vf z) {
    const vf t = z * 1.44269504f;
    const vf shifted = t + 12582912.0f; /* 1.5 * 2^23: the low bits of the sum are t rounded to an integer */
    const vf f = t - (shifted - 12582912.0f);
    /* minimax for 2^f; pairs of terms have a lower latency than Horner's rule */
    const vf square = f * f;
    const vf low = f * 6.93146967e-1f + 1.00000007f, middle = f * 5.55071329e-2f + 2.40221197e-1f;
    const vf high = f * 1.32764672e-3f + 9.67554168e-3f;
    const vf p = (high * square + middle) * square + low;
    return NAME(floats)(NAME(bits)(p) + (NAME(bits)(shifted) << 23));
}

/* A score s with label 1 is treated as the score -s of noise: its sign is flipped, s becomes -lr * sigmoid(s), and the
 * sign is flipped back, which gives lr * (label - sigmoid(s)). n is rounded up to whole vectors. Largest absolute error
 * of a sigmoid 3e-7 within the limits (tests/engine/test_kernels.py). The loss, the sum of log(1 + e^s), is stored as a
 * product in each lane, with mantissa and exponent apart, so that a block needs one logarithm, not each score. The sign
 * of score k is signs[k & mask]. */
INLINE void NAME(sigmoids)(float *s, int n, const float *signs, int mask, float lr, embed_loss *loss) {
    const vf zero = (vf){0};
    const vi minus_lr = NAME(bits)(zero - lr);
    vf mantissa = FULL(load)(loss->mantissas), poison = FULL(load)(loss->poison);
    vi exponent = NAME(load_integers)(loss->exponents);
    for (int k = 0; k < n; k += LANES) {
        const vi sign = NAME(bits)(FULL(load)(signs + (k & mask)));
        vf z = NAME(floats)(NAME(bits)(FULL(load)(s + k)) ^ sign);
        /* a NaN passes both limits, so that it is noticed and does not become a plausible number */
        z = AT_MOST(z, zero + EMBED_MAX_SCORE);
        z = AT_LEAST(z, zero - EMBED_MAX_SCORE);
        const vf e = NAME(exponential)(z);
        const vf v = e + 1.0f;
        FULL(store)(s + k, e * NAME(floats)(minus_lr ^ sign) / v);
        const vi product = NAME(bits)(mantissa * v);
        exponent += (product >> 23) - 127;
        mantissa = NAME(floats)((product & 0x007fffff) | 0x3f800000);
        poison += v * 0.0f;
    }
    FULL(store)(loss->mantissas, mantissa);
    FULL(store)(loss->poison, poison);
    NAME(store_integers)(loss->exponents, exponent);
}

/* Fetch some columns of the rows of the next block into the second-level cache. A few at a time, between products: all
 * at once, they take every buffer for lines that are missing from the first level, and the window waits for its own. */
INLINE void NAME(fetch_columns)(const float **early, int k, const int floats) {
    if (!early || k % EMBED_ROW_FLOATS) return; /* a line is fetched when its first column comes */
#if defined(__GNUC__)
    UNROLL for (int i = 0; i < EMBED_EARLY; ++i)
        UNROLL for (int c = 0; c < floats; c += EMBED_ROW_FLOATS) __builtin_prefetch(early[i] + k + c, 0, 2);
#else
    (void)floats;
#endif
}

INLINE void NAME(update_rows)(float **from, float **to, int nx, float **y, const float *g, const float *gx, float *kept,
                              int width, const float **early, const int ny) {
    int k = 0;
    float *rows[EMBED_GROUP]; /* a local copy of the addresses, which no store can change */
    UNROLL for (int j = 0; j < ny; ++j) rows[j] = y[j];
    y = rows;
    for (; k + COLUMNS * LANES <= width; k += COLUMNS * LANES) {
        NAME(fetch_columns)(early, k, COLUMNS * LANES);
        FULL(update_columns)(from, to, nx, y, g, gx, kept, k, ny, COLUMNS);
    }
    if (k < width) NAME(fetch_columns)(early, k, LANES);
    for (; k + LANES <= width; k += LANES) FULL(update_columns)(from, to, nx, y, g, gx, kept, k, ny, 1);
#if HALVES
    if (k < width) HALF(update_columns)(from, to, nx, y, g, gx, kept, k, ny, 1);
#endif
}

INLINE void NAME(update_group)(float **from, float **to, int nx, float **y, int ny, const float *g, const float *gx,
                               float *kept, int width, const float **early) {
#define CASE(NJ)                                                           \
    case NJ:                                                               \
        NAME(update_rows)(from, to, nx, y, g, gx, kept, width, early, NJ); \
        break;
    switch (ny) {
        CASE(1)
        CASE(2)
        CASE(3)
        CASE(4)
        CASE(5)
        CASE(6)
    }
#undef CASE
}

/* y[j] += g[j] mean, and x[i] += ratios[i] sum_j g[j] y[j] with the old y, for `columns` vectors of each row. The first
 * `still` x do not move, and in inference no y. */
INLINE void NAME(mean_update_columns)(float **x, int nx, float **y, int ny, const float *mean, const float *g,
                                      const float *ratios, int still, const int inference, int k,
                                      const int columns) {
    vf delta[EMBED_COLUMNS], h[EMBED_COLUMNS];
    UNROLL for (int c = 0; c < columns; ++c) {
        delta[c] = (vf){0};
        h[c] = FULL(load)(mean + k + c * LANES);
    }
    for (int j = 0; j < ny; ++j) {
        float *row = y[j] + k;
        ONE_ADDRESS(row);
        const vf rate = FULL(broadcast)(g[j]);
        UNROLL for (int c = 0; c < columns; ++c) {
            vf old = FULL(load)(row + c * LANES);
            if (REGISTERS == 16) IN_REGISTER(old);
            delta[c] += old * rate;
            if (!inference) FULL(store)(row + c * LANES, NAME(plus)(old, h[c], rate));
        }
    }
    for (int i = still; i < nx; ++i) {
        float *to = x[i] + k;
        ONE_ADDRESS(to);
        const vf ratio = FULL(broadcast)(ratios[i]);
        UNROLL for (int c = 0; c < columns; ++c)
            FULL(store)(to + c * LANES, NAME(plus)(FULL(load)(to + c * LANES), delta[c], ratio));
    }
}

INLINE void NAME(mean_update)(float **x, int nx, float **y, int ny, int width, const float *mean, const float *g,
                              const float *ratios, int still, const int inference) {
#define STEP(n) NAME(mean_update_columns)(x, nx, y, ny, mean, g, ratios, still, inference, k, n)
    IN_COLUMNS(STEP);
#undef STEP
}

/* Turn the scores s of lines of the rows from j on into rates, lr * (label - sigmoid(score)); `used` of them are not
 * padding. `mask` as for the sigmoids, for signs that are not those of one label. */
INLINE void NAME(line_rates)(const embed_window *w, float *s, int lines, int j, int used, int mask) {
    const int floats = embed_group_floats(lines);
    for (int k = lines * EMBED_LINE; k < floats; ++k) s[k] = 0;
    if (w->labels)
        NAME(sigmoids)(s, floats, w->signs, mask, w->lr, w->loss);
    else
        NAME(sigmoids)(s, floats, j ? NAME(no_signs) : NAME(first_signs), EMBED_LINE - 1, w->lr, w->loss);
    w->loss->padding += floats - used;
}

/* Add the rate of each repeated row to that of its first mention. `line` is the first line of an input, with `rows` rows
 * in each line; the lines of its next rows are `floats` floats apart. */
INLINE void NAME(fold)(const embed_window *w, float *line, int floats, const int rows) {
    for (int d = w->unique; d < w->ny; ++d) {
        const int first = w->folds[d - w->unique];
        line[first / rows * floats + first % rows] += line[d / rows * floats + d % rows];
    }
}

/* Return the rates of a mean one after the other, so that one update moves all rows, and the contexts once. */
INLINE const float *NAME(joined)(const embed_window *w, const float *line, int floats) {
    if (w->unique <= EMBED_LINE) return line;
    for (int j = 0; j < w->unique; j += EMBED_LINE)
        memcpy(w->bag + j, line + j / EMBED_LINE * floats, sizeof(float) * EMBED_LINE);
    return w->bag;
}

/* Negative sampling, Mikolov et al. 2013 equation 4, for every pair of an input x[i] and the target y[0]:
 *   L = sum_i [ -log sigmoid(x_i . y_0) - sum_{j>0} log sigmoid(-x_i . y_j) ].
 * With label t_j = [j = 0]:  -dL/dx_i = sum_j (t_j - sigmoid(x_i . y_j)) y_j,
 *                            -dL/dy_j = sum_i (t_j - sigmoid(x_i . y_j)) x_i. */
static void NAME(window)(const embed_window *w) {
    const int nx = w->nx, group = embed_group_floats(nx);
    for (int j = 0; j < w->ny; j += EMBED_GROUP) {
        const int nj = w->ny - j < EMBED_GROUP ? w->ny - j : EMBED_GROUP;
        float *lines = w->scores + j / EMBED_GROUP * group;
        NAME(score_group)(w->x, nx, w->y + j, nj, w->width, lines);
        for (int line = 0; w->labels && line < 2; ++line)
            NAME(line_signs)(w->labels + j, w->signs + line * EMBED_LINE);
        NAME(line_rates)(w, lines, nx, j, nx * nj, EMBED_LINE - 1);
    }
    if (w->lr == 0.0f) return;
    for (int i = 0; i < nx; ++i) NAME(fold)(w, w->scores + i * EMBED_LINE, group, EMBED_GROUP);
    float **from = w->x;
    if (w->unique > EMBED_GROUP) { /* later groups need the old x, which the first group changes */
        for (int i = 0; i < nx; ++i) {
            w->copies[i] = w->copy + (int64_t)i * w->width;
            memcpy(w->copies[i], w->x[i], sizeof(float) * (size_t)w->width);
        }
        from = w->copies;
    }
    for (int j = 0; j < w->unique; j += EMBED_GROUP) {
        const int nj = w->unique - j < EMBED_GROUP ? w->unique - j : EMBED_GROUP;
        const float *g = w->scores + j / EMBED_GROUP * group;
        for (int i = 0; i < nx; ++i)
            for (int q = 0; q < EMBED_LINE; ++q) w->rates_x[i * EMBED_LINE + q] = g[i * EMBED_LINE + q] * w->ratios[i];
        if (from == w->x)
            NAME(update_group)(w->x, w->x, nx, w->y + j, nj, g, w->rates_x, w->kept, w->width, w->early);
        else
            NAME(update_group)(from, w->x, nx, w->y + j, nj, g, w->rates_x, w->kept, w->width, j ? 0 : w->early);
    }
}

#include "kernels_positions.h"

/* The same for the mean h of the x of each of n windows, CBOW of Mikolov et al. 2013, where dL/dx_i = dL/dh / nx;
 * `ratios` includes this 1 / nx or, as in word2vec.c, leaves it out. All scores are computed before the first update,
 * so that the processor does not wait for the sigmoids of one window before the next window. With `weighted`, a
 * constant once inlined, the positions of the window have weights (kernels_positions.h). Half a vector at the end of a
 * row is treated as a whole one: the loops over rows are short, and another loop costs more than it saves. */
INLINE void NAME(hidden_windows)(const embed_window *w, int n, const int weighted) {
    const int floats = embed_group_floats(n), width = (w->width + LANES - 1) / LANES * LANES;
    int used;
    for (int j = 0, more = 1; more; j += EMBED_LINE) {
        float *lines = w->scores + j / EMBED_LINE * floats;
        more = used = 0;
        for (int i = 0; i < n; ++i) {
            const int left = w[i].ny - j, nj = left < 0 ? 0 : left < EMBED_LINE ? left : EMBED_LINE;
            float *line = lines + i * EMBED_LINE;
            float *mean = w[i].mean;
            if (j == 0 && weighted) NAME(weighted_mean)(w + i);
            if (j == 0 && !weighted)
                NAME(mean_line)(w[i].x, w[i].nx, w[i].scale, w[i].y, nj, width, mean, line);
            else
                NAME(hidden_line)(mean, w[i].y + j, nj, width, line);
            if (w->labels && nj) NAME(line_signs)(w[i].labels + j, w->signs + i * EMBED_LINE);
            used += nj;
            more |= left > EMBED_LINE;
        }
        NAME(line_rates)(w, lines, n, j, used, -1);
    }
    if (w->lr == 0.0f) return;
    for (int i = 0; i < n; ++i) {
        float *line = w->scores + i * EMBED_LINE;
        NAME(fold)(w + i, line, floats, EMBED_LINE);
        const float *g = NAME(joined)(w + i, line, floats);
        if (weighted) {
            NAME(weighted_update)(w + i, g);
            continue;
        }
        if (w[i].inference) /* two copies of the loops, of which the second has no test in it */
            NAME(mean_update)(w[i].x, w[i].nx, w[i].y, w[i].unique, width, w[i].mean, g, w[i].ratios, w[i].words, 1);
        else
            NAME(mean_update)(w[i].x, w[i].nx, w[i].y, w[i].unique, width, w[i].mean, g, w[i].ratios, 0, 0);
    }
}

static void NAME(mean_windows)(const embed_window *w, int n) { NAME(hidden_windows)(w, n, 0); }
static void NAME(weighted_windows)(const embed_window *w, int n) { NAME(hidden_windows)(w, n, 1); }

#include "kernels_bags.h"
#include "kernels_rows.h"
#include "kernels_senses.h"
#include "kernels_codes.h"
#include "kernels_lines.h"
#include "kernels_nearest.h"

#undef TILE_X
#undef COLUMNS
#undef EVEN
#undef ODD
#undef CONVERT
#undef AT_MOST
#undef AT_LEAST
#undef vu
#undef vs
#undef vf
#undef vi
#undef vh
#undef FULL
#undef HALF
#undef WIDEN
#undef IN_COLUMNS
