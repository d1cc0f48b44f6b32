"""The training loop: find the vectors of a block of positions, train its windows, return what the vectors moved by.

One loop serves every model. What differs between them is data: which rows make up a position (its word, or
its word and n-grams), which vectors meet the targets of a window (each context by itself, or their mean) and
with what weight an increment returns. A block is a run of at most ``BLOCK_TOKENS`` tokens of one sentence;
those that survive subsampling are its positions, and `window` further positions on each side (the halo) come
with them, so that a cut loses no context.

The vector of a position that is one row of the input matrix is that row itself. All others are gathered into a copy
of the block, dense, and what a copy has moved by is scattered to its rows at the end of the block: the mean of
several rows; everything in a round; and, where many threads want them, the rows of the most frequent words
(docs/decisions/0011).

With hierarchical softmax the targets of a window are the rows on the path of its center, instead of the center's
row and noise. In rounds (docs/decisions/0005) the output rows are gathered too, and what a block changes is left in
a log, which is added when all blocks of the round are done. While a block trains, the rows of the next one are
fetched into the cache (docs/decisions/0007).

The arithmetic lives in ``csrc/kernels_body.h``, the random draws in ``csrc/random.h``, and
``embed/_reference.py`` states all of this again in readable NumPy. Checks and policy live in ``trainer.py``:
this module trusts its arguments beyond their types and shapes.

Rejected: a copy of every position (docs/decisions/0011), and one loop per model (they drift apart).
"""

from libc.math cimport pow
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

cdef extern from "kernels.h" nogil:
    int EMBED_ROW_FLOATS
    int EMBED_LINE
    int EMBED_GROUP
    enum:
        EMBED_BATCH
    ctypedef struct embed_loss:
        pass
    ctypedef struct embed_window:
        float **x
        float **y
        int32_t *folds
        float *signs
        float **weights
        float *ratios
        float *scores
        float *rates_x
        float **copies
        float *copy
        float *mean
        embed_loss *loss
        int nx
        int ny
        int unique
        int width
        float weight_ratio
        float lr
    ctypedef struct embed_kernels:
        const char *name
        int step
        void (*window)(const embed_window *w) noexcept nogil
        void (*mean_windows)(const embed_window *w, int n) noexcept nogil
        void (*weighted_windows)(const embed_window *w, int n) noexcept nogil
        void (*compose)(const float *matrix, int64_t stride, const int32_t *rows, int64_t n, float weight, int width,
                        float *out, float *copy) noexcept nogil
        void (*scatter)(float *matrix, int64_t stride, const int32_t *rows, int64_t n, float weight, int width,
                        const float *now, const float *before) noexcept nogil
        void (*narrow)(const float *now, const float *before, int width, uint16_t *deltas) noexcept nogil
        void (*add)(float *row, float weight, int width, const uint16_t *deltas) noexcept nogil
    const embed_kernels *embed_kernels_at(int i) noexcept
    int64_t embed_groups(int64_t ny) noexcept
    int embed_group_floats(int nx) noexcept
    double embed_take_loss(embed_loss *loss) noexcept
    void embed_prefetch_row(const float *row, int width) noexcept
    void embed_prefetch_read(const float *row, int width) noexcept
    void embed_prefetch_deltas(const uint16_t *deltas, int width) noexcept
    void embed_prefetch_early(const float *row, int width) noexcept

cdef extern from "log.h" nogil:
    ctypedef struct embed_log:
        uint16_t *deltas
        int32_t *owners
        int64_t used
        int64_t capacity
        int64_t stride
        void *memory
    ctypedef struct embed_tally:
        int32_t round
        int32_t count
    ctypedef struct embed_entry:
        const embed_log *log
        int64_t first
        int64_t last
        double loss
    ctypedef struct embed_change:
        float *row
        const uint16_t *delta
        embed_tally *tally
        float share
    ctypedef struct embed_changes:
        embed_change *items
        int64_t used
    int embed_log_reserve(embed_log *log, int64_t n) noexcept
    int embed_changes_reserve(embed_changes *changes, int64_t n) noexcept
    void embed_count(embed_tally *tally, int32_t round) noexcept
    void embed_prefetch_tally(const embed_tally *tally) noexcept
    int64_t embed_part(int32_t row, int64_t parts) noexcept

cdef extern from "barrier.h" nogil:
    ctypedef struct embed_barrier:
        int32_t members
        int32_t spins
    int embed_barrier_wait(embed_barrier *barrier, int halt) noexcept
    int64_t embed_claim(int64_t *counter) noexcept

cdef extern from "random.h" nogil:
    ctypedef struct embed_alias:
        uint32_t threshold
        uint32_t alias
    uint64_t embed_next(uint64_t *state) noexcept
    uint64_t embed_epoch_key(uint64_t seed, uint64_t epoch) noexcept
    uint64_t embed_block_stream(uint64_t epoch_key, int64_t position) noexcept
    int embed_keeps(uint64_t epoch_key, int64_t position, uint32_t threshold) noexcept
    uint64_t embed_scale(uint64_t r, uint64_t n, uint64_t *fraction) noexcept
    int32_t embed_draw(uint64_t *state, const embed_alias *table, uint64_t n) noexcept

# Tokens of a sentence that are trained together, before subsampling.
cdef enum:
    _BLOCK_TOKENS = 128
    # How many positions ahead rows are fetched into the first-level cache while a block is gathered.
    _PREFETCH_POSITIONS = 6
    # The same for the changes that a worker adds to its rows.
    _PREFETCH_CHANGES = 16
    _CACHE_LINE = 64

    # Tokens that begin the blocks of a round (docs/decisions/0005).
    _ROUND_TOKENS = 4096
    # A row that changes in more places of a round than this moves by so many times the mean of the changes.
    _MOST_CHANGES = 2
    # How often a worker looks whether the others are there before it sleeps: some tenths of a millisecond.
    _SPINS = 20000

# A run of tokens that is trained together.
ctypedef struct _Block:
    int64_t first       # its tokens
    int64_t last
    int64_t number      # in its round
    int32_t *memory     # [window + BLOCK_TOKENS + window]
    int32_t *words      # [positions] within it
    int64_t positions   # tokens that survived subsampling: the halo on the left,
    int64_t left
    int64_t own         # the centers, and the halo on the right
    int32_t *reaches    # [own]
    int32_t *noise      # [draws]
    int64_t draws

ctypedef struct _Slot:
    int32_t row
    uint32_t stamp
    int64_t place

BLOCK_TOKENS = _BLOCK_TOKENS
ROUND_TOKENS = _ROUND_TOKENS
ROW_FLOATS = EMBED_ROW_FLOATS


def simd_paths():
    """Return the names of the kernel sets this processor can run, best first."""
    names = []
    cdef int i = 0
    while embed_kernels_at(i) != NULL:
        names.append((<bytes> embed_kernels_at(i).name).decode("ascii"))
        i += 1
    return names


