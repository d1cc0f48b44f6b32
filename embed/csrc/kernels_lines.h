/* A line of text and its labels, for one instruction set; kernels_body.h includes this file.
 *
 * The line has the vector h = share * sum_j w_j v_j of its input rows v_j, of which row j occurs w_j times, and meets
 * output rows u_t. For a loss C with dC/d(u_t . h) = -g_t,
 *   -dC/du_t = g_t h,  e = -dC/dh = sum_t g_t u_t,  -dC/dv_j = share * w_j e.
 * In between, the scores u_t . h become the rates lr * g_t: by a softmax or a sigmoid each (embed/engine/_lines.pyx). */

/* sum = share * the weighted sum of the rows, for `columns` vectors of each row from column k, a constant once inlined;
 * meanwhile fetch the rows of the next line. */
INLINE void NAME(gather_columns)(const embed_line *l, int k, const int columns) {
    vf total[EMBED_COLUMNS];
    UNROLL for (int c = 0; c < columns; ++c) total[c] = (vf){0};
    for (int64_t j = 0; j < l->n; ++j) {
        const float *row = embed_line_row(l, l->rows[j]) + k;
        if (j < l->next_n) embed_prefetch_early(embed_line_row(l, l->next_rows[j]) + k, columns * LANES);
        ONE_ADDRESS(row);
        const vf weight = FULL(broadcast)(l->weights[j]);
        UNROLL for (int c = 0; c < columns; ++c) total[c] += FULL(load)(row + c * LANES) * weight;
    }
    const vf share = FULL(broadcast)(l->share);
    UNROLL for (int c = 0; c < columns; ++c) FULL(store)(l->hidden + k + c * LANES, total[c] * share);
}

static void NAME(gather_line)(const embed_line *l) {
    const int width = (l->width + LANES - 1) / LANES * LANES;
#define STEP(columns) NAME(gather_columns)(l, k, columns)
    IN_COLUMNS(STEP);
#undef STEP
    NAME(products_with)(l->hidden, l->targets, l->target_count, l->width, l->rates);
}

/* C = -log p_label of p = softmax(s): g_k = [k = label] - p_k. Exponents are cut off at -EMBED_MAX_EXPONENT. */
static double NAME(softmax_rates)(float *s, int n, int label, float lr) {
    const int floats = (n + LANES - 1) / LANES * LANES;
    float lanes[LANES], most = s[0], total = 0;
    for (int k = n; k < floats; ++k) s[k] = s[0]; /* leaves the largest as it is */
    vf largest = FULL(load)(s);
    for (int k = LANES; k < floats; k += LANES) largest = AT_LEAST(FULL(load)(s + k), largest);
    FULL(store)(lanes, largest);
    for (int k = 0; k < LANES; ++k) most = lanes[k] > most ? lanes[k] : most;
    const double least = (double)s[label] - most;
    const vf zero = (vf){0}, below = FULL(broadcast)(most);
    vf sum = zero;
    for (int k = n; k < floats; ++k) s[k] = -INFINITY;
    for (int k = 0; k < floats; k += LANES) {
        const vf z = FULL(load)(s + k) - below;
        /* a NaN passes the limit, so that it is noticed */
        const vf e = NAME(exponential)(AT_LEAST(z, zero - EMBED_MAX_EXPONENT));
        sum += e;
        FULL(store)(s + k, e);
    }
    FULL(store)(lanes, sum);
    for (int k = 0; k < LANES; ++k) total += lanes[k];
    const vf rate = FULL(broadcast)(-lr / total);
    for (int k = 0; k < floats; k += LANES) FULL(store)(s + k, FULL(load)(s + k) * rate);
    s[label] += lr;
    return log((double)total) - least;
}

/* C = sum_k log(1 + e^s_k), with -s_k for labels: g_k = label_k - sigmoid(s_k). The sign bit of signs[k] is label k. */
static void NAME(sigmoid_rates)(float *s, int n, const float *signs, float lr, embed_loss *loss) {
    const int floats = (n + LANES - 1) / LANES * LANES;
    for (int k = n; k < floats; ++k) s[k] = 0;
    NAME(sigmoids)(s, floats, signs, -1, lr, loss);
    loss->padding += floats - n;
}

/* error = sum_t rates[t] * targets[t], and targets[t] += rates[t] * hidden, column by column. */
INLINE void NAME(learn_columns)(const embed_line *l, int k, const int columns) {
    vf error[EMBED_COLUMNS];
    UNROLL for (int c = 0; c < columns; ++c) error[c] = (vf){0};
    for (int t = 0; t < l->target_count; ++t) {
        float *row = l->targets[t] + k;
        ONE_ADDRESS(row);
        const vf rate = FULL(broadcast)(l->rates[t]);
        UNROLL for (int c = 0; c < columns; ++c) {
            const vf old = FULL(load)(row + c * LANES);
            error[c] += old * rate;
            FULL(store)(row + c * LANES, NAME(plus)(old, FULL(load)(l->hidden + k + c * LANES), rate));
        }
    }
    const vf share = FULL(broadcast)(l->share);
    UNROLL for (int c = 0; c < columns; ++c) error[c] *= share;
    for (int64_t j = 0; j < l->n; ++j) {
        float *row = embed_line_row(l, l->rows[j]) + k;
        ONE_ADDRESS(row);
        const vf weight = FULL(broadcast)(l->weights[j]);
        UNROLL for (int c = 0; c < columns; ++c)
            FULL(store)(row + c * LANES, NAME(plus)(FULL(load)(row + c * LANES), error[c], weight));
    }
}

static void NAME(learn_line)(const embed_line *l) {
    const int width = (l->width + LANES - 1) / LANES * LANES;
#define STEP(columns) NAME(learn_columns)(l, k, columns)
    IN_COLUMNS(STEP);
#undef STEP
}
