"""The files that an editor has open, and those beside them on the disk: which are sagas, and what is wrong with them.

Nothing here reads the disk but `read_folder` and `read_file`. What an editor has open counts for more than what the
disk holds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path as FilePath
from typing import NamedTuple

from sagadsl.language.catalogue import read_catalogue
from sagadsl.language.diagnostics import DefinitionError, Diagnostic
from sagadsl.language.library import Catalogue
from sagadsl.language.load import check_all
from sagadsl.language.source import read_text
from sagadsl.lsp.surroundings import Surroundings
from sagadsl.lsp.view import View

CATALOGUE = "services.yaml"
"""The name of the file, in a folder of the workspace, that says what the services' actions take and give."""

MAX_FILES = 5_000
"""How many YAML files of a folder are looked at."""

_ENDINGS = (".yaml", ".yml")
_SCENARIOS = (".scenarios.yaml", ".scenarios.yml")
_SKIPPED = frozenset({"node_modules", "venv", "__pycache__"})
_SAGA = re.compile(r"^[\"']?(?:sagadsl|states|steps)[\"']?[ \t]*:", re.MULTILINE)
_SAGA_IN_BRACES = re.compile(r"\s*\{.*?[\"']?\b(?:sagadsl|states|steps)[\"']?\s*:", re.DOTALL)
_NAME = re.compile(r"^[\"'{ ]*name[\"']?[ \t]*:[ \t]*[\"']?([A-Za-z_][A-Za-z0-9_]*)", re.MULTILINE)
_RUNS = re.compile(r"\bsaga[\"']?[ \t]*:[ \t]*[\"']?([A-Za-z_][A-Za-z0-9_]*)")


def is_saga(text: str) -> bool:
    """Whether a text looks like a definition: one of `sagadsl`, `states` and `steps` is among its outermost keys."""
    return _SAGA.search(text) is not None or _SAGA_IN_BRACES.match(text) is not None


class Found(NamedTuple):
    """What is wrong with a file; `text` is what was checked, to know places by."""

    text: str
    diagnostics: list[Diagnostic]


@dataclass(frozen=True)
class _File:
    """One version of a file, and what can be told of it without reading it as YAML."""

    path: str
    text: str
    surely: bool = False

    @cached_property
    def is_saga(self) -> bool:
        name = FilePath(self.path).name
        return self.surely or (not name.endswith(_SCENARIOS) and is_saga(self.text))

    @cached_property
    def name(self) -> str | None:
        found = _NAME.search(self.text)
        return found[1] if found else None

    @cached_property
    def connections(self) -> frozenset[str]:
        """The names that connect it with others: the saga's own, and those of the sagas that it runs."""
        return frozenset({*_RUNS.findall(self.text), *([self.name] if self.name else [])})

    @cached_property
    def view(self) -> View:
        return View(self.text, self.path)

    @cached_property
    def catalogue(self) -> tuple[Catalogue | None, list[Diagnostic]]:
        return read_catalogue(self.text, self.path)


