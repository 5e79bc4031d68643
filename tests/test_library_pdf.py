"""PDF: headings, paragraphs over pages, lists, tables, headers and footers, and the page of every sentence."""

from __future__ import annotations

import pytest
from documents import bullets, canvas, handbook, heading, pdf, raw_pdf, table
from reportlab.platypus import PageBreak

from assistant.errors import InputError
from assistant.library import read_library
from assistant.library_pdf import read_pdf

LONG = "The clerk writes down who called and when they called. " * 10


def shapes(raw):
    return [(b.shape, b.text, b.page) for b in read_pdf(raw).blocks]


def test_headings_paragraphs_lists_and_tables_with_their_pages():
    raw = pdf(
        [heading("Absences"), LONG, "A second paragraph stands here.", bullets("Bring the note.", "Bring a snack."),
         PageBreak(), heading("Services", 2), table(("Service", "Minutes"), ("Speech therapy", "30 a week")), "The end is here."],
    )  # fmt: skip
    assert shapes(raw) == [
        ("heading", "Absences", 1),
        ("text", LONG.strip(), 1),
        ("text", "A second paragraph stands here.", 1),
        ("item", "Bring the note.", 1),
        ("item", "Bring a snack.", 1),
        ("heading", "Services", 2),
        ("row", "Service | Minutes", 2),
        ("row", "Speech therapy | 30 a week", 2),
        ("text", "The end is here.", 2),
    ]


def test_white_words_on_a_dark_row_are_seen():
    assert read_pdf(pdf([table(("Service", "Minutes"), ("Speech", "30"))])).left_out == []


def test_repeated_headers_footers_and_page_numbers_are_left_out_and_listed():
    parsed = read_pdf(handbook(5))
    text = " ".join(b.text for b in parsed.blocks)
    assert "Handbook of the district" not in text and "Page" not in text
    assert {(x.reason, x.text) for x in parsed.left_out} == {
        ("repeated on 5 pages", "Handbook of the district"), ("repeated on 5 pages", "Page 1"),
    }  # fmt: skip


def test_a_line_that_stands_once_at_the_top_of_a_page_stays():
    parsed = read_pdf(canvas(lambda c: c.drawString(72, 770, "A letter to all parents of this school.")))
    assert [b.text for b in parsed.blocks] == ["A letter to all parents of this school."]


def test_a_paragraph_goes_on_over_the_page(tmp_path):
    said = [f"The office of this district answers letter number {n} of every parent in ten days." for n in range(80)]
    (tmp_path / "long.pdf").write_bytes(pdf([heading("Letters"), " ".join(said)], header="District", footer="Page"))
    report = read_library(tmp_path)
    statements = [s for p in report.passages for s in p.statements]
    assert [s.text for s in statements] == said
    pages = [s.references[0].locator for s in statements]
    assert pages[0] == "Letters, page 1" and pages[-1] == "Letters, page 2"
    assert pages == sorted(pages)


@pytest.mark.parametrize(
    ("lines", "text"),
    [(["The self-", "report scale is a self-report.", "Use self-report here."], "The self-report scale is a self-report. Use self-report here."),
     (["Ask about atten-", "dance. The word attendance is whole."], "Ask about attendance. The word attendance is whole."),
     (["Ask about atten-", "dance when you can."], "Ask about atten-dance when you can.")],
    ids=["kept", "mended", "not known"],
)  # fmt: skip
def test_a_broken_word_is_mended_only_where_the_document_writes_it_whole(lines, text):
    def draw(c):
        for n, line in enumerate(lines):
            c.drawString(72, 700 - 14 * n, line)

    assert " ".join(b.text for b in read_pdf(canvas(draw)).blocks) == text


def test_a_bold_word_neither_parts_nor_joins():
    raw = pdf(["Start with <b>one small</b> step each day.", "<b>Note:</b> slow is fine."])
    assert [t for _, t, _ in shapes(raw)] == ["Start with one small step each day.", "Note: slow is fine."]


def test_two_columns_are_read_one_after_the_other():
    def draw(c):
        for n, line in enumerate(("The left column begins here and", "goes on in its second line.")):
            c.drawString(72, 700 - 14 * n, line)
        for n, line in enumerate(("The right column has its own", "words and comes after it.")):
            c.drawString(320, 700 - 14 * n, line)

    assert " ".join(t for _, t, _ in shapes(canvas(draw))) == (
        "The left column begins here and goes on in its second line. The right column has its own words and comes after it."
    )


def test_title_and_author_come_from_the_file_unless_no_one_named_it():
    assert read_pdf(pdf(["Some words here."], title="Our handbook")).facts == {"title": "Our handbook"}
    assert read_pdf(canvas(lambda c: c.drawString(72, 700, "Some words."))).facts == {}


def test_an_empty_page_is_remarked():
    def draw(c):
        c.drawString(72, 700, "Words on the first page.")
        c.showPage()
        c.rect(72, 72, 100, 100)

    assert read_pdf(canvas(draw)).remarks == ["no text on page 2: an empty page, or a scan"]


def test_the_text_layer_of_a_scan_is_read():
    def draw(c):
        for n in range(10):
            text = c.beginText(72, 700 - 14 * n)
            text.setTextRenderMode(3)
            text.textLine(f"Line {n} of the letter was scanned.")
            c.drawText(text)

    parsed = read_pdf(canvas(draw))
    assert "Line 9 of the letter was scanned." in " ".join(b.text for b in parsed.blocks) and not parsed.left_out


def test_a_damaged_page_does_not_hide_the_others():
    with pytest.raises(InputError):
        read_pdf(raw_pdf().replace(b"/Type /Pages", b"/Type /Pagez"))
