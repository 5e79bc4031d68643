# ruff: noqa: E501 - a row of a table is one line
"""Plan, letter and log as files, each opened again: names, links, citations and blanks are still there."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from datetime import date

import docx
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.document import (  # fmt: skip
    Block,
    Document,
    LogRow,
    letter_document,
    link_of,
    log_document,
    plan_document,
    to_markdown,
    to_text,
)
from assistant.export import FORMATS, csv_of_log, export, unknown_letters
from assistant.guide_reading import load_guides
from assistant.phrases import Phrases
from assistant.plan import calendar_of, letters_of, plan_of
from assistant.session import answer, confirm, start

TODAY = date(2026, 11, 24)
NAME = "Łucja Peña Şahin"


@pytest.fixture(scope="module")
def guides(root, knowledge):
    return load_guides(root, knowledge)


@pytest.fixture(scope="module")
def phrases(root):
    return Phrases(root / "prompts")


def finished(guides, **answers):
    guide = guides["truancy-letter"]
    given = {
        "paper": "sarb", "paper-date": "2026-11-03", "hearing-date": "2026-12-14", "plan": "iep",
        "why-out": ["mental-health", "disability"], "told-school": "sometimes", "proof": ["doctor-note"],
        "reports": "three-or-more", "unexcused-days": 4, "days-missed": 12, "school-days": 60, "child-name": NAME,
        "your-name": None, **answers,
    }  # fmt: skip
    return guide, confirm(answer(guide, start(guide), given))


@pytest.fixture(scope="module")
def plan(guides, phrases):
    guide, session = finished(guides)
    return plan_document(plan_of(guides, guide, session, TODAY), guides.said, phrases)


@pytest.fixture(scope="module")
def letter(guides, phrases):
    guide, session = finished(guides)
    return letter_document(letters_of(guides, guide, session, TODAY)[0], guides.said, phrases)


def read(raw, kind):
    """The words of a file, spaces made single."""
    if kind == "pdf":
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(raw)).pages)
    elif kind == "docx":
        word = docx.Document(io.BytesIO(raw))
        text = "\n".join(p.text for p in word.paragraphs)
        text += "\n".join(c.text for t in word.tables for row in t.rows for c in row.cells)
    else:
        text = raw.decode("utf-8")
    return " ".join(text.split())


def unwrapped(text):
    return " ".join(text.split())


@pytest.mark.parametrize("kind", FORMATS)
def test_a_letter_reads_back(letter, phrases, kind):
    text = read(export(letter, kind, phrases), kind)
    assert NAME in text and "December 14, 2026" in text and "[____]" in text
    assert "Education Code section 48205 counts a mental or behavioral health day as illness" in text
    assert "Check before you send" in text and "not a lawyer" in text


@pytest.mark.parametrize("kind", FORMATS)
def test_a_plan_reads_back_with_every_line_and_source(plan, phrases, kind):
    text = read(export(plan, kind, phrases), kind)
    for block in plan.blocks:
        plain = unwrapped(block.text)
        assert plain[:40].replace("\u201c", "") in text.replace("\\", "") or kind == "md", plain
    assert text.count("[1]") >= (1 if kind == "md" else 2), "marked in the text, and in the list"
    for credit in plan.sources:
        assert credit.quote[:30] in text.replace("\\", ""), credit.statement_id


def test_every_mark_has_its_source_and_every_source_its_mark(plan, letter):
    for document in (plan, letter):
        marks = {n for b in document.blocks for n in b.marks}
        assert marks == set(range(1, len(document.sources) + 1))


def test_links_survive(plan, phrases):
    links = {link_of(c) for c in plan.sources} - {""}
    assert "https://leginfo.legislature.ca.gov" in links
    pdf = pypdf.PdfReader(io.BytesIO(export(plan, "pdf", phrases)))
    annotations = [a.get_object() for page in pdf.pages for a in page.get("/Annots", [])]
    found = {str(a["/A"]["/URI"]) for a in annotations if "/URI" in a.get("/A", {})}
    assert links <= found
    inside = [a for a in annotations if "/Dest" in a or a.get("/A", {}).get("/S") == "/GoTo"]
    assert len(inside) == sum(len(b.marks) for b in plan.blocks), "each mark leads to its source"
    word = docx.Document(io.BytesIO(export(plan, "docx", phrases)))
    assert links <= {r.target_ref for r in word.part.rels.values() if r.is_external}
    xml = zipfile.ZipFile(io.BytesIO(export(plan, "docx", phrases))).read("word/document.xml").decode()
    assert set(re.findall(r'w:anchor="(source\d+)"', xml)) == set(re.findall(r'w:name="(source\d+)"', xml))
    assert all(f"<{link}>" in to_markdown(plan) for link in links)


@pytest.mark.parametrize("name", ["Łucja", "Muñoz", "Şahin", "Đặng Thị", "Ивана", "Αθηνά", "İğdır", "Siân", "Żółć", "e\u0301lodie"])  # fmt: skip
@pytest.mark.parametrize("kind", FORMATS)
def test_names_come_out_right(guides, phrases, name, kind):
    guide, session = finished(guides, **{"child-name": name})
    document = letter_document(letters_of(guides, guide, session, TODAY)[0], guides.said, phrases)
    text = read(export(document, kind, phrases), kind)
    assert unicodedata.normalize("NFC", name) in unicodedata.normalize("NFC", text)
    assert "lacks these letters" not in text


@pytest.mark.parametrize("name", ["王小明", "김서준", "さくら", "محمد", "שרה", "สมชาย", "🙂"])
def test_letters_that_the_pdf_lacks_are_said_and_the_word_file_has_them(guides, phrases, name):
    guide, session = finished(guides, **{"child-name": f"Ana {name}"})
    document = letter_document(letters_of(guides, guide, session, TODAY)[0], guides.said, phrases)
    pdf = read(export(document, "pdf", phrases), "pdf")
    assert "The font of this PDF (DejaVu Sans) lacks these letters" in pdf
    assert f"U+{ord(name[0]):04X}" in pdf
    for kind in ("docx", "md", "txt"):
        assert name in read(export(document, kind, phrases), kind)


def test_which_letters_are_unknown():
    assert unknown_letters("Ana 王 Łucja 王") == "王"
    assert unknown_letters("plain text, \u201cquoted\u201d") == ""


def test_the_files_say_nothing_of_who_made_them(letter, phrases):
    word = docx.Document(io.BytesIO(export(letter, "docx", phrases)))
    assert word.core_properties.author == "" and word.core_properties.language == "en-US"
    pdf = pypdf.PdfReader(io.BytesIO(export(letter, "pdf", phrases)))
    assert pdf.metadata.title == letter.title and not pdf.metadata.author
    assert pdf.trailer["/Root"]["/Lang"] == "en-US"
    assert NAME not in (pdf.metadata.title or "")


def test_the_same_document_gives_the_same_bytes(letter, phrases):
    for kind in ("pdf", "md", "txt"):
        assert export(letter, kind, phrases) == export(letter, kind, phrases)


def test_nothing_is_written_to_disk(letter, plan, phrases, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for kind in FORMATS:
        export(letter, kind, phrases)
        export(plan, kind, phrases)
    assert list(tmp_path.iterdir()) == []


def test_a_letter_alone_has_no_page_for_the_parent(guides, phrases):
    guide, session = finished(guides)
    draft = letters_of(guides, guide, session, TODAY)[0]
    text = to_text(letter_document(draft, guides.said, phrases, with_sources=False))
    assert unwrapped(text) == unwrapped(draft.text)


MARKUP = ["<b>bold</b>", "<img src=x onerror=alert(1)>", "[link](javascript:alert(1))", "![x](http://x)", "# heading", "- item", "1. one",
          "*star* _under_ `code`", "a | b", "&lt;", "<para>", "</para><para>", "{\\rtf1}", "]]>", "<w:p/>"]  # fmt: skip


@pytest.mark.parametrize("typed", MARKUP)
@pytest.mark.parametrize("kind", FORMATS)
def test_markup_in_a_name_stays_words(phrases, kind, typed):
    document = Document(
        "T", (Block("text", typed), Block("item", typed), Block("row", cells=(typed, typed))), (), "", ("stamp",)
    )
    raw = export(document, kind, phrases)
    if kind == "md":
        shown = raw.decode()
        assert "<b>" not in shown and "<img" not in shown and "](" not in shown and "\n# heading" not in shown
    else:
        assert unwrapped(typed) in read(raw, kind) or kind == "txt" and unwrapped(typed) in unwrapped(raw.decode())


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=80))
def test_any_text_can_be_exported(phrases, text):
    document = Document("T", (Block("text", text), Block("check", text)), (), "", ())
    for kind in FORMATS:
        assert export(document, kind, phrases)


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "\r=1", "  =1", "\uff1d1", "|x", "%0A=1", "=HYPERLINK(\"http://x\")"]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_the_log_is_a_formula(phrases, formula):
    raw = csv_of_log([LogRow(formula, formula, formula, formula)], phrases)
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert rows[0] == ["Date", "What happened", "Who was told", "What they said"]
    assert all(cell.startswith("'") for cell in rows[1])


def test_the_log_reads_back(phrases):
    rows = [
        LogRow("2026-11-03", 'He stayed in the car; cried "a lot"', "Ms. Peña", "She will tell the office,\nshe said")
    ]
    raw = csv_of_log(rows, phrases)
    assert raw.startswith(b"\xef\xbb\xbf"), "so that a spreadsheet reads names right"
    assert list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))[1] == ["2026-11-03", "He stayed in the car; cried \"a lot\"", "Ms. Peña", "She will tell the office, she said"]  # fmt: skip
    document = log_document(rows, phrases)
    for kind in FORMATS:
        text = read(export(document, kind, phrases), kind)
        assert "Ms. Peña" in text and "2026-11-03" in text


def test_the_plan_of_a_sarb(guides, phrases):
    """What a family with a SARB date walks away with, looked at line by line."""
    guide, session = finished(guides)
    found = plan_of(guides, guide, session, TODAY)
    sections = {s.name: [i.line.text for i in s.items] for s in found.sections}
    assert sections["today"][0] == "Put December 14, 2026 on your calendar, and plan to be there."
    assert any("12 of 60 school days, about 20 percent" in t for t in sections["means"])
    assert any('"habitual truant" may come up' in t.lower() for t in sections["means"])
    assert any("800-776-5746" in t for t in sections["people"])
    assert {d.title for d in found.dates} >= {"The date of the meeting or hearing", "The IEP meeting is held"}
    assert [e.day.isoformat() for e in calendar_of(found) if "meeting or hearing" in e.title] == ["2026-12-14"]
    assert all(i.why for s in found.sections if s.name in {"today", "week", "month"} for i in s.items)


@pytest.mark.parametrize(
    ("answers", "there", "not_there"),
    [
        ({"unexcused-days": 2, "late-times": 1}, "reach three", "stay below three"),
        ({"unexcused-days": 3, "late-times": None}, "reach three", "depends on days"),
        ({"unexcused-days": 1, "late-times": 1}, "stay below three", "reach three"),
        ({"unexcused-days": None, "late-times": None}, "depends on days", "reach three"),
        ({"unexcused-days": 1, "late-times": None}, "depends on days", "stay below three"),
        ({"days-missed": 6, "school-days": 60}, "That is 10 percent or more", "under 10 percent"),
        ({"days-missed": 5, "school-days": 60}, "That is under 10 percent", "10 percent or more, so"),
        ({"unexcused-days": 6, "school-days": 60}, '"Chronic truant" starts at', "nothing"),
        ({"unexcused-days": 5, "school-days": 60}, "reach three", '"Chronic truant" starts at'),
        ({"unexcused-days": 20, "days-missed": 12}, "may be off", "nothing"),
        ({"reports": "two"}, "reach three", '"Habitual truant" may'),
        ({"days-missed": None, "school-days": None}, "reach three", "of 60 school days"),
    ],
)
def test_which_label_the_numbers_would_fit(guides, answers, there, not_there):
    """Around each limit of the law, from both sides."""
    guide, session = finished(guides, **answers)
    means = next(s for s in plan_of(guides, guide, session, TODAY).sections if s.name == "means")
    text = " ".join(i.line.text for i in means.items)
    assert there in text and not_there not in text
