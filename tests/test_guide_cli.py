# ruff: noqa: E501 - a row of a table is one line
"""doorstep guide, as people meet it: real processes, exit codes, one line for what went wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import icalendar
import pytest

ANSWERS = {
    "paper": "first-notice", "paper-date": "2026-11-03", "plan": "iep", "why-out": ["mental-health"],
    "told-school": "case-manager-only", "proof": ["doctor-note"], "unexcused-days": 4, "days-missed": 12,
    "school-days": 60, "child-name": "Łucja Nowak", "your-name": "Ana Şahin",
}  # fmt: skip
WORDS_ONLY = {"DOORSTEP_MODEL": "/nonexistent"}


@pytest.fixture
def guide(root, environment, settings):
    """Run the sub-command in a process of its own; no run may show a traceback."""

    def run(*arguments, stdin="", **env):
        done = subprocess.run(
            [sys.executable, "-m", "assistant.guide_cli", *map(str, arguments)],
            cwd=root, env={**environment, "DOORSTEP_DATA": str(settings.data), "PYTHONIOENCODING": "utf-8", **env},
            input=stdin, capture_output=True, text=True, encoding="utf-8", timeout=300,
        )  # fmt: skip
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        errors = [row for row in done.stderr.splitlines() if row.startswith("doorstep: ")]
        return SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr, errors=errors)

    return run


@pytest.fixture
def answers(tmp_path):
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(ANSWERS), encoding="utf-8")
    return file


def test_list(guide):
    done = guide("list")
    assert done.code == 0
    assert any(
        row.startswith("truancy-letter ") and "A letter about missed school" in row for row in done.out.splitlines()
    )


def test_check_counts_and_finds_nothing(guide):
    done = guide("check", "this-morning")
    assert done.code == 0, done.out
    assert "this-morning                  6       3" in done.out and "0 faults" in done.out


def test_check_names_what_is_broken(guide, root, tmp_path):
    for name in ("knowledge", "prompts"):
        shutil.copytree(root / name, tmp_path / name)
    file = tmp_path / "knowledge/guides/this-morning/guide.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("next: talks", "next: talkz"), encoding="utf-8")
    line = file.read_text(encoding="utf-8").splitlines().index("  - id: how-upset") + 1
    done = guide("check", "this-morning", DOORSTEP_ROOT=str(tmp_path))
    assert done.code == 1
    said = (
        f"knowledge/guides/this-morning/guide.yaml:{line}: next: step 'how-upset': 'talkz' is no later step or ending"
    )
    assert done.out.splitlines() == [f"{said}; did you mean 'talks'?", "1 fault"], "one slip, one line"


def test_draw(guide):
    done = guide("draw", "this-morning")
    assert done.code == 0 and done.out.startswith("flowchart TD\n") and "n_where --> n_how_upset" in done.out


def test_run_with_answers_as_json(guide, answers):
    done = guide("run", "truancy-letter", "--answers", answers, "--json")
    assert done.code == 0, done.err
    data = json.loads(done.out)
    assert data["ending"] == "reply" and data["answers"]["child-name"] == "Łucja Nowak"
    assert set(data["plan"]["sections"]) >= {"means", "today", "week", "month", "bring", "ask", "people"}
    assert all(i["statements"] and i["why_statements"] for i in data["plan"]["sections"]["today"])
    letter = data["letters"][0]
    assert letter["letter"] == "truancy-reply" and "Łucja Nowak" in letter["text"]
    assert all(p["statements"] or p["form"] for p in letter["paragraphs"])
    assert data["session"]["guide"] == "truancy-letter"
    again = guide("run", "truancy-letter", "--answers", "-", "--json", stdin=json.dumps(data["session"]))
    assert json.loads(again.out)["letters"] == data["letters"], "a saved guide can be given as well"


def test_run_with_answers_as_text_and_files(guide, answers, tmp_path):
    done = guide(
        "run", "truancy-letter", "--answers", answers, "--out", tmp_path / "out", "--save", tmp_path / "kept.json"
    )
    assert done.code == 0, done.err
    assert "Your answer to the letter" in done.out and "Ana Şahin" in done.out
    names = {f.name for f in (tmp_path / "out").iterdir()}
    assert names == {f"{d}.{k}" for d in ("plan", "truancy-reply", "records-request") for k in ("docx", "pdf", "md", "txt")} | {"dates.ics"}  # fmt: skip
    calendar = icalendar.Calendar.from_ical((tmp_path / "out/dates.ics").read_bytes())
    assert len(calendar.walk("VEVENT")) == 3
    assert json.loads((tmp_path / "kept.json").read_text(encoding="utf-8"))["guide"] == "truancy-letter"


BAD = [
    (["run", "cooking", "--answers", "-"], "{}", "there is no guide 'cooking'"),
    (["run", "truancy-letter", "--answers", "-"], '{"shoe": 1}', "'shoe' is no step of truancy-letter"),
    (["run", "truancy-letter", "--answers", "-"], '{"paper": "pizza"}', "'pizza' is not one of"),
    (["run", "truancy-letter", "--answers", "-"], '{"paper-date": "31/02"}', "'31/02' is not a day"),
    (["run", "truancy-letter", "--answers", "-"], '{"paper": "sarb", "hearing-date": "9999-01-01"}', "the year 9999"),
    (["run", "truancy-letter", "--answers", "-"], "not json", "not JSON"),
    (["run", "truancy-letter", "--answers", "-"], "[1]", "expected an object"),
    (["run", "truancy-letter", "--answers", "-"], " " * 200_000, "at most 100,000 bytes"),
    (["run", "truancy-letter", "--answers", "-"], '{"doorstep": "guide"}', "this Doorstep reads format 1"),
    (["run", "truancy-letter", "--answers", "/nonexistent.json"], "", "No such file"),
    (["run", "truancy-letter", "--json"], "", "--json goes with --answers"),
    (["draw", "cooking"], "", "there is no guide 'cooking'"),
    (["check", "cooking"], "", "no folder knowledge/guides/cooking"),
]


@pytest.mark.parametrize(("arguments", "stdin", "words"), BAD, ids=[f"{b[0][0]}-{n}" for n, b in enumerate(BAD)])
def test_bad_input_is_one_line(guide, arguments, stdin, words):
    done = guide(*arguments, stdin=stdin)
    assert done.code == 2
    assert len(done.errors) == 1 and words in done.errors[0], done.err


def test_a_person_finishes_a_guide(guide, tmp_path):
    replies = ["at the door", "why?", "she is shaking", "what about tomorrow?", "only a few words", "maybe", "nobody yet", "back", "both", "skip", "yes"]  # fmt: skip
    done = guide("run", "this-morning", "--save", tmp_path / "kept.json", stdin="\n".join(replies) + "\n", **WORDS_ONLY)
    assert done.code == 0, done.err
    assert "Where is your child right now?" in done.out and "Why I ask:" in done.out and "Taken back." in done.out
    assert "Calm first, then one small step" in done.out and "[ ] Right now: listen" in done.out
    kept = json.loads((tmp_path / "kept.json").read_text(encoding="utf-8"))
    assert kept["turns"][-1] == {"confirm": "yes"}


def test_danger_comes_first_in_a_terminal_too(guide):
    done = guide("run", "this-morning", stdin="he says he wants to die\nstop\n", **WORDS_ONLY)
    assert done.code == 0 and "988" in done.out
    assert done.out.index("988") < done.out.index("no hurry")


def test_stopping_and_going_on_another_day(guide, tmp_path):
    kept = tmp_path / "kept.json"
    first = guide("run", "this-morning", "--save", kept, stdin="at the door\nstop\n", **WORDS_ONLY)
    assert first.code == 0 and "Stopped." in first.out
    second = guide("run", "this-morning", "--open", kept, stdin="", **WORDS_ONLY)
    assert second.code == 0 and "How is your child at this moment?" in second.out
    wrong = guide("run", "this-morning", "--open", tmp_path / "nothing.json", **WORDS_ONLY)
    assert wrong.code == 2 and len(wrong.errors) == 1
