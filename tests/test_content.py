"""The content itself: every page, reply, data file and evaluation file under its own test id."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml

from assistant.check import check_helpline, check_knowledge, check_page, grade
from assistant.errors import ContentError
from assistant.guide_reading import load_guides
from assistant.knowledge import load, load_page
from assistant.private import Private
from assistant.replies import Replies
from assistant.safety import Watch, help_values
from assistant.situations import details_told
from assistant.text import normalise
from evals.cases import MODELS, load_cases

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "knowledge/pages").glob("*/*.md"))
DATA = sorted((ROOT / "knowledge").glob("*.yaml"))
MESSAGES = sorted((ROOT / "knowledge/messages").glob("*.jsonl"))
SITUATIONS = sorted((ROOT / "knowledge/situations").glob("*.yaml"))
DANGER = sorted((ROOT / "knowledge/danger").glob("*.jsonl"))
REPLIES = sorted((ROOT / "prompts/replies").glob("*.md"))
CASES = sorted((ROOT / "evals/cases").glob("*.jsonl"))

# The law sheet's corrections of the article: each of these facts has to reach a family.
CORRECTIONS = {
    "A-01": "SARB-02 SARB-03 SARB-04", "A-02": "TRU-07 TRU-08 SARB-06", "A-03": "ATT-02 ATT-08 ATT-11 TRU-01",
    "A-04": "ATT-02 ATT-03 ATT-04", "A-05": "ATT-09 ATT-10 TRU-07", "A-06": "TRU-02 TRU-03 TRU-09 TRU-10",
    "A-07": "HHI-02 HHI-06 HHI-07 HHI-08 IS-04", "A-08": "HHI-03 HHI-07", "A-09": "IS-01 IS-02 IS-03",
    "A-10": "RES-01", "A-11": "RES-02", "A-12": "REL-01 ERM-03 504-02", "A-13": "IDEA-12 IDEA-23",
    "A-14": "ERM-01 ERM-03 ERM-05", "A-15": "IDEA-14 IDEA-15 FBA-01 FBA-04",
    "A-16": "OBS-01 OBS-02 OBS-03 OBS-04 OBS-05", "A-17": "BUL-01 BUL-02 BUL-03 BUL-07",
    "A-18": "IDEA-19 IDEA-20 CMP-01 CMP-04 CMP-07 CMP-08 HLP-03", "A-19": "CAT-01 CAT-03 CAT-04", "A-20": "CMP-09",
    "A-21": "MIN-01", "A-22": "HHI-01 HHI-03 HHI-07", "A-23": "HHI-10 HHI-05", "A-24": "IDEA-13",
}  # fmt: skip
NOT_USED: dict[str, str] = {}  # publishable facts that no page cites, each with the reason
HELD_BACK = {"LAW-CRI-06", "LAW-RES-04"}  # publish=false: never cited until a person clears them
NOT_A_HELP_LINE = {"916-327-3704": "the fax for complaints to the state; a document goes there, nobody answers"}

_ROLES = "therapist|counselor|clinician|attorney|lawyer|advocate|human|doctor|psychologist|nurse|social worker"
CLAIM = re.compile(
    r"\b(?:I am|I'm|we are|we're|Doorstep is|soy|somos)\s+(?:an?|your|the|un|una|su)\s+"
    rf"(?:[\w-]+\s+){{0,2}}(?:{_ROLES})s?\b",
    re.IGNORECASE,
)
PHONE = re.compile(
    r"(?<![\d$])(?:1[-. ])?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}(?!\d)"
    r"|(?:\b[Tt]ext \w+ to|\b[Cc]all|\b[Dd]ial) (\d[\d-]{2,})"
)


def relative(file):
    return file.relative_to(ROOT).as_posix()


def rows_of(file):
    return [json.loads(row) for row in file.read_text(encoding="utf-8").splitlines()]


def flat(text):
    return " ".join(text.lower().split())


def twice(items):
    return [item for item, n in Counter(items).items() if n > 1]


@pytest.fixture(scope="module")
def statements(knowledge):
    return {s.id: s for p in knowledge.passages for s in p.statements}


@pytest.fixture(scope="module")
def cited(statements):
    return {r.source.id for s in statements.values() for r in s.references}


@pytest.fixture(scope="module")
def problems():
    """What a strict load says of any file; read file by file below, so that one broken file is one red id."""
    try:
        load(ROOT)
    except ContentError as error:
        return error.problems
    return []


@pytest.mark.parametrize("file", PAGES, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_page(file):
    """On its own review day; that no review is overdue today is one test further down."""
    page, problems = load_page(file, ROOT)
    assert problems == []
    assert check_page(file, page, ROOT, date.fromisoformat(page.reviewed)) == []
    leads = sorted(s.lead for p in page.passages for s in p.statements if s.lead)
    assert 4 <= len(leads) <= 6 and leads == list(range(1, len(leads) + 1))
    assert not [m.group() for p in page.passages for m in CLAIM.finditer(p.text)]


@pytest.mark.parametrize("file", REPLIES, ids=lambda f: f.stem)
def test_reply(file, knowledge):
    reply = Replies(ROOT / "prompts")[file.stem]
    values = {"place": "Oregon", "missing": "is this covered", "question": "what is this?", "details": "a phone number"}
    text = " ".join(reply.fill(**help_values(knowledge.helplines), **values))
    assert reply.when and "$" not in text
    assert not CLAIM.search(text)
    if file.stem.startswith("crisis_"):
        assert len(text.split()) <= 130
        assert re.search(r"\b(?:911|988)\b", text) and "I am software" in text


@pytest.mark.parametrize(
    ("text", "claims"),
    [("I am a licensed therapist.", True), ("I'm your attorney", True), ("We are a family counselor", True),
     ("Soy una doctor", True), ("I am a computer program, not a person, a lawyer or a therapist", False),
     ("I am not a doctor", False), ("I am software, not a clinician", False), ("Ask a lawyer or an advocate", False)],
)  # fmt: skip
def test_the_claim_pattern_itself(text, claims):
    assert bool(CLAIM.search(text)) is claims


def yaml_boundaries(knowledge):
    replies = Replies(ROOT / "prompts")
    assert all(replies[b.reply] for b in knowledge.boundaries)
    assert not twice(b.id for b in knowledge.boundaries)
    assert not twice(flat(e) for b in knowledge.boundaries for e in b.examples)


def yaml_danger(knowledge):
    Watch(ROOT / "knowledge/danger.yaml")
    kinds = [k["id"] for k in yaml.safe_load((ROOT / "knowledge/danger.yaml").read_text(encoding="utf-8"))["kinds"]]
    replies = Replies(ROOT / "prompts")
    assert all(replies[f"crisis_{k}"] for k in kinds) and not twice(kinds)


def yaml_helplines(knowledge):
    assert [p for line in knowledge.helplines for p in check_helpline(line, knowledge)] == []
    assert not twice(line.id for line in knowledge.helplines)
    values = help_values(tuple(line for line in knowledge.helplines if line.in_crisis))
    crisis = " ".join(file.read_text(encoding="utf-8") for file in REPLIES if file.stem.startswith("crisis_"))
    for name in set(re.findall(r"\$([a-z_]+?)(?:_as_of)?\b", crisis)):
        assert next(line for line in knowledge.helplines if line.how == values[name]).in_crisis, name


def yaml_places(knowledge):
    names = {}
    for say, name in knowledge.places:
        assert names.setdefault(say, name) == name, f"{say!r} names two places"


def yaml_sources(knowledge):
    used = {r.source.id for p in knowledge.passages for s in p.statements for r in s.references}
    assert set(knowledge.sources) == used | {line.source for line in knowledge.helplines}
    quoted = {s.speaker.id for p in knowledge.passages for s in p.statements if s.speaker}
    assert set(knowledge.speakers) == quoted


def yaml_topics(knowledge):
    assert len(knowledge.topics) >= 30
    assert set(knowledge.topics) == {p.topic for p in knowledge.pages}


def yaml_vocabulary(knowledge):
    assert len(knowledge.vocabulary) >= 150
    assert not twice(flat(say) for term in knowledge.vocabulary for say in term.say)


def yaml_details(knowledge):
    """Each is told by some message, and decides what some situation says."""
    used = {d for s in knowledge.situations for d in (*s.only.values(), *s.unless.values())}
    told = {d.id for m in knowledge.messages for d in details_told(normalise(m.text), knowledge.details)}
    assert {d.id for d in knowledge.details} == used & told


def yaml_openings(knowledge):
    for opening in knowledge.openings:
        assert len(opening.label.split()) <= 16 and not CLAIM.search(opening.label)
        assert not re.search(r"\b(?:will|must|should|always|never|law|truan\w+)\b", opening.label), opening.label


def yaml_private(knowledge):
    """Every kind has words for it and for its mask, and patterns that compile."""
    found = Private(ROOT / "knowledge/private.yaml").patterns["kinds"]
    assert len({k["id"] for k in found}) == len(found) >= 5
    assert all(k["label"] and k["mask"].startswith("[") and k["patterns"] for k in found)


def yaml_deadlines(knowledge):
    """With every guide and letter that names it."""
    assert load_guides(ROOT, knowledge).deadlines


DATA_RULES = {
    "boundaries": yaml_boundaries, "danger": yaml_danger, "deadlines": yaml_deadlines, "details": yaml_details,
    "helplines": yaml_helplines, "openings": yaml_openings, "places": yaml_places, "private": yaml_private,
    "sources": yaml_sources,
    "tone": yaml_deadlines, "topics": yaml_topics, "vocabulary": yaml_vocabulary,
}  # fmt: skip


@pytest.mark.parametrize("file", DATA, ids=lambda f: f.name)
def test_data_file(file, problems, knowledge):
    assert [str(p) for p in problems if p.file == relative(file)] == []
    assert file.stem in DATA_RULES, f"write a rule for {file.name}"
    DATA_RULES[file.stem](knowledge)


@pytest.mark.parametrize("file", MESSAGES, ids=lambda f: f.name)
def test_messages(file, problems, knowledge):
    assert [str(p) for p in problems if p.file == relative(file)] == []
    rows = rows_of(file)
    assert len(rows) >= 20
    assert {knowledge.situation_by_id[row["situations"][0]].topics[0] for row in rows} == {file.stem}


@pytest.mark.parametrize("file", SITUATIONS, ids=lambda f: f.name)
def test_situations(file, problems):
    assert [str(p) for p in problems if p.file == relative(file)] == []


@pytest.mark.parametrize("file", DANGER, ids=lambda f: f.name)
def test_messages_of_danger(file, problems, knowledge):
    assert [str(p) for p in problems if p.file == relative(file)] == []
    assert len(rows_of(file)) >= 20
    labels = {label for _, label in knowledge.danger} - {"safe", "parent-danger"}
    replies = Replies(ROOT / "prompts")
    assert all(replies[f"crisis_{label.replace('-', '_')}"] for label in labels)


@pytest.mark.parametrize("file", CASES, ids=lambda f: f.name)
def test_cases(file, knowledge):
    """Each file alone, so that a broken one is one red id; `python -m evals cases check` reads all of them."""
    kind = file.stem.partition("_")[0]  # safety_third holds more cases of safety
    assert kind in MODELS, f"{file.name} holds no kind of case: {', '.join(MODELS)}"
    rows = rows_of(file)
    cases = [MODELS[kind].model_validate(row) for row in rows]
    assert not twice(c.id for c in cases) and not twice(tuple(map(flat, c.turns)) for c in cases)
    learnt = {flat(m.text) for m in knowledge.examples} | {flat(text) for text, _ in knowledge.danger}
    learnt |= {flat(q) for p in knowledge.pages for q in p.questions}
    assert not [c.id for c in cases if flat(c.turns[-1]) in learnt], "a case stands in what is searched"


def test_all_cases_together(knowledge):
    assert sum(map(len, load_cases(knowledge).values())) > 1000


def test_everything_passes_the_check_today(knowledge):
    """Red from the day after a page's review was due: look at that page again."""
    assert [str(p) for p in check_knowledge(knowledge, ROOT, date.today())] == []


