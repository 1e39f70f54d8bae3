"""moons as a whole program in JAX, the loop in one `scan`: NUMBERS STEPS; prints the last loss."""

import os
import sys

os.environ.update(JAX_PLATFORMS="cpu", JAX_ENABLE_X64="1")

import jax
import jax.numpy as jnp
import numpy as np

numbers, steps = np.load(sys.argv[1]), int(sys.argv[2])
X, y, A, a, B, b, C, c = np.split(numbers, np.cumsum([200, 100, 32, 16, 256, 16, 16]))
X = X.reshape(100, 2)


def loss_of(weights):
    A, a, B, b, C, c = weights
    scores = (jax.nn.relu(jax.nn.relu(X @ A + a) @ B + b) @ C + c)[:, 0]
    return jnp.mean(jax.nn.relu(1 - y * scores)) + 1e-4 * sum(jnp.sum(p * p) for p in weights)


def step(weights, lr):
    loss, gradients = jax.value_and_grad(loss_of)(weights)
    return [p - lr * g for p, g in zip(weights, gradients, strict=True)], loss


start = [jnp.asarray(p) for p in (A.reshape(2, 16), a, B.reshape(16, 16), b, C.reshape(16, 1), c)]
rates = jnp.array([1.0 - 0.9 * k / 100 for k in range(steps)])
_, losses = jax.jit(lambda weights: jax.lax.scan(step, weights, rates))(start)
print(repr(float(losses[-1])))
