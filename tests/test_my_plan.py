"""The My plan tab without a browser: what it shows, what is put into letters, and what can be taken away."""

from __future__ import annotations

import io
import json
from datetime import date
from zipfile import ZipFile

import pytest

from assistant.deadlines import Break
from assistant.errors import InputError
from assistant.service import build
from assistant.web.conversations import Conversations
from assistant.web.guiding import Guiding
from assistant.web.my_plan import PlanTab, breaks_in
from assistant.web.talk import Talk

TODAY = date(2026, 11, 24)
NASTY = '=HYPERLINK("http://evil.example") <img src=x onerror=alert(1)>'


@pytest.fixture(scope="module")
def guiding(settings):
    return Guiding(build(settings, warm=False))


@pytest.fixture
def kept():
    return Conversations()


@pytest.fixture
def tab(kept, guiding):
    return PlanTab(kept, guiding)


@pytest.fixture
def finished(kept, guiding):
    """The id of a conversation whose truancy guide is finished, all by skipping but two answers."""
    talk = Talk(guiding._assistant, kept, guiding)
    label = next(b.label for b in talk.guiding.starts() if b.value == "truancy-letter")
    screen = list(talk.click(label, None))[-1]
    for reply in ("a first letter that says truant", "Nov 3", "Yes, an IEP"):
        screen = list(talk.send(reply, screen.id))[-1]
    while "ds-review" not in screen.chat[-1]["content"]:
        screen = list(talk.click("Skip", screen.id))[-1]
    return list(talk.click("Yes, make my plan", screen.id))[-1].id


def token(kept, id_):
    return kept.get(id_).token


def test_before_a_guide_is_finished_there_is_no_plan(tab, kept):
    assert "No plan yet" in tab.html(None) and tab.letters(None) == () and tab.paper(None, "truancy-reply") is None
    assert tab.fill(None, "truancy-reply", {"child": "Ana"})
    assert tab.take("no-such-token", "plan.docx") is None


def test_the_plan_has_sources_and_ways_to_take_it(tab, finished, kept):
    shown = tab.html(finished)
    assert shown.count('class="ds-cite"') > 10 and "ds-checks" in shown
    for name in ("plan.html", "plan.docx", "plan.pdf", "plan.txt", "dates.ics", "answers.json"):
        assert f'href="/take/{token(kept, finished)}/{name}"' in shown
        data, media = tab.take(token(kept, finished), name)
        assert data and media
    assert finished not in shown, "the id of the conversation is in no address"


def test_every_letter_is_shown_with_sources_beside_its_paragraphs_and_its_blanks(tab, finished):
    letters = tab.letters(finished)
    assert {"truancy-reply", "records-request"} <= {i for _, i in letters}
    for _, letter in letters:
        paper = tab.paper(finished, letter)
        body = paper.html.partition("<hr>")[0]
        assert "ds-cite" in body and "[____]" in body.replace("&#91;", "[").replace("&#95;", "_").replace("&#93;", "]")
        assert paper.fields


def test_words_put_into_a_letter_stand_in_it_and_in_what_is_taken(tab, finished, kept):
    assert tab.fill(finished, "truancy-reply", {"child": "Åsa Ñuñez 王", "school": NASTY, "notice_date": "Nov 4"}) == ""
    paper = tab.paper(finished, "truancy-reply")
    assert "Åsa Ñuñez 王" in paper.html and "<img" not in paper.html and "November 4, 2026" in paper.html
    data, _ = tab.take(token(kept, finished), "truancy-reply.docx")
    words = ZipFile(io.BytesIO(data)).read("word/document.xml").decode()
    assert "Åsa Ñuñez 王" in words and "&lt;img" in words
    page, media = tab.take(token(kept, finished), "truancy-reply.html")
    assert media.startswith("text/html") and b"<img" not in page and "Åsa".encode() in page


def test_a_day_that_is_none_is_said_and_the_rest_is_kept(tab, finished):
    wrong = tab.fill(finished, "truancy-reply", {"child": "Ana", "notice_date": "31/02", "nope": "x"})
    assert "31/02" in wrong and "Date on the notice" in wrong
    assert dict((f.id, v) for f, v in tab.paper(finished, "truancy-reply").fields)["child"] == "Ana"


@pytest.mark.parametrize("name", ["plan.exe", "nope.pdf", "../plan.pdf", "plan", ".pdf", "log.csv", "PLAN.PDF"])
def test_what_cannot_be_taken(tab, finished, kept, name):
    assert tab.take(token(kept, finished), name) is None


def test_answers_are_taken_before_the_guide_is_finished(tab, kept, guiding):
    talk = Talk(guiding._assistant, kept, guiding)
    label = next(b.label for b in guiding.starts() if b.value == "this-morning")
    screen = list(talk.click(label, None))[-1]
    data, media = tab.take(token(kept, screen.id), "answers.json")
    assert json.loads(data) and media == "application/json"
    assert f"/take/{token(kept, screen.id)}/answers.json" in screen.chat[-1]["content"]


def test_the_log_keeps_rows_and_gives_them_safely(tab, finished, kept):
    assert tab.add_to_log(finished, ["", " ", "", ""]) and tab.add_to_log(None, ["x"] * 4)
    assert tab.add_to_log(finished, ["Nov 3", NASTY, "the office", "=1+1"]) == ""
    shown = tab.log_html(finished)
    assert "the office" in shown and "<img" not in shown
    data, _ = tab.take(token(kept, finished), "log.csv")
    assert "\"'=HYPERLINK" in data.decode("utf-8-sig") and '"\'=1+1"' in data.decode("utf-8-sig")
    assert tab.take(token(kept, finished), "log.pdf")[0].startswith(b"%PDF")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None),
        ("Nov 25 to Nov 27", (Break(date(2026, 11, 25), date(2026, 11, 27)),)),
        ("12/21/2026 through 1/8/2027", (Break(date(2026, 12, 21), date(2027, 1, 8)),)),
        ("Nov 25; 2026-12-21 to 2027-01-01", (Break(date(2026, 11, 25), date(2026, 11, 25)),
                                               Break(date(2026, 12, 21), date(2027, 1, 1)))),
    ],
)  # fmt: skip
def test_school_breaks_are_read_as_typed(text, found):
    assert breaks_in(text, TODAY) == found


@pytest.mark.parametrize("text", ["winter", "1/8/2027 to 12/21/2026", "31/02/2027", "Nov 25 to Nov 26 to Nov 27"])
def test_breaks_that_cannot_be_read_are_named(text, tab, finished):
    with pytest.raises(InputError, match=r"expected a day|ends before"):
        breaks_in(text, TODAY)
    assert text[:10] in tab.set_breaks(finished, text)


def test_a_known_break_moves_a_date(tab, finished):
    before = tab.html(finished)
    assert tab.set_breaks(finished, "Nov 25, 2026 to Jan 10, 2027") == ""
    assert tab.html(finished) != before
