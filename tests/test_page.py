"""The page as a family meets it: a real server process, a real browser, nothing from another address."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest
from browsing import get_json, served

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
    button = page.locator("#next button >> visible=true").nth(1)  # the first opens a guide
    title = button.inner_text()
    button.click()
    page.locator("#chat .ds-sources").nth(1).wait_for()
    assert page.locator("#chat .ds-said").all_inner_texts() == [TRUANCY, title]
    page.click("#start-over")
    page.wait_for_selector("#chat .ds-said", state="detached")


# Guides


def start_guide(page, title):
    """Open a guide from the first screen."""
    page.get_by_role("button", name=title).first.click()
    page.wait_for_selector("#chat h3.ds-question")


def question(page):
    return page.locator("#chat h3.ds-question").last.inner_text()


def settled(page, before):
    """Wait until something other than `before` is at the end of the chat."""
    page.wait_for_function(
        "before => { const all = document.querySelectorAll('#chat .ds-guide');"
        " return all.length && all[all.length - 1].textContent !== before; }",
        arg=before,
    )


def latest(page):
    return page.locator("#chat .ds-guide").last.text_content()


def press(page, button):
    before = latest(page)
    button.click()
    settled(page, before)


def to_review(page):
    """Answer what is open with the first button, or leave it out, until the review; gives the questions."""
    asked = []
    while page.locator("#chat .ds-guide").last.locator(".ds-review").count() == 0:
        asked.append(question(page))
        assert len(asked) < 20
        several = page.locator("#several >> visible=true")
        if several.count():
            several.locator("label").first.click()
            press(page, page.locator("#several-done"))
        elif page.locator("#next button >> visible=true").count():
            press(page, page.locator("#next button >> visible=true").first)
        else:
            press(page, page.get_by_role("button", name="Skip", exact=True))
    return asked


def to_plan(page):
    press(page, page.get_by_role("button", name="Yes, make my plan"))
    page.get_by_role("button", name="Open my plan").click()
    page.wait_for_selector("#plan .ds-doc")


def taken(page, name):
    with page.expect_download() as download:
        page.locator(f"a.ds-take[href$='/{name}']").click()
    assert download.value.suggested_filename == name
    return download.value.path().read_bytes()


def test_a_guide_on_a_phone_with_a_question_in_the_middle_a_change_and_a_download(visit):
    page = visit(390, 844)
    start_guide(page, "A letter about missed school")
    press(page, page.get_by_role("button", name='A first letter that says "truant"'))
    open_one = question(page)
    page.fill("#box textarea", "can they put me in jail for this?")
    before = latest(page)
    page.click("#send")
    settled(page, before)
    assert question(page) == open_one, "the step is asked again"
    assert page.locator("#chat .ds-answer").last.locator("a.ds-cite").count() >= 2
    to_review(page)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    press(page, page.get_by_role("button", name="Change: the kind of paper"))
    press(page, page.get_by_role("button", name="A letter about a SARB or review board"))
    to_review(page)
    assert "a letter about a SARB" in page.locator("#chat .ds-review").last.inner_text().replace("A letter", "a letter")
    to_plan(page)
    shown = page.locator("#plan .ds-doc").inner_text()
    assert "SARB" in shown and not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    text = taken(page, "plan.txt").decode()
    first = page.locator("#plan .ds-checks li").first.inner_text().split("\n")[0].split(" Why")[0]
    words = re.sub(r"Source|\d|:.*", "", first).split()[:6]
    assert " ".join(words) in " ".join(text.split()), "what is taken is what is shown"
    assert b"BEGIN:VCALENDAR" in taken(page, "dates.ics")


def test_a_guide_by_keyboard_goes_from_question_to_question(visit):
    page = visit(390, 844)
    start_guide(page, "This morning, right now")
    for _ in range(3):
        assert page.evaluate("document.activeElement.className") == "ds-question", "the new question has the focus"
        before = latest(page)
        page.keyboard.press("Tab")
        while page.evaluate("!document.activeElement.closest('#next')"):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        settled(page, before)
    press(page, page.get_by_role("button", name="Go back"))
    press(page, page.get_by_role("button", name="Why do you ask?"))
    assert "Why I ask" in latest(page)
    to_review(page)
    to_plan(page)
    assert taken(page, "plan.pdf").startswith(b"%PDF")


def test_answers_saved_in_a_file_are_taken_up_on_another_day(visit, tmp_path):
    page = visit(390, 844)
    page.get_by_role("button", name="More guided conversations").click()
    start_guide(page, "What to ask the school for")
    for _ in range(3):
        press(page, page.locator("#next button >> visible=true").first) if not page.locator(
            "#several >> visible=true"
        ).count() else press(page, page.get_by_role("button", name="Skip", exact=True))
    asked = question(page)
    with page.expect_download() as download:
        page.locator("a.ds-keep").click()
    file = tmp_path / "answers.json"
    file.write_bytes(download.value.path().read_bytes())
    other = visit(390, 844)
    other.get_by_role("tab", name="My plan").click()
    other.get_by_text("Go on with answers you saved").click()
    other.set_input_files("#ds-file", file)
    other.get_by_text("Opened. Go on in Talk.").wait_for()
    other.get_by_role("tab", name="Talk").click()
    assert question(other) == asked
    to_review(other)
    to_plan(other)
    letters = other.locator("#letters label").all_inner_texts()
    assert letters and other.locator("#letter .ds-doc").is_visible()
    box = other.get_by_label("Name of the school")
    box.first.fill("Lincoln School")
    other.get_by_role("button", name="Put these words into the letter").click()
    other.locator("#letter >> text=Lincoln School").first.wait_for()


def test_a_file_that_is_none_is_one_line(visit, tmp_path):
    page = visit()
    page.get_by_role("tab", name="My plan").click()
    page.get_by_text("Go on with answers you saved").click()
    file = tmp_path / "answers.json"
    for words in ('{"doorstep": 1, "guide": "no-such-guide"', "<script>alert(1)</script>"):
        file.write_text(words)
        page.set_input_files("#ds-file", file)
        note = page.locator("#saved-note p")
        note.wait_for()
        assert len(note.inner_text()) < 300 and "Traceback" not in note.inner_text()


def test_keeping_answers_in_the_browser_is_the_parents_choice(visit):
    page = visit()
    start_guide(page, "This morning, right now")
    stored = "localStorage.getItem('doorstep-answers')"
    assert page.evaluate(stored) is None
    page.get_by_role("tab", name="My plan").click()
    page.get_by_text("Go on with answers you saved").click()
    page.check("#ds-keep")
    page.wait_for_function(f"() => {stored} !== null")
    page.get_by_role("button", name="Erase them").click()
    assert page.evaluate(stored) is None


def test_danger_shows_the_line_to_call(visit):
    page = visit()
    page.fill("#box textarea", "my son says he wants to kill himself")
    page.click("#send")
    page.wait_for_selector("#chat .ds-crisis >> text=988")
    assert "911" in page.locator("#chat .ds-crisis").inner_text()
    assert page.locator("#chat a.ds-cite").count() == 0


def test_too_many_questions_are_refused_kindly_and_nothing_typed_is_lost(browser, root, settings, tmp_path):
    with served(root, settings, tmp_path, DOORSTEP_ASKS_A_MINUTE="1", DOORSTEP_MODEL="/nonexistent") as address:
        page = browser.new_page()
        page.goto(address)
        page.wait_for_selector("#next button >> visible=true")
        ask(page)
        page.fill("#box textarea", "and if he will not get up?")
        page.click("#send")
        page.get_by_text("please wait a moment").wait_for()
        assert page.get_by_text("Call or text 988").count() >= 2, "in the bar and in the refusal"
        assert page.input_value("#box textarea") == "and if he will not get up?"
        page.close()


def test_private_details_are_noticed_before_sending_and_hidden_on_request(visit):
    page = visit()
    sent = []
    page.on("request", lambda r: sent.append(r.post_data or "") if r.method == "POST" else None)
    page.fill("#box textarea", "my son Jayden Parker will not go, call me at 818-555-0142")
    note = page.locator(".ds-private")
    note.get_by_text("a name and a phone number").wait_for()
    assert sent == [], "noticing sends nothing"
    note.get_by_role("button", name="Hide it").click()
    page.wait_for_function(
        "() => document.querySelector('#box textarea').value === 'my son [name] will not go, call me at [phone]'"
    )
    page.click("#send")
    page.wait_for_selector("#chat .ds-answer")
    assert page.locator("#chat .ds-said").inner_text() == "my son [name] will not go, call me at [phone]"
    assert not any("Jayden" in body or "0142" in body for body in sent)
    page.wait_for_function("() => !document.querySelector('.ds-private').textContent")
    page.fill("#box textarea", "he gets stomach aches before school")
    page.wait_for_timeout(600)
    assert note.inner_text() == ""


def test_the_browser_finds_what_the_program_finds(visit, address, root):
    """The same patterns run in both; a letter that one of them reads otherwise would hide another detail."""
    from assistant.private import Private, masked

    private = Private(root / "knowledge/private.yaml")
    cases = [json.loads(row)["text"] for row in (root / "tests/data/private.jsonl").read_text("utf-8").splitlines()]
    page = visit()
    page.fill("#box textarea", "x")
    for text in cases[::8]:
        want = masked(text, private.find(text))
        page.fill("#box textarea", text)
        page.get_by_role("button", name="Hide it").click()
        assert page.input_value("#box textarea") == want
        page.fill("#box textarea", "")
        page.wait_for_function("() => !document.querySelector('.ds-private').textContent")


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
    page.get_by_role("tab", name="Talk").click()
    page.click("#start-over")
    start_guide(page, "A letter about missed school")
    examine("a question of a guide")
    while not page.locator("#several >> visible=true").count():
        press(page, page.get_by_role("button", name="Skip", exact=True))
    examine("several answers")
    to_review(page)
    examine("review")
    to_plan(page)
    page.get_by_text("A log of what happened").click()
    page.get_by_text("School breaks, if you know").click()
    examine("plan")
    page.goto(address + PASSAGE)
    examine("passage")
    assert not found
