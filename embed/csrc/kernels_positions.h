/* Position-dependent weighting of the context (Mikolov et al. 2018, arXiv:1712.09405, section 2.2):
 *   h = 1/nx sum_i d_i * x_i, element by element; d_i are the weights of the position of x_i in its window, and 1 for a
 *   document.
 * With e = -dL/dh:  -dL/dx_i = d_i * e / nx,  -dL/dd_i = x_i * e / nx. Part of kernels_body.h. All products are element
 * by element, so a few columns are computed for all rows at a time; their number is a constant once inlined. */

INLINE void NAME(weighted_mean_columns)(const embed_window *w, int k, const int columns) {
    vf sum[4];
    UNROLL for (int c = 0; c < columns; ++c) sum[c] = (vf){0};
    for (int i = 0; i < w->words; ++i) {
        const float *x = w->x[i] + k, *d = w->weights[i] + k;
        UNROLL for (int c = 0; c < columns; ++c) sum[c] += FULL(load)(x + c * LANES) * FULL(load)(d + c * LANES);
    }
    for (int i = w->words; i < w->nx; ++i)
        UNROLL for (int c = 0; c < columns; ++c) sum[c] += FULL(load)(w->x[i] + k + c * LANES);
    UNROLL for (int c = 0; c < columns; ++c) FULL(store)(w->mean + k + c * LANES, sum[c] * w->scale);
}

/* w->mean = h. */
INLINE void NAME(weighted_mean)(const embed_window *w) {
    int k = 0;
    for (; k + 4 * LANES <= w->width; k += 4 * LANES) NAME(weighted_mean_columns)(w, k, 4);
    for (; k < w->width; k += LANES) NAME(weighted_mean_columns)(w, k, 1);
}

INLINE void NAME(weighted_update_columns)(const embed_window *w, const float *g, int k, const int columns) {
    vf e[4];
    UNROLL for (int c = 0; c < columns; ++c) e[c] = (vf){0};
    for (int j = 0; j < w->unique; ++j) {
        const vf rate = FULL(broadcast)(g[j]);
        float *row = w->y[j] + k;
        UNROLL for (int c = 0; c < columns; ++c) {
            const vf old = FULL(load)(row + c * LANES);
            e[c] += old * rate;
            if (!w->inference) FULL(store)(row + c * LANES, NAME(plus)(old, FULL(load)(w->mean + k + c * LANES), rate));
        }
    }
    const vf weight_ratio = FULL(broadcast)(w->weight_ratio);
    for (int i = w->words; i < w->nx; ++i) {
        float *x = w->x[i] + k;
        const vf ratio = FULL(broadcast)(w->ratios[i]);
        UNROLL for (int c = 0; c < columns; ++c)
            FULL(store)(x + c * LANES, NAME(plus)(FULL(load)(x + c * LANES), e[c], ratio));
    }
    for (int i = 0; i < w->words && !w->inference; ++i) {
        float *x = w->x[i] + k, *d = w->weights[i] + k;
        const vf ratio = FULL(broadcast)(w->ratios[i]);
        UNROLL for (int c = 0; c < columns; ++c) {
            const vf old_x = FULL(load)(x + c * LANES), old_d = FULL(load)(d + c * LANES);
            FULL(store)(x + c * LANES, NAME(plus)(old_x, old_d * e[c], ratio));
            FULL(store)(d + c * LANES, NAME(plus)(old_d, old_x * e[c], weight_ratio));
        }
    }
}

/* y[j] += g[j] h; with e = sum_j g[j] y[j] over the old output rows, x[i] += ratios[i] d[i] * e and d[i] +=
 * weight_ratio x[i] * e, both with the old values. */
INLINE void NAME(weighted_update)(const embed_window *w, const float *g) {
    int k = 0;
    for (; k + 4 * LANES <= w->width; k += 4 * LANES) NAME(weighted_update_columns)(w, g, k, 4);
    for (; k < w->width; k += LANES) NAME(weighted_update_columns)(w, g, k, 1);
}
