"""Each mistake of a site in one line, before anything starts."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import NoReturn

import pytest

from antiphon.errors import Misconfigured
from server.preflight import MODEL_VARIABLES, check_models, check_ports, check_secrets, main

PLANNED = dict(zip(MODEL_VARIABLES, ("vad", "turns", "ears", "mind", "voice"), strict=True))


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "weights").touch()


def test_ports_that_differ_are_free(tmp_path: Path) -> None:
    check_ports(["HTTPS=8443", "GRPC=50051", "RELAYS=49160-49359", "TURN=3478"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["HTTPS=8443", "GRPC=8443"], "HTTPS and GRPC are told to use one port, 8443"),
        (["RELAYS=49160-49359", "GRPC=49200"], "RELAYS and GRPC are told to use one port, 49200"),
        (["GRPC=49159", "A=1-9", "B=9-12"], "A and B are told to use one port, 9"),
        (["HTTPS=0"], "HTTPS = '0' is neither a port from 1 to 65535"),
        (["HTTPS=65536"], "HTTPS = '65536' is neither"),
        (["HTTPS="], "HTTPS = '' is neither"),
        (["HTTPS=web"], "HTTPS = 'web' is neither"),
        (["RELAYS=20-10"], "RELAYS = '20-10' is neither"),
        (["RELAYS=1-"], "RELAYS = '1-' is neither"),
    ],
)
def test_ports_that_cannot_be_are_told(given: list[str], words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        check_ports(given)


def test_secrets_that_hold_something_are_right(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("tangerine\n")
    check_secrets([tmp_path / "key"])


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_secret_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)
    with pytest.raises(Misconfigured, match="the secret file key is empty"):
        check_secrets([tmp_path / "key"])


def test_of_a_secret_that_is_another_services_the_size_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, empty = tmp_path / "full", tmp_path / "empty"
    full.write_text("tangerine")
    empty.write_text("")

    def refuse(_: Path) -> bytes:
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", refuse)
    check_secrets([full])
    with pytest.raises(Misconfigured, match="the secret file empty is empty"):
        check_secrets([full, empty])


def test_a_secret_that_is_not_there_or_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot find the secret absent"):
        check_secrets([tmp_path / "absent"])
    (tmp_path / "folder").mkdir()
    with pytest.raises(Misconfigured, match="cannot read the secret folder"):
        check_secrets([tmp_path / "folder"])


def test_models_that_are_there_are_right_and_one_that_is_not_is_named(tmp_path: Path) -> None:
    put(tmp_path, "ears", "turns", "mind")
    (tmp_path / "voice").mkdir()  # and nothing in it
    with pytest.raises(
        Misconfigured,
        match=r"not in the folder .*: vad, voice; run `antiphon models pull vad voice` there",
    ):
        check_models(tmp_path, PLANNED)
    put(tmp_path, "vad", "voice")
    check_models(tmp_path, PLANNED)


def test_the_model_of_a_turns_end_may_be_none(tmp_path: Path) -> None:
    put(tmp_path, "vad", "ears", "mind", "voice")
    check_models(tmp_path, PLANNED | {"ANTIPHON_ASR__END_OF_TURN": ""})
    with pytest.raises(Misconfigured, match=r"not in the folder .*: turns;"):
        check_models(tmp_path, PLANNED)


def test_models_that_may_not_be_read_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(Misconfigured, match=r"cannot read the model vad as user \d+: Permission"):
        check_models(tmp_path, PLANNED)


def test_a_plan_that_names_no_model_is_told_how_it_is_written(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"does not set ANTIPHON_ASR__VAD: .* --write gpu.env"):
        check_models(tmp_path, {})


def test_the_exit_status_tells_and_the_line_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text("tangerine")
    assert main(["HTTPS=8443", "--", str(tmp_path / "key")]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["HTTPS=1", "GRPC=1", "--", str(tmp_path / "key")]) == 2
    told = capsys.readouterr().err
    assert main(["HTTPS=1", "--", str(tmp_path / "key"), "--", str(tmp_path)]) == 2
    assert "ANTIPHON_ASR__VAD" in capsys.readouterr().err
    assert told.count("\n") == 1 and "tangerine" not in told
    assert main(["HTTPS=1"]) == 2
    assert "usage" in capsys.readouterr().err
