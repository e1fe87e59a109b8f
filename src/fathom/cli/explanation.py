"""One row of a table explained: gathered as plain data, and shown in the terminal."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.cli.inside import attributed_array, seen_patch, strongest_by_layer
from fathom.cli.output import make_console, make_table, say, show_command
from fathom.cli.rows import is_array, one_row, rows_of
from fathom.data import read
from fathom.errors import InputError
from fathom.export.model_folder import load
from fathom.report.explained_section import because

if TYPE_CHECKING:
    from fathom.data.table import Table
    from fathom.inspect.sums import Neuron
    from fathom.model import Model

# So many terms, columns and layers are shown; the JSON has all.
SHOWN = 10


@dataclass(frozen=True)
class Question:
    """Which row is to be explained by which model.

    Attributes:
        run: As the user named it.
        data: As the user named them.
        model: Of the run.
        table: The row alone, as a table; an array for a model without columns whose
            data are an .npy file.
        row: Its number in the data, from 0.
        has_answers: Whether the true answer is known.
        why: How the row was chosen, a sentence; "" if the user named it.
    """

    run: str
    data: str
    model: Model
    table: Any
    row: int
    has_answers: bool
    why: str = ""

    @staticmethod
    def of(run: str, data: str, row: int | None) -> Question:
        """Read the model and the row.

        Raises:
            InputError: If there is no such run, file or row.
        """
        model = load(run)
        table, has_answers = _table(model, data)
        why = ""
        if row is None:
            row = _largest_mistake(model, table) if has_answers else 0
            why = "The row with the largest mistake." if has_answers else ""
        if not 0 <= row < len(table):
            raise InputError(
                f"--row must be from 0 to {len(table) - 1}: {data} has "
                f"{len(table)} rows. Got {row}."
            )
        one = one_row(table, row)
        return Question(run, data, model, one, row, has_answers, why)

    def content(
        self, address: str | None, backward: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Return everything about the row as plain data.

        Args:
            address: Of one neuron, or None for the whole row.
            backward: Settings of `model.backpropagate`, or None for forward only.
        """
        found: dict[str, Any] = {
            "run": self.run, "data": self.data, "row": self.row,
            "answer": self._answer(),
        }  # fmt: skip
        trace = self.model.trace(self.table)
        neurons: list[Neuron] = []
        if address is not None:
            neurons = [trace.neuron(address)]
            found |= seen_patch(trace, neurons[0])
        else:
            neurons = because(trace, _unit(trace.outputs))
            found["rests_on"] = self._attribution()
            found["layers"] = strongest_by_layer(trace)
        # The model saw one row; the user counts in the data.
        named = [dataclasses.replace(one, row=self.row) for one in neurons]
        found["neurons"] = [one.to_dict() for one in named]
        found["shown"] = named
        if backward is not None:
            found["backward"], chain = self._backward(neurons, backward)
            pairs = zip(named, chain, strict=True)
            found["shown"] = [part for pair in pairs for part in pair]
        return found

    def _answer(self) -> dict[str, Any]:
        model = self.model
        answer: dict[str, Any] = {"predicted": _plain(model.predict(self.table))}
        if model.task == "classification":
            shares = model.predict_proba(self.table).reshape(-1)
            answer["probabilities"] = dict(
                zip(map(str, model.classes), map(float, shares), strict=True)
            )
        if self.has_answers and model.target is not None:
            _, known = model.with_answers(self.table)
            if model.task == "classification":
                answer["true"] = _plain(model.target.decode_labels(known))
                answer["is_right"] = answer["true"] == answer["predicted"]
            else:
                answer["true"] = _plain(
                    model.target.decode_values(known.reshape(1, -1))
                )
        return answer

    def _attribution(self) -> list[dict[str, Any]]:
        """Return what each column adds to the answer, the largest first."""
        if self.model.preprocessing is None:
            return attributed_array(self.model, self.table)
        if self.model.preprocessing.image:
            return []
        names = self.model.target.names if self.model.target else ()
        several = self.model.task == "regression" and len(names) > 1
        output = next(iter(names)) if several else None
        found = self.model.attribute(self.table, output=output)
        raw = self.table.raw
        return [
            {"column": name, "value": raw[name][0], "adds": added}
            for name, added in found.strongest(0, n=raw.width)
            if name in raw.columns
        ]

    def _backward(
        self, neurons: list[Neuron], how: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[Any]]:
        if not self.has_answers:
            names = ", ".join(self.model.target.names if self.model.target else ())
            raise InputError(
                f"Backpropagation starts from the true answer, and {self.data} has no "
                f"column '{names}'. Leave --backward out, or name a table with it."
            )
        found = self.model.backpropagate(self.table, **how)
        chain = [
            dataclasses.replace(found.neuron(one.address), row=self.row)
            for one in neurons
        ]
        layers = [
            {"layer": one.address, "gradient_norm": one.gradient_norm,
             "update_ratio": one.update_ratio}
            for one in found if one.gradients
        ]  # fmt: skip
        content = {
            "loss": found.loss, "loss_name": found.loss_name,
            "optimizer": found.optimizer, "learning_rate": found.learning_rate,
            "layers": layers, "neurons": [one.to_dict() for one in chain],
        }  # fmt: skip
        return content, chain