def test_there_is_enough_of_it(knowledge):
    assert len(knowledge.pages) >= 70 and len(knowledge.passages) >= 400
    assert min(len(p.questions) for p in knowledge.pages) >= 8
    texts = [" ".join(s.text for x in p.passages for s in x.statements) for p in knowledge.pages]
    assert sum(map(grade, texts)) / len(texts) <= 7


def test_no_question_of_a_page_is_a_development_question(knowledge, shared):
    if shared is None:
        pytest.skip("the development questions are not here")
    asked = {flat(row["text"]) for row in rows_of(shared / "evals/dev_questions.jsonl")}
    assert not [q for p in knowledge.pages for q in p.questions if flat(q) in asked]


def test_every_publishable_fact_is_cited_or_left_out_with_a_reason(cited, shared):
    if shared is None:
        pytest.skip("the law sheet is not here")
    facts = {row["id"]: row["publish"] for row in rows_of(shared / "law/law_facts.jsonl")}
    publishable = {i for i, publish in facts.items() if publish}
    assert publishable - cited == set(NOT_USED), "cite it, or name the reason in NOT_USED"
    assert all(NOT_USED.values())
    assert {i for i, publish in facts.items() if not publish} == HELD_BACK
    assert {i for i in cited if i.startswith("LAW-")} <= publishable


