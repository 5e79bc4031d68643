"""Text, Markdown, web pages and Word: sections, lists, tables and what a format says of itself."""

from __future__ import annotations

import pytest
from documents import word

from assistant.errors import InputError
from assistant.library_docx import read_docx
from assistant.library_files import decoded, read_html, read_md, read_txt


def shapes(parsed):
    return [(b.shape, b.text) for b in parsed.blocks]


def test_text_lines_that_an_editor_broke_are_joined_and_lists_are_not():
    text = """Getting back

Start with one small step each day, and let the child choose which step
that is. Slow is fine.

What to bring:
- the note from the clinic
- a snack that is
  easy to eat
1. Ask first.

Short line one
Short line two
"""
    assert shapes(read_txt(text)) == [
        ("heading", "Getting back"),
        ("text", "Start with one small step each day, and let the child choose which step that is. Slow is fine."),
        ("text", "What to bring:"),
        ("item", "the note from the clinic"),
        ("item", "a snack that is easy to eat"),
        ("item", "Ask first."),
        ("text", "Short line one"),
        ("text", "Short line two"),
    ]


def test_markdown_has_headings_lists_tables_and_html():
    text = """Setext title
============

Some *words* with `code` and a [link](http://x.example)
over two lines.

* one
* two
  * inside two

| Service | Minutes |
|---|---|
| Speech | 30 |

<div><p>From a web page.</p></div>

```
code is not quoted
```
"""
    parsed = read_md(text)
    assert shapes(parsed) == [
        ("heading", "Setext title"),
        ("text", "Some words with code and a link over two lines."),
        ("item", "one"),
        ("item", "two"),
        ("item", "inside two"),
        ("row", "Service | Minutes"),
        ("row", "Speech | 30"),
        ("text", "From a web page."),
    ]
    assert [x.reason for x in parsed.left_out] == ["a block of code"]


def test_a_web_page_has_rows_nested_lists_and_bare_text():
    text = """<title>Plan</title><meta name=author content="Ana Lee"><meta name=date content=2026-01-02>
    <div class=main-nav><a>Home</a></div><div>Bare <i>words</i> here.<ul><li>One<ul><li>Two</li></ul></li></ul></div>
    <table><tr><th>Service</th><th>Minutes</th></tr><tr><td><p>Speech</p></td><td>30</td></tr></table>
    <h2>More</h2><p>First.<p>Second.<div id=newsletter>Get our mail.</div>"""
    parsed = read_html(text)
    assert shapes(parsed) == [
        ("text", "Bare words here."), ("item", "One"), ("item", "Two"), ("row", "Service | Minutes"), ("row", "Speech | 30"),
        ("heading", "More"), ("text", "First."), ("text", "Second."),
    ]  # fmt: skip
    assert parsed.facts == {"title": "Plan", "author": "Ana Lee", "date": "2026-01-02"}
    assert [(x.reason, x.text) for x in parsed.left_out] == [
        ("part of the page named nav", "Home"), ("part of the page named newsletter", "Get our mail."),
    ]  # fmt: skip


def test_the_header_of_an_article_holds_its_title():
    page = (
        "<header><p>Site name and menu</p></header><article><header><h1>Title here</h1></header><p>Words.</p></article>"
    )
    assert shapes(read_html(page)) == [("heading", "Title here"), ("text", "Words.")]


def test_word_has_headings_lists_tables_and_no_deleted_text():
    def build(d):
        d.add_heading("Getting back", 1)
        p = d.add_paragraph("Start with ")
        p.add_run("one small").bold = True
        p.add_run(" step.")
        d.add_paragraph("Bring the note.", style="List Bullet")
        d.add_paragraph("Bring a snack.", style="List Number")
        t = d.add_table(rows=2, cols=2)
        for n, words in enumerate(("Service", "Minutes", "Speech", "30")):
            t.cell(n // 2, n % 2).text = words
        d.add_paragraph("After the table.")
        d.sections[0].header.paragraphs[0].text = "Our organisation"
        d.sections[0].footer.paragraphs[0].text = "Page"

    parsed = read_docx(word(build, title="Plan", author="Ana Lee"))
    assert shapes(parsed) == [
        ("heading", "Getting back"), ("text", "Start with one small step."), ("item", "Bring the note."),
        ("item", "Bring a snack."), ("row", "Service | Minutes"), ("row", "Speech | 30"), ("text", "After the table."),
    ]  # fmt: skip
    assert parsed.facts == {"title": "Plan", "author": "Ana Lee"}


def test_a_merged_cell_is_read_once():
    def build(d):
        t = d.add_table(rows=1, cols=3)
        t.cell(0, 0).merge(t.cell(0, 1)).text = "Both columns"
        t.cell(0, 2).text = "Third"

    assert shapes(read_docx(word(build))) == [("row", "Both columns | Third")]


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"a\r\nb", "a\nb"), ("\ufeffx".encode(), "x"), ("caf\u00e9".encode("utf-16"), "caf\u00e9")],
)  # fmt: skip
def test_text_is_utf8_or_utf16_with_its_mark(raw, text):
    assert decoded(raw) == text


@pytest.mark.parametrize(
    ("raw", "reason"), [(b"\xff\xfe\x00\xd8", "UTF-8"), (b"a\x00b", "not a text"), (b"\xe9", "UTF-8")]
)
def test_other_bytes_are_refused(raw, reason):
    with pytest.raises(InputError, match=reason):
        decoded(raw)
