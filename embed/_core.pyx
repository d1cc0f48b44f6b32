"""The training loop: gather the vectors of a block of positions, train its windows, scatter the changes.

One loop serves every model. Models differ only in data (:mod:`embed.engine.problem`): which input rows make up the
vector of a position, which output rows are the targets of a window (the rows of its center and of noise, or those of
nodes of a tree), whether the contexts meet the targets one by one or as their mean, and the weight of each change. In
structured skip-gram, each center has two windows, one for each side, and its word an output row for each.

This module plans the windows. The other parts are:

- ``_blocks``         the tokens that train together, and the random draws for them;
- ``_rows``           the matrices, and the input rows of each vector;
- ``_block_vectors``  the vectors of a block, which are rows or copies of rows;
- ``_senses``         the mixtures of the senses of words;
- ``_projection``     the projection of documents to codes;
- ``_targets``        the output rows of a window;
- ``_replicas``       a thread's own rows of the most frequent words;
- ``_kernels``        the arithmetic (``csrc/kernels_body.h``);
- ``_rounds``         training with the same result for any number of threads.

While a block trains, the rows of the next block are fetched into the cache (docs/decisions/0007 and 0057).
``embed/engine/loss.py`` derives the gradient of one window, and ``embed/engine/reference.py`` does all of this in
readable NumPy. The problem has checked every index when it was made, so this module checks none.

Rejected: one loop per model (they drift apart).
"""

from libc.math cimport pow
from libc.stdint cimport int32_t, int64_t, uint64_t

from embed.engine._blocks cimport Block, Blocks
from embed.engine._kernels cimport (
    EMBED_BATCH,
    EMBED_EARLY,
    EMBED_STILL_BATCH,
    Plans,
    Scratch,
    embed_kernels,
    embed_prefetch_early,
    embed_row,
    embed_take_loss,
    embed_window,
)
from embed.engine._log cimport embed_entry
from embed.engine._marks cimport EMBED_MARK_WORDS, embed_clear_marks
from embed.engine._projection cimport Projection
from embed.engine._replicas cimport Replicas
from embed.engine._rounds cimport Merger, Rounds, Tile, embed_claim, embed_barrier_halted, embed_barrier_wait
from embed.engine._rows cimport Rows, fetch_list, input_row, row_count, rows_of, target_row
from embed.engine._block_vectors cimport BlockVectors
from embed.engine._senses cimport MOST_ROWS, Senses
from embed.engine._targets cimport Targets, plan_targets

from embed.engine.problem import Problem

cdef enum:
    # The rows of so many words, the most frequent ones, are in the second-level cache anyway.
    _WORDS_IN_CACHE = 300
    # Rows of n-grams that are listed for a block, at most.
    _MOST_LISTED = 2048


