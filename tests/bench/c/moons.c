/* moons: 100 points, mlp 2-16-16-1 with relu, hinge loss and L2, the whole batch a step. */
#include "vectors.h"

enum { ROWS = 100, WIDTH = 16, TILE = 10 };

static double rate(int step) { return fmax(0.1, 1.0 - 0.9 * step / 100); }

/* ---- plain: sample by sample, neuron by neuron, one number at a time */

typedef struct { double A[WIDTH][2], a[WIDTH], B[WIDTH][WIDTH], b[WIDTH], C[WIDTH], c; } Plain; /* a row a neuron */

static Plain plain_weights(const double *w) {
  Plain p;
  for (int k = 0; k < 2; k++) for (int j = 0; j < WIDTH; j++) p.A[j][k] = *w++;
  for (int j = 0; j < WIDTH; j++) p.a[j] = *w++;
  for (int k = 0; k < WIDTH; k++) for (int j = 0; j < WIDTH; j++) p.B[j][k] = *w++;
  for (int j = 0; j < WIDTH; j++) p.b[j] = *w++;
  for (int k = 0; k < WIDTH; k++) p.C[k] = *w++;
  p.c = *w;
  return p;
}

static double plain_step(Plain *p, const double *X, const double *y, double lr) {
  Plain g;
  memset(&g, 0, sizeof g);
  double loss = 0;
  for (int s = 0; s < ROWS; s++) {
    const double *x = X + 2 * s;
    double h[WIDTH], q[WIDTH], dh[WIDTH] = {0}, dq[WIDTH], score = p->c;
    for (int j = 0; j < WIDTH; j++) {
      double t = p->a[j];
      for (int k = 0; k < 2; k++) t += p->A[j][k] * x[k];
      h[j] = t > 0 ? t : 0;
    }
    for (int j = 0; j < WIDTH; j++) {
      double t = p->b[j];
      for (int k = 0; k < WIDTH; k++) t += p->B[j][k] * h[k];
      q[j] = t > 0 ? t : 0;
    }
    for (int k = 0; k < WIDTH; k++) score += p->C[k] * q[k];
    double margin = 1 - y[s] * score, d = margin > 0 ? -y[s] / ROWS : 0;
    loss += margin > 0 ? margin / ROWS : 0;
    for (int k = 0; k < WIDTH; k++) {
      g.C[k] += d * q[k];
      dq[k] = q[k] > 0 ? d * p->C[k] : 0;
    }
    g.c += d;
    for (int j = 0; j < WIDTH; j++) {
      g.b[j] += dq[j];
      for (int k = 0; k < WIDTH; k++) {
        g.B[j][k] += dq[j] * h[k];
        dh[k] += dq[j] * p->B[j][k];
      }
    }
    for (int j = 0; j < WIDTH; j++) {
      double d = h[j] > 0 ? dh[j] : 0;
      g.a[j] += d;
      for (int k = 0; k < 2; k++) g.A[j][k] += d * x[k];
    }
  }
  double *w = (double *)p, *d = (double *)&g;
  for (size_t i = 0; i < sizeof(Plain) / sizeof(double); i++) {
    loss += 1e-4 * w[i] * w[i];
    w[i] -= lr * (d[i] + 2e-4 * w[i]);
  }
  return loss;
}

double moons_plain(const double *X, const double *y, const double *start, int steps) {
  Plain p = plain_weights(start);
  double loss = 0;
  for (int step = 0; step < steps; step++) loss = plain_step(&p, X, y, rate(step));
  return loss;
}

/* ---- tiles: TILE rows of a layer's 16 columns stay in registers while a matrix product is summed */

typedef struct {
  v8 A[2][2], a[2], B[WIDTH][2], b[2], C[2];
  double c, padding[7];
} Tiles;

typedef v8 Rows[ROWS][2];

/* acc[r] += left[r][k] * right[k], for TILE rows */
INLINE void multiply(v8 acc[TILE][2], const v8 left[][2], const v8 right[WIDTH][2]) {
  const double(*rows)[WIDTH] = (const double(*)[WIDTH])left;
  for (int k = 0; k < WIDTH; k++)
    UNROLL(16) for (int r = 0; r < TILE; r++) {
      acc[r][0] += rows[r][k] * right[k][0];
      acc[r][1] += rows[r][k] * right[k][1];
    }
}

