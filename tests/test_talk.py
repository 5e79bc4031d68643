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
from assistant.web.conversations import Conversations, Entry, Talked
from assistant.web.desk import passage_page
from assistant.web.desk_view import result_values
from assistant.web.drawing import draw
from assistant.web.guiding import Guiding
from assistant.web.render import answer_html, said_html
from assistant.web.talk import Talk

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


@pytest.fixture(scope="module")
def guiding(assistant):
    return Guiding(assistant)


@pytest.fixture
def talk(assistant, guiding):
    return Talk(assistant, Conversations(), guiding)


def last(screens):
    """The screen that stays."""
    return list(screens)[-1]


def labels(screen):
    return [b.label.partition("\n")[0] for b in screen.buttons]


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
    assert "Looking it up" in steps[0].chat[-1]["content"]
    shown = [plain(step.chat[-1]["content"]) for step in steps[1:]]
    assert len(shown) > 2 and all(b.startswith(a) for a, b in zip(shown, shown[1:], strict=False))
    end = steps[-1]
    assert steps[0].box == "" and all(step.box is None for step in steps[1:]), "what is typed meanwhile stays"
    assert "ds-sources" in end.chat[-1]["content"] and 'class="ds-cite"' in end.chat[-1]["content"]
    assert [m["role"] for m in end.chat] == ["user", "assistant"] and end.chat == talk.history(end.id)
    assert end.buttons


def test_the_guide_that_fits_is_offered_under_an_answer(talk, guiding):
    end = last(talk.send(TRUANCY, None))
    assert end.buttons[0].does == "guide" and end.buttons[0].value in guiding.guides.by_slug
    opened = last(talk.click(end.buttons[0].label, end.id))
    assert "ds-question" in opened.chat[-1]["content"] and opened.hint


def test_where_nothing_fits_the_place_to_begin_is_offered_but_not_in_danger(talk):
    unsure = last(talk.send("write me a python script that scrapes zillow", None))
    assert unsure.buttons[0].value == "start-here"
    danger = last(talk.send("my daughter says she wants to die", None))
    assert all(b.does != "guide" for b in danger.buttons)


