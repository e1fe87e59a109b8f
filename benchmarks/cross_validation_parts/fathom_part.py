"""Fathom's part: `fm.cross_validate`."""

from __future__ import annotations

import json
import sys

import numpy as np

import fathom as fm

data = np.load(sys.argv[1])
network = fm.Network(
    [fm.Dense(64, "relu"), fm.Dense(64, "relu"), fm.Dense(2, "softmax")], (30,)
)
found = fm.cross_validate(
    network, (data["X"], data["y"]), grid={"weight_decay": data["decays"].tolist()},
    folds=5, epochs=50, batch_size=32, learning_rate=1e-3, scoring="accuracy",
)  # fmt: skip
print(json.dumps({"accuracy": found.best.mean, "own_seconds": found.seconds}))
