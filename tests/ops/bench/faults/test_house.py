"""The appliance that faults strike, with what is special about it."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path
from typing import cast

import pytest

from antiphon.errors import Unavailable
from ops.bench.faults import house as module
from ops.bench.faults.house import House, Kind, house, missing
from ops.bench.services import Running
from ops.supervisor.run_folder import ServiceState, write_states

SIMULATED = {
    "asr": {"engine": "simulated"},
    "llm": {"engine": "simulated"},
    "tts": {"engine": "simulated"},
}
SPECIAL = [Kind.SMALL_DISK, Kind.OWN_CLOCK]
# A plain one shows less than either of these: it stands in where neither can be had.
KINDS = SPECIAL + [Kind.PLAIN] * all(missing(kind) for kind in SPECIAL)


class Folder:
    """Stands for what runs in a folder where nothing does."""

    def __init__(self, folder: Path, pid: int = 0) -> None:
        self.folder = folder
        self.http_socket = str(folder / "http.sock")
        self._pid = pid

    def pid(self, name: str) -> int:
        return self._pid


def made(folder: Path, pid: int = 0) -> House:
    return House(cast(Running, Folder(folder, pid)), {})


def test_a_process_that_is_not_there_is_never_signalled(tmp_path: Path) -> None:
    for nobody in (0, 1):
        with pytest.raises(Unavailable, match="no process"):
            made(tmp_path, nobody).pid("asr")
    assert made(tmp_path, 4711).pid("asr") == 4711


@pytest.mark.parametrize("state", ["restarting", "ready"])
def test_what_never_is_ready_is_told_with_what_there_is(
    state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECOVERY_S", 0.3)
    write_states(tmp_path, {"asr": ServiceState(state, 0, "unix:x")})
    with pytest.raises(Unavailable, match=state):
        asyncio.run(made(tmp_path).until_ready())


def test_the_clock_is_told_in_the_words_of_faketime(tmp_path: Path) -> None:
    one = made(tmp_path)
    one.set_clock(-3600.0)
    assert (tmp_path / "clock").read_text() == "-3600"
    one.set_clock(0.0)
    assert (tmp_path / "clock").read_text() == "+0"


def test_what_cannot_be_had_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing(Kind.PLAIN) == ""
    monkeypatch.setattr(module, "FAKETIME", Path("/nowhere"))
    assert "apt-get install faketime" in missing(Kind.OWN_CLOCK)


# Root's; root's in a container as Docker makes it; anybody else's.
@pytest.mark.parametrize(
    ("effective", "may"),
    [("000001ffffffffff", True), ("00000000a80425fb", False), ("0000000000000000", False)],
)
def test_a_small_disk_takes_the_right_to_mount_it(
    effective: str, may: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = tmp_path / "status"
    status.write_text(f"Name:\tx\nCapPrm:\t000001ffffffffff\nCapEff:\t{effective}\n")
    monkeypatch.setattr(module, "STATUS", status)
    assert ("CAP_SYS_ADMIN" in missing(Kind.SMALL_DISK)) is not may


def test_a_disk_is_filled_to_its_last_byte_and_emptied(tmp_path: Path) -> None:
    one, limits = made(tmp_path), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))  # stands for the end of the disk
    try:
        one.fill_disk()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [10_000]
    one.empty_disk()
    one.empty_disk()
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_ready_with_a_disk_or_a_clock_of_its_own(kind: Kind) -> None:
    if why := missing(kind):
        pytest.skip(why)

    async def main() -> None:
        async with house(kind, SIMULATED) as found:
            await found.until_ready()
            environ = _environ(found.pid("asr"))
            assert (b"libfaketime" in environ) is (kind is Kind.OWN_CLOCK)
            if kind is Kind.SMALL_DISK:
                found.fill_disk()
                with pytest.raises(OSError, match="No space left"):
                    (found.services.folder / "more").write_bytes(bytes(100_000))
                found.empty_disk()
            await found.until_ready()

    asyncio.run(main())


def _environ(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()
