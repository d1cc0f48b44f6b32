/* The arithmetic of training: dense single-precision kernels over rows of one width.
 *
 * The body (kernels_body.h) is written once in C with vector extensions, and kernels.c compiles it for several
 * instruction sets. Callers choose one table of functions when they start. A call does a whole window or position, so
 * that the indirect call costs nothing.
 *
 * The kernels work on `width` floats of a row: dim rounded up to half a vector or a whole one. Rows are `stride` floats
 * apart, a multiple of EMBED_ROW_FLOATS. The floats past dim are zero and stay zero, because every update is a linear
 * combination of rows.
 */
#ifndef EMBED_KERNELS_H
#define EMBED_KERNELS_H

#include <math.h>
#include <stdint.h>

/* Rows are padded to 64 bytes: one cache line, one widest vector. */
#define EMBED_ROW_FLOATS 16

/* Scores are cut off at +-EMBED_MAX_SCORE, where the sigmoid is 0 or 1 to single precision. */
#define EMBED_MAX_SCORE 30.0f

/* Largest exponent of the exponential: e^-87 is a normal number, and nothing beside e^0. */
#define EMBED_MAX_EXPONENT 87.0f

/* The output rows of a group, whose old and new values fit in the registers. */
#define EMBED_GROUP 6

/* The floats of a line, the scores of an input vector with a group; the last ones are padding. */
#define EMBED_LINE 8

/* The rows of the next block that a window of skip-gram fetches while it updates its own. */
#define EMBED_EARLY 3

/* The windows of CBOW that are scored together, and those of an inferred document, whose rows do not move. */
#define EMBED_BATCH 4
#define EMBED_STILL_BATCH 8

/* The sum of log(1 + e^s) over many scores s, as a product of 1 + e^s in each lane: mantissa * 2^exponent. */
typedef struct {
    float mantissas[EMBED_ROW_FLOATS];
    int32_t exponents[EMBED_ROW_FLOATS];
    float poison[EMBED_ROW_FLOATS]; /* 0, or NaN once a score was */
    int64_t padding;                /* padded scores of 0, which add exactly log 2 each */
} embed_loss;

/* One window: nx input vectors, or their mean (or sum), meet ny output rows. A noise word that is drawn twice is in y
 * twice, the second time after the `unique` distinct rows; folds[d] is the index of the first. */
typedef struct {
    float **x;            /* [nx] -> [width] input vectors, updated in place */
    float **y;            /* [ny] -> [width] output rows, updated in place */
    int32_t *folds;       /* [ny - unique] */
    uint8_t *labels;      /* [ny, readable EMBED_LINE bytes on], or NULL: 1 for y[0], and 0 for the other rows */
    float *signs;         /* scratch [embed_group_floats(EMBED_BATCH)] */
    float **weights;      /* [words] -> [width] position weights, updated in place, for weighted_windows */
    float *ratios;        /* [nx] learning rate of each input over lr */
    float *scores;        /* scratch [groups, embed_group_floats(nx)] */
    float *rates_x;       /* scratch [nx, EMBED_LINE] */
    float **copies;       /* scratch [nx], pointers into `copy` */
    float *copy;          /* scratch [nx, width], for windows with more than one group */
    float *kept;          /* scratch [nx, EMBED_ROW_FLOATS], old columns of x, for sets of 16 registers */
    float *mean;          /* scratch [width, rounded up to a whole vector] */
    float *bag;           /* scratch [embed_bag_floats(ny)], for a bag, pairs, or the rates of more than a group */
    embed_loss *loss;     /* the negative log-likelihood is added to it */
    const float **early;  /* [early_count, for `window` EMBED_EARLY] -> [width] rows of the next block, or NULL */
    int nx, ny, unique;
    int centers;   /* in a bag: the first rows of y; noise follows, `negatives` rows for each `run` centers in a row */
    int run, negatives;
    int words;     /* the first inputs: the other ones are documents, which have no position weights */
    int inference; /* only documents move, neither words nor output rows; not in `window` */
    int width;
    /* In mean_pairs, the contexts are the `words` positions from x[0] on but x[center], and the documents. */
    int center, tags;
    float **documents;            /* [tags] -> [width], updated in place */
    const float *word_ratios;     /* [words + 1] learning rate of each position over lr * step; NULL if all are 1 */
    const float *document_ratios; /* [tags], unless word_ratios is NULL */
    float step;                   /* learning rate of the contexts over lr */
    int early_count;
    float scale;        /* the factor of the sum of the x: 1 / nx for their mean */
    float weight_ratio; /* learning rate of the weights over lr */
    float lr; /* learning rate of the output rows; 0 scores without updates */
} embed_window;

/* Return the number of groups of ny output rows. */
static inline int64_t embed_groups(int64_t ny) { return (ny + EMBED_GROUP - 1) / EMBED_GROUP; }

/* Return the floats of the lines of nx inputs: an even number of lines, so that vectors are whole. */
static inline int embed_group_floats(int nx) { return (nx + 1) / 2 * 2 * EMBED_LINE; }

