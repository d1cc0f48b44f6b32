/* Codes of documents (Grzegorczyk & Kurdziel 2017), for one instruction set; kernels_body.h includes this file.
 *
 * Forward c = size * sign(u), backward as if c were smooth (Krizhevsky & Hinton 2011): dL/du = dL/dc * size / q(u), where
 * q is the expansion of cosh(u)^2 up to u^6, so that c is close to size * tanh(u) where its derivative is not small.
 *
 * Either u is the vector x of a document (Binary Paragraph Vector), or the projection u = P x, with a row of P for each
 * bit (Real-Binary Paragraph Vector). With e = -dL/du,
 *   -dL/dx = P^T e,  -dL/dP = e x^T. */

INLINE vf NAME(code_of)(vf u, vf size) {
    const vf zero = (vf){0}, negative = CHOOSE(u < zero, zero - size, zero);
    return CHOOSE(u > zero, size, negative);
}

static void NAME(encode)(const float *row, float *code, float size, int width) {
    const vf all = FULL(broadcast)(size);
    for (int k = 0; k < width; k += LANES) FULL(store)(code + k, NAME(code_of)(FULL(load)(row + k), all));
}

static void NAME(train_code)(float *row, float *code, float size, int width) {
    const vf all = FULL(broadcast)(size);
    for (int k = 0; k < width; k += LANES) {
        vf u = FULL(load)(row + k);
        const vf s = u * u, q = ((s * (2.0f / 45) + 1.0f / 3) * s + 1.0f) * s + 1.0f;
        u += (FULL(load)(code + k) - NAME(code_of)(u, all)) * all / q;
        FULL(store)(row + k, u);
        FULL(store)(code + k, NAME(code_of)(u, all));
    }
}

static void NAME(project)(const embed_projection *p) {
    NAME(products_with)(p->x, p->rows, p->bits, p->width, p->now);
    memcpy(p->before, p->now, sizeof(float) * (size_t)p->bits);
}

static void NAME(unproject)(const embed_projection *p) {
    for (int b = 0; b < p->bits; ++b) p->before[b] = p->now[b] - p->before[b];
    NAME(weighted_sum)(p->rows, p->before, p->bits, (p->width + LANES - 1) / LANES * LANES, p->change);
    for (int b = 0; p->rate != 0.0f && b < p->bits; ++b)
        NAME(add_weighted)(p->rows[b], p->x, p->rate * p->before[b], p->width);
    for (int k = 0; k < p->width; k += LANES)
        FULL(store)(p->x + k, FULL(load)(p->x + k) + FULL(load)(p->change + k));
}
