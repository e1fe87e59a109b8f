"""Epsilon: what dp-accounting says, and what has been published."""

from __future__ import annotations

import dp_accounting
import numpy as np
import pytest
from dp_accounting.pld import PLDAccountant

import fathom as fm
from fathom.privacy import accounting
from fathom.privacy.accounting import Steps, epsilon_of, steps_of
from fathom.privacy.sampling import Sampling


def test_epsilon_is_that_of_dp_accounting_called_by_hand() -> None:
    """Plain Poisson sampling without a limit: what the limit costs is below 0.5 %."""
    step = dp_accounting.PoissonSampledDpEvent(
        32 / 455, dp_accounting.GaussianDpEvent(2.0)
    )
    accountant = PLDAccountant(value_discretization_interval=5e-4)
    accountant.compose(dp_accounting.SelfComposedDpEvent(step, 300))
    by_hand = accountant.get_epsilon(1e-5)
    ours = epsilon_of(2.0, 1e-5, Steps(455, 32, 300))
    assert by_hand <= ours <= 1.005 * by_hand


@pytest.mark.parametrize(
    ("noise", "epochs", "published"),
    [(1.12, 60, 2.92), (0.6, 30, 9.74), (1.2, 10, 1.20)],
)
def test_epsilon_is_at_most_what_was_published_for_mnist(
    noise: float, epochs: int, published: float
) -> None:
    """60,000 rows, batches of 256, delta 1e-5: tutorials/README.md in TF Privacy.

    Its bound by Renyi divergences is looser than the privacy loss distributions here,
    by less than 40 %.
    """
    ours = epsilon_of(noise, 1e-5, steps_of(60_000, 256, epochs))
    assert 0.6 * published < ours <= published


@pytest.mark.slow
def test_the_noise_for_an_epsilon_keeps_to_it() -> None:
    setting = fm.DifferentialPrivacy.for_epsilon(
        1.0, clip=1.0, rows=400, batch_size=40, epochs=2
    )
    assert 0.97 < epsilon_of(setting.noise, 1e-5, steps_of(400, 40, 2)) <= 1.0


def test_more_steps_spend_more() -> None:
    few, many = (epsilon_of(2.0, 1e-5, Steps(455, 32, n)) for n in (10, 300))
    assert 0 < few < many


def test_a_missing_accountant_is_said_before_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accounting, "find_spec", lambda name: None)
    network = fm.Network([fm.Dense(1)], (1,))
    with pytest.raises(fm.InputError, match=r'pip install "fathom-learn\[privacy\]"'):
        fm.train(network, ([[1.0], [2.0]], [1.0, 2.0]),
                 privacy=fm.DifferentialPrivacy(1.0, 1.0))  # fmt: skip


def test_rows_are_drawn_each_with_the_same_probability() -> None:
    """How often each of 50 rows is in 8,000 samples: five deviations at most off."""
    sampling = Sampling(50, 10)
    random = np.random.default_rng(0)
    draws = [d for _ in range(1600) for d in sampling.draw(random)]
    shares = np.bincount(np.concatenate(draws), minlength=50) / len(draws)
    deviation = np.sqrt(0.2 * 0.8 / len(draws))
    assert np.abs(shares - 0.2).max() < 5 * deviation
    sizes = np.array([len(d) for d in draws])
    assert sizes.var() == pytest.approx(50 * 0.2 * 0.8, rel=0.1)
    assert sizes.max() <= sampling.capacity


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"noise": 0, "clip": 1}, "'noise' parameter of DifferentialPrivacy must be"),
        ({"noise": 1, "clip": -1}, "'clip' parameter of DifferentialPrivacy must be"),
        ({"noise": 1, "clip": 1, "delta": 2}, "'delta' parameter"),
        ({"noise": 1, "clip": 1, "seed": -1}, "'seed' parameter"),
    ],
)
def test_a_bad_number_is_refused(given: dict[str, float], said: str) -> None:
    with pytest.raises(fm.InputError, match=said):
        fm.DifferentialPrivacy(**given)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("text", ["1.1", "a,b", "1,2,3", ""])
def test_a_flag_that_is_not_noise_and_clip_is_refused(text: str) -> None:
    with pytest.raises(fm.InputError, match="privacy is the noise and the clip"):
        fm.DifferentialPrivacy.from_plain(text)