def _table(model: Model, data: str) -> tuple[Any, bool]:
    """Return the rows, with their true answers where the data have them."""
    table = rows_of(model, data)
    if model.target is None or is_array(data):
        return table, False
    names = list(model.target.names)
    known = {column.name for column in table.columns} | set(table.target_names)
    if not set(names) <= known:
        return table, False
    return read(data, target=names, task=model.task), True


def _largest_mistake(model: Model, table: Table) -> int:
    _, known = model.with_answers(table)
    if model.task == "classification":
        shares = model.predict_proba(table)
        return int(shares[np.arange(len(known)), known].argmin())
    assert model.target is not None
    truth = model.target.decode_values(known.reshape(len(known), -1))
    given = np.asarray(model.predict(table)).reshape(len(known), -1)
    scale = np.maximum(truth.std(0), np.finfo(np.float32).tiny)
    return int((np.abs(given - truth) / scale).max(1).argmax())


def _unit(outputs: np.ndarray) -> int:
    """Return which output the answer of the only row is."""
    return int(outputs.reshape(-1).argmax()) if outputs.size > 1 else 0


def _plain(values: Any) -> Any:
    """Return the only answer as plain data; several, as a list."""
    values = np.asarray(values).reshape(-1).tolist()
    return values[0] if len(values) == 1 else values


def show_explanation(
    question: Question, content: Mapping[str, Any], address: str | None
) -> None:
    """Write an explanation to the terminal, the largest terms first."""
    console = make_console()
    _show_answer(console, question, content["answer"])
    if content.get("rests_on"):
        console.print()
        say(console, "What the answer rests on (integrated gradients):", "bold")
        shown = make_table(["column", "value", "adds"], right_from=1)
        for part in content["rests_on"][:SHOWN]:
            value = part["value"]
            value = f"{value:.6g}" if isinstance(value, float) else str(value)
            shown.add_row(part["column"], value, f"{part['adds']:+.4g}")
        console.print(shown)
    if content.get("layers"):
        console.print()
        say(console, "The layers at work on this row:", "bold")
        shown = make_table(
            ["layer", "kind", "zeros", "strongest neurons"], right_from=9
        )
        for one in content["layers"][: 2 * SHOWN]:
            start = len(one["layer"])
            strongest = "  ".join(
                f"{k[start:]} {v:.4g}" for k, v in one["strongest"].items()
            )
            shown.add_row(one["layer"], one["kind"], f"{one['zero']:.0%}", strongest)
        console.print(shown)
    if content.get("backward"):
        _show_backward(console, content["backward"])
    if address is None and content["shown"]:
        console.print()
        say(console, "From the answer back along the largest products:", "bold")
    if content.get("patch"):
        console.print()
        say(console, "What it sees, times its filter:", "bold")
        console.print(content["patch"], soft_wrap=True, highlight=False)
    for one in content["shown"]:
        console.print()
        console.print(str(one), soft_wrap=True)
    if address is None and len(content["shown"]) > 1:
        console.print()
        say(console, "Look at any other neuron, or at its learning:")
        deepest = content["shown"][-1].address
        command = f"fathom explain {question.run} {question.data} --row {question.row}"
        show_command(console, f"{command} --neuron {deepest} --backward")


def _show_answer(console: Any, question: Question, answer: Mapping[str, Any]) -> None:
    shares = answer.get("probabilities", {})
    text = f"Row {question.row} of {question.data}: {answer['predicted']}"
    if shares:
        text += f" ({max(shares.values()):.1%})"
    style = "bold"
    if "is_right" in answer:
        truth = "right" if answer["is_right"] else f"wrong, it is {answer['true']}"
        text += f": {truth}"
        style = "bold green" if answer["is_right"] else "bold red"
    elif "true" in answer:
        text += f", true {answer['true']}"
    say(console, text, style)
    if question.why:
        say(console, question.why)
    rest = sorted(shares.items(), key=lambda pair: -pair[1])[1 : SHOWN + 1]
    if rest:
        say(console, "Others: " + ", ".join(f"{k} {v:.1%}" for k, v in rest))


def _show_backward(console: Any, backward: Mapping[str, Any]) -> None:
    console.print()
    say(
        console,
        f"Backpropagation of {backward['loss_name']} = {backward['loss']:.6g}, from "
        f"the last layer to the first ({backward['optimizer']}, learning rate "
        f"{backward['learning_rate']:g}):",
        "bold",
    )
    shown = make_table(["layer", "|gradient|", "|update| / |weights|"], right_from=1)
    for one in backward["layers"]:
        shown.add_row(
            one["layer"], f"{one['gradient_norm']:.4g}", f"{one['update_ratio']:.4g}"
        )
    console.print(shown)
