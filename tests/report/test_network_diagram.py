"""The drawing of a network: what is drawn is what there is."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from xml.etree import ElementTree

import jax
import numpy as np
import pytest
from tests.catalogue import LAYERS
from tests.catalogue_rows import LayerRow

import fathom as fm
from fathom.models import RECIPES, sequence_to_sequence, transformer_language_model
from fathom.report.network_diagram import network_diagram

SMALL = fm.Network(
    [fm.Dense(5, "relu"), fm.Dense(3, "softmax", name="output")], input_shape=(4,)
)
WIDE = fm.Network([fm.Dense(128, "relu"), fm.Dense(2, name="output")], (30,))
SHAPES = {"table": (30,), "image": (28, 28, 1), "sequence": (20, 4)}


def drawn(variables: Any = None, network: fm.Network = SMALL, **settings: Any) -> Any:
    """The elements of a network's drawing."""
    return ElementTree.fromstring(
        network_diagram(network, variables, **settings).drawing
    )


def of(root: Any, tag: str, kind: str = "") -> list[Any]:
    """All elements of a tag and of a class."""
    return [
        node
        for node in root.iter("{http://www.w3.org/2000/svg}" + tag)
        if kind in (node.get("class") or "").split() or not kind
    ]


def fixed(network: fm.Network = SMALL, seed: int = 0) -> Any:
    """Weights whose values are known."""
    random = np.random.default_rng(seed)
    start = jax.eval_shape(lambda: network.init(0))
    return jax.tree.map(lambda a: random.normal(size=a.shape).astype("f4"), start)


def test_every_weight_of_a_small_network_is_a_line() -> None:
    edges = [e.get("data-address") for e in of(drawn(fixed()), "path", "edge")]
    first = {f"dense_1/weight:{i},{j}" for i in range(4) for j in range(5)}
    last = {f"output/weight:{i},{j}" for i in range(5) for j in range(3)}
    assert sorted(edges) == sorted(first | last)


def test_color_of_a_line_is_the_sign_of_its_weight() -> None:
    variables = fixed()
    for edge in of(drawn(variables), "path", "edge"):
        layer, i, j = re.split("/weight:|,", edge.get("data-address"))
        value = variables[layer]["weight"][int(i), int(j)]
        assert edge.get("class") == ("edge plus" if value > 0 else "edge minus")


def test_lines_are_thicker_for_larger_weights_of_a_layer() -> None:
    variables = fixed()
    edges = [
        (float(e.get("stroke-width")), *re.split("/weight:|,", e.get("data-address")))
        for e in of(drawn(variables), "path", "edge")
    ]
    for name in ("dense_1", "output"):
        ordered = sorted(e for e in edges if e[1] == name)
        sizes = [abs(variables[n]["weight"][int(i), int(j)]) for _, n, i, j in ordered]
        assert np.all(np.diff(sizes) > -1e-2)
        assert ordered[0][0] < ordered[-1][0]


def test_title_of_a_line_says_its_weight() -> None:
    variables = fixed()
    names = ["a", "b", "c", "d"]
    root = drawn(variables, input_names=names)
    edge = root.find(".//*[@data-address='dense_1/weight:2,3']")
    value = variables["dense_1"]["weight"][2, 3]
    assert edge[0].text == f"c (input 2) to dense_1:3: weight {value:.4g}"


def test_neurons_carry_their_addresses_once() -> None:
    found = Counter(e.get("data-address") for e in drawn(fixed()).iter())
    neurons = {f"dense_1:{j}" for j in range(5)} | {f"output:{j}" for j in range(3)}
    assert neurons <= set(found)
    assert {n for name, n in found.items() if name} == {1}


def test_neuron_says_its_bias_and_its_values_for_a_row() -> None:
    variables, x = fixed(), np.ones((2, 4), "f4") * np.array([[1], [2]], "f4")
    taps = SMALL.forward(variables, x, listen=True).taps
    root = drawn(variables, taps=taps, row=1)
    neuron = root.find(".//*[@data-address='dense_1:0']")
    z = float(taps["dense_1"]["weighted_sum"][1, 0])
    bias = variables["dense_1"]["bias"][0]
    expected = f"bias {bias:.4g}, weighted sum {z:.4g}, activation {max(z, 0):.4g}"
    assert neuron[0].text == f"dense_1:0: {expected}"


def test_more_active_neurons_are_fuller() -> None:
    variables, x = fixed(), np.ones((1, 4), "f4")
    taps = SMALL.forward(variables, x, listen=True).taps
    root = drawn(variables, taps=taps)
    chances = np.asarray(taps["output"]["activation"][0])
    fill = [
        float(root.find(f".//*[@data-address='output:{j}']").get("fill-opacity"))
        for j in range(3)
    ]
    assert np.argsort(fill).tolist() == np.argsort(chances).tolist()


