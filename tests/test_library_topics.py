"""Topics of a library passage: several, nearest first, and none below the floor."""

from __future__ import annotations

import numpy as np

from assistant.library_topics import near_topics


def unit(*rows):
    m = np.asarray(rows, dtype=np.float32)
    return m / np.linalg.norm(m, axis=1, keepdims=True)


PAGES = unit([1, 0, 0], [1, 0.1, 0], [0, 1, 0], [0.1, 1, 0], [0, 0, 1], [0, 0.1, 1])
TOPICS = ["pace", "pace", "morning", "morning", "outlook", "outlook"]


def test_the_nearest_topic_from_the_floor_on():
    assert near_topics(unit([1, 0.05, 0], [0, 0, 1], [1, 1, 1]), PAGES, TOPICS) == [("pace",), ("outlook",), ()]


def test_two_topics_as_near_are_both_given():
    assert {*near_topics(unit([1, 1, 0]), PAGES, TOPICS)[0]} == {"morning", "pace"}


def test_nothing_to_compare_with():
    empty = np.zeros((0, 3), np.float32)
    assert near_topics(PAGES, empty, []) == [()] * 6 and near_topics(empty, PAGES, TOPICS) == []
    assert near_topics(PAGES[:1], PAGES[:1], ["pace"]) == [()]
