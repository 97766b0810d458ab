"""PKCS#11 v2.40 (Cryptoki) through ctypes: the dozen functions that finding a key and signing with it need.

A module is a vendor's shared library; its functions are reached through C_GetFunctionList, as the standard has it, for
not every vendor exports them one by one. Calls release the interpreter lock. Structures are those of all systems but
Windows, where modules are packed.
"""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_ubyte, c_ulong, c_void_p
from threading import Lock
from typing import Any, Final

from certs.errors import KeyStoreError, SigningFailed, TokenUnavailable

OK: Final = 0x000
ALREADY_INITIALIZED: Final = 0x191
USER_ALREADY_LOGGED_IN: Final = 0x100
PIN_REFUSED: Final = frozenset({0x0A0, 0x0A1, 0x0A2, 0x0A3, 0x0A4})  # incorrect, invalid, length, expired, locked
GONE: Final = frozenset({0x030, 0x032, 0x082, 0x0B0, 0x0B3, 0x0E0, 0x0E1, 0x101, 0x190})
"""Device error or removed, object or session handle invalid or closed, token absent or unknown, not logged in, not
initialised (a forked child): whatever was opened must be opened anew."""

CKO_PUBLIC: Final = 2
CKO_PRIVATE: Final = 3
CKA_CLASS: Final = 0x000
CKA_LABEL: Final = 0x003
CKA_ID: Final = 0x102
CKA_EC_PARAMS: Final = 0x180
CKA_EC_POINT: Final = 0x181
_UNAVAILABLE: Final = c_ulong(-1).value
_SERIAL: Final = 4  # CKF_SERIAL_SESSION; without CKF_RW_SESSION: nothing is written to the token
_OS_LOCKING: Final = 2
_USER: Final = 1
_MAX_SIGNATURE: Final = 256


class Mechanism(Structure):
    _fields_ = (("mechanism", c_ulong), ("parameter", c_void_p), ("length", c_ulong))


class Attribute(Structure):
    _fields_ = (("type", c_ulong), ("value", c_void_p), ("length", c_ulong))


class InitializeArgs(Structure):
    _fields_ = (
        ("create", c_void_p),
        ("destroy", c_void_p),
        ("lock", c_void_p),
        ("unlock", c_void_p),
        ("flags", c_ulong),
        ("reserved", c_void_p),
    )


class TokenInfo(Structure):
    """CK_TOKEN_INFO; texts are padded with blanks."""

    _fields_ = (
        ("label", c_ubyte * 32),
        ("manufacturer", c_ubyte * 32),
        ("model", c_ubyte * 16),
        ("serial", c_ubyte * 16),
        ("flags", c_ulong),
        ("counts", c_ulong * 10),
        ("versions", c_ubyte * 4),
        ("utc", c_ubyte * 16),
    )


_BYTES: Final = POINTER(c_ubyte)
PROTOTYPES: Final[dict[int, tuple[str, Any]]] = {
    0: ("initialize", CFUNCTYPE(c_ulong, c_void_p)),
    4: ("slots", CFUNCTYPE(c_ulong, c_ubyte, POINTER(c_ulong), POINTER(c_ulong))),
    6: ("token_info", CFUNCTYPE(c_ulong, c_ulong, POINTER(TokenInfo))),
    12: ("open_session", CFUNCTYPE(c_ulong, c_ulong, c_ulong, c_void_p, c_void_p, POINTER(c_ulong))),
    13: ("close_session", CFUNCTYPE(c_ulong, c_ulong)),
    18: ("login", CFUNCTYPE(c_ulong, c_ulong, c_ulong, _BYTES, c_ulong)),
    24: ("attributes", CFUNCTYPE(c_ulong, c_ulong, c_ulong, POINTER(Attribute), c_ulong)),
    26: ("find_init", CFUNCTYPE(c_ulong, c_ulong, POINTER(Attribute), c_ulong)),
    27: ("find", CFUNCTYPE(c_ulong, c_ulong, POINTER(c_ulong), c_ulong, POINTER(c_ulong))),
    28: ("find_final", CFUNCTYPE(c_ulong, c_ulong)),
    42: ("sign_init", CFUNCTYPE(c_ulong, c_ulong, POINTER(Mechanism), c_ulong)),
    43: ("sign", CFUNCTYPE(c_ulong, c_ulong, _BYTES, c_ulong, _BYTES, POINTER(c_ulong))),
}
"""Place in CK_FUNCTION_LIST, which is the order of the standard's chapters -> name here and type."""
FUNCTIONS: Final = 68


class FunctionList(Structure):
    """CK_FUNCTION_LIST."""

    _fields_ = (("version", c_ubyte * 2), ("functions", c_void_p * FUNCTIONS))


class Refused(KeyStoreError):
    """A call that did not answer CKR_OK; `code` is a number of the standard's and nothing of ours. Internal."""

    def __init__(self, call: str, code: int) -> None:
        super().__init__(f"{call}: CKR 0x{code:08x}")
        self.call, self.code = call, code


