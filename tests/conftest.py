"""Fixtures that several kinds of tests share. Imports stay inside: most tests need neither chain nor database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.bft import BftNetwork


@pytest.fixture(scope="session")
def bft_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BftNetwork]:
    """Four validators for reading and sending; ADMIN, SUBMITTER and OTHER of `anchor_lab` are funded.

    Shared: whoever kills validators takes a network of its own (`running_network`). Mark users with `bft`.
    """
    from tests.support.anchor_lab import ADMIN, OTHER, SUBMITTER
    from tests.support.bft import running_network

    funded = [account.address for account in (ADMIN, SUBMITTER, OTHER)]
    with running_network(tmp_path_factory.mktemp("bft"), funded=funded) as network:
        yield network
