"""A PKCS#11 token with an SM2 key, as a function table of Python callbacks: no compiler, no shared library.

Behaves as far as the standard says what the binding relies on: one login for all sessions, one operation a session, a
signature of r || s over the digest as given. `lost` makes the next calls answer as a token does that was pulled.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import c_ubyte, c_void_p
from typing import Any

from certs.keys import PrivateKey, _cryptoki
from certs.keys._cryptoki import FUNCTIONS, PROTOTYPES, FunctionList
from certs.keys._evp import SigningContext
from certs.keys.der import der_to_raw
from certs.keys.pkcs11 import SM2_CURVE

MECHANISM = 0x80000105  # of an imagined vendor
PRIVATE, PUBLIC = 7, 8
PIN = b"2468-sample"


class SimulatedToken:
    """`path` is what stands in a URI; `calls` counts logins, signatures and sessions for the tests."""

    def __init__(self, label: str = "registry", key_label: str = "office-1", *, der: bool = False) -> None:
        self.label, self.key_label, self.der = label, key_label, der
        self.key = PrivateKey.generate()
        self.curve, self.raw_point = SM2_CURVE, False
        self.there, self.lost, self.error = True, False, 0
        self.sessions: set[int] = set()
        self.logged_in = False
        self.calls = {"login": 0, "sign": 0, "open_session": 0}
        self._next, self._found, self._signing = 1, [0], False

    def functions(self) -> FunctionList:
        """The table; every entry that the binding does not use stays empty."""
        table = FunctionList()
        self._keep = []
        for at, (name, prototype) in PROTOTYPES.items():
            callback = prototype(self._counted(name, getattr(self, f"_{name}")))
            self._keep.append(callback)
            table.functions[at] = ctypes.cast(callback, c_void_p).value
        assert max(PROTOTYPES) < FUNCTIONS
        return table

    def _counted(self, name: str, call: Callable[..., int]) -> Callable[..., int]:
        def answer(*arguments: Any) -> int:
            if name in self.calls:
                self.calls[name] += 1
            return call(*arguments)

        return answer

    def pull(self) -> None:
        """Out of its reader: every session is gone."""
        self.there = False
        self.reset()

    def reset(self) -> None:
        self.sessions.clear()
        self.logged_in = False

    def _initialize(self, _arguments: int) -> int:
        return 0

    def _slots(self, _present: int, slots: Any, count: Any) -> int:
        if slots and self.there:
            slots[0] = 3
        count[0] = int(self.there)
        return 0

    def _token_info(self, slot: int, info: Any) -> int:
        if slot != 3 or not self.there:
            return 0x0E0
        info[0].label = (c_ubyte * 32)(*self.label.encode().ljust(32))
        return 0

    def _open_session(self, slot: int, flags: int, _application: int, _notify: int, out: Any) -> int:
        if slot != 3 or not self.there or not flags & 4:
            return 0x0E0
        self._next += 1
        self.sessions.add(self._next)
        out[0] = self._next
        return 0

    def _close_session(self, session: int) -> int:
        if session not in self.sessions:
            return 0x0B3
        self.sessions.discard(session)
        self.logged_in = self.logged_in and bool(self.sessions)
        return 0

    def _login(self, session: int, user: int, pin: Any, length: int) -> int:
        if session not in self.sessions or user != 1:
            return 0x0B3
        if self.logged_in:
            return 0x100
        if bytes(pin[:length]) != PIN:
            return 0x0A0
        self.logged_in = True
        return 0

    def _find_init(self, session: int, template: Any, count: int) -> int:
        if session not in self.sessions:
            return 0x0B3
        wanted = {template[n].type: ctypes.string_at(template[n].value, template[n].length) for n in range(count)}
        kind = int.from_bytes(wanted[0], "little")
        fits = (
            wanted.get(3, self.key_label.encode()) == self.key_label.encode() and wanted.get(0x102, b"\x01") == b"\x01"
        )
        self._found = [{2: PUBLIC, 3: PRIVATE}[kind]] if fits and (kind == 2 or self.logged_in) else []
        return 0

    def _find(self, _session: int, out: Any, most: int, count: Any) -> int:
        for n, handle in enumerate(self._found[:most]):
            out[n] = handle
        count[0] = len(self._found[:most])
        return 0

    def _find_final(self, _session: int) -> int:
        return 0

    def _attributes(self, session: int, handle: int, template: Any, _count: int) -> int:
        if session not in self.sessions or handle != PUBLIC:
            return 0x082
        point = self.key.public() if self.raw_point else b"\x04\x41" + self.key.public()
        value = {0x180: self.curve, 0x181: point}[template[0].type]
        if template[0].value:
            ctypes.memmove(template[0].value, value, len(value))
        template[0].length = len(value)
        return 0

    def _sign_init(self, session: int, mechanism: Any, handle: int) -> int:
        if self.error:
            return self.error
        if session not in self.sessions:
            return 0x0B3
        if not self.logged_in:
            return 0x101
        if mechanism[0].mechanism != MECHANISM:
            return 0x070
        if self._signing:
            return 0x090
        self._signing = handle == PRIVATE
        return 0 if self._signing else 0x060

    def _sign(self, session: int, data: Any, length: int, out: Any, room: Any) -> int:
        self._signing = False
        if session not in self.sessions:
            return 0x0B3
        digest = bytes(data[:length])
        if len(digest) != 32:
            return 0x021
        signature = SigningContext(self.key).sign_digest(digest)
        signature = signature if self.der else der_to_raw(signature)
        if room[0] < len(signature):
            return 0x150
        for n, byte in enumerate(signature):
            out[n] = byte
        room[0] = len(signature)
        return 0


def plug_in(monkeypatch: Any, token: SimulatedToken, path: str = "/opt/sample/token.so") -> str:
    """Make the binding find the token under that module path."""
    monkeypatch.setitem(_cryptoki._loaded, path, _cryptoki.Module(token.functions()))
    return path