cdef const embed_kernels *_find_kernels(str name) except NULL:
    cdef int i = 0
    while embed_kernels_at(i) != NULL:
        if (<bytes> embed_kernels_at(i).name).decode("ascii") == name:
            return embed_kernels_at(i)
        i += 1
    raise ValueError(f"this processor has no SIMD path {name!r}, only {', '.join(simd_paths())}")


cdef int _width(const embed_kernels *kernels, Py_ssize_t dim) noexcept nogil:
    return <int> ((dim + kernels.step - 1) // kernels.step * kernels.step)


cdef class _Scratch:
    """A zeroed, cache-line aligned buffer of floats."""
    cdef void *_memory
    cdef float *floats

    def __cinit__(self, Py_ssize_t n):
        self._memory = malloc(n * sizeof(float) + _CACHE_LINE)
        if self._memory == NULL:
            raise MemoryError(f"cannot allocate {n * sizeof(float)} bytes of scratch for a training thread")
        self.floats = <float *> ((<uintptr_t> self._memory + _CACHE_LINE - 1) & ~(<uintptr_t> _CACHE_LINE - 1))
        for i in range(n):
            self.floats[i] = 0

    def __dealloc__(self):
        free(self._memory)


cdef class _Plans:
    """Windows with scratch for up to `inputs` input vectors and `targets` output rows each; row 0 has label 1."""
    cdef embed_window windows[EMBED_BATCH]
    cdef embed_loss loss
    cdef _Scratch _floats
    cdef object _pointers, _integers

    def __cinit__(self, int64_t inputs, int64_t targets, int64_t width):
        cdef int64_t lines = embed_group_floats(<int> max(inputs, <int64_t> EMBED_BATCH))
        cdef int64_t groups = embed_groups(targets), i
        cdef int64_t row = (width + EMBED_ROW_FLOATS - 1) // EMBED_ROW_FLOATS * EMBED_ROW_FLOATS
        self._floats = _Scratch(groups * lines + lines + groups * 2 * EMBED_LINE + inputs * row
                                + EMBED_BATCH * (row + inputs))
        self._pointers = bytearray(sizeof(void *) * (inputs + EMBED_BATCH * (2 * inputs + targets)))
        self._integers = bytearray(4 * EMBED_BATCH * targets)
        cdef unsigned char[::1] pointers = self._pointers, integers = self._integers
        cdef float *floats = self._floats.floats
        cdef float *signs = floats + groups * lines + lines
        cdef embed_window *window
        signs[0] = signs[EMBED_LINE] = -0.0
        embed_take_loss(&self.loss)
        for i in range(EMBED_BATCH):
            window = &self.windows[i]
            window.scores = floats
            window.rates_x = floats + groups * lines
            window.signs = signs
            window.copy = signs + groups * 2 * EMBED_LINE
            window.mean = window.copy + (inputs + i) * row
            window.ratios = window.copy + (inputs + EMBED_BATCH) * row + i * inputs
            window.copies = <float **> &pointers[0]
            window.x = window.copies + inputs + i * (2 * inputs + targets)
            window.weights = window.x + inputs
            window.y = window.weights + inputs
            window.folds = <int32_t *> &integers[0] + i * targets
            window.loss = &self.loss
            window.width = <int> width


cdef class Rounds:
    """What workers share that train in rounds: a barrier, and what the blocks of a round have changed.

    Parameters
    ----------
    workers : int
        How many train together.
    cores : int
        How many can run at once.
    rows : int
        Input and output rows together.
    position : int
        The token where the first round begins, a multiple of `size`.
    size : int
        Tokens in which the blocks of a round begin, at most ROUND_TOKENS.

    Attributes
    ----------
    position : int
        The token up to which all rounds are done.
    """
    cdef readonly int64_t position, size
    cdef embed_barrier barrier
    cdef int64_t claimed            # blocks that some worker has taken on
    cdef embed_entry *entries       # [ROUND_TOKENS] what each block has changed
    cdef embed_tally *tallies       # [rows] of the input rows, then of the output rows
    cdef object _memory, _tally_memory

    def __init__(self, int workers, int cores, int64_t rows, int64_t position=0, int64_t size=_ROUND_TOKENS):
        if not 0 < size <= _ROUND_TOKENS or position % size:
            raise ValueError(f"rounds of {size} tokens cannot begin at {position}: they have up to {_ROUND_TOKENS}")
        self.position, self.size = position, size
        self.barrier.members = workers
        self.barrier.spins = _SPINS if workers <= cores else 0
        self._memory = bytearray(sizeof(embed_entry) * _ROUND_TOKENS)
        cdef unsigned char[::1] view = self._memory
        self.entries = <embed_entry *> &view[0]
        self._tally_memory = bytearray(sizeof(embed_tally) * rows)
        cdef unsigned char[::1] tallies = self._tally_memory
        self.tallies = <embed_tally *> &tallies[0]


cdef class Worker:
    """One thread's view of the shared corpus and matrices, with scratch of its own.

    Parameters
    ----------
    ids : int32[N]
        The encoded corpus.
    offsets : int64[S + 1]
        Where each sentence begins in `ids`; the last entry is N.
    keep_thresholds : uint32[V]
        A token of word i is kept with probability (keep_thresholds[i] + 1) / 2**32.
    noise_table : uint32[V, 2]
        Alias table of the noise distribution: thresholds and aliases.
    inputs, outputs : float32[R, stride], float32[V, stride]
        The parameters, shared and updated in place; stride is `dim` rounded up to ROW_FLOATS, the padding zero.
    places : float32[2 * window, stride] or float32[0, stride]
        Weights of the places in a window of CBOW, from `window` to the left to `window` to the right, updated in place;
        none for the plain mean.
    place_ratio : float
        Learning rate of the places over that of the output rows.
    row_offsets, rows : int64[V + 1], int32[M]
        Word i is the mean of the input rows ``rows[row_offsets[i]:row_offsets[i + 1]]``.
    dim, window, negatives, seed
        As in TrainConfig.
    noise_windows : int
        Noise is drawn for so many windows of a block and dealt to the rest again: window c has that of window
        c % noise_windows.
    cbow, fixed_window : bool
        The objective and the kind of window.
    gradient_power : float
        What a mean of n vectors moves by goes to each of them divided by n ** gradient_power: 1 for the exact gradient.
    sums : bool
        While training, word i is the sum of its rows instead of their mean.
    copied_words : int
        The words before this one are trained on copies, one for each position of a block. So are all words in a
        round, and all words with several rows.
    path_offsets, path_rows, path_labels : int64[V + 1], int32[M], uint8[M]
        For hierarchical softmax, with `negatives` 0: the targets of a center are the output rows on its path, with
        label 1 or 0. With a `path_offsets` of length 0 its target is the row of its word, with label 1.
    path : str
        One of simd_paths().
    frozen : uint8[V] or uint8[0]
        With it the words that have a 1 keep their rows, and of the other words only output row and first input row
        learn, which no other word may share.

    Attributes
    ----------
    loss : float
        Sum of the negative log-likelihood over all examples since construction or `reset`.
    examples : int
        Pairs (skip-gram) or windows (CBOW) trained on, each with its noise.
    centers : int
        Tokens that survived subsampling and were trained as a center.
    """

    cdef const int32_t[::1] ids
    cdef const int64_t[::1] offsets
    cdef const uint32_t[::1] keep_thresholds
    cdef const uint32_t[:, ::1] noise_table
    cdef float[:, ::1] inputs
    cdef float[:, ::1] outputs
    cdef float[:, ::1] places
    cdef const int64_t[::1] row_offsets
    cdef const int32_t[::1] rows
    cdef const uint8_t[::1] frozen
    cdef bint has_frozen
    cdef const int64_t[::1] path_offsets
    cdef const int32_t[::1] path_rows
    cdef const uint8_t[::1] path_labels
    cdef bint has_paths
    cdef int64_t most_targets   # of a center, noise left out
    cdef const embed_kernels *kernels
    cdef int64_t stride, halo_tokens
    cdef int width, window, negatives, noise_windows
    cdef bint cbow, sums, fixed_window
    cdef uint64_t seed
    cdef bint plain             # every word has one input row, of its own number
    cdef int64_t copied_words
    cdef int32_t first_kept     # words from this one on are always kept
    cdef _Scratch ratio_memory
    cdef object index_memory, pointer_memory, slot_memory
    cdef _Block blocks[2]   # the one at hand, and the next one, whose rows are fetched meanwhile
    cdef int64_t sentence, position, number, claim  # where the next one is looked for
    cdef float **target_rows  # [BLOCK_TOKENS, most_targets] output rows of each center
    # The noise of so many windows, each time the distinct rows and then those drawn again; how many are distinct; and
    # which of them, counted from 1, each one drawn again is.
    cdef float **noise_rows   # [noise_windows, negatives]
    cdef int32_t *distinct    # [noise_windows]
    cdef int32_t *folds       # [noise_windows, negatives]
    cdef float **vectors      # [positions] the row that each is trained in, or the block's copy
    # What the block at hand trains on: the input vectors of its positions, places and, in a round or where they are
    # frozen, output rows.
    cdef _Scratch now       # [positions + places + output rows, stride]
    cdef _Scratch before    # [the same] as it was when it was gathered, where the matrix does not hold just that
    cdef const float **origins  # [positions + places + output rows] in a round: where each is as it was
    cdef int32_t *owners    # [positions + places + output rows] as in the log
    cdef int64_t gathered   # of them
    cdef int place_count    # 2 * window, or 0
    cdef float *block_places  # [place_count, stride] of `now`
    cdef float place_ratio
    cdef float *ratios      # [positions] learning rate of each position over that of the output rows
    cdef float ratio        # the same for a position of one row
    cdef _Scratch divisor_memory
    cdef float *divisors    # [n] n ** gradient_power
    cdef _Plans plans
    # a round: its blocks leave what they change in the log
    cdef bint in_round
    cdef embed_log log          # what this worker's blocks have changed
    cdef embed_changes changes  # to the rows of this worker's part
    cdef _Slot *slots       # [slot_mask + 1] where the log has an output row of the block at hand
    cdef uint32_t slot_mask, stamp
    cdef readonly double loss
    cdef readonly int64_t examples
    cdef readonly int64_t centers

    def __init__(self, *, const int32_t[::1] ids, const int64_t[::1] offsets, const uint32_t[::1] keep_thresholds,
                 const uint32_t[:, ::1] noise_table, float[:, ::1] inputs, float[:, ::1] outputs,
                 float[:, ::1] places, double place_ratio, const int64_t[::1] row_offsets, const int32_t[::1] rows,
                 int dim, bint cbow, double gradient_power, bint sums, int window, bint fixed_window, int negatives,
                 int noise_windows, uint64_t seed, int64_t copied_words, str path,
                 const int64_t[::1] path_offsets, const int32_t[::1] path_rows, const uint8_t[::1] path_labels,
                 const uint8_t[::1] frozen):
        self.kernels = _find_kernels(path)
        self.ids, self.offsets, self.keep_thresholds, self.noise_table = ids, offsets, keep_thresholds, noise_table
        self.inputs, self.outputs, self.row_offsets, self.rows = inputs, outputs, row_offsets, rows
        self.cbow, self.sums, self.fixed_window = cbow, sums, fixed_window
        self.window, self.negatives, self.noise_windows, self.seed = window, negatives, noise_windows, seed
        self.stride = inputs.shape[1]
        self.width = _width(self.kernels, dim)
        # A halo is looked for no further than this, so that a run of dropped tokens stays cheap.
        self.halo_tokens = max(<int64_t> _BLOCK_TOKENS, 16 * <int64_t> window)
        if outputs.shape[1] != self.stride or self.stride % EMBED_ROW_FLOATS or self.stride < self.width:
            raise ValueError(f"rows of {self.stride} and {outputs.shape[1]} floats do not fit dim {dim}")
        self.places, self.place_count, self.place_ratio = places, <int> places.shape[0], <float> place_ratio
        if self.place_count and (places.shape[1] != self.stride or self.place_count != 2 * window or not cbow):
            raise ValueError(f"places of a window of {window} are 2 * {window} rows of {self.stride} floats, for CBOW")
        vocabulary = outputs.shape[0]
        if not (keep_thresholds.shape[0] == noise_table.shape[0] == row_offsets.shape[0] - 1 == vocabulary):
            raise ValueError("keep_thresholds, noise_table, row_offsets and outputs differ in their number of words")

        cdef int64_t positions = _BLOCK_TOKENS + 2 * <int64_t> window
        cdef int64_t contexts = 2 * <int64_t> window
        self.path_offsets, self.path_rows, self.path_labels = path_offsets, path_rows, path_labels
        self.has_paths = path_offsets.shape[0] > 0
        if self.has_paths and (negatives != 0 or path_offsets.shape[0] != row_offsets.shape[0]
                               or path_labels.shape[0] != path_rows.shape[0]):
            raise ValueError("paths go without noise, and need offsets for every word and a label for every row")
        self.frozen, self.has_frozen = frozen, frozen.shape[0] > 0
        if self.has_frozen and (self.has_paths or frozen.shape[0] != vocabulary):
            raise ValueError("frozen needs a mark for every word, and goes without paths")
        self.most_targets = 1
        cdef int64_t w
        self.plain = rows.shape[0] == vocabulary
        for w in range(vocabulary):
            self.plain = self.plain and row_offsets[w + 1] == w + 1 and rows[w] == w
            if keep_thresholds[w] != <uint32_t> 0xffffffff:
                self.first_kept = <int32_t> (w + 1)
        for w in range(path_offsets.shape[0] - 1):
            self.most_targets = max(self.most_targets, path_offsets[w + 1] - path_offsets[w])
        self.copied_words = copied_words if self.plain and not self.has_frozen else vocabulary
        cdef int64_t targets = negatives + self.most_targets
        cdef int64_t draws = noise_windows * <int64_t> negatives
        cdef int64_t slots = 1, i
        cdef int64_t gathered = positions + self.place_count + _BLOCK_TOKENS * self.most_targets + draws
        self.log.stride = self.stride
        while slots < 2 * (_BLOCK_TOKENS * self.most_targets + draws):
            slots *= 2
        self.slot_memory = bytearray(sizeof(_Slot) * slots)
        cdef unsigned char[::1] slot_view = self.slot_memory
        self.slots = <_Slot *> &slot_view[0]
        self.slot_mask = <uint32_t> (slots - 1)
        self.now, self.before = _Scratch(gathered * self.stride), _Scratch(gathered * self.stride)
        self.ratio_memory = _Scratch(positions)
        self.ratios = self.ratio_memory.floats
        self.plans = _Plans(contexts, targets, self.width)
        cdef int64_t most_averaged = contexts
        for w in range(vocabulary):
            most_averaged = max(most_averaged, row_offsets[w + 1] - row_offsets[w])
        self.divisor_memory = _Scratch(most_averaged + 1)
        self.divisors = self.divisor_memory.floats
        for w in range(1, most_averaged + 1):
            self.divisors[w] = <float> pow(<double> w, gradient_power)
        self.index_memory = bytearray(4 * (2 * (positions + _BLOCK_TOKENS + draws) + gathered + noise_windows + draws))
        cdef unsigned char[::1] indices = self.index_memory
        self.owners = <int32_t *> &indices[0] + 2 * (positions + _BLOCK_TOKENS + draws)
        self.distinct = self.owners + gathered
        self.folds = self.distinct + noise_windows
        for i in range(2):
            self.blocks[i].memory = <int32_t *> &indices[0] + i * (positions + _BLOCK_TOKENS + draws)
            self.blocks[i].reaches = self.blocks[i].memory + positions
            self.blocks[i].noise = self.blocks[i].reaches + _BLOCK_TOKENS
        self.pointer_memory = bytearray(
            sizeof(void *) * (_BLOCK_TOKENS * self.most_targets + draws + positions + gathered))
        cdef unsigned char[::1] pointers = self.pointer_memory
        self.target_rows = <float **> &pointers[0]
        self.noise_rows = self.target_rows + _BLOCK_TOKENS * self.most_targets
        self.vectors = self.noise_rows + draws
        self.origins = <const float **> (self.vectors + positions)
        self.reset()

    def __dealloc__(self):
        free(self.log.memory)
        free(self.changes.items)

    def reset(self, double loss=0, int64_t examples=0):
        """Set loss and examples back to zero, or to where an interrupted epoch stood, and centers to zero."""
        self.loss = loss
        self.examples = examples
        self.centers = 0

    def run(self, int64_t epoch, int64_t first, int64_t last, double lr, double lr_slope, double ratio,
            const int32_t[::1] stop):
        """Train on the blocks that begin at tokens first..last-1, without the GIL.

        Parameters
        ----------
        epoch : int
            Number of the epoch; with the seed and a block's position it determines every draw.
        first, last : int
            Token positions in `ids`.
        lr, lr_slope : float
            The rate of a block that begins at token p is ``lr + lr_slope * p``; both 0 only measures the loss.
        ratio : float
            Learning rate of the input rows over that of the output rows.
        stop : int32[1]
            Set to non-zero by another thread to return after the current block.

        Returns
        -------
        int
            The token position up to which all blocks are done: at least `last` unless stopped.
        """
        self._check_stretch(first, last)
        cdef int64_t position
        self.ratio = <float> ratio
        self.in_round = False
        with nogil:
            position = self._train_blocks(<uint64_t> epoch, first, last, lr, lr_slope, &stop[0], None, 0)
        return position

    def run_rounds(self, int64_t epoch, int64_t first, int64_t last, double lr, double lr_slope, double ratio,
                   const int32_t[::1] stop, Rounds rounds, int64_t part):
        """Train as `run` does, together with other workers, to bits that do not depend on how many there are.

        All blocks that begin in the same round of tokens train on the same parameters, whichever worker meets them.
        Then each worker adds what all blocks have changed to its share of the rows, block after block.

        Parameters
        ----------
        epoch, first, last, lr, lr_slope, ratio, stop
            As in `run`, the same for all workers; `stop` ends the training after a round. `first` is a multiple of
            the size of a round.
        rounds : Rounds
            The same for all workers, each of which runs in a thread of its own; a new one for each call.
        part : int
            Which of them this one is; worker 0 takes the losses of all.

        Returns
        -------
        int
            The token position up to which all rounds are done.
        """
        cdef int64_t position = first, next_position, before = 0
        cdef int32_t number = 0
        cdef bint failed = False
        self._check_stretch(first, last)
        if first % rounds.size:
            raise ValueError(f"rounds begin at multiples of {rounds.size} tokens, not at {first}")
        self.ratio = <float> ratio
        with nogil:
            while position < last:
                next_position = min(position + rounds.size, last)
                number += 1
                self.log.used = 0
                failed = self._train_blocks(<uint64_t> epoch, position, next_position, lr, lr_slope, NULL, rounds,
                                            before) < 0
                if embed_barrier_wait(&rounds.barrier, failed):
                    break
                failed = self._merge(rounds, before, number, part) != 0
                before, position = rounds.claimed, next_position
                if part == 0:
                    rounds.position = position
                if embed_barrier_wait(&rounds.barrier, failed or stop[0] != 0):
                    break
        self.log.used = 0
        if failed:
            raise MemoryError("cannot allocate what the blocks of a round change")
        return position

    cdef int _merge(self, Rounds rounds, int64_t before, int32_t number, int64_t part) noexcept nogil:
        """Add what the blocks have changed, in their order, to the rows of this worker's part.

        Changes that all start from the same row and go the same way would overshoot together: a row that has
        changed in more than MOST_CHANGES places moves by so many times their mean. The weights of a place in the
        window, which every block changes by very little, move by all of it.

        Returns 0, or -1 if there is no memory.
        """
        # every worker has claimed one block too many
        cdef int64_t blocks = rounds.claimed - before - rounds.barrier.members, block, counted, e, i
        cdef float weight
        cdef const embed_change *change
        cdef embed_entry entry
        self.changes.used = 0
        for block in range(blocks):
            entry = rounds.entries[block]
            if part == 0:
                self.loss += entry.loss
            counted = self.changes.used
            for e in range(entry.first, entry.last):
                if self._collect(rounds, entry.log.owners[e], entry.log.deltas + e * self.stride, part) != 0:
                    return -1
            for i in range(counted, self.changes.used):
                embed_count(self.changes.items[i].tally, number)
        for i in range(self.changes.used):
            if i + _PREFETCH_CHANGES < self.changes.used:
                change = &self.changes.items[i + _PREFETCH_CHANGES]
                embed_prefetch_row(change.row, self.width)
                embed_prefetch_deltas(change.delta, self.width)
                embed_prefetch_tally(change.tally)
            change = &self.changes.items[i]
            weight = change.share
            if change.tally != NULL and change.tally.count > _MOST_CHANGES:
                weight *= <float> _MOST_CHANGES / <float> change.tally.count
            self.kernels.add(change.row, weight, self.width, change.delta)
        return 0

    cdef int _collect(self, Rounds rounds, int32_t owner, const uint16_t *delta, int64_t part) noexcept nogil:
        """Note the changes of those rows of `owner` that are of this part; returns 0, or -1."""
        cdef int64_t parts = rounds.barrier.members, r, size
        cdef const int32_t *rows
        cdef int32_t row
        if owner < 0:
            row = ~owner
            if embed_part(row, parts) == part and not self._is_frozen(row):
                return self._note(&self.outputs[row, 0], delta, rounds.tallies + self.inputs.shape[0] + row, 1)
        elif owner >= self.outputs.shape[0]:
            row = owner - <int32_t> self.outputs.shape[0]
            if embed_part(row, parts) == part:
                return self._note(&self.places[row, 0], delta, NULL, 1)
        else:
            rows = self._rows_of(&owner, &size)
            for r in range(self._trained(owner)):
                if embed_part(rows[r], parts) == part and self._note(
                        &self.inputs[rows[r], 0], delta, rounds.tallies + rows[r], self._share(owner)) != 0:
                    return -1
        return 0

    cdef int _note(self, float *row, const uint16_t *delta, embed_tally *tally, float share) noexcept nogil:
        cdef embed_change *change
        if embed_changes_reserve(&self.changes, 1) != 0:
            return -1
        change = &self.changes.items[self.changes.used]
        change.row, change.delta, change.tally, change.share = row, delta, tally, share
        self.changes.used += 1
        embed_prefetch_tally(tally)
        return 0

    cdef _check_stretch(self, int64_t first, int64_t last):
        if not 0 <= first <= last <= self.ids.shape[0]:
            raise ValueError(f"tokens {first} to {last} are not all within a corpus of {self.ids.shape[0]}")

    cdef int64_t _train_blocks(self, uint64_t epoch, int64_t first, int64_t last, double lr, double lr_slope,
                               const int32_t *stop, Rounds rounds, int64_t before) noexcept nogil:
        """Train on the blocks; in a round on those that this worker claims, after the `before` ones of earlier rounds.

        Returns where the last block ends, or -1 if there is no memory for the log.
        """
        cdef uint64_t epoch_key = embed_epoch_key(self.seed, epoch)
        cdef int64_t position = first, sentence_first
        cdef embed_entry entry
        cdef double loss
        cdef _Block *block = &self.blocks[0]
        cdef _Block *following = &self.blocks[1]
        cdef bint more
        if first == last:
            return first
        self.in_round = rounds is not None
        self.number = 0
        self.claim = embed_claim(&rounds.claimed) - before if self.in_round else 0
        self.sentence = self._sentence_of(first)
        # the first block boundary at or after `first`; it may be the end of the sentence
        sentence_first = self.offsets[self.sentence]
        self.position = sentence_first + (first - sentence_first + _BLOCK_TOKENS - 1) // _BLOCK_TOKENS * _BLOCK_TOKENS
        self.position = min(self.position, self.offsets[self.sentence + 1])
        position = self.position
        more = self._select_block(block, epoch_key, last, rounds, before)
        while more and (stop == NULL or stop[0] == 0):
            more = self._select_block(following, epoch_key, last, rounds, before)
            entry.first = self.log.used
            self.plans.windows[0].lr = <float> (lr + lr_slope * <double> block.first)
            if self._train_block(block, following) != 0:
                return -1
            loss = embed_take_loss(&self.plans.loss)
            if self.in_round:
                entry.log, entry.last, entry.loss = &self.log, self.log.used, loss
                rounds.entries[block.number] = entry
            else:
                self.loss += loss
            position = block.last
            block, following = following, block
        return position

    cdef int64_t _sentence_of(self, int64_t position) noexcept nogil:
        """The last sentence that begins at or before `position`."""
        cdef int64_t low = 0, high = self.offsets.shape[0] - 1, middle
        while high - low > 1:
            middle = (low + high) // 2
            if self.offsets[middle] <= position:
                low = middle
            else:
                high = middle
        return low

    cdef bint _select_block(self, _Block *block, uint64_t epoch_key, int64_t last, Rounds rounds,
                            int64_t before) noexcept nogil:
        """Find the next block that begins before `last`, in a round the next one that this worker claims.

        Returns whether there is one; if not, `block` is empty.
        """
        while self.position < last:
            while self.position >= self.offsets[self.sentence + 1]:
                self.sentence += 1
            block.first, block.number = self.position, self.number
            block.last = min(block.first + _BLOCK_TOKENS, self.offsets[self.sentence + 1])
            self.position = block.last
            self.number += 1
            if block.number == self.claim:
                self.claim = embed_claim(&rounds.claimed) - before if self.in_round else self.number
                self._select_words(block, epoch_key)
                return True
        block.positions = block.draws = 0
        return False

    cdef void _select_words(self, _Block *block, uint64_t epoch_key) noexcept nogil:
        """The positions of a block and what is drawn for them."""
        cdef int32_t *words = block.memory + self.window
        cdef int64_t p, limit, left = 0, own = 0, right = 0
        for p in range(block.first, block.last):
            if self._keeps(epoch_key, p):
                words[own] = self.ids[p]
                own += 1
        block.own = own
        if own > 0:
            p, limit = block.first - 1, max(self.offsets[self.sentence], block.first - self.halo_tokens)
            while left < self.window and p >= limit:
                if self._keeps(epoch_key, p):
                    left += 1
                    words[-left] = self.ids[p]
                p -= 1
            p, limit = block.last, min(self.offsets[self.sentence + 1], block.last + self.halo_tokens)
            while right < self.window and p < limit:
                if self._keeps(epoch_key, p):
                    words[own + right] = self.ids[p]
                    right += 1
                p += 1
        block.words, block.left, block.positions = words - left, left, left + own + right
        self._draw(block, embed_block_stream(epoch_key, block.first))

    cdef int _train_block(self, const _Block *block, const _Block *following) noexcept nogil:
        """Return 0, or -1 if there is no memory for the log."""
        cdef const int32_t *words = block.words
        cdef int64_t p, n = block.positions, own = block.own, fetched = 0
        cdef int64_t to_fetch = following.positions + following.draws
        # windows of a batch share their labels, which paths do not
        cdef int planned = 0, batch = EMBED_BATCH if self.cbow and not self.has_paths else 1
        self.centers += own
        if n < 2:
            return 0
        self._gather(words, n)
        self._gather_places()
        self._find_output_rows(block)
        for p in range(own):
            while fetched * own <= p * to_fetch and fetched < to_fetch:
                self._fetch_early(following, fetched)
                fetched += 1
            planned += self._plan_window(block, p, &self.plans.windows[planned])
            if planned == batch or (planned and p == own - 1):
                if self.place_count:
                    self.kernels.weighted_windows(&self.plans.windows[0], planned)
                elif self.cbow:
                    self.kernels.mean_windows(&self.plans.windows[0], planned)
                else:
                    self.kernels.window(&self.plans.windows[0])
                planned = 0
        if self.in_round:
            return self._log_changes()
        if self.plans.windows[0].lr != 0:
            self._scatter(words, n)
            self._scatter_places(n)
        return 0

    cdef int _log_changes(self) noexcept nogil:
        """Leave in the log what the block has changed; returns 0, or -1 if there is no memory."""
        cdef int64_t i
        if embed_log_reserve(&self.log, self.gathered) != 0:
            return -1
        memcpy(self.log.owners + self.log.used, self.owners, self.gathered * sizeof(int32_t))
        for i in range(self.gathered):
            self.kernels.narrow(self.now.floats + i * self.stride, self.origins[i], self.width,
                                self.log.deltas + (self.log.used + i) * self.stride)
        self.log.used += self.gathered
        return 0

    cdef float *_keep_before(self, int64_t i, float *source) noexcept nogil:
        """Where to keep what row i of the block was: nowhere in a round if `source` is that, for it does not change."""
        if self.in_round and source != NULL:
            self.origins[i] = source
            return NULL
        self.origins[i] = self.before.floats + i * self.stride
        return self.before.floats + i * self.stride

    cdef bint _keeps(self, uint64_t epoch_key, int64_t p) noexcept nogil:
        cdef int32_t word = self.ids[p]
        return word >= self.first_kept or embed_keeps(epoch_key, p, self.keep_thresholds[word])

    cdef const int32_t *_rows_of(self, const int32_t *word, int64_t *size) noexcept nogil:
        """The input rows of a word and how many they are; without n-grams `word` itself, which spares two look-ups."""
        cdef int64_t first
        if self.plain:
            size[0] = 1
            return word
        first = self.row_offsets[word[0]]
        size[0] = self.row_offsets[word[0] + 1] - first
        return &self.rows[first]

    cdef void _draw(self, _Block *block, uint64_t stream) noexcept nogil:
        """For each center in turn: its reach and, for the first `noise_windows`, its noise words."""
        cdef int64_t c, j
        cdef uint64_t fraction
        cdef const embed_alias *table = <const embed_alias *> &self.noise_table[0, 0]
        cdef uint64_t vocabulary = <uint64_t> self.noise_table.shape[0]
        block.draws = 0
        for c in range(block.own):
            if self.fixed_window:
                block.reaches[c] = self.window
            else:
                block.reaches[c] = 1 + <int32_t> embed_scale(embed_next(&stream), <uint64_t> self.window, &fraction)
            if c < self.noise_windows:
                for j in range(block.draws, block.draws + self.negatives):
                    block.noise[j] = embed_draw(&stream, table, vocabulary)
                block.draws += self.negatives

    cdef void _fetch(self, const float *row) noexcept nogil:
        """Fetch into the first-level cache; a round only reads rows, and leaves them in the caches of other cores."""
        if self.in_round:
            embed_prefetch_read(row, self.width)
        else:
            embed_prefetch_row(row, self.width)

    cdef void _fetch_early(self, const _Block *block, int64_t i) noexcept nogil:
        """Fetch into the second-level cache what position i needs, or past the last position a noise word."""
        cdef int64_t r, size
        cdef const int32_t *rows
        if i >= block.positions:
            embed_prefetch_early(&self.outputs[block.noise[i - block.positions], 0], self.width)
            return
        rows = self._rows_of(&block.words[i], &size)
        for r in range(size):
            embed_prefetch_early(&self.inputs[rows[r], 0], self.width)
        if not self.has_paths and block.left <= i < block.left + block.own:  # the halo has no windows of its own
            embed_prefetch_early(&self.outputs[block.words[i], 0], self.width)

    cdef void _find_output_rows(self, const _Block *block) noexcept nogil:
        """Where the output rows of the block are, a round's being copies in the log; and which noise is the same."""
        cdef int64_t own = block.own, i, j
        cdef const int32_t *centers = block.words + block.left
        cdef int32_t word
        self.stamp += 1
        for i in range(own):
            word = centers[i]
            if self.has_paths:
                for j in range(self._target_count(word)):
                    self.target_rows[i * self.most_targets + j] = self._output_row(
                        self.path_rows[self.path_offsets[word] + j])
                continue
            if self.in_round and i + _PREFETCH_POSITIONS < own:
                self._fetch(&self.outputs[centers[i + _PREFETCH_POSITIONS], 0])
            self.target_rows[i] = self._output_row(word)
        for i in range(block.draws):
            if self.in_round and i + _PREFETCH_POSITIONS < block.draws:
                self._fetch(&self.outputs[block.noise[i + _PREFETCH_POSITIONS], 0])
            self.noise_rows[i] = self._output_row(block.noise[i])
        for i in range(min(own, <int64_t> self.noise_windows)):
            j = i * self.negatives
            self._find_folds(self.noise_rows + j, self.folds + j, &self.distinct[i])

    cdef void _find_folds(self, float **rows, int32_t *folds, int32_t *distinct) noexcept nogil:
        """Move the distinct rows of a window's noise to the front, and note which of them the others are."""
        cdef int64_t j, k, unique = 0, again = 0
        cdef float *row
        for j in range(self.negatives):
            row = rows[j]
            k = 0
            while k < unique and rows[k] != row:
                k += 1
            if k == unique:
                rows[unique] = row
                unique += 1
            else:
                folds[again] = <int32_t> (k + 1)
                again += 1
        for j in range(again):
            rows[unique + j] = rows[folds[j] - 1]
        distinct[0] = <int32_t> unique

    cdef int64_t _target_count(self, int32_t word) noexcept nogil:
        return self.path_offsets[word + 1] - self.path_offsets[word] if self.has_paths else 1

    cdef bint _is_frozen(self, int32_t word) noexcept nogil:
        return self.has_frozen and self.frozen[word] != 0

    cdef float *_output_row(self, int32_t row) noexcept nogil:
        """The row itself; in a round, or where it is frozen, the block's copy in the log."""
        cdef uint32_t h
        cdef int64_t place
        if not self.in_round and not self._is_frozen(row):
            return &self.outputs[row, 0]
        h = (<uint32_t> row * <uint32_t> 2654435769) & self.slot_mask
        while self.slots[h].stamp == self.stamp and self.slots[h].row != row:
            h = (h + 1) & self.slot_mask
        if self.slots[h].stamp != self.stamp:
            place = self.gathered
            self.gathered += 1
            self.owners[place] = ~row
            self.slots[h].row, self.slots[h].stamp, self.slots[h].place = row, self.stamp, place
            self.kernels.compose(&self.outputs[0, 0], self.stride, &row, 1, 1, self.width,
                                 self.now.floats + place * self.stride,
                                 self._keep_before(place, &self.outputs[row, 0]))
        return self.now.floats + self.slots[h].place * self.stride

    cdef bint _in_place(self, int32_t word) noexcept nogil:
        return word >= self.copied_words and not self.in_round

    cdef void _gather(self, const int32_t *words, int64_t n) noexcept nogil:
        """Position i is the mean of the input rows of its word, or their sum, or the one row itself.

        A step along the gradient moves each of those rows by 1/n of what it would move a single row, and so their
        mean; with another power of n, 0 in the historic step, each row and their mean move by that. The rows of a sum
        move by all of it, and so the sum by n times that. If only some of the rows learn, the position moves by so
        much less.
        """
        cdef int64_t i, r, size
        cdef const int32_t *rows
        for i in range(n):
            if self._in_place(words[i]):
                self.vectors[i], self.ratios[i] = &self.inputs[words[i], 0], self.ratio
                continue
            self.owners[i], self.vectors[i] = words[i], self.now.floats + i * self.stride
            if i + _PREFETCH_POSITIONS < n:
                rows = self._rows_of(&words[i + _PREFETCH_POSITIONS], &size)
                for r in range(size):
                    self._fetch(&self.inputs[rows[r], 0])
            rows = self._rows_of(&words[i], &size)
            self.ratios[i] = self.ratio * <float> size if self.sums else self.ratio / self.divisors[size]
            if self.has_frozen:
                self.ratios[i] *= <float> self._trained(words[i]) / <float> size
            self.kernels.compose(&self.inputs[0, 0], self.stride, rows, size,
                                 1 if self.sums else 1 / <float> size, self.width,
                                 self.now.floats + i * self.stride,
                                 self._keep_before(i, &self.inputs[rows[0], 0] if self.plain else NULL))
        self.gathered = n

    cdef void _gather_places(self) noexcept nogil:
        """The block gets a copy of its own of the places, the more so as other threads change them all the time."""
        cdef int64_t first = self.gathered
        cdef int32_t i
        self.block_places = self.now.floats + first * self.stride
        for i in range(self.place_count):
            self.owners[first + i] = <int32_t> self.outputs.shape[0] + i
            self.kernels.compose(&self.places[0, 0], self.stride, &i, 1, 1, self.width,
                                 self.block_places + i * self.stride,
                                 self._keep_before(first + i, &self.places[i, 0]))
        self.gathered += self.place_count

    cdef void _scatter_places(self, int64_t n) noexcept nogil:
        """The places move by what the copies have moved by, which follow n positions."""
        cdef int32_t i
        for i in range(self.place_count):
            self.kernels.scatter(&self.places[0, 0], self.stride, &i, 1, 1, self.width,
                                 self.block_places + i * self.stride, self.before.floats + (n + i) * self.stride)

    cdef void _scatter(self, const int32_t *words, int64_t n) noexcept nogil:
        """What a copy has moved by, each of its rows moves by, or by its share where the position is a sum."""
        cdef int64_t i, size
        cdef const int32_t *rows
        for i in range(n):
            if self._in_place(words[i]):
                continue
            rows = self._rows_of(&words[i], &size)
            self.kernels.scatter(&self.inputs[0, 0], self.stride, rows, self._trained(words[i]),
                                 self._share(words[i]), self.width,
                                 self.now.floats + i * self.stride, self.before.floats + i * self.stride)

    cdef int64_t _trained(self, int32_t word) noexcept nogil:
        """How many of the word's input rows learn, from the first on."""
        if self.has_frozen:
            return 0 if self.frozen[word] else 1
        return 1 if self.plain else self.row_offsets[word + 1] - self.row_offsets[word]

    cdef float _share(self, int32_t word) noexcept nogil:
        """What each of the word's rows that learn has moved by over what the position has."""
        if self.sums:
            return 1 / <float> max(self._trained(word), <int64_t> 1)
        if self.has_frozen:  # one row alone moves the mean of n by 1/n
            return <float> (self.row_offsets[word + 1] - self.row_offsets[word])
        return 1

    cdef void _plan_path(self, int32_t word, int64_t c, embed_window *plan) noexcept nogil:
        """The rows of a path and their labels, as signs for every line of scores."""
        cdef int64_t j, count = self._target_count(word)
        cdef float sign
        cdef float *line
        for j in range(count):
            plan.y[j] = self.target_rows[c * self.most_targets + j]
            sign = -0.0 if self.path_labels[self.path_offsets[word] + j] else 0.0
            line = plan.signs + j // EMBED_GROUP * 2 * EMBED_LINE + j % EMBED_GROUP
            line[0] = line[EMBED_LINE] = sign
        plan.unique = plan.ny = <int> count

    cdef void _plan_targets(self, int64_t c, embed_window *plan) noexcept nogil:
        """The target's row, then the distinct noise rows, then a second mention of each drawn again.

        Noise that equals the target is left out (Mikolov et al. 2013 draw noise from the words that are not it).
        """
        cdef int64_t lot = c % self.noise_windows
        cdef float **noise = self.noise_rows + lot * self.negatives
        cdef const int32_t *folds = self.folds + lot * self.negatives
        cdef int64_t distinct = self.distinct[lot], j, hit = 0, count
        cdef float *target = self.target_rows[c]
        plan.y[0] = target
        for j in range(distinct):
            plan.y[j + 1 - (hit != 0)] = noise[j]
            if noise[j] == target:
                hit = j + 1
        count = distinct + 1 - (hit != 0)
        plan.unique = <int> count
        for j in range(self.negatives - distinct):
            if folds[j] != hit:
                plan.y[count] = noise[folds[j] - 1]
                plan.folds[count - plan.unique] = folds[j] - (hit != 0 and folds[j] > hit)
                count += 1
        plan.ny = <int> count

    cdef void _restore_frozen(self, embed_window *plan) noexcept nogil:
        """The copies of frozen output rows are again what they are copies of."""
        cdef int64_t j, place
        cdef int32_t row
        for j in range(plan.unique):
            if self.now.floats <= plan.y[j] < self.now.floats + self.gathered * self.stride:
                place = (plan.y[j] - self.now.floats) // self.stride
                row = ~self.owners[place]
                if self._is_frozen(row):
                    self.kernels.compose(&self.outputs[0, 0], self.stride, &row, 1, 1, self.width, plan.y[j], NULL)

    cdef int _plan_window(self, const _Block *block, int64_t c, embed_window *plan) noexcept nogil:
        """Plan the window of the block's center c; return 0 if it has no context or no target, else 1."""
        cdef int64_t center = block.left + c
        cdef int64_t first = max(<int64_t> 0, center - block.reaches[c])
        cdef int64_t last = min(block.positions - 1, center + block.reaches[c])
        cdef int64_t contexts = last - first
        cdef int64_t i, k = 0
        cdef float weight = 1
        if contexts == 0 or self._target_count(block.words[center]) == 0:
            return 0
        if self.has_paths:
            self._plan_path(block.words[center], c, plan)
        else:
            self._plan_targets(c, plan)
        if self.has_frozen:
            self._restore_frozen(plan)
        if self.cbow:  # dL/dx of a context is 1/contexts of dL/dmean; word2vec.c drops that factor
            weight = 1 / self.divisors[contexts]
        for i in range(first, last + 1):
            if i != center:
                plan.x[k] = self.vectors[i]
                plan.ratios[k] = weight * self.ratios[i]
                k += 1
        if self.place_count:
            plan.weight_ratio = weight * self.place_ratio
            for k in range(contexts):  # the first context is in place first - center + window
                i = first - center + self.window + k
                plan.weights[k] = self.block_places + i * self.stride
        plan.nx = <int> contexts
        self.examples += 1 if self.cbow else contexts
        return 1


def train_window(float[:, ::1] x, float[:, ::1] y, double lr, double ratio, str path, bint mean=False,
                 int64_t repeats=1, dim=None):
    """Train one window in place; the kernels by themselves, for tests and micro-benchmarks.

    Parameters
    ----------
    x, y : float32[nx, stride], float32[ny, stride]
        Input vectors and distinct output rows, the target's first; stride a multiple of ROW_FLOATS.
    lr, ratio : float
        As in Worker.run.
    path : str
        One of simd_paths().
    mean : bool
        The mean of the rows of x meets those of y, and `ratio` is the rate of each of them (CBOW); otherwise every
        row does (skip-gram).
    repeats : int
        How often to do it.
    dim : int or None
        Floats of a row that count, the others being zero; None takes all.

    Returns
    -------
    float
        The negative log-likelihood before the update, summed over the repeats.
    """
    cdef const embed_kernels *kernels = _find_kernels(path)
    cdef Py_ssize_t nx = x.shape[0], ny = y.shape[0], stride = x.shape[1], i
    if nx == 0 or ny == 0 or y.shape[1] != stride or stride == 0 or stride % EMBED_ROW_FLOATS:
        raise ValueError(f"x and y need rows, of the same multiple of {EMBED_ROW_FLOATS} floats")
    cdef int width = _width(kernels, stride if dim is None else dim)
    if not 0 < width <= stride:
        raise ValueError(f"dim {dim} does not fit rows of {stride} floats")
    cdef _Plans plans = _Plans(nx, ny, width)
    cdef embed_window *plan = &plans.windows[0]
    for i in range(nx):
        plan.x[i] = &x[i, 0]
        plan.ratios[i] = <float> ratio
    for i in range(ny):
        plan.y[i] = &y[i, 0]
    plan.nx, plan.ny, plan.unique = <int> nx, <int> ny, <int> ny
    plan.lr = <float> lr
    with nogil:
        for _ in range(repeats):
            if mean:
                kernels.mean_windows(plan, 1)
            else:
                kernels.window(plan)
    return embed_take_loss(&plans.loss)


def add_change(float[::1] row, const float[::1] now, const float[::1] before, double weight, str path):
    """Add weight * (now - before) to a row, the change rounded as in a log; the kernels by themselves, for tests.

    Parameters
    ----------
    row, now, before : float32[stride]
        Changed in place, and read; stride a multiple of ROW_FLOATS.
    weight : float
    path : str
        One of simd_paths().
    """
    cdef const embed_kernels *kernels = _find_kernels(path)
    cdef Py_ssize_t stride = row.shape[0]
    if not stride or stride % EMBED_ROW_FLOATS or now.shape[0] != stride or before.shape[0] != stride:
        raise ValueError(f"row, now and before need the same multiple of {EMBED_ROW_FLOATS} floats")
    cdef object memory = bytearray(stride * sizeof(uint16_t))
    cdef unsigned char[::1] view = memory
    cdef uint16_t *deltas = <uint16_t *> &view[0]
    kernels.narrow(&now[0], &before[0], <int> stride, deltas)
    kernels.add(&row[0], <float> weight, <int> stride, deltas)


def compose_rows(const float[:, ::1] inputs, const int64_t[::1] row_offsets, const int32_t[::1] rows,
                 float[:, ::1] out, int dim, str path):
    """Write the vector of every word, the mean of its input rows, to out float32[V, stride]."""
    cdef const embed_kernels *kernels = _find_kernels(path)
    cdef int64_t i, first, size
    cdef int width = _width(kernels, dim)
    if out.shape[0] != row_offsets.shape[0] - 1 or out.shape[1] != inputs.shape[1] or out.shape[1] < width:
        raise ValueError("out and inputs must have rows of the same length, and out one row a word")
    with nogil:
        for i in range(out.shape[0]):
            first = row_offsets[i]
            size = row_offsets[i + 1] - first
            kernels.compose(&inputs[0, 0], inputs.shape[1], &rows[first], size, 1 / <float> size, width,
                            &out[i, 0], &out[i, 0])


def fill_uniform(float[:, ::1] matrix, int dim, double bound, uint64_t seed, int64_t first_row=0):
    """Fill the first `dim` columns with draws from [-bound, bound), the same on every platform.

    The rows of `matrix` are those from `first_row` on of the matrix that the seed determines.
    """
    cdef int64_t i, k
    cdef uint64_t stream
    with nogil:
        for i in range(matrix.shape[0]):
            stream = embed_block_stream(embed_epoch_key(seed, 0), first_row + i)
            for k in range(dim):
                # 24 bits: every value is a single-precision number, so rounding cannot differ
                matrix[i, k] = <float> ((<double> (embed_next(&stream) >> 40) / 8388608.0 - 1.0) * bound)


def all_finite(const float[:, ::1] matrix):
    """Tell whether no element is infinite or NaN, whose exponents alone have all bits set."""
    cdef int64_t i, k
    cdef uint32_t exponent, bad = 0
    cdef const uint32_t *bits
    with nogil:
        for i in range(matrix.shape[0]):
            bits = <const uint32_t *> &matrix[i, 0]
            for k in range(matrix.shape[1]):
                exponent = bits[k] & <uint32_t> 0x7f800000
                bad |= <uint32_t> (exponent == <uint32_t> 0x7f800000)
            if bad:
                break
    return bad == 0
