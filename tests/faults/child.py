"""What a fault is done to: one build or one start of the real parts, over a small root, with hashes for vectors.

`python child.py build ROOT DATA` and `python child.py start ROOT DATA` print one JSON object; a DoorstepError is one
line on stderr and exit code 3.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from assistant.settings import Settings, quiet_environment

quiet_environment()

from assistant.embedding import HashEmbedder
from assistant.errors import DoorstepError
from assistant.index import current_folder
from assistant.search import Query
from assistant.service import build, reindex

QUESTION = "how school refusal can show"
DANGER = "my son says he wants to kill himself"


def build_once(root, data):
    """Build an index; the name of its folder."""
    return {"folder": reindex(Settings(Path(root), Path(data)), HashEmbedder()).folder.name}


def start_once(root, data):
    """Start, look something up and ask about danger."""
    said = []
    assistant = build(Settings(Path(root), Path(data)), say=said.append, embedder=HashEmbedder())
    found = assistant.lookup(Query(QUESTION, k=5))
    folder = current_folder(Path(data))
    return {
        "said": said,
        "problem": assistant.problem,
        "serves": assistant.index_folder.name if assistant.index_folder else None,
        "current": folder.name if folder else None,
        "hits": [h.passage.id for h in found.hits],
        "vectors": found.vector is not None,
        "danger": assistant.answer(DANGER).status.value,
        "helped": "988" in assistant.answer(DANGER).text,
    }


def main(command, root, data):
    """One command, its result on stdout."""
    try:
        print(json.dumps({"build": build_once, "start": start_once}[command](root, data)), flush=True)
    except DoorstepError as error:
        print(f"doorstep: {error}", file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main(*sys.argv[1:])
