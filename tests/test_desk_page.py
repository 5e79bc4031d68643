"""The desk as a navigator meets it: pages without a browser, then a real browser with and without scripts."""

from __future__ import annotations

import html
import io
import re
from datetime import date
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from browsing import get_json
from starlette.testclient import TestClient

from assistant.lookup import COPIES, copy_text
from assistant.service import build
from assistant.web.server import create_app
from assistant.web.topic_map import topic_map

A, B = "what-the-notice-says.must-tell", "doctor-note-still-truant.counts-as-illness"
PAGES = (
    "/lookup", "/lookup?q=SARB+hearing", "/lookup/topics", "/lookup/topics/truancy-sarb", "/lookup/glossary",
    "/lookup/changes", f"/lookup/compare?a={A}", f"/lookup/compare?a={A}&b={B}", f"/passages/{A}?q=notice",
    f"/lookup/brief?p={A}&p={B}", "/lookup/brief",
)  # fmt: skip


@pytest.fixture(scope="module")
def client(assistant):
    return TestClient(create_app(assistant), base_url="http://127.0.0.1", follow_redirects=False)


def text_of(got):
    return html.unescape(re.sub(r"<[^>]+>", "", got.text))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_desk_comes_whole_with_its_policy(client, path):
    got = client.get(path)
    assert got.status_code == 200 and got.headers["content-type"].startswith("text/html")
    policy = got.headers["content-security-policy"]
    assert "script-src 'self';" in policy and "unsafe" not in policy and "form-action 'self'" in policy
    assert got.headers["cache-control"] == "no-store" and got.headers["referrer-policy"] == "same-origin"
    assert not re.search(r"\son\w+=|style=|<script(?! defer src=\"/look/desk.js\")", got.text)
    assert "911" in got.text and "988" in got.text
    assert len(re.findall(r"<h1", got.text)) == 1


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_the_desk_leads_somewhere(client, path):
    for link in sorted(set(re.findall(r'href="(/[^"]*)"', client.get(path).text)))[::7]:
        address = html.unescape(link)
        assert client.get(address).status_code == (303 if address == "/lookup/compare" else 200), address


def test_the_address_holds_words_and_choices(client, knowledge):
    got = client.get("/lookup", params={"q": "truancy letter", "topic": "truancy-sarb", "kind": "law"})
    found = re.findall(r'<article class="dk-card" data-passage="([^"]+)"', got.text)
    assert found and all(knowledge.passage_by_id[i].topic == "truancy-sarb" for i in found)
    assert all(any(s.kind == "law" for s in knowledge.passage_by_id[i].statements) for i in found)
    assert 'value="truancy letter"' in got.text and "<mark>" in got.text
    take_out = [html.unescape(a) for a in re.findall(r'<a class="dk-button" href="(/lookup\?[^"]*)"', got.text)]
    assert any(parse_qs(urlsplit(a).query) == {"q": ["truancy letter"], "kind": ["law"]} for a in take_out)
    part = client.get("/lookup/results", params={"q": "truancy letter", "topic": "truancy-sarb", "kind": "law"})
    assert re.findall(r'data-passage="([^"]+)"', part.text) == found and "<html" not in part.text


@pytest.mark.parametrize(
    ("params", "status", "word"),
    [
        ({"topic": "cooking"}, 400, "unknown topic 'cooking'"),
        ({"reviewed": "soon"}, 400, "unknown reviewed"),
        ({"q": "zzyzx qwrtp"}, 200, ""),
        ({"q": "x" * 20000}, 200, ""),
        ({"q": "<script>alert(1)</script>"}, 200, ""),
        ({"q": "99999.9"}, 200, "No passage names 99999.9"),
        ({"skip": "-4"}, 200, "1 to 20"),
        ({"skip": "99999999999999"}, 200, "1 to 20"),
        ({"skip": "5000"}, 200, "No more passages"),
        ({"q": "\x00\ud83d"}, 200, ""),
    ],
    ids=str,
)
def test_anything_in_the_address_is_answered_in_words(client, params, status, word):
    raw = {k: v.encode("utf-8", "surrogatepass") for k, v in params.items()}
    got = client.get(f"/lookup?{urlencode(raw)}")
    assert got.status_code == status and word in text_of(got)
    assert "<script>alert" not in got.text


