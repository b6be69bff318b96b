from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BeforeValidator, ConfigDict, Field

from antiphon.errors import Misconfigured
from antiphon.settings import Table, from_text, load, load_all


class Inner(Table):
    threshold: float = Field(0.5, ge=0, le=1)


class Demo(Table):
    threads: int = Field(1, ge=1)
    name: str = "x"
    inner: Inner = Inner()


def _environ(tmp_path: Path, text: str, **variables: str) -> dict[str, str]:
    path = tmp_path / "antiphon.toml"
    path.write_text(text)
    return {"ANTIPHON_CONFIG": str(path), **variables}


def test_environment_overrides_file_overrides_default(tmp_path: Path) -> None:
    environ = _environ(tmp_path, "[demo]\nthreads = 2\nname = 'file'\n", ANTIPHON_DEMO__THREADS="3")
    assert load("demo", Demo, environ) == Demo(threads=3, name="file")


def test_nested_tables_are_merged(tmp_path: Path) -> None:
    environ = _environ(tmp_path, "[demo]\nname = 'y'\n", ANTIPHON_DEMO__INNER__THRESHOLD="0.25")
    assert load("demo", Demo, environ) == Demo(name="y", inner=Inner(threshold=0.25))


def test_a_list_in_the_environment_is_json(tmp_path: Path) -> None:
    class Lists(Table):
        names: Annotated[tuple[str, ...], BeforeValidator(from_text)] = ()

    assert load("lists", Lists, _environ(tmp_path, "[lists]\nnames = ['a']")).names == ("a",)
    environ = _environ(tmp_path, "", ANTIPHON_LISTS__NAMES='["b", "c"]')
    assert load("lists", Lists, environ).names == ("b", "c")
    with pytest.raises(Misconfigured, match=r"lists.names = 'b, c'"):
        load("lists", Lists, _environ(tmp_path, "", ANTIPHON_LISTS__NAMES="b, c"))


@pytest.mark.parametrize(
    ("text", "variables", "words"),
    [
        ("[demo]\nthreads = 0\n", {}, ["demo.threads", "0", "greater than or equal to 1"]),
        ("[demo]\nthread = 1\n", {}, ["demo.thread", "threads", "ANTIPHON_DEMO__THREAD"]),
        ("", {"ANTIPHON_DEMO__THREADS": "many"}, ["demo.threads", "'many'", "integer"]),
        ("", {"ANTIPHON_DEMO__INNER__THRESHOLD": "2"}, ["demo.inner.threshold", "'2'"]),
        ("", {"ANTIPHON_DEMO__INNER__TRESHOLD": "1"}, ["demo.inner.treshold", "knows: threshold"]),
        ("demo = 3\n", {}, ["[demo]", "must be a table"]),
        ("[demo\n", {}, ["not valid TOML"]),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, text: str, variables: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(Misconfigured) as refused:
        load("demo", Demo, _environ(tmp_path, text, **variables))
    assert all(word in refused.value.message for word in words), refused.value.message


def test_no_file_means_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load("demo", Demo, {}) == Demo()


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="does not exist"):
        load("demo", Demo, {"ANTIPHON_CONFIG": str(tmp_path / "none.toml")})


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot read"):
        load("demo", Demo, {"ANTIPHON_CONFIG": str(tmp_path)})


def test_load_all_returns_every_table(tmp_path: Path) -> None:
    environ = _environ(tmp_path, "[demo]\nthreads = 2\n")
    assert load_all({"demo": Demo, "other": Inner}, environ) == {
        "demo": Demo(threads=2),
        "other": Inner(),
    }


@pytest.mark.parametrize(
    ("text", "variables"), [("[dmeo]\n", {}), ("", {"ANTIPHON_DMEO__THREADS": "1"})]
)
def test_load_all_refuses_unknown_tables(
    tmp_path: Path, text: str, variables: dict[str, str]
) -> None:
    with pytest.raises(Misconfigured, match="'dmeo'"):
        load_all({"demo": Demo}, _environ(tmp_path, text, **variables))


def test_variables_without_a_table_are_no_settings() -> None:
    assert load_all({"demo": Demo}, {"ANTIPHON_SPEECH": "/data"}) == {"demo": Demo()}


@pytest.mark.parametrize("where", ["file", "environment"])
def test_a_profile_has_defaults_of_its_own(tmp_path: Path, where: str) -> None:
    file = tmp_path / "antiphon.toml"
    file.write_text('profile = "gpu"\n' if where == "file" else "", "utf-8")
    environ = {"ANTIPHON_CONFIG": str(file)}
    if where == "environment":
        environ["ANTIPHON_PROFILE"] = "gpu"
    assert load("asr", Device, environ).device == "cuda"
    assert load("asr", Device, {**environ, "ANTIPHON_ASR__DEVICE": "cpu"}).device == "cpu"
    file.write_text(file.read_text("utf-8") + '[asr]\ndevice = "other"\n', "utf-8")
    assert load("asr", Device, environ).device == "other"


def test_the_environments_profile_goes_over_the_files(tmp_path: Path) -> None:
    file = tmp_path / "antiphon.toml"
    file.write_text('profile = "gpu"\n', "utf-8")
    environ = {"ANTIPHON_CONFIG": str(file), "ANTIPHON_PROFILE": "cpu"}
    assert load("asr", Device, environ).device == "none"


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(Misconfigured, match=r"unknown profile 'tpu' .*known: cpu, gpu"):
        load("asr", Device, {"ANTIPHON_PROFILE": "tpu"})


def test_the_word_profile_is_no_table(tmp_path: Path) -> None:
    file = tmp_path / "antiphon.toml"
    file.write_text('profile = "cpu"\n', "utf-8")
    assert load_all({"asr": Device}, {"ANTIPHON_CONFIG": str(file)})["asr"] == Device()


class Device(Table):
    model_config = ConfigDict(extra="ignore")

    device: str = "none"
