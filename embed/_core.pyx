"""The training loop: find the vectors of a block of positions, train its windows, return what the vectors moved by.

One loop serves every model. What differs between them is data (:mod:`embed.engine.problem`): which input rows make up
the vector of a position (its word's own, or those of its n-grams too), which output rows are the targets of a window
(its center's and noise's, or those on the center's path through a tree), whether each context meets them by itself or
all contexts as one, and with what weight an increment returns. In structured skip-gram a window is two, one for each
side of its center, which has an output row for each.

This module plans the windows; each of the others it is made of has one part:

- ``_blocks``         which tokens are trained together, and what is drawn for them;
- ``_rows``           the matrices, and which input rows make up a vector;
- ``_block_vectors``  the vectors of a block: rows themselves, or copies;
- ``_targets``        the output rows that a window meets;
- ``_replicas``       a thread's own rows of the most frequent words;
- ``_kernels``        the arithmetic (``csrc/kernels_body.h``);
- ``_rounds``         training to bits that do not depend on the number of threads.

While a block trains, the rows of the next one are fetched into the cache, those of n-grams just before they are needed
(docs/decisions/0007 and 0019).
``embed/engine/loss.py`` derives the gradient of one window, and ``embed/engine/reference.py`` states all of this
again in readable NumPy. What is used as an index has been checked where the problem was made: here no index is looked
at again.

Rejected: one loop per model (they drift apart).
"""

from libc.math cimport pow
from libc.stdint cimport int32_t, int64_t

from embed.engine._blocks cimport Block, Blocks
from embed.engine._kernels cimport (
    EMBED_BATCH,
    Plans,
    Scratch,
    embed_kernels,
    embed_prefetch_early,
    embed_take_loss,
    embed_window,
)
from embed.engine._log cimport embed_entry
from embed.engine._replicas cimport Replicas
from embed.engine._rounds cimport Merger, Rounds, embed_barrier_halted, embed_barrier_wait
from embed.engine._rows cimport Rows, input_row, target_row
from embed.engine._block_vectors cimport BlockVectors
from embed.engine._targets cimport Targets, plan_targets

from embed.engine.problem import Problem


cdef class Worker:
    """One thread's view of the shared corpus and matrices, with scratch of its own.

    Parameters
    ----------
    problem : embed.engine.problem.Problem
        What is trained, the same for all workers that share it.

    Raises
    ------
    ValueError
        If the rows of the matrices are not as long as the kernels need them.

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
    cdef Targets targets
    cdef Merger merger
    cdef Replicas replicas
    cdef Plans plans
    cdef const embed_kernels *kernels
    cdef bint cbow
    cdef int window, sides
    cdef float place_ratio
    cdef float ratio            # learning rate of a position of one row over that of the output rows
    # For CBOW, of a window of n contexts: by what their sum is multiplied, and what each of them gets of its gradient.
    cdef float *scales          # [n]
    cdef float *steps           # [n]
    cdef Scratch _contexts
    cdef readonly double loss
    cdef readonly int64_t examples
    cdef readonly int64_t centers

    def __init__(self, problem):
        if not isinstance(problem, Problem):  # whose indices have been checked
            raise TypeError(f"a worker trains a Problem, not {type(problem).__name__}")
        settings, targets = problem.settings, problem.targets
        cdef int64_t contexts = 2 * <int64_t> settings.window
        self.cbow, self.window, self.place_ratio = settings.cbow, settings.window, settings.place_ratio
        self.sides = targets.sides
        self.rows = Rows(problem.units, problem.matrices, settings.simd)
        self.kernels = self.rows.kernels
        self.blocks = Blocks(problem.tokens, targets.noise, settings)
        self.targets = Targets(targets)
        self.vectors = BlockVectors(self.rows, settings.gradient_power, self.blocks.most_positions,
                                    self.targets.most_of_a_block)
        self.merger = Merger(self.rows)
        self.replicas = Replicas(self.rows, targets, settings.replicated_words, settings.replica_share)
        self.plans = Plans(contexts, self.targets.most, self.rows.width)
        self._weigh_contexts(contexts, settings.context_sum, settings.gradient_power)
        self.reset()

    cdef _weigh_contexts(self, int64_t most, bint sums, double gradient_power):
        """Weigh the contexts of every window of CBOW. Here stands the factor that "Corrected CBOW" is named for.

        With C contexts and their mean h, dL/dx_i = 1/C dL/dh: the exact gradient has the step 1/C. word2vec.c, gensim
        and fastText drop that factor (the historic gradient, power 0), so that a window moves its contexts C times as
        far as its derivative does. Of a sum of contexts the derivative is dL/dh itself, and the historic step 1/C.
        """
        cdef int64_t n
        cdef double power = 1 - gradient_power if sums else gradient_power
        self._contexts = Scratch(2 * (most + 1))
        self.scales, self.steps = self._contexts.floats, self._contexts.floats + most + 1
        for n in range(1, most + 1):
            self.scales[n] = 1 if sums else 1 / <float> n
            self.steps[n] = 1 / <float> pow(<double> n, power)

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
        cdef int planned = 0, batch = EMBED_BATCH if self.cbow and not self.targets.has_tree else 1
        self.centers += block.own
        self.vectors.begin()
        if block.positions < 2:
            return
        self.vectors.gather(block, self.ratio)
        self.targets.find(self.vectors, block)
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
                embed_prefetch_early(input_row(self.rows, word), self.rows.width)
            # the rows of paths are left to the processor, and the halo has no windows of its own
            if not self.targets.has_noise or not block.left <= i < block.left + block.own:
                return
        embed_prefetch_early(target_row(self.rows, word * self.sides), self.rows.width)
        if self.sides == 2:
            embed_prefetch_early(target_row(self.rows, word * 2 + 1), self.rows.width)

    cdef int _plan_window(self, const Block *block, int64_t w, embed_window *plan) noexcept nogil:
        """Plan window w of the block, of each center one or one for each side; return 0 if it is empty, else 1."""
        cdef int64_t c = w if self.sides == 1 else w >> 1
        cdef int64_t center = block.left + c
        cdef int64_t first = max(<int64_t> 0, center - block.reaches[c])
        cdef int64_t last = min(block.positions - 1, center + block.reaches[c])
        cdef int64_t contexts, i, k = 0
        cdef int side = 0
        cdef float weight = 1
        if self.sides == 2:
            side = w & 1
            first, last = (center, last) if side else (first, center)
        contexts = last - first
        if contexts == 0 or not plan_targets(self.targets, block.words[center], c, side, plan):
            return 0
        if self.rows.has_output_factors and self.plans.windows[0].lr != 0:
            self.vectors.settle(plan)
        if self.cbow:
            weight, plan.scale = self.steps[contexts], self.scales[contexts]
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
