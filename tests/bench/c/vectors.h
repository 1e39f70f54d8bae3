/* Vectors of 8 doubles by gcc's and clang's vector extensions; the compiler splits them where registers are smaller.
   A weight file is flat: per layer W[n_in][n_out] row by row, then b[n_out]. */
#pragma once
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define PRAGMA(x) _Pragma(#x)
#define UNROLL(n) PRAGMA(GCC unroll n)

typedef double v8 __attribute__((vector_size(64), aligned(64)));
typedef double v8u __attribute__((vector_size(64), aligned(8))); /* anywhere in memory */
typedef long long v8i __attribute__((vector_size(64), aligned(64)));

INLINE v8 relu8(v8 x) { return (v8)((v8i)(x > (v8){0}) & (v8i)x); }
INLINE v8 gate8(v8 h, v8 d) { return (v8)((v8i)(h > (v8){0}) & (v8i)d); } /* d where h is positive */
INLINE double sum8(v8 x) { return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7])); }

INLINE double *vector(long n) { /* zeros */
  size_t bytes = ((size_t)n * sizeof(double) + 63) & ~(size_t)63;
  double *p = aligned_alloc(64, bytes);
  if (!p) abort();
  return memset(p, 0, bytes);
}
