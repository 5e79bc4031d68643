"""Words of a message: cleaning what was typed, splitting it, and stems for word search."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import Stemmer

__all__ = ["MAX_CHARS", "normalise", "sentences", "spanish", "stems", "tokens", "visible"]

MAX_CHARS = 4000

# Formatting and control characters that hide or reorder text: zero-width, bidi overrides, tags, variation selectors.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARKS = re.compile("([\u0300-\u036f])[\u0300-\u036f]{2,}")  # more accents on one letter than any language uses
_QUOTES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "\u00b4": "'", "`": "'",
     "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2033": '"', "\u00ab": '"', "\u00bb": '"',
     "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-"}
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[\"'(]?[A-Z0-9¿¡])|\n+|(?<=\?)\s+")

# Words that carry no subject. Kept short on purpose: "not", "can", "no", "out" matter to parents' questions.
_STOP = frozenset(
    """a about am an and any are as at be because been but by did do does doing for from get gets getting got had
    has have having he her hers him his how i if im in into is it its just know like me mine my of on or our
    ours she so some than that thats the their them then there these they this those to too up us very was we
    were what when where which while who whom why will with would you your yours really also even still only
    here now said say says tell told think want wants go going goes s t re ve ll d m u one thing things make
    made way much many more most other what's i'm he's she's it's""".split()
)
_SPANISH = frozenset(
    """el la los las un una mi su sus que qué de del y en es no por para con se lo le como cómo pero más porque
    cuando hijo hija escuela está estoy tiene ir va hacer hago puedo ella él yo me nos muy sin sobre día días""".split()
)


def visible(text: str) -> str:
    """The text without characters that hide, reorder or control; its own letters and quotes stay."""
    return _CONTROL.sub(" ", _INVISIBLE.sub("", text))


def normalise(raw: str) -> str:
    """NFKC, straight quotes, no invisible characters, single spaces inside a line; at most 4,000 characters.

    Lone surrogates become "?", since nothing downstream can encode them.
    """
    text = raw[: MAX_CHARS * 4].encode("utf-8", "replace").decode("utf-8")
    text = unicodedata.normalize("NFKC", text.translate(_QUOTES))  # before it too: NFKC takes some quotes apart
    text = _MARKS.sub(r"\1", visible(text).translate(_QUOTES))
    text = "\n".join(" ".join(row.split()) for row in text.splitlines())
    return text.strip()[:MAX_CHARS].strip()


def tokens(text: str) -> list[str]:
    """Lower-case words without accents, in order; an apostrophe stays inside its word."""
    flat = unicodedata.normalize("NFKD", text.lower())
    return _WORD.findall("".join(c for c in flat if not unicodedata.combining(c)))


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


def stems(text: str) -> list[str]:
    """Snowball stems (Porter, 2001) of the words that carry a subject, in order."""
    stem = _stemmer().stemWord
    return [stem(w.replace("'", "")) for w in tokens(text) if w not in _STOP]


def sentences(text: str) -> list[str]:
    """The sentences of a message, in order; fragments of one word are joined to the one before."""
    found: list[str] = []
    for piece in _SENTENCE_END.split(text):
        part = piece.strip()
        if found and len(part.split()) < 2:
            found[-1] = f"{found[-1]} {part}".strip()
        elif part:
            found.append(part)
    return found


def spanish(text: str) -> bool:
    """True when at least a quarter of the words, and three different ones, are common Spanish ones."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    hits = [w for w in words if w in _SPANISH]  # "no" and "me" are English too
    return len(set(hits)) >= 3 and len(hits) * 4 >= len(words) or ("¿" in text and bool(hits))
