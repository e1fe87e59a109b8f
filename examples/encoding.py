"""A network's layers as features of simulated cortical responses, layer by layer.

A convolutional network learns digits. What its layers compute for new images are the
features; simulated voxels answer the same images, each driven by one of the layers,
later in time and with noise (SIMULATED: no brain was measured). Ridge regression on
each layer alone, and banded ridge on all together, are to find which voxel follows
which layer.

    python examples/encoding.py
"""

from __future__ import annotations

import warnings

import numpy as np

import fathom as fm

LAYERS = ("early", "middle", "late")
N_VOXELS, N_TRAINED, N_COMPONENTS = 90, 1000, 60
DELAYS = range(1, 7)  # scans of 2 seconds


def layer_features(model: fm.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """Return the strongest components of each layer, standardized."""
    trace = model.trace(images)
    features = {}
    for layer in LAYERS:
        x = np.asarray(trace[layer].output).reshape(len(images), -1)
        x = x - x[:N_TRAINED].mean(axis=0)
        _, _, directions = np.linalg.svd(x[:N_TRAINED], full_matrices=False)
        x = x @ directions[:N_COMPONENTS].T
        features[layer] = x / x[:N_TRAINED].std(axis=0).clip(1e-6)
    return features


def run(seed: int = 0, epochs: int = 15) -> dict[str, object]:
    """Return scores by layer, ceilings, and which layer drives each voxel."""
    X, y = fm.datasets.load("digits")
    images = (X / 16).reshape(-1, 8, 8, 1).astype(np.float32)
    order = np.random.default_rng(seed).permutation(len(images))
    images, y = images[order], y[order]
    layers = [
        fm.Conv(8, 3, "relu", name="early"),
        fm.MaxPool(2),
        fm.Conv(16, 3, "relu", name="middle"),
        fm.Flatten(),
        fm.Dense(32, "relu", name="late"),
        fm.Dense(10, "softmax"),
    ]
    model = fm.train(
        fm.Network(layers), (images, y), epochs=epochs, learning_rate=3e-3, seed=seed
    ).model
    features = layer_features(model, images)
    sizes = tuple(x.shape[1] for x in features.values())
    voxels = fm.brain.simulate_responses(
        np.concatenate(list(features.values()), axis=1), N_VOXELS, bands=sizes,
        ceiling=np.linspace(0.2, 0.6, N_VOXELS), n_repeats=2,
        response=fm.brain.hemodynamic_response(2.0), seed=seed,
    )  # fmt: skip
    answers = voxels.repeats.mean(axis=0)
    train, test = slice(0, N_TRAINED), slice(N_TRAINED, None)
    late = {
        name: fm.brain.Delayer(DELAYS).fit_transform(x) for name, x in features.items()
    }

    def r2(predictions: np.ndarray) -> np.ndarray:
        held = answers[test]
        missed = ((held - predictions) ** 2).sum(axis=0)
        return 1 - missed / ((held - held.mean(axis=0)) ** 2).sum(axis=0)

    scores = {}
    for name, x in late.items():
        model_of_layer = fm.brain.RidgeCV().fit(x[train], answers[train])
        scores[name] = r2(model_of_layer.predict(x[test]))
    everything = np.concatenate(list(late.values()), axis=1)
    bands = tuple(x.shape[1] for x in late.values())
    banded = fm.brain.BandedRidgeCV(bands, n_iter=30, random_state=seed)
    banded.fit(everything[train], answers[train])
    scores["all, banded"] = r2(banded.predict(everything[test]))
    return {
        "scores": scores,
        "shares": banded.score_by_band(everything[test], answers[test]),
        "ceiling": fm.brain.noise_ceiling(voxels.repeats[:, test]),
        "driven_by": voxels.band,
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = run()
    print("SIMULATED voxels: mean R2 on new images, by the layer that drives them")
    print("features      " + "".join(f"{name:>9}" for name in LAYERS))
    for name, score in found["scores"].items():
        means = [score[found["driven_by"] == i].mean() for i in range(3)]
        print(f"{name:14}" + "".join(f"{mean:9.3f}" for mean in means))
    means = [found["ceiling"][found["driven_by"] == i].mean() for i in range(3)]
    print(f"{'noise ceiling':14}" + "".join(f"{mean:9.3f}" for mean in means))
    names = list(found["scores"])[:3]
    best = np.argmax([found["scores"][name] for name in names], axis=0)
    print(
        f"voxels given to their layer: ridge {(best == found['driven_by']).mean():.0%}"
    )
    best = np.argmax(found["shares"], axis=0)
    print(f"by the shares of banded ridge: {(best == found['driven_by']).mean():.0%}")
