"""Fixed replies: strictly loaded, and never shown with a hole in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.errors import ContentError
from assistant.replies import Replies
from assistant.safety import help_values

ROOT = Path(__file__).resolve().parents[1]
GOOD = "---\nread_by: pipeline\nwhen: a test\n---\nOne line for $place.\n\n  And another, for $place and $drc.  \n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "replies").mkdir()
    (tmp_path / "replies/good.md").write_text(GOOD, "utf-8")
    return tmp_path


def test_a_reply_is_its_paragraphs_with_every_name_filled(folder):
    reply = Replies(folder)["good"]
    assert (reply.name, reply.when) == ("good", "a test")
    filled = reply.fill(place="Ohio", drc="Call 1", unused="x")
    assert filled == ("One line for Ohio.", "And another, for Ohio and Call 1.")


def test_a_name_that_nobody_fills_is_an_error_that_lists_all(folder):
    with pytest.raises(ContentError) as caught:
        Replies(folder)["good"].fill()
    assert str(caught.value) == "prompts/replies/good.md:0: variables: no value for drc, place"


def test_a_value_is_never_filled_again(folder):
    first, _ = Replies(folder)["good"].fill(place="$drc", drc="secret")
    assert first == "One line for $drc."


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Just words.\n", "header"),
        ("---\nread_by: x\nwhen: y\nWords.\n", "header"),
        ("---\nread_by: x\n---\nWords.\n", "header"),
        ("---\nread_by: x\nwhen: y\ntone: warm\n---\nWords.\n", "header"),
        ("---\n- read_by\n- when\n---\nWords.\n", "header"),
        ("---\nread_by: [x\nwhen: y\n---\nWords.\n", "header"),
        ("---\nread_by: x\nwhen: y\n---\n\n  \n", "text"),
        ("", "header"),
    ],
    ids=["no header", "unfinished", "missing key", "unknown key", "a list", "broken YAML", "no words", "empty"],
)
def test_a_broken_reply_is_named(folder, text, field):
    (folder / "replies/bad.md").write_text(text, "utf-8")
    with pytest.raises(ContentError) as caught:
        Replies(folder)
    assert [(p.file, p.line, p.field) for p in caught.value.problems] == [("prompts/replies/bad.md", 1, field)]
    assert "\n" not in str(caught.value)


def test_every_broken_reply_is_named_at_once(folder):
    for name in ("bad", "worse"):
        (folder / f"replies/{name}.md").write_text("no header", "utf-8")
    with pytest.raises(ContentError) as caught:
        Replies(folder)
    assert {p.file for p in caught.value.problems} == {"prompts/replies/bad.md", "prompts/replies/worse.md"}


def test_an_unknown_name_is_a_missing_file(folder):
    replies = Replies(folder)
    assert replies.names() == ["good"]
    with pytest.raises(ContentError, match=r"prompts/replies/nowhere\.md:0: file: missing"):
        replies["nowhere"]


def test_every_reply_that_the_code_names_is_there():
    """A name in the code without its file would only show when it is said."""
    code = "\n".join(file.read_text("utf-8") for file in (ROOT / "assistant").rglob("*.py"))
    named = set(re.findall(r'replies\["(\w+)"\]|\.reply\(\s*Status\.\w+,\s*"(\w+)"', code))
    names = {a or b for a, b in named}
    assert len(names) >= 8
    assert names <= set(Replies(ROOT / "prompts").names())


def test_help_lines_carry_their_number_and_the_date_it_was_read(knowledge):
    values = help_values(knowledge.helplines)
    assert values["emergency"] == "Call 911" and "988" in values["lifeline"]
    assert {f"{name}_as_of" for name in values if not name.endswith("_as_of")} <= set(values)
    assert help_values(()) == {}