class Module:
    """A loaded and initialised module. Calls raise Refused."""

    def __init__(self, functions: FunctionList) -> None:
        self._keep = functions
        self._call = {name: prototype(functions.functions[at]) for at, (name, prototype) in PROTOTYPES.items()}
        self.initialize()

    def initialize(self) -> None:
        """Once a process; a second time is harmless."""
        arguments = InitializeArgs(flags=_OS_LOCKING)
        self._do("initialize", ctypes.cast(byref(arguments), c_void_p), good=(OK, ALREADY_INITIALIZED))

    def tokens(self) -> dict[int, str]:
        """Label of every token that is there, by slot."""
        count = c_ulong()
        self._do("slots", 1, None, byref(count))
        slots = (c_ulong * max(1, count.value))()
        self._do("slots", 1, slots, byref(count))
        found = {}
        for slot in slots[: count.value]:
            info = TokenInfo()
            self._do("token_info", slot, byref(info))
            found[slot] = bytes(info.label).decode("utf-8", "replace").rstrip(" \x00")
        return found

    def open_session(self, slot: int) -> int:
        session = c_ulong()
        self._do("open_session", slot, _SERIAL, None, None, byref(session))
        return session.value

    def close_session(self, session: int) -> None:
        self._do("close_session", session)

    def login(self, session: int, pin: bytearray) -> None:
        """As the token's user. The caller wipes `pin`."""
        raw = (c_ubyte * len(pin)).from_buffer(pin)
        self._do("login", session, _USER, raw, len(pin), good=(OK, USER_ALREADY_LOGGED_IN))

    def find(self, session: int, kind: int, wanted: dict[int, bytes]) -> list[int]:
        """Handles of at most two objects: one is the answer, two are a mistake."""
        values = {CKA_CLASS: bytes(c_ulong(kind)), **wanted}
        template = (Attribute * len(values))()
        buffers = [ctypes.create_string_buffer(value, len(value)) for value in values.values()]
        for at, (attribute, buffer) in enumerate(zip(values, buffers, strict=True)):
            template[at] = Attribute(attribute, ctypes.cast(buffer, c_void_p), len(buffer))
        self._do("find_init", session, template, len(values))
        try:
            handles, count = (c_ulong * 2)(), c_ulong()
            self._do("find", session, handles, 2, byref(count))
        finally:
            self._do("find_final", session)
        return list(handles[: count.value])

    def attribute(self, session: int, handle: int, attribute: int) -> bytes:
        """One attribute's value."""
        asked = Attribute(attribute, None, 0)
        self._do("attributes", session, handle, byref(asked), 1)
        if not 0 < asked.length < _UNAVAILABLE:
            raise Refused("attributes", 0x012)
        buffer = ctypes.create_string_buffer(asked.length)
        asked.value = ctypes.cast(buffer, c_void_p)
        self._do("attributes", session, handle, byref(asked), 1)
        return buffer.raw[: asked.length]

    def sign(self, session: int, handle: int, mechanism: int, data: bytes) -> bytes:
        """The mechanism's signature over `data`, as the module gives it."""
        self._do("sign_init", session, byref(Mechanism(mechanism, None, 0)), handle)
        out, length = (c_ubyte * _MAX_SIGNATURE)(), c_ulong(_MAX_SIGNATURE)
        raw = (c_ubyte * len(data)).from_buffer_copy(data)
        self._do("sign", session, raw, len(data), out, byref(length))
        if length.value > _MAX_SIGNATURE:
            raise SigningFailed("the token's signature has an impossible length")
        return bytes(out[: length.value])

    def _do(self, name: str, *arguments: Any, good: tuple[int, ...] = (OK,)) -> None:
        code = self._call[name](*arguments)
        if code not in good:
            raise Refused(name, code)


_loaded: dict[str, Module] = {}
_lock = Lock()


def module(path: str) -> Module:
    """The module of that file, loaded once a process. Raises TokenUnavailable."""
    with _lock:
        if path not in _loaded:
            try:
                _loaded[path] = Module(function_list(path))
            except Refused as refused:
                raise TokenUnavailable(f"the PKCS#11 module does not start: {refused}") from None
        return _loaded[path]


def function_list(path: str) -> FunctionList:
    """Load a module and ask for its functions. Raises TokenUnavailable."""
    try:
        library = ctypes.CDLL(path)
        ask = library.C_GetFunctionList
    except (OSError, AttributeError):
        raise TokenUnavailable("module-path is no PKCS#11 module of this machine") from None
    ask.restype, ask.argtypes = c_ulong, (POINTER(POINTER(FunctionList)),)
    found = POINTER(FunctionList)()
    if ask(byref(found)) != OK:
        raise TokenUnavailable("the PKCS#11 module names no functions")
    return found.contents
