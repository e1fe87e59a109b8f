"""Slow, obvious NumPy twins of Fathom's small functions, written from the formulas.

All compute in float64, with loops where a loop is what the formula says.
"""

from __future__ import annotations

import math

import numpy as np


def step(z: float) -> float:
    return 1.0 if z >= 0 else 0.0


def identity(z: float) -> float:
    return z


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def tanh(z: float) -> float:
    return (math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z))


def relu(z: float) -> float:
    return max(z, 0.0)


def leaky_relu(z: float) -> float:
    return z if z > 0 else 0.01 * z


def elu(z: float) -> float:
    return z if z > 0 else math.exp(z) - 1


def selu(z: float) -> float:
    alpha = -math.sqrt(2 / math.pi) / (math.erfc(1 / math.sqrt(2)) * math.exp(0.5) - 1)
    scale = (
        (1 - math.erfc(1 / math.sqrt(2)) * math.sqrt(math.e))
        * math.sqrt(2 * math.pi)
        * (
            2 * math.erfc(math.sqrt(2)) * math.e**2
            + math.pi * math.erfc(1 / math.sqrt(2)) ** 2 * math.e
            - 2 * (2 + math.pi) * math.erfc(1 / math.sqrt(2)) * math.sqrt(math.e)
            + math.pi
            + 2
        )
        ** -0.5
    )
    return scale * (z if z > 0 else alpha * (math.exp(z) - 1))


def gelu(z: float) -> float:
    return z * (1 + math.erf(z / math.sqrt(2))) / 2


def silu(z: float) -> float:
    return z * sigmoid(z)


def softplus(z: float) -> float:
    return math.log(1 + math.exp(z))


def elementwise(function, x: np.ndarray) -> np.ndarray:
    return np.array([function(float(z)) for z in x.ravel()]).reshape(x.shape)


def softmax(x: np.ndarray) -> np.ndarray:
    rows = []
    for row in np.asarray(x, float).reshape(-1, x.shape[-1]):
        exponentials = [math.exp(z) for z in row]
        rows.append([e / sum(exponentials) for e in exponentials])
    return np.array(rows).reshape(x.shape)


def mean_squared_error(p: np.ndarray, t: np.ndarray) -> list[float]:
    return [np.mean([(a - b) ** 2 for a, b in _pairs(x, y)]) for x, y in _rows(p, t)]


def mean_absolute_error(p: np.ndarray, t: np.ndarray) -> list[float]:
    return [np.mean([abs(a - b) for a, b in _pairs(x, y)]) for x, y in _rows(p, t)]


def huber(p: np.ndarray, t: np.ndarray) -> list[float]:
    def one(error: float) -> float:
        return error**2 / 2 if abs(error) <= 1 else abs(error) - 0.5

    return [np.mean([one(a - b) for a, b in _pairs(x, y)]) for x, y in _rows(p, t)]


def binary_cross_entropy(p: np.ndarray, t: np.ndarray) -> list[float]:
    def one(a: float, b: float) -> float:
        return -b * math.log(a) - (1 - b) * math.log(1 - a)

    return [np.mean([one(a, b) for a, b in _pairs(x, y)]) for x, y in _rows(p, t)]


def cross_entropy(p: np.ndarray, t: np.ndarray) -> list[float]:
    """For classes (batch,) or (batch, time), with predictions of one axis more."""
    losses = []
    for x, y in zip(p, t, strict=True):
        rows = np.reshape(x, (-1, p.shape[-1]))
        classes = np.ravel(y)
        losses.append(
            np.mean([-math.log(r[c]) for r, c in zip(rows, classes, strict=True)])
        )
    return losses


def kl_divergence(p: np.ndarray, t: np.ndarray) -> list[float]:
    losses = []
    for x, y in zip(p, t, strict=True):
        terms = [b * math.log(b / a) for a, b in zip(x, y, strict=True) if b > 0]
        losses.append(sum(terms))
    return losses


def triplet(a: np.ndarray, p: np.ndarray, n: np.ndarray) -> list[float]:
    return [
        max(0.0, sum((x - y) ** 2) - sum((x - z) ** 2) + 1.0)
        for x, y, z in zip(a, p, n, strict=True)
    ]


def generator(fake: np.ndarray) -> list[float]:
    return [-math.log(sigmoid(z)) for z in fake]


def discriminator(real: np.ndarray, fake: np.ndarray) -> list[float]:
    return [
        -math.log(sigmoid(r)) - math.log(1 - sigmoid(f))
        for r, f in zip(real, fake, strict=True)
    ]


def minimax(real: np.ndarray, fake: np.ndarray) -> list[float]:
    return [-loss for loss in discriminator(real, fake)]


def _rows(p: np.ndarray, t: np.ndarray) -> zip:
    return zip(p, t, strict=True)


def _pairs(x: np.ndarray, y: np.ndarray) -> zip:
    return zip(np.ravel(x), np.ravel(y), strict=True)


def sgd(gradients: list[float]) -> list[float]:
    return gradients


def momentum(gradients: list[float]) -> list[float]:
    m, directions = 0.0, []
    for g in gradients:
        m = 0.9 * m + g
        directions.append(m)
    return directions


def nesterov(gradients: list[float]) -> list[float]:
    m, directions = 0.0, []
    for g in gradients:
        m = 0.9 * m + g
        directions.append(g + 0.9 * m)
    return directions


def adagrad(gradients: list[float]) -> list[float]:
    s, directions = 0.1, []
    for g in gradients:
        s += g * g
        directions.append(g / math.sqrt(s + 1e-7))
    return directions


def rmsprop(gradients: list[float]) -> list[float]:
    v, directions = 0.0, []
    for g in gradients:
        v = 0.9 * v + 0.1 * g * g
        directions.append(g / math.sqrt(v + 1e-8))
    return directions


def adam(gradients: list[float]) -> list[float]:
    m, v, directions = 0.0, 0.0, []
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        unbiased_m, unbiased_v = m / (1 - 0.9**t), v / (1 - 0.999**t)
        directions.append(unbiased_m / (math.sqrt(unbiased_v) + 1e-8))
    return directions


def lion(gradients: list[float]) -> list[float]:
    m, directions = 0.0, []
    for g in gradients:
        directions.append(math.copysign(1.0, 0.9 * m + 0.1 * g))
        m = 0.99 * m + 0.01 * g
    return directions


def constant(t: int, n: int) -> float:
    return 1.0


def cosine(t: int, n: int) -> float:
    return (1 + math.cos(math.pi * t / n)) / 2


def warmup_cosine(t: int, n: int) -> float:
    w = n // 10
    return (t + 1) / (w + 1) if t < w else cosine(t - w, n - w)


def step_schedule(t: int, n: int) -> float:
    if 4 * t >= 3 * n:
        return 0.01
    return 0.1 if 2 * t >= n else 1.0


def exponential(t: int, n: int) -> float:
    return 0.01 ** (t / (n - 1))