static double tiled_step(Tiles *p, const double *X, const double *y, double lr) {
  static Rows H, DQ, DH;
  static Tiles g;
  v8 transposed[WIDTH][2], C0 = {0}, C1 = {0};
  double loss = 0, c = 0;
  for (int k = 0; k < WIDTH; k++)
    for (int j = 0; j < WIDTH; j++) ((double *)transposed)[j * WIDTH + k] = ((double *)p->B)[k * WIDTH + j];

  for (int s = 0; s < ROWS; s += TILE) {
    v8 q[TILE][2], dh[TILE][2];
    double score[TILE];
    UNROLL(16) for (int r = 0; r < TILE; r++) for (int i = 0; i < 2; i++) {
      H[s + r][i] = relu8(p->a[i] + X[2 * (s + r)] * p->A[0][i] + X[2 * (s + r) + 1] * p->A[1][i]);
      q[r][i] = p->b[i];
      dh[r][i] = (v8){0};
    }
    multiply(q, H + s, p->B);
    UNROLL(16) for (int r = 0; r < TILE; r++) {
      for (int i = 0; i < 2; i++) q[r][i] = relu8(q[r][i]);
      score[r] = sum8(q[r][0] * p->C[0] + q[r][1] * p->C[1]) + p->c;
    }
    UNROLL(16) for (int r = 0; r < TILE; r++) {
      double margin = 1 - y[s + r] * score[r], d = margin > 0 ? -y[s + r] / ROWS : 0;
      loss += margin > 0 ? margin : 0;
      c += d;
      C0 += d * q[r][0];
      C1 += d * q[r][1];
      for (int i = 0; i < 2; i++) DQ[s + r][i] = gate8(q[r][i], d * p->C[i]);
    }
    multiply(dh, DQ + s, transposed);
    UNROLL(16) for (int r = 0; r < TILE; r++) for (int i = 0; i < 2; i++) DH[s + r][i] = gate8(H[s + r][i], dh[r][i]);
  }

  for (int k = 0; k < WIDTH; k += 8) { /* dB = H' DQ, 8 rows of it at a time */
    v8 acc[8][2];
    memset(acc, 0, sizeof acc);
    for (int s = 0; s < ROWS; s++)
      UNROLL(16) for (int r = 0; r < 8; r++) {
        double h = ((const double *)H[s])[k + r];
        acc[r][0] += h * DQ[s][0];
        acc[r][1] += h * DQ[s][1];
      }
    memcpy(g.B[k], acc, sizeof acc);
  }
  v8 sums[4][2];
  memset(sums, 0, sizeof sums);
  for (int s = 0; s < ROWS; s++)
    for (int i = 0; i < 2; i++) {
      sums[0][i] += X[2 * s] * DH[s][i];
      sums[1][i] += X[2 * s + 1] * DH[s][i];
      sums[2][i] += DH[s][i];
      sums[3][i] += DQ[s][i];
    }
  memcpy(g.A, sums, sizeof g.A + sizeof g.a);
  memcpy(g.b, sums[3], sizeof g.b);
  g.C[0] = C0, g.C[1] = C1, g.c = c;

  v8 *w = (v8 *)p, *d = (v8 *)&g, squares = {0};
  for (size_t i = 0; i < sizeof(Tiles) / sizeof(v8); i++) {
    squares += w[i] * w[i];
    w[i] -= lr * (d[i] + 2e-4 * w[i]);
  }
  return loss / ROWS + 1e-4 * sum8(squares);
}

double moons_tiles(const double *X, const double *y, const double *start, int steps) {
  static Tiles p;
  memcpy(&p, start, sizeof(double) * 337); /* the file's order is the structure's */
  memset(p.padding, 0, sizeof p.padding);
  double loss = 0;
  for (int step = 0; step < steps; step++) loss = tiled_step(&p, X, y, rate(step));
  return loss;
}
