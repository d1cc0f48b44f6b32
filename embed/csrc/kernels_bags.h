/* Windows of documents that share their noise, for one instruction set: bags of words and pairs of means (Paragraph
 * Vector, Le & Mikolov 2014). kernels_body.h includes this file. */

/* Vectors of a row that an update with two windows works on at once: their sums and means have to fit in the
 * registers. */
#define PAIR_COLUMNS (REGISTERS / 8)

/* Paragraph Vector's bag of words (Le & Mikolov 2014): windows whose context is the same document x, with the loss
 *   L = sum_i [ -log sigmoid(x . y_i) - sum_j log sigmoid(-x . y_j) ]
 * for the centers i and the noise j of each, without noise that equals the center. Each row of y is scored once and
 * moves once, by the sum of the gradients of its windows. */
static void NAME(bag)(const embed_window *w) {
    const int centers = w->centers, noise = w->negatives, used = centers * (1 + noise);
    const int padded = (used + LANES - 1) / LANES * LANES, width = (w->width + LANES - 1) / LANES * LANES;
    float *line = w->bag, *scores = line + EMBED_LINE, *rates = scores + w->ny + EMBED_LINE;
    float *all = rates + w->ny + EMBED_LINE;
    for (int j = 0; j < w->ny; j += EMBED_GROUP) {
        const int nj = w->ny - j < EMBED_GROUP ? w->ny - j : EMBED_GROUP;
        NAME(score_group)(w->x, 1, w->y + j, nj, w->width, line);
        memcpy(scores + j, line, sizeof(float) * EMBED_GROUP);
    }
    for (int i = 0; i < centers; ++i) {
        const int first = centers + i / w->run * noise;
        float *of_window = all + centers + i * noise;
        all[i] = -scores[i]; /* a label of 1: the sign is flipped here and, for the rate, below */
        for (int j = 0; j < noise; ++j)
            of_window[j] = w->y[i] == w->y[first + j] ? -EMBED_MAX_SCORE : scores[first + j];
    }
    for (int k = used; k < padded; ++k) all[k] = 0;
    NAME(sigmoids)(all, padded, NAME(no_signs), EMBED_LINE - 1, w->lr, w->loss);
    w->loss->padding += padded - used;
    if (w->lr == 0.0f) return;
    for (int j = centers; j < w->ny; ++j) rates[j] = 0;
    for (int i = 0; i < centers; ++i) {
        rates[i] = -all[i];
        for (int j = 0; j < noise; ++j) rates[centers + i / w->run * noise + j] += all[centers + i * noise + j];
    }
    NAME(mean_update)(w->x, 1, w->y, w->ny, width, *w->x, rates, w->ratios, 0, 0);
}

/* line = the scores of x with EMBED_LINE output rows. */
INLINE void NAME(still_line)(const float *x, float *const *y, int width, float *line) {
    const float *rows[EMBED_LINE];
    vf acc[EMBED_LINE];
    UNROLL for (int q = 0; q < EMBED_LINE; ++q) {
        rows[q] = y[q];
        acc[q] = (vf){0};
    }
    for (int k = 0; k < width; k += LANES) {
        const vf in = FULL(load)(x + k);
        UNROLL for (int q = 0; q < EMBED_LINE; ++q) acc[q] += in * FULL(load)(rows[q] + k);
    }
    NAME(reduce_line)(acc, line);
}

/* The same in inference, where each window has rows of noise of its own in y, so that each row has one score and one
 * rate, in the same place. Scores come in whole lines: y has room for a line of more rows. */
