"""The shape of assistant/, read from its syntax trees: who may import whom, and one door per outside library."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "assistant"
FILES = {
    ".".join(f.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): f
    for f in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(f.read_text(encoding="utf-8")) for name, f in FILES.items()}
MODULES = [name for name, f in FILES.items() if f.stem != "__init__"]

# From the lowest to the highest; a module imports its own layer and the ones before it.
LAYERS = [
    {"records", "errors", "settings"},
    {"terminal"},
    {"text", "commands", "phrases", "blocks", "private", "sealed", "sections"},
    {"reading", "speakers", "boilerplate", "library_facts"},
    {"library_docx", "library_files", "library_pdf", "pdf_hidden"},
    {"pages", "situations", "library_document", "duplicates"},
    {"library_worker"},
    {"knowledge", "replies", "embedding", "library", "library_report", "classifier", "facets"},
    {"library_topics"},
    {"index", "check", "cited"},
    {"search", "safety", "deadlines", "guide"},
    {"gate", "grounding", "answer", "conversation", "desk", "letters", "spoken", "guide_files"},
    {"pipeline", "session", "guide_links", "lookup"},
    {"service", "doctor", "retriever", "guide_reading", "hearing"},
    {"plan"},
    {"document", "showing", "guide_check"},
    {"export", "guided", "brief"},
    {"guide_cli", "desk_cli"},
    {"cli", "web"},
]
LEVEL = {name: n for n, layer in enumerate(LAYERS) for name in layer}

# Library to the only module, or package, that may import it.
DOORS = {
    "gradio": "assistant.web",
    "fastapi": "assistant.web",
    "starlette": "assistant.web",
    "uvicorn": "assistant.web",
    "chromadb": "assistant.index",
    "sentence_transformers": "assistant.embedding",
    "torch": "assistant.embedding",
    "bm25s": "assistant.search",
    "langchain_core": "assistant.retriever",
    "bs4": "assistant.library_files",
    "markdown_it": "assistant.library_files",
    "datasketch": "assistant.duplicates",
    "textstat": "assistant.check",
    "sklearn": "assistant.classifier",
    "reportlab": "assistant.export",
    "icalendar": "assistant.deadlines",
    "pypdf": ("assistant.library_pdf", "assistant.pdf_hidden"),
    "docx": ("assistant.export", "assistant.library_docx"),  # one writes, in our process; one reads, in the worker's
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "base", "misc"}


def imports(tree, typing_too=True):
    """Every module named by an import anywhere in the tree, inside functions too."""
    skipped = set()
    if not typing_too:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
                skipped |= {id(inner) for child in node.body for inner in ast.walk(child)}
    found = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            module = node.module or ""
            found.add(module)
            found |= {f"{module}.{a.name}" for a in node.names if f"{module}.{a.name}" in FILES}
    return found


def own_imports(name):
    return {i for i in imports(TREES[name]) if i in FILES and i not in {"assistant", "assistant.web", name}}


def level(name):
    return LEVEL[name.split(".")[1]]


def defined(tree):
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def exported(tree):
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return ast.literal_eval(node.value)
    return None


def test_every_module_has_a_layer():
    assert {name.split(".")[1] for name in MODULES} == set(LEVEL)


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down_only(name):
    up = {other for other in own_imports(name) if level(other) > level(name)}
    assert not up


def test_no_cycles_lazy_imports_counted():
    graph = {name: own_imports(name) for name in MODULES}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("library", sorted(DOORS))
def test_one_door_per_library(library):
    users = {name for name, tree in TREES.items() if library in {i.split(".")[0] for i in imports(tree)}}
    assert users, f"{library} is not used any more: take it out of pyproject.toml and of this table"
    doors = DOORS[library] if isinstance(DOORS[library], tuple) else (DOORS[library],)
    assert {name for name in users if not any(f"{name}.".startswith(f"{door}.") for door in doors)} == set()


def test_langchain_is_imported_by_the_retriever_only():
    users = {n for n, tree in TREES.items() if any(i.startswith(("langchain", "langgraph")) for i in imports(tree))}
    assert users == {"assistant.retriever"}


def test_only_settings_reads_the_environment():
    def touches(tree):
        return any(
            (isinstance(n, ast.Attribute) and n.attr in {"environ", "environb", "getenv", "putenv"})
            or (isinstance(n, ast.ImportFrom) and n.module == "os")
            for n in ast.walk(tree)
        )

    assert {name for name, tree in TREES.items() if touches(tree)} == {"assistant.settings"}


@pytest.mark.parametrize("name", FILES)
def test_docstring(name):
    assert ast.get_docstring(TREES[name])


@pytest.mark.parametrize("name", MODULES)
def test_exports_are_sorted_and_exist(name):
    names = exported(TREES[name])
    assert names is not None
    assert names == sorted(set(names))
    assert set(names) <= defined(TREES[name])


@pytest.mark.parametrize("name", MODULES)
def test_what_another_module_imports_is_there(name):
    """`from assistant.x import y` names something that x defines, lazy imports too."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.ImportFrom) and node.module in FILES and node.module in MODULES:
            assert {a.name for a in node.names} <= defined(TREES[node.module]), node.module


@pytest.mark.parametrize("name", FILES)
def test_name_and_length(name):
    assert not FORBIDDEN_NAMES & set(name.lower().split("."))
    assert len(FILES[name].read_text(encoding="utf-8").splitlines()) <= 500


@pytest.mark.parametrize("heavy", ["gradio", "torch", "chromadb", "sentence_transformers", "langchain_core"])
def test_importing_the_command_line_stays_light(heavy, loaded_by_cli):
    assert "assistant.cli" in loaded_by_cli
    assert heavy not in loaded_by_cli


@pytest.fixture(scope="module")
def loaded_by_cli():
    code = "import sys, assistant.cli; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())
