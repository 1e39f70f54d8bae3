/* digits and large: mlp n0-n1-n2-10 with relu, softmax cross-entropy, one batch, SGD 0.1.
   Three ways: plain loops, register tiles, and a dgemm that the caller hands over. */
#include "vectors.h"

enum { LAYERS = 3, CLASSES = 10, PADDED = 16 };
static const double RATE = 0.1;

typedef struct {
  int rows, n[LAYERS + 1];
  const double *labels;
  double *W[LAYERS], *b[LAYERS], *H[LAYERS + 1], *D[LAYERS + 1], *work; /* H: activations, D: their gradients */
} Net;

/* `last` columns in the last layer: 10, or 16 where it is padded with zeros */
static Net make(const double *X, const double *labels, int rows, const int *sizes, const double *start, int last) {
  Net t = {.rows = rows, .labels = labels};
  long most = 0;
  for (int l = 0; l <= LAYERS; l++) {
    t.n[l] = l == LAYERS ? last : sizes[l];
    t.H[l] = vector((long)rows * t.n[l]);
    t.D[l] = vector((long)rows * t.n[l]);
  }
  memcpy(t.H[0], X, sizeof(double) * (size_t)rows * (size_t)sizes[0]);
  for (int l = 0; l < LAYERS; l++) {
    long count = (long)t.n[l] * t.n[l + 1];
    most = count > most ? count : most;
    t.W[l] = vector(count);
    t.b[l] = vector(t.n[l + 1]);
    for (int k = 0; k < sizes[l]; k++, start += sizes[l + 1])
      memcpy(t.W[l] + (long)k * t.n[l + 1], start, sizeof(double) * (size_t)sizes[l + 1]);
    memcpy(t.b[l], start, sizeof(double) * (size_t)sizes[l + 1]);
    start += sizes[l + 1];
  }
  t.work = vector(most);
  return t;
}

static void drop(Net *t) {
  for (int l = 0; l <= LAYERS; l++) free(t->H[l]), free(t->D[l]);
  for (int l = 0; l < LAYERS; l++) free(t->W[l]), free(t->b[l]);
  free(t->work);
}

/* the mean loss of the scores in H[3]; their gradient to D[3] */
static double softmax_loss(Net *t) {
  int width = t->n[LAYERS];
  double loss = 0;
  for (int i = 0; i < t->rows; i++) {
    double *z = t->H[LAYERS] + (long)i * width, *d = t->D[LAYERS] + (long)i * width, most = z[0], sum = 0;
    int label = (int)t->labels[i];
    for (int j = 1; j < CLASSES; j++) most = z[j] > most ? z[j] : most;
    for (int j = 0; j < CLASSES; j++) sum += d[j] = exp(z[j] - most);
    loss += log(sum) + most - z[label];
    for (int j = 0; j < CLASSES; j++) d[j] /= sum * t->rows;
    d[label] -= 1.0 / t->rows;
  }
  return loss / t->rows;
}

static void relu(double *h, long n) { for (long i = 0; i < n; i++) h[i] = h[i] > 0 ? h[i] : 0; }
static void gate(double *d, const double *h, long n) { for (long i = 0; i < n; i++) d[i] = h[i] > 0 ? d[i] : 0; }
static void spread(double *h, const double *b, int rows, int n) {
  for (int i = 0; i < rows; i++) memcpy(h + (long)i * n, b, sizeof(double) * (size_t)n);
}
static void move_bias(Net *t, int l) {
  int n = t->n[l + 1];
  for (int i = 0; i < t->rows; i++) for (int j = 0; j < n; j++) t->b[l][j] -= RATE * t->D[l + 1][(long)i * n + j];
}
static void transpose(double *to, const double *from, int rows, int columns) {
  for (int k = 0; k < rows; k++) for (int j = 0; j < columns; j++) to[(long)j * rows + k] = from[(long)k * columns + j];
}