static void NAME(still_bag)(const embed_window *w) {
    const int centers = w->centers, noise = w->negatives, used = w->ny;
    const int padded = (used + LANES - 1) / LANES * LANES, width = (w->width + LANES - 1) / LANES * LANES;
    float *s = w->bag;
    for (int k = used; k % EMBED_LINE; ++k) w->y[k] = w->y[0];
    for (int j = 0; j < used; j += EMBED_LINE) NAME(still_line)(*w->x, w->y + j, width, s + j);
    for (int k = used; k < padded; ++k) s[k] = 0;
    for (int i = 0; i < centers; ++i) {
        s[i] = -s[i]; /* as above */
        for (int j = centers + i * noise; j < centers + (i + 1) * noise; ++j)
            if (w->y[i] == w->y[j]) s[j] = -EMBED_MAX_SCORE;
    }
    NAME(sigmoids)(s, padded, NAME(no_signs), EMBED_LINE - 1, w->lr, w->loss);
    w->loss->padding += padded - used;
    if (w->lr == 0.0f) return;
    for (int i = 0; i < centers; ++i) s[i] = -s[i];
    NAME(mean_update)(w->x, 1, w->y, used, width, *w->x, s, w->ratios, 0, 1);
}

/* Update with two windows of means that share the rows y: each row moves once, by the sum of both windows' changes. The
 * first and the second center have a row each. deltas[i] = what the mean of window i moves by, for `columns` vectors of
 * each row from column k; `columns` is a constant once inlined. */
INLINE void NAME(pair_columns)(const embed_window *w, float **centers, const float *center_rates, float **y, int ny,
                               const float *lines, int floats, float *const *deltas, int k, const int inference,
                               const int columns) {
    vf delta[2][PAIR_COLUMNS], h[2][PAIR_COLUMNS];
    UNROLL for (int i = 0; i < 2; ++i) {
        float *row = centers[i] + k;
        const vf rate = FULL(broadcast)(-center_rates[i]);
        UNROLL for (int c = 0; c < columns; ++c) {
            const vf old = FULL(load)(row + c * LANES);
            h[i][c] = FULL(load)(w[i].mean + k + c * LANES);
            delta[i][c] = old * rate;
            if (!inference) FULL(store)(row + c * LANES, NAME(plus)(old, h[i][c], rate));
        }
    }
    for (int j = 0; j < ny; ++j) {
        const float *rates = lines + j / EMBED_GROUP * floats + j % EMBED_GROUP;
        float *row = y[j] + k;
        ONE_ADDRESS(row);
        const vf first = FULL(broadcast)(rates[0]), second = FULL(broadcast)(rates[EMBED_LINE]);
        UNROLL for (int c = 0; c < columns; ++c) {
            vf old = FULL(load)(row + c * LANES);
            if (REGISTERS == 16) IN_REGISTER(old);
            delta[0][c] += old * first;
            delta[1][c] += old * second;
            if (!inference)
                FULL(store)(row + c * LANES, NAME(plus)(NAME(plus)(old, h[0][c], first), h[1][c], second));
        }
    }
    UNROLL for (int i = 0; i < 2; ++i) UNROLL for (int c = 0; c < columns; ++c)
        FULL(store)(deltas[i] + k + c * LANES, delta[i][c]);
}

/* x[i] += ratios[i] delta, for all but the first `still`, for `columns` vectors of each row from column k. */
INLINE void NAME(move_columns)(float **x, int nx, const float *delta, const float *ratios, int still, int k,
                               const int columns) {
    vf moved[EMBED_COLUMNS];
    UNROLL for (int c = 0; c < columns; ++c) moved[c] = FULL(load)(delta + k + c * LANES);
    for (int i = still; i < nx; ++i) {
        float *to = x[i] + k;
        ONE_ADDRESS(to);
        const vf ratio = FULL(broadcast)(ratios[i]);
        UNROLL for (int c = 0; c < columns; ++c)
            FULL(store)(to + c * LANES, NAME(plus)(FULL(load)(to + c * LANES), moved[c], ratio));
    }
}

INLINE void NAME(update_pair)(const embed_window *w, float **centers, const float *center_rates, float **y, int ny,
                              const float *lines, int floats, float *const *deltas, int width, const int inference) {
    int k = 0;
    for (; k + PAIR_COLUMNS * LANES <= width; k += PAIR_COLUMNS * LANES)
        NAME(pair_columns)(w, centers, center_rates, y, ny, lines, floats, deltas, k, inference, PAIR_COLUMNS);
    for (; k < width; k += LANES)
        NAME(pair_columns)(w, centers, center_rates, y, ny, lines, floats, deltas, k, inference, 1);
    for (int i = 0; i < 2; ++i) {
        const int still = inference ? w[i].words : 0;
#define STEP(n) NAME(move_columns)(w[i].x, w[i].nx, deltas[i], w[i].ratios, still, k, n)
        IN_COLUMNS(STEP);
#undef STEP
    }
}

