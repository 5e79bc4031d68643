# ruff: noqa: E501 - a row of a table is one line
"""Every guide, letter and date as content: each under its own test id, every way through it walked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assistant.errors import Problem
from assistant.guide import draw, paths
from assistant.guide_check import MAX_QUESTIONS, check_guides, count, walks
from assistant.guide_reading import load_guides
from assistant.guided import Guided
from assistant.hearing import Ears
from assistant.letters import Letter
from assistant.phrases import Phrases
from assistant.plan import letters_of, plan_of
from assistant.records import Answer, Status
from assistant.session import load, replay, save

ROOT = Path(__file__).resolve().parents[1]
SLUGS = sorted(f.parent.name for f in (ROOT / "knowledge/guides").glob("*/guide.yaml"))
LETTERS = sorted(f.stem for f in (ROOT / "knowledge/letters").glob("*.md"))
TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def guides(knowledge):
    return load_guides(ROOT, knowledge)


@pytest.fixture(scope="module")
def problems(guides):
    """On each file's own review day; that no review is overdue today is told by `doorstep guide check`."""
    newest = max(g.reviewed for g in guides.by_slug.values())
    return check_guides(guides, date.fromisoformat(newest))


@pytest.mark.parametrize("slug", SLUGS)
def test_guide_holds(problems, slug):
    assert [str(p) for p in problems if f"/guides/{slug}" in p.file] == []


@pytest.mark.parametrize("letter", LETTERS)
def test_letter_holds(problems, letter):
    assert [str(p) for p in problems if p.file.endswith(f"/{letter}.md")] == []


@pytest.mark.parametrize("slug", SLUGS)
def test_every_walk_ends_with_a_plan(guides, slug):
    guide = guides[slug]
    met_steps, met_endings, met_options = set(), set(), set()
    for walk in walks(guide):
        assert len(walk.place.path) <= MAX_QUESTIONS, walk.answers
        assert walk.place.step is None and walk.place.ending is not None
        plan = plan_of(guides, guide, walk.session, TODAY)
        assert any(s.name == "today" and s.items for s in plan.sections), walk.answers
        letters_of(guides, guide, walk.session, TODAY)
        met_steps |= set(walk.place.path)
        met_endings.add(walk.place.ending.id)
        met_options |= {(k, o) for k, v in walk.answers for o in (v if isinstance(v, tuple) else (v,))}
    assert met_steps == set(guide.step_by_id)
    assert met_endings == set(guide.ending_by_id)
    assert {(s.id, o.id) for s in guide.steps for o in s.options} <= met_options


@pytest.mark.parametrize("slug", SLUGS)
def test_every_walk_saves_and_opens(guides, slug):
    for walk in walks(guides[slug]):
        opened = load(save(walk.session), guides.by_slug)
        assert opened.session == walk.session
        assert replay(guides[slug], opened.session) == walk.place


@pytest.mark.parametrize("slug", SLUGS)
def test_every_walk_can_be_pressed(guides, slug):
    """The buttons that a card shows lead where the data says, to the review page and to the plan."""
    guided = Guided(
        guides, Phrases(ROOT / "prompts"), Ears(), lambda t, _: Answer(t, Status.NO_MATCH, ()), lambda t: False, lambda: TODAY
    )  # fmt: skip
    for walk in walks(guides[slug])[:40]:
        shown = guided.open(slug)
        for step_id, value in walk.answers:
            assert shown.card.step == step_id
            if value is None:
                shown = guided.press(shown.state, "skip")
            elif shown.card.choices and not isinstance(value, tuple):
                assert f"option:{value}" in {c.press for c in shown.card.choices}
                shown = guided.press(shown.state, f"option:{value}")
            else:
                kind = "options" if isinstance(value, tuple) else "value"
                shown = guided.press(shown.state, f"{kind}:{','.join(value) if isinstance(value, tuple) else value}")
        assert shown.review
        assert guided.press(shown.state, "yes").outcome.plan == plan_of(guides, guides[slug], walk.session, TODAY)


