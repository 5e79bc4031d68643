"""What stands around a document and is never quoted: contents lists, sign-up text, author boxes, testimonials.

Every block that is left out comes back with its reason, so that a person can check it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assistant.blocks import Block, LeftOut, spans

__all__ = ["without_boilerplate"]

_CONTENTS = re.compile(
    r"(?:table of )?contents|(?:in|on) this (?:article|page|guide|section)|jump to(?: section)?", re.I
)
_LEADER = re.compile(r"(?:\.\s?){3,}\s*\d{1,4}$|\s\|\s\d{1,4}$")
_AUTHOR = re.compile(r"(?:about the )?authors?|about the (?:author|writer)s?|contributors?:?|written by", re.I)
_BYLINE = re.compile(r"(?:written|reviewed|edited|medically reviewed|fact[- ]checked)\s+by\b.{3,160}", re.I)
_BIO = re.compile(r"[A-Z][\w'\u2019-]+ (?:[A-Z]\. )?[A-Z][\w'\u2019-]+ is (?:an?|the|our) (?:[\w-]+ ){0,8}?"
                  r"(?:writer|author|editor|advocate|journalist|founder|contributor|volunteer|psychologist|attorney)", re.I)  # fmt: skip
_NAME_ONLY = re.compile(r"(?:[A-Z][\w'\u2019.-]+\s?){2,4}(?:,? ?(?:Writer|Editor|Author|Contributor))?")
_LABEL = re.compile(
    r"(?:[\w'\u2019]+[ -]){0,2}(?:image|icon|logo|photo|banner|thumbnail|asterisk|circle|avatar|video player)", re.I
)
_DATELINE = re.compile(
    r"(?:(?:published|updated|posted|last (?:updated|reviewed|modified)|date)\s*:?\s*[\w.,/ -]{4,30}){1,2}", re.I
)
_SIGN_UP = re.compile(
    r"\bjoin (?:for free|us today|now)\b|\bsign up (?:for|to|now|today|here)\b|\bsubscribe\b|\b(?:our|the|your) newsletter\b"
    r"|^get started$|\bfree (?:trial|kickstart|roadmap)\b|\bbecome a member\b|\bprivate (?:parents'|parents\u2019|member)"
    r"|\bfollow us on\b|^share(?: this)?\b.{0,40}$|\ball rights reserved\b|^(?:\u00a9|copyright\b)|\bcookie (?:policy|settings)\b"
    r"|\bcreate (?:an|your) (?:free )?account\b|\benter your e-?mail\b|\bsave your favou?rite\b|^tags:|^log ?in\b"
    r"|\bclick here to (?:join|register|donate|subscribe)\b|\bdonate (?:now|today)\b|\boffice hours with\b",
    re.I,
)
_ABOUT_SITE = re.compile(
    r"rigorously researched|\bour (?:content|editorial) (?:and \w+ )?(?:process|standards|team)\b", re.I
)
_TESTIMONIAL = re.compile(
    r"^[\"\u201c].{15,600}[\"\u201d]\s*[\u2013\u2014-]+\s*[A-Z][\w'\u2019.-]+(?P<who>.{0,80})$", re.S
)
_CUSTOMER = re.compile(
    r"\b(?:since (?:19|20)\d\d|member|customer|client|mom|dad|mother|father|parent|family|navigator|user)\b", re.I
)
_TESTIMONIALS = re.compile(
    r"testimonials?|what (?:our )?(?:families|parents|members|clients|people) (?:say|are saying)", re.I
)
_RUN = 4  # entries from which a run of headings is a contents list without a title
_SITE = {"author box", "sign-up text or notice of the site", "about the site", "testimonial"}
_SITE_END = 3  # blocks of this kind after which the short rest of a page is its end too
_TAIL_WORDS = 250
_FUNCTION_WORDS = frozenset(
    "a an and are as at be by can do for from has have if in is it its may not of on or that the their them they this to"
    " was we when will with you your he she his her i my our but so el la de que y en los las un una por para".split()
)
_CRISIS = re.compile(
    r"\b(?:suicid\w+|crisis (?:line|text|number|hotline)|in a crisis|hotline|lifeline|helpline)\b", re.I
)
_DIALLED = re.compile(
    r"\(?\b\d{3}\)?[-. ]\d{3}[-. ]\d{4}\b|\b\d{3}-\d{4}\b|\b[Tt]ext [A-Z]{2,} to \d{4,6}\b|\b(?:call|dial|text) \d{3}\b"
)
_EMERGENCY = re.compile(r"(?<![\d.])\b(?:988|911)\b(?![.-]?\d)")
_PHONE = re.compile(r"\b(?:call(?:s|ed|ing)?|dial|text|phone|line|lifeline|hotline|number|emergency)\b", re.I)


class _Page:
    """The blocks of a document and, by place, why one is left out."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = list(blocks)
        self.why: dict[int, str] = {}

    def drop(self, n: int, reason: str) -> None:
        self.why.setdefault(n, reason)

    def each(self, reason: str, test: Callable[[Block], object]) -> None:
        for n, block in enumerate(self.blocks):
            if n not in self.why and test(block):
                self.why[n] = reason


