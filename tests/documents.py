"""Documents for the tests of the library, made here: PDF by reportlab, Word by python-docx, and broken ones by hand."""

from __future__ import annotations

import io
import random
import zipfile
import zlib

import docx
from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import ListFlowable, PageBreak, Paragraph, SimpleDocTemplate, Table

STYLES = getSampleStyleSheet()
WORDS = "Start with one small step each day. Slow is fine for now."


def pdf(flow, header="", footer="", title=None, draw=None):
    """A PDF of reportlab flowables; header and footer on every page, `draw` on the first."""

    def page(canvas, _):
        canvas.saveState()
        canvas.setFont("Helvetica", 8)
        canvas.drawString(72, 765, header)
        canvas.drawString(72, 30, footer and f"{footer} {canvas.getPageNumber()}")
        if draw and canvas.getPageNumber() == 1:
            draw(canvas)
        canvas.restoreState()

    out = io.BytesIO()
    document = SimpleDocTemplate(out, pagesize=letter, title=title, author=None)
    document.build([f if not isinstance(f, str) else Paragraph(f, STYLES["BodyText"]) for f in flow], page, page)
    return out.getvalue()


def heading(text, level=1):
    """A heading of a PDF."""
    return Paragraph(text, STYLES[f"Heading{level}"])


def bullets(*texts):
    """A list of a PDF."""
    return ListFlowable([Paragraph(t, STYLES["BodyText"]) for t in texts], bulletType="bullet")


def table(*rows):
    """A table of a PDF: white on blue in its first row, as many are."""
    blue = [("BACKGROUND", (0, 0), (-1, 0), colors.darkblue), ("TEXTCOLOR", (0, 0), (-1, 0), colors.white)]
    return Table([list(r) for r in rows], style=blue)


def handbook(pages):
    """A PDF of many pages with headings, a header, page numbers and a sentence of its own on every page."""
    flow = []
    for n in range(1, pages + 1):
        flow += [
            heading(f"Rule {n}"),
            f"Rule {n} says that the office answers on day {n}. " + f"Parents of group {n} ask there first. " * 12,
            f"Keep the note of day {n} with your papers. " + "The clerk writes down who called and when. " * 8,
            PageBreak(),
        ]
    return pdf(flow, header="Handbook of the district", footer="Page")


def canvas(draw):
    """A PDF of one page drawn by hand."""
    out = io.BytesIO()
    c = Canvas(out, pagesize=letter)
    draw(c)
    c.showPage()
    c.save()
    return out.getvalue()


def word(build, **facts):
    """A Word document; `build` adds to it."""
    document = docx.Document()
    build(document)
    for name, value in facts.items():
        setattr(document.core_properties, name, value)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def repacked(raw, parts):
    """A Word document with some parts of its archive added or replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, data in parts.items():
            new.writestr(name, data)
    return out.getvalue()


ONE_LINE = b"BT /F1 12 Tf 72 700 Td (Start with one small step each day.) Tj ET"


def raw_pdf(contents=ONE_LINE, pages=1, prev=None, flate=False):
    """A PDF written object by object, so that it can be wrong on purpose."""
    extra = b" /Filter /FlateDecode" if flate else b""
    kids = b" ".join([b"3 0 R"] * pages)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [ %s ] /Count %d >>" % (kids, pages),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(contents), extra, contents),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = b"%PDF-1.4\n"
    places = []
    for n, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % p for p in places)
    back = b" /Prev %d" % (start if prev == "itself" else prev) if prev else b""
    return out + b"trailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, back, start)


def bomb_pdf(megabytes):
    """A PDF whose one page unpacks to many megabytes."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 1_000_000) for _ in range(megabytes)) + packer.flush()
    return raw_pdf(packed, flate=True)


_SUBJECTS = "mornings notes meetings buses lunches lockers teachers tests letters visits plans rooms bells naps".split()
_VERBS = "explains describes lists orders checks offers names keeps shows plans".split()


def _generated(n, version=0):
    """Heading and paragraphs of document `n`: no two are near-copies, and every version of one is another."""
    pick = random.Random(f"{n} {version}")
    paragraphs = []
    for part in range(3):
        sentences = [
            f"Item {n}.{part}.{k} {pick.choice(_VERBS)} {pick.choice(_SUBJECTS)} before {pick.choice(_SUBJECTS)} "
            f"for group {pick.randint(1, 10_000)} on day {pick.randint(1, 10_000)}."
            for k in range(4)
        ]
        paragraphs.append(" ".join(sentences))
    return f"Handout {n}", paragraphs


def _write(folder, n, version=0):
    title, paragraphs = _generated(n, version)
    kind = n % 20
    place = folder / f"part{n % 7}"
    place.mkdir(parents=True, exist_ok=True)
    if kind == 0:
        (place / f"{n}.pdf").write_bytes(pdf([heading(title), *paragraphs]))
    elif kind == 1:

        def build(d):
            d.add_heading(title, 1)
            for p in paragraphs:
                d.add_paragraph(p)

        (place / f"{n}.docx").write_bytes(word(build))
    elif kind < 6:
        rows = "".join(f"<p>{p}</p>" for p in paragraphs)
        (place / f"{n}.html").write_text(f"<h1>{title}</h1>{rows}", "utf-8")
    elif kind < 12:
        (place / f"{n}.md").write_text("\n\n".join([f"# {title}", *paragraphs]), "utf-8")
    else:
        (place / f"{n}.txt").write_text("\n\n".join([title, *paragraphs]), "utf-8")


def generate_library(folder, documents):
    """A library of documents in five formats and seven folders; one passage each, all different."""
    for n in range(documents):
        _write(folder, n)


def change_library(folder, documents):
    """Every tenth document is changed, the last tenth deleted, and one of each hundred is new.

    Returns:
        How many are changed, deleted and new.
    """
    last = documents - documents // 10
    changed = range(0, last, 10)
    for n in changed:
        _write(folder, n, 1)
    for n in range(last, documents):
        next(folder.glob(f"*/{n}.*")).unlink()
    added = range(documents, documents + documents // 100)
    for n in added:
        _write(folder, n)
    return len(changed), documents - last, len(added)
