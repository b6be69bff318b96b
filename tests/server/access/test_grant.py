from __future__ import annotations

import pytest

from antiphon.errors import NotPermitted
from server.access.grant import Grant, Holder


@pytest.mark.parametrize(
    ("holder", "owner", "controls"),
    [
        (Holder.INSTALLATION, "", True),
        (Holder.CLIENT, "alice", True),
        (Holder.CLIENT, "bob", False),
        (Holder.PAGE, "alice", True),
        (Holder.PAGE, "bob", False),
    ],
)
def test_a_call_is_its_owners_and_the_installations(
    holder: Holder, owner: str, controls: bool
) -> None:
    assert Grant(holder, owner).controls("alice") is controls


def test_only_the_installations_key_opens_more_than_sessions() -> None:
    Grant(Holder.INSTALLATION, "").check_services()
    for holder in (Holder.CLIENT, Holder.PAGE):
        with pytest.raises(NotPermitted) as refused:
            Grant(holder, "alice").check_services()
        assert refused.value.reason == "KEY_SCOPE"
