"""Fathom: deep learning that you can see to the bottom of.

The public names, imported when they are first used, so that `import fathom` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fathom import activations as activations
    from fathom import brain as brain
    from fathom import experiment as experiment
    from fathom import initializers as initializers
    from fathom import losses as losses
    from fathom import metrics as metrics
    from fathom import models as models
    from fathom import objectives as objectives
    from fathom import optimizers as optimizers
    from fathom import schedules as schedules
    from fathom.adversarial import GAN as GAN
    from fathom.adversarial import train_gan as train_gan
    from fathom.checking import check as check
    from fathom.comparison.cross_validated import compare as compare
    from fathom.comparison.result import ModelComparison as ModelComparison
    from fathom.cross_validation import CrossValidation as CrossValidation
    from fathom.cross_validation import cross_validate as cross_validate
    from fathom.data import datasets as datasets
    from fathom.data import read as read
    from fathom.data.table import Table as Table
    from fathom.diagnose.finding import Finding as Finding
    from fathom.errors import InputError as InputError
    from fathom.estimators import AnomalyDetector as AnomalyDetector
    from fathom.estimators import Autoencoder as Autoencoder
    from fathom.estimators import Classifier as Classifier
    from fathom.estimators import Embedder as Embedder
    from fathom.estimators import Regressor as Regressor
    from fathom.experiment.learning_curve import LearningCurve as LearningCurve
    from fathom.experiment.learning_curve import learning_curve as learning_curve
    from fathom.export.model_folder import load as load
    from fathom.fairness.result import GroupEvaluation as GroupEvaluation
    from fathom.generation import generate as generate
    from fathom.layers import GRU as GRU
    from fathom.layers import LSTM as LSTM
    from fathom.layers import RNN as RNN
    from fathom.layers import Activation as Activation
    from fathom.layers import Attention as Attention
    from fathom.layers import AveragePool as AveragePool
    from fathom.layers import BatchNorm as BatchNorm
    from fathom.layers import Chain as Chain
    from fathom.layers import Concat as Concat
    from fathom.layers import Conv as Conv
    from fathom.layers import ConvTranspose as ConvTranspose
    from fathom.layers import CutOut as CutOut
    from fathom.layers import Dense as Dense
    from fathom.layers import Dropout as Dropout
    from fathom.layers import Embedding as Embedding
    from fathom.layers import Encode as Encode
    from fathom.layers import Flatten as Flatten
    from fathom.layers import Flip as Flip
    from fathom.layers import GlobalAveragePool as GlobalAveragePool
    from fathom.layers import GlobalMaxPool as GlobalMaxPool
    from fathom.layers import GroupNorm as GroupNorm
    from fathom.layers import Jitter as Jitter
    from fathom.layers import Join as Join
    from fathom.layers import Layer as Layer
    from fathom.layers import LayerNorm as LayerNorm
    from fathom.layers import LeakyReadout as LeakyReadout
    from fathom.layers import LearnedPositions as LearnedPositions
    from fathom.layers import Masking as Masking
    from fathom.layers import MaxPool as MaxPool
    from fathom.layers import Noise as Noise
    from fathom.layers import On as On
    from fathom.layers import Repeat as Repeat
    from fathom.layers import Reshape as Reshape
    from fathom.layers import Residual as Residual
    from fathom.layers import RMSNorm as RMSNorm
    from fathom.layers import Rotate as Rotate
    from fathom.layers import Sample as Sample
    from fathom.layers import ShapeError as ShapeError
    from fathom.layers import Shift as Shift
    from fathom.layers import Silence as Silence
    from fathom.layers import SinusoidalPositions as SinusoidalPositions
    from fathom.layers import Spiking as Spiking
    from fathom.layers import Standardize as Standardize
    from fathom.layers import Tied as Tied
    from fathom.layers import Upsample as Upsample
    from fathom.model import Model as Model
    from fathom.models.neuron import Neuron as Neuron
    from fathom.models.perceptron import Perceptron as Perceptron
    from fathom.network import Network as Network
    from fathom.privacy import DifferentialPrivacy as DifferentialPrivacy
    from fathom.privacy import PrivacySpent as PrivacySpent
    from fathom.rate_finder import LearningRateRange as LearningRateRange
    from fathom.rate_finder import find_learning_rate as find_learning_rate
    from fathom.record.log import read_history as read_history
    from fathom.record.recording import Recording as Recording
    from fathom.trained import TrainingResult as TrainingResult
    from fathom.trained import train as train
    from fathom.training.objective import Batch as Batch
    from fathom.training.own_objective import Terms as Terms
    from fathom.tuning import Tuning as Tuning
    from fathom.tuning import tune as tune
    from fathom.uncertainty import Ensemble as Ensemble
    from fathom.uncertainty import EnsembleResult as EnsembleResult
    from fathom.uncertainty import Samples as Samples
    from fathom.uncertainty import calibration_error as calibration_error
    from fathom.uncertainty import train_ensemble as train_ensemble
    from fathom.version import __version__ as __version__

_MODULES = ("activations", "brain", "experiment", "initializers", "losses", "metrics",
            "models", "objectives", "optimizers", "schedules")  # fmt: skip
_LAYERS = ("Activation", "Attention", "AveragePool", "BatchNorm", "Chain", "Concat",
           "Conv", "ConvTranspose", "CutOut", "Dense", "Dropout", "Embedding",
           "Encode", "Flatten", "Flip", "GlobalAveragePool", "GlobalMaxPool",
           "GroupNorm", "GRU", "Jitter", "Join", "Layer", "LayerNorm", "LeakyReadout",
           "LearnedPositions", "LSTM", "Masking", "MaxPool", "Noise", "On", "Repeat",
           "Reshape", "Residual", "RMSNorm", "RNN", "Rotate", "Sample", "ShapeError",
           "Shift", "Silence", "SinusoidalPositions", "Spiking", "Standardize", "Tied",
           "Upsample")  # fmt: skip
_ESTIMATORS = ("AnomalyDetector", "Autoencoder", "Classifier", "Embedder",
               "Regressor")  # fmt: skip

_UNCERTAINTY = ("Ensemble", "EnsembleResult", "Samples", "calibration_error",
                "train_ensemble")  # fmt: skip

# Where each public name lives: a module, or a name in a module.
_WHERE = {
    **{name: (f"fathom.{name}", "") for name in _MODULES},
    **{name: ("fathom.layers", name) for name in _LAYERS},
    "check": ("fathom.checking", "check"),
    "compare": ("fathom.comparison.cross_validated", "compare"),
    "ModelComparison": ("fathom.comparison.result", "ModelComparison"),
    "CrossValidation": ("fathom.cross_validation", "CrossValidation"),
    "cross_validate": ("fathom.cross_validation", "cross_validate"),
    "datasets": ("fathom.data.datasets", ""),
    "read": ("fathom.data.reading", "read"),
    "Table": ("fathom.data.table", "Table"),
    "GroupEvaluation": ("fathom.fairness.result", "GroupEvaluation"),
    "Finding": ("fathom.diagnose.finding", "Finding"),
    "InputError": ("fathom.errors", "InputError"),
    **{name: ("fathom.estimators", name) for name in _ESTIMATORS},
    **{name: ("fathom.uncertainty", name) for name in _UNCERTAINTY},
    "LearningCurve": ("fathom.experiment.learning_curve", "LearningCurve"),
    "learning_curve": ("fathom.experiment.learning_curve", "learning_curve"),
    "load": ("fathom.export.model_folder", "load"),
    "Model": ("fathom.model", "Model"),
    "Network": ("fathom.network", "Network"),
    "DifferentialPrivacy": ("fathom.privacy", "DifferentialPrivacy"),
    "PrivacySpent": ("fathom.privacy", "PrivacySpent"),
    "Neuron": ("fathom.models.neuron", "Neuron"),
    "Perceptron": ("fathom.models.perceptron", "Perceptron"),
    "LearningRateRange": ("fathom.rate_finder", "LearningRateRange"),
    "find_learning_rate": ("fathom.rate_finder", "find_learning_rate"),
    "Recording": ("fathom.record.recording", "Recording"),
    "read_history": ("fathom.record.log", "read_history"),
    "TrainingResult": ("fathom.trained", "TrainingResult"),
    "generate": ("fathom.generation", "generate"),
    "GAN": ("fathom.adversarial", "GAN"),
    "train_gan": ("fathom.adversarial", "train_gan"),
    "Batch": ("fathom.training.objective", "Batch"),
    "Terms": ("fathom.training.own_objective", "Terms"),
    "train": ("fathom.trained", "train"),
    "Tuning": ("fathom.tuning", "Tuning"),
    "tune": ("fathom.tuning", "tune"),
    "__version__": ("fathom.version", "__version__"),
}

__all__ = [
    *_WHERE,
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _WHERE:
        raise AttributeError(f"module 'fathom' has no attribute {name!r}")
    module, attribute = _WHERE[name]
    value = import_module(module)
    if attribute:
        value = getattr(value, attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(_WHERE)
