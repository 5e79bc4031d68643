# ruff: noqa: E501
"""Plain words that steer a guide: back, skip, why, change ... as a parent would type them.

Patterns are matched against `tokens` of the text: lower case, no accents, apostrophes or punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

__all__ = ["ASKING", "Act", "CHANGE", "COMMANDS", "MEANT", "NOTHING", "PICK", "UNSURE", "WHOLE", "said_beside"]


class Act(StrEnum):
    """What the reply does."""

    ANSWER = "answer"  # `values` hold one answer or more
    OFFER = "offer"  # two options are as near: `offers`
    UNDO = "undo"
    CHANGE = "change"  # `step`, "" where it was not said which
    SKIP = "skip"
    WHY = "why"
    REPEAT = "repeat"
    START_OVER = "start over"
    STOP = "stop"
    REVIEW = "review"
    HELP = "help"
    YES = "yes"
    NO = "no"
    ASK = "ask"  # a question of its own
    UNCLEAR = "unclear"  # `reason` names a help text


COMMANDS = [
    (Act.UNDO, r"(?:please |can (?:i|we) |i want to |let me |lets )?(?:go |take me )?back(?: (?:one|a step|please|up))*|undo(?: (?:that|it|this|last one))?|"
     r"(?:the )?previous(?: question| one)?|oops|(?:that|the last one|last one) (?:was|is) (?:wrong|a mistake)|i made a mistake|take that back|wrong (?:one|button)|(?:oops )?(?:i )?(?:hit|pressed|picked|chose) the wrong (?:thing|one|button|answer)(?: go back(?: one)?)?|let me fix (?:it|that)|(?:can|could) i change (?:it|that|what i (?:just )?said)"),
    (Act.SKIP, r"skip(?: (?:this|it|that|question|this one|this question|ahead|please))*|next(?: (?:question|one|please))*|pass|move on|leave (?:it|this|that) (?:blank|out|empty)|"
     r"(?:id |i would )?(?:rather|prefer) not(?: to)?(?: (?:say|answer|tell))?(?: (?:that|this))?|i (?:dont|do not) want to (?:say|answer|tell(?: you)?)(?: (?:that|this))?|no answer|none of your business|n a|(?:can (?:i|we) |lets |ill )?pass on (?:this|that)(?: one)?|not this one|next please|move along"),
    (Act.WHY, r"(?:but |and |ok )?why(?: (?:do|would|are|did) (?:you|u) (?:need|ask|asking|want|have)(?: to)?(?: (?:know|ask|me))?(?: (?:that|this|it|for that|me that|me this))?|"
     r" (?:is|does) (?:that|this|it) (?:matter|important|needed)| this(?: question)?| that| ask| this one)?|what for|(?:what do you|whats) (?:need )?(?:that|this|it) for|what does (?:that|this|it) matter|who cares|does (?:it|that|this) (?:even |really )?matter|whats (?:this|that) (?:number |date |name )?for|whats the reason(?: .{1,30})?"),
    (Act.REPEAT, r"(?:please )?repeat(?: (?:that|it|this|the question|please))*|(?:say|ask)(?: me)? (?:that|it) again|again|(?:sorry )?what (?:was|is) the question(?: again)?|what did you (?:ask|say)|come again|pardon|huh|what|(?:one more time|once more|again)(?: please)?|(?:can you )?(?:say|ask|read) (?:that|it) (?:again|once more|one more time)"),
    (Act.START_OVER, r"(?:please |can (?:i|we) |i want to |lets )?(?:start|begin) (?:over|again|from (?:the )?(?:beginning|scratch|start))|restart|from the (?:beginning|start|top)|reset(?: everything| it)?|(?:clear|erase|delete) (?:everything|all|it all|my answers)|(?:can we |lets )?(?:go|start|take it) from the top"),
    (Act.STOP, r"(?:please |i want to |can (?:i|we) |lets |i have to |i need to |i gotta )?(?:stop|quit|exit|leave|cancel|pause|end|go|go now)(?: (?:it|this|that|here|now|please|the guide|the questions|asking|for now|go))*|"
     r"no more(?: questions)?|not now|(?:maybe )?later|im done|enough|thats enough|i cant do this(?: right)?(?: now)?|close(?: (?:this|it|the guide))?|never ?mind|(?:ok )?(?:thats )?enough for (?:tonight|today|now|one day)|i (?:cant|can not) (?:do|take) any ?more(?: of this)?(?: (?:today|tonight|now))?"),
    (Act.REVIEW, r"(?:show (?:me )?|see |review |check |read back |let me (?:see|check) )(?:my |the |all )?(?:my )?(?:answers|summary)|review|summary|what (?:have i|did i) (?:said|say|told you|tell you|answered?)(?: so far)?|my answers|(?:show|list|read)(?: me)? (?:my answers|what i (?:said|told you))(?: (?:so far|up to now|again))?|what did i tell you(?: (?:earlier|before|so far|up to now))?"),
    (Act.HELP, r"help|help me answer|what (?:can|should|do) i (?:say|type|write|answer)|(?:what are )?(?:the |my )?(?:options|choices)|i (?:dont|do not) (?:understand|get)(?: (?:it|this|that|the question|what you mean))?|what do you mean|im confused|how does this work|how do i (?:use|do|answer) this|what am i supposed to (?:type|say|do|press)|show me how (?:to use this|this works)|do i (?:press|type) something"),
    (Act.YES, r"(?:yes|yeah|yep|yup|ya|sure|ok|okay|correct|right|thats right|thats correct|looks (?:right|good|fine|ok)|good|fine|all good|all right|perfect|done|si|confirm|yes (?:please|it is|i do|he does|she does|they do|that is right|thats right))"),
    (Act.NO, r"(?:no|nope|nah|not right|not correct|incorrect|thats wrong|thats not right|wrong|no (?:it is not|its not|i dont|he doesnt|she doesnt|they dont|thats wrong))"),
]  # fmt: skip
WHOLE = [(act, re.compile(rf"^(?:{pattern})$")) for act, pattern in COMMANDS]
_BESIDE = {Act.UNDO, Act.SKIP, Act.WHY, Act.REPEAT, Act.REVIEW, Act.HELP, Act.STOP, Act.START_OVER}
_SHORT = 14  # words up to which a command may stand beside other words


def said_beside(clauses: Sequence[str]) -> Act | None:
    """The command in a short reply that says something else too: "say that again? the kid was yelling".

    A single word is no command there, since it may belong to the rest; nor are two commands that differ.
    """
    if sum(len(c.split()) for c in clauses) > _SHORT:
        return None
    found = {a for c in clauses if len(c.split()) > 1 for a, pattern in WHOLE if a in _BESIDE and pattern.match(c)}
    return found.pop() if len(found) == 1 else None


CHANGE = re.compile(
    r"^(?:please |can (?:i|we|you) |i (?:want|need|would like) to |id like to |let me |lets )*(?:change|edit|fix|correct|redo|go back to|update)"
    r"(?: (?:my|the) (?:answer|answers|reply)(?: (?:to|about|for|on))?)?(?: (?:the|my|your|question about|one about))*(?: (?P<what>.+?))?(?: (?:to|into) (?P<value>.+))?$"
)
MEANT = re.compile(
    r"^(?:no|actually|sorry|wait|correction|i meant|i mean|no i meant|oops)(?: (?:no|sorry|wait|actually|i meant|i mean|its|it is|it was|that was|make that))* (?P<value>.+)$"
)
ASKING = re.compile(
    r"^(?:(?:what|whats|who|whos|when|where|wheres|how|why|which|tell me (?:about|what|how|why|if)|explain)\b"
    r"|(?:can|could|should|shall|do|does|did|is|are|am|will|would|may|must|has|have|wont|isnt|arent|cant|dont|doesnt) (?:i|we|you|they|he|she|it|my|our|the|there|this|that|these|any|anyone|someone|school|schools|a|an)\b)"
)
UNSURE = re.compile(
    r"^(?:i )?(?:really )?(?:dont|do not) (?:know|remember|have it|recall)\b.*$|^(?:im )?not (?:really )?sure\b.*$|^no (?:idea|clue)$|^unsure$|^idk\b.*$|^cant (?:say|remember|tell)\b.*$|^i (?:forget|forgot|cant remember)\b.*$"
)
NOTHING = re.compile(r"^(?:none|none of (?:these|those|them|the above)|nothing|neither|no|nope|not any|no one|zero)$")
PICK = re.compile(
    r"^(?:the |option |number |choice |no |answer )?(?:(?P<n>\d{1,2})|(?P<word>first|second|third|fourth|fifth|sixth|last)|(?P<letter>[a-h]))(?: one| option| choice)?$"
)
