"""Text, Markdown and web pages to blocks. Comments, scripts, pictures and their alternative text are never quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.blocks import Block, LeftOut, Parsed, clean
from assistant.errors import InputError

__all__ = ["decoded", "read_html", "read_md", "read_txt"]

_ITEM = re.compile(r"^(?:[-*\u2022\u25cf\u25aa\u2013\uf0b7]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+(?=\S)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_NOT_READ = ("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "head", "textarea", "select")
_AROUND = {"nav": "navigation", "header": "header", "footer": "footer", "aside": "beside the text", "form": "form"}
_NAMED = re.compile(
    r"(?:^|[-_ ])(nav|navbar|menu|breadcrumbs?|cookie|newsletter|subscribe|signup|share|social|related|comments?"
    r"|sidebar|footer|toc|author-(?:box|bio)|byline|advert|promo|skip-link)(?:$|[-_ ])"
)
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_BLOCKS = frozenset(
    """address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table tbody td tfoot th thead tr ul""".split()
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|$)")
_WHITE = re.compile(
    r"(?<![-\w])color\s*:\s*(?:#fff(?:fff)?\b|white\b|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\)"
    r"|transparent)"
)
_BACKED = re.compile(r"background(?:-color)?\s*:")


def decoded(raw: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 with its byte order mark; lines end in a line feed.

    Raises:
        InputError: not text, or in another encoding.
    """
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\x00" in raw[:4096] and not wide:
        raise InputError("not a text file: it holds bytes that no text has")
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        if raw.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"PK\x03\x04")):
            raise InputError("not a text file: its name says text, its first bytes do not") from error
        raise InputError("not UTF-8 text: save it as UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _wrapped(lines: list[str]) -> bool:
    """Lines of one paragraph, broken by an editor: all but the last are about as long as the editor's window."""
    return all(35 <= len(line) <= 120 for line in lines[:-1])


def _is_heading(row: str) -> bool:
    return len(row) <= 90 and row[-1] not in '.!,;:"\u201d' and (len(row.split()) >= 2 or row.istitle())


def read_txt(text: str) -> Parsed:
    """Paragraphs stand between empty lines; a short line of its own without a full stop is a heading."""
    blocks: list[Block] = []
    for piece in re.split(r"\n\s*\n", text):
        lines = [x for x in (row.strip() for row in piece.splitlines()) if x]
        if not lines:
            continue
        alone = len(lines) == 1
        for row in _paragraphs(lines):
            item = _ITEM.match(row)
            body = clean(row[item.end() :] if item else row)
            if not body:
                continue
            if item:
                blocks.append(Block("item", body))
            elif alone and _is_heading(body):
                blocks.append(Block("heading", body, 2))
            else:
                blocks.append(Block("text", body))
    return Parsed(blocks)


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """Lines of one piece, joined where an editor broke them; a list item takes the lines that follow it."""
    items = [n for n, line in enumerate(lines) if _ITEM.match(line)]
    if not items:
        yield from [" ".join(lines)] if _wrapped(lines) else lines
        return
    if items[0]:
        yield " ".join(lines[: items[0]])
    for at, until in zip(items, [*items[1:], len(lines)], strict=True):
        yield " ".join(lines[at:until])


def read_md(text: str) -> Parsed:
    """CommonMark with tables; raw HTML is read as a web page would be, pictures and code fences are left out."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - read by the worker only

    parsed = Parsed([])
    inside: list[str] = []  # which of item, row and heading the words stand in, innermost last
    level = 0
    for token in MarkdownIt("commonmark").enable("table").parse(_COMMENT.sub("", text)):
        shape = _MD_SHAPES.get(token.type.rpartition("_")[0])
        if shape and token.type.endswith("_close"):
            inside.pop()
        elif shape:
            inside.append(shape)
            level = int(token.tag[1]) if shape == "heading" else 0
            if shape == "row":
                parsed.blocks.append(Block("row", ""))
        elif token.type == "html_block":
            parsed.blocks += read_html(token.content).blocks
        elif token.type in {"fence", "code_block"} and token.content.strip():
            parsed.left_out.append(LeftOut("a block of code", clean(token.content)))
        elif token.type == "inline":
            _place(parsed.blocks, inside, level, clean("".join(_inline(token.children or []))))
    parsed.blocks = [b for b in parsed.blocks if b.text]
    return parsed


_MD_SHAPES = {"heading": "heading", "list_item": "item", "tr": "row"}


def _place(blocks: list[Block], inside: Sequence[str], level: int, words: str) -> None:
    shape = inside[-1] if inside else "text"
    if not words:
        return
    if shape == "row":
        blocks[-1].text += f" | {words}" if blocks[-1].text else words
    elif shape == "heading":
        blocks.append(Block("heading", words, level))
    else:
        blocks.append(Block("item" if shape == "item" else "text", words))


def _inline(children: Sequence[object]) -> Iterator[str]:
    for child in children:
        kind = getattr(child, "type", "")
        if kind in {"text", "code_inline"}:
            yield str(getattr(child, "content", ""))
        elif kind in {"softbreak", "hardbreak"}:
            yield " "


def read_html(text: str) -> Parsed:
    """The text of a page in order; what stands around it (navigation, forms, hidden parts) is left out and listed."""
    from bs4 import BeautifulSoup  # noqa: PLC0415 - read by the worker only

    soup = BeautifulSoup(_COMMENT.sub("", text), "lxml")
    parsed = Parsed([], _facts(soup))
    for tag in soup.find_all(_NOT_READ):
        tag.decompose()
    for tag in soup.find_all(True):
        # Not tag.decomposed: that searches the whole tree under a tag for a child of that name.
        reason = "" if "_decomposed" in vars(tag) else _reason(tag)
        if reason:
            words = clean(tag.get_text(" "))
            tag.decompose()
            if words:
                parsed.left_out.append(LeftOut(reason, words))
    parsed.blocks = _flow(soup)
    return parsed


def _flow(soup: object) -> list[Block]:
    """Pieces of text joined as a browser would show them: a block starts a line, a cell is parted by a bar."""
    from bs4.element import CData, NavigableString  # noqa: PLC0415 - read by the worker only

    blocks: list[Block] = []
    open_block: object = None
    cell: object = None
    for node in soup.descendants:  # type: ignore[attr-defined] # a BeautifulSoup
        if getattr(node, "name", "") == "br" and blocks:
            blocks[-1].text += " "
        if type(node) not in {NavigableString, CData}:  # not a comment, nor a declaration
            continue
        block, inner = _owner(node)
        if block is not open_block:
            blocks.append(_opened(block))
            open_block = block
        elif inner is not cell:
            blocks[-1].text += " | " if blocks[-1].shape == "row" else " "
        cell = inner
        blocks[-1].text += str(node)
    for b in blocks:
        cells = [c for part in b.text.split(" | ") if (c := clean(part))] if b.shape == "row" else [clean(b.text)]
        b.text = " | ".join(cells)
    return [b for b in blocks if b.text]


def _facts(soup: object) -> dict[str, str]:
    """Title, author and date as the head of a page gives them."""
    facts: dict[str, str] = {}
    title = soup.title  # type: ignore[attr-defined] # a BeautifulSoup; bs4 is imported where it is used
    if title and title.get_text().strip():
        facts["title"] = clean(title.get_text())
    names = {"author": "author", "date": "date", "dc.date": "date", "article:published_time": "date"}
    for meta in soup.find_all("meta"):  # type: ignore[attr-defined]
        key = names.get(str(meta.get("name") or meta.get("property") or "").lower())
        if key and str(meta.get("content") or "").strip():
            facts.setdefault(key, clean(str(meta["content"])))
    return facts


def _reason(tag: object) -> str:
    """Why a part of a page is not quoted, "" where it is."""
    get = tag.get  # type: ignore[attr-defined] # a bs4 Tag
    name = tag.name  # type: ignore[attr-defined]
    if name in _AROUND and not (name == "header" and tag.find_parent(["article", "main"])):  # type: ignore[attr-defined]
        return _AROUND[name]
    style = str(get("style") or "").lower()
    white = _WHITE.search(style) and not _BACKED.search(style)
    if get("hidden") is not None or str(get("aria-hidden")).lower() == "true" or _HIDDEN.search(style) or white:
        return "hidden text"
    if name in {"html", "body", "main", "article"}:
        return ""
    labels = [str(x).lower() for x in [*(get("class") or []), get("id") or "", get("role") or ""]]
    found = next((m for x in labels if (m := _NAMED.search(x))), None)
    return f"part of the page named {found[1]}" if found else ""


def _owner(node: object) -> tuple[object, object]:
    """The block that a piece of text belongs to, and the one inside it that parts its words."""
    inner: object = None
    block: object = None
    for parent in node.parents:  # type: ignore[attr-defined] # a bs4 node
        if parent.name not in _BLOCKS:
            continue
        if inner is None:
            inner = block = parent
        if parent.name in {"td", "th"}:
            inner = parent
        if parent.name in {"li", "tr", *_HEADINGS}:
            return parent, inner
        if parent.name in {"ul", "ol", "table", "section", "article", "main", "body"}:
            break
    return block, inner


def _opened(block: object) -> Block:
    name = getattr(block, "name", "")
    if name in _HEADINGS:
        return Block("heading", "", _HEADINGS[name])
    return Block("item" if name in {"li", "dd"} else "row" if name == "tr" else "text", "")