def test_too_long_a_message_stays_in_the_box(talk):
    message = "he will not go " * (MAX_CHARS // 15 + 1)
    end = last(talk.send(message, None))
    assert end.box == message and "4,000 characters" in end.chat[-1]["content"] and not talk.history(end.id)


def test_nothing_typed_is_no_turn(talk):
    (end,) = talk.send("   ", None)
    assert end.box == "" and len(end.chat) == 1 and not talk.history(end.id) and end.buttons


def test_danger_does_not_wait_for_the_encoder(cold):
    end = last(Talk(cold, Conversations(), Guiding(cold)).send("my daughter says she wants to die", None))
    assert not cold.ready.is_set() and "988" in end.chat[-1]["content"] and "ds-crisis" in end.chat[-1]["content"]


def test_forgetting_leaves_nothing(talk):
    id_ = last(talk.send("my daughter says she wants to die", None)).id
    assert talk.history(id_)
    empty = talk.forget(id_)
    assert (empty.chat, empty.box, empty.id) == ((), "", None) and talk.history(id_) == ()


# Guides in Talk


def through(talk, slug, *replies):
    """Open a guide and give it replies, typed; the last screen."""
    title = talk.guiding.guides[slug].title
    start = last(talk.click(next(b.label for b in all_guides(talk) if b.value == slug), None))
    assert start.chat[0]["content"].count(title)
    screen = start
    for reply in replies:
        screen = last(talk.send(reply, screen.id))
    return screen


def all_guides(talk):
    return [b for b in (*talk.guiding.starts(), *talk.guiding.others()) if b.does == "guide"]


@pytest.fixture
def talk_of_all(assistant, guiding):
    """A Talk whose first screen offers every guide."""
    talk = Talk(assistant, Conversations(), guiding)
    talk.starts = lambda: tuple(all_guides(talk))
    return talk


def test_every_guide_is_offered_in_words_of_its_own(talk, guiding):
    offered = [b.value for b in all_guides(talk)]
    assert sorted(offered) == sorted(guiding.guides.by_slug)
    more = last(talk.click("More guided conversations", None))
    first = [b.value for b in talk.starts() if b.does == "guide"]
    assert sorted(first + [b.value for b in more.buttons]) == sorted(offered)


def test_a_guide_is_pressed_and_typed_through_to_its_plan(talk_of_all):
    screen = through(talk_of_all, "this-morning", "still in bed")
    while "ds-review" not in screen.chat[-1]["content"]:
        assert screen.buttons and screen.ways, "every question can be answered by a button, and left"
        screen = last(talk_of_all.click(screen.buttons[0].label, screen.id))
    done = last(talk_of_all.click("Yes, make my plan", screen.id))
    assert labels(done)[0] == "Open my plan" and not done.ways
    assert last(talk_of_all.click("Open my plan", done.id)).plan


def test_a_question_in_the_middle_is_answered_and_the_step_stays_open(talk_of_all):
    before = through(talk_of_all, "truancy-letter", "a first letter")
    after = last(talk_of_all.send("can they fine me for this?", before.id))
    assert "ds-cite" in after.chat[-1]["content"] and "ds-question" in after.chat[-1]["content"]
    assert after.buttons == before.buttons
    assert len(talk_of_all.conversations.get(after.id).turns) == 1, "a follow-up knows what was asked"


def test_danger_in_a_guide_comes_first_and_the_step_stays_open(talk_of_all):
    after = last(talk_of_all.send("he says he wants to die", through(talk_of_all, "truancy-letter").id))
    shown = after.chat[-1]["content"]
    assert shown.index("988") < shown.index("ds-question") and "ds-crisis" in shown


def test_a_button_of_another_screen_is_words(talk_of_all):
    id_ = through(talk_of_all, "this-morning").id
    state = talk_of_all.conversations.get(id_).state
    screen = last(talk_of_all.click("press:undo", id_))
    assert talk_of_all.conversations.get(id_).state.session == state.session and screen.chat[-2]["role"] == "user"


def test_leaving_a_guide_and_going_on(talk_of_all):
    id_ = through(talk_of_all, "this-morning", "in bed").id
    left = last(talk_of_all.click("Leave the guide", id_))
    asked = last(talk_of_all.send(TRUANCY, id_))
    assert labels(left)[0] == labels(asked)[0] == "Go on with: This morning, right now"
    on = last(talk_of_all.click(labels(asked)[0], id_))
    assert "ds-question" in on.chat[-1]["content"] and on.ways


def test_several_answers_are_taken_at_once(talk_of_all):
    screen = through(talk_of_all, "truancy-letter")
    while not screen.several:
        screen = last(talk_of_all.click("Skip", screen.id))
    ids = [i for _, i in screen.several][:2]
    step = talk_of_all.guiding.guided.show(talk_of_all.conversations.get(screen.id).state).card.step
    screen = last(talk_of_all.choose([*ids, "no-such-option"], screen.id))
    assert talk_of_all.conversations.get(screen.id).state.session.answers[step] == tuple(ids)


def test_a_saved_guide_is_taken_up_in_another_conversation(talk_of_all):
    screen = through(talk_of_all, "this-morning", "in bed")
    saved = talk_of_all.guiding.guided.saved(talk_of_all.conversations.get(screen.id).state)
    other = talk_of_all.open_saved(saved, None)
    assert other.id != screen.id and other.buttons == screen.buttons


# What is remembered


def entry(words):
    return Entry(words, Turn(words, words))


def test_conversations_never_cross():
    kept = Conversations()
    a, b = kept.open(), kept.open()
    kept.change(a, lambda t: t.then(entry("said by a")))
    assert [t.said for t in kept.get(a).turns] == ["said by a"] and kept.get(b) == Talked()
    kept.forget(b)
    assert kept.get(a).turns and kept.get("") == kept.get("another") == Talked()


def test_ids_and_tokens_cannot_be_guessed():
    kept = Conversations()
    ids = {kept.open() for _ in range(500)}
    ids |= {kept.change(i, lambda t: t).token for i in ids}
    assert len(ids) == 1000 and min(map(len, ids)) >= 32 and len({i[:6] for i in ids}) == 1000


def test_the_oldest_conversation_goes_first_and_silence_ends_one():
    kept = Conversations(most=2)
    for name in ("first", "second", "first", "third"):
        kept.change(name, lambda t, name=name: t.then(entry(name)))
    assert kept.get("second") == Talked() and len(kept.get("first").turns) == 2 and kept.get("third").turns
    silent = Conversations(seconds=-1.0)
    token = silent.change("x", lambda t: t.then(entry("x"))).token
    assert silent.get("x") == Talked() and silent.of_token(token) is None


def test_a_token_ends_with_its_conversation():
    kept = Conversations()
    token = kept.change("a", lambda t: t.then(entry("a"))).token
    assert kept.of_token(token) == kept.get("a")
    kept.forget("a")
    assert kept.of_token(token) is None and kept.of_token("") is None


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
