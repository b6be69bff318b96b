"""Where the services of the running appliance are: as its supervisor told, else as the settings say."""

from __future__ import annotations

from antiphon.paths import runtime_dir
from ops.settings import Settings
from ops.supervisor.plan import GATEWAY
from ops.supervisor.run_folder import read_states


def address_of(service: str) -> str:
    """Return the address of `service`; whether it answers is found when it is called."""
    told = read_states(runtime_dir()).get(service)
    if told is not None:
        return told.address
    table = getattr(Settings.load(), service)
    return str(table.local_address if service == GATEWAY else table.address)