def test_before_the_search_is_ready_it_says_so(settings, monkeypatch):
    from assistant.web import desk

    monkeypatch.setattr(desk, "_WAIT", 0.01)
    cold = TestClient(create_app(build(settings, warm=False)), base_url="http://127.0.0.1")
    got = cold.get("/lookup?q=sarb")
    assert got.status_code == 503 and "not ready yet" in got.text
    assert cold.get(f"/passages/{A}").status_code == cold.get("/lookup/topics").status_code == 200


@pytest.mark.parametrize("format_", COPIES)
def test_what_is_copied(client, knowledge, format_):
    got = client.get(f"/passages/{A}/copy", params={"format": format_})
    assert got.headers["content-type"].startswith("text/plain")
    assert got.text == copy_text(knowledge.passage_by_id[A], format_)


def test_what_cannot_be_copied(client):
    assert client.get(f"/passages/{A}/copy?format=<b>").status_code == 400
    assert client.get("/passages/<b>/copy").status_code == 404


def test_a_passage_in_full(client, assistant):
    got = client.get(f"/passages/{A}", params={"q": "notice"})
    page = text_of(got)
    passage = assistant.knowledge.passage_by_id[A]
    assert "<mark>notice</mark>" in got.text and all(s.text in page for s in passage.statements)
    assert passage.sources[0].check_at in page and "Also cited in" in page
    siblings = [p for p in assistant.knowledge.passages if p.page_id == passage.page_id]
    at = siblings.index(passage)
    assert siblings[at + 1].text in page and (at == 0 or siblings[at - 1].text in page)


def test_a_passage_out_of_review_says_so_everywhere(assistant, knowledge):
    from dataclasses import replace

    from assistant.desk import Look
    from assistant.web.desk import passage_page
    from assistant.web.desk_view import compared, result_values
    from assistant.web.drawing import draw

    today, desk = date(2030, 1, 1), assistant.desk()
    late, fresh = knowledge.passage_by_id[A], replace(knowledge.passage_by_id[B], review_due="2031-01-01")
    words = "Out of review since"
    assert words in passage_page(knowledge, desk, A, "", today)
    found = desk.find(Look("notice", 1), today)
    assert words in draw("desk_results.html", knowledge, "", "", today, **result_values(desk, Look("notice"), found))
    pair = draw("desk_compare.html", knowledge, "", "", today, a=late, **compared(late, fresh))
    assert pair.count(words) == 1
    assert words not in passage_page(knowledge, desk, A, "", date(2026, 12, 1))


def test_two_passages_side_by_side(client, knowledge):
    page = text_of(client.get(f"/lookup/compare?a={A}&b={B}"))
    for i in (A, B):
        assert all(s.text in page for s in knowledge.passage_by_id[i].statements)
    offers = client.get(f"/lookup/compare?a={A}").text
    assert offers.count(f"/lookup/compare?a={A}&amp;b=") > 5
    assert client.get(f"/lookup/compare?a={A}&b=nope").status_code == 404
    assert client.get("/lookup/compare").headers["location"] == "/lookup"


def test_a_topic_is_one_page_with_everything_it_holds(client, knowledge):
    for slug in list(knowledge.topics)[::6]:
        page = text_of(client.get(f"/lookup/topics/{slug}"))
        own = [p for p in knowledge.passages if p.topic == slug]
        assert all(s.text in page for p in own for s in p.statements)
        assert all(s.title in page for p in own for s in p.sources)
    assert client.get("/lookup/topics/<b>nope").status_code == 404


def test_the_map_counts_every_passage(client, knowledge):
    counts = {}
    for p in knowledge.passages:
        counts[p.topic] = counts.get(p.topic, 0) + 1
    pictures = topic_map(tuple(knowledge.topics.values()), counts)
    assert sum(c.count for m in pictures for c in m.circles) == sum(counts.values())
    assert all(c.r >= 22 and c.x - c.r >= 0 and c.x + c.r <= m.width for m in pictures for c in m.circles)
    most, least = max(counts.values()), min(counts.values())
    radius = {c.count: c.r for m in pictures for c in m.circles}
    assert radius[most] > radius[least]
    page = client.get("/lookup/topics").text
    assert all(f'href="/lookup/topics/{slug}"' in page for slug in counts)


def test_the_glossary_holds_every_acronym_with_what_it_stands_for(client, knowledge):
    page = text_of(client.get("/lookup/glossary"))
    pairs = [pair for t in knowledge.vocabulary for pair in t.acronyms]
    assert len(pairs) > 50 and all(a in page and words in page for a, words in pairs)


