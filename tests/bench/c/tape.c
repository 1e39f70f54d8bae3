/* A dynamic tape of scalars: a node an operation, two parents and two partial derivatives. What micrograd's idea
   costs when it is written well in C; for chain and micro. And the chain as two plain loops. */
#include "vectors.h"

typedef struct { int i, j; double di, dj; } Node;

static Node *nodes;
static double *values, *gradients;
static int count, room;

static void start_tape(int most) {
  if (most > room) {
    room = most;
    nodes = realloc(nodes, sizeof(Node) * (size_t)room);
    values = realloc(values, sizeof(double) * (size_t)room);
    gradients = realloc(gradients, sizeof(double) * (size_t)room);
    if (!nodes || !values || !gradients) abort();
  }
  count = 1; /* node 0 takes the gradients of what is not there */
}

INLINE int node(double v, int i, double di, int j, double dj) {
  nodes[count] = (Node){i, j, di, dj};
  values[count] = v;
  return count++;
}
INLINE int leaf(double v) { return node(v, 0, 0, 0, 0); }
INLINE int add(int a, int b) { return node(values[a] + values[b], a, 1, b, 1); }
INLINE int mul(int a, int b) { return node(values[a] * values[b], a, values[b], b, values[a]); }
INLINE int times(int a, double c) { return node(values[a] * c, a, c, 0, 0); }
INLINE int plus(int a, double c) { return node(values[a] + c, a, 1, 0, 0); }
INLINE int relu(int a) { return values[a] > 0 ? node(values[a], a, 1, 0, 0) : node(0, a, 0, 0, 0); }
INLINE int tanh_of(int a) { double t = tanh(values[a]); return node(t, a, 1 - t * t, 0, 0); }

static void backward(int root) {
  memset(gradients, 0, sizeof(double) * (size_t)count);
  gradients[root] = 1;
  for (int n = root; n > 0; n--) {
    Node r = nodes[n];
    gradients[r.i] += r.di * gradients[n];
    gradients[r.j] += r.dj * gradients[n];
  }
}

/* y = y * 1.0000001 + 0.5 * tanh(y) * 1e-3, `length` times from 0.5: the last y plus dy/dx */
double chain_tape(int length) {
  start_tape(5 * length + 2);
  int x = leaf(0.5), y = x;
  for (int i = 0; i < length; i++) y = add(times(y, 1.0000001), times(times(tanh_of(y), 0.5), 1e-3));
  backward(y);
  return values[y] + gradients[x];
}

double chain_plain(int length) {
  double *t = malloc(sizeof(double) * (size_t)length), y = 0.5, g = 1;
  if (!t) abort();
  for (int i = 0; i < length; i++) {
    t[i] = tanh(y);
    y = y * 1.0000001 + 0.5 * t[i] * 1e-3;
  }
  for (int i = length - 1; i >= 0; i--) g = g * 1.0000001 + g * 1e-3 * 0.5 * (1 - t[i] * t[i]);
  free(t);
  return y + g;
}

/* moons with a node a number: 100 points, mlp 2-16-16-1, weights W[n_in][n_out] and b[n_out] a layer */
enum { ROWS = 100, WIDTH = 16, COUNT = 337 };

static void layer(const int *x, int in, int w, int out, int *y) {
  for (int j = 0; j < out; j++) {
    int sum = w + in * out + j;
    for (int k = 0; k < in; k++) sum = add(sum, mul(w + k * out + j, x[k]));
    y[j] = out == 1 ? sum : relu(sum);
  }
}

double micro_tape(const double *X, const double *y, const double *start, int steps) {
  double weights[COUNT], loss = 0;
  memcpy(weights, start, sizeof weights);
  for (int step = 0; step < steps; step++) {
    start_tape(100000);
    int w = count, total, squares;
    for (int i = 0; i < COUNT; i++) leaf(weights[i]);
    total = leaf(0), squares = leaf(0);
    for (int s = 0; s < ROWS; s++) {
      int x[2] = {leaf(X[2 * s]), leaf(X[2 * s + 1])}, h[WIDTH], q[WIDTH], score;
      layer(x, 2, w, WIDTH, h);
      layer(h, WIDTH, w + 3 * WIDTH, WIDTH, q);
      layer(q, WIDTH, w + 4 * WIDTH + WIDTH * WIDTH, 1, &score);
      total = add(total, relu(plus(times(score, -y[s]), 1)));
    }
    for (int i = 0; i < COUNT; i++) squares = add(squares, mul(w + i, w + i));
    int root = add(times(total, 1.0 / ROWS), times(squares, 1e-4));
    backward(root);
    loss = values[root];
    double rate = fmax(0.1, 1.0 - 0.9 * step / 100);
    for (int i = 0; i < COUNT; i++) weights[i] -= rate * gradients[w + i];
  }
  return loss;
}
