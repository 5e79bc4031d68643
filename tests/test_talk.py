"""The Talk tab and what the desk draws as plain functions, and what they make of hostile words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from assistant.desk import Look
from assistant.records import Turn
from assistant.service import build
from assistant.text import MAX_CHARS
from assistant.web.desk import passage_page
from assistant.web.desk_view import result_values
from assistant.web.drawing import draw
from assistant.web.render import answer_html, said_html
from assistant.web.talk import BUTTONS, Conversations, Talk

TRUANCY = "My child has anxiety and the school sent us a truancy letter. What should I do?"
NASTY = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![pixel](http://evil.example/p.png)",
    "[click](javascript:alert(1))",
    '" onmouseover="alert(1)',
    "`code` **bold** __under__ ~~gone~~ $x$ | a | b |",
    "&lt;b&gt; &#60;script&#62;",
)


@pytest.fixture(scope="module")
def cold(settings):
    """An assistant that has loaded its content, but neither encoder nor index."""
    return build(settings, warm=False)


@pytest.fixture
def talk(assistant):
    return Talk(assistant, Conversations())


class Tags(HTMLParser):
    """Tags with their attributes, and the text between them, as a browser would read them."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.text, self.attributes = set(), "", []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def plain(source):
    return re.sub(r"\s+", "", Tags(source).text)


def test_an_answer_grows_and_ends_with_its_sources(talk):
    steps = list(talk.send(TRUANCY, None))
    assert "Looking it up" in steps[0][0][-1]["content"]
    shown = [plain(chat[-1]["content"]) for chat, *_ in steps[1:]]
    assert len(shown) > 2 and all(b.startswith(a) for a, b in zip(shown, shown[1:], strict=False))
    chat, box, id_, buttons = steps[-1]
    assert box == "" and "ds-sources" in chat[-1]["content"] and 'class="ds-cite"' in chat[-1]["content"]
    assert [m["role"] for m in chat] == ["user", "assistant"] and chat == talk.history(id_)
    assert len(buttons) == BUTTONS and any(b["visible"] for b in buttons)


def test_too_long_a_message_stays_in_the_box(talk):
    message = "he will not go " * (MAX_CHARS // 15 + 1)
    chat, box, id_, _ = list(talk.send(message, None))[-1]
    assert box == message and "4,000 characters" in chat[-1]["content"] and not talk.history(id_)


def test_nothing_typed_is_no_turn(talk):
    ((chat, box, id_, buttons),) = talk.send("   ", None)
    assert box == "" and len(chat) == 1 and not talk.history(id_) and any(b["visible"] for b in buttons)


def test_danger_does_not_wait_for_the_encoder(cold):
    chat, *_ = list(Talk(cold, Conversations()).send("my daughter says she wants to die", None))[-1]
    assert not cold.ready.is_set() and "988" in chat[-1]["content"] and "ds-crisis" in chat[-1]["content"]


def test_forgetting_leaves_nothing(talk):
    *_, id_, _ = list(talk.send("my daughter says she wants to die", None))[-1]
    assert talk.history(id_)
    assert talk.forget(id_)[:3] == ([], "", None) and talk.history(id_) == []


def test_conversations_never_cross():
    kept = Conversations()
    a, b = kept.open(), kept.open()
    kept.add(a, Turn("said by a", "a"))
    assert [t.said for t in kept.turns(a)] == ["said by a"] and kept.turns(b) == ()
    kept.forget(b)
    assert kept.turns(a) and kept.turns("") == kept.turns("another") == ()


def test_ids_cannot_be_guessed():
    kept = Conversations()
    ids = {kept.open() for _ in range(500)}
    assert len(ids) == 500 and min(map(len, ids)) >= 32 and len({i[:6] for i in ids}) == 500


def test_the_oldest_conversation_goes_first_and_silence_ends_one():
    kept = Conversations(most=2)
    for name in ("first", "second", "first", "third"):
        kept.add(name, Turn(name, name))
    assert kept.turns("second") == () and len(kept.turns("first")) == 2 and kept.turns("third")
    silent = Conversations(seconds=-1.0)
    silent.add("x", Turn("x", "x"))
    assert silent.turns("x") == ()


# What comes out inert


def inert(source, tags):
    """Only our own tags and attributes, links to passages only, and nothing that Markdown would read."""
    read = Tags(source)
    assert read.tags <= tags, read.tags - tags
    assert {name for name, _ in read.attributes} <= {"class", "href", "aria-label", "value", "type", "role"}
    assert all(v.startswith("/passages/") for n, v in read.attributes if n == "href")
    assert not re.search(r"[\\`*_\[\]!|~$]", re.sub(r"<[^>]*>", "", source))
    return read.text


@pytest.mark.parametrize("text", NASTY)
def test_what_a_person_typed_is_only_text(text):
    assert inert(said_html(text), {"div"}) == text


@pytest.mark.parametrize("text", NASTY)
def test_what_a_document_says_is_only_text(assistant, text):
    answer = assistant.answer(TRUANCY)
    cited = replace(answer.citations[0], page_title=text, speaker=text, quote=text, passage_id=f'"><b>{text}')
    said = replace(answer.sentences[0], text=text, citations=(1,))
    shown = inert(
        answer_html(replace(answer, sentences=(said,), citations=(cited,))),
        {"div", "p", "span", "a", "ul", "li", "strong"},
    )
    assert shown.count(text) >= 3


@pytest.fixture(params=NASTY)
def nasty(request, knowledge):
    """A passage whose every word comes from a hostile document, and its text."""
    text = request.param
    source = replace(next(iter(knowledge.sources.values())), title=text, publisher=text, as_of=text, check_at=text)
    statement = replace(knowledge.passages[0].statements[0], id="lib.p1.s1", text=text, start=0, end=len(text))
    statement = replace(statement, references=(replace(statement.references[0], source=source, locator=text),))
    titles = {"page_title": text, "heading": text, "text": text, "library": text}
    return replace(knowledge.passages[0], id="lib.p1", page_id="lib", statements=(statement,), **titles), text


def test_a_looked_up_passage_is_only_text(assistant, nasty):
    passage, text = nasty
    desk = assistant.desk()
    found = desk.find(Look("truancy letter", 1), date.today())
    shown = replace(found, hits=(replace(found.hits[0], passage=passage),))
    values = result_values(desk, Look("truancy letter script", 1), shown)
    read = Tags(draw("desk_results.html", assistant.knowledge, "", "", date.today(), **values))
    assert not read.tags & {"script", "img", "b"} and "onmouseover" not in dict(read.attributes)
    assert read.text.count(text) >= 5


def test_a_passage_page_is_only_text(knowledge, nasty):
    passage, text = nasty
    read = Tags(passage_page(knowledge.with_library((passage,)), None, passage.id, "alert", date.today()))
    assert not read.tags & {"img", "b"} and "onmouseover" not in dict(read.attributes)
    assert [v for k, v in read.attributes if k == "src"] == ["/look/desk.js"]
    assert read.text.count(text) >= 5
