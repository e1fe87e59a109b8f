"""What rules see in data, functions and start values, without any training."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import polars as pl
import pytest
from tests.diagnose.examples import mlp

import fathom as fm
from fathom.diagnose.effective_rows import effective_rows, effective_share
from fathom.diagnose.engine import static_findings
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Findings
from fathom.diagnose.functions import flat_share, is_affine, mean_slope, range_of
from fathom.diagnose.near_copies import near_copies
from fathom.diagnose.start_values import start_biases
from fathom.training.objective import Batch
from fathom.training.settings import Settings

DATA, NETWORK = ("data",), ("network",)


def drawn(n: int = 600, columns: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, columns)).astype(np.float32)


def classes(x: np.ndarray) -> np.ndarray:
    return np.digitize(x[:, 0] + x[:, 1], [-0.6, 0.6]).astype(np.int32)


def batch(x: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> Batch:
    return Batch(x, y, np.ones(len(y), np.float32) if weight is None else weight)


def evidence(
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None = None,
    network: fm.Network | None = None,
    **settings: Any,
) -> Evidence:
    """Return three quarters of the rows for training, and the others held back."""
    whole, n = batch(x, y, weight), len(y) * 3 // 4
    loss = "cross_entropy" if y.dtype == np.int32 else "mean_squared_error"
    return Evidence(
        network or mlp(3 if y.dtype == np.int32 else 1, x.shape[1]),
        Batch(*(part[:n] for part in whole)),
        Settings(loss, **settings),
        Batch(*(part[n:] for part in whole)),
    )


def said(found: Findings) -> dict[str, str]:
    return {finding.name: finding.severity for finding in reversed(found)}


def with_function(function: Any) -> fm.Network:
    layers = [fm.Dense(16, function), fm.Dense(16, function), fm.Dense(3, "softmax")]
    return fm.Network(layers, (8,))


def copied(n: int, times: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Return copies of few rows with a little noise, shuffled."""
    x = drawn(n)
    which = np.random.default_rng(1).permutation(np.repeat(np.arange(n), times))
    return x[which] + noise * drawn(len(which), seed=2), classes(x)[which]


@pytest.mark.parametrize("noise", [0.0001, 0.05])
def test_copies_with_a_little_noise_on_both_sides_are_an_alarm(noise: float) -> None:
    found = static_findings(evidence(*copied(40, 20, noise)), DATA)
    assert said(found)["leakage"] == "alarm", str(found)


@pytest.mark.parametrize("columns", [2, 4, 8, 32])
def test_honest_rows_of_any_dimension_are_no_copies(columns: int) -> None:
    x = drawn(800, columns)
    own = evidence(x, classes(x))
    assert own.validation is not None
    found = near_copies(own.training, own.validation)
    assert found is not None
    assert found.share < 0.1


def test_clusters_of_rows_are_no_copies() -> None:
    centers = 3 * drawn(4, seed=3)
    which = np.random.default_rng(4).integers(0, 4, 800)
    own = evidence(centers[which] + drawn(800), which.astype(np.int32))
    assert own.validation is not None
    found = near_copies(own.training, own.validation)
    assert found is not None
    assert found.share < 0.1


def test_columns_of_few_values_tell_nothing_of_copies() -> None:
    x = np.round(drawn(800))
    own = evidence(x, classes(x))
    assert own.validation is not None
    assert near_copies(own.training, own.validation) is None


def test_number_of_the_row_in_a_sorted_file_is_an_alarm() -> None:
    x = drawn()
    y = classes(x)
    x[np.argsort(y, kind="stable"), -1] = np.linspace(-1.7, 1.7, len(y))
    found = static_findings(evidence(x, y), DATA)
    assert said(found)["leakage"] == "alarm", str(found)


def test_number_of_the_row_that_says_nothing_is_no_alarm() -> None:
    x = drawn()
    x[:, -1] = np.random.default_rng(5).permutation(np.linspace(-1.7, 1.7, len(x)))
    assert static_findings(evidence(x, classes(x)), DATA).alarms == ()


def test_weights_that_leave_few_rows_are_said() -> None:
    x = drawn()
    weight = np.exp(4 * np.random.default_rng(6).normal(size=len(x)))
    found = static_findings(evidence(x, classes(x), weight.astype(np.float32)), DATA)
    assert said(found)["overfitting"] == "alarm", str(found)


def test_weights_of_classes_and_of_half_the_rows_are_not_said() -> None:
    x = drawn()
    y = classes(x)
    weight = np.where(y == 0, 500.0, 1.0) * np.where(np.arange(len(y)) % 2, 1.0, 3.0)
    found = static_findings(evidence(x, y, weight.astype(np.float32)), DATA)
    assert "overfitting" not in said(found), str(found)


