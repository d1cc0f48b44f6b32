/* The nearest of some centroids for points of few numbers, for one instruction set; kernels_body.h includes this file.
 *
 * A lane has one point, so that no sum crosses lanes, and a step has EMBED_NEAR_VECTORS of them, which share the numbers
 * of each centroid and hide the time of the comparison. */

/* The step for points of `known` numbers, a constant once inlined, or of `dim` numbers. */
INLINE void NAME(nearest_step)(const float *points, int64_t stride, const float *centroids, int k, const int known,
                               int dim, float *numbers) {
    vf least[EMBED_NEAR_VECTORS], which[EMBED_NEAR_VECTORS];
    UNROLL for (int v = 0; v < EMBED_NEAR_VECTORS; ++v) {
        least[v] = FULL(broadcast)(INFINITY);
        which[v] = (vf){0};
    }
    for (int c = 0; c < k; ++c, centroids += dim) {
        vf far[EMBED_NEAR_VECTORS];
        UNROLL for (int v = 0; v < EMBED_NEAR_VECTORS; ++v) far[v] = (vf){0};
        for (int d = 0; d < (known ? known : dim); ++d) {
            const vf of_centroid = FULL(broadcast)(centroids[d]);
            UNROLL for (int v = 0; v < EMBED_NEAR_VECTORS; ++v) {
                const vf apart = FULL(load)(points + d * stride + v * LANES) - of_centroid;
                far[v] += apart * apart;
            }
        }
        const vf number = FULL(broadcast)((float)c);
        UNROLL for (int v = 0; v < EMBED_NEAR_VECTORS; ++v) {
            which[v] = CHOOSE(far[v] < least[v], number, which[v]);
            least[v] = AT_MOST(far[v], least[v]);
        }
    }
    UNROLL for (int v = 0; v < EMBED_NEAR_VECTORS; ++v) FULL(store)(numbers + v * LANES, which[v]);
}

static void NAME(nearest)(const float *points, int64_t stride, int64_t n, const float *centroids, int k, int dim,
                          uint8_t *codes) {
    enum { STEP_POINTS = EMBED_NEAR_VECTORS * LANES };
    float numbers[STEP_POINTS];
    for (int64_t i = 0; i < n; i += STEP_POINTS) {
        if (dim == 1) NAME(nearest_step)(points + i, stride, centroids, k, 1, 1, numbers);
        else if (dim == 2) NAME(nearest_step)(points + i, stride, centroids, k, 2, 2, numbers);
        else NAME(nearest_step)(points + i, stride, centroids, k, 0, dim, numbers);
        for (int p = 0; p < STEP_POINTS; ++p) codes[i + p] = (uint8_t)numbers[p];
    }
}
