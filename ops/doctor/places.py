"""Where the appliance listens, and the key that callers show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from antiphon.errors import Misconfigured
from antiphon.paths import runtime_dir
from ops.doctor.finding import Finding
from ops.settings import Settings
from ops.supervisor.addresses import check_free
from ops.supervisor.plan import SERVICES, listens
from ops.supervisor.run_folder import holder
from server.access.installation_key import load as load_key


def addresses(settings: Settings) -> Iterator[Finding]:
    """Look whether each service could listen, unless the appliance runs and does."""
    folder = runtime_dir()
    pid = holder(folder)
    if pid is not None:
        yield Finding("addresses", f"the appliance runs in {folder} (process {pid})")
        return
    # `antiphon up` makes it; without it no socket could be judged.
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in SERVICES:
        yield from _free(name, listens(settings, name))


def _free(name: str, addresses: Mapping[str, str]) -> Iterator[Finding]:
    for setting, address in addresses.items():
        try:
            check_free(setting, address)
            yield Finding("addresses", f"{name} can listen at {address}")
        except Misconfigured as error:
            what, _, mend = error.message.rpartition("; ")
            yield Finding("addresses", what or error.message, mend)


def key(settings: Settings) -> Finding:
    """Look at the key's file, which the gateway makes at its first start."""
    path = settings.server.key_file
    if not path.exists():
        return Finding("key", f"{path} is made at the first start")
    try:
        load_key(path)
    except Misconfigured as error:
        what, _, mend = error.message.partition(": ")
        return Finding("key", what, mend)
    return Finding("key", f"{path} is its owner's alone")