def test_changes_since_a_day(client, knowledge):
    page = text_of(client.get("/lookup/changes?since=2020-01-01"))
    assert all(p.title in page for p in knowledge.pages)
    assert "Nothing was reviewed since then." in text_of(client.get("/lookup/changes?since=2099-01-01"))
    bad = client.get("/lookup/changes?since=<b>yesterday")
    assert bad.status_code == 400 and "is not a day" in bad.text and "<b>yest" not in bad.text


# The brief


def test_a_brief_holds_the_passages_of_its_address_in_order(client, knowledge):
    page = client.get(f"/lookup/brief?p={B}&p={A}&p={B}&p=gone")
    assert re.findall(r'data-note="([^"]+)"', page.text) == [B, A]
    assert "1 passage of this address is no longer there" in text_of(page)
    assert f'href="/lookup/brief?p={A}&amp;p={B}"' in page.text and f'href="/lookup/brief?p={A}"' in page.text


@pytest.mark.parametrize("format_", ["docx", "pdf", "md"])
def test_a_brief_is_taken_away_as_a_file_that_reads_back(client, knowledge, format_):
    note = "Ask them =1+1 <b>about this</b> \u00fc"
    got = client.post(
        "/lookup/brief/file",
        data={"title": "For Ana's meeting", "p": [B, A], "note": ["", note], "format": format_},
    )
    assert got.status_code == 200
    assert got.headers["content-disposition"] == f'attachment; filename="for-ana-s-meeting.{format_}"'
    text = " ".join(read_back(got.content, format_).split())
    for i in (B, A):
        assert all(" ".join(s.text.split()) in text for s in knowledge.passage_by_id[i].statements)
        assert all(s.title in text and s.check_at in text for s in knowledge.passage_by_id[i].sources)
    assert text.index(knowledge.passage_by_id[B].heading) < text.index(knowledge.passage_by_id[A].heading)
    assert "about this" in text and "\u00fc" in text and f"/passages/{A}" in text


def read_back(data, format_):
    if format_ == "md":
        return data.decode("utf-8").replace("\\", "")
    if format_ == "pdf":
        from pypdf import PdfReader

        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    from docx import Document

    return "\n".join(
        "".join(n.text or "" for n in p._p.iter() if n.tag.endswith("}t"))
        for p in Document(io.BytesIO(data)).paragraphs
    )


@pytest.mark.parametrize(
    "data",
    [{}, {"p": A}, {"p": A, "format": "exe"}, {"format": "pdf"}, {"p": "nope", "format": "pdf"}],
    ids=["nothing", "no format", "another format", "no passage", "unknown passage"],
)
def test_a_brief_that_cannot_be_made_says_why(client, data):
    got = client.post("/lookup/brief/file", data=data)
    assert got.status_code == 400 and got.text == "Choose a format, and at least one passage."