cdef class Worker:
    """Trains blocks in one thread, on the shared corpus and matrices and with its own scratch memory.

    Parameters
    ----------
    problem : embed.engine.problem.Problem
        Shared by all workers.

    Raises
    ------
    ValueError
        The rows of the matrices do not have the length that the kernels need.

    Attributes
    ----------
    loss : float
        The sum of the losses of all examples since construction or `reset` (nats).
    examples : int
        Pairs (skip-gram) or windows (CBOW) trained on, each with its noise.
    centers : int
        Tokens that subsampling kept and that were trained as centers.
    """

    cdef Blocks blocks
    cdef Rows rows
    cdef BlockVectors vectors
    cdef Senses senses
    cdef Projection projection
    cdef Targets targets
    cdef Merger merger
    cdef Replicas replicas
    cdef Plans plans
    cdef const embed_kernels *kernels
    cdef bint cbow
    cdef bint has_bags          # all windows of a block have the same single context: DBOW
    cdef bint has_still_bags    # the same in inference
    cdef int bag                # so many are trained at once
    cdef bint has_pairs         # each two windows in a row share their noise: PV-DM
    cdef int window, sides, context_side
    cdef float position_ratio
    cdef float ratio            # learning rate of the input rows over that of the output rows
    # For CBOW with n contexts: the factor of their sum, and the factor of the gradient of each context.
    cdef float *scales          # [n]
    cdef float *steps           # [n]
    cdef const float **ahead    # rows to fetch for the next block
    cdef object _ahead_memory
    cdef Scratch _contexts
    cdef readonly double loss
    cdef readonly int64_t examples
    cdef readonly int64_t centers

    def __init__(self, problem):
        if not isinstance(problem, Problem):  # a Problem has checked its indices
            raise TypeError(f"a worker trains a Problem, not {type(problem).__name__}")
        settings, targets = problem.settings, problem.targets
        cdef int64_t contexts
        self.cbow, self.window, self.position_ratio = settings.cbow, settings.window, settings.position_ratio
        self.sides, self.context_side = targets.sides, settings.context_side
        self.rows = Rows(problem.units, problem.matrices, problem.senses, targets.words, settings.simd)
        self.kernels = self.rows.kernels
        self.blocks = Blocks(problem.tokens, targets.noise, settings)
        self.has_bags = (settings.cbow and settings.window == 0 and targets.tree is None
                         and self.blocks.most_tags == 1)
        self.has_pairs = (settings.cbow and settings.window > 0 and self.blocks.most_tags > 0 and targets.tree is None
                          and targets.noise.run == 2 and self.rows.position_weights.shape[0] == 0)
        self.has_still_bags = self.has_bags and settings.inference
        self.bag = EMBED_STILL_BATCH if self.has_still_bags else EMBED_BATCH
        self.targets = Targets(targets, self.bag if self.has_bags or self.has_pairs else 0, settings.inference)
        if self.has_still_bags:  # rows that keep still need not be met once for several windows
            self.targets.listed_run = 1
        self.senses = Senses(problem.senses, self.rows, self.blocks.most_positions)
        self.projection = Projection(problem.projection, self.rows, settings, self.blocks.most_tags)
        self.vectors = BlockVectors(self.rows, settings, self.blocks.most_positions, self.blocks.most_tags,
                                    0 if problem.senses is None else problem.senses.most,
                                    self.targets.most_of_a_block, self.targets.most_of_a_token, problem.projection)
        rows = self.blocks.most_positions * (1 + self.sides + (MOST_ROWS if self.senses.is_used else 0))
        rows += self.blocks.most_draws * self.sides + self.targets.most_ahead + EMBED_EARLY
        if not self.rows.plain:
            rows += _MOST_LISTED
        self._ahead_memory = bytearray(sizeof(float *) * rows)
        cdef unsigned char[::1] ahead = self._ahead_memory
        self.ahead = <const float **> &ahead[0]
        self.merger = Merger(self.rows)
        self.replicas = Replicas(self.rows, targets, settings)
        contexts = 2 * <int64_t> settings.window + self.blocks.most_tags
        self.plans = Plans(contexts, self.targets.most, self.projection.width, settings.inference)
        self._weigh_contexts(contexts, settings.context_sum, settings.gradient_power)
        self.reset()

    cdef _weigh_contexts(self, int64_t most, bint sums, double gradient_power):
        """Compute the factors of the contexts of CBOW. This is the factor that "Corrected CBOW" is named for.

        With C contexts and their mean h, dL/dx_i = 1/C dL/dh: the exact gradient has the step 1/C. word2vec.c, gensim
        and fastText leave the factor out (the historic gradient, power 0), so that a window moves its contexts C times
        as far as the exact gradient. For a sum of contexts, the derivative is dL/dh itself, and the historic step 1/C.
        """
        cdef int64_t n
        cdef double power = 1 - gradient_power if sums else gradient_power
        self._contexts = Scratch(2 * (most + 1))
        self.scales, self.steps = self._contexts.floats, self._contexts.floats + most + 1
        for n in range(1, most + 1):
            self.scales[n] = 1 if sums else 1 / <float> n
            self.steps[n] = 1 / <float> pow(<double> n, power)

    def reset(self, double loss=0, int64_t examples=0):
        """Set loss and examples to zero or to the sums of an interrupted epoch, and centers to zero."""
        self.loss = loss
        self.examples = examples
        self.centers = 0

    def run(self, int64_t epoch, int64_t first, int64_t last, double lr, double lr_slope, double ratio,
            const int32_t[::1] stop):
        """Train on the blocks that begin at tokens first..last-1, without the GIL.

        Parameters
        ----------
        epoch : int
            Determines every draw, with the seed and the position of the block.
        first, last : int
            Token positions in `ids`.
        lr, lr_slope : float
            A block that begins at token p has the rate ``lr + lr_slope * p``. With both 0, the loss is only measured.
        ratio : float
            Learning rate of the input rows over that of the output rows.
        stop : int32[1]
            If another thread sets it to non-zero, the call returns after the current block.

        Returns
        -------
        int
            The position up to which all blocks are done: at least `last`, unless stopped.
        """
        self._check_stretch(first, last)
        cdef int64_t position
        self.ratio = <float> ratio
        with nogil:
            self.replicas.take()
            self.projection.take()
            position = self._train_blocks(epoch, first, last, lr, lr_slope, &stop[0])
            self.projection.give_back()
            self.replicas.give_back()
        return position

    def run_rounds(self, int64_t epoch, int64_t first, int64_t last, double lr, double lr_slope, double ratio,
                   const int32_t[::1] stop, Rounds rounds, int64_t part):
        """Train as `run` does, together with other workers, to the same bits for any number of workers.

        All tiles of a round begin with the same parameters, whichever worker trains them. Then each worker merges the
        copies of all tiles into its part of the rows, in the order of the tiles.

        Parameters
        ----------
        epoch, first, last, lr, lr_slope, ratio, stop
            As in `run`, the same for all workers; `stop` ends the training after a round. `first` is a multiple of
            the size of a round, and so is `last` if another call continues from there.
        rounds : Rounds
            Shared by all workers, each of which runs in its own thread. All workers may call again with it; after
            `stop` has ended the training, such calls do nothing.
        part : int
            The number of this worker; worker 0 adds up the losses of all.

        Returns
        -------
        int
            The position up to which all rounds are done.
        """
        # of the latest round; all workers read it before any worker can finish the next one
        cdef int64_t position = first, next_position, before = rounds.before, after, tiles, tile
        cdef int32_t number = rounds.number
        cdef bint failed = False
        self._check_stretch(first, last)
        if first % rounds.size:
            raise ValueError(f"rounds begin at multiples of {rounds.size} tokens, not at {first}")
        if rounds.rows != self.rows.inputs.shape[0] + self.rows.outputs.shape[0] + self.rows.position_weights.shape[0]:
            raise ValueError(f"these rounds are for {rounds.rows} rows, not for those of the problem")
        self.ratio = <float> ratio
        self.vectors.begin_rounds(rounds.tile)
        rounds.make_tiles(self.blocks.most_of_tile(rounds.tile))
        with nogil:
            if position < last and not embed_barrier_halted(&rounds.barrier):
                self._select_tiles(epoch, position, min(position + rounds.size, last), rounds, before, number + 1)
                embed_barrier_wait(&rounds.barrier, False)
            while position < last and not embed_barrier_halted(&rounds.barrier):
                next_position = min(position + rounds.size, last)
                tiles = (next_position - position + rounds.tile - 1) // rounds.tile
                after = before + tiles + rounds.barrier.members  # each worker claims one tile beyond the last
                number += 1
                self.vectors.log.used = 0
                self.vectors.begin_round(rounds.marks_of(number), tiles)
                failed = self._train_tiles(position, next_position, lr, lr_slope, rounds, before, number) != 0
                # whoever is done first does more of this, instead of waiting
                self._select_tiles(epoch, next_position, min(next_position + rounds.size, last), rounds, after,
                                   number + 1)
                if embed_barrier_wait(&rounds.barrier, failed):
                    break
                if part == 0:
                    for tile in range(tiles):
                        self.loss += rounds.entries[tile].loss
                failed = self.merger.merge(rounds, tiles, number, part) != 0
                before, position = after, next_position
                if part == 0:
                    rounds.position, rounds.before, rounds.number = position, before, number
                if embed_barrier_wait(&rounds.barrier, failed or stop[0] != 0):
                    break
        self.vectors.end_rounds()
        if failed:
            raise MemoryError("cannot allocate memory for the changes of a round")
        return position

    cdef _check_stretch(self, int64_t first, int64_t last):
        if not 0 <= first <= last <= self.blocks.tokens():
            raise ValueError(f"tokens {first} to {last} are not all within a corpus of {self.blocks.tokens()}")

    cdef void _select_tiles(self, int64_t epoch, int64_t first, int64_t last, Rounds rounds, int64_t before,
                            int32_t number) noexcept nogil:
        """Select the blocks of the tiles that this worker claims, after `before` claims of earlier rounds.

        `number` is that of the round. The rows that a tile touches are marked.
        """
        cdef int64_t t, begin
        cdef Tile *tile
        cdef Block *block
        cdef int32_t *integers
        cdef uint64_t *marks
        if first == last:
            return
        t = embed_claim(&rounds.selected) - before
        while first + t * rounds.tile < last:
            begin, tile = first + t * rounds.tile, rounds.tiles_of(number) + t
            marks = rounds.marks_of(number) + t * EMBED_MARK_WORDS
            embed_clear_marks(marks)
            self.blocks.begin(epoch, begin)
            tile.count, integers = 0, tile.integers
            while True:
                block = &tile.blocks[tile.count]
                block.memory = integers
                if not self.blocks.select(block, min(begin + rounds.tile, last)):
                    break
                if block.own:
                    self.vectors.mark(block, marks)
                    self.targets.mark(block, marks)
                    integers = block.noise + block.draws
                    tile.count += 1
            t = embed_claim(&rounds.selected) - before

    cdef int _train_tiles(self, int64_t first, int64_t last, double lr, double lr_slope, Rounds rounds, int64_t before,
                          int32_t number) noexcept nogil:
        """Train the tiles that this worker claims, after `before` claims of earlier rounds.

        Returns 0, or -1 if there is no memory for the log.
        """
        cdef int64_t t = embed_claim(&rounds.claimed) - before, i
        cdef embed_entry *entry
        cdef const Tile *tile
        while first + t * rounds.tile < last:
            tile, entry = rounds.tiles_of(number) + t, &rounds.entries[t]
            if self.vectors.begin_tile() != 0:
                return -1
            for i in range(tile.count):
                self.plans.windows[0].lr = <float> (lr + lr_slope * <double> tile.blocks[i].first)
                self._train_block(&tile.blocks[i], &tile.blocks[i + 1])
            entry.loss = embed_take_loss(&self.plans.loss)
            entry.log, entry.first = &self.vectors.log, self.vectors.log.used
            self.vectors.end_tile()
            entry.last = self.vectors.log.used
            t = embed_claim(&rounds.claimed) - before
        return 0

    cdef int64_t _train_blocks(self, int64_t epoch, int64_t first, int64_t last, double lr, double lr_slope,
                               const int32_t *stop) noexcept nogil:
        """Train the blocks that begin at tokens first..last-1, and return the end of the last one."""
        cdef int64_t position
        cdef Block *block = &self.blocks.pair[0]
        cdef Block *following = &self.blocks.pair[1]
        cdef bint more
        if first == last:
            return first
        position = self.blocks.begin(epoch, first)
        more = self.blocks.select(block, last)
        while more and stop[0] == 0:
            more = self.blocks.select(following, last)
            self.plans.windows[0].lr = <float> (lr + lr_slope * <double> block.first)
            self._train_block(block, following)
            self.loss += embed_take_loss(&self.plans.loss)
            position = block.last
            block, following = following, block
        return position

    cdef void _train_block(self, const Block *block, const Block *following) noexcept nogil:
        """Train a block, and fetch the rows of the following block meanwhile."""
        cdef int64_t w, windows = block.own * self.sides, fetched = 0, due = 0, to_fetch, first = 0
        cdef int left, planned = 0, batch = EMBED_BATCH if self.cbow else 1
        # the kernel of skip-gram has products to fetch between; one of CBOW waits for memory anyway
        cdef bint fetches = not self.cbow and self.plans.windows[0].lr != 0
        self.plans.windows[0].early = NULL
        self.centers += block.own
        if self.vectors.in_round:
            self.vectors.make_room()
        else:
            self.vectors.begin()
        to_fetch = self._list_ahead(following, block.draws if following.stream == block.stream else 0)
        if block.own == 0 or block.positions + block.tags < 2:
            return
        self.vectors.gather(block, self.ratio)
        if self.senses.is_used:
            self.senses.mix(self.vectors, block, self.ratio, self.plans.windows[0].lr)
        if self.projection.is_used:
            self.projection.project(self.vectors, block)
        self.targets.find(self.vectors, block)
        if self.has_bags:
            windows = (block.own + self.bag - 1) // self.bag if block.tags else 0
        for w in range(windows):
            if fetches:  # the kernel fetches the first EMBED_EARLY rows that are due
                self.plans.windows[0].early = self.ahead + fetched
            left = EMBED_EARLY if fetches else 0
            due += 0 if self.has_pairs else to_fetch  # the kernel of pairs fetches all that are due
            while due >= windows:
                due -= windows
                if left == 0:
                    embed_prefetch_early(self.ahead[fetched], self.rows.width)
                else:
                    left -= 1
                fetched += 1
            if self.has_bags:
                self._train_bag(block, w * self.bag)
                continue
            if self._plan_window(block, w, &self.plans.windows[planned]):
                if planned == 0:
                    first = w
                planned += 1
            if planned == batch or (planned and w == windows - 1):
                if self.has_pairs:
                    self.plans.windows[0].early = self.ahead + fetched
                    self.plans.windows[0].early_count = <int> ((w + 1) * to_fetch // windows - fetched)
                    fetched = (w + 1) * to_fetch // windows
                    self._train_pairs(first, planned)
                elif self.vectors.position_count:
                    self.kernels.weighted_windows(&self.plans.windows[0], planned)
                elif self.cbow:
                    self.kernels.mean_windows(&self.plans.windows[0], planned)
                else:
                    self.kernels.window(&self.plans.windows[0])
                if block.tags and self.plans.windows[0].lr != 0:
                    self.vectors.constrain_tags(block)
                planned = 0
        if self.plans.windows[0].lr != 0:
            if self.senses.is_used:
                self.senses.unmix(self.vectors)
            if self.projection.is_used:
                self.projection.unproject(self.vectors, block)
            if not self.vectors.in_round:
                self.vectors.scatter()

    cdef void _train_bag(self, const Block *block, int64_t first) noexcept nogil:
        """Train the windows of a bag, from center `first` on, whose only context is the document."""
        cdef int64_t centers = min(<int64_t> self.bag, block.own - first)
        cdef embed_window *plan = &self.plans.windows[0]
        plan.x[0], plan.ratios[0] = self.vectors.vectors[block.positions], self.vectors.ratios[block.positions]
        self.targets.plan_bag(first, centers, plan)
        if self.rows.has_output_factors and plan.lr != 0:
            self.vectors.settle(plan)
        if self.has_still_bags:
            self.kernels.still_bag(plan)
        else:
            self.kernels.bag(plan)
        if plan.lr != 0:
            self.vectors.constrain_tags(block)
        self.examples += centers

    cdef void _train_pairs(self, int64_t first, int count) noexcept nogil:
        """Train the planned windows of the centers from `first` on, of which each two share their noise."""
        cdef embed_window *plan = &self.plans.windows[0]
        self.targets.plan_bag(first, count, plan)
        if self.rows.has_output_factors and plan.lr != 0:
            self.vectors.settle(plan)
        self.kernels.mean_pairs(plan, count)

    cdef int64_t _list_ahead(self, const Block *block, int64_t known) noexcept nogil:
        """List the rows to fetch for the next block, and EMBED_EARLY more, which need no fetching; return how many.

        The first `known` draws are those of the present block, too. In a round, copies of the tile are in the cache,
        and looking for them takes longer than to fetch their rows.
        """
        cdef int64_t i, n = 0, size, room = _MOST_LISTED
        cdef bint has_inputs = self.rows.plain and self.window, has_ngrams = not self.rows.plain and self.window
        if self.targets.has_tree:
            self.targets.fetch_paths(block)
        if has_ngrams:
            for i in range(block.positions):
                fetch_list(self.rows, block.words[i])
        for i in range(block.positions):
            if has_inputs:
                self.ahead[n] = input_row(self.rows, block.words[i])
                n += 1
                if self.senses.is_used:
                    n += self.senses.list_rows(block.words[i], self.ahead + n)
            elif has_ngrams and block.words[i] >= _WORDS_IN_CACHE:
                size = row_count(self.rows, block.words[i])
                if size <= room:
                    self._list_ngrams(block.words[i], n)
                    n += size
                    room -= size
            if block.left <= i < block.left + block.own:  # the positions of the halo are no centers
                if self.targets.has_noise:
                    n += self._list_targets(block.words[i], n)
                if self.targets.has_tree:
                    n += self.targets.list_nodes(self.rows, block.words[i], self.ahead + n)
        for i in range(known, block.draws if block.is_new else 0):
            n += self._list_targets(block.noise[i], n)
        for i in range(EMBED_EARLY):
            self.ahead[n + i] = &self.rows.outputs[0, 0]
        return n

    cdef inline void _list_ngrams(self, int32_t word, int64_t n) noexcept nogil:
        """List the rows of a word with n-grams after n others."""
        cdef int64_t r, size
        cdef int32_t own
        cdef const int32_t *rows = rows_of(self.rows, word, &own, &size)
        for r in range(size):
            self.ahead[n + r] = embed_row(&self.rows.composed, rows[r])

    cdef inline int64_t _list_targets(self, int32_t word, int64_t n) noexcept nogil:
        """List the output rows of a word after n others; return how many it has."""
        cdef int side
        for side in range(self.sides):
            self.ahead[n + side] = target_row(self.rows, word * self.sides + side)
        return self.sides

    cdef int _plan_window(self, const Block *block, int64_t w, embed_window *plan) noexcept nogil:
        """Plan window w of the block (a center has one window, or two); return 0 if it is empty, else 1."""
        cdef int64_t c = w if self.sides == 1 else w >> 1
        cdef int64_t center = block.left + c
        cdef int64_t first = max(<int64_t> 0, center - block.reaches[c])
        cdef int64_t last = min(block.positions - 1, center + block.reaches[c])
        cdef int64_t contexts, i, words, k = 0
        cdef int side = 0
        cdef float weight = 1
        if self.sides == 2:
            side = w & 1
            first, last = (center, last) if side else (first, center)
        elif self.context_side:
            first, last = (center, last) if self.context_side > 0 else (first, center)
        words = last - first
        contexts = words + block.tags
        if contexts == 0:
            return 0
        if not self.has_pairs:  # of which the targets are planned together
            if not plan_targets(self.targets, c, side, plan):
                return 0
            if self.rows.has_output_factors and self.plans.windows[0].lr != 0:
                self.vectors.settle(plan)
        self.examples += 1 if self.cbow else contexts
        plan.words = <int> words
        if self.cbow:
            weight, plan.scale = self.steps[contexts], self.scales[contexts]
        if self.has_pairs:  # whose kernel finds the contexts itself
            plan.x, plan.center = self.vectors.vectors + first, <int> (center - first)
            plan.documents, plan.tags = self.vectors.vectors + block.positions, <int> block.tags
            if self.vectors.in_rows:
                plan.step, plan.word_ratios = weight * self.ratio, NULL
            else:
                plan.step, plan.word_ratios = weight, self.vectors.ratios + first
                plan.document_ratios = self.vectors.ratios + block.positions
            return 1
        k = self._add_contexts(first, center, 0, weight, plan)
        k = self._add_contexts(center + 1, last + 1, k, weight, plan)
        # a document is a context of every center
        self._add_contexts(block.positions, block.positions + block.tags, k, weight, plan)
        if self.vectors.position_count:
            plan.weight_ratio = weight * self.position_ratio
            for k in range(words):  # the first context is at position first - center + window of the window
                i = first - center + self.window + k
                plan.weights[k] = self.vectors.position_weights + i * self.rows.stride
        plan.nx = <int> contexts
        return 1

    cdef inline int64_t _add_contexts(self, int64_t first, int64_t last, int64_t k, float weight,
                                      embed_window *plan) noexcept nogil:
        """Add the positions first..last-1 to a window that has k contexts; return how many it has then."""
        cdef int64_t i
        for i in range(first, last):
            plan.x[k] = self.vectors.vectors[i]
            plan.ratios[k] = weight * self.vectors.ratios[i]
            k += 1
        return k
