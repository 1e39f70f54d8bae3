"""moons as a whole program in PyTorch: NUMBERS STEPS; prints the last loss."""

import sys

import numpy as np
import torch

torch.set_num_threads(1)
numbers, steps = torch.tensor(np.load(sys.argv[1])), int(sys.argv[2])
X, y, A, a, B, b, C, c = numbers.split([200, 100, 32, 16, 256, 16, 16, 1])
X = X.reshape(100, 2)
weights = [p.clone().requires_grad_(True) for p in (A.reshape(2, 16), a, B.reshape(16, 16), b, C.reshape(16, 1), c)]
A, a, B, b, C, c = weights
for step in range(steps):
    scores = (((X @ A + a).relu() @ B + b).relu() @ C + c)[:, 0]
    loss = (1 - y * scores).relu().mean() + 1e-4 * sum((p * p).sum() for p in weights)
    loss.backward()
    with torch.no_grad():
        for p in weights:
            p -= (1.0 - 0.9 * step / 100) * p.grad
            p.grad = None
print(repr(loss.item()))
