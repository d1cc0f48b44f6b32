/* Windows of documents that share their noise, for one instruction set: bags of words and pairs of means (Paragraph
 * Vector, Le & Mikolov 2014). kernels_body.h includes this file. */

/* Vectors of a row that an update with two windows works on at once: their sums and means have to fit in the
 * registers. */
#define PAIR_COLUMNS (REGISTERS / 8)
/* Rows of the next block that are fetched between two steps of a batch of windows. */
#define FETCHED 2

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

/* Where the line of a window of a pair has the score of its center: in the last place, which no noise has. */
#define CENTER (EMBED_LINE - 1)

/* Signs of two such lines: the last score of each has label 1. */
static const float NAME(center_signs)[2 * EMBED_LINE] = {[CENTER] = -0.0f, [EMBED_LINE + CENTER] = -0.0f};

/* The contexts of a window of a pair are its documents, and the `words` positions from x[0] on but x[center]. */
INLINE int NAME(context)(const embed_window *w, int i) { return i + (i >= w->center); }

/* mean = scale times the sum of the contexts, for `columns` vectors from column k. */
INLINE void NAME(context_mean)(const embed_window *w, int k, const int columns) {
    vf sum[EMBED_COLUMNS];
    UNROLL for (int c = 0; c < columns; ++c) sum[c] = (vf){0};
    for (int t = 0; t < w->tags; ++t) {
        const float *from = w->documents[t] + k;
        ONE_ADDRESS(from);
        UNROLL for (int c = 0; c < columns; ++c) sum[c] += FULL(load)(from + c * LANES);
    }
    for (int i = 0; i < w->words; ++i) {
        const float *from = w->x[NAME(context)(w, i)] + k;
        ONE_ADDRESS(from);
        UNROLL for (int c = 0; c < columns; ++c) sum[c] += FULL(load)(from + c * LANES);
    }
    float *mean = w->mean + k;
    ONE_ADDRESS(mean);
    UNROLL for (int c = 0; c < columns; ++c) FULL(store)(mean + c * LANES, sum[c] * w->scale);
}

/* row += moved, or ratio times that where contexts have ratios, for `columns` vectors. */
INLINE void NAME(move_row)(float *row, const vf *moved, const float *ratio, const int columns) {
    ONE_ADDRESS(row);
    if (ratio) {
        const vf factor = FULL(broadcast)(*ratio);
        UNROLL for (int c = 0; c < columns; ++c)
            FULL(store)(row + c * LANES, NAME(plus)(FULL(load)(row + c * LANES), moved[c], factor));
    } else {
        UNROLL for (int c = 0; c < columns; ++c) FULL(store)(row + c * LANES, FULL(load)(row + c * LANES) + moved[c]);
    }
}

/* Move the documents and, but in inference, the other contexts by `step` times delta, for `columns` vectors from column
 * k. `has_ratios` is a constant once inlined. */
INLINE void NAME(move_contexts)(const embed_window *w, const float *delta, int k, const int has_ratios,
                                const int columns) {
    vf moved[EMBED_COLUMNS];
    UNROLL for (int c = 0; c < columns; ++c) moved[c] = FULL(load)(delta + k + c * LANES) * w->step;
    for (int t = 0; t < w->tags; ++t)
        NAME(move_row)(w->documents[t] + k, moved, has_ratios ? w->document_ratios + t : 0, columns);
    const int words = w->inference ? 0 : w->words;
    for (int i = 0; i < words; ++i) {
        const int at = NAME(context)(w, i);
        NAME(move_row)(w->x[at] + k, moved, has_ratios ? w->word_ratios + at : 0, columns);
    }
}

