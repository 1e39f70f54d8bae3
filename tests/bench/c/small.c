/* xor (mlp 2-2-1, sigmoid, one sample a step) and lecture (mlp 3-4-4-1, tanh, four samples a step). */
#include "vectors.h"

INLINE double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* ---- xor */

typedef struct { double A[2][2], a[2], B[2], b; } Xor;

static double xor_step(Xor *p, const double *x, double y) {
  double h[2], dh[2];
  for (int j = 0; j < 2; j++) h[j] = sigmoid(p->a[j] + p->A[0][j] * x[0] + p->A[1][j] * x[1]);
  double o = sigmoid(p->b + p->B[0] * h[0] + p->B[1] * h[1]), error = o - y, d = 2 * error * o * (1 - o);
  for (int j = 0; j < 2; j++) {
    dh[j] = d * p->B[j] * h[j] * (1 - h[j]);
    p->B[j] -= 0.1 * d * h[j];
    p->a[j] -= 0.1 * dh[j];
    for (int k = 0; k < 2; k++) p->A[k][j] -= 0.1 * dh[j] * x[k];
  }
  p->b -= 0.1 * d;
  return error * error;
}

double xor_plain(const double *X, const double *y, const double *start, int steps) {
  Xor p;
  memcpy(&p, start, sizeof p);
  double loss = 0;
  for (int step = 0; step < steps; step++) loss = xor_step(&p, X + 2 * (step % 4), y[step % 4]);
  return loss;
}

/* ---- lecture, plain: sample by sample, a row of weights a neuron */

enum { SAMPLES = 4, IN = 3, WIDTH = 4, COUNT = 41 };

typedef struct { double A[WIDTH][IN], a[WIDTH], B[WIDTH][WIDTH], b[WIDTH], C[WIDTH], c; } Lecture;

static Lecture lecture_weights(const double *w) {
  Lecture p;
  for (int k = 0; k < IN; k++) for (int j = 0; j < WIDTH; j++) p.A[j][k] = *w++;
  for (int j = 0; j < WIDTH; j++) p.a[j] = *w++;
  for (int k = 0; k < WIDTH; k++) for (int j = 0; j < WIDTH; j++) p.B[j][k] = *w++;
  for (int j = 0; j < WIDTH; j++) p.b[j] = *w++;
  for (int k = 0; k < WIDTH; k++) p.C[k] = *w++;
  p.c = *w;
  return p;
}

static double lecture_step(Lecture *p, const double *X, const double *y) {
  Lecture g;
  memset(&g, 0, sizeof g);
  double loss = 0;
  for (int s = 0; s < SAMPLES; s++) {
    const double *x = X + IN * s;
    double h[WIDTH], q[WIDTH], dh[WIDTH] = {0}, o = p->c;
    for (int j = 0; j < WIDTH; j++) {
      double t = p->a[j];
      for (int k = 0; k < IN; k++) t += p->A[j][k] * x[k];
      h[j] = tanh(t);
    }
    for (int j = 0; j < WIDTH; j++) {
      double t = p->b[j];
      for (int k = 0; k < WIDTH; k++) t += p->B[j][k] * h[k];
      q[j] = tanh(t);
    }
    for (int k = 0; k < WIDTH; k++) o += p->C[k] * q[k];
    o = tanh(o);
    double error = o - y[s], d = 2 * error * (1 - o * o);
    loss += error * error;
    g.c += d;
    for (int j = 0; j < WIDTH; j++) {
      double dq = d * p->C[j] * (1 - q[j] * q[j]);
      g.C[j] += d * q[j];
      g.b[j] += dq;
      for (int k = 0; k < WIDTH; k++) {
        g.B[j][k] += dq * h[k];
        dh[k] += dq * p->B[j][k];
      }
    }
    for (int j = 0; j < WIDTH; j++) {
      double d = dh[j] * (1 - h[j] * h[j]);
      g.a[j] += d;
      for (int k = 0; k < IN; k++) g.A[j][k] += d * x[k];
    }
  }
  double *w = (double *)p, *d = (double *)&g;
  for (int i = 0; i < COUNT; i++) w[i] -= 0.1 * d[i];
  return loss;
}

double lecture_plain(const double *X, const double *y, const double *start, int steps) {
  Lecture p = lecture_weights(start);
  double loss = 0;
  for (int step = 0; step < steps; step++) loss = lecture_step(&p, X, y);
  return loss;
}

/* ---- lecture, lanes: the four samples are the four lanes of a vector; -ffast-math takes tanh from libmvec */

typedef double v4 __attribute__((vector_size(32), aligned(32)));

INLINE v4 tanh4(v4 x) {
  double in[4] __attribute__((aligned(32))), out[4] __attribute__((aligned(32)));
  *(v4 *)in = x;
  for (int i = 0; i < 4; i++) out[i] = tanh(in[i]);
  return *(v4 *)out;
}
INLINE double sum4(v4 x) { return (x[0] + x[1]) + (x[2] + x[3]); }

static double lanes_step(Lecture *p, const v4 x[IN], v4 y) {
  v4 h[WIDTH], q[WIDTH], dq[WIDTH], dh[WIDTH];
  for (int j = 0; j < WIDTH; j++) h[j] = p->a[j] + x[0] * p->A[j][0] + x[1] * p->A[j][1] + x[2] * p->A[j][2];
  for (int j = 0; j < WIDTH; j++) h[j] = tanh4(h[j]);
  for (int j = 0; j < WIDTH; j++)
    q[j] = p->b[j] + h[0] * p->B[j][0] + h[1] * p->B[j][1] + h[2] * p->B[j][2] + h[3] * p->B[j][3];
  for (int j = 0; j < WIDTH; j++) q[j] = tanh4(q[j]);
  v4 o = tanh4(p->c + q[0] * p->C[0] + q[1] * p->C[1] + q[2] * p->C[2] + q[3] * p->C[3]);
  v4 error = o - y, d = 2 * error * (1 - o * o);
  for (int j = 0; j < WIDTH; j++) {
    dq[j] = d * p->C[j] * (1 - q[j] * q[j]);
    dh[j] = (v4){0};
  }
  for (int j = 0; j < WIDTH; j++) for (int k = 0; k < WIDTH; k++) dh[k] += dq[j] * p->B[j][k];
  for (int j = 0; j < WIDTH; j++) {
    p->C[j] -= 0.1 * sum4(d * q[j]);
    p->b[j] -= 0.1 * sum4(dq[j]);
    for (int k = 0; k < WIDTH; k++) p->B[j][k] -= 0.1 * sum4(dq[j] * h[k]);
  }
  p->c -= 0.1 * sum4(d);
  for (int j = 0; j < WIDTH; j++) {
    v4 d = dh[j] * (1 - h[j] * h[j]);
    p->a[j] -= 0.1 * sum4(d);
    for (int k = 0; k < IN; k++) p->A[j][k] -= 0.1 * sum4(d * x[k]);
  }
  return sum4(error * error);
}

double lecture_lanes(const double *X, const double *y, const double *start, int steps) {
  Lecture p = lecture_weights(start);
  v4 x[IN], targets = {y[0], y[1], y[2], y[3]};
  for (int k = 0; k < IN; k++) x[k] = (v4){X[k], X[IN + k], X[2 * IN + k], X[3 * IN + k]};
  double loss = 0;
  for (int step = 0; step < steps; step++) loss = lanes_step(&p, x, targets);
  return loss;
}