def without_boilerplate(blocks: Sequence[Block]) -> tuple[list[Block], list[LeftOut]]:
    """The blocks of the document itself, in order, and what was left out with its reason."""
    page = _Page(blocks)
    page.each("label of a picture", lambda b: _LABEL.fullmatch(b.text.strip("* ")))
    page.each("date line", lambda b: len(b.text.split()) <= 12 and _DATELINE.fullmatch(b.text))
    _contents(page)
    _testimonials(page)
    page.each("sign-up text or notice of the site", lambda b: len(b.text.split()) <= 40 and _SIGN_UP.search(b.text))
    page.each("about the site", lambda b: len(b.text.split()) <= 60 and _ABOUT_SITE.search(b.text))
    _authors(page)
    page.each("a list of words, not a sentence", _stuffed)
    _above_title(page)
    _site_end(page)
    kept = []
    left = []
    for n, block in enumerate(page.blocks):
        if n in page.why:
            left.append(LeftOut(page.why[n], block.text))
        else:
            text, numbers = _without_help_numbers(block)
            left += [LeftOut("a help number: only the reviewed table gives those", t) for t in numbers]
            if text:
                kept.append(text)
    return kept, left


def _norm(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", _LEADER.sub("", text).lower()).strip()


def _contents(page: _Page) -> None:
    """A heading such as Contents and the entries after it, lines with leader dots, and runs that repeat headings."""
    headings = [_norm(b.text) for b in page.blocks if b.shape == "heading"]
    page.each("contents list", lambda b: _LEADER.search(b.text) and b.shape != "row")
    n = 0
    while n < len(page.blocks):
        titled = bool(_CONTENTS.fullmatch(page.blocks[n].text.strip(" :")))
        until = n + 1 if titled else n
        seen: set[str] = set()
        while until < len(page.blocks) and _is_entry(page, until, headings, titled, seen):
            seen.add(_norm(page.blocks[until].text))
            until += 1
        if (titled and seen) or len(seen) >= _RUN:
            for k in range(n, until):
                page.drop(k, "contents list")
        n = max(until, n + 1)


def _is_entry(page: _Page, n: int, headings: Sequence[str], titled: bool, seen: set[str]) -> bool:
    """Whether a block repeats a heading of the document; the second copy within one list is the section itself."""
    block = page.blocks[n]
    name = _norm(block.text)
    if name in seen or len(block.text) > 120:
        return False
    if page.why.get(n) == "contents list" or (titled and name == "overview"):
        return True
    if headings.count(name) < (2 if block.shape == "heading" else 1):
        return False
    # Without a title over it only a run of headings with nothing under them is a list.
    return titled or block.shape != "heading" or page.blocks[min(n + 1, len(page.blocks) - 1)].shape == "heading"


def _testimonials(page: _Page) -> None:
    under = False
    for n, block in enumerate(page.blocks):
        if block.shape == "heading":
            under = bool(_TESTIMONIALS.fullmatch(block.text.strip(" :")))
            if under:
                page.drop(n, "testimonial")
            continue
        match = _TESTIMONIAL.search(block.text)
        if under or (match and _CUSTOMER.search(match["who"])):
            page.drop(n, "testimonial")


def _authors(page: _Page) -> None:
    """A heading such as Author with the name and the few lines under it; a byline; a biography after the text."""
    for n, block in enumerate(page.blocks):
        if _AUTHOR.fullmatch(block.text.strip(" :")):
            page.drop(n, "author box")
            for k in range(n + 1, min(n + 4, len(page.blocks))):
                if _NAME_ONLY.fullmatch(page.blocks[k].text) or _BIO.search(page.blocks[k].text):
                    page.drop(k, "author box")
                else:
                    break
        elif len(block.text.split()) <= 30 and _BYLINE.fullmatch(block.text):
            page.drop(n, "author box")
    last = max((n for n, b in enumerate(page.blocks) if n not in page.why), default=-1)
    if last > 0 and page.blocks[last].shape == "text" and _BIO.match(page.blocks[last].text):
        page.drop(last, "author box")


def _stuffed(block: Block) -> bool:
    """Words heaped up so that any search finds them: thirty words with hardly one that makes a sentence."""
    words = re.findall(r"[a-z\u00e0-\u00ff'\u2019]+", block.text.lower())
    if len(words) < 30 or block.shape in {"row", "heading"}:
        return False
    return sum(w in _FUNCTION_WORDS for w in words) < 0.08 * len(words)


def _above_title(page: _Page) -> None:
    """Short lines above a title that has a date line under it: where on the site the page stands."""
    dated = next((n for n, why in sorted(page.why.items()) if why == "date line"), None)
    if dated is None or dated > 8:
        return
    title = next((n for n in range(dated - 1, -1, -1) if page.blocks[n].shape == "heading"), None)
    for n in range(title or 0):
        if len(page.blocks[n].text.split()) <= 6:
            page.drop(n, "where on the site the page stands")


def _site_end(page: _Page) -> None:
    """After an author box or sign-up text, a short rest without sections of its own is the end of the site's page."""
    ends = {n: why for n, why in page.why.items() if why in _SITE}
    total = sum(len(b.text.split()) for b in page.blocks)
    for first in sorted(ends):
        rest = page.blocks[first:]
        words = sum(len(b.text.split()) for b in rest)
        signs = [why for n, why in ends.items() if n >= first]
        if len(signs) < _SITE_END or len(set(signs)) < 2:
            return
        own = any(b.shape == "heading" for n, b in enumerate(rest, first) if n not in page.why)
        if not own and words <= _TAIL_WORDS and words * 4 <= total:
            for n in range(first, len(page.blocks)):
                page.drop(n, "end of the site's page")
            return


def _help_number(text: str) -> bool:
    """Whether a text gives a number for a crisis, right or wrong."""
    return bool((_CRISIS.search(text) and _DIALLED.search(text)) or (_EMERGENCY.search(text) and _PHONE.search(text)))


def _without_help_numbers(block: Block) -> tuple[Block | None, list[str]]:
    """A block without sentences that give a number for a crisis; the block itself where it has none."""
    if not _help_number(block.text):
        return block, []
    kept: list[str] = []
    left: list[str] = []
    for start, end in spans(block.text):
        sentence = block.text[start:end]
        (left if _help_number(sentence) else kept).append(sentence)
    if not left:
        return block, []
    if not kept:
        return None, left
    return Block(block.shape, " ".join(kept), block.level, block.page), left
