"""Linear and logistic regression are one neuron: scikit-learn's coefficients."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LinearRegression, LogisticRegression

import fathom as fm
from fathom.models.neuron import Neuron

CLOSE = {"rtol": 1e-3}


def standardized(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return standardized(X), y


@pytest.fixture(scope="module")
def breast_cancer():
    """Mean radius and mean texture, which do not separate the two diagnoses."""
    X, y = load_breast_cancer(return_X_y=True)
    return standardized(X[:, :2]), y


def train_neuron(data, activation, **settings):
    """Train one neuron on all examples at once, which ends in the minimum itself."""
    result = fm.train(
        fm.Network([fm.Dense(1, activation, name="neuron")]),
        data,
        optimizer="nesterov",
        batch_size=len(data[0]),
        **settings,
    )
    return Neuron.from_model(result.model)


def test_neuron_with_identity_reaches_the_coefficients_of_linear_regression(diabetes):
    expected = LinearRegression().fit(*diabetes)
    neuron = train_neuron(diabetes, "identity", learning_rate=0.1, epochs=1000)
    np.testing.assert_allclose(neuron.weights, expected.coef_, **CLOSE)
    np.testing.assert_allclose(neuron.bias, expected.intercept_, **CLOSE)


def test_neuron_with_sigmoid_reaches_the_coefficients_of_logistic_regression(
    breast_cancer,
):
    expected = LogisticRegression(C=np.inf, tol=1e-10).fit(*breast_cancer)
    neuron = train_neuron(breast_cancer, "sigmoid", learning_rate=1.0, epochs=300)
    np.testing.assert_allclose(neuron.weights, expected.coef_[0], **CLOSE)
    np.testing.assert_allclose(neuron.bias, expected.intercept_[0], **CLOSE)


def test_minibatches_with_a_falling_learning_rate_reach_them_too(breast_cancer):
    expected = LogisticRegression(C=np.inf, tol=1e-10).fit(*breast_cancer)
    X, y = breast_cancer
    result = fm.train(
        fm.Network([fm.Dense(1, "sigmoid", name="neuron")]),
        (X, y),
        optimizer="sgd",
        learning_rate=0.5,
        schedule="cosine",
        batch_size=64,
        epochs=1000,
    )
    weights = Neuron.from_model(result.model).weights
    np.testing.assert_allclose(weights, expected.coef_[0], **CLOSE)


def test_class_probabilities_are_those_of_logistic_regression(breast_cancer):
    X, _ = breast_cancer
    expected = LogisticRegression(C=np.inf, tol=1e-10).fit(*breast_cancer)
    neuron = train_neuron(breast_cancer, "sigmoid", learning_rate=1.0, epochs=300)
    np.testing.assert_allclose(neuron(X), expected.predict_proba(X)[:, 1], atol=1e-5)


def test_boundary_of_logistic_regression_is_where_the_probability_is_half(
    breast_cancer,
):
    neuron = train_neuron(breast_cancer, "sigmoid", learning_rate=1.0, epochs=300)
    np.testing.assert_allclose(neuron(neuron.decision_boundary().points), 0.5)
