/* Position-dependent weighting of the context (Mikolov et al. 2018, arXiv:1712.09405, section 2.2):
 *   h = 1/nx sum_i d_i * x_i, element by element, d_i the weights of the place that x_i has in its window.
 * With e = -dL/dh:  -dL/dx_i = d_i * e / nx,  -dL/dd_i = x_i * e / nx.
 * Part of kernels_body.h; every product is one of elements, so a column can be done from its scores to its update. */

/* w->mean = h. */
INLINE void NAME(weighted_mean)(const embed_window *w) {
    const float weight = 1.0f / (float)w->nx;
    for (int k = 0; k < w->width; k += LANES) {
        vf even = FULL(load)(w->x[0] + k) * FULL(load)(w->weights[0] + k), odd = (vf){0};
        int i = 1;
        for (; i + 1 < w->nx; i += 2) {
            odd += FULL(load)(w->x[i] + k) * FULL(load)(w->weights[i] + k);
            even += FULL(load)(w->x[i + 1] + k) * FULL(load)(w->weights[i + 1] + k);
        }
        if (i < w->nx) odd += FULL(load)(w->x[i] + k) * FULL(load)(w->weights[i] + k);
        FULL(store)(w->mean + k, (even + odd) * weight);
    }
}

/* y[j] += g[j] h; with e = sum_j g[j] y[j] over all output rows as they were, x[i] += ratios[i] d[i] * e and
 * d[i] += weight_ratio x[i] * e, both from the old values. `line` is the first of the window's, the others follow every
 * `floats` floats. */
INLINE void NAME(weighted_update)(const embed_window *w, const float *line, int floats) {
    for (int k = 0; k < w->width; k += LANES) {
        const vf mean = FULL(load)(w->mean + k);
        vf e = (vf){0};
        for (int j = 0; j < w->unique; ++j) {
            const float rate = line[j / EMBED_GROUP * floats + j % EMBED_GROUP];
            const vf old = FULL(load)(w->y[j] + k);
            e += old * rate;
            FULL(store)(w->y[j] + k, old + mean * rate);
        }
        const vf step = e * w->weight_ratio;
        for (int i = 0; i < w->nx; ++i) {
            const vf x = FULL(load)(w->x[i] + k), d = FULL(load)(w->weights[i] + k);
            FULL(store)(w->x[i] + k, x + d * e * w->ratios[i]);
            FULL(store)(w->weights[i] + k, d + x * step);
        }
    }
}
