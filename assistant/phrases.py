"""The sentences that guides say around their own questions: prompts/guide.yaml, loaded strictly."""

from __future__ import annotations

from pathlib import Path
from string import Template

import yaml

from assistant.errors import ContentError, Problem

__all__ = ["Phrases"]


class Phrases:
    """Sentences by key."""

    def __init__(self, folder: Path) -> None:
        """Read `folder`/guide.yaml.

        Raises:
            ContentError: the file is missing, or is not a mapping of keys to sentences.
        """
        self._name = "prompts/guide.yaml"
        file = folder / "guide.yaml"
        try:
            data = yaml.safe_load(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ContentError([Problem(self._name, 0, "file", "missing")]) from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ContentError([Problem(self._name, 1, "yaml", f"not readable: {error}")]) from None
        if not isinstance(data, dict) or not all(isinstance(v, str) and v for v in data.values()):
            raise ContentError([Problem(self._name, 1, "file", "expected one sentence for each key")])
        self._by_key: dict[str, str] = data

    def say(self, key: str, **values: object) -> str:
        """The sentence of that key with every $name filled in.

        Raises:
            ContentError: there is no such key, or a name has no value.
        """
        if key not in self._by_key:
            raise ContentError([Problem(self._name, 0, key, "missing")])
        template = Template(self._by_key[key])
        if lacking := sorted(set(template.get_identifiers()) - values.keys()):
            raise ContentError([Problem(self._name, 0, key, f"no value for {', '.join(lacking)}")])
        return template.substitute(values)

    def has(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in self._by_key

    def keys(self) -> frozenset[str]:
        """All keys."""
        return frozenset(self._by_key)