/* Return the scratch that a bag of ny rows needs: a line, two floats for each row, padded, and the scores of all
 * windows, which are (ny + 1) / 2 squared at most. */
static inline int64_t embed_bag_floats(int64_t ny) {
    return EMBED_LINE + 2 * (ny + EMBED_LINE) + (ny + 1) * (ny + 1) / 4 + EMBED_ROW_FLOATS;
}

/* Return the room that n scores of a line need: whole vectors, and the padding of their last group. */
static inline int64_t embed_rates_floats(int64_t n) { return n + EMBED_ROW_FLOATS; }

/* Return the sum of `loss`, and set it to 0. */
static inline double embed_take_loss(embed_loss *loss) {
    double sum = -(double)loss->padding;
    for (int lane = 0; lane < EMBED_ROW_FLOATS; ++lane) {
        sum += loss->exponents[lane] + log2((double)loss->mantissas[lane]) + loss->poison[lane];
        loss->mantissas[lane] = 1;
        loss->exponents[lane] = 0;
        loss->poison[lane] = 0;
    }
    loss->padding = 0;
    return sum * 0.69314718055994531;
}

/* The most senses of a word. */
#define EMBED_MOST_SENSES 16

/* The contexts of some positions of a block: for each of them, the weighted sum of the rows of the other positions
 * within reach, or its direction. */
typedef struct {
    float **rows;       /* [n] -> [width] */
    int32_t *positions; /* [chosen], rising */
    float *contexts;    /* [chosen, width] the result */
    float **near;       /* scratch [2 * reach] */
    float *near_weights; /* scratch [2 * reach] */
    int n, chosen, reach, width, normalizes;
} embed_surroundings;

/* The vector of a position whose word has n senses (kernels_senses.h). */
typedef struct {
    float *context;    /* [width] */
    float *word;       /* [width] the vector of the word */
    float **senses;    /* [n] -> [width]; before the first is `word` */
    float **selectors; /* [n] -> [width] */
    float *around;     /* [width] the sum of the output rows around it */
    float *p;          /* [n] the probability of each sense by the context; before the first is room for another */
    float *surplus;    /* [n] how much more probable the words around make each sense */
    float *now;        /* [width] the mixture, which windows train */
    float *before;     /* [width] what it was */
    float rate;          /* what a sense moves by over what the mixture has moved by, if p is 1 */
    float selector_rate; /* what a selector moves by, for a context of length 1 and a surplus of 1 */
    int n, width;
} embed_mixture;

/* The projection of the vector of a document, whose sign is its code (kernels_codes.h). */
typedef struct {
    float *x;      /* [width] the vector */
    float **rows;  /* [bits] -> [width] of the projection */
    float *now;    /* [bits] rows . x, which the code moves */
    float *before; /* [bits] what it was, then what it has moved by */
    float *change; /* scratch [width] */
    float rate;    /* learning rate of the rows over that of the vector */
    int bits, width;
} embed_projection;

/* The vectors of points that the search for the nearest centroid works on at once, and the points that it reads and
 * writes in whole steps, whatever the instruction set. */
#define EMBED_NEAR_VECTORS 4
#define EMBED_NEAR_POINTS (EMBED_NEAR_VECTORS * EMBED_ROW_FLOATS)

/* Rows of a matrix. Replicas stand for the first own_count of them. */
typedef struct {
    float *rows; /* [, stride] */
    float *own;  /* [own_count, stride] */
    int64_t stride;
    int32_t own_count;
} embed_matrix;

/* Return a matrix that begins with `row`, and has no replicas. */
static inline embed_matrix embed_matrix_at(float *row, int64_t stride) {
    const embed_matrix matrix = {row, row, stride, 0};
    return matrix;
}

/* Choose the address without a branch, because the processor cannot predict the rows. */
static inline float *embed_row(const embed_matrix *m, int32_t row) {
    const uintptr_t is_own = -(uintptr_t)(row < m->own_count);
    return (float *)((uintptr_t)m->rows ^ (((uintptr_t)m->rows ^ (uintptr_t)m->own) & is_own)) + row * m->stride;
}

/* A line of text: the weighted mean of its input rows meets the output rows of labels (kernels_lines.h). */
typedef struct {
    float *own;               /* [own_count, stride] replicas, which are rows 0..own_count - 1 */
    float *inputs;            /* [, stride] row own_count is its first one */
    const int32_t *rows;      /* [n] input rows of the line */
    const float *weights;     /* [n] how often each occurs */
    const int32_t *next_rows; /* [next_n] rows to fetch meanwhile: those of the next line */
    float **targets;          /* [target_count] -> [width] output rows, updated in place */
    float *hidden;            /* [width, rounded up to a whole vector] the vector of the line */
    float *rates;             /* [target_count, embed_rates_floats] the scores of the targets, then their rates lr * g */
    int64_t stride, n, next_n;
    int target_count, width, own_count;
    float share; /* one over the number of mentions */
} embed_line;

