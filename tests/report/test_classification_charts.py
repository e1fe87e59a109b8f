"""Charts of classes have scikit-learn's numbers, in what is drawn and in the words."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from fathom.report.classification_charts import (
    MOST_CLASSES,
    calibration,
    confidence_histogram,
    confusion_matrix,
    reliability,
)
from fathom.report.threshold_charts import (
    MOST_POINTS,
    precision_recall_curves,
    roc_curves,
)

HOSTILE = "</script><script>alert(1)</script>"


def answers(n: int, n_classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    known = rng.integers(n_classes, size=n)
    logits = rng.normal(size=(n, n_classes)) + 1.5 * np.eye(n_classes)[known]
    shares = np.exp(logits)
    return known, shares / shares.sum(axis=1, keepdims=True)


TWO, FOUR = ("no", "yes"), ("a", "b", "c", "d")


def test_the_confusion_matrix_is_scikit_learns() -> None:
    known, given = answers(300, 4)
    counts = metrics.confusion_matrix(known, given.argmax(1))
    chart = confusion_matrix(known, given, FOUR).chart.data[0]
    shown = [[int(cell.split("<br>")[0] or 0) for cell in row] for row in chart.text]
    assert np.array_equal(shown, counts)
    assert chart.z == pytest.approx(counts / counts.sum(1, keepdims=True))


def test_the_matrix_says_how_many_are_right_and_the_most_frequent_mistake() -> None:
    known = np.array([0, 0, 0, 1, 1])
    given = np.eye(2)[[0, 1, 1, 1, 1]]
    text = confusion_matrix(known, given, TWO).alternative
    assert "3 of 5 rows are right (60%)" in text
    assert "no as yes 2 of 3" in text


def test_a_class_without_a_row_leaves_its_line_empty() -> None:
    picture = confusion_matrix(np.array([0, 1]), np.eye(3)[[0, 1]], ("a", "b", "c"))
    assert list(picture.chart.data[0].z[2]) == [0, 0, 0]


def test_very_many_classes_are_folded_and_no_row_is_lost() -> None:
    known, given = answers(2000, 50)
    picture = confusion_matrix(known, given, [f"class {i}" for i in range(50)])
    chart = picture.chart.data[0]
    assert len(chart.x) == MOST_CLASSES
    assert chart.x[-1] == "others"
    assert "(21 classes together as others)" in picture.reading
    hovers = [cell for row in chart.hovertext for cell in row if cell]
    assert sum(int(cell.split(", ")[0].replace(",", "")) for cell in hovers) == 2000


@pytest.mark.parametrize("names", [TWO, FOUR])
def test_areas_under_the_roc_curve_are_scikit_learns(names: tuple[str, ...]) -> None:
    known, given = answers(400, len(names))
    picture = roc_curves(known, given, names)
    assert picture is not None
    for i, name in list(enumerate(names))[1 if len(names) == 2 else 0 :]:
        area = metrics.roc_auc_score(known == i, given[:, i])
        assert f"{name} {area:.3f}" in picture.alternative
    if len(names) == 4:
        mean = metrics.roc_auc_score(known, given, multi_class="ovr")
        assert f"Mean of 4 classes: {mean:.3f}" in picture.alternative


@pytest.mark.parametrize("names", [TWO, FOUR])
def test_average_precision_is_scikit_learns(names: tuple[str, ...]) -> None:
    known, given = answers(400, len(names))
    picture = precision_recall_curves(known, given, names)
    assert picture is not None
    for i, name in list(enumerate(names))[1 if len(names) == 2 else 0 :]:
        area = metrics.average_precision_score(known == i, given[:, i])
        assert f"{name} {area:.3f}" in picture.alternative


def test_a_curve_has_at_most_200_points_and_both_ends() -> None:
    known, given = answers(20_000, 2)
    picture = roc_curves(known, given, TWO)
    assert picture is not None
    line = picture.chart.data[0]
    assert len(line.x) <= MOST_POINTS
    assert (line.x[0], line.y[0], line.x[-1], line.y[-1]) == (0, 0, 1, 1)


def test_points_of_the_roc_curve_are_scikit_learns() -> None:
    known, given = answers(60, 2)
    x, y, _ = metrics.roc_curve(known, given[:, 1])
    picture = roc_curves(known, given, TWO)
    assert picture is not None
    assert picture.chart.data[0].x == pytest.approx(x)
    assert picture.chart.data[0].y == pytest.approx(y)


def test_rows_of_one_class_only_have_no_curves() -> None:
    known, given = np.zeros(5, int), np.full((5, 2), 0.5)
    assert roc_curves(known, given, TWO) is None
    assert precision_recall_curves(known, given, TWO) is None


def test_of_many_classes_those_with_the_smallest_areas_are_drawn() -> None:
    known, given = answers(900, 12)
    names = [f"c{i}" for i in range(12)]
    picture = roc_curves(known, given, names)
    assert picture is not None
    areas = [metrics.roc_auc_score(known == i, given[:, i]) for i in range(12)]
    worst = names[int(np.argmin(areas))]
    assert picture.chart.data[0].name.startswith(f"{worst} (")
    assert "Of 12 classes" in picture.reading


@pytest.mark.parametrize("n_classes", [2, 4])
def test_calibration_is_scikit_learns(n_classes: int) -> None:
    known, given = answers(500, n_classes)
    if n_classes == 2:
        said, happened = given[:, 1], known == 1
    else:
        said, happened = given.max(1), given.argmax(1) == known
    true, mean = calibration_curve(happened, said, n_bins=10)
    points = calibration(known, given, "abcd"[:n_classes]).chart.data[1]
    assert points.x == pytest.approx(mean)
    assert points.y == pytest.approx(true)
    counts, _, _ = reliability(said, happened)
    assert counts.sum() == 500


def test_the_calibration_error_weights_bins_by_their_rows() -> None:
    known = np.array([1, 1, 1, 0])
    given = np.array([0.95, 0.95, 0.95, 0.45])
    picture = calibration(known, np.stack([1 - given, given], 1), TWO)
    # Three rows say 0.95 and happen; one says 0.45 and does not.
    error = 3 / 4 * 0.05 + 1 / 4 * 0.45
    assert f"Expected calibration error {error:.3f}" in picture.alternative


def test_confidence_counts_every_row_once() -> None:
    known, given = answers(500, 4)
    picture = confidence_histogram(known, given, FOUR)
    right, wrong = picture.chart.data
    assert sum(right.y) == (given.argmax(1) == known).sum()
    assert sum(wrong.y) == (given.argmax(1) != known).sum()


@pytest.mark.parametrize(
    "draw",
    [confusion_matrix, roc_curves, precision_recall_curves, calibration,
     confidence_histogram],
)  # fmt: skip
def test_hostile_class_names_are_escaped(draw: object) -> None:
    known, given = answers(100, 2)
    picture = draw(known, given, (HOSTILE, HOSTILE + "2"))  # type: ignore[operator]
    assert picture is not None
    for page in (picture.to_html(), picture._repr_html_()):
        assert "<script>alert" not in page
    assert "<script" not in str(picture.chart.to_dict())
