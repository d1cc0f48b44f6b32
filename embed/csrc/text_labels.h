/* Choose the likeliest labels of a vector, as fastText does (loss.cc: predict, findKBest, dfs).
 *
 * What fastText adds is kept, because programs compare with its numbers: a probability p becomes p + 1e-5 where its
 * logarithm is taken; the sigmoid of one-vs-all and negative sampling comes from a table with 512 steps; and which of
 * several equal labels are the best follows from the order of its heap, so a heap is what there is here, with the
 * best label at the end.
 */
#ifndef EMBED_TEXT_LABELS_H
#define EMBED_TEXT_LABELS_H

#include "text_means.h"

enum { TEXT_SOFTMAX = 0, TEXT_SIGMOIDS = 1, TEXT_TREE = 2 };
enum { TEXT_SIGMOID_STEPS = 512, TEXT_SIGMOID_END = 8 };
#define TEXT_LOG_OFFSET 1e-5
#define TEXT_MARGIN 1e-5f /* of probabilities, within which their logarithms may be equal as float32 */

typedef struct {
    float score; /* the logarithm of a probability */
    int32_t label;
} text_choice;

typedef struct {
    int32_t labels;
    int64_t dim;
    const float *output; /* [labels, dim]; of a tree, row k belongs to node labels + k */
    int kind;            /* one of the enum above */
    float sigmoids[TEXT_SIGMOID_STEPS + 1];
    const int32_t *left, *right; /* of a tree, [2 * labels - 1]; the first `labels` nodes are leaves */
} text_scorer;

static inline float text_log(double probability)
{
    return (float)log(probability + TEXT_LOG_OFFSET);
}

static void text_fill_sigmoids(text_scorer *scorer)
{
    for (int k = 0; k <= TEXT_SIGMOID_STEPS; k++) {
        float x = (float)(k * 2 * TEXT_SIGMOID_END) / TEXT_SIGMOID_STEPS - TEXT_SIGMOID_END;
        scorer->sigmoids[k] = (float)(1.0 / (1.0 + (double)expf(-x)));
    }
}

static inline float text_sigmoid(const text_scorer *scorer, float x)
{
    if (x > TEXT_SIGMOID_END)
        return 1;
    if (!(x >= -TEXT_SIGMOID_END)) /* NaN, too */
        return 0;
    return scorer->sigmoids[(int)((x + TEXT_SIGMOID_END) * TEXT_SIGMOID_STEPS / TEXT_SIGMOID_END / 2)];
}

/* Write the probability of each label to probabilities[labels]. */
static void text_probabilities(const text_scorer *scorer, const float *vector, float *probabilities)
{
    for (int32_t k = 0; k < scorer->labels; k++)
        probabilities[k] = text_dot(scorer->output + k * scorer->dim, vector, scorer->dim);
    if (scorer->kind == TEXT_SIGMOIDS) {
        for (int32_t k = 0; k < scorer->labels; k++)
            probabilities[k] = text_sigmoid(scorer, probabilities[k]);
        return;
    }
    float most = probabilities[0], sum = 0;
    for (int32_t k = 1; k < scorer->labels; k++)
        most = probabilities[k] > most ? probabilities[k] : most;
    for (int32_t k = 0; k < scorer->labels; k++)
        sum += probabilities[k] = expf(probabilities[k] - most);
    for (int32_t k = 0; k < scorer->labels; k++)
        probabilities[k] /= sum;
}

/* A heap whose first choice has the lowest score. */

static void text_raise_choice(text_choice *heap, int64_t at, text_choice choice)
{
    while (at > 0 && heap[(at - 1) / 2].score > choice.score) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = choice;
}

/* Move the lowest of heap[size] to its end: the hole it leaves sinks to a leaf, and the last choice rises from there. */
static void text_lowest_to_end(text_choice *heap, int64_t size)
{
    text_choice last = heap[size - 1];
    heap[size - 1] = heap[0];
    int64_t left = size - 1, at = 0;
    for (int64_t child = 2; child <= left; at = child, child = 2 * child + 2) {
        if (child == left || heap[child].score > heap[child - 1].score)
            child--;
        heap[at] = heap[child];
    }
    text_raise_choice(heap, at, last);
}

/* Add a choice to the best `most`. */
static inline void text_choose(text_choice *heap, int64_t *size, int64_t most, float score, int32_t label)
{
    text_choice choice = {score, label};
    text_raise_choice(heap, (*size)++, choice);
    if (*size > most)
        text_lowest_to_end(heap, (*size)--);
}

/* Walk the tree from its root, the left side of a node first; stack has room for the labels. */
static int64_t text_choose_leaves(const text_scorer *scorer, const float *vector, int64_t most, float threshold,
                                  text_choice *heap, text_choice *stack)
{
    const float least = text_log(threshold);
    int64_t size = 0, waiting = 1;
    stack[0].score = 0;
    stack[0].label = 2 * scorer->labels - 2;
    while (waiting) {
        text_choice node = stack[--waiting];
        if (node.score < least || (size == most && node.score < heap[0].score))
            continue;
        if (node.label < scorer->labels) {
            text_choose(heap, &size, most, node.score, node.label);
            continue;
        }
        float x = text_dot(scorer->output + (node.label - scorer->labels) * scorer->dim, vector, scorer->dim);
        float right = (float)(1.0 / (1.0 + (double)expf(-x)));
        stack[waiting].score = node.score + text_log(right);
        stack[waiting++].label = scorer->right[node.label];
        stack[waiting].score = node.score + text_log((float)(1.0 - (double)right));
        stack[waiting++].label = scorer->left[node.label];
    }
    return size;
}

/* Write the best labels of a vector to heap[most + 1], the best first, and return their number. With a tree, `stack`
 * has room for labels + 1; otherwise probabilities[labels] is used. */
static int64_t text_best_labels(const text_scorer *scorer, const float *vector, int64_t most, float threshold,
                                text_choice *heap, text_choice *stack, float *probabilities)
{
    int64_t size = 0;
    if (scorer->kind == TEXT_TREE) {
        size = text_choose_leaves(scorer, vector, most, threshold, heap, stack);
    } else {
        text_probabilities(scorer, vector, probabilities);
        float least = -1; /* no logarithm is needed of a probability that is below the lowest in a full heap */
        for (int32_t k = 0; k < scorer->labels; k++) {
            if (probabilities[k] < threshold || probabilities[k] < least)
                continue;
            float score = text_log(probabilities[k]);
            if (size == most && score < heap[0].score)
                continue;
            text_choose(heap, &size, most, score, k);
            if (size == most) {
                float lowest = probabilities[heap[0].label];
                least = lowest - TEXT_MARGIN * (lowest + (float)TEXT_LOG_OFFSET);
            }
        }
    }
    for (int64_t left = size; left > 1; left--)
        text_lowest_to_end(heap, left);
    return size;
}

#endif
