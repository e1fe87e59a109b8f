"""The scikit-learn door: networks as estimators, in pipelines, searches and ensembles.

Everything that scikit-learn asks of an estimator is here and in no other folder. The
training is `fathom.train`'s.
"""

from fathom.estimators.anomaly_detector import AnomalyDetector as AnomalyDetector
from fathom.estimators.autoencoder import Autoencoder as Autoencoder
from fathom.estimators.classifier import Classifier as Classifier
from fathom.estimators.embedder import Embedder as Embedder
from fathom.estimators.regressor import Regressor as Regressor

__all__ = ["AnomalyDetector", "Autoencoder", "Classifier", "Embedder", "Regressor"]