/* Windows of means of which each two in a row share their noise: the same as mean_windows, with the rows in the order
 * of `bag`, in which a row may be several times. */
static void NAME(mean_pairs)(const embed_window *w, int n) {
    const int noise = w->negatives, floats = 2 * EMBED_LINE, groups = (int)embed_groups(noise);
    const int of_pair = groups * floats, pairs = (n + 1) / 2, width = (w->width + LANES - 1) / LANES * LANES;
    float *centers = w->bag, *scores = centers + floats;
    const int all = floats + pairs * of_pair;
    vf partial[EMBED_LINE];
    UNROLL for (int j = 0; j < EMBED_LINE; ++j) partial[j] = (vf){0};
    for (int i = 0; i < n; ++i) {
#define STEP(count) \
    NAME(mean_columns)(w[i].x, w[i].nx, w[i].scale, w->y + i, 1, w[i].mean, partial + i, k, count)
        IN_COLUMNS(STEP);
#undef STEP
    }
    NAME(reduce_line)(partial, centers);
    for (int k = 0; k < EMBED_LINE; ++k) {
        centers[k] = -centers[k]; /* a label of 1: the sign is flipped here and, for the rate, in the update */
        centers[EMBED_LINE + k] = 0;
    }
    for (int i = 0; i < n; i += 2) {
        float *means[2] = {w[i].mean, w[i + 1 < n ? i + 1 : i].mean};
        float **rows = w->y + n + i / 2 * noise, *lines = scores + i / 2 * of_pair;
        const int members = i + 1 < n ? 2 : 1;
        for (int j = 0; j < noise; j += EMBED_GROUP) {
            const int nj = noise - j < EMBED_GROUP ? noise - j : EMBED_GROUP;
            float *line = lines + j / EMBED_GROUP * floats;
            NAME(score_group)(means, members, rows + j, nj, w->width, line);
            for (int k = members * EMBED_LINE; k < floats; ++k) line[k] = 0;
        }
        for (int j = 0; j < noise; ++j) /* noise that equals the center is left out */
            for (int m = 0; m < members; ++m)
                if (rows[j] == w->y[i + m])
                    lines[j / EMBED_GROUP * floats + m * EMBED_LINE + j % EMBED_GROUP] = -EMBED_MAX_SCORE;
    }
    NAME(sigmoids)(centers, all, NAME(no_signs), EMBED_LINE - 1, w->lr, w->loss);
    w->loss->padding += all - n * (1 + noise);
    if (w->lr == 0.0f) return;
    float *deltas[2] = {w->copy, w->copy + width};
    for (int i = 0; i < n; i += 2) {
        float **rows = w->y + n + i / 2 * noise, *lines = scores + i / 2 * of_pair;
        if (i + 1 < n) {
            if (w->inference)
                NAME(update_pair)(w + i, w->y + i, centers + i, rows, noise, lines, floats, deltas, width, 1);
            else
                NAME(update_pair)(w + i, w->y + i, centers + i, rows, noise, lines, floats, deltas, width, 0);
            continue;
        }
        const embed_window *last = w + i;
        const int still = w->inference ? last->words : 0;
        const float rate = -centers[i];
        for (int j = -1; j < noise; j = j < 0 ? 0 : j + EMBED_GROUP) {
            const int nj = j < 0 ? 1 : noise - j < EMBED_GROUP ? noise - j : EMBED_GROUP;
            NAME(mean_update)(last->x, last->nx, j < 0 ? w->y + i : rows + j, nj, width, last->mean,
                              j < 0 ? &rate : lines + j / EMBED_GROUP * floats, last->ratios, still, w->inference);
        }
    }
}

#undef PAIR_COLUMNS