@pytest.mark.parametrize("slug", SLUGS)
def test_everything_said_has_its_source(guides, slug):
    guide = guides[slug]
    lines = [line for s in guide.steps for line in (*s.why, *(o.note for o in s.options if o.note))]
    lines += [line for e in guide.endings for line in e.say]
    lines += [line for i in guide.items for line in (i.line, i.why) if line is not None]
    assert all(line.statements and set(line.statements) <= set(guides.said) for line in lines)
    assert all(s.why for s in guide.steps)


@pytest.mark.parametrize("slug", SLUGS)
def test_an_answer_as_it_is_shown_is_heard(guides, slug):
    """Typing a button's own words, or its place in the list, chooses it."""
    ears = Ears()
    for step in guides[slug].steps:
        for n, option in enumerate(step.options, 1):
            expected = (option.id,) if step.kind == "several" else option.id
            for text in (option.label, f"{n}"):
                found = ears.hear(guides[slug], step, text, [], TODAY).values.get(step.id)
                other = any(text in (o.label.lower(), *o.also) for o in step.options if o is not option)
                assert found == expected or other, (step.id, text)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_map_can_be_drawn(guides, slug):
    text = draw(guides[slug])
    assert text.startswith("flowchart TD\n")
    for step in guides[slug].steps:
        assert f"n_{step.id.replace('-', '_')}[" in text
    assert all(row.count('"') % 2 == 0 for row in text.splitlines())


def test_counts_agree(guides):
    for c in count(guides):
        guide = guides[c.slug]
        assert c.longest == max(len(p) - 1 for p in paths(guide)) <= MAX_QUESTIONS
        assert c.steps == len(guide.steps) and c.walks >= len(guide.endings)


# The checker itself can fail


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reviewed": "2020-01-01", "review_due": "2020-07-01"}, "reviewed"),
        ({"reviewed": "2099-01-01"}, "reviewed"),
        ({"invite": ("he wont get out of bed and the bus comes in ten minutes",)}, "invite"),
        ({"items": ()}, "today"),
    ],
)
def test_the_checker_finds(guides, change, field):
    bad = replace(guides["truancy-letter"], **change)
    found = check_guides(replace(guides, by_slug={**guides.by_slug, "truancy-letter": bad}), TODAY, "truancy-letter")
    assert field in {p.field for p in found}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("The case will be dismissed, so ignore the letter.", "promise"),
        ("Call 555-123-4567 for help with the letter.", "phone"),
        ("Notwithstanding administrative determinations, unconscionable bureaucratic idiosyncrasies necessitate circumspection. " * 30, "reading grade"),
    ],
)  # fmt: skip
def test_the_checker_reads_words(guides, text, field):
    guide = guides["truancy-letter"]
    step = replace(guide.steps[0], why=(replace(guide.steps[0].why[0], text=text),))
    bad = replace(guide, steps=(step, *guide.steps[1:]))
    found = check_guides(replace(guides, by_slug={"truancy-letter": bad}), TODAY, "truancy-letter")
    assert field in {p.field for p in found}


def test_an_overdue_letter_is_named(guides):
    late: Letter = replace(guides.letters["truancy-reply"], review_due="2026-01-01")
    found: list[Problem] = check_guides(replace(guides, letters={**guides.letters, "truancy-reply": late}), TODAY)
    assert [p.field for p in found if p.file.endswith("truancy-reply.md")] == ["reviewed"]


def test_the_font_is_bundled_with_its_licence():
    fonts = ROOT / "assistant/fonts"
    assert {f.name for f in fonts.iterdir()} == {"DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "LICENSE.txt"}
    assert "Bitstream Vera Fonts Copyright" in (fonts / "LICENSE.txt").read_text(encoding="utf-8")


def test_the_maps_in_the_documentation_are_those_of_the_guides(guides):
    page = (ROOT / "docs/guides.md").read_text(encoding="utf-8")
    for guide in guides.by_slug.values():
        assert draw(guide).rstrip() in page, f"{guide.slug}: doorstep guide draw > docs/guides.md"
