"""Schedules: formulas, optax's own, and what they leave uncompiled."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import optax
import pytest
from tests.catalogue_functions import SCHEDULE_ROWS

from fathom import schedules
from fathom.errors import InputError

ROWS = pytest.mark.parametrize("row", SCHEDULE_ROWS, ids=lambda row: row.name)


@ROWS
@pytest.mark.parametrize("n_steps", [2, 3, 20, 101])
def test_equals_its_formula(row, n_steps):
    expected = [row.twin(t, n_steps) for t in range(n_steps)]
    np.testing.assert_allclose(
        schedules.factors(row.name, n_steps), expected, rtol=1e-6, atol=1e-7
    )


@ROWS
def test_first_and_last_factor_are_the_documented_ones(row):
    found = schedules.factors(row.name, 100)
    assert (found.dtype, found.shape) == (np.float32, (100,))
    assert found[0] == pytest.approx(row.first, rel=1e-3)
    assert found[-1] == pytest.approx(row.last, rel=1e-3)


@ROWS
def test_a_run_of_one_step_uses_the_whole_learning_rate(row):
    assert schedules.factors(row.name, 1).tolist() == [1.0]


@ROWS
def test_no_step_is_lost_to_a_factor_of_zero(row):
    assert (schedules.factors(row.name, 37) > 0).all()


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("constant", optax.constant_schedule(1.0)),
        ("cosine", optax.cosine_decay_schedule(1.0, 40)),
        ("warmup_cosine", optax.warmup_cosine_decay_schedule(0.2, 1.0, 4, 40)),
        ("step", optax.piecewise_constant_schedule(1.0, {20: 0.1, 30: 0.1})),
        ("exponential", optax.exponential_decay(1.0, 39, 0.01)),
    ],
)
def test_equals_optax(name, theirs):
    expected = schedules.factors(theirs, 40)
    found = schedules.factors(name, 40)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_a_function_in_plain_python_may_branch_on_the_step():
    found = schedules.factors(lambda step: math.sqrt(step) if step > 1 else 0.5, 4)
    np.testing.assert_allclose(found, [0.5, 0.5, 2**0.5, 3**0.5], rtol=1e-6)


def test_a_function_may_be_constant():
    assert schedules.factors(lambda step: 0.5, 3).tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("wrong", [lambda step: math.nan, lambda step: (1.0, 2.0)])
def test_a_function_that_returns_no_finite_number_is_refused(wrong):
    with pytest.raises(InputError, match="one finite number for every step"):
        schedules.factors(wrong, 3)


def test_an_unknown_name_is_answered_with_the_closest():
    with pytest.raises(InputError, match=r"Unknown schedule 'cosin'.*'cosine'"):
        schedules.factors("cosin", 3)


def test_something_else_than_a_name_is_refused():
    with pytest.raises(InputError, match="a name or a function of the step"):
        schedules.factors(0.5, 3)


def test_named_schedules_import_neither_jax_nor_optax():
    program = (
        "import sys; from fathom.schedules import SCHEDULES, factors; "
        "[factors(name, 10) for name in SCHEDULES]; "
        "sys.exit(sum(name in sys.modules for name in ('jax', 'optax')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
