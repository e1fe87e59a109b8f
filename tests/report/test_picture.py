"""A picture shows itself in a notebook and has its words beside it."""

from __future__ import annotations

import json

import pytest

from fathom.report import picture as module
from fathom.report.chart import new_chart
from fathom.report.picture import PLOTLY, Picture


def charted(name: str = "line") -> Picture:
    chart = new_chart("x", "y")
    chart.add_scatter(x=[1, 2], y=[3, 4], name=name)
    return Picture("Is it <rising>?", "Up is more.", "From 3 to 4.", chart)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_put", set())


def test_plotlys_script_comes_once_to_a_notebook() -> None:
    first, second = charted()._repr_html_(), charted()._repr_html_()
    assert len(first) > 4_000_000
    assert len(second) < 20_000
    assert "Plotly.newPlot" in second


def test_a_drawing_needs_no_script() -> None:
    page = Picture("What?", "So.", "A dot.", drawing="<svg></svg>")._repr_html_()
    assert "<svg></svg>" in page
    assert "<script" not in page


def test_where_plotlys_data_are_understood_the_question_is_the_title() -> None:
    bundle = charted()._repr_mimebundle_()
    assert "Is it &lt;rising&gt;?" in bundle[PLOTLY]["layout"]["title"]["text"]
    assert bundle[PLOTLY]["layout"]["title"]["subtitle"]["text"] == "Up is more."
    assert json.dumps(bundle[PLOTLY])


def test_question_reading_and_alternative_are_in_the_page_and_escaped() -> None:
    page = charted().to_html()
    assert "<h3>Is it &lt;rising&gt;?</h3>" in page
    assert 'aria-label="From 3 to 4."' in page
    assert "Up is more." in page


def test_data_cannot_end_the_script_that_holds_them() -> None:
    page = charted("</script><script>alert(1)</script>").to_html()
    assert page.count("</script") == 1
