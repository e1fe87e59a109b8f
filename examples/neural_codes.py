"""What neural codes carry, measured against the time that one listens.

One of 16 values is sent, and the decoder's answer is compared with it in bits: all
there is are 4. Then images of handwritten digits are sent, one cell a pixel, and a
classifier reads what arrived until then.

Run with `python examples/neural_codes.py [FOLDER]`; with a folder, pictures go there.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jax
import numpy as np
from sklearn.linear_model import LogisticRegression

import fathom as fm
from fathom.report.brain_dynamics import carried

WINDOWS = (1, 2, 5, 10, 20, 50, 100, 200)
VALUES, LARGEST_RATE = 16, 100.0


def bits(examples: int = 4000) -> dict[str, list[float]]:
    """Bits of one of 16 values that each code's decoder gets, by window in ms."""
    sent = np.random.default_rng(0).integers(0, VALUES, examples)
    share = sent / (VALUES - 1)
    key = jax.random.key(0)
    coded = {
        "one cell, rate": fm.brain.poisson_rate(key, LARGEST_RATE * share, WINDOWS[-1]),
        "one cell, latency": fm.brain.latency(share, VALUES),
        "16 cells, rate": fm.brain.poisson_rate(
            key, LARGEST_RATE * fm.brain.population(share, VALUES), WINDOWS[-1]
        ),
        "16 cells, one-hot": fm.brain.one_hot(sent, VALUES),
    }

    def read(code: str, window: int) -> np.ndarray:
        spikes = np.asarray(coded[code][:window])
        if code == "one cell, rate":
            return spikes.sum(0)
        if code == "16 cells, rate":
            answer = np.asarray(fm.brain.decode_population(spikes))
            return (answer * (VALUES - 1)).round()
        if code == "one cell, latency":
            return np.asarray(fm.brain.first_spike(spikes))
        return np.asarray(fm.brain.decode_count(spikes))

    return {
        code: [fm.brain.mutual_information(sent, read(code, w)) for w in WINDOWS]
        for code in coded
    }


def digits() -> tuple[dict[str, list[float]], float]:
    """Accuracy on digits of a classifier that saw the spikes of a window."""
    images, target = fm.datasets.load("digits")
    pixels = np.asarray(images) / 16
    coded = {
        "rate": fm.brain.poisson_rate(
            jax.random.key(1), LARGEST_RATE * pixels, WINDOWS[-1]
        ),
        "latency": fm.brain.latency(pixels, 50),
    }

    def accuracy(seen: np.ndarray) -> float:
        reader = LogisticRegression(max_iter=1000, C=0.1)
        reader.fit(seen[:1200], target[:1200])
        return float(reader.score(seen[1200:], target[1200:]))

    def seen(code: str, window: int) -> np.ndarray:
        spikes = np.asarray(coded[code][:window])
        if code == "rate":
            return spikes.sum(0) / np.sqrt(window)
        return 4 * (1 - np.asarray(fm.brain.first_spike(spikes)) / 50)

    found = {c: [accuracy(seen(c, w)) for w in WINDOWS] for c in coded}
    return found, accuracy(4 * pixels)


def show(title: str, rows: dict[str, list[float]]) -> None:
    print(f"{title:24}" + "".join(f"{w:>7}" for w in WINDOWS) + "  ms")
    for name, values in rows.items():
        print(f"{name:24}" + "".join(f"{v:7.2f}" for v in values))


def main() -> None:
    got = bits()
    show("bits of 4", got)
    accuracy, whole = digits()
    print()
    show("accuracy on digits", accuracy)
    print(f"The same classifier on the pixels themselves: {whole:.2f}")
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
        folder.mkdir(parents=True, exist_ok=True)
        carried(WINDOWS, got, 4.0, "bits").chart.write_html(folder / "bits.html")
        picture = carried(WINDOWS, accuracy, whole, "accuracy on digits")
        picture.chart.write_html(folder / "digits.html")


if __name__ == "__main__":
    main()
