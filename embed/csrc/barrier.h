/* A barrier for threads that meet several times a millisecond: they spin for a while, then sleep briefly. If a thread
   will never come, the barrier is abandoned, and all threads leave it. */
#ifndef EMBED_BARRIER_H
#define EMBED_BARRIER_H

#include <stdint.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#include <windows.h>
#define EMBED_ADD(p, n) (_InterlockedExchangeAdd((volatile long *)(p), (n)) + (n))
#define EMBED_ADD64(p, n) (_InterlockedExchangeAdd64((volatile __int64 *)(p), (n)) + (n))
#define EMBED_READ(p) (_InterlockedOr((volatile long *)(p), 0))
#define EMBED_SET(p, n) ((void)_InterlockedExchange((volatile long *)(p), (n)))
#define EMBED_SLEEP() Sleep(0)
#else
#include <time.h>
#define EMBED_ADD(p, n) __atomic_add_fetch((p), (n), __ATOMIC_ACQ_REL)
#define EMBED_ADD64(p, n) EMBED_ADD(p, n)
#define EMBED_READ(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define EMBED_SET(p, n) __atomic_store_n((p), (n), __ATOMIC_RELEASE)
#define EMBED_SLEEP() nanosleep(&(struct timespec){0, 20000}, NULL)
#endif

#if defined(__x86_64__) && defined(__GNUC__)
#define EMBED_PAUSE() __builtin_ia32_pause()
#else
#define EMBED_PAUSE() ((void)0)
#endif

typedef struct {
    int32_t members, arrived, round;
    int32_t asked, halted; /* whether any member has asked to halt, now and when all last met */
    int32_t abandoned; /* a member will never come again */
    int32_t spins; /* before a thread sleeps: none if threads share a core */
} embed_barrier;

/* Return 0, 1, 2 ... in the order of the calls, of any thread. */
static inline int64_t embed_claim(int64_t *counter) { return EMBED_ADD64(counter, 1) - 1; }

/* Release all waiting threads, now and from now on, because a member is missing. */
static inline void embed_barrier_abandon(embed_barrier *barrier) { EMBED_SET(&barrier->abandoned, 1); }

/* Return whether a wait has ended with a halt. All members get the same answer: the next wait cannot end before each
   member has called this. */
static inline int embed_barrier_halted(embed_barrier *barrier) {
    return EMBED_READ(&barrier->halted) || EMBED_READ(&barrier->abandoned);
}

/* Wait for all members. Returns non-zero to all of them if one of them came with `halt`, and to those that wait when
   the barrier is abandoned. */
static inline int embed_barrier_wait(embed_barrier *barrier, int halt) {
    const int32_t round = EMBED_READ(&barrier->round);
    if (halt) EMBED_SET(&barrier->asked, 1);
    if (EMBED_ADD(&barrier->arrived, 1) == barrier->members) {
        EMBED_SET(&barrier->arrived, 0);
        EMBED_SET(&barrier->halted, EMBED_READ(&barrier->asked));
        EMBED_ADD(&barrier->round, 1);
    } else {
        for (int spins = 0; EMBED_READ(&barrier->round) == round; ++spins) {
            if (EMBED_READ(&barrier->abandoned)) return 1;
            if (spins < barrier->spins)
                EMBED_PAUSE();
            else
                EMBED_SLEEP();
        }
    }
    return embed_barrier_halted(barrier);
}

#endif