/* lines = the scores of two means with ny rows of noise and, if they are the first, with the center of each. */
INLINE void NAME(pair_lines)(float *const *means, float *const *centers, float **y, int width, int is_first,
                             float *lines, const int ny) {
    const float *rows[EMBED_GROUP], *h[2], *own[2];
    vf acc[2][EMBED_LINE];
    UNROLL for (int j = 0; j < ny; ++j) rows[j] = y[j];
    UNROLL for (int i = 0; i < 2; ++i) {
        h[i] = means[i];
        own[i] = centers[i];
        UNROLL for (int j = 0; j < EMBED_LINE; ++j) acc[i][j] = (vf){0};
    }
    for (int k = 0; k < width; k += LANES) {
        const vf first = FULL(load)(h[0] + k), second = FULL(load)(h[1] + k);
        UNROLL for (int j = 0; j < ny; ++j) {
            vf row = FULL(load)(rows[j] + k);
            IN_REGISTER(row);
            acc[0][j] += first * row;
            acc[1][j] += second * row;
        }
        acc[0][CENTER] += first * FULL(load)(own[0] + k);
        acc[1][CENTER] += second * FULL(load)(own[1] + k);
    }
    if (!is_first) acc[0][CENTER] = acc[1][CENTER] = (vf){0};
    NAME(reduce_pair)(acc[0], acc[1], lines);
}

/* Compute the lines of a pair, two for each group of rows of noise. */
INLINE void NAME(score_pair)(float *const *means, float *const *centers, float **y, int noise, int width,
                             float *lines) {
    for (int j = 0; j < noise; j += EMBED_GROUP, lines += 2 * EMBED_LINE) {
        const int left = noise - j;
        switch (left < EMBED_GROUP ? left : EMBED_GROUP) {
#define CASE(n) \
    case n: NAME(pair_lines)(means, centers, y + j, width, j == 0, lines, n); break;
            CASE(1)
            CASE(2)
            CASE(3)
            CASE(4)
            CASE(5)
            CASE(6)
#undef CASE
        }
    }
}

/* Update with two windows of means that share the rows y: each row moves once, by the sum of both windows' changes. The
 * first and the second center have a row each. deltas[i] = what the mean of window i moves by, for `columns` vectors of
 * each row from column k; `columns` is a constant once inlined. */
INLINE void NAME(pair_columns)(float *const *means, float *const *centers, float **y, int noise, const float *lines,
                               float *const *deltas, int k, const int inference, const int columns) {
    vf delta[2][PAIR_COLUMNS], h[2][PAIR_COLUMNS];
    UNROLL for (int i = 0; i < 2; ++i) {
        const float *mean = means[i] + k;
        float *row = centers[i] + k;
        ONE_ADDRESS(mean);
        ONE_ADDRESS(row);
        const vf rate = FULL(broadcast)(lines[i * EMBED_LINE + CENTER]);
        UNROLL for (int c = 0; c < columns; ++c) {
            const vf old = FULL(load)(row + c * LANES);
            h[i][c] = FULL(load)(mean + c * LANES);
            delta[i][c] = old * rate;
            if (!inference) FULL(store)(row + c * LANES, NAME(plus)(old, h[i][c], rate));
        }
    }
    for (int g = 0; g < noise; g += EMBED_GROUP, lines += 2 * EMBED_LINE) {
        const int left = noise - g, rows = left < EMBED_GROUP ? left : EMBED_GROUP;
        for (int j = 0; j < rows; ++j) {
            float *row = y[g + j] + k;
            ONE_ADDRESS(row);
            const vf first = FULL(broadcast)(lines[j]), second = FULL(broadcast)(lines[EMBED_LINE + j]);
            UNROLL for (int c = 0; c < columns; ++c) {
                vf old = FULL(load)(row + c * LANES);
                IN_REGISTER(old);
                delta[0][c] += old * first;
                delta[1][c] += old * second;
                if (!inference)
                    FULL(store)(row + c * LANES, NAME(plus)(NAME(plus)(old, h[0][c], first), h[1][c], second));
            }
        }
    }
    UNROLL for (int i = 0; i < 2; ++i) {
        float *to = deltas[i] + k;
        ONE_ADDRESS(to);
        UNROLL for (int c = 0; c < columns; ++c) FULL(store)(to + c * LANES, delta[i][c]);
    }
}