/* ---- plain: triple loops, the innermost along rows of memory */

static double plain_step(Net *t) {
  int rows = t->rows;
  for (int l = 0; l < LAYERS; l++) {
    int in = t->n[l], out = t->n[l + 1];
    for (int i = 0; i < rows; i++) {
      double *h = t->H[l + 1] + (long)i * out;
      const double *x = t->H[l] + (long)i * in;
      for (int j = 0; j < out; j++) h[j] = t->b[l][j];
      for (int k = 0; k < in; k++)
        for (int j = 0; j < out; j++) h[j] += x[k] * t->W[l][(long)k * out + j];
      if (l < LAYERS - 1) relu(h, out);
    }
  }
  double loss = softmax_loss(t);
  for (int l = LAYERS - 1; l >= 0; l--) {
    int in = t->n[l], out = t->n[l + 1];
    if (l > 0)
      for (int i = 0; i < rows; i++) {
        const double *d = t->D[l + 1] + (long)i * out, *h = t->H[l] + (long)i * in;
        for (int k = 0; k < in; k++) {
          double sum = 0;
          for (int j = 0; j < out; j++) sum += d[j] * t->W[l][(long)k * out + j];
          t->D[l][(long)i * in + k] = h[k] > 0 ? sum : 0;
        }
      }
    memset(t->work, 0, sizeof(double) * (size_t)in * (size_t)out);
    for (int i = 0; i < rows; i++)
      for (int k = 0; k < in; k++) {
        double x = t->H[l][(long)i * in + k], *g = t->work + (long)k * out;
        for (int j = 0; j < out; j++) g[j] += x * t->D[l + 1][(long)i * out + j];
      }
    move_bias(t, l);
    for (long i = 0; i < (long)in * out; i++) t->W[l][i] -= RATE * t->work[i];
  }
  return loss;
}

double classes_plain(const double *X, const double *y, int rows, const int *sizes, const double *start, int steps) {
  Net t = make(X, y, rows, sizes, start, CLASSES);
  double loss = 0;
  for (int step = 0; step < steps; step++) loss = plain_step(&t);
  drop(&t);
  return loss;
}

/* ---- tiles: C[M][N] = alpha A B + beta C; A by its two strides, N a multiple of 8, beta 0 or 1 */

#define KERNEL(M, V)                                                                                                 \
  static void kernel_##M##_##V(int K, const double *A, long row, long column, const double *B, long ldb, double *C,  \
                               long ldc, double alpha, int beta) {                                                   \
    v8 acc[M][V];                                                                                                    \
    for (int r = 0; r < M; r++) for (int c = 0; c < V; c++) acc[r][c] = (v8){0};                                     \
    for (int k = 0; k < K; k++) {                                                                                    \
      v8 b[V];                                                                                                       \
      UNROLL(8) for (int c = 0; c < V; c++) b[c] = *(const v8u *)(B + k * ldb + 8 * c);                              \
      UNROLL(16) for (int r = 0; r < M; r++) {                                                                       \
        double a = A[r * row + k * column];                                                                          \
        UNROLL(8) for (int c = 0; c < V; c++) acc[r][c] += a * b[c];                                                 \
      }                                                                                                              \
    }                                                                                                                \
    for (int r = 0; r < M; r++) for (int c = 0; c < V; c++) {                                                        \
      v8u *to = (v8u *)(C + r * ldc + 8 * c);                                                                        \
      *to = beta ? *to + alpha * acc[r][c] : alpha * acc[r][c];                                                      \
    }                                                                                                                \
  }
KERNEL(8, 3) KERNEL(8, 2) KERNEL(8, 1) KERNEL(1, 3) KERNEL(1, 2) KERNEL(1, 1)