def test_rows_that_count_are_kish_s() -> None:
    assert effective_rows(np.array([3.0, 1.0]), None) == pytest.approx(16 / 10)
    assert effective_share(np.array([3.0, 1.0, 0.0]), None) == pytest.approx(0.8)


def test_columns_with_most_values_in_a_corner_are_said() -> None:
    x = np.exp(2.5 * drawn(columns=8))
    x = ((x - x.mean(0)) / x.std(0)).astype(np.float32)
    found = static_findings(evidence(x, classes(drawn())), DATA)
    assert said(found)["unscaled-inputs"] == "note", str(found)


def test_skewed_column_of_a_table_is_called_by_its_name() -> None:
    x = drawn(columns=2)
    columns = {"income": np.exp(2.5 * x[:, 0]), "age": x[:, 1], "price": x.sum(1)}
    table = fm.read(pl.DataFrame(columns), target="price")
    found = fm.check("mlp", table)
    assert "values of income are" in found[0].cause, str(found)


@pytest.mark.parametrize("kind", ["exponential", "mostly 0"])
def test_usual_skew_is_not_said(kind: str) -> None:
    x = np.random.default_rng(7).exponential(size=(600, 8)).astype(np.float32)
    if kind == "mostly 0":
        x = np.where(x < 3, 0, x)
    assert "unscaled-inputs" not in said(static_findings(evidence(x, classes(x)), DATA))


@pytest.mark.parametrize("rows", [1, 2, 4, 5])
def test_batchnorm_over_four_rows_or_fewer_is_said(rows: int) -> None:
    network = fm.Network([fm.Dense(8), fm.BatchNorm(), fm.Dense(3, "softmax")], (8,))
    x = drawn()
    own = evidence(x, classes(x), network=network, batch_size=rows)
    severity = {1: "alarm", 5: None}.get(rows, "note")
    assert said(static_findings(own, NETWORK)).get("batch-faults") == severity


FUNCTIONS = {
    "steep": (lambda x: jnp.tanh(50 * x), "saturated-units"),
    "weak": (lambda x: 0.01 * jnp.tanh(x), "vanishing-gradients"),
    "straight": (lambda x: 0.7 * x + 0.1, "missing-nonlinearity"),
}


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_function_of_ones_own_is_measured(kind: str) -> None:
    function, name = FUNCTIONS[kind]
    x = drawn()
    own = evidence(x, classes(x), network=with_function(function))
    assert said(static_findings(own, NETWORK)) == {name: "note"}


@pytest.mark.parametrize("name", ["relu", "gelu", "tanh", "softplus", "elu"])
def test_usual_functions_by_hand_are_fine(name: str) -> None:
    function = fm.activations.get(name)
    x = drawn()
    own = evidence(x, classes(x), network=with_function(function))
    assert said(static_findings(own, NETWORK)) == {}
    assert mean_slope(function) > 0.1
    assert not is_affine(function)


def test_function_that_takes_no_single_numbers_is_left_alone() -> None:
    def by_row(x: Any) -> Any:
        return x / x.sum(-1, keepdims=True).mean(1)

    assert flat_share(by_row) == 0
    assert not is_affine(by_row)
    assert range_of(by_row) == (-np.inf, np.inf)


def test_function_that_is_flat_everywhere_or_grows_is_told_apart() -> None:
    assert flat_share(lambda x: 0 * x) == 1
    assert flat_share(lambda x: jnp.exp(3 * x)) == 0
    assert flat_share(lambda x: jnp.sqrt(jnp.maximum(x, 0))) == 0


def test_bounded_function_at_the_end_is_held_against_the_targets() -> None:
    x = drawn()
    y = 3 * x[:, :1]
    layers = [fm.Dense(8, "relu"), fm.Dense(1, lambda z: jnp.clip(z, -1, 1))]
    found = static_findings(evidence(x, y, network=fm.Network(layers, (8,))), NETWORK)
    assert said(found) == {"output-loss-mismatch": "alarm"}, str(found)


def test_biases_far_from_0_are_measured_gate_by_gate() -> None:
    network = fm.Network([fm.GRU(4), fm.Dense(3, "softmax")], (5, 2))
    variables = {k: dict(v) for k, v in network.init(0).items()}
    bias = np.array(variables["gru_1"]["bias"])
    bias[4:8] = 20.0
    variables["gru_1"]["bias"] = bias
    variables["dense_1"]["bias"] = np.full(3, 50.0, np.float32)
    x = drawn(60, 10).reshape(60, 5, 2)
    own = Evidence(
        network,
        batch(x, np.zeros(60, np.int32)),
        Settings("cross_entropy"),
        given=variables,
    )
    assert start_biases(own) == {"gru_1": pytest.approx(20.0)}
