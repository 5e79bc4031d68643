"""Near-copies are cited once; what differs in a number or a "not" is no copy."""

from __future__ import annotations

import pytest

from assistant.library import read_library

TEXT = (
    "The office answers every letter of a parent within 10 days of the day on which it came. If the answer is late, write "
    "again and keep a copy of both letters with the notes of the clinic, so that the meeting can see what was asked and when. "
    "Bring all of these papers along to the meeting and ask that they become part of the record of the student."
)


def two(tmp_path, other):
    (tmp_path / "a.txt").write_text(TEXT, "utf-8")
    (tmp_path / "b.txt").write_text(other, "utf-8")
    return read_library(tmp_path)


@pytest.mark.parametrize(
    "other",
    [TEXT, TEXT.replace(" ", "\n", 30), TEXT.replace("a copy of both letters", "copies of both letters"), TEXT.upper()],
    ids=["same", "line breaks", "a word", "capitals"],
)
def test_a_near_copy_is_cited_once_and_named(tmp_path, other):
    report = two(tmp_path, other)
    assert [(p.library, p.also_in) for p in report.passages] == [("a.txt", ("b.txt",))]
    assert [(copy.library, kept.library) for copy, kept in report.copies] == [("b.txt", "a.txt")]
    assert report.files == ("a.txt", "b.txt")


@pytest.mark.parametrize(
    "other",
    [TEXT.replace("10 days", "15 days"), TEXT.replace("If the answer is late", "If the answer is not late"),
     TEXT[: len(TEXT) // 2] + "Everything else that is said here is new and has never been said before in any other handout."],
    ids=["a number", "a not", "half"],
)  # fmt: skip
def test_what_differs_where_it_matters_stays(tmp_path, other):
    report = two(tmp_path, other)
    assert [p.library for p in report.passages] == ["a.txt", "b.txt"] and report.copies == ()


def test_a_paragraph_repeated_in_one_document_names_no_other(tmp_path):
    (tmp_path / "a.md").write_text(f"# One\n\n{TEXT}\n\n# Two\n\n{TEXT}\n", "utf-8")
    report = read_library(tmp_path)
    assert [p.also_in for p in report.passages] == [()] and len(report.copies) == 1
