/* The multiply-add peak of one core: independent chains of fused multiply-adds on registers alone.
 *
 * Compile with -DLANES=16, 8 or 4 floats a vector and the flags of that instruction set; benchmarks/peak.py does. Prints
 * floating-point operations (a multiply-add is two) and the seconds they took. */
#include <stdio.h>
#include <time.h>

typedef float vector __attribute__((vector_size(LANES * sizeof(float))));

#if defined(__aarch64__)
#define REGISTER "w"
#else
#define REGISTER "v"
#endif

/* A multiply-add takes about 4 cycles and two start in each, so 8 chains would keep both units busy; 12 leave room
 * and fit the 16 registers of AVX2 with the two operands. */
#define CHAINS 12
#define ROUNDS 4000000L
#define SECONDS 1.0

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

#define FOR_EACH(chain) \
    chain(0) chain(1) chain(2) chain(3) chain(4) chain(5) chain(6) chain(7) chain(8) chain(9) chain(10) chain(11)
#define LOAD(i) vector s##i = sums[i];
#define STORE(i) sums[i] = s##i;
/* The empty assembly keeps each step, and its sum in a register. */
#define STEP(i)        \
    s##i = s##i * a + b; \
    __asm__ volatile("" : "+" REGISTER(s##i));

/* Named variables: compilers leave an array that assembly touches in memory. */
static void work(vector *sums, vector a, vector b) {
    FOR_EACH(LOAD)
    for (long round = 0; round < ROUNDS; ++round) {
        FOR_EACH(STEP)
    }
    FOR_EACH(STORE)
}

int main(void) {
    vector sums[CHAINS], a, b;
    double flops = 0, start, seconds;
    for (int lane = 0; lane < LANES; ++lane) {
        a[lane] = 0.5f; /* converges, so that no number is subnormal or infinite */
        b[lane] = 1.0f;
        for (int i = 0; i < CHAINS; ++i) sums[i][lane] = (float)i;
    }
    start = now();
    do {
        work(sums, a, b);
        flops += 2.0 * LANES * CHAINS * ROUNDS;
        seconds = now() - start;
    } while (seconds < SECONDS);
    printf("%.0f %.9f\n", flops, seconds);
    return sums[0][0] > 0 ? 0 : 1;
}
