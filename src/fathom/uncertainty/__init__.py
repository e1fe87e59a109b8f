"""How sure a model may be: ensembles, dropout, calibration, intervals that hold.

What is measured here is measured on rows that the model did not learn from.
"""

from fathom.uncertainty.calibration_error import calibration_error as calibration_error
from fathom.uncertainty.ensemble import Ensemble as Ensemble
from fathom.uncertainty.ensemble_training import EnsembleResult as EnsembleResult
from fathom.uncertainty.ensemble_training import train_ensemble as train_ensemble
from fathom.uncertainty.samples import Samples as Samples

__all__ = ["Ensemble", "EnsembleResult", "Samples", "calibration_error",
           "train_ensemble"]  # fmt: skip
