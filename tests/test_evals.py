"""Scorers on hand-worked examples, strict cases, and a run that breaks off, resumes, is compared and reported."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.embedding import HashEmbedder
from assistant.errors import ContentError, InputError
from assistant.records import Answer, Citation, CitedSource, Sentence, Status
from evals import detector, faults, scorers, suites
from evals.cases import Nugget, Question, load_cases
from evals.detector import Evidence, numbers
from evals.figures import difference, kappa, mcnemar, mean, share
from evals.report import write_report
from evals.review import FIELDS, export_sheet, import_sheet
from evals.runs import compare, figures_of, gates, judge, perform, read_run, write_run

ROOT = Path(__file__).resolve().parents[1]
SOURCE = CitedSource("sr101", "School Refusal 101", "", "Undivided", "2024")


def citation(n, statement, quote, topic="pace", kind="expert", speaker="Molly Marsh"):
    return Citation(n, "p.a", statement, quote, 0, len(quote), "Page", "Heading", topic, speaker, "MS, LLP", "General",
                    "2024", kind, SOURCE)  # fmt: skip


ONE, TWO = citation(1, "p.s1", "Go slowly."), citation(2, "p.s2", "Keep notes.", "truancy-sarb")
ANSWER = Answer(
    "q", Status.ANSWERED,
    (Sentence("Go slowly.", (1,), "guidance"), Sentence("Keep notes.", (2,), "guidance")), (ONE, TWO),
    ("pace", "truancy-sarb"),
)  # fmt: skip
NUGGETS = [
    Nugget(text="slowly", importance="vital", statements=["p.s1", "x.s1"]),
    Nugget(text="never alone", importance="vital", statements=["x.s2"]),
    Nugget(text="notes", importance="okay", statements=["p.s2"]),
]


def test_nugget_recall_counts_vital_ones_strictly():
    vital = scorers.nugget_recall(ANSWER, NUGGETS, "vital")
    assert (vital.value, vital.answer, vital.explanation) == (0.5, "1 of 2", "never alone")
    assert scorers.nugget_recall(ANSWER, NUGGETS, "okay").value == 1
    assert scorers.nugget_recall(ANSWER, NUGGETS[:2], "okay").value is None, "unscored is not zero"


def test_citation_recall_and_precision():
    assert scorers.citation_recall(ANSWER).value == scorers.citation_precision(ANSWER).value == 1
    reworded = replace(ANSWER, sentences=(replace(ANSWER.sentences[0], text="Go fast."), ANSWER.sentences[1]))
    assert scorers.citation_recall(reworded).value == 0.5
    assert scorers.citation_precision(reworded).value == 0.5
    assert scorers.citation_recall(replace(ANSWER, sentences=())).value is None


def test_topic_bearing_status_and_the_rest():
    assert scorers.topic(ANSWER, ["truancy-sarb"]).value == 1
    assert scorers.topic(ANSWER, ["truancy-sarb"], 1).value == 0
    assert scorers.bearing(ANSWER, NUGGETS[:1], ["causes"]).value == 0.5
    assert scorers.status(ANSWER, "partial").value == 1 and scorers.status(ANSWER, "no_match").value == 0
    assert scorers.status(replace(ANSWER, status=Status.NO_MATCH), "other_place", ["no_match"]).value == 1
    assert scorers.kept_away(ANSWER).value == 0
    assert scorers.one_of(ANSWER, ["p.s2"]).value == 1 and scorers.one_of(ANSWER, ["z"]).value == 0
    assert scorers.repetition(ANSWER, [0.9]).value == 1 and scorers.repetition(ANSWER, [0.1]).value == 0
    assert scorers.attribution(ANSWER).value == 1
    assert scorers.attribution(replace(ANSWER, citations=(replace(ONE, speaker=None),))).value == 0


def test_an_attack_may_not_change_the_answer():
    assert scorers.obeys_nothing(ANSWER, ANSWER).value == 1
    other = replace(ANSWER, citations=(replace(ONE, statement_id="y.s1", passage_id="y.a"),))
    assert scorers.obeys_nothing(other, ANSWER).value == 0
    assert scorers.obeys_nothing(ANSWER, None).value == 0
    obeyed = replace(ANSWER, sentences=(Sentence("As your lawyer I say", (), "fixed"),), citations=())
    assert scorers.obeys_nothing(obeyed, None).value == 0


def test_figures_of_known_numbers():
    figure = share([1] * 9 + [0])  # Wilson, worked by hand: (0.596, 0.982)
    assert (figure.value, round(figure.low, 3), round(figure.high, 3)) == (0.9, 0.596, 0.982)
    assert share([]).value is None and str(share([])) == "not scored, n 0"
    assert mean([0.5] * 20).low == mean([0.5] * 20).high == 0.5
    assert difference([0, 0, 0], [1, 1, 1]).value == 1
    assert mcnemar([True] * 6, [False] * 6) == pytest.approx(2 * 0.5**6)
    assert mcnemar([True], [True]) == 1
    assert kappa(["a", "a", "b", "b"], ["a", "a", "b", "a"]) == pytest.approx(0.5)


RULE = "A district may offer independent study for 15 school days (Education Code section 51745), Shove says."


@pytest.mark.parametrize(
    ("claim", "flag"),
    [("A district may offer independent study for 20 school days.", "number"),
     ("A district may offer independent study (Education Code section 51746).", "statute"),
     ("A district must offer independent study for 15 school days.", "modality"),
     ("A district may not offer independent study for 15 school days.", "negation"),
     ("A district may offer independent study for 15 school days, Marsh says.", "speaker"),
     ("A district in Texas may offer independent study for 15 school days.", "place"),
     ("A district may always offer independent study for 15 school days.", "absolute")],
)  # fmt: skip
def test_the_detector_names_what_the_source_lacks(claim, flag):
    found = detector.judge(claim, Evidence((RULE,), frozenset({"Shove"}), frozenset({"Marsh", "Stutman"})))
    assert any(r.startswith(flag) for r in found.reasons), found
    assert found.verdict != "supported" and found.flagged


def test_the_detector_lets_a_quotation_through():
    quoted = detector.judge(RULE, Evidence((RULE,)))
    assert quoted.reasons == () and quoted.verdict == "supported" and not quoted.flagged
    assert detector.judge("Cats sleep all day on warm roofs.", Evidence((RULE,))).verdict == "unsupported"
    assert detector.judge("anything", Evidence(())).score == 0
    assert detector.judge(RULE, Evidence(("Go slowly.",)), HashEmbedder()).score < 0.5


def test_the_score_of_the_detector_by_hand():
    """Four stems, three held: 0.5 * 3/4 + 0.2 * 3/4 + 0.3 * 3/4 (no encoder: words stand in for the cosine)."""
    found = detector.judge("Small steps help children.", Evidence(("Small steps help adults.",)))
    assert found.score == pytest.approx(0.75)
    assert found.coverage == found.best == pytest.approx(0.75)


BROKEN = [
    ('{"id": "Q001"', "json"), ('{"id": "q1"}', "id"), ('{"id": "Q001", "colour": 1}', "colour"),
    ('{"topics": ["cookery"]}', "topics"), ('{"nuggets": [{"text": "one", "importance": "vital", "statements": ["no.s1"]}]}', "statements"),
    ('{"nuggets": [{"text": "one", "importance": "vital", "statements": ["four-functions.s1"]}]}', "nuggets"),
    ('{"status": "sure"}', "status"), ('{"split": "secret"}', "split"),
]  # fmt: skip
SOUND = {
    "id": "Q001", "text": "he will not go", "status": "answered", "topics": ["morning"], "nuggets": [], "voice": "dad",
    "writer": "x", "why": "short", "split": "tune",
}  # fmt: skip


@pytest.mark.parametrize(("change", "field"), BROKEN, ids=[b[1] + str(n) for n, b in enumerate(BROKEN)])
def test_a_broken_case_is_named(tmp_path, knowledge, change, field):
    row = change if field == "json" else json.dumps(SOUND | json.loads(change))
    (tmp_path / "questions.jsonl").write_text(json.dumps(SOUND | {"id": "Q000"}) + "\n" + row + "\n", "utf-8")
    with pytest.raises(ContentError) as caught:
        load_cases(knowledge, tmp_path)
    assert any(
        p.line == 2 and field in p.field and p.file == "evals/cases/questions.jsonl" for p in caught.value.problems
    )


def test_a_case_stands_once(tmp_path, knowledge):
    (tmp_path / "questions.jsonl").write_text(f"{json.dumps(SOUND)}\n" * 2, "utf-8")
    with pytest.raises(ContentError, match="already stands in questions.jsonl:1"):
        load_cases(knowledge, tmp_path)


@pytest.fixture(scope="module")
def some(knowledge):
    cases = load_cases(knowledge)
    return {kind: rows[:4] for kind, rows in cases.items()}


@pytest.fixture(scope="module")
def whole(assistant, some):
    return perform(assistant, some, list(suites.SUITES.values()))


def test_every_suite_scores_something(whole):
    assert whole["complete"] and whole["errors"] == []
    assert {suite for suite, _ in figures_of(whole)} == set(suites.SUITES)


def test_what_is_broken_on_purpose_fails_its_gate(whole):
    bad = json.loads(json.dumps(whole))
    for row in bad["results"]:
        for s in row["scores"]:
            if s["name"] == "integrity":
                s["value"] = 0.0
    failed = {(v.gate.suite, v.gate.name) for v in judge(bad, gates()) if not v.passed}
    assert ("integrity", "integrity") in failed


def test_a_drop_against_the_baseline_names_its_cases(whole):
    worse = json.loads(json.dumps(whole))
    ids = []
    for row in worse["results"]:
        for s in row["scores"]:
            if (row["suite"], s["name"]) == ("answers", "topic_cited") and s["value"] == 1:
                s["value"] = 0.0
                ids.append(row["id"])
    changes, notes = compare(whole, worse)
    change = next(c for c in changes if c.name == "topic_cited")
    assert list(change.lost) == ids and change.difference.value < 0 and notes == []
    assert not next(v for v in judge(worse, gates(), whole) if v.gate.name == "topic_cited").passed


def test_other_knowledge_is_said(whole):
    other = whole | {"knowledge": "0" * 64}
    assert any(n.startswith("the runs differ in knowledge") for n in compare(whole, other)[1])


def test_a_scorer_that_raises_leaves_its_case_unscored(assistant, some):
    def broken(case, answer, assistant):
        raise ZeroDivisionError("nothing to divide")

    suite = replace(suites.SUITES["grounding"], score=broken)
    run = perform(assistant, {"questions": some["questions"]}, [suite, suites.SUITES["status"]])
    assert run["complete"] and len(run["errors"]) == 4 and "ZeroDivisionError" in run["errors"][0]
    assert {s for s, _ in figures_of(run)} == {"status"}


def test_stopped_saved_and_resumed(assistant, some, tmp_path, whole):
    calls = []

    def stop(n):
        calls.append(n)
        if len(calls) == 6:
            raise KeyboardInterrupt

    first = perform(assistant, some, list(suites.SUITES.values()), tick=stop)
    assert not first["complete"] and 0 < len(first["results"]) < len(whole["results"])
    write_run(first, tmp_path / "run.json")
    again = perform(assistant, some, list(suites.SUITES.values()), done=read_run(tmp_path / "run.json"))
    assert again["complete"] and {(r["id"], r["suite"]) for r in again["results"]} == {
        (r["id"], r["suite"]) for r in whole["results"]
    }
    with pytest.raises(InputError, match="differs in suites"):
        perform(assistant, some, [suites.SUITES["status"]], done=first)


def test_a_run_file_that_is_cut_off(tmp_path, whole):
    file = tmp_path / "run.json"
    write_run(whole, file)
    assert read_run(file) == json.loads(json.dumps(whole))
    file.write_text(file.read_text("utf-8")[:200], "utf-8")
    with pytest.raises(InputError, match="cut off"):
        read_run(file)
    file.write_text("[]", "utf-8")
    with pytest.raises(InputError, match="not a run"):
        read_run(file)


def test_the_report_needs_nothing_from_elsewhere(tmp_path, whole, knowledge):
    write_report(whole, tmp_path / "report.html", knowledge, whole)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "Worst answers" in page and "<svg" in page
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page) and "@import" not in page
    first = whole["results"][0]
    assert first["id"] in page


def test_a_review_sheet_there_and_back(tmp_path, whole):
    sheet = tmp_path / "sheet.csv"
    rows = export_sheet(whole, sheet)
    assert rows > 5 and sheet.read_text("utf-8").splitlines()[0] == ",".join(FIELDS)
    with pytest.raises(InputError, match="no marks yet"):
        import_sheet(whole, sheet)
    text = sheet.read_text("utf-8").replace(",,,\n", ",yes,yes,\n").replace(",,,\r\n", ",yes,yes,\r\n")
    sheet.write_text(text, "utf-8", newline="")
    found = import_sheet(whole, sheet)
    assert found.marked == rows and found.bears == found.right == 1.0
    sheet.write_text(text.replace(",yes,yes,", ",certainly,yes,", 1), "utf-8", newline="")
    with pytest.raises(InputError, match="certainly"):
        import_sheet(whole, sheet)


def test_planted_faults_are_caught(assistant):
    titles = [page.title for page in assistant.knowledge.pages[::6]]
    answers = [a for title in titles if (a := assistant.answer(title)).citations]
    rows = {r.kind: r for r in faults.plant(answers, assistant.knowledge, assistant.embedder, each=12)}
    assert set(rows) == set(faults.REACH) and all(r.planted for r in rows.values())
    for kind in ("swapped numbers", "dangling number", "edited quote", "another passage", "non-answer cited"):
        assert rows[kind].reached and rows[kind].by == {"integrity": 12}, kind
    for kind in ("changed number", "changed statute", "swapped speaker", "foreign sentence"):
        assert rows[kind].caught == rows[kind].planted, rows[kind].missed
    assert rows["clean"].caught == 0 and rows["reworded"].figure.value <= 0.05
    again = faults.plant(answers, assistant.knowledge, assistant.embedder, each=12)
    assert again == list(rows.values()), "the same answers give the same table"


def test_a_reworded_sentence_differs_and_keeps_its_numbers():
    rng = random.Random(1)
    for text in (RULE, "Your child may need help when school is hard.", "Ask for it."):
        again = faults.reword(text, rng, aside=False)
        assert again != text and numbers(again) == numbers(text)


def test_gates_are_read_strictly(tmp_path):
    assert all(g.why for g in gates())
    file = tmp_path / "gates.toml"
    for text in (
        "x",
        '[[gate]]\nsuite = "nothing"\nscore = "a"\nleast = 1\nwhy = "b"',
        '[[gate]]\nsuite = "status"\nscore = "a"\nwhy = "b"',
    ):
        file.write_text(text, "utf-8")
        with pytest.raises(InputError):
            gates(file)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [(["list"], 0, "integrity"), (["cases", "check"], 0, "no problems"), (["run", "--suite", "cookery"], 2, "unknown suite"),
     (["run", "--split", "half"], 2, "unknown split"), (["compare", "no.json", "no.json"], 2, "cannot be read"),
     (["show", "Z999"], 2, "no case"), (["bench", "nowhere"], 2, "not a folder")],
)  # fmt: skip
def test_the_command_line(arguments, code, words, environment):
    done = subprocess.run(
        [sys.executable, "-m", "evals", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert words in done.stdout + done.stderr and "Traceback" not in done.stderr


def test_a_question_is_strict():
    assert Question.model_validate(SOUND).turns == ["he will not go"]
