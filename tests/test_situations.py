"""Situations and details: a broken row is named, details are told by words, and a family hears what fits it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.reading import Reader
from assistant.records import Detail, Situation
from assistant.situations import details_told, read_details, read_situations
from assistant.text import normalise

ROOT = Path(__file__).resolve().parents[1]
TOPICS = ("pace", "morning")
STATEMENTS = ("a.s1", "a.s2", "a.s3", "b.s1")
DETAILS = ("has-iep", "teen")

GATE = """- id: stops-at-the-gate
  title: He walks to the gate and stops there
  topics: [pace, morning]
  say: [a.s1, a.s2, a.s3]
  vital: [a.s1]
  only: {a.s2: has-iep}
  unless: {a.s3: teen}
  offer: this-morning
  related: [never-leaves-bed]
  confused_with:
    - {id: never-leaves-bed, tell: Here the child leaves the house.}
"""
BED = """- id: never-leaves-bed
  title: She does not get out of bed
  topics: [pace]
  say: [a.s1, a.s2, b.s1]
  vital: [b.s1]
  offer: return-plan
  related: [stops-at-the-gate]
  confused_with:
    - {id: stops-at-the-gate, tell: Here the child stays in bed.}
"""


def read(tmp_path, text, name="pace.yaml"):
    folder = tmp_path / "knowledge/situations"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    reader = Reader(tmp_path)
    return read_situations(reader, TOPICS, STATEMENTS, DETAILS), reader.problems


def test_a_sound_file(tmp_path):
    found, problems = read(tmp_path, GATE + BED)
    assert problems == [] and [s.id for s in found] == ["stops-at-the-gate", "never-leaves-bed"]
    gate = found[0]
    assert gate.vital == {"a.s1"} and gate.confused_with == (("never-leaves-bed", "Here the child leaves the house."),)


@pytest.mark.parametrize(
    ("told", "said"),
    [((), ("a.s1", "a.s3")), (("has-iep",), ("a.s1", "a.s2", "a.s3")), (("teen",), ("a.s1",)),
     (("teen", "has-iep"), ("a.s1", "a.s2"))],
)  # fmt: skip
def test_details_decide_what_is_said(tmp_path, told, said):
    gate = read(tmp_path, GATE + BED)[0][0]
    assert gate.says(frozenset(told)) == said


@pytest.mark.parametrize(
    ("what", "instead", "field", "named"),
    [("a.s2, a.s3]", "a.s2, a.s9]", "say", "a.s9"), ("vital: [a.s1]", "vital: [b.s1]", "vital", "b.s1"),
     ("[pace, morning]", "[pace, cookery]", "topics", "cookery"), ("[pace, morning]", "[morning]", "topics", "pace"),
     ("{a.s2: has-iep}", "{a.s2: has-cat}", "only", "has-cat"), ("{a.s3: teen}", "{b.s1: teen}", "unless", "b.s1"),
     ("related: [never-leaves-bed]", "related: [nobody]", "related", "nobody"),
     ("related: [never-leaves-bed]", "related: [stops-at-the-gate]", "related", "stops-at-the-gate"),
     ("offer: this-morning", "offer: a-cup-of-tea", "offer", "a-cup-of-tea"),
     ("  say:", "  colour: red\n  say:", "colour", "unknown key"),
     ("[a.s1, a.s2, a.s3]", "[a.s1]", "say", "at least 3"),
     ("[a.s1, a.s2, a.s3]", "[a.s1, a.s2, b.s1]", "say", "same statements"),
     ("id: stops-at-the-gate", "id: never-leaves-bed", "id", "already a situation")],
)  # fmt: skip
def test_a_broken_situation_is_named(tmp_path, what, instead, field, named):
    assert what in GATE
    _, problems = read(tmp_path, BED + GATE.replace(what, instead))
    hits = [p for p in problems if p.field == field and named in p.message]
    assert hits and all(p.file == "knowledge/situations/pace.yaml" and "\n" not in str(p) for p in hits)


@pytest.mark.parametrize("text", ["id: x\n", "- [1]\n", "- id: [\n", ""])
def test_a_file_that_is_no_list_of_situations(tmp_path, text):
    _, problems = read(tmp_path, text)
    assert problems and problems[0].file == "knowledge/situations/pace.yaml"


TOLD = [
    ("He has an IEP for autism", "has-iep"), ("the iep says 30 min of counseling", "has-iep"),
    ("can I ask for an IEP", ""), ("he doesn't have an IEP", "no-plan"), ("IEP or 504, which one", ""),
    ("she has a 504 but nobody reads it", "has-504"), ("no 504, no iep, nothing", "no-plan"),
    ("my son is 6 and cries at the gate", "little"), ("kindergarten, day 9", "little"),
    ("six weeks of this", ""), ("it is 6 am", ""), ("she loved kindergarten until", ""),
    ("he's fourteen and games all night", "teen"), ("14 days out", ""), ("my ninth grader", "teen"),
    ("she is nonspeaking and uses AAC", "nonspeaking"), ("he won't talk to me", ""),
    ("they sent a truancy letter", ""), ("a letter about her absences came", ""),
    ("they say SARB is next", ""), ("she is hard of hearing", ""),
    ("the district refused to test him", ""), ("he refused breakfast", ""),
    ("his doctor wrote a note", ""), ("they want a doctor's note for every day", ""),
    ("her therapist says to go slow", ""), ("we can't find a therapist", ""),
    ("the school psychologist said so", ""), ("I emailed the principal twice", "wrote-to-school"),
    ("should I email the principal", ""), ("I keep a log of every call", "keeps-records"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "detail"), TOLD, ids=[t[0][:40] for t in TOLD])
def test_what_a_message_tells(knowledge, message, detail):
    told = {d.id for d in details_told(normalise(message), knowledge.details)}
    assert told == ({detail} if detail else set())


def test_a_denied_detail_is_not_told_by_another_clause():
    detail = Detail("x", "it rains", (re.compile("rain"),), (re.compile("no rain"),))
    assert details_told("no rain here", [detail]) == ()
    assert details_told("no rain here. rain there", [detail]) == (detail,)


def test_a_bad_pattern_is_named(tmp_path):
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge/details.yaml").write_text("- {id: x, label: has x, told: ['(']}\n", "utf-8")
    reader = Reader(tmp_path)
    assert read_details(reader) == () and "x:" in reader.problems[0].message


def test_every_situation_is_whole(knowledge):
    assert len(knowledge.situations) >= 160
    of_topic = {t: [s for s in knowledge.situations if t in s.topics] for t in knowledge.topics}
    assert {t for t, found in of_topic.items() if not found} == set()
    for s in knowledge.situations:
        assert 7 <= len(s.say) <= 10 and 3 <= len(s.vital) <= 5, s.id
        assert len(s.says(frozenset())) >= 3, s.id


def test_every_situation_has_messages(knowledge):
    main = [m.situations[0] for m in knowledge.messages]
    assert len(main) >= 6000
    assert {s.id: main.count(s.id) for s in knowledge.situations if main.count(s.id) < 12} == {}


def test_a_situations_title_is_understood_as_itself(assistant):
    from assistant.search import Query

    for s in assistant.knowledge.situations[::9]:
        assert isinstance(s, Situation)
        assert assistant.lookup(Query(s.title)).situations == ((s, 1.0),)