class Workspace:
    """Every file by its path, or by whatever the editor calls what it has not saved yet."""

    def __init__(self) -> None:
        self.folders: list[str] = []
        """The folders at whose top a catalogue counts."""
        self._open: dict[str, _File] = {}
        self._disk: dict[str, _File] = {}

    def open(self, path: str, text: str, *, surely: bool = False) -> None:
        """Take the text that an editor has for a file; `surely` says that it is a saga, whatever it looks like."""
        self._open[path] = _File(path, text, surely)

    def change(self, path: str, text: str) -> None:
        """Take the new text of a file that is open."""
        self.open(path, text, surely=path in self._open and self._open[path].surely)

    def close(self, path: str) -> None:
        """Forget what an editor had for a file; what the disk holds counts again."""
        self._open.pop(path, None)

    def put(self, path: str, text: str | None) -> None:
        """Take what the disk holds for a file: its text, or `None` for nothing."""
        self._disk.pop(path, None)
        if text is not None:
            self._disk[path] = _File(path, text)

    def add_folder(self, folder: str, texts: Mapping[str, str]) -> None:
        """Take a folder of the workspace, and the texts of the files in it by their paths."""
        self.folders.append(folder)
        self._disk.update({path: _File(path, text) for path, text in texts.items()})

    def remove_folder(self, folder: str) -> None:
        """Forget a folder of the workspace, and what the disk holds in it."""
        self.folders.remove(folder)
        self._disk = {path: file for path, file in self._disk.items() if FilePath(folder) not in FilePath(path).parents}

    @property
    def opened(self) -> tuple[str, ...]:
        """The files that an editor has open."""
        return tuple(self._open)

    def text(self, path: str) -> str | None:
        """Return the text of a file, or `None` where there is none."""
        file = self._files.get(path)
        return file.text if file else None

    def view(self, path: str) -> View:
        """Return a file as it could be read; one that is not there is empty."""
        file = self._files.get(path)
        return file.view if file else View("", path)

    def around(self, path: str) -> Surroundings:
        """Return what answers about a file may draw on."""
        others: dict[str, tuple[View, ...]] = {}
        for file in self._sagas():
            if file.path != path and file.name is not None:
                others[file.name] = (*others.get(file.name, ()), file.view)
        return Surroundings(others, self._catalogue())

    def file_of(self, saga: str) -> str | None:
        """Return the file that defines the saga of this name, or `None`."""
        return next((file.path for file in self._sagas() if file.name == saga), None)

    def related(self, path: str) -> list[str]:
        """Return the sagas that are to be checked together with a file, itself included; none if it is no saga.

        Those are the ones that it runs or that run it, at any remove, and those of the same names.
        """
        sagas = {file.path: file.connections for file in self._sagas()}
        by_name: dict[str, list[str]] = {}
        for other, names in sagas.items():
            for name in names:
                by_name.setdefault(name, []).append(other)
        found, waiting = dict.fromkeys([path] if path in sagas else []), [path] if path in sagas else []
        while waiting:
            near = {other for name in sagas[waiting.pop()] for other in by_name.pop(name, [])}
            waiting += [other for other in near if other not in found]
            found.update(dict.fromkeys(sorted(near)))
        return list(found)

    def check(self, paths: Iterable[str]) -> Callable[[], dict[str, Found]]:
        """Return what will say what is wrong with these files, checked together as they are now.

        It takes nothing from the workspace any more, so that it may be called in a thread.
        """
        files, catalogue = self._files, self.catalogue_path()
        texts = {path: files[path].text for path in paths if path in files}
        return partial(_check, texts, files[catalogue] if catalogue else None)

    def catalogue_path(self) -> str:
        """Return the path of the catalogue, which stands in the root of the workspace; nothing where there is none."""
        files = self._files
        places = (str(FilePath(folder) / CATALOGUE) for folder in self.folders)
        return next((path for path in places if path in files), "")

    def _catalogue(self) -> Catalogue | None:
        path = self.catalogue_path()
        return self._files[path].catalogue[0] if path else None

    @property
    def _files(self) -> Mapping[str, _File]:
        return {**self._disk, **self._open}

    def _sagas(self) -> Iterator[_File]:
        catalogue = self.catalogue_path()
        return (file for file in self._files.values() if file.path != catalogue and file.is_saga)


def _check(texts: Mapping[str, str], catalogue: _File | None) -> dict[str, Found]:
    known, wrong = catalogue.catalogue if catalogue else (None, [])
    found = {path: Found(text, []) for path, text in texts.items()}
    sagas = {path: text for path, text in texts.items() if catalogue is None or path != catalogue.path}
    about_catalogue = wrong if len(sagas) < len(texts) else []
    for diagnostic in [*check_all(sagas, known).diagnostics, *about_catalogue]:
        found[diagnostic.place.file].diagnostics.append(diagnostic)
    return found


def read_folder(folder: str) -> Iterator[tuple[str, str]]:
    """Yield the YAML files in a folder at any depth that can be read, with their texts; hidden folders are left out."""
    seen = 0
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        for name in sorted(name for name in names if name.endswith(_ENDINGS)):
            seen += 1
            if seen > MAX_FILES:
                return
            path = str(FilePath(root) / name)
            text = read_file(path)
            if text is not None:
                yield path, text


def read_file(path: str) -> str | None:
    """Return the text of a file, or `None` where it cannot be read."""
    try:
        return read_text(path)
    except DefinitionError:
        return None