INLINE void NAME(update_pair)(float *const *means, float *const *centers, float **y, int noise, const float *lines,
                              float *const *deltas, int width, const int inference) {
#define STEP(columns) NAME(pair_columns)(means, centers, y, noise, lines, deltas, k, inference, columns)
    int k = 0;
    for (; k + PAIR_COLUMNS * LANES <= width; k += PAIR_COLUMNS * LANES) STEP(PAIR_COLUMNS);
    switch ((width - k) / LANES) {
        case 1: STEP(1); break;
#if PAIR_COLUMNS == 4
        case 2: STEP(2); break;
        case 3: STEP(3); break;
#endif
    }
#undef STEP
}

/* Fetch so many more rows of the next block, a few at a time (see fetch_columns); return how many are left. */
INLINE int NAME(fetch_rows)(const embed_window *w, int left, int count) {
    for (; count > 0 && left > 0; --count, --left) embed_prefetch_early(w->early[w->early_count - left], w->width);
    return left;
}

/* Windows of means of which each two in a row share their noise: the same as mean_windows, with the rows in the order
 * of `bag`, in which a row may be several times. If a window is left over, it is paired with one whose mean is zero,
 * which moves nothing. */
static void NAME(mean_pairs)(const embed_window *w, int n) {
    const int noise = w->negatives, of_pair = (int)embed_groups(noise) * 2 * EMBED_LINE, all = (n + 1) / 2 * of_pair;
    const int width = (w->width + LANES - 1) / LANES * LANES;
    int left = w->early_count;
    float *scores = w->bag, *deltas[2] = {w->copy, w->copy + width}, *means[EMBED_BATCH];
    for (int i = 0; i < EMBED_BATCH; ++i) means[i] = w[i].mean;
    for (int i = 0; i < n; ++i) {
#define STEP(columns) NAME(context_mean)(w + i, k, columns)
        IN_COLUMNS(STEP);
#undef STEP
        left = NAME(fetch_rows)(w, left, FETCHED);
    }
    if (n % 2) memset(means[n], 0, sizeof(float) * (size_t)width);
    for (int i = 0; i < n; i += 2) {
        float **y = w->y + n + i / 2 * noise, *lines = scores + i / 2 * of_pair;
        NAME(score_pair)(means + i, w->y + i, y, noise, width, lines);
        left = NAME(fetch_rows)(w, left, FETCHED);
        for (int m = 0; m < 2 && i + m < n; ++m) /* noise that equals the center is left out */
            for (int j = 0; j < noise; ++j)
                if (y[j] == w->y[i + m])
                    lines[(j / EMBED_GROUP * 2 + m) * EMBED_LINE + j % EMBED_GROUP] = -EMBED_MAX_SCORE;
    }
    NAME(sigmoids)(scores, all, NAME(center_signs), 2 * EMBED_LINE - 1, w->lr, w->loss);
    w->loss->padding += all - n * (1 + noise);
    if (w->lr == 0.0f) return;
    for (int i = 0; i < n; i += 2) {
        float **y = w->y + n + i / 2 * noise, *lines = scores + i / 2 * of_pair;
        if (w->inference)
            NAME(update_pair)(means + i, w->y + i, y, noise, lines, deltas, width, 1);
        else
            NAME(update_pair)(means + i, w->y + i, y, noise, lines, deltas, width, 0);
        left = NAME(fetch_rows)(w, left, FETCHED);
        for (int m = 0; m < 2 && i + m < n; ++m) {
#define STEP(columns) NAME(move_contexts)(w + i + m, deltas[m], k, 1, columns)
#define EVEN_STEP(columns) NAME(move_contexts)(w + i + m, deltas[m], k, 0, columns)
            if (w->word_ratios)
                IN_COLUMNS(STEP);
            else
                IN_COLUMNS(EVEN_STEP);
#undef STEP
#undef EVEN_STEP
            left = NAME(fetch_rows)(w, left, FETCHED);
        }
    }
    NAME(fetch_rows)(w, left, left);
}

#undef CENTER
#undef PAIR_COLUMNS
#undef FETCHED
