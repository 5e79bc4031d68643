"""The page as a family meets it: a real server process, a real browser, nothing from another address."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from browsing import get_json

TRUANCY = "My child has anxiety and the school sent us a truancy letter. What should I do?"
PASSAGE = "/passages/truancy-letter-arrived.what-it-means"


def ask(page, text=TRUANCY):
    """Send a message; the links that stand behind the sentences of the answer."""
    answers = page.locator("#chat .ds-sources").count()
    page.fill("#box textarea", text)
    page.click("#send")
    page.locator("#chat .ds-sources").nth(answers).wait_for()
    return page.locator("#chat .ds-answer").last.locator("a.ds-cite")


def too_low(page):
    """Visible buttons under 44 px."""
    return page.evaluate("""() => [...document.querySelectorAll('button, .ds-copy, [role=tab]')]
        .filter(e => e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().width)
        .map(e => [e.textContent.trim(), e.getBoundingClientRect().height]).filter(([_, h]) => h < 44)""")


def test_a_question_is_answered_with_its_sources(visit):
    page = visit()
    links = ask(page)
    assert links.count() >= 2
    assert page.locator("#chat .ds-answered").count() == 1
    rows = page.locator("#chat .ds-sources li").all()
    numbers = [int(n) for row in rows for n in row.locator("strong").inner_text().split(", ")]
    assert sorted(numbers) == list(range(1, links.count() + 1)), "each number stands beside its page, once"
    heard = page.get_by_role("link", name=re.compile(r"^Source 1\b.+\. Opens the passage\.$"))
    assert heard.count() == 1, "a screen reader hears more than a number"
    assert page.locator("#chat .ds-said").inner_text() == TRUANCY
    assert page.input_value("#box textarea") == ""


def test_a_number_opens_the_passage_with_the_quote_marked(visit, address):
    page = visit()
    links = ask(page)
    for link in (links.first, links.last):
        link.click()
        mark = page.locator("dialog[open] mark")
        mark.wait_for()
        parts = urlsplit(link.get_attribute("href"))
        statements = get_json(address + parts.path)["statements"]
        (quote,) = [s["text"] for s in statements if s["id"].endswith(f".{parts.fragment}")]
        assert mark.inner_text() == quote
        assert quote in link.locator("xpath=..").inner_text(), "what is marked is what was said"
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog[open]", state="detached")
        assert link.evaluate("link => link === document.activeElement"), "focus goes back to the number"


def test_the_keyboard_opens_and_closes_the_passage(visit):
    page = visit()
    link = ask(page).first
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] mark")
    assert page.evaluate("document.activeElement.textContent") == "Close"
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]", state="detached")
    assert link.evaluate("link => link === document.activeElement")


def test_a_source_in_the_list_opens_too_and_has_an_address(visit, address):
    page = visit()
    ask(page)
    source = page.locator("#chat .ds-sources a.ds-open").first
    source.click()
    title = page.locator("dialog[open] h2").inner_text()
    assert title.startswith(source.inner_text())
    href = page.get_by_role("link", name="Open as a page").get_attribute("href")
    page.goto(address + href)
    assert page.locator("h1").inner_text() in title and page.locator("li:target").count() == 1


def test_a_suggestion_gives_a_second_answer(visit):
    page = visit()
    ask(page)
    button = page.locator("#next button >> visible=true").first
    title = button.inner_text()
    button.click()
    page.locator("#chat .ds-sources").nth(1).wait_for()
    assert page.locator("#chat .ds-said").all_inner_texts() == [TRUANCY, title]
    page.click("#start-over")
    page.wait_for_selector("#chat .ds-said", state="detached")


def test_danger_shows_the_line_to_call(visit):
    page = visit()
    page.fill("#box textarea", "my son says he wants to kill himself")
    page.click("#send")
    page.wait_for_selector("#chat .ds-crisis >> text=988")
    assert "911" in page.locator("#chat .ds-crisis").inner_text()
    assert page.locator("#chat a.ds-cite").count() == 0


def test_what_is_typed_stays_text(visit):
    page = visit()
    text = (
        '<img src=x onerror="alert(1)"> ![p](http://evil.example/p.png) [a](javascript:alert(1)) **b** truancy letter?'
    )
    page.fill("#box textarea", text)
    page.click("#send")
    said = page.locator("#chat .ds-said")
    assert said.inner_text() == text and said.locator("*").count() == 0
    assert page.locator("#chat img[src*=evil], #chat a[href^=javascript]").count() == 0


def test_leaving_ends_at_a_neutral_page_and_back_shows_nothing(visit, address):
    page = visit(path=PASSAGE)
    page.goto(address)
    ask(page)
    page.click("#leave")
    page.wait_for_url("**/leave")
    assert page.title() == "Notes" and "truancy" not in page.content()
    page.go_back()
    assert urlsplit(page.url).path == PASSAGE
    page.goto(address)
    page.wait_for_selector("#next button >> visible=true")
    assert page.locator(".ds-said").count() == 0


def test_the_look_up_tab_leads_to_the_desk_and_keeps_the_talk(visit, address):
    page = visit()
    ask(page)
    page.get_by_role("tab", name="Look up").click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the desk").click()
    opened.value.wait_for_selector("#q")
    assert urlsplit(opened.value.url).path == "/lookup"
    assert page.locator("#chat .ds-said").count() == 1, "the conversation is still there"


def test_on_a_phone_everything_fits(visit):
    page = visit(390, 844)
    ask(page)
    sideways = "document.documentElement.scrollWidth > innerWidth"
    assert not page.evaluate(sideways)
    assert page.locator("#chat").bounding_box()["x"] <= 12
    for place in (0, 400):
        page.evaluate("y => scrollTo(0, y)", place)
        box = page.locator("#send").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 844, "the composer is always on the screen"
    page.locator("a.ds-cite").first.click()
    dialog = page.wait_for_selector("dialog[open]:has(mark)").bounding_box()
    assert abs(dialog["y"] + dialog["height"] - 844) <= 1 and dialog["width"] == 390
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Look up").click()
    assert page.get_by_role("link", name="Open the desk").is_visible()
    assert not page.evaluate(sideways)


@pytest.mark.parametrize("width", [390, 1200])
def test_every_button_can_be_hit_with_a_thumb(visit, width):
    page = visit(width, 844)
    low = too_low(page)
    link = ask(page).first
    low += too_low(page)
    link.click()
    page.wait_for_selector("dialog[open] mark")
    low += too_low(page)
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Look up").click()
    page.get_by_role("link", name="Open the desk").wait_for()
    assert not low + too_low(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier_is_found(visit, address, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(scheme=scheme)
    found = {}

    def examine(where):
        got = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response
        assert got["passes"]
        found.update({f"{where}: {v['id']}": [n["html"][:120] for n in v["nodes"]] for v in got["violations"]})

    examine("start")
    link = ask(page).first
    page.wait_for_selector("#next button >> visible=true")
    examine("answered")
    link.click()
    page.wait_for_selector("dialog[open] mark")
    examine("dialog")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Look up").click()
    page.get_by_role("link", name="Open the desk").wait_for()
    examine("look up")
    page.goto(address + PASSAGE)
    examine("passage")
    assert not found
