"""The map of topics: one picture a group, a circle for each topic, its area the number of passages. Data for an SVG."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from assistant.records import Topic

__all__ = ["Circle", "Picture", "topic_map"]

WIDTH = 330  # units of every picture; on the narrowest screen one unit is one pixel
_COLUMNS, _CELL, _HIGH = 3, 110, 140
_SMALL, _LARGE = 22.0, 44.0  # radius: the smallest circle is a 44 px target


@dataclass(frozen=True, slots=True)
class Circle:
    """One topic: centre and radius, and its title in lines under it."""

    slug: str
    title: str
    count: int
    x: float
    y: float
    r: float
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """One group of topics, `height` units high."""

    group: str
    count: int
    width: int
    height: int
    circles: tuple[Circle, ...]


def topic_map(topics: Sequence[Topic], counts: Mapping[str, int]) -> tuple[Picture, ...]:
    """Pictures in the order in which the groups come; topics without passages are left out."""
    groups: dict[str, list[Topic]] = {}
    for topic in topics:
        if counts.get(topic.slug):
            groups.setdefault(topic.group, []).append(topic)
    most = max(counts.values(), default=1) or 1
    return tuple(_picture(name, found, counts, most) for name, found in groups.items())


def _picture(name: str, topics: Sequence[Topic], counts: Mapping[str, int], most: int) -> Picture:
    circles = []
    for n, topic in enumerate(topics):
        row, column = divmod(n, _COLUMNS)
        r = max(_SMALL, _LARGE * sqrt(counts[topic.slug] / most))
        lines = tuple(textwrap.wrap(topic.title, 14, max_lines=3, placeholder=" ..."))
        circles.append(
            Circle(
                topic.slug, topic.title, counts[topic.slug], column * _CELL + _CELL / 2, row * _HIGH + 46.0,
                round(r, 1), lines,
            )
        )  # fmt: skip
    height = ceil(len(topics) / _COLUMNS) * _HIGH + 8
    return Picture(name, sum(c.count for c in circles), WIDTH, height, tuple(circles))
