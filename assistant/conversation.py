"""What a turn means given the last ones: follow-ups, "yes", "the second one", "who said that", small talk.

Plain rules over words; nothing is searched here. A follow-up becomes one question that can be searched on its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.records import Turn
from assistant.situations import NOT_SO
from assistant.text import sentences, stems, tokens

__all__ = ["Meaning", "Move", "interpret", "unsteered"]


class Move(StrEnum):
    """What a turn does."""

    ASK = "ask"  # search `text`
    CHAT = "chat"  # greeting, thanks, small talk
    CLARIFY = "clarify"  # too few words to search
    DANGLING = "dangling"  # refers to something before, and there is nothing before
    SOURCES = "sources"  # who said the last answer
    EXTRACT = "extract"  # asks for a whole document or tries to change how answers are made


@dataclass(frozen=True, slots=True)
class Meaning:
    """`text` is what will be searched; `context` what it was taken from, "" for a fresh question.

    `alone` is set where the turn may have a subject of its own: if it has, `text` without the context is meant.
    """

    move: Move
    text: str
    context: str = ""
    alone: str = ""


_CHAT = re.compile(
    r"^(?:hi+|hello+|hey+|hola|yo+|good (?:morning|evening|afternoon|night)|thanks?|thank you|thx|ty|gracias|bye|goodbye|ok bye|"
    r"lol|haha+|cool|great|nice|wow|test|testing|who (?:are|r) (?:you|u)|what are you|are you (?:a )?(?:real|human|bot|person|ai|robot)(?: person)?|"
    r"who made you|how are you|youre? welcome|good bot|bad bot)(?: (?:so much|a lot|there|doorstep|again|everyone|you|very much|for (?:your|the) help))*$"
)
_YES = re.compile(
    r"^(?:yes|yeah|yep|yup|sure|ok|okay|please|yes please|sure please|ok please|go on|go ahead|continue|do it|si|claro|tell me|"
    r"show me|that one|the first|first one|the first one|please do|that would help|i would|id like that|more|tell me more|keep going|what else)(?: please| thanks| do)?$"
)
_ORDINAL = {
    "second": 1, "2": 1, "two": 1, "2nd": 1, "third": 2, "3": 2, "three": 2, "3rd": 2, "fourth": 3, "4": 3, "four": 3,
    "last": -1, "first": 0, "1": 0, "one": 0, "1st": 0, "other": 1,
}  # fmt: skip
_PICK = re.compile(
    r"^(?:the |number |option |no |#)?(first|second|third|fourth|last|other|1st|2nd|3rd|1|2|3|4|one|two|three|four)(?: one| option| topic)?(?: please)?$"
)
_WHO = re.compile(
    r"^(?:and |but |ok |so )?(?:who (?:said|says|told you|wrote) (?:that|this|so|it)|says who|whats? (?:the|your) sources?(?: (?:for|of) (?:that|this))?|"
    r"where (?:is|did) (?:that|this|you) (?:get that |come |get this )?from|where does (?:that|this) come from|source|sources|"
    r"how do you know(?: that| this)?|is (?:that|this) (?:from )?(?:a |the )?(?:law|expert|doctor)s?)$"
)
_EXTRACT = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,30}\b(?:previous|prior|above|earlier|all|your|any|the)\b.{0,20}\b(?:instructions?|rules?|prompts?|guidelines|filters?|sources?)\b"
    r"|\b(?:repeat|print|reveal|show|output|give|tell|what (?:is|are))\b.{0,25}\b(?:your |the |me your )?(?:system|hidden|initial|secret|developer) (?:prompt|instructions?|message|rules)\b"
    r"|\b(?:repeat|copy|paste|print|reproduce|recite|output|dump|give me|send me|type out)\b.{0,30}\b(?:entire|whole|full|complete|all of the|every word of the)\b.{0,25}\b(?:article|document|page|pages|text|knowledge|database|library|book|guide)\b"
    r"|\bword for word\b|\bverbatim\b.{0,30}\b(?:article|all|everything)\b"
    r"|\b(?:you are|act as|pretend (?:to be|you are|youre)|roleplay as|from now on you(?:re| are)?)\b.{0,30}\b(?:dan\b|jailbr\w*|unrestricted|licensed|a (?:lawyer|attorney|therapist|doctor|psychiatrist|judge|human)|my (?:lawyer|attorney|therapist|doctor)|no longer)\b"
    r"|^\s*(?:system|assistant|developer)\s*:|\bjailbreak\b|\bprompt injection\b|\b(?:answer|respond|reply) without (?:any )?(?:sources|citations|citing)\b"
)
# A sentence that speaks to the machine, brings its own citation, or is markup: kept in view, left out of the search.
_STEER = re.compile(
    r"\b(?:assistant|chatbot|bot|ai|doorstep|model)\b.{0,25}\b(?:must|shall|should|has to|will now|is to)\b|\brepeat (?:that|this|after me)\b|^\s*\[\d+\]",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<[^>]{0,400}>|!?\[[^\]]{0,80}\]\([^)]{0,400}\)|\[\d+\]")
# A turn that opens so goes on from the one before, whatever else it says.
_OPENER = re.compile(
    r"^(?:and|but|ok but|okay but|so|then|or|also|what about|how about|what if|and if|why|why not|how so|what then|now what|then what|"
    r"really|even if|what happens|y si|y|pero|entonces)\b"
)
_BACK = re.compile(
    r"\b(?:it|that|this|these|those|they|them|their|he|she|him|her|all this|the same|one|ones|there|the letter|the meeting|the plan|the note|instead|either|anyway|else|eso|esto)\b"
)
_SHORT = 30  # a longer turn tells its own story
_OWN = 3  # stems from which a turn may have a subject of its own


def unsteered(text: str) -> str:
    """What is searched: the message without markup and without sentences that try to steer the answer."""
    kept = [s for s in sentences(_MARKUP.sub("\n", text)) if not _STEER.search(s)]
    return "\n".join(kept) if any(stems(s) for s in kept) else text


def _plain(text: str) -> str:
    return " ".join(w.replace("'", "") for w in tokens(text))


def _offers(turns: Sequence[Turn]) -> tuple[str, ...]:
    return turns[-1].answer.suggestions if turns and turns[-1].answer else ()


def interpret(text: str, turns: Sequence[Turn]) -> Meaning:
    """The meaning of a normalised, non-empty message after `turns`, oldest first.

    "yes" and "the second one" take up what the last answer offered; a short turn that leans on the one before is
    joined with the question it goes on from.
    """
    flat = _plain(text)
    if text.startswith(NOT_SO):  # the same question again, without that detail
        again = next((t.meant for t in reversed(turns) if t.meant), "")
        return Meaning(Move.ASK, again, again) if again else Meaning(Move.DANGLING, text)
    if _EXTRACT.search(flat) or _EXTRACT.search(text.lower()):
        return Meaning(Move.EXTRACT, text)
    offers = _offers(turns)
    pick = _PICK.match(flat)
    if offers and (pick or _YES.match(flat)):
        n = _ORDINAL[pick[1]] if pick else 0
        return Meaning(Move.ASK, offers[n] if -len(offers) <= n < len(offers) else offers[0], turns[-1].meant)
    if _WHO.match(flat):
        return Meaning(Move.SOURCES, text) if turns else Meaning(Move.DANGLING, text)
    if _CHAT.match(flat):
        return Meaning(Move.CHAT, text)
    before = next((t.meant for t in reversed(turns) if t.meant), "")
    if before and (_YES.match(flat) or pick):
        return Meaning(Move.ASK, before, before)
    if _YES.match(flat) or pick:
        return Meaning(Move.DANGLING, text)
    words = len(flat.split())
    if before and words <= _SHORT and (_OPENER.match(flat) or _BACK.search(flat) or len(stems(text)) <= 1):
        own = "" if _OPENER.match(flat) or len(stems(text)) < _OWN else text
        return Meaning(Move.ASK, f"{text}\n{before}", before, own)
    if not before and len(stems(text)) == 0:
        return Meaning(Move.CLARIFY, text)
    return Meaning(Move.ASK, text)
