/* Rows of a matrix as wholes, for one instruction set: gather and scatter them, log and merge their changes.
 * kernels_body.h includes this file. */

/* Vectors of a row that a sum of rows works on at once: two sums of each fit in the registers. */
#define COMPOSED (REGISTERS / 4)

/* out = weight times the sum of n rows, for `columns` vectors of each from column k: the sum of every other row, and
 * that of the rows between, which are two chains of additions. `columns` is a constant once inlined. */
INLINE void NAME(compose_columns)(const embed_matrix *matrix, const int32_t *rows, int64_t n, float weight, float *out,
                                  float *copy, int k, const int columns) {
    vf even[COMPOSED], odd[COMPOSED];
    UNROLL for (int c = 0; c < columns; ++c) even[c] = odd[c] = (vf){0};
    int64_t r = 0;
    for (; r + 1 < n; r += 2) {
        const float *first = embed_row(matrix, rows[r]) + k, *second = embed_row(matrix, rows[r + 1]) + k;
        ONE_ADDRESS(first);
        ONE_ADDRESS(second);
        UNROLL for (int c = 0; c < columns; ++c) {
            even[c] += FULL(load)(first + c * LANES);
            odd[c] += FULL(load)(second + c * LANES);
        }
    }
    if (r < n) {
        const float *last = embed_row(matrix, rows[r]) + k;
        ONE_ADDRESS(last);
        UNROLL for (int c = 0; c < columns; ++c) even[c] += FULL(load)(last + c * LANES);
    }
    UNROLL for (int c = 0; c < columns; ++c) {
        even[c] = (even[c] + odd[c]) * weight;
        FULL(store)(out + k + c * LANES, even[c]);
        if (copy) FULL(store)(copy + k + c * LANES, even[c]);
    }
}

static void NAME(compose)(embed_matrix matrix, const int32_t *rows, int64_t n, float weight, int width, float *out,
                          float *copy) {
    width = (width + LANES - 1) / LANES * LANES;
#define STEP(columns)                                                                                              \
    do {                                                                                                           \
        const int first = columns < COMPOSED ? columns : COMPOSED;                                                 \
        NAME(compose_columns)(&matrix, rows, n, weight, out, copy, k, first);                                      \
        if (columns > first)                                                                                       \
            NAME(compose_columns)(&matrix, rows, n, weight, out, copy, k + first * LANES, columns - first);        \
    } while (0)
    IN_COLUMNS(STEP);
#undef STEP
}

static void NAME(shorten)(float *row, float longest, int width) {
    vf squares = (vf){0};
    float lanes[LANES], sum = 0;
    for (int k = 0; k < width; k += LANES) squares += FULL(load)(row + k) * FULL(load)(row + k);
    FULL(store)(lanes, squares);
    for (int k = 0; k < LANES; ++k) sum += lanes[k];
    if (!(sum > longest * longest)) return; /* a NaN stays, and is noticed */
    const vf factor = FULL(broadcast)(longest / sqrtf(sum));
    for (int k = 0; k < width; k += LANES) FULL(store)(row + k, FULL(load)(row + k) * factor);
}

/* Add weight times the change of a copy to n rows, for `columns` vectors of each from column k. */
INLINE void NAME(scatter_columns)(const embed_matrix *matrix, const int32_t *rows, int64_t n, float weight,
                                  const float *now, const float *before, int k, const int columns) {
    vf change[EMBED_COLUMNS];
    const vf all = FULL(broadcast)(weight);
    UNROLL for (int c = 0; c < columns; ++c)
        change[c] = FULL(load)(now + k + c * LANES) - FULL(load)(before + k + c * LANES);
    for (int64_t r = 0; r < n; ++r) {
        float *row = embed_row(matrix, rows[r]) + k;
        ONE_ADDRESS(row);
        UNROLL for (int c = 0; c < columns; ++c)
            FULL(store)(row + c * LANES, NAME(plus)(FULL(load)(row + c * LANES), change[c], all));
    }
}

static void NAME(scatter)(embed_matrix matrix, const int32_t *rows, int64_t n, float weight, int width,
                          const float *now, const float *before) {
    width = (width + LANES - 1) / LANES * LANES;
#define STEP(columns) NAME(scatter_columns)(&matrix, rows, n, weight, now, before, k, columns)
    IN_COLUMNS(STEP);
#undef STEP
}

static void NAME(narrow)(const float *now, const float *before, int width, uint16_t *deltas) {
    for (int k = 0; k < width; k += LANES) {
        const vu bits = (vu)NAME(bits)(FULL(load)(now + k) - FULL(load)(before + k));
        *(vs *)(deltas + k) = CONVERT((bits + 0x7fff + (bits >> 16 & 1)) >> 16, vs);
    }
}

static void NAME(add)(float *row, float weight, int width, const uint16_t *deltas) {
    for (int k = 0; k < width; k += LANES) {
        const vu bits = CONVERT(*(const vs *)(deltas + k), vu) << 16;
        FULL(store)(row + k, FULL(load)(row + k) + NAME(floats)((vi)bits) * weight);
    }
}

static void NAME(subtract)(float *now, const float *before, int width) {
    for (int k = 0; k < width; k += LANES) FULL(store)(now + k, FULL(load)(now + k) - FULL(load)(before + k));
}

static void NAME(merge)(float *row, float keep, const float *const *values, const float *weights, int n, int width) {
    const vf kept = FULL(broadcast)(keep);
    for (int k = 0; k < width; k += LANES) {
        vf sum = (vf){0};
        if (keep != 0.0f) sum = FULL(load)(row + k) * kept;
        for (int i = 0; i < n; ++i) sum += FULL(load)(values[i] + k) * weights[i];
        FULL(store)(row + k, sum);
    }
}

#undef COMPOSED
