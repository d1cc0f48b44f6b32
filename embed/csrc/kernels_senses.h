/* The senses of words (Grzegorczyk & Kurdziel 2018), for one instruction set; kernels_body.h includes this file.
 *
 * A position of a word with senses has the context c, the direction of the sum of the context rows around it, in which
 * a row at the distance t counts 1 / t; and the vector
 *   h = v + sum_k p_k d_k,  p = softmax(z),  z_k = U_k . c,
 * of the vector v of the word, a row d_k and a selector U_k for each sense. With e = -dL/dh,
 *   -dL/dv = e,  -dL/dd_k = p_k e.
 * The selectors learn from the posterior q = softmax(z + s), s_k = d_k . Y, with the same sum Y of output rows: up to
 * noise, s_k is how much better sense k predicts these words than the word alone does. For C = -sum_k q_k log p_k,
 *   -dC/dU_k = (q_k - p_k) c.
 * So p is what the context says before it is known how well each sense predicts, and q after (the expectation step of a
 * mixture of experts, Jordan & Jacobs 1994). */

/* sum += weight * row. */
INLINE void NAME(add_weighted)(float *sum, const float *row, float weight, int width) {
    const vf all = FULL(broadcast)(weight);
    for (int k = 0; k < width; k += LANES) FULL(store)(sum + k, FULL(load)(sum + k) + FULL(load)(row + k) * all);
}

INLINE float NAME(dot)(const float *a, const float *b, int width) {
    vf sum = (vf){0};
    float lanes[LANES], total = 0;
    for (int k = 0; k < width; k += LANES) sum += FULL(load)(a + k) * FULL(load)(b + k);
    FULL(store)(lanes, sum);
    for (int k = 0; k < LANES; ++k) total += lanes[k];
    return total;
}

/* sum = the sum of weights[j] * rows[j] for j < n, for `columns` vectors of each row from column k, a constant once
 * inlined. */
INLINE void NAME(sum_columns)(float **rows, const float *weights, int n, float *sum, int k, const int columns) {
    vf total[EMBED_COLUMNS];
    UNROLL for (int c = 0; c < columns; ++c) total[c] = (vf){0};
    for (int j = 0; j < n; ++j) {
        const float *row = rows[j] + k;
        ONE_ADDRESS(row);
        const vf weight = FULL(broadcast)(weights[j]);
        UNROLL for (int c = 0; c < columns; ++c) total[c] += FULL(load)(row + c * LANES) * weight;
    }
    UNROLL for (int c = 0; c < columns; ++c) FULL(store)(sum + k + c * LANES, total[c]);
}

INLINE void NAME(weighted_sum)(float **rows, const float *weights, int n, int width, float *sum) {
#define STEP(columns) NAME(sum_columns)(rows, weights, n, sum, k, columns)
    IN_COLUMNS(STEP);
#undef STEP
}

static void NAME(surroundings)(const embed_surroundings *s) {
    for (int i = 0; i < s->chosen; ++i) {
        const int position = s->positions[i];
        float *context = s->contexts + i * s->width;
        int n = 0;
        for (int t = 1; t <= s->reach; ++t) {
            if (position >= t) s->near[n] = s->rows[position - t], s->near_weights[n++] = 1.0f / (float)t;
            if (position + t < s->n) s->near[n] = s->rows[position + t], s->near_weights[n++] = 1.0f / (float)t;
        }
        NAME(weighted_sum)(s->near, s->near_weights, n, s->width, context);
        if (!s->normalizes) continue;
        const float squares = NAME(dot)(context, context, s->width);
        const vf scale = FULL(broadcast)(squares > 0 ? 1.0f / sqrtf(squares) : 0.0f);
        for (int k = 0; k < s->width; k += LANES) FULL(store)(context + k, FULL(load)(context + k) * scale);
    }
}

/* products[k] = x . rows[k] for k < n; there is room for EMBED_LINE - 1 more, which are overwritten. */
INLINE void NAME(products_with)(float *x, float **rows, int n, int width, float *products) {
    for (int k = 0; k < n; k += EMBED_GROUP)
        NAME(score_group)(&x, 1, rows + k, n - k < EMBED_GROUP ? n - k : EMBED_GROUP, width, products + k);
}

/* p = softmax(z); they may be the same. */
INLINE void NAME(softmax)(const float *z, int n, float *p) {
    float most = z[0], sum = 0;
    for (int k = 1; k < n; ++k) most = z[k] > most ? z[k] : most;
    for (int k = 0; k < n; ++k) sum += p[k] = expf(z[k] - most);
    for (int k = 0; k < n; ++k) p[k] /= sum;
}

static void NAME(mix)(const embed_mixture *m) {
    float z[EMBED_MOST_SENSES + EMBED_LINE], s[EMBED_MOST_SENSES + EMBED_LINE];
    NAME(products_with)(m->context, m->selectors, m->n, m->width, z);
    NAME(products_with)(m->around, m->senses, m->n, m->width, s);
    NAME(softmax)(z, m->n, m->p);
    for (int k = 0; k < m->n; ++k) z[k] += s[k];
    NAME(softmax)(z, m->n, m->surplus);
    for (int k = 0; k < m->n; ++k) m->surplus[k] -= m->p[k];
    /* the word itself counts 1; its row is before those of its senses */
    m->p[-1] = 1;
    NAME(weighted_sum)(m->senses - 1, m->p - 1, m->n + 1, (m->width + LANES - 1) / LANES * LANES, m->now);
    memcpy(m->before, m->now, sizeof(float) * (size_t)m->width);
}

static void NAME(unmix)(const embed_mixture *m) {
    for (int k = 0; k < m->width; k += LANES) {
        const vf moved = FULL(load)(m->now + k) - FULL(load)(m->before + k);
        FULL(store)(m->before + k, moved);
        FULL(store)(m->word + k, FULL(load)(m->word + k) + moved);
    }
    for (int k = 0; k < m->n; ++k) {
        NAME(add_weighted)(m->senses[k], m->before, m->rate * m->p[k], m->width);
        NAME(add_weighted)(m->selectors[k], m->context, m->selector_rate * m->surplus[k], m->width);
    }
}
