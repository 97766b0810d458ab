"""A static export of a charity with two funds, and exports in which one file was changed."""

from __future__ import annotations

from typing import Any

from tests.golden.world import b64, flip
from tests.support import kit
from tests.support.charity_export import CLINICS, world
from verifier.charity.export import INDEX, index_text, join_records, split_records


def exports() -> dict[str, Any]:
    files = world().files()
    mine = CLINICS.hex() + "/"
    events, epochs = (split_records(files[mine + name]) for name in ("events.bin", "epochs.bin"))
    changed: dict[str, tuple[str, bytes, str]] = {
        "donation-altered": (mine + "in.bin", flip(files[mine + "in.bin"], 44), "REFUSED"),
        "donation-removed": (mine + "in.bin", files[mine + "in.bin"][45:], "REFUSED"),
        "donor-replaced": (mine + "in.bin", flip(files[mine + "in.bin"], 10), "EPOCH_INFLOWS_DIFFER"),
        "class-altered": (mine + "out.bin", flip(files[mine + "out.bin"], 9), "OUT_LINE_DIFFERS"),
        "settlement-altered": (mine + "settlement.bin", flip(files[mine + "settlement.bin"], 7), "SETTLEMENT_DIFFERS"),
        "event-removed": (mine + "events.bin", join_records(events[:-1]), "EPOCH_SIZE_DIFFERS"),
        "event-reworded": (
            mine + "events.bin",
            join_records([*events[:-1], events[-1].replace(bytes(range(32)), flip(bytes(range(32)), 0))]),
            "EPOCH_EVENTS_DIFFER",
        ),
        "epoch-removed": (mine + "epochs.bin", join_records(epochs[:1]), "BEYOND_EPOCH"),
        "epochs-swapped": (mine + "epochs.bin", join_records(epochs[::-1]), "EPOCH_CHAIN_BROKEN"),
        "record-cut-short": (mine + "events.bin", files[mine + "events.bin"][:-1], "UNREADABLE"),
        "no-books": (INDEX, index_text([]), "EMPTY"),
        "source-left-out": (INDEX, index_text([book for book in world().books if book != CLINICS]),
                            "TRANSFER_SOURCE_MISSING"),
    }  # fmt: skip
    return {
        "description": "A static export by file. `refused`: with one file changed, the code that the audit names.",
        "at": kit.AT,
        "trust_b64": b64(kit.signed_bundle()),
        "root": kit.bundle().root_fingerprint,
        "accepted": [{"name": "export", "files_b64": {name: b64(data) for name, data in files.items()}}],
        "refused": [
            {"name": name, "file": file, "content_b64": b64(data), "code": code}
            for name, (file, data, code) in changed.items()
        ],
    }
