"""Declare the kernels of csrc/kernels.h for the other compiled modules, and their scratch memory."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t

cdef extern from "kernels.h" nogil:
    int EMBED_ROW_FLOATS
    int EMBED_LINE
    int EMBED_GROUP
    int EMBED_EARLY
    enum:
        EMBED_BATCH
        EMBED_STILL_BATCH
        EMBED_NEAR_POINTS
    ctypedef struct embed_loss:
        pass
    ctypedef struct embed_window:
        float **x
        float **y
        int32_t *folds
        uint8_t *labels
        float *signs
        float **weights
        float *ratios
        float *scores
        float *rates_x
        float **copies
        float *copy
        float *kept
        float *mean
        float *bag
        embed_loss *loss
        const float **early
        int nx
        int ny
        int unique
        int centers
        int run
        int negatives
        int words
        int inference
        int width
        int center
        int tags
        float **documents
        const float *word_ratios
        const float *document_ratios
        float step
        int early_count
        float scale
        float weight_ratio
        float lr
    enum:
        EMBED_MOST_SENSES
    ctypedef struct embed_surroundings:
        float **rows
        int32_t *positions
        float *contexts
        float **near
        float *near_weights
        int n
        int chosen
        int reach
        int width
        int normalizes
    ctypedef struct embed_mixture:
        float *context
        float *word
        float **senses
        float **selectors
        float *around
        float *p
        float *surplus
        float *now
        float *before
        float rate
        float selector_rate
        int n
        int width
    ctypedef struct embed_projection:
        float *x
        float **rows
        float *now
        float *before
        float *change
        float rate
        int bits
        int width
    ctypedef struct embed_matrix:
        float *rows
        float *own
        int64_t stride
        int32_t own_count
    embed_matrix embed_matrix_at(float *row, int64_t stride) noexcept nogil
    float *embed_row(const embed_matrix *m, int32_t row) noexcept nogil
    ctypedef struct embed_line:
        float *own
        float *inputs
        const int32_t *rows
        const float *weights
        const int32_t *next_rows
        float **targets
        float *hidden
        float *rates
        int64_t stride
        int64_t n
        int64_t next_n
        int target_count
        int width
        int own_count
        float share
    ctypedef struct embed_kernels:
        const char *name
        int step
        void (*window)(const embed_window *w) noexcept nogil
        void (*mean_windows)(const embed_window *w, int n) noexcept nogil
        void (*bag)(const embed_window *w) noexcept nogil
        void (*still_bag)(const embed_window *w) noexcept nogil
        void (*mean_pairs)(const embed_window *w, int n) noexcept nogil
        void (*weighted_windows)(const embed_window *w, int n) noexcept nogil
        void (*compose)(embed_matrix matrix, const int32_t *rows, int64_t n, float weight, int width, float *out,
                        float *copy) noexcept nogil
        void (*encode)(const float *row, float *code, float size, int width) noexcept nogil
        void (*train_code)(float *row, float *code, float size, int width) noexcept nogil
        void (*project)(const embed_projection *p) noexcept nogil
        void (*unproject)(const embed_projection *p) noexcept nogil
        void (*shorten)(float *row, float longest, int width) noexcept nogil
        void (*surroundings)(const embed_surroundings *s) noexcept nogil
        void (*mix)(const embed_mixture *m) noexcept nogil
        void (*unmix)(const embed_mixture *m) noexcept nogil
        void (*gather_line)(const embed_line *l) noexcept nogil
        void (*learn_line)(const embed_line *l) noexcept nogil
        double (*softmax_rates)(float *s, int n, int label, float lr) noexcept nogil
        void (*sigmoid_rates)(float *s, int n, const float *signs, float lr, embed_loss *loss) noexcept nogil
        void (*nearest)(const float *points, int64_t stride, int64_t n, const float *centroids, int k, int dim,
                        uint8_t *codes) noexcept nogil
        void (*scatter)(embed_matrix matrix, const int32_t *rows, int64_t n, float weight, int width, const float *now,
                        const float *before) noexcept nogil
        void (*narrow)(const float *now, const float *before, int width, uint16_t *deltas) noexcept nogil
        void (*add)(float *row, float weight, int width, const uint16_t *deltas) noexcept nogil
        void (*subtract)(float *now, const float *before, int width) noexcept nogil
        void (*merge)(float *row, float keep, const float *const *values, const float *weights, int n,
                      int width) noexcept nogil
    const embed_kernels *embed_kernels_at(int i) noexcept
    int64_t embed_groups(int64_t ny) noexcept
    int64_t embed_bag_floats(int64_t ny) noexcept
    int embed_group_floats(int nx) noexcept
    int64_t embed_rates_floats(int64_t n) noexcept
    double embed_take_loss(embed_loss *loss) noexcept
    void embed_prefetch_row(const float *row, int width) noexcept
    void embed_prefetch_read(const float *row, int width) noexcept
    void embed_prefetch_early(const float *row, int width) noexcept

cdef const embed_kernels *find_kernels(str name) except NULL

cdef inline int width_of(const embed_kernels *kernels, Py_ssize_t dim) noexcept nogil:
    """Return the floats of a row that the kernels work on: dim, rounded up to their step."""
    return <int> ((dim + kernels.step - 1) // kernels.step * kernels.step)


cdef class Scratch:
    """A zeroed, cache-line aligned buffer of floats."""
    cdef void *_memory
    cdef float *floats


cdef class Plans:
    """Windows with scratch memory for `inputs` input vectors and `targets` output rows each; row 0 has label 1."""
    cdef embed_window windows[EMBED_BATCH]
    cdef embed_loss loss
    cdef Scratch _floats
    cdef object _pointers, _integers
