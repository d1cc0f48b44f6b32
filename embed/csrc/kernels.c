/* Compiles kernels_body.h for every instruction set of the target and chooses among them at run time. */
#include "kernels.h"

#include <string.h>

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#define RESTRICT __restrict__
#define UNROLL _Pragma("GCC unroll 8")
/* Keep the address of a row's first column in one register: compilers keep one for each column otherwise, and run out. */
#define ONE_ADDRESS(p) __asm__("" : "+r"(p))
/* Keep a vector in a register before and after several uses: compilers would read it from memory each time, or
 * overwrite it and copy it first. */
#if defined(__x86_64__)
#define IN_REGISTER(v) __asm__("" : "+v"(v))
#define LIVE(v) __asm__("" : : "v"(v))
#else
#define IN_REGISTER(v) ((void)0)
#define LIVE(v) ((void)0)
#endif
#define CHOOSE(condition, a, b) ((vf)(((condition) & (vi)(a)) | (~(condition) & (vi)(b))))
typedef float embed_f4 __attribute__((vector_size(16)));
typedef float embed_f8 __attribute__((vector_size(32)));
#else /* a compiler without vector extensions gets plain C, one lane wide */
#define INLINE static __forceinline
#define RESTRICT __restrict
#define UNROLL
#define ONE_ADDRESS(p) ((void)0)
#define IN_REGISTER(v) ((void)0)
#define LIVE(v) ((void)0)
#define CHOOSE(condition, a, b) ((condition) ? (a) : (b))
#endif

/* The vectors of a row that the kernel of a mean keeps in registers. */
#define EMBED_COLUMNS 8

#define TABLE(set, label, step)                                                                               \
    static const embed_kernels kernels_##set = {                                                              \
        label, step, window_##set, mean_windows_##set, bag_##set, still_bag_##set, mean_pairs_##set,          \
        weighted_windows_##set, compose_##set, encode_##set, train_code_##set, project_##set,                 \
        unproject_##set, shorten_##set, surroundings_##set, mix_##set, unmix_##set,                           \
        gather_line_##set, learn_line_##set, softmax_rates_##set, sigmoid_rates_##set, nearest_##set,         \
        scatter_##set, narrow_##set, add_##set, subtract_##set, merge_##set};

#if defined(__GNUC__) && defined(__x86_64__)
#if defined(__clang__)
#define TARGET_AVX2 _Pragma("clang attribute push(__attribute__((target(\"avx2,fma\"))), apply_to = function)")
#define TARGET_AVX512                                                                                     \
    _Pragma("clang attribute push(__attribute__((target(\"avx512f,avx512bw,avx512dq,avx512vl,fma\"))), " \
            "apply_to = function)")
#define TARGET_END _Pragma("clang attribute pop")
#else
#define TARGET_AVX2 _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,fma\")")
#define TARGET_AVX512 _Pragma("GCC push_options") _Pragma("GCC target(\"avx512f,avx512bw,avx512dq,avx512vl,fma\")")
#define TARGET_END _Pragma("GCC pop_options")
#endif

TARGET_AVX512
#define NAME(x) x##_avx512
#define LANES 16
#define HALVES 1
#define REGISTERS 32
#include "kernels_body.h"
TABLE(avx512, "avx512", 8)
#undef NAME
#undef LANES
#undef HALVES
#undef REGISTERS
TARGET_END

TARGET_AVX2
#define NAME(x) x##_avx2
#define LANES 8
#define HALVES 0
#define REGISTERS 16
#include "kernels_body.h"
TABLE(avx2, "avx2", LANES)
#undef NAME
#undef LANES
#undef HALVES
#undef REGISTERS
TARGET_END
#endif

#define NAME(x) x##_base
#define HALVES 0
#if !defined(__GNUC__)
#define LANES 1
#define REGISTERS 16
#define BASE_LABEL "scalar"
#else
#define LANES 4
#if defined(__aarch64__)
#define REGISTERS 32
#define BASE_LABEL "neon"
#else
#define REGISTERS 16
#if defined(__x86_64__)
#define BASE_LABEL "sse2"
#else
#define BASE_LABEL "generic"
#endif
#endif
#endif
#include "kernels_body.h"
TABLE(base, BASE_LABEL, LANES)

const embed_kernels *embed_kernels_at(int i) {
    const embed_kernels *usable[3];
    int n = 0;
#if defined(__GNUC__) && defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma"))
        usable[n++] = &kernels_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) usable[n++] = &kernels_avx2;
#endif
    usable[n++] = &kernels_base;
    return i >= 0 && i < n ? usable[i] : 0;
}
