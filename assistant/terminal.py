"""What every command shares: exit codes, one line for an error that a person can act on, JSON on stdout.

Exit codes: 0 done; 1 the check found problems, or a batch had lines that could not be used; 2 the input or a
setting cannot be used; 3 the index, the encoder or the port is not available.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from assistant.errors import DoorstepError, EmbeddingError, IndexProblem

__all__ = ["BAD_INPUT", "FOUND_PROBLEMS", "OK", "UNAVAILABLE", "dump", "fail", "one_line_errors", "say"]

OK = 0
FOUND_PROBLEMS = 1
BAD_INPUT = 2
UNAVAILABLE = 3


def fail(message: str, code: int) -> NoReturn:
    """One line on stderr, and the end of the command."""
    typer.echo(f"doorstep: {message}", err=True)
    raise typer.Exit(code)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Every error a person can act on becomes one line on stderr and an exit code."""
    try:
        yield
    except (IndexProblem, EmbeddingError) as error:
        fail(str(error), UNAVAILABLE)
    except DoorstepError as error:
        fail(str(error), BAD_INPUT)
    except BrokenPipeError:  # the reader of our output went away, for example `| head`
        sys.stderr.close()
        raise typer.Exit(OK) from None
    except OSError as error:
        fail(f"{error.filename or 'file'}: {error.strerror or error}", BAD_INPUT)


def say(line: str) -> None:
    """One line on stderr."""
    typer.echo(line, err=True)


def dump(data: object) -> None:
    """JSON on stdout, UTF-8 whatever the terminal says."""
    sys.stdout.buffer.write(json.dumps(data, ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n")
    sys.stdout.flush()
