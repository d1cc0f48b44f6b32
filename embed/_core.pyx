"""The training loop: find the vectors of a block of positions, train its windows, return what the vectors moved by.

One loop serves every model. What differs between them is data: which rows make up a position (its word, or
its word and n-grams), which vectors meet the targets of a window (each context by itself, or their mean) and
with what weight an increment returns. With hierarchical softmax the targets of a window are the rows on the path of its
center, instead of the center's row and noise. In structured skip-gram a window
is two, one for each side of its center, which has an output row for each.

This module plans the windows; each of the others it is made of has one part:

- ``_bounds``   that ids, offsets and rows lead nowhere outside;
- ``_blocks``   which tokens are trained together, and what is drawn for them;
- ``_rows``     the matrices, and which rows of them a word has;
- ``_vectors``  the vectors of a block: rows themselves, or copies;
- ``_replicas`` a thread's own rows of the most frequent words;
- ``_kernels``  the arithmetic (``csrc/kernels_body.h``);
- ``_rounds``   training to bits that do not depend on the number of threads.

While a block trains, the rows of the next one are fetched into the cache, those of n-grams just before they are needed
(docs/decisions/0007 and 0019).
``embed/engine/reference.py`` states all of this again in readable NumPy. ``embed/training/backends/workers.py`` makes
the arguments from a configuration. What is used as an index is checked here, at the door, once: within, no index is
looked at again.

Rejected: one loop per model (they drift apart).
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

from embed.engine._blocks cimport BLOCK, Block, Blocks
from embed.engine._bounds import check_aliases, check_ids, check_offsets
from embed.engine._kernels cimport (
    EMBED_BATCH,
    EMBED_GROUP,
    EMBED_LINE,
    Plans,
    embed_kernels,
    embed_prefetch_early,
    embed_take_loss,
    embed_window,
)
from embed.engine._log cimport embed_entry
from embed.engine._replicas cimport Replicas
from embed.engine._rounds cimport Merger, Rounds, embed_barrier_halted, embed_barrier_wait
from embed.engine._rows cimport Rows, target_row, word_row
from embed.engine._block_vectors cimport BlockVectors, output_row

ctypedef struct Side:
    # The output rows that contexts on one side of a center meet, or those on either side.
    float **targets     # [BLOCK_TOKENS, most_targets] of each center
    # The noise of so many windows, each time the distinct rows and then those drawn again.
    float **noise       # [noise_windows, negatives]


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
    inputs, outputs : float32[R, stride], float32[sides * V, stride]
        The parameters, shared and updated in place; stride is at least `dim` and a multiple of
        _kernels.ROW_FLOATS, the padding zero.
    sides : int
        Output rows of a word: 1; or, for skip-gram, 2: row ``2 * i`` of word i meets the contexts to its left, and row
        ``2 * i + 1`` those to its right (and so with the rows of its path).
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
    replicated_words, replica_share : int, float
        The rows of so many words, the first, and as many nodes of the tree, the last, are trained in replicas of this
        worker for each `run`, and then move by so much of what their replicas have moved by; see _replicas.Replicas.
    spread : int
        With it the first 2**spread rows of `outputs`, and of `inputs` where every word has one row, lie where
        _rows.places(spread) says: the rows of frequent words apart, as is good for several threads.
    path_offsets, path_rows, path_labels : int64[V + 1], int32[M], uint8[M]
        For hierarchical softmax, with `negatives` 0: the targets of a center are the output rows on its path, with
        label 1 or 0. With a `path_offsets` of length 0 its target is the row of its word, with label 1.
    path : str
        One of _kernels.simd_paths().
    frozen : uint8[V] or uint8[0]
        With it the words that have a 1 keep their rows, and of the other words only output row and first input row
        learn, which no other word may share.
    like : Worker, optional
        Another worker of the same ids and offsets in memory, which have been checked for it, and are not again.

    Raises
    ------
    ValueError
        If arguments contradict each other, or an id, an offset or a row leads outside the arrays.

    Attributes
    ----------
    loss : float
        Sum of the negative log-likelihood over all examples since construction or `reset`.
    examples : int
        Pairs (skip-gram) or windows (CBOW) trained on, each with its noise.
    centers : int
        Tokens that survived subsampling and were trained as a center.
    """

    cdef Blocks blocks
    cdef Rows rows
    cdef BlockVectors vectors
    cdef Merger merger
    cdef Replicas replicas
    cdef Plans plans
    cdef const embed_kernels *kernels
    cdef const int64_t[::1] path_offsets
    cdef const int32_t[::1] path_rows
    cdef const uint8_t[::1] path_labels
    cdef bint has_paths, cbow
    cdef int window, negatives, noise_windows, sides
    cdef int64_t most_targets   # of a center, noise left out
    cdef float place_ratio
    cdef float ratio            # learning rate of a position of one row over that of the output rows
    cdef Side rows_of_sides[2]
    # How many rows of the noise of a window are distinct, and which of them, counted from 1, each one drawn again is.
    cdef int32_t *distinct      # [noise_windows]
    cdef int32_t *folds         # [noise_windows, negatives]
    cdef object _pointer_memory, _index_memory
    cdef readonly double loss
    cdef readonly int64_t examples
    cdef readonly int64_t centers

    def __init__(self, *, const int32_t[::1] ids, const int64_t[::1] offsets, const uint32_t[::1] keep_thresholds,
                 const uint32_t[:, ::1] noise_table, float[:, ::1] inputs, float[:, ::1] outputs, int sides,
                 float[:, ::1] places, double place_ratio, const int64_t[::1] row_offsets, const int32_t[::1] rows,
                 int dim, bint cbow, double gradient_power, bint sums, int window, bint fixed_window, int negatives,
                 int noise_windows, uint64_t seed, int32_t replicated_words, double replica_share,
                 int spread, str path,
                 const int64_t[::1] path_offsets, const int32_t[::1] path_rows, const uint8_t[::1] path_labels,
                 const uint8_t[::1] frozen, Worker like=None):
        cdef int64_t contexts = 2 * <int64_t> window, w
        if places.shape[0] and (places.shape[0] != contexts or not cbow):
            raise ValueError(f"places of a window of {window} are 2 * {window} rows, for CBOW")
        if sides != 1 and (sides != 2 or cbow):
            raise ValueError(f"sides are 1, or 2 for skip-gram, not {sides}")
        if keep_thresholds.shape[0] != row_offsets.shape[0] - 1:
            raise ValueError("keep_thresholds and row_offsets differ in their number of words")
        if like is None or not like._reads(ids, offsets, row_offsets.shape[0] - 1):
            check_ids("ids", ids, row_offsets.shape[0] - 1)
            check_offsets("offsets", offsets, ids.shape[0])
        check_aliases(noise_table)
        check_offsets("row_offsets", row_offsets, rows.shape[0])
        check_ids("rows", rows, inputs.shape[0])
        self.path_offsets, self.path_rows, self.path_labels = path_offsets, path_rows, path_labels
        self.has_paths = path_offsets.shape[0] > 0
        if self.has_paths and (negatives != 0 or path_offsets.shape[0] != row_offsets.shape[0]
                               or path_labels.shape[0] != path_rows.shape[0]):
            raise ValueError("paths go without noise, and need offsets for every word and a label for every row")
        if self.has_paths:
            check_offsets("path_offsets", path_offsets, path_rows.shape[0])
            check_ids("path_rows", path_rows, outputs.shape[0] // sides)
        if self.has_paths and frozen.shape[0]:
            raise ValueError("frozen goes without paths")
        self.cbow, self.window, self.place_ratio = cbow, window, <float> place_ratio
        self.negatives, self.noise_windows, self.sides = negatives, noise_windows, sides
        self.most_targets = 1
        for w in range(path_offsets.shape[0] - 1):
            self.most_targets = max(self.most_targets, path_offsets[w + 1] - path_offsets[w])
        self.rows = Rows(inputs, outputs, places, row_offsets, rows, frozen, sums, sides, dim, spread, path)
        self.kernels = self.rows.kernels
        self.blocks = Blocks(ids, offsets, keep_thresholds, noise_table, window, fixed_window, negatives, noise_windows,
                             seed)
        cdef int64_t draws = self.blocks.most_draws
        self.vectors = BlockVectors(self.rows, gradient_power, contexts, self.blocks.most_positions,
                                    sides * (BLOCK * self.most_targets + draws))
        self.merger = Merger(self.rows)
        self.replicas = Replicas(self.rows, replicated_words, self.has_paths, replica_share)
        self.plans = Plans(contexts, negatives + self.most_targets, self.rows.width)
        self._index_memory = bytearray(sizeof(int32_t) * (noise_windows + draws))
        cdef unsigned char[::1] indices = self._index_memory
        self.distinct = <int32_t *> &indices[0]
        self.folds = self.distinct + noise_windows
        self._pointer_memory = bytearray(sizeof(void *) * sides * (BLOCK * self.most_targets + draws))
        cdef unsigned char[::1] pointers = self._pointer_memory
        for w in range(sides):
            self.rows_of_sides[w].targets = <float **> &pointers[0] + w * (BLOCK * self.most_targets + draws)
            self.rows_of_sides[w].noise = self.rows_of_sides[w].targets + BLOCK * self.most_targets
        self.reset()

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
        with nogil:
            self.replicas.take()
            position = self._train_blocks(epoch, first, last, lr, lr_slope, &stop[0], None, 0)
            self.replicas.give_back()
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
            the size of a round, and so is `last` if another call goes on from there.
        rounds : Rounds
            The same for all workers, each of which runs in a thread of its own. More calls may go on with it, of all
            workers alike; once `stop` has ended the training, they do nothing.
        part : int
            Which of them this one is; worker 0 takes the losses of all.

        Returns
        -------
        int
            The token position up to which all rounds are done.
        """
        # of the latest round; all workers read it before any of them can finish another
        cdef int64_t position = first, next_position, before = rounds.before, blocks, block
        cdef int32_t number = rounds.number
        cdef bint failed = False
        self._check_stretch(first, last)
        if first % rounds.size:
            raise ValueError(f"rounds begin at multiples of {rounds.size} tokens, not at {first}")
        self.ratio = <float> ratio
        with nogil:
            while position < last and not embed_barrier_halted(&rounds.barrier):
                next_position = min(position + rounds.size, last)
                number += 1
                self.vectors.log.used = 0
                failed = self._train_blocks(epoch, position, next_position, lr, lr_slope, NULL, rounds, before) < 0
                if embed_barrier_wait(&rounds.barrier, failed):
                    break
                # every worker has claimed one block too many
                blocks = rounds.claimed - before - rounds.barrier.members
                if part == 0:
                    for block in range(blocks):
                        self.loss += rounds.entries[block].loss
                failed = self.merger.merge(rounds, blocks, number, part) != 0
                before, position = rounds.claimed, next_position
                if part == 0:
                    rounds.position, rounds.before, rounds.number = position, before, number
                if embed_barrier_wait(&rounds.barrier, failed or stop[0] != 0):
                    break
        self.vectors.log.used = 0
        if failed:
            raise MemoryError("cannot allocate what the blocks of a round change")
        return position

    cdef bint _reads(self, const int32_t[::1] ids, const int64_t[::1] offsets, int64_t words):
        """Whether these are the ids and offsets of this worker, in the same memory, for as many words."""
        cdef const int32_t[::1] own = self.blocks.ids
        cdef const int64_t[::1] starts = self.blocks.offsets
        return (words == self.rows.words and 0 < ids.shape[0] == own.shape[0] and &ids[0] == &own[0]
                and 0 < offsets.shape[0] == starts.shape[0] and &offsets[0] == &starts[0])

    cdef _check_stretch(self, int64_t first, int64_t last):
        if not 0 <= first <= last <= self.blocks.ids.shape[0]:
            raise ValueError(f"tokens {first} to {last} are not all within a corpus of {self.blocks.ids.shape[0]}")

    cdef int64_t _train_blocks(self, int64_t epoch, int64_t first, int64_t last, double lr, double lr_slope,
                               const int32_t *stop, Rounds rounds, int64_t before) noexcept nogil:
        """Train on the blocks; in a round on those that this worker claims, after the `before` ones of earlier rounds.

        Returns where the last block ends, or -1 if there is no memory for the log.
        """
        cdef int64_t position
        cdef Block *block = &self.blocks.pair[0]
        cdef Block *following = &self.blocks.pair[1]
        cdef bint more, in_round = rounds is not None
        if first == last:
            return first
        self.vectors.in_round = in_round
        position = self.blocks.begin(epoch, first, &rounds.claimed if in_round else NULL, before)
        more = self.blocks.select(block, last)
        while more and (stop == NULL or stop[0] == 0):
            more = self.blocks.select(following, last)
            self.plans.windows[0].lr = <float> (lr + lr_slope * <double> block.first)
            self._train_block(block, following)
            if not in_round:
                self.loss += embed_take_loss(&self.plans.loss)
            elif self._log_block(&rounds.entries[block.number]) != 0:
                return -1
            position = block.last
            block, following = following, block
        return position

    cdef int _log_block(self, embed_entry *entry) noexcept nogil:
        """Leave in the log what the block has changed; returns 0, or -1 if there is no memory."""
        entry.log, entry.first = &self.vectors.log, self.vectors.log.used
        entry.loss = embed_take_loss(&self.plans.loss)
        if self.vectors.log_changes() != 0:
            return -1
        entry.last = self.vectors.log.used
        return 0

    cdef void _train_block(self, const Block *block, const Block *following) noexcept nogil:
        """Train a block, and fetch the rows of the next one meanwhile."""
        cdef int64_t w, windows = block.own * self.sides, fetched = 0, to_fetch = following.positions + following.draws
        # windows of a batch share their labels, which paths do not
        cdef int side, planned = 0, batch = EMBED_BATCH if self.cbow and not self.has_paths else 1
        self.centers += block.own
        self.vectors.begin()
        if block.positions < 2:
            return
        self.vectors.gather(block, self.ratio)
        for side in range(self.sides):
            self._find_output_rows(block, side)
        for w in range(windows):
            while fetched * windows <= w * to_fetch and fetched < to_fetch:
                self._fetch_early(following, fetched)
                fetched += 1
            planned += self._plan_window(block, w, &self.plans.windows[planned])
            if planned == batch or (planned and w == windows - 1):
                if self.vectors.place_count:
                    self.kernels.weighted_windows(&self.plans.windows[0], planned)
                elif self.cbow:
                    self.kernels.mean_windows(&self.plans.windows[0], planned)
                else:
                    self.kernels.window(&self.plans.windows[0])
                planned = 0
        if not self.vectors.in_round and self.plans.windows[0].lr != 0:
            self.vectors.scatter()

    cdef void _fetch_early(self, const Block *block, int64_t i) noexcept nogil:
        """Fetch into the second-level cache what position i needs, or past the last position a noise word.

        The rows of n-grams are left out: those of one block fill that cache, and this one still needs its own.
        """
        cdef int32_t word
        if i >= block.positions:
            word = block.noise[i - block.positions]
        else:
            word = block.words[i]
            if self.rows.plain:
                embed_prefetch_early(word_row(self.rows, word), self.rows.width)
            if self.has_paths or not block.left <= i < block.left + block.own:  # the halo has no windows of its own
                return
        embed_prefetch_early(target_row(self.rows, word * self.sides), self.rows.width)
        if self.sides == 2:
            embed_prefetch_early(target_row(self.rows, word * 2 + 1), self.rows.width)

    cdef void _find_output_rows(self, const Block *block, int side) noexcept nogil:
        """Where the output rows of the block are, on one side of each center; and which noise is the same."""
        cdef int64_t own = block.own, i, j
        cdef const int32_t *centers = block.words + block.left
        cdef float **targets = self.rows_of_sides[side].targets
        cdef float **noise = self.rows_of_sides[side].noise
        cdef int32_t word, sides = self.sides
        for i in range(own):
            word = centers[i]
            if self.has_paths:
                for j in range(self._target_count(word)):
                    targets[i * self.most_targets + j] = output_row(
                        self.vectors, self.path_rows[self.path_offsets[word] + j] * sides + side)
                continue
            targets[i] = output_row(self.vectors, word * sides + side)
        for i in range(block.draws):
            noise[i] = output_row(self.vectors, block.noise[i] * sides + side)
        for i in range(min(own, <int64_t> self.noise_windows)):
            j = i * self.negatives
            self._find_folds(noise + j, self.folds + j, &self.distinct[i])

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

    cdef void _plan_path(self, int32_t word, int64_t c, const Side *side, embed_window *plan) noexcept nogil:
        """The rows of a path and their labels, as signs for every line of scores."""
        cdef int64_t j, count = self._target_count(word)
        cdef float **targets = side.targets + c * self.most_targets
        cdef float sign
        cdef float *line
        for j in range(count):
            plan.y[j] = targets[j]
            sign = -0.0 if self.path_labels[self.path_offsets[word] + j] else 0.0
            line = plan.signs + j // EMBED_GROUP * 2 * EMBED_LINE + j % EMBED_GROUP
            line[0] = line[EMBED_LINE] = sign
        plan.unique = plan.ny = <int> count

    cdef void _plan_targets(self, int64_t c, const Side *side, embed_window *plan) noexcept nogil:
        """The target's row, then the distinct noise rows, then a second mention of each drawn again.

        Noise that equals the target is left out (Mikolov et al. 2013 draw noise from the words that are not it).
        """
        cdef int64_t lot = c % self.noise_windows
        cdef float **noise = side.noise + lot * self.negatives
        cdef const int32_t *folds = self.folds + lot * self.negatives
        cdef int64_t distinct = self.distinct[lot], j, hit = 0, count
        cdef float *target = side.targets[c]
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

    cdef int _plan_window(self, const Block *block, int64_t w, embed_window *plan) noexcept nogil:
        """Plan window w of the block, of each center one or one for each side; return 0 if it is empty, else 1."""
        cdef int64_t c = w if self.sides == 1 else w >> 1
        cdef int64_t center = block.left + c
        cdef int64_t first = max(<int64_t> 0, center - block.reaches[c])
        cdef int64_t last = min(block.positions - 1, center + block.reaches[c])
        cdef int64_t contexts, i, k = 0
        cdef const Side *side = &self.rows_of_sides[0]
        cdef float weight = 1
        if self.sides == 2:
            side += w & 1
            first, last = (center, last) if w & 1 else (first, center)
        contexts = last - first
        if contexts == 0 or self._target_count(block.words[center]) == 0:
            return 0
        if self.has_paths:
            self._plan_path(block.words[center], c, side, plan)
        else:
            self._plan_targets(c, side, plan)
        if self.rows.has_frozen:
            self.vectors.restore_frozen(plan)
        if self.cbow:  # dL/dx of a context is 1/contexts of dL/dmean; word2vec.c drops that factor
            weight = 1 / self.vectors.divisors[contexts]
        for i in range(first, last + 1):
            if i != center:
                plan.x[k] = self.vectors.vectors[i]
                plan.ratios[k] = weight * self.vectors.ratios[i]
                k += 1
        if self.vectors.place_count:
            plan.weight_ratio = weight * self.place_ratio
            for k in range(contexts):  # the first context is in place first - center + window
                i = first - center + self.window + k
                plan.weights[k] = self.vectors.places + i * self.rows.stride
        plan.nx = <int> contexts
        self.examples += 1 if self.cbow else contexts
        return 1