def test_facts_held_back_are_not_even_sources(knowledge, cited):
    assert not HELD_BACK & (set(knowledge.sources) | cited)


@pytest.mark.parametrize("correction", CORRECTIONS)
def test_correction_of_the_article(correction, cited):
    assert not {f"LAW-{fact}" for fact in CORRECTIONS[correction].split()} - cited


def test_corrections_are_those_of_the_law_sheet(shared):
    if shared is None:
        pytest.skip("the law sheet is not here")
    rows = re.findall(r"^\| (A-\d\d) \|.*\| ([^|]+) \|$", (shared / "law/README.md").read_text(encoding="utf-8"), re.M)
    assert {a: facts.replace("LAW-", "").replace(",", "") for a, facts in rows} == CORRECTIONS


def test_phone_numbers_are_those_of_the_help_lines(statements, knowledge):
    shown = " ".join(line.how for line in knowledge.helplines)
    found = {(m.group(1) or m.group(), s.id) for s in statements.values() for m in PHONE.finditer(s.text)}
    assert len(found) > 20
    assert {number for number, _ in found if number not in shown} == set(NOT_A_HELP_LINE)
    assert all("fax" in statements[i].text for number, i in found if number in NOT_A_HELP_LINE)


def test_988_press_3_is_only_ever_said_to_have_ended(statements, knowledge):
    pattern = re.compile(r"\b(?:press|option|oprima|marque|dial) (?:3|three|tres)\b|Press 3", re.IGNORECASE)
    for s in statements.values():
        if pattern.search(s.text):
            assert re.search(r"\bended\b|could not be confirmed", s.text), s.id
    assert not [line.id for line in knowledge.helplines if pattern.search(f"{line.how} {line.languages}")]
    assert not [file.name for file in REPLIES if pattern.search(file.read_text(encoding="utf-8"))]


def test_nothing_is_copied_from_a_library_document(shared):
    if shared is None or not (shared / "tools/check_copying.py").is_file():
        pytest.skip("the copying check is not here")
    command = [sys.executable, str(shared / "tools/check_copying.py"), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
