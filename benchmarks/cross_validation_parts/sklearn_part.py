"""scikit-learn's part: `GridSearchCV` over `MLPClassifier`."""

from __future__ import annotations

import json
import sys
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier

data = np.load(sys.argv[1])
warnings.simplefilter("ignore", ConvergenceWarning)
network = MLPClassifier(
    (64, 64), batch_size=32, max_iter=50, tol=0.0, n_iter_no_change=50, random_state=0
)
search = GridSearchCV(
    network, {"alpha": data["decays"]}, n_jobs=2, refit=False,
    cv=StratifiedKFold(5, shuffle=True, random_state=0),
)  # fmt: skip
search.fit(data["X"], data["y"])
print(json.dumps({"accuracy": float(search.cv_results_["mean_test_score"].max())}))
