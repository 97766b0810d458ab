"""Trust bundles, status list encodings and anchor observations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.golden.deflate import deflate
from tests.golden.other_signers import ED25519_KEY, P256_KEY
from tests.golden.vectors_trust import office_key
from tests.golden.world import TRUST, b64, flip, header, pairs, raw_map, replaced, seal
from tests.support import kit, qbft_chain, sm2_signer, witnesses
from verifier import cbor, labels
from verifier.cose import CoseKey
from verifier.manifest import KindManifest, SlotLabel
from verifier.merkle import TreeHash
from verifier.policy import LogKey, LogTrust

YEAR = 366 * kit.DAY
SEAL_KEY = office_key(kinds=frozenset(), status_lists=False, seals=True)
MANIFESTS = (
    KindManifest(
        1, 1, 5, "marriage", "结婚证", "marriage certificate", (SlotLabel("cert_identifier", "电子证照标识", "id"),)
    ),
    KindManifest(9, 1, 2, "later-kind", "后来的证", "later", (SlotLabel("a_b2", "甲", "a"), SlotLabel("c", "乙", "c"))),
    KindManifest(9, 2, 0, "later-kind", "后来的证", "later", (), ("不是证明", "no proof")),
)


def _signed(payload: bytes, **more: Any) -> bytes:
    protected = more.pop("protected", header(kit.ROOT, labels.TYP_TRUST_BUNDLE))
    return seal(payload, signer=kit.ROOT, protected=protected, **more)


def _keyed(key: Any, **members: Any) -> bytes:
    """A bundle with this raw COSE_Key for the registry office."""
    payload = cbor.decode(kit.bundle().encode_payload())
    payload[6][0][3][0][1] = key
    for number, value in members.items():
        payload[6][0][3][0][int(number[1:])] = value
    return _signed(cbor.encode(payload))


def trust_bundles() -> dict[str, Any]:
    pin = kit.bundle().root_fingerprint
    all_algorithms = kit.bundle().issuers[0]
    keys = tuple(office_key(k) for k in (kit.REGISTRY_KEY.key, P256_KEY.key, ED25519_KEY.key))
    wide = kit.signed_bundle(kit.bundle(issuers=(replace(all_algorithms, keys=keys),)))
    accepted = {
        "good": (TRUST, None),
        "good-with-pin": (TRUST, pin),
        "pin-in-upper-case": (TRUST, pin.upper()),
        "all-algorithms": (wide, pin),
        "witness-policy": (kit.signed_bundle(witnesses.bundle()), pin),
        "validators-of-the-chain": (kit.signed_bundle(kit.bundle(chains=(qbft_chain.chain_trust(),))), pin),
        "manifests": (kit.signed_bundle(kit.bundle(kinds=MANIFESTS)), pin),
        "authorities-of-seals": (
            kit.signed_bundle(kit.bundle(authorities=(b"\x30\x03\x02\x01\x01", b"\x30\x00"))),
            pin,
        ),
        "key-for-seals": (kit.signed_bundle(kit.bundle(issuers=(replace(all_algorithms, keys=(SEAL_KEY,)),))), pin),
        "nothing-in-it": (kit.signed_bundle(kit.bundle(issuers=(), logs=(), chains=())), None),
    }
    return {
        "root_pin": pin,
        "accepted": [{"name": n, "bundle_b64": b64(d), "pin": p} for n, (d, p) in accepted.items()],
        "refused": [
            *({"name": n, "bundle_b64": b64(d), "pin": None} for n, d in _refused().items()),
            *(
                {"name": f"pin-{n}", "bundle_b64": b64(TRUST), "pin": p}
                for n, p in (("other", "0" * 64), ("short", pin[:-1]), ("empty", ""), ("with-space", pin + " "))
            ),
            {"name": "pin-of-real-root", "bundle_b64": b64(_other_root()), "pin": pin},
        ],
    }


def _other_root() -> bytes:
    """A whole bundle of another root: only the pin tells it from ours."""
    return kit.signed_bundle(kit.bundle(root=kit.STRANGER_KEY.key), kit.STRANGER_KEY)


def _refused() -> dict[str, bytes]:
    payload = kit.bundle().encode_payload()
    members = pairs(payload)
    key = kit.REGISTRY_KEY.key.to_map()
    point = kit.REGISTRY_KEY.public_key
    office = kit.bundle().issuers[0]
    log_key = LogKey(kit.LOG_KEY.key, "a", kit.AT - YEAR, kit.AT + YEAR)
    log = LogTrust(kit.ORIGIN, TreeHash.SM3, (log_key,))

    def member(number: int, value: Any) -> bytes:
        return _signed(raw_map(replaced(members, number, None if value is None else cbor.encode(value))))

    return {
        "empty": b"",
        "truncated": TRUST[:-1],
        "trailing-byte": TRUST + b"\x00",
        "tampered-payload": flip(TRUST, TRUST.index(b"Sample")),
        "tampered-signature": flip(TRUST, -1),
        "signed-by-other-key": kit.signed_bundle(signer=kit.STRANGER_KEY),
        "signed-by-an-issuer": kit.signed_bundle(signer=kit.REGISTRY_KEY),
        "kid-of-other-key": _signed(payload, protected=header(kit.STRANGER_KEY, labels.TYP_TRUST_BUNDLE)),
        "typ-of-certificate": _signed(payload, protected=header(kit.ROOT)),
        "unprotected-member": _signed(payload, unprotected=b"\xa1\x05\x00"),
        "alg-minus-48": _signed(payload, protected=header(kit.ROOT, labels.TYP_TRUST_BUNDLE, alg=-48)),
        "version-2": member(1, 2),
        "version-bool": member(1, True),
        "witness-policy-empty": member(9, {}),
        "witness-policy-text": member(9, "none"),
        "no-witness-member": member(9, None),
        "witness-with-key-of-log": member(9, _policy(kit.LOG_KEY.key, "w.example")),
        "witness-named-as-log": member(9, _policy(kit.STRANGER_KEY.key, kit.ORIGIN)),
        "validators-of-unknown-protocol": member(8, [{1: 1, 2: bytes(20), 3: "x", 4: {1: 3, 2: "", 3: [[b"k", 1]]}}]),
        "validators-none": member(8, [{1: 1, 2: bytes(20), 3: "x", 4: {1: 2, 2: "", 3: []}}]),
        "validators-null": member(8, [{1: 1, 2: bytes(20), 3: "x", 4: None}]),
        "no-chains": member(8, None),
        "unknown-member": _signed(raw_map([*members, (b"\x0c", b"\x00")])),
        **_manifests(members),
        "authorities-none": _signed(raw_map([*members, (b"\x0b", cbor.encode([]))])),
        "authority-text": _signed(raw_map([*members, (b"\x0b", cbor.encode(["x"]))])),
        "authority-empty": _signed(raw_map([*members, (b"\x0b", cbor.encode([b""]))])),
        "authority-too-long": _signed(raw_map([*members, (b"\x0b", cbor.encode([bytes(4097)]))])),
        "authority-repeated": _signed(raw_map([*members, (b"\x0b", cbor.encode([b"x", b"x"]))])),
        "key-seals-false": _keyed(key, _7=False),
        "key-seals-integer": _keyed(key, _7=1),
        "unsorted-keys": _signed(raw_map([members[1], members[0], *members[2:]])),
        "expires-before-issue": member(4, kit.AT - 30 * kit.DAY),
        "sequence-negative": member(2, -1),
        "key-off-curve": _keyed({**key, -3: flip(point[33:], 31)}),
        "key-zero": _keyed({**key, -2: bytes(32), -3: bytes(32)}),
        "key-x-plus-p": _keyed({**key, -2: b"\xff" * 32}),
        "key-coordinate-of-prime": _keyed({**key, -2: sm2_signer.P.to_bytes(32, "big")}),
        "key-short-x": _keyed({**key, -2: point[1:32]}),
        "key-compressed": _keyed({**key, -3: True}),
        "key-with-private-part": _keyed({**key, -4: bytes(32)}),
        "key-on-p256": _keyed({**key, -1: labels.CRV_P256}),
        "key-curve-unknown": _keyed({**key, -1: 8}),
        "key-type-other": _keyed({**key, 1: labels.KTY_OKP}),
        "key-type-bool": _keyed({1: True, -1: labels.CRV_ED25519, -2: ED25519_KEY.key.public}),
        "key-kinds-unsorted": _keyed(key, _4=[3, 1]),
        "key-kinds-repeated": _keyed(key, _4=[1, 1]),
        "key-kinds-bool": _keyed(key, _4=[True]),
        "key-status-lists-integer": _keyed(key, _5=1),
        "key-validity-inverted": _keyed(key, _3=0),
        "issuer-repeated": member(6, [office.to_map(), office.to_map()]),
        "issuer-key-repeated": member(6, [replace(office, keys=office.keys * 2).to_map()]),
        "log-repeated": member(7, [log.to_map(), log.to_map()]),
        "log-key-repeated": member(7, [replace(log, keys=(log_key, log_key)).to_map()]),
        "log-tree-unknown": member(7, [{1: kit.ORIGIN, 2: 2, 3: []}]),
        "log-tree-bool": member(7, [{1: kit.ORIGIN, 2: True, 3: []}]),
        "chain-contract-short": member(8, [{1: 1, 2: bytes(19), 3: "x"}]),
    }


def _manifests(members: Any) -> dict[str, bytes]:
    """Member 10 with one thing wrong in it."""
    good = MANIFESTS[1].to_map()

    def changed(**changes: Any) -> Any:
        return [{**good, **{int(k[1:]): v for k, v in changes.items()}}]

    kinds: dict[str, Any] = {
        "none": [],
        "not-a-list": {},
        "out-of-order": [MANIFESTS[2].to_map(), good],
        "repeated": [good, good],
        "depth-of-known-kind": changed(_1=1),
        "depth-7": changed(_3=7),
        "depth-bool": changed(_3=True),
        "more-slots-than-leaves": changed(_3=0),
        "slot-repeated": changed(_6=[["a", "甲", "a"], ["a", "乙", "b"]]),
        "slot-name-of-two-words": changed(_6=[["a b", "甲", "a"]]),
        "slot-name-ends-in-newline": changed(_6=[["a\n", "甲", "a"]]),
        "slot-without-label": changed(_6=[["a", "", "a"]]),
        "slot-of-two": changed(_6=[["a", "甲"]]),
        "slot-label-too-long": changed(_6=[["a", "甲" * 65, "a"]]),
        "name-in-capitals": changed(_4="Later"),
        "title-in-one-language": changed(_5={"zh": "甲"}),
        "notice-empty": changed(_7={"zh": "", "en": "a"}),
        "unknown-member": changed(_8=1),
    }
    return {f"manifest-{n}": _signed(raw_map([*members, (b"\x0a", cbor.encode(v))])) for n, v in kinds.items()}


def _policy(key: CoseKey, name: str) -> dict[int, Any]:
    return {1: [{1: name, 2: key.to_map(), 3: 0, 4: kit.AT}], 2: [], 3: name}


def status_lists() -> dict[str, Any]:
    """Encodings of `status_list` maps with 1, 2, 4 and 8 bits an entry, and what cannot be read."""
    bitmap = bytes.fromhex("b9a3 0f00 ff")
    lst = deflate(bitmap)
    accepted = [
        {
            "name": f"bits-{bits}",
            "hex": cbor.encode({"bits": bits, "lst": lst}).hex(),
            "statuses": [
                bitmap[i * bits // 8] >> (i * bits % 8) & ((1 << bits) - 1) for i in range(len(bitmap) * 8 // bits)
            ],
        }
        for bits in (1, 2, 4, 8)
    ]
    aggregated = cbor.encode({"bits": 1, "lst": lst, "aggregation_uri": "https://minzheng.example/v1/status-lists"})
    accepted.append({"name": "aggregation-uri", "hex": aggregated.hex(), "statuses": accepted[0]["statuses"]})
    refused = {
        "bits-0": {"bits": 0, "lst": lst},
        "bits-3": {"bits": 3, "lst": lst},
        "bits-16": {"bits": 16, "lst": lst},
        "bits-bool": {"bits": True, "lst": lst},
        "bits-text": {"bits": "1", "lst": lst},
        "no-bits": {"lst": lst},
        "no-list": {"bits": 1},
        "list-text": {"bits": 1, "lst": "abc"},
        "list-empty": {"bits": 1, "lst": b""},
        "trailing-data": {"bits": 1, "lst": lst + b"\x00"},
        "truncated": {"bits": 1, "lst": lst[:-1]},
        "wrong-checksum": {"bits": 1, "lst": flip(lst, -1)},
        "preset-dictionary": {"bits": 1, "lst": b"\x78\x20" + bytes(4) + lst[2:]},
        "gzip": {"bits": 1, "lst": b"\x1f\x8b\x08" + bytes(7) + lst[2:-4]},
        "raw-deflate": {"bits": 1, "lst": lst[2:-4]},
        "unknown-member": {"bits": 1, "lst": lst, "x": 0},
        "aggregation-uri-integer": {"bits": 1, "lst": lst, "aggregation_uri": 0},
    }
    return {
        "accepted": accepted,
        "refused": [{"name": n, "hex": cbor.encode(v).hex()} for n, v in refused.items()],
    }


def anchors() -> dict[str, Any]:
    log = kit.TestLog()
    log.fill(3)
    good = log.anchor().encode()
    members = pairs(good)

    def member(number: int, value: Any) -> bytes:
        return raw_map(replaced(members, number, None if value is None else cbor.encode(value)))

    refused = {
        "empty": b"",
        "truncated": good[:-1],
        "trailing-byte": good + b"\x00",
        "version-2": member(1, 2),
        "version-bool": member(1, True),
        "chain-id-negative": member(2, -1),
        "contract-21-bytes": member(3, bytes(21)),
        "origin-bytes": member(4, b"log"),
        "size-bool": member(5, True),
        "size-beyond-63-bits": member(5, 1 << 63),
        "root-31-bytes": member(6, bytes(31)),
        "no-block-hash": member(8, None),
        "block-time-after-9999": member(10, 253402300800),
        "unknown-member": raw_map([*members, (b"\x0b", b"\x00")]),
        "unsorted-keys": raw_map([members[1], members[0], *members[2:]]),
        "indefinite-map": raw_map(members, indefinite=True),
    }
    return {
        "accepted": [{"name": "good", "hex": good.hex()}],
        "refused": [{"name": n, "hex": d.hex()} for n, d in refused.items()],
    }