static void multiply(int M, int N, int K, const double *A, long row, long column, const double *B, double *C,
                     double alpha, int beta) {
  for (int n = 0, width; n < N; n += width) {
    width = N - n >= 24 && N - n != 32 ? 24 : N - n >= 16 ? 16 : 8;
    int m = 0;
    for (; m + 8 <= M; m += 8)
      (width == 24 ? kernel_8_3 : width == 16 ? kernel_8_2 : kernel_8_1)(K, A + m * row, row, column, B + n, N,
                                                                         C + (long)m * N + n, N, alpha, beta);
    for (; m < M; m++)
      (width == 24 ? kernel_1_3 : width == 16 ? kernel_1_2 : kernel_1_1)(K, A + m * row, row, column, B + n, N,
                                                                         C + (long)m * N + n, N, alpha, beta);
  }
}

static double tiled_step(Net *t) {
  int rows = t->rows;
  for (int l = 0; l < LAYERS; l++) {
    int in = t->n[l], out = t->n[l + 1];
    spread(t->H[l + 1], t->b[l], rows, out);
    multiply(rows, out, in, t->H[l], in, 1, t->W[l], t->H[l + 1], 1, 1);
    if (l < LAYERS - 1) relu(t->H[l + 1], (long)rows * out);
  }
  double loss = softmax_loss(t);
  for (int l = LAYERS - 1; l >= 0; l--) {
    int in = t->n[l], out = t->n[l + 1];
    if (l > 0) {
      transpose(t->work, t->W[l], in, out);
      multiply(rows, in, out, t->D[l + 1], out, 1, t->work, t->D[l], 1, 0);
      gate(t->D[l], t->H[l], (long)rows * in);
    }
    move_bias(t, l);
    multiply(in, out, rows, t->H[l], 1, in, t->D[l + 1], t->W[l], -RATE, 1); /* straight into the weights */
  }
  return loss;
}

double classes_tiles(const double *X, const double *y, int rows, const int *sizes, const double *start, int steps) {
  Net t = make(X, y, rows, sizes, start, PADDED);
  double loss = 0;
  for (int step = 0; step < steps; step++) loss = tiled_step(&t);
  drop(&t);
  return loss;
}

/* ---- blas: cblas_dgemm with 64-bit sizes */

typedef long long size;
typedef void Dgemm(int order, int ta, int tb, size m, size n, size k, double alpha, const double *a, size lda,
                   const double *b, size ldb, double beta, double *c, size ldc);
enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 };

static double blas_step(Net *t, Dgemm *dgemm) {
  int rows = t->rows;
  for (int l = 0; l < LAYERS; l++) {
    int in = t->n[l], out = t->n[l + 1];
    spread(t->H[l + 1], t->b[l], rows, out);
    dgemm(ROW_MAJOR, PLAIN, PLAIN, rows, out, in, 1, t->H[l], in, t->W[l], out, 1, t->H[l + 1], out);
    if (l < LAYERS - 1) relu(t->H[l + 1], (long)rows * out);
  }
  double loss = softmax_loss(t);
  for (int l = LAYERS - 1; l >= 0; l--) {
    int in = t->n[l], out = t->n[l + 1];
    if (l > 0) {
      dgemm(ROW_MAJOR, PLAIN, TRANSPOSED, rows, in, out, 1, t->D[l + 1], out, t->W[l], out, 0, t->D[l], in);
      gate(t->D[l], t->H[l], (long)rows * in);
    }
    move_bias(t, l);
    dgemm(ROW_MAJOR, TRANSPOSED, PLAIN, in, out, rows, -RATE, t->H[l], in, t->D[l + 1], out, 1, t->W[l], out);
  }
  return loss;
}

double classes_blas(const double *X, const double *y, int rows, const int *sizes, const double *start, int steps,
                    Dgemm *dgemm) {
  Net t = make(X, y, rows, sizes, start, CLASSES);
  double loss = 0;
  for (int step = 0; step < steps; step++) loss = blas_step(&t, dgemm);
  drop(&t);
  return loss;
}
