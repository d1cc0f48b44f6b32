/* The arithmetic of training: dense single-precision kernels over rows of one width.
 *
 * The body (kernels_body.h) is written once in C with vector extensions and compiled for several
 * instruction sets by kernels.c; callers pick one table of functions when they start. The entries are
 * coarse, a whole window or position per call, so that the indirect call costs nothing.
 *
 * A row has `width` floats that count: dim rounded up to half a vector, or a whole one. Rows lie `stride` floats apart,
 * a multiple of EMBED_ROW_FLOATS. The floats past dim are zero and stay zero, because every update
 * is a linear combination of rows.
 */
#ifndef EMBED_KERNELS_H
#define EMBED_KERNELS_H

#include <math.h>
#include <stdint.h>

/* Rows are padded to 64 bytes: one cache line, one widest vector. */
#define EMBED_ROW_FLOATS 16

/* Scores are cut off at +-EMBED_MAX_SCORE, where the sigmoid is 0 or 1 to single precision. */
#define EMBED_MAX_SCORE 30.0f

/* Output rows are worked on in groups of so many, whose old and new values fit in the registers. */
#define EMBED_GROUP 6

/* The scores of an input vector with a group take up so many floats; the last ones are padding. */
#define EMBED_LINE 8

/* Windows of CBOW whose scores are taken together. */
#define EMBED_BATCH 4

/* The sum of log(1 + e^s) over many scores s, as the product of the 1 + e^s in every lane: mantissa * 2^exponent. */
typedef struct {
    float mantissas[EMBED_ROW_FLOATS];
    int32_t exponents[EMBED_ROW_FLOATS];
    float poison[EMBED_ROW_FLOATS]; /* 0, or NaN once a score was */
    int64_t padding;                /* scores of 0 that are none: log 2 each, exactly */
} embed_loss;

/* One window: nx input vectors, or their mean (or sum), meet ny output rows. A noise word drawn twice stands twice in y, the
 * second time after the `unique` distinct rows; folds[d] is the place of its first. */
typedef struct {
    float **x;            /* [nx] -> [width] input vectors, updated in place */
    float **y;            /* [ny] -> [width] output rows, updated in place */
    int32_t *folds;       /* [ny - unique] */
    float *signs;         /* [groups, 2, EMBED_LINE] -0 where a row's label is 1, else +0; each line twice */
    float **weights;      /* [nx] -> [width] weights of the places, updated in place, for weighted_windows */
    float *ratios;        /* [nx] learning rate of each input over lr */
    float *scores;        /* scratch [groups, embed_group_floats(nx)] */
    float *rates_x;       /* scratch [nx, EMBED_LINE] */
    float **copies;       /* scratch [nx] of pointers and */
    float *copy;          /* [nx, width], for windows of more than one group */
    float *kept;          /* scratch [nx, EMBED_ROW_FLOATS]: columns of x as they were, for sets of 16 registers */
    float *mean;          /* scratch [width, rounded up to a whole vector] */
    embed_loss *loss;     /* the negative log-likelihood is added to it */
    int nx, ny, unique;
    int width;
    float scale;        /* the x meet the y as scale times their sum: 1 / nx for their mean */
    float weight_ratio; /* learning rate of the weights over lr */
    float lr; /* learning rate of the output rows; 0 scores without any update */
} embed_window;

/* Groups of ny output rows. */
static inline int64_t embed_groups(int64_t ny) { return (ny + EMBED_GROUP - 1) / EMBED_GROUP; }

/* Floats of the lines of nx inputs: an even number of lines, so that they are whole vectors. */
static inline int embed_group_floats(int nx) { return (nx + 1) / 2 * 2 * EMBED_LINE; }

/* Empty `loss` and return what it held. */
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

typedef struct {
    const char *name;
    int step; /* a row's width is a multiple of it */
    /* Train one window of skip-gram: every x meets every y. */
    void (*window)(const embed_window *w);
    /* Train n windows of CBOW, whose scratch is that of the first: the mean of the x, or their sum, meets every y. */
    void (*mean_windows)(const embed_window *w, int n);
    /* The same where every x counts with the weights of its place. */
    void (*weighted_windows)(const embed_window *w, int n);
    /* out = copy = weight * sum of the rows rows[0..n) of `matrix`; copy may be NULL. */
    void (*compose)(const float *matrix, int64_t stride, const int32_t *rows, int64_t n, float weight, int width,
                    float *out, float *copy);
    /* Each row rows[0..n) of `matrix` += weight * (now - before). */
    void (*scatter)(float *matrix, int64_t stride, const int32_t *rows, int64_t n, float weight, int width,
                    const float *now, const float *before);
    /* deltas = now - before, each rounded to a bfloat16: the upper half of a float, halves to even. */
    void (*narrow)(const float *now, const float *before, int width, uint16_t *deltas);
    /* row += weight * deltas. */
    void (*add)(float *row, float weight, int width, const uint16_t *deltas);
} embed_kernels;

/* The i-th table this processor can run, best first; NULL past the last. */
const embed_kernels *embed_kernels_at(int i);

/* Fetch a row into the cache: to change it, only to read it, or into the second level, long before it is needed.
 * (Without the empty assembly a function that does no more has no effect to gcc, which drops the calls to it.) */
#if defined(__GNUC__)
#define EMBED_PREFETCH(row, width, write, level) \
    __asm__ volatile(""); \
    for (const char *b = (const char *)(row), *end = (const char *)((row) + (width)); b < end; b += 64) \
        __builtin_prefetch(b, write, level)
#else
#define EMBED_PREFETCH(row, width, write, level) ((void)(row), (void)(width))
#endif
static inline void embed_prefetch_deltas(const uint16_t *deltas, int width) { EMBED_PREFETCH(deltas, width, 0, 3); }
static inline void embed_prefetch_row(const float *row, int width) { EMBED_PREFETCH(row, width, 1, 3); }
static inline void embed_prefetch_read(const float *row, int width) { EMBED_PREFETCH(row, width, 0, 3); }
static inline void embed_prefetch_early(const float *row, int width) { EMBED_PREFETCH(row, width, 0, 2); }

#endif
