"""Slow, obvious NumPy twins of the layers that are random in training."""

from __future__ import annotations

from typing import Any

import numpy as np


def same(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
    return x


def mean_of_code(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
    return x[..., : x.shape[-1] // 2]


def shifted(x: np.ndarray, offsets: np.ndarray, fill: float) -> np.ndarray:
    """Place by place: (batch, height, width, channels) by (batch, 2) whole numbers."""
    moved = np.full_like(x, fill)
    batch, height, width = x.shape[:3]
    for b, i, j in np.ndindex(batch, height, width):
        to_i, to_j = i + offsets[b, 0], j + offsets[b, 1]
        if 0 <= to_i < height and 0 <= to_j < width:
            moved[b, to_i, to_j] = x[b, i, j]
    return moved


def rotated(x: np.ndarray, angle: float, fill: float) -> np.ndarray:
    """Pixel by pixel: (batch, height, width, channels), one angle for all."""
    batch, height, width, channels = x.shape
    turned = np.zeros_like(x)
    center = (height - 1) / 2, (width - 1) / 2
    for i, j in np.ndindex(height, width):
        y, z = i - center[0], j - center[1]
        row = np.cos(angle) * y + np.sin(angle) * z + center[0]
        column = np.cos(angle) * z - np.sin(angle) * y + center[1]
        for p in range(int(np.floor(row)), int(np.floor(row)) + 2):
            for q in range(int(np.floor(column)), int(np.floor(column)) + 2):
                share = (1 - abs(row - p)) * (1 - abs(column - q))
                inside = 0 <= p < height and 0 <= q < width
                pixel = x[:, p, q] if inside else np.full((batch, channels), fill)
                turned[:, i, j] += share * pixel
    return turned


def divergence(mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    """KL(N(mean, variance) || N(0, I)) of each row, number by number."""
    total = np.zeros(len(mean))
    for place in np.ndindex(mean.shape):
        variance = np.exp(log_variance[place])
        total[place[0]] += np.log(1 / np.sqrt(variance))
        total[place[0]] += (variance + mean[place] ** 2) / 2 - 1 / 2
    return total