def test_wide_network_shows_the_neurons_with_the_largest_outgoing_weights() -> None:
    variables = fixed(WIDE)
    root = drawn(variables, WIDE)
    shown = {
        int(e.get("data-address").split(":")[1])
        for e in of(root, "circle", "neuron")
        if (e.get("data-address") or "").startswith("dense_1:")
    }
    size = np.abs(variables["output"]["weight"]).sum(1)
    assert shown == set(np.argsort(-size)[:16].tolist())
    assert "... 112 more" in [e.text for e in of(root, "text")]


def test_wide_network_draws_few_lines_and_says_so() -> None:
    picture = network_diagram(WIDE, fixed(WIDE))
    edges = picture.drawing.count('class="edge ')
    assert edges == 16 * 6 + 2 * 6
    assert f"Of 4,096 weights the {edges} strongest" in picture.reading


def test_without_variables_lines_have_no_sign() -> None:
    root = drawn()
    assert len(of(root, "path", "edge")) == 35
    assert of(root, "path", "plus") == of(root, "path", "minus") == []


def test_weight_that_is_no_number_is_marked() -> None:
    variables = fixed()
    variables["dense_1"]["weight"][1, 2] = np.nan
    edges = of(drawn(variables), "path", "broken")
    assert [e.get("data-address") for e in edges] == ["dense_1/weight:1,2"]


def test_hostile_names_stay_text() -> None:
    names = ["<script>x</script>", 'a" onload="x', "&amp;", "\x00\x1b]]>"]
    root = drawn(fixed(), input_names=names, output_names=["</svg>", "1", "2"])
    assert of(root, "script") == []
    words = [e.text for e in of(root, "text")]
    assert {"<script>x</script>", 'a" onload="x', "&amp;", "</svg>"} <= set(words)


def test_names_stand_at_the_ends() -> None:
    names, classes = ["a", "b", "c", "d"], ["x", "y", "z"]
    words = [e.text for e in of(drawn(input_names=names, output_names=classes), "text")]
    assert set(names + classes) <= set(words)


def test_drawing_is_the_same_each_time() -> None:
    first = network_diagram(WIDE, fixed(WIDE)).drawing
    assert network_diagram(WIDE, fixed(WIDE)).drawing == first


@pytest.mark.parametrize("row", LAYERS, ids=lambda row: row.id)
def test_every_family_is_drawn(row: LayerRow) -> None:
    network = fm.Network([*row.before, row.layer, *row.after], row.shape)
    root = drawn(network.init(0), network)
    found = Counter(e.get("data-address") for e in root.iter())
    found.pop(None)
    words = " ".join(e.text or "" for e in root.iter())
    assert all(layer.name in words for layer in network.layers)
    assert set(found.values()) <= {1}


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_drawn_small(name: str) -> None:
    network = RECIPES[name](SHAPES[RECIPES[name].takes], 10, "softmax")
    picture = network_diagram(network, jax.tree.map(np.asarray, network.init(0)))
    ElementTree.fromstring(picture.drawing)
    assert len(picture.drawing) < 400_000
    assert f"{len(network.layers)} layers" in picture.alternative


@pytest.mark.parametrize(
    "network",
    [
        transformer_language_model(96, 64, n_blocks=300, width=16, heads=2),
        fm.Network([fm.Dense(40, "relu") for _ in range(300)], (40,)),
        fm.Network([fm.Residual([fm.LayerNorm()] * 60) for _ in range(60)], (40,)),
    ],
    ids=["repeated", "deep", "nested"],
)
def test_drawing_of_a_deep_network_stays_small(network: fm.Network) -> None:
    root = drawn(None, network)
    assert len(ElementTree.tostring(root)) < 400_000


def test_repeated_block_says_how_often() -> None:
    network = fm.Network(fm.Repeat(fm.Dense(4), 300), (4,))
    assert "repeat_1: x 300" in [e.text for e in of(drawn(None, network), "text")]


def test_named_inputs_are_drawn_one_by_one() -> None:
    network = sequence_to_sequence((30, 20), (12, 5), width=8)
    words = [e.text for e in of(drawn(None, network), "text")]
    assert {"source", "target", "encoder: on source", "decoder: on target"} <= set(
        words
    )


def test_named_inputs_do_not_come_from_one_point() -> None:
    shapes = {"left": (3,), "right": (3,)}
    network = fm.Network([fm.Join(("left", "right")), fm.Flatten()], shapes)
    lines = [p.get("d") for p in of(drawn(None, network), "path", "arrow")]
    # Two lines lead from the inputs to where they meet, and none leads to them.
    assert len([line for line in lines if "C" in line]) == 2
