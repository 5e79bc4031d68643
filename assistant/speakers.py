"""Who says a sentence of a document: introduced by full name, then by surname, by "she", or not named at all.

Only what the text says is used. A sentence that no one is named for is the document's own voice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.records import Speaker, Voice

__all__ = ["Ear", "NOT_AN_ATTORNEY", "Said", "introductions"]

NOT_AN_ATTORNEY = "Said by someone whom the document does not call an attorney; check it against the law."
NO_CREDENTIAL = "no credential given"

_TITLE = r"(?:Dr|Mr|Mrs|Ms|Prof|Professor|Judge)\.?\s+"
_WORD = r"[A-Z][\w\u2019'-]*\w"
_FULL = rf"(?P<name>{_WORD}(?:\s+[A-Z]\.)?(?:\s+(?:de|la|van|von|del|bin)\b)?(?:\s+{_WORD}){{1,3}})"
_LETTERS = (
    r"(?:(?:Psy|Ph|Ed|M|J|D|Pharm)\.?\s?D|M\.?S|M\.?A|M\.?Ed|MBA|MPH|LLP|LCSW|LMFT|LPC|LPCC|LEP|NCSP|BCBA(?:-D)?|RN"
    r"|PNP|NP|OTR(?:/L)?|OTD|DPT|CCC-SLP|SLP|Esq|MSW|ABPP|FAAP|D\.?O)\b\.?"
)
_ROLE = (
    r"(?:advocate|attorney|lawyer|psychologist|psychiatrist|therapist|counselor|pediatrician|physician|doctor|nurse"
    r"|professor|researcher|director|founder|principal|teacher|educator|specialist|analyst|consultant|coordinator"
    r"|navigator|aide|assistant|social worker|superintendent|administrator|pathologist|clinician|author|parent|mother|father|judge"
    r"|president|manager|officer|expert|coach)s?"
)
# "Lauren Stutman, Psy.D, founder of X;"  "Sandra Dixon Shove, a non-attorney advocate at Y"
_INTRODUCED = re.compile(
    rf"(?P<title>{_TITLE})?{_FULL},\s+(?P<credential>(?:{_LETTERS}(?![\w])"
    rf"|(?:an?|the|our|who is an?)\s+(?:[\w\u2019'/-]+\s+){{0,6}}?{_ROLE}\b|who\s+[a-z]+s\b"
    rf"|(?:[\w\u2019'/-]+\s+){{0,4}}?{_ROLE}\b)"
    r"(?:[^;.:\u201c\u201d\"()]|(?<=[A-Z])\.|(?<=Psy|Esq)\.)*)"
)
_ROLE_FIRST = re.compile(rf"\b(?P<credential>(?:[a-z-]+\s+){{0,3}}{_ROLE})\s+(?P<title>{_TITLE})?{_FULL}")
_VERB = (
    r"(?:says?|said|adds?|added|explains?|explained|notes?|noted|suggests?|suggested|mentions?|mentioned|recommends?"
    r"|recommended|points? out|pointed out|shares?|shared|tells?|told|advises?|advised|assures?|assured|reminds?|reminded"
    r"|stresse[sd]|emphasize[sd]?|acknowledge[sd]?|comments?|commented|continue[sd]?|believe[sd]?|agree[sd]?|warns?"
    r"|warned|encourage[sd]?|prefers?|echo(?:es|ed)|puts? it|wants? (?:you|parents|families) to know|state[sd]?"
    r"|describe[sd]?|asks|argue[sd]?|understands|hears?|takes an?|write[s]?|wrote|concludes?|clarifie[sd]|observe[sd]?"
    r"|report(?:s|ed)|recall(?:s|ed)|remember(?:s|ed)|urge[sd]?|caution(?:s|ed)|insist(?:s|ed)|admit(?:s|ted)"
    r"|repl(?:ies|ied)|answer(?:s|ed)|respond(?:s|ed)|laugh(?:s|ed)|joke[sd]?|thinks|hopes|predict(?:s|ed)|promise[sd]?"
    r"|f(?:inds|ound) that)"
)
_STOP = re.compile(
    rf",?\s+(?:and|or)\s+(?:(?:to|with|from|by|of)\s+)?(?=(?:Dr\.?\s+)?{_WORD}\s+[A-Z])"
    rf"|,\s+(?=(?:also\s+)?{_VERB}\b|who\s+(?:says?|told)\b|(?:Dr\.?\s+)?{_WORD}\s+{_WORD},)"
    r"|,\s+(?=[a-z]+s\s+(?:an?|the|his|her|their|for|with|at|in)\b)"
    r"|\s+(?=(?:says?|said|explains?|tells?|recommends?|suggests?|told)\b)"
)

_SAYS = re.compile(rf"\b{_VERB}\b")
_ADVERB = (
    r"(?:(?:also|both|then|further|often|even|later|once|now|again|always|usually|simply|herself|himself|strongly"
    r"|does|do|did)\s+){0,2}"
)
_NEW_NAME = rf"{_WORD}(?:\s+[A-Z]\.)?(?:\s+{_WORD}){{1,2}}"
# Somebody whom the text names in full with a verb of saying and nothing else.
_STRANGER = re.compile(
    rf"\b(?P<new>{_NEW_NAME})\s+{_ADVERB}{_VERB}\b|[,.?!][\"\u201d]\s+{_VERB}\s+(?P<after>{_NEW_NAME})"
)
_SURNAME = re.compile(
    rf"\b(?:{_TITLE})?(?P<before>{_WORD})\s+{_ADVERB}{_VERB}\b"
    rf"|(?:[,.?!][\"\u201d]\s+(?:{_VERB}\s+|according to\s+)|[Aa]ccording to\s+|\band\s+)(?:{_TITLE})?(?P<after>{_WORD})\b"
)
_TITLED = re.compile(
    rf"\b(?P<title>Dr\.?|Prof\.?|Professor|Judge)\s+(?P<name>{_NEW_NAME})(?:\s+(?P<place>(?:of|at|from)\s+{_WORD}(?:\s+{_WORD})*))?"
)
_PLACE = rf"(?:\s+(?:of|at|from)\s+{_WORD}(?:\s+{_WORD})*)?"
_ASIDE = r"(?:,\s+(?:who|an?|the|our|whose|which)\b[^,;.\u201c]{2,90},)?"
_UNKNOWN = re.compile(
    rf"\b(?:[Aa]n?|[Oo]ne|[Tt]he|[Aa]nother|[Ss]ome|[Mm]any)\s+(?:[\w-]+\s+){{1,3}}?{_VERB}\b[^.?!]{{0,40}}[,:]?\s*$"
)
_ANECDOTE = re.compile(
    r"\b(?:(?:I|we)\s+(?:(?:once|recently|previously)\s+)?(?:had|worked with|have had)\s+(?:an?|one|some|several)\b"
    r"|colleague of mine|my (?:patients|clients|students|own)|(?:kids|children|students|families|parents) (?:I've|I\u2019ve"
    r"|I have|I) work|worked with an? (?:student|family|child|parent|teen|client)|many years ago|there have been cases"
    r"|when my|little story|we(?:'ve|\u2019ve| have) had|we have (?:kids|families|students)|wonderful example|another example)",
    re.I,
)
_TOLD_ON = re.compile(r"\b(?:the|this|that) (?:student|family|child|teen|boy|girl|mother|father)\b", re.I)
_LEGAL = re.compile(
    r"\b(?:laws?|legal(?:ly)?|illegal|rights|the right to|statutes?|regulations|jurisdiction|court|IDEA|FAPE|Section\s+504"
    r"|SARB|truancy|due process|required (?:to|by)|obligat\w+|entitled|Ed(?:ucation)?\.? Code|C\.?F\.?R|U\.?S\.?C"
    r"|valid practice|expectation of privacy|prior written notice|mandated?)\b"
)
_ATTORNEY = re.compile(r"(?<!non-)(?<!not an )\b(?:attorney|lawyer|Esq|J\.?D|counsel|judge)\b(?!\s+advoca)", re.I)
_LEAST = 5  # words inside quotation marks from which it is speech, not a term


@dataclass(frozen=True, slots=True)
class Said:
    """Who says a sentence and how; `note` is for a person who reads it, "" for none."""

    speaker: Speaker | None
    voice: Voice
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Quote:
    start: int
    end: int


def _identity(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.split()[-1].lower()).strip("-")


def introductions(paragraphs: Sequence[str]) -> list[Speaker]:
    """People whom a document introduces by full name with a credential or role, in order, each once.

    `Speaker.id` is the surname in lower case; two people of one surname have their full names as ids.
    """
    found: dict[str, Speaker] = {}
    for text in paragraphs:
        for pattern in (_INTRODUCED, _ROLE_FIRST):
            at = 0
            while match := pattern.search(text, at):
                credential, length = _credential(match["credential"])
                at = match.start("credential") + max(length, 1) if pattern is _INTRODUCED else match.end()
                name = match["name"]
                if name.split()[0] in _NOT_NAMES or name in found:
                    continue
                title = (match["title"] or "").strip()
                found[name] = Speaker(_identity(name), name, credential if not title.startswith("Dr") else
                                      f"Dr., {credential}")  # fmt: skip
    _without_credential("\n".join(paragraphs), found)
    surnames = [s.id for s in found.values()]
    return [
        replace(s, id=re.sub(r"[^a-z0-9]+", "-", s.name.lower())) if surnames.count(s.id) > 1 else s
        for s in found.values()
    ]


def _without_credential(whole: str, found: dict[str, Speaker]) -> None:
    """Add people who speak and are named in full, but with a title only or with nothing."""
    people = [(m["title"] + (f" {m['place']}" if m["place"] else ""), m["name"]) for m in _TITLED.finditer(whole)]
    people += [(NO_CREDENTIAL, m["new"] or m["after"]) for m in _STRANGER.finditer(whole)]
    for match in _SURNAME.finditer(whole):
        surname = match["before"] or match["after"]
        full = re.search(rf"\b({_WORD}(?:[ ]+[A-Z]\.)?(?:[ ]+{_WORD})?[ ]+{re.escape(surname)})\b", whole)
        if full:
            people.append((NO_CREDENTIAL, full[1]))
    for credential, name in people:
        parts = name.split()
        while len(parts) > 1 and parts[0] in _NOT_NAMES:
            del parts[0]
        known = {s.name.split()[-1] for s in found.values()}
        if len(parts) > 1 and parts[-1] not in known:
            found[" ".join(parts)] = Speaker(_identity(name), " ".join(parts), credential)


_NOT_NAMES = frozenset(
    """The This That These Those Their There Here If When While What Why How Where Who Since Some Many Most Every Each
    Sometimes And But Or For In On At As By To From With Your Our Her His My According Per Dear Special""".split()
)


def _credential(raw: str) -> tuple[str, int]:
    """A credential without what follows it in its sentence, and how much of `raw` it took."""
    stop = _STOP.search(raw)
    kept = re.sub(r",?\s+and(?:\s+Dr)?$", "", raw[: stop.start()] if stop else raw)
    return kept.strip(" ,-"), len(kept)


def _quotes(text: str) -> list[_Quote]:
    """Outermost quotations of a paragraph; one that is not closed ends with it."""
    found: list[_Quote] = []
    depth = start = 0
    for at, mark in enumerate(text):
        if mark not in '"\u201c\u201d':
            continue
        before = text[at - 1] if at else " "
        opens = mark == "\u201c" or (mark == '"' and (before.isspace() or before in "([\u2014-"))
        if opens:
            depth += 1
            if depth == 1:
                start = at
        elif depth:
            depth -= 1
            if depth == 0:
                found.append(_Quote(start, at + 1))
    if depth:
        found.append(_Quote(start, len(text)))
    return found


class Ear:
    """Reads a document from its start and says of each sentence who speaks; keeps who spoke last."""

    def __init__(self, speakers: Sequence[Speaker]) -> None:
        """Know the people that `introductions` found."""
        self._by_name: dict[str, Speaker] = {}
        for s in speakers:
            self._by_name.setdefault(s.name.split()[-1], s)
        for s in speakers:
            self._by_name[s.name] = s
        self._gender: dict[str, str] = {}
        self._last: Speaker | None = None
        self._before: list[Speaker] = []
        self._story: Speaker | None = None
        self._spoke_here = False
        self._sure = True  # False after a quotation whose speaker could not be told: nobody is taken to go on
        names = "|".join(re.escape(n) for n in sorted(self._by_name, key=len, reverse=True)) or r"(?!)"
        who = rf"(?P<who>(?:(?P<title>{_TITLE})?(?P<name>{names})|(?P<pronoun>[Ss]he|[Hh]e))"
        both = rf"(?:\s+and\s+(?:{_TITLE})?(?P<other>{names}))?"
        subject = rf"\b{who}\b{both}{_PLACE}{_ASIDE})\s*"
        self._says = (
            re.compile(rf"{subject}{_ADVERB}\b(?P<verb>{_VERB})\b"),
            re.compile(rf"\b(?:[Aa]ccording to|[Pp]er|[Aa]s)\s+{who}\b){both}"),
            re.compile(rf"\b(?P<verb>{_VERB})\s+{who}\b){both}(?=\s*(?:[,.;:]|$))"),
        )
        self._subject = re.compile(
            rf"^(?:(?:But|And|So|Then)\s+|[A-Z][^,.\"\u201c]{{1,40}},\s+)?(?:{_TITLE})?(?P<name>{names})\b"
        )

    def paragraph(self, text: str, sentences: Sequence[tuple[int, int]]) -> list[Said]:
        """Who says each sentence of one paragraph, given as offsets, in order."""
        owners: dict[int, tuple[Speaker | None, int]] = {}
        quotes = _quotes(text)
        heard: list[tuple[Speaker | None, Voice]] = []
        story = self._goes_on(text)
        for n, (start, end) in enumerate(sentences):
            self._remember(self._about(text[start:end]))
            speech = self._speech(text, sentences, n, quotes, owners)
            named = self._named(_outside(text, start, end, quotes))
            if speech is not None:
                speaker, story_from = speech
                heard.append((speaker, "anecdote" if end > story_from else "quote"))
                continue
            self._remember(named)
            if _ANECDOTE.search(_outside(text, start, end, quotes)) and (named or self._last) and not story:
                story = named or self._last
            elif named and story and named != story:
                story = None
            if story and not (named and not _ANECDOTE.search(text[start:end]) and n == 0):
                heard.append((story, "anecdote"))
            else:
                heard.append((named, "reported" if named else "editorial"))
        self._story = story
        return [
            Said(speaker, voice, _note(speaker, text[start:end]))
            for (speaker, voice), (start, end) in zip(heard, sentences, strict=True)
        ]

    def section(self) -> None:
        """A new heading: neither a story nor an unnamed quotation goes on over it; "she" may."""
        self._story = None
        self._spoke_here = False

    def _goes_on(self, text: str) -> Speaker | None:
        """A story told in the paragraph before goes on where its person is still spoken of, and nobody else is."""
        if self._story and _TOLD_ON.search(text[:200]) and self._named(text) is None:
            return self._story
        return None

    def _speech(
        self, text: str, sentences: Sequence[tuple[int, int]], n: int, quotes: Sequence[_Quote],
        owners: dict[int, tuple[Speaker | None, int]],
    ) -> tuple[Speaker | None, int] | None:  # fmt: skip
        """The speaker of the quotation that a sentence holds or lies in; None where it holds no speech."""
        start, end = sentences[n]
        for k, quote in enumerate(quotes):
            if quote.end <= start or quote.start >= end:
                continue
            if k not in owners:
                found = self._owner(text, sentences, quote)
                if found is None:
                    continue
                owners[k] = found
                self._remember(found[0])
            return owners[k]
        return None

    def _owner(
        self, text: str, sentences: Sequence[tuple[int, int]], quote: _Quote
    ) -> tuple[Speaker | None, int] | None:
        """Who says a quotation, and from which offset on it tells a story; None where the marks only set off a term."""
        first = next(s for s, e in sentences if e > quote.start)
        last = next((e for s, e in sentences if e >= quote.end), len(text))
        lead, tail = text[first : quote.start], text[quote.end : last]
        inside = text[quote.start : quote.end]
        speaker = self._named(lead, near_end=True) or self._named(tail)
        whole = not lead.strip(" \u2014-") and not tail.strip(" .\u2014-")
        goes_on = whole and self._sure and self._spoke_here
        # A few words are speech where they begin their sentence, and a term where something leads up to them.
        if len(inside.split()) < _LEAST and not goes_on and (lead.strip() or not speaker):
            self._sure = self._sure and not _SAYS.search(tail)
            return None
        if not (speaker or whole or _UNKNOWN.search(lead)):
            self._sure = False
            return None
        if speaker is None and goes_on:
            speaker = self._last  # nobody is named: whoever spoke last goes on
        self._sure = speaker is not None
        story = _ANECDOTE.search(inside)
        return speaker, quote.start + story.start() if story else len(text)

    def _named(self, text: str, near_end: bool = False) -> Speaker | None:
        """The person whom a piece of text says to speak; the last one named where `near_end`."""
        found: list[tuple[int, Speaker]] = []
        for pattern in self._says:
            for match in pattern.finditer(text):
                speaker = self._person(match)
                if speaker:
                    found.append((match.start(), speaker))
        if not found:
            return None
        return (max if near_end else min)(found, key=lambda x: x[0])[1]

    def _about(self, sentence: str) -> Speaker | None:
        """The person whom a sentence begins with: "Dr. Lee has an idea. She suggests ..."."""
        match = self._subject.search(sentence)
        return self._by_name[match["name"]] if match else None

    def _person(self, match: re.Match[str]) -> Speaker | None:
        if match["pronoun"]:
            return self._pronoun("f" if match["pronoun"].lower() == "she" else "m")
        speaker = self._by_name[match["name"]]
        title = (match["title"] or "").strip(" .")
        if title in {"Mr", "Mrs", "Ms"}:
            self._gender[speaker.id] = "m" if title == "Mr" else "f"
        if match["other"]:
            other = self._by_name[match["other"]]
            return Speaker(
                f"{speaker.id}-{other.id}", f"{speaker.name} and {other.name}",
                f"{speaker.credential}; {other.credential}",
            )  # fmt: skip
        return speaker

    def _pronoun(self, gender: str) -> Speaker | None:
        """The last person who spoke and to whom the pronoun may refer; from then on it is theirs."""
        for speaker in (self._last, *reversed(self._before)):
            if speaker and self._gender.get(speaker.id, gender) == gender and " and " not in speaker.name:
                self._gender[speaker.id] = gender
                return speaker
        return None

    def _remember(self, speaker: Speaker | None) -> None:
        self._spoke_here = self._spoke_here or speaker is not None
        self._sure = self._sure or speaker is not None
        if speaker and speaker != self._last:
            if self._last:
                self._before.append(self._last)
            self._last = speaker


def _outside(text: str, start: int, end: int, quotes: Sequence[_Quote]) -> str:
    """A sentence with the insides of long quotations taken out."""
    kept = []
    at = start
    for quote in quotes:
        if quote.end <= start or quote.start >= end or len(text[quote.start : quote.end].split()) < _LEAST:
            continue
        kept.append(text[at : max(at, quote.start)])
        at = min(end, quote.end)
    kept.append(text[at:end])
    return " ".join(kept)


def _note(speaker: Speaker | None, sentence: str) -> str:
    if speaker is None or not _LEGAL.search(sentence) or _ATTORNEY.search(speaker.credential):
        return ""
    return NOT_AN_ATTORNEY
