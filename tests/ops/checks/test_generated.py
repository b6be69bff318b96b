from __future__ import annotations

from pathlib import Path

import pytest

from ops.checks import generated
from ops.checks.generated import FOLDER, check, generate, main
from ops.checks.outcome import passed

PROTO = 'syntax = "proto3"; package antiphon.v1; message A { string b = 1; }\n'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "a.proto").write_text(PROTO)
    monkeypatch.setattr(generated, "ROOT", tmp_path)
    return tmp_path


def test_what_was_generated_is_current(root: Path) -> None:
    assert main() == 0
    assert {path.name for path in (root / FOLDER).iterdir()} == {
        "a.proto",
        "a_pb2.py",
        "a_pb2.pyi",
        "a_pb2_grpc.py",
    }
    assert check() == passed()


def test_a_changed_contract_is_found(root: Path) -> None:
    main()
    (root / FOLDER / "a.proto").write_text(PROTO.replace("b = 1", "c = 1"))
    assert check().output == "\n".join(
        f"antiphon/v1/{name} is not what the contract gives: run ops/generate"
        for name in ("a_pb2.py", "a_pb2.pyi")
    )


def test_code_of_a_contract_that_is_gone_is_found(root: Path) -> None:
    main()
    (root / FOLDER / "old_pb2.py").touch()
    assert "antiphon/v1/old_pb2.py is not what" in check().output


def test_a_contract_that_is_none_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / FOLDER / "a.proto").write_text("message")
    assert "a.proto:1" in generate(root)
    assert check().failed == 1
    assert main() == 1
    assert "a.proto:1" in capsys.readouterr().err
