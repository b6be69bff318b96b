from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from models.store import Store
from ops.cli import main as command_line
from ops.cli import models as commands

DATA = b"weights" * 100
SITE = """
[[models]]
name = "mine"
role = "llm"
profiles = ["cpu"]
licence = "LicenseRef-Site"
allows = "use on this site"
disk_mib = 1
memory_mib = {{ cpu = 7 }}
source = {{ kind = "folder", folder = "{folder}" }}
files = [{{ path = "model.bin", sha256 = "{sha256}", size_bytes = {size} }}]

[[models]]
name = "loose"
role = "voice"
profiles = []
licence = "MIT"
allows = "everything"
disk_mib = 2000
memory_mib = {{}}
source = {{ kind = "hub", repository = "someone/loose" }}
files = [{{ path = "model.bin" }}]
"""


class Site:
    """A site's own catalogue, the folder that it names, and an empty store."""

    def __init__(self, root: Path) -> None:
        self.store = root / "store"
        self.folder = root / "mine"
        self.folder.mkdir()
        (self.folder / "model.bin").write_bytes(DATA)
        self.catalogue = root / "site.toml"
        sha256 = hashlib.sha256(DATA).hexdigest()
        self.catalogue.write_text(SITE.format(folder=self.folder, sha256=sha256, size=len(DATA)))

    def run(self, *arguments: str) -> int:
        return command_line.main(["models", *arguments])


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site(tmp_path)
    monkeypatch.setenv("ANTIPHON_CONFIG", "")
    monkeypatch.setenv("ANTIPHON_MODELS__DIR", str(site.store))
    monkeypatch.setenv("ANTIPHON_MODELS__CATALOGUE", str(site.catalogue))
    return site


def test_the_list_shows_name_role_licence_size_and_state(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.run("pull", "mine")
    capsys.readouterr()
    assert site.run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["NAME", "ROLE", "FOR", "LICENCE", "SIZE", "STATE"]
    rows = {line.split()[0]: line.split() for line in lines[1:]}
    assert rows["mine"] == ["mine", "llm", "cpu", "LicenseRef-Site", "1.0", "MB", "ready"]
    assert rows["loose"][2:] == ["-", "MIT", "2.1", "GB", "absent,", "unpinned"]
    assert rows["silero-vad"][-1] == "absent"
    assert rows["whisper-base"][-1] == "absent"


def test_the_long_list_shows_what_a_licence_allows(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert site.run("list", "--long") == 0
    told = capsys.readouterr().out
    assert "    allows use on this site\n" in told
    assert f"    from the folder {site.folder}; memory: 7 MiB on cpu\n" in told
    assert "    from someone/loose at main; memory: -\n" in told
    assert "lessac" in told


def test_pull_makes_ready_and_says_what_it_did(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert site.run("pull", "mine") == 0
    told = capsys.readouterr()
    assert told.out == f"ready in {site.store}: mine; pulled: mine\n"
    assert told.err == f"{site.folder}/model.bin, 0.0 MB\n"
    assert (site.store / "mine/model.bin").read_bytes() == DATA
    assert site.run("pull", "mine") == 0
    assert capsys.readouterr().out == f"ready in {site.store}: mine\n"


def test_pull_names_a_corrupt_file_and_mends_it(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.run("pull", "mine")
    (site.store / "mine/model.bin").write_bytes(b"flipped")
    capsys.readouterr()
    assert site.run("pull", "mine") == 0
    assert f"{site.store}/mine/model.bin has 7 bytes" in capsys.readouterr().err
    assert site.run("verify", "mine") == 0


def test_pull_without_a_name_takes_a_profile(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted: list[list[str]] = []

    def pull(store: Store, names: list[str], *_: object) -> list[str]:
        wanted.append(names)
        return []

    monkeypatch.setattr(commands, "pull", pull)
    assert site.run("pull") == 0
    assert site.run("pull", "--profile", "gpu") == 0
    cpu, gpu = wanted
    assert "whisper-base" in cpu
    assert "mine" in cpu
    assert "whisper-large-v3-turbo" in gpu
    assert "whisper-base" not in gpu


def test_pull_from_a_folder_needs_no_network(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "usb/loose").mkdir(parents=True)
    (tmp_path / "usb/loose/model.bin").write_bytes(DATA)
    assert site.run("pull", "loose", "--from", str(tmp_path / "usb")) == 0
    capsys.readouterr()
    assert site.run("list") == 0
    assert "ready, pinned here" in capsys.readouterr().out
    assert site.run("pull", "mine", "--from", str(tmp_path / "none")) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_an_unknown_model_is_one_line(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.run("pull", "gpt") == 2
    told = capsys.readouterr().err
    assert told.startswith("antiphon: unknown model 'gpt'; the catalogue has: ")
    assert told.count("\n") == 1


def test_verify_reads_what_is_there(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.run("pull", "mine")
    capsys.readouterr()
    assert site.run("verify") == 0
    assert capsys.readouterr().out == "mine: sound\n"


def test_verify_names_what_is_wrong_and_fails(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.run("pull", "mine")
    (site.store / "mine/model.bin").write_bytes(b"flipped")
    capsys.readouterr()
    assert site.run("verify", "mine", "loose") == 1
    assert capsys.readouterr().err == (
        f"mine: damaged: {site.store}/mine/model.bin has 7 bytes instead of {len(DATA)}; "
        "run `antiphon models pull mine`\n"
        "loose: absent: is not there; run `antiphon models pull loose`\n"
    )


def test_verify_of_an_empty_store_is_told(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.run("verify") == 1
    assert "there is no model in" in capsys.readouterr().err


def test_no_command_shows_help(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.run() == 2
    told = "".join(capsys.readouterr())
    assert all(name in told for name in ("list", "pull", "verify"))


def test_conversions_run_where_the_supervisor_says(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIPHON_SUPERVISOR__TTS", "/opt/tts/bin/python")
    assert commands.interpreters()["tts"] == Path("/opt/tts/bin/python")