static inline float *embed_line_row(const embed_line *l, int32_t row) {
    return row < l->own_count ? l->own + row * l->stride : l->inputs + (row - l->own_count) * l->stride;
}

typedef struct {
    const char *name;
    int step; /* a row's width is a multiple of it */
    /* Train one window of skip-gram: every x meets every y. */
    void (*window)(const embed_window *w);
    /* Train n windows of CBOW, with the scratch of the first: the mean (or sum) of the x meets every y. */
    void (*mean_windows)(const embed_window *w, int n);
    /* Train some windows of the same single x at once: a bag. A row may be in y several times. */
    void (*bag)(const embed_window *w);
    /* The same in inference, with rows of noise for each window. */
    void (*still_bag)(const embed_window *w);
    /* The same as mean_windows for windows of which each two in a row share their noise, with the rows as in a bag. */
    void (*mean_pairs)(const embed_window *w, int n);
    /* The same as mean_windows with every x multiplied by the weights of its position. */
    void (*weighted_windows)(const embed_window *w, int n);
    /* out = copy = weight * sum of the rows rows[0..n) of `matrix`; copy may be NULL. */
    void (*compose)(embed_matrix matrix, const int32_t *rows, int64_t n, float weight, int width, float *out,
                    float *copy);
    /* code = size * sign(row). */
    void (*encode)(const float *row, float *code, float size, int width);
    /* Move `row` along with its code, which has moved from size * sign(row) to `code`; then code = size * sign(row). */
    void (*train_code)(float *row, float *code, float size, int width);
    /* Compute the projection; move the vector and the rows by what the projection has moved by. */
    void (*project)(const embed_projection *p);
    void (*unproject)(const embed_projection *p);
    /* Scale a row that is longer than `longest` to that length. */
    void (*shorten)(float *row, float longest, int width);
    /* Compute the contexts. */
    void (*surroundings)(const embed_surroundings *s);
    /* Choose among the senses by the context, and mix their rows; move the rows by what the mixture has moved by. */
    void (*mix)(const embed_mixture *m);
    void (*unmix)(const embed_mixture *m);
    /* Compute the vector of a line and its scores; move its rows and the output rows by the rates. */
    void (*gather_line)(const embed_line *l);
    void (*learn_line)(const embed_line *l);
    /* Turn n scores into the rates of a softmax with one right label, and return its loss. There is room for
     * embed_rates_floats(n). */
    double (*softmax_rates)(float *s, int n, int label, float lr);
    /* Turn n scores into the rates of a sigmoid each; signs[k] is -0 where label k is right, else 0. The loss is added
     * to `loss`. There is room for embed_rates_floats(n) scores and signs. */
    void (*sigmoid_rates)(float *s, int n, const float *signs, float lr, embed_loss *loss);
    /* codes[i] = the number of the centroid nearest to point i < n, the first of equals, for k <= 256 centroids
     * [k, dim]. Number d of point i is points[d * stride + i]; n is a multiple of EMBED_NEAR_POINTS. */
    void (*nearest)(const float *points, int64_t stride, int64_t n, const float *centroids, int k, int dim,
                    uint8_t *codes);
    /* Each row rows[0..n) of `matrix` += weight * (now - before). */
    void (*scatter)(embed_matrix matrix, const int32_t *rows, int64_t n, float weight, int width, const float *now,
                    const float *before);
    /* deltas = now - before, each rounded to a bfloat16: the upper half of a float, halves to even. */
    void (*narrow)(const float *now, const float *before, int width, uint16_t *deltas);
    /* row += weight * deltas. */
    void (*add)(float *row, float weight, int width, const uint16_t *deltas);
    /* now -= before. */
    void (*subtract)(float *now, const float *before, int width);
    /* row = keep * row + the sum of weights[i] * values[i] for i < n. */
    void (*merge)(float *row, float keep, const float *const *values, const float *weights, int n, int width);
} embed_kernels;

/* Return the i-th table that this processor can run, best first; NULL past the last. */
const embed_kernels *embed_kernels_at(int i);

/* Fetch a row into the cache: to change it, to read it, or early, into the second level. (Without the empty assembly,
 * gcc sees no effect of the function and drops its calls.) */
#if defined(__GNUC__)
#define EMBED_PREFETCH(row, width, write, level) \
    __asm__ volatile(""); \
    for (const char *b = (const char *)(row), *end = (const char *)((row) + (width)); b < end; b += 64) \
        __builtin_prefetch(b, write, level)
#else
#define EMBED_PREFETCH(row, width, write, level) ((void)(row), (void)(width))
#endif
static inline void embed_prefetch_row(const float *row, int width) { EMBED_PREFETCH(row, width, 1, 3); }
static inline void embed_prefetch_read(const float *row, int width) { EMBED_PREFETCH(row, width, 0, 3); }
static inline void embed_prefetch_early(const float *row, int width) { EMBED_PREFETCH(row, width, 0, 2); }

#endif