def test_a_brief_is_not_made_for_another_site(client):
    data = {"p": A, "format": "md"}
    assert client.post("/lookup/brief/file", data=data, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post("/lookup/brief/file", content=b"x" * 300_000).status_code == 413
    many = "&".join([f"p={A}"] * 5000)
    assert (
        client.post(
            "/lookup/brief/file", content=many, headers={"content-type": "application/x-www-form-urlencoded"}
        ).status_code
        == 400
    )


# In a browser


def search(page, text):
    page.fill("#q", text)
    page.wait_for_function("t => new URLSearchParams(location.search).get('q') === t", arg=text)


def shown(page):
    return [a.get_attribute("data-passage") for a in page.locator("article[data-passage]").all()]


def test_results_come_while_typing_and_back_goes_back(visit):
    page = visit(path="/lookup")
    search(page, "SARB hearing")
    page.wait_for_selector("article mark")
    first = shown(page)
    page.get_by_role("link", name=re.compile("^Law ")).click()
    page.wait_for_url("**kind=law**")
    assert page.locator(".dk-chosen").get_by_text("Kind: Law").is_visible()
    page.reload()
    assert page.input_value("#q") == "SARB hearing" and "kind=law" in page.url
    page.go_back()
    page.wait_for_function("() => !location.search.includes('kind')")
    page.wait_for_function("id => document.querySelector('article[data-passage]').dataset.passage === id", arg=first[0])
    assert shown(page) == first


def test_what_was_looked_up_survives_going_to_talk_and_back(visit, address):
    page = visit(path="/lookup?q=IEE&jurisdiction=Federal")
    kept = shown(page)
    page.get_by_role("link", name="Talk", exact=True).click()
    page.wait_for_selector("#next button >> visible=true")
    page.get_by_role("tab", name="Look up").click()
    page.get_by_role("link", name="Open the desk").click()
    page.wait_for_selector("article[data-passage]")
    assert page.url == f"{address}/lookup?q=IEE&jurisdiction=Federal" and shown(page) == kept


def test_the_keyboard_alone(visit, address):
    page = visit(path="/lookup")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("/")
    page.keyboard.type("48260.5 notice")
    page.wait_for_function("() => location.search.includes('48260.5')")
    page.wait_for_selector("article mark")
    ids = shown(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.closest('article').dataset.passage") == ids[0]
    page.keyboard.press("c")
    page.wait_for_selector("[data-said] >> text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == get_json(f"{address}/passages/{ids[0]}")["copy"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("b")
    page.get_by_role("link", name="Brief (1)").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/passages/{ids[1]}*")
    assert page.locator("main mark").count()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("width", "scale"), [(1280, 1), (390, 1), (1280, 2)], ids=["1280", "390", "200 percent"])
def test_everything_fits_and_can_be_hit(visit, path, width, scale):
    page = visit(width // scale, 900 // scale, path=path)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    low = page.evaluate("""() => [...document.querySelectorAll(
        'button, input:not([type=hidden]), summary, .dk-button, nav a, h2 a, .dk-facets a, .dk-list a')]
        .filter(e => e.checkVisibility()).map(e => [e.textContent.trim(), e.getBoundingClientRect().height])
        .filter(([_, h]) => h && h < 44)""")
    assert not low


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier_is_found_on_the_desk(visit, address, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page, found = visit(scheme=scheme, path="/lookup"), {}
    for path in PAGES:
        page.goto(address + path)
        got = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "best-practice"]}).response
        assert got["passes"]
        found.update({f"{path}: {v['id']}": [n["html"][:120] for n in v["nodes"]] for v in got["violations"]})
    assert not found


def test_a_brief_is_collected_ordered_noted_and_taken_away(visit, address):
    page = visit(path="/lookup?q=truancy+letter")
    ids = shown(page)[:3]
    for n, _ in enumerate(ids):
        page.get_by_role("link", name="Add to brief").first.click()
        page.get_by_role("link", name=f"Brief ({n + 1})").wait_for()
    page.get_by_role("link", name="Brief (3)").click()
    page.wait_for_selector("[data-items] li")
    notes = page.locator("textarea[data-note]")
    assert [t.get_attribute("data-note") for t in notes.all()] == ids
    notes.nth(2).fill("Read this one aloud")
    page.get_by_role("link", name=re.compile("^Up")).last.click()
    page.wait_for_url(f"**p={ids[2]}&p={ids[1]}")
    assert [t.get_attribute("data-note") for t in notes.all()] == [ids[0], ids[2], ids[1]]
    assert notes.nth(1).input_value() == "Read this one aloud"
    page.goto(f"{address}/lookup")
    page.get_by_role("link", name="Brief (3)").click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Markdown file").click()
    with open(taken.value.path(), encoding="utf-8") as file:
        assert "Note: Read this one aloud" in file.read()
    for left in (2, 1, 0):
        page.get_by_role("link", name=re.compile("^Take out")).first.click()
        page.get_by_role("link", name=f"Brief ({left})" if left else "Brief", exact=True).wait_for()
    assert page.locator("[data-empty]").is_visible()


def test_without_scripts_everything_is_there(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/lookup")
    page.fill("#q", "SARB hearing")
    page.get_by_role("button", name="Look up").click()
    page.wait_for_url("**q=SARB*")
    page.get_by_role("link", name=re.compile("^Law ")).click()
    page.wait_for_url("**kind=law**")
    page.fill("#q", "IEE")
    page.get_by_role("button", name="Look up").click()
    page.wait_for_url("**q=IEE*kind=law*")
    page.get_by_role("link", name="Compare").first.click()
    page.locator(".dk-list a").first.click()
    assert page.locator(".dk-pair article").count() == 2
    page.get_by_role("link", name="Add to brief").first.click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Markdown file").click()
    assert taken.value.suggested_filename == "brief.md"
    context.close()
