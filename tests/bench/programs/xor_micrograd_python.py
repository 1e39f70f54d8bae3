"""xor as a whole program in micrograd, one sample a step: NUMBERS STEPS; prints the last loss."""

import math
import sys

import numpy as np
from micrograd.engine import Value
from micrograd.nn import MLP


def sigmoid(x):
    s = 1 / (1 + math.exp(-x.data))
    out = Value(s, (x,), "sigmoid")

    def _backward():
        x.grad += s * (1 - s) * out.grad

    out._backward = _backward
    return out


numbers, steps = np.load(sys.argv[1]), int(sys.argv[2])
X, y = numbers[:8].reshape(4, 2).tolist(), numbers[8:12].tolist()
A, a, B, b = numbers[12:16].reshape(2, 2), numbers[16:18], numbers[18:20], numbers[20]
model = MLP(2, [2, 1])
for layer in model.layers:
    for neuron in layer.neurons:
        neuron.nonlin = False
values = [A[0, 0], A[1, 0], a[0], A[0, 1], A[1, 1], a[1], *B, b]
for p, v in zip(model.parameters(), values, strict=True):
    p.data = float(v)
for step in range(steps):
    hidden = [sigmoid(v) for v in model.layers[0](X[step % 4])]
    loss = (sigmoid(model.layers[1](hidden)) - y[step % 4]) ** 2
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
print(repr(loss.data))
