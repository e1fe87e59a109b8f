"""Estimators as a folder: a `fathom.Model`, and the settings beside it.

    network.json, weights.safetensors, preprocess.json    what `fathom.load` reads
    estimator.json                                        settings, answers, history

Plain files without pickle: loading runs nothing that is in them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np

from fathom.errors import InputError
from fathom.estimators.answers import Answers, Classes, Inputs, Kinds, Labels, Values
from fathom.estimators.inputs import InputCoding
from fathom.files import read_json, write_json
from fathom.network import Network
from fathom.privacy.setting import DifferentialPrivacy
from fathom.record.history import History

FORMAT = "fathom estimator"
FILE = "estimator.json"


class Saved:
    """Saving and loading of an estimator."""

    def save(self, path: str | Path) -> Path:
        """Write the estimator to a new folder, as plain files without pickle.

        `fathom.load` reads the model in it, `load` the whole estimator. Settings that
        are functions (listeners, an optimizer of one's own) are left out.

        Raises:
            NotFittedError: If it is not fitted.
            InputError: If the folder exists with something in it.
        """
        estimator: Any = self
        folder = estimator.model_.save(path)
        settings = estimator.get_params(deep=False)
        if settings.get("privacy") is not None:
            settings["privacy"] = settings["privacy"].to_dict()
        names = getattr(self, "feature_names_in_", None)
        document = {
            "format": FORMAT,
            "version": 1,
            "estimator": type(self).__name__,
            "settings": {k: _plain(v) for k, v in settings.items() if _is_plain(v)},
            "network": _json_of(settings["network"]),
            "is_table": estimator._is_table,
            "labels": getattr(estimator._answers, "n_outputs", None),
            "kinds": _kinds(estimator._answers),
            "is_flat": getattr(estimator._answers, "is_flat", None),
            "offset": getattr(self, "offset_", None),
            "n_fits": estimator._n_fits,
            "stopped": estimator.stopped_,
            "best_epoch": estimator.best_epoch_,
            "history": [dict(row) for row in estimator.history_.rows],
            "n_features_in": estimator.n_features_in_,
            "feature_names_in": None if names is None else [str(n) for n in names],
        }
        write_json(folder / FILE, document)
        return folder

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the estimator that `save` wrote, ready to predict.

        Raises:
            InputError: If there is none of this kind, or a file is damaged.
        """
        from fathom.export.model_folder import ENSEMBLE, load, model_folder
        from fathom.uncertainty.ensemble import Ensemble

        folder = Path(path)
        if (folder / ENSEMBLE).is_file():
            model: Any = Ensemble.load(folder)
        else:
            folder = model_folder(folder)
            model = load(folder)
        document = read_json(folder / FILE, "the settings of an estimator")
        if document.get("format") != FORMAT or document.get("version") != 1:
            raise InputError(f"{folder / FILE} is not the file of an estimator.")
        if document.get("estimator") != cls.__name__:
            raise InputError(
                f"{folder} holds a {document.get('estimator')}, not a {cls.__name__}: "
                f"load it with fathom.{document.get('estimator')}.load."
            )
        try:
            return _restored(cls, model, document)
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{folder / FILE} is damaged: {error!r}.") from error


def _restored(cls: Any, model: Any, document: dict[str, Any]) -> Any:
    settings = dict(document["settings"])
    if document["network"] is not None:
        settings["network"] = Network.from_json(document["network"])
    for name, value in settings.items():
        settings[name] = tuple(value) if isinstance(value, list) else value
    if settings.get("privacy") is not None:
        settings["privacy"] = DifferentialPrivacy.from_plain(settings["privacy"])
    estimator = cls(**settings)
    estimator._conformal = model.conformal
    members = getattr(model, "members", (model,))
    estimator.members_ = tuple(one.variables for one in members)
    model = members[0]
    estimator.network_, estimator.variables_ = model.network, model.variables
    estimator.history_ = History(document["history"])
    estimator.stopped_ = document["stopped"]
    estimator.best_epoch_ = document["best_epoch"]
    estimator.n_features_in_ = document["n_features_in"]
    if document["feature_names_in"] is not None:
        names = np.array(document["feature_names_in"], dtype=object)
        estimator.feature_names_in_ = names
    if document["offset"] is not None:
        estimator.offset_ = document["offset"]
    estimator._n_fits = document["n_fits"]
    estimator._about = {k: v for k, v in model.about.items() if k != "fathom"}
    estimator._answers = _answers_of(model, document)
    is_table = estimator._is_table = document["is_table"]
    estimator._inputs = InputCoding.of_preprocessing(model.preprocessing, is_table)
    return estimator


def _answers_of(model: Any, document: dict[str, Any]) -> Answers:
    target = model.target
    if document["kinds"] is not None:
        return Kinds(np.array(document["kinds"]), units=document["labels"])
    if target is None:
        n = document["labels"]
        return Labels(n) if n else Inputs()
    if target.classes is not None:
        return Classes(np.array(target.classes))
    mean, std = np.array(target.mean), np.array(target.std)
    return Values(len(target.names), document["is_flat"], mean, std)


def _kinds(answers: Answers) -> list[Any] | None:
    return answers.labels.tolist() if isinstance(answers, Kinds) else None


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(_is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(map(_is_plain, [*value.keys(), *value.values()]))
    return value is None or isinstance(value, (str, int, float, bool, np.generic))


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):  # labels as text, which class_weight may be written in
        return {str(k): _plain(v) for k, v in value.items()}
    return value.item() if isinstance(value, np.generic) else value


def _json_of(network: Any) -> str | None:
    return network.to_json(indent=None) if isinstance(network, Network) else None
