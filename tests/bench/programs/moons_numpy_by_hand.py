"""moons as a whole program in NumPy: NUMBERS STEPS; prints the last loss."""

import sys

import numpy as np

numbers, steps = np.load(sys.argv[1]), int(sys.argv[2])
X, y, A, a, B, b, C, c = (
    part.reshape(shape)
    for part, shape in zip(
        np.split(numbers, np.cumsum([200, 100, 32, 16, 256, 16, 16])),
        [(100, 2), 100, (2, 16), 16, (16, 16), 16, (16, 1), 1],
        strict=True,
    )
)
parameters = [A, a, B, b, C, c]
for step in range(steps):
    h = np.maximum(X @ A + a, 0)
    q = np.maximum(h @ B + b, 0)
    margin = 1 - y * (q @ C + c)[:, 0]
    loss = np.maximum(margin, 0).mean() + 1e-4 * sum((p * p).sum() for p in parameters)
    do = (np.where(margin > 0, -y, 0) / len(y))[:, None]
    dq = (do @ C.T) * (q > 0)
    dh = (dq @ B.T) * (h > 0)
    lr = 1.0 - 0.9 * step / 100
    gradients = (X.T @ dh, dh.sum(0), h.T @ dq, dq.sum(0), q.T @ do, do.sum(0))
    for p, g in zip(parameters, gradients, strict=True):
        p -= lr * (g + 2e-4 * p)
print(repr(float(loss)))
