"""Who is compared: the networks that are asked about, and four classical models.

    classification   logistic regression, k nearest neighbors, random forest,
                     histogram gradient boosting
    regression       ridge regression and the same

All with the settings that they come with; the classical ones are scikit-learn's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fathom.errors import InputError
from fathom.models.recipes import RECIPES
from fathom.network import Network

ITERATIONS = 1000


@dataclass(frozen=True)
class Contestant:
    """Someone who is compared.

    Attributes:
        name: Shown in the table.
        kind: "network" or "classical".
        make: seed -> a new estimator with fit and predict.
        takes_images: Whether its inputs are images instead of rows of columns.
    """

    name: str
    kind: str
    make: Callable[[int], Any]
    takes_images: bool = False


def contestants(networks: Any, task: str, n_targets: int) -> list[Contestant]:
    """Return the networks and the classical models.

    Args:
        networks: None for the default estimator; a `fathom.Network`, the name of a
            recipe, an estimator with fit and predict, a list of such, or
            {name: such}.
        task: "classification" or "regression".
        n_targets: Numbers to be predicted, in regression.

    Raises:
        InputError: If something else is handed over, or two have one name.
    """
    found = [
        Contestant(name, "network", _maker(one, task), _takes_images(one))
        for name, one in _named(networks)
    ]
    found += _classical(task, n_targets)
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"Two of those compared are called {twice[0]!r}. Hand the networks over as "
            f"{{name: network}}."
        )
    return found


def _named(networks: Any) -> list[tuple[str, Any]]:
    if isinstance(networks, Mapping):
        pairs = [(str(name), one) for name, one in networks.items()]
    elif isinstance(networks, (list, tuple)):
        pairs = [
            (one if isinstance(one, str) else f"network {i}", one)
            for i, one in enumerate(networks, 1)
        ]
    else:
        pairs = [("network", networks)]
    if not pairs:
        raise InputError("'networks' must name at least one network. Got none.")
    return pairs


def _takes_images(given: Any) -> bool:
    network = getattr(given, "network", given)
    if isinstance(network, str):
        return network in RECIPES and RECIPES[network].takes != "table"
    shape = network.input_shape if isinstance(network, Network) else None
    return isinstance(shape, tuple) and len(shape) > 1


def _maker(given: Any, task: str) -> Callable[[int], Any]:
    from fathom.estimators import Classifier, Regressor

    kind = Classifier if task == "classification" else Regressor
    if isinstance(given, str) and given not in RECIPES:
        known = ", ".join(sorted(RECIPES))
        raise InputError(f"There is no recipe {given!r}. Recipes: {known}.")
    if given is None or isinstance(given, (Network, str)):
        return lambda seed: kind(network=given, random_state=seed, standardize=False)
    if isinstance(given, type) or not hasattr(given, "fit"):
        raise InputError(
            f"'networks' must be a fathom.Network, a recipe's name, or an estimator "
            f"with fit and predict, one or several. Got {given!r}."
        )
    return lambda seed: _again(given, seed)


def _again(estimator: Any, seed: int) -> Any:
    """Return a new estimator with the same settings, for inputs that are scaled."""
    from sklearn.base import clone

    new: Any = clone(estimator)
    changed: dict[str, Any] = {}
    settings = new.get_params(deep=False)
    if "random_state" in settings and settings["random_state"] is None:
        changed["random_state"] = seed
    if "standardize" in settings:  # the rows have been, the same for all
        changed["standardize"] = False
    return new.set_params(**changed)


def _classical(task: str, n_targets: int) -> list[Contestant]:
    makers = _classifiers() if task == "classification" else _regressors(n_targets)
    return [Contestant(name, "classical", make) for name, make in makers.items()]


def _classifiers() -> dict[str, Callable[[int], Any]]:
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    return {
        "logistic regression": lambda seed: LogisticRegression(max_iter=ITERATIONS),
        "k nearest neighbors": lambda seed: KNeighborsClassifier(),
        "random forest": lambda seed: RandomForestClassifier(random_state=seed),
        "gradient boosting": lambda seed: HistGradientBoostingClassifier(
            random_state=seed
        ),
    }


def _regressors(n_targets: int) -> dict[str, Callable[[int], Any]]:
    from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
    from sklearn.linear_model import Ridge
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.neighbors import KNeighborsRegressor

    def boosted(seed: int) -> Any:
        one = HistGradientBoostingRegressor(random_state=seed)
        return one if n_targets == 1 else MultiOutputRegressor(one)

    return {
        "ridge regression": lambda seed: Ridge(),
        "k nearest neighbors": lambda seed: KNeighborsRegressor(),
        "random forest": lambda seed: RandomForestRegressor(random_state=seed),
        "gradient boosting": boosted,
    }
