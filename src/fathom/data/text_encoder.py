"""Free text to inputs: how often the frequent words occur, and how telling they are.

tf-idf as scikit-learn's TfidfVectorizer has it (a test compares the two): with n rows,
of which n_w have the word w, and c counts in a row,

    idf(w) = 1 + ln((1 + n) / (1 + n_w)),    input = c(w) idf(w) / length of that row.

It is written out here because a saved model then needs no scikit-learn, whose import
takes longer than predicting does. Source: Manning, Raghavan, Schuetze, Introduction to
Information Retrieval, 2008, chapter 6.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl

from fathom.data.encoders import missing_name, report_missing
from fathom.data.parsing import parse
from fathom.data.plain import FLAG, TEXT, Check, is_finite, is_text, list_of

MOST_WORDS = 200
_WORD = re.compile(r"\b\w\w+\b")


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and is_text(value[0])
        and is_finite(value[1])
    )


def _are_words(value: Any) -> bool:
    if not list_of(_is_pair)(value):
        return False
    return len({word for word, _ in value}) == len(value)


@dataclass(frozen=True)
class TextEncoder:
    """Free text: tf-idf of the 200 most frequent words of training.

    Attributes:
        name: Of the column.
        words: (word, idf), in alphabetical order.
        missing: Whether training had missing values.
    """

    kind: ClassVar[str] = "text"
    FIELDS: ClassVar[dict[str, Check]] = {
        "name": TEXT,
        "words": Check(
            "a list of distinct words, each with a number",
            _are_words,
            lambda value: tuple((word, float(idf)) for word, idf in value),
        ),
        "missing": FLAG,
    }

    name: str
    words: tuple[tuple[str, float], ...]
    missing: bool

    @classmethod
    def fit(cls, raw: pl.Series) -> TextEncoder:
        """Return the encoder of a training column."""
        parsed = parse(raw, "text")
        rows = [Counter(words_of(text)) for text in parsed.to_list()]
        total: Counter[str] = Counter()
        n_rows_with: Counter[str] = Counter()
        for counts in rows:
            total.update(counts)
            n_rows_with.update(counts.keys())
        frequent = sorted(total, key=lambda word: (-total[word], word))[:MOST_WORDS]
        words = tuple(
            (word, float(1 + np.log((1 + len(rows)) / (1 + n_rows_with[word]))))
            for word in sorted(frequent)
        )
        missing = 0 < parsed.null_count() < len(parsed)
        return cls(raw.name, words, missing)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """`review has good` for each word."""
        names = tuple(f"{self.name} has {word}" for word, _ in self.words)
        return names + missing_name(self.name, self.missing)

    def transform(self, raw: pl.Series) -> np.ndarray:
        """Return the inputs (rows, width)."""
        parsed = parse(raw, "text")
        place = {word: i for i, (word, _) in enumerate(self.words)}
        n_words = len(self.words)
        inputs = np.zeros((len(parsed), n_words + self.missing))
        for row, text in enumerate(parsed.to_list()):
            for word in words_of(text):
                if word in place:
                    inputs[row, place[word]] += 1
        weighted = inputs[:, :n_words] * [idf for _, idf in self.words]
        length = np.sqrt((weighted**2).sum(axis=1, keepdims=True))
        inputs[:, :n_words] = weighted / np.where(length == 0, 1, length)
        if self.missing:
            inputs[:, -1] = parsed.is_null().to_numpy()
        return inputs

    def report(self, raw: pl.Series) -> list[str]:
        """Return sentences on missing text."""
        parsed = parse(raw, "text")
        return report_missing(self, raw, parsed, self.missing, "all inputs are 0")


def words_of(text: str | None) -> list[str]:
    """Return the words of at least two letters or digits, in lower case.

    Example:
        >>> words_of("A fine day, isn't it?")
        ['fine', 'day', 'isn', 'it']
    """
    return [] if text is None else _WORD.findall(text.lower())
