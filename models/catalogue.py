"""What models there are: `catalogue.toml` as typed values, refused where an entry is not sound."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from antiphon.errors import Misconfigured

OURS = Path(__file__).with_name("catalogue.toml")

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
Role = Literal["asr", "vad", "turn", "llm", "voice", "embedding", "input"]
Profile = Literal["cpu", "gpu"]
Device = Literal["cpu", "gpu"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class File(_Value):
    """One file of a model; without `sha256` the site pins it when it is first pulled."""

    path: str
    origin: str = ""
    sha256: Sha256 | None = None
    size_bytes: Annotated[int, Field(gt=0)] | None = None

    @field_validator("path")
    @classmethod
    def _inside(cls, path: str) -> str:
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or not pure.parts:
            raise ValueError("must stay inside the model's folder")
        return path

    @property
    def at_source(self) -> str:
        """The file's name where it comes from."""
        return self.origin or self.path


class Wheel(_Value):
    """One wheel of the package index; its name and hash say exactly which."""

    package: Name
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+]+-[^/]+\.whl$")]
    sha256: Sha256
    size_bytes: Annotated[int, Field(gt=0)]


class WheelSource(_Value):
    """Files inside wheels."""

    kind: Literal["wheel"]
    wheels: Annotated[tuple[Wheel, ...], Field(min_length=1)]

    def describe(self) -> str:
        """Return where the files come from, for people."""
        return ", ".join(wheel.file for wheel in self.wheels)


class HubSource(_Value):
    """Files of a hub's repository at a revision (a commit, or a name for one)."""

    kind: Literal["hub"]
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, Field(min_length=1)] = "main"
    gated: bool = False

    def describe(self) -> str:
        """Return where the files come from, for people."""
        return f"{self.repository} at {self.revision}" + (" (gated)" if self.gated else "")


class FolderSource(_Value):
    """Files that the operator has in a folder."""

    kind: Literal["folder"]
    folder: Path

    def describe(self) -> str:
        """Return where the files come from, for people."""
        return f"the folder {self.folder}"


class ConvertSource(_Value):
    """Made here from another entry by one of `models.convert.CONVERTERS`."""

    kind: Literal["convert"]
    from_: Annotated[Name, Field(alias="from")]
    with_: Annotated[str, Field(alias="with")]

    def describe(self) -> str:
        """Return where the files come from, for people."""
        return f"{self.from_} by {self.with_}"


Source = WheelSource | HubSource | FolderSource | ConvertSource


class Attention(_Value):
    """The shape of what a model keeps of each position it has read, while it writes: keys and values.

    Layers of the decoder, heads that have keys and values of their own, and the width of each. Of Whisper,
    whose encoder has as many heads of the same width, it also says how much the encoder's own attention
    takes.
    """

    layers: Annotated[int, Field(gt=0)]
    heads: Annotated[int, Field(gt=0)]
    head_dim: Annotated[int, Field(gt=0)]

    def position_bytes(self, value_bytes: int = 2) -> int:
        """Return what one position takes; values are of 16 bits unless told otherwise."""
        return 2 * self.layers * self.heads * self.head_dim * value_bytes


class Entry(_Value):
    """One model."""

    name: Name
    role: Role
    profiles: tuple[Profile, ...]
    licence: Annotated[str, Field(min_length=1)]
    allows: Annotated[str, Field(min_length=1)]
    disk_mib: Annotated[int, Field(gt=0)]
    memory_mib: Mapping[Device, int]
    attention: Attention | None = None
    source: Annotated[Source, Field(discriminator="kind")]
    files: Annotated[tuple[File, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct(self) -> Entry:
        paths = [file.path for file in self.files]
        doubled = {path for path in paths if paths.count(path) > 1}
        if doubled:
            raise ValueError(f"files named twice: {', '.join(sorted(doubled))}")
        return self

    @property
    def pinned(self) -> bool:
        """Whether the catalogue itself says what every file must hash to."""
        return all(file.sha256 for file in self.files)


class Catalogue:
    """Every known model by name."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = dict(entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def entry(self, name: str) -> Entry:
        """Return the entry called `name`, or raise `Misconfigured` that lists those there are."""
        try:
            return self._entries[name]
        except KeyError:
            known = ", ".join(sorted(self._entries))
            raise Misconfigured(f"unknown model {name!r}; the catalogue has: {known}") from None

    def of_profile(self, profile: Profile) -> list[Entry]:
        """Return what `profile` runs with, without what that is made from."""
        return [entry for entry in self if profile in entry.profiles]

    def chain(self, name: str) -> list[Entry]:
        """Return what `name` is made from, the first input first, and itself last."""
        chain = [self.entry(name)]
        while isinstance(source := chain[0].source, ConvertSource):
            if source.from_ in (entry.name for entry in chain):
                raise Misconfigured(
                    f"model {name!r} is made from itself, by way of {source.from_!r}"
                )
            chain.insert(0, self.entry(source.from_))
        return chain


def load_catalogue(site: Path | None = None) -> Catalogue:
    """Return our entries, and those of the file `site` over them; raise `Misconfigured` on a wrong one."""
    entries = read_entries(OURS)
    if site is not None:
        entries |= read_entries(site)
    catalogue = Catalogue(entries)
    for name in entries:
        catalogue.chain(name)
    return catalogue


def read_entries(path: Path) -> dict[str, Entry]:
    """Return the entries in a TOML file; raise `Misconfigured` that names file, entry and field."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"cannot read the model catalogue {path}: {error}") from None
    unknown = sorted(set(table) - {"models"})
    if unknown:
        raise Misconfigured(
            f"{path}: unknown table {unknown[0]!r}; a catalogue holds [[models]] only"
        )
    entries: dict[str, Entry] = {}
    for raw in _list_of_tables(path, table.get("models", [])):
        entry = _parse(path, raw)
        if entry.name in entries:
            raise Misconfigured(f"{path}: model {entry.name!r} is there twice")
        entries[entry.name] = entry
    return entries


def _list_of_tables(path: Path, value: object) -> list[dict[str, Any]]:
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    raise Misconfigured(f"{path}: `models` must be tables, each under [[models]]")


_ENTRY = TypeAdapter(Entry)


def _parse(path: Path, raw: dict[str, Any]) -> Entry:
    try:
        return _ENTRY.validate_python(raw)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in detail["loc"]) or "entry"
        raise Misconfigured(
            f"{path}: model {raw.get('name', '?')!r}, {field} = {detail['input']!r}: {detail['msg']}"
        ) from None
