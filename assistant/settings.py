"""One frozen Settings; the only module that reads the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import SettingsError

__all__ = ["Settings", "private_files", "private_temp", "quiet_environment"]

PACKAGED_MODEL = "all-MiniLM-L6-v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# Set before any heavy import: none of these libraries may report, fetch or trace anything.
_QUIET = {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_MCP_SERVER": "False",
    "GRADIO_RUN_HISTORY": "False",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGGRAPH_STRICT_MSGPACK": "true",
    "LANGSMITH_TRACING": "false",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}


def quiet_environment() -> None:
    """Switch off telemetry, tracing and downloads for this process and its children.

    A sentence at a time gains nothing from a second thread and loses tenfold when the cores are busy,
    so the numeric libraries get one thread unless DOORSTEP_THREADS says otherwise.
    """
    os.environ.update(_QUIET)
    for name in ("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY", "GRADIO_SHARE", "GRADIO_LOCAL_DEV_MODE"):
        os.environ.pop(name, None)
    threads = os.environ.get("DOORSTEP_THREADS", "1")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = threads


def private_files() -> None:
    """From here on, what this process writes can be read by its own user only."""
    os.umask(0o077)


def private_temp(folder: str) -> None:
    """Gradio keeps its temporary files in `folder`, which the server makes for itself and removes."""
    os.environ["GRADIO_TEMP_DIR"] = folder


def _number(name: str, default: int, most: int) -> int:
    raw = os.environ.get(name, str(default))
    if not (raw.isascii() and raw.isdecimal() and len(raw) <= 9 and 1 <= int(raw) <= most):
        raise SettingsError(f"{name} is {raw!r}: give a whole number from 1 to {most}")
    return int(raw)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and which encoder is used. Environment names are DOORSTEP_ + the field."""

    root: Path  # holds knowledge/ and prompts/
    data: Path  # holds the index; written by `doorstep index` only
    model: str = PACKAGED_MODEL  # the packaged weights, or a local folder / cached name
    library: Path | None = None  # the organisation's own documents
    library_for_parents: bool = True  # False: library passages are found by the lookup only
    tuned: bool = True  # False: the packaged weights as they are
    threads: int = 1  # torch threads when serving
    asks_a_minute: int = 30  # questions that one address may send to the page in a minute

    @classmethod
    def read(cls, root: Path | None = None, data: Path | None = None) -> Settings:
        """Arguments over environment over defaults.

        Raises:
            SettingsError: a number is not a number, or the root holds no knowledge folder.
        """
        env = os.environ
        home = root or Path(env.get("DOORSTEP_ROOT") or Path(__file__).resolve().parents[1])
        if not (home / "knowledge").is_dir():
            raise SettingsError(f"no knowledge folder in {home}: set DOORSTEP_ROOT to the folder that holds knowledge/")
        threads = _number("DOORSTEP_THREADS", 1, 64)
        asks = _number("DOORSTEP_ASKS_A_MINUTE", 30, 10_000)
        library = env.get("DOORSTEP_LIBRARY")
        return cls(
            root=home,
            data=data or Path(env.get("DOORSTEP_DATA") or home / "data"),
            model=env.get("DOORSTEP_MODEL") or PACKAGED_MODEL,
            library=Path(library) if library else None,
            library_for_parents=env.get("DOORSTEP_LIBRARY_FOR_PARENTS", "yes").lower() not in {"no", "0", "false"},
            tuned=env.get("DOORSTEP_TUNED", "yes").lower() not in {"no", "0", "false"},
            threads=threads,
            asks_a_minute=asks,
        )

    @property
    def knowledge(self) -> Path:
        """The reviewed content."""
        return self.root / "knowledge"

    @property
    def prompts(self) -> Path:
        """Every fixed reply, one file each."""
        return self.root / "prompts"
