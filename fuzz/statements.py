"""Targets of what is CBOR and signed: certificates, lists, receipts, bundles, answers, decisions, acts."""

from __future__ import annotations

from collections.abc import Callable

from certs.acts import OperatorAct, operator_act
from certs.consent.machine import Decision
from certs.consent.statement import Statement as ConsentStatement
from certs.consent.statement import make_statement
from certs.keys import PrivateKey, SoftwareSigner
from certs.purposes.statement import Act
from certs.purposes.statement import Statement as PurposeStatement
from certs.purposes.statement import make_statement as make_purpose
from fuzz.model import Target, same
from fuzz.seeds import assessed, golden
from tests.support import kit
from verifier import cbor, receipt
from verifier.answer import Answer
from verifier.casefile import Logged, Manifest, manifest_of, sealed_manifest
from verifier.cose import CoseKey, Sign1, protected_header, sig_structure
from verifier.credential import Certificate, HolderFile
from verifier.documents import is_document, read_document
from verifier.erasure import ErasureReceipt
from verifier.errors import VerifierError
from verifier.labels import CRV_SM2, TYP_CASE
from verifier.policy import TrustBundle
from verifier.presentation import Binding, Presentation
from verifier.quorum import WitnessPolicy
from verifier.rendition import Rendition
from verifier.status_list import StatusList, parse_bits

USCC = "91990000MA9T000695"
_SIGNER = SoftwareSigner(PrivateKey.generate(), process=False)


def _cbor(data: bytes) -> None:
    same(data, cbor.encode(cbor.decode(data)))


def _loose(data: bytes) -> None:
    cbor.decode(data, ordered=False)


def _cose(data: bytes) -> None:
    same(data, Sign1.parse_any(data).encode())


def _key(data: bytes) -> None:
    same(data, cbor.encode(CoseKey.from_map(cbor.decode(data)).to_map()))


def _credential(data: bytes) -> None:
    """Kinds that are known encode to what they were read from."""
    found = Certificate.parse(data)
    if (found.claims.kind, found.claims.kind_version) in {(1, 1), (3, 1)}:
        same(found.sign1.payload or b"", found.claims.encode())


def _file(data: bytes) -> None:
    same(data, HolderFile.parse(data).encode())


def _receipt(data: bytes) -> None:
    found = receipt.Receipt.parse(data)
    assert found.size > found.index >= 0


def _foreign(data: bytes) -> None:
    """Receipts of other logs, under a key that none of them has."""
    key = CoseKey(CRV_SM2, _SIGNER.cose_key.public)
    assert not receipt.verify_foreign_inclusion(data, key, bytes(32))


def _entry(data: bytes) -> None:
    assert len(receipt.parse_entry_body(data)) == 32


def _bits(data: bytes) -> None:
    """What inflates stays small, whatever it says."""
    _, bitmap = parse_bits(cbor.decode(data))
    assert len(bitmap) <= 1 << 24


def _policy(data: bytes) -> None:
    same(data, cbor.encode(WitnessPolicy.from_map(cbor.decode(data)).to_map()))


def _logged(data: bytes) -> None:
    same(data, Logged.parse(data).encode())


def _manifest(data: bytes) -> None:
    found = Manifest.parse(data)
    same(Sign1.parse_any(data).payload or b"", found.payload())


def _rendition(data: bytes) -> None:
    same(data, Rendition.parse(data).encode())


def _renditions() -> list[bytes]:
    """The statements inside the documents of the vectors."""
    found = []
    for data in filter(is_document, assessed("input_b64")):
        try:
            found.append(read_document(data).statement or b"")
        except VerifierError:
            continue
    return found


def _bindings() -> list[bytes]:
    """Those by themselves, and those inside presentations."""
    found = golden("formats/presentation.json", "binding_b64")
    for data in golden("formats/presentation.json", "presentation_b64"):
        try:
            found.append(Presentation.parse(data).binding)
        except VerifierError:
            continue
    return list(dict.fromkeys(found))


def _manifests() -> list[bytes]:
    made = manifest_of({"certificate.mzc": b"x"}, iss=USCC, iat=kit.AT, cti=bytes(16))
    protected = protected_header(_SIGNER.alg, _SIGNER.kid, TYP_CASE)
    return [sealed_manifest(made, protected, _SIGNER.sign(sig_structure(protected, made.payload())))]


def _certificates() -> list[bytes]:
    return [kit.statement(), kit.statement(kit.donation_claims(), kit.CHARITY_KEY)]


def _consents() -> list[bytes]:
    return [make_statement(_SIGNER, USCC, bytes(16), bytes(32), decision, kit.AT) for decision in Decision]


def _purposes() -> list[bytes]:
    return [make_purpose(_SIGNER, USCC, "security-01", act, 2, bytes(32), kit.AT) for act in Act]


def _vectors(file: str, *members: str) -> Callable[[], list[bytes]]:
    return lambda: golden(f"formats/{file}.json", *members)


def _cbor_target(name: str, run: Callable[[bytes], object], seeds: Callable[[], list[bytes]]) -> Target:
    return Target(name, run, seeds, shape="cbor")


TARGETS = (
    _cbor_target("cbor", _cbor, _vectors("cbor", "hex")),
    _cbor_target("cbor-of-others", _loose, _vectors("cbor", "hex")),
    _cbor_target("cose", _cose, _vectors("status-event", "event_b64")),
    _cbor_target("cose-key", _key, lambda: [cbor.encode(_SIGNER.cose_key.to_map())]),
    _cbor_target("credential", _credential, _certificates),
    _cbor_target("holder-file", _file, lambda: [d for d in assessed("input_b64") if not is_document(d)]),
    _cbor_target("status-list", StatusList.parse, lambda: assessed("status_b64")),
    _cbor_target("status-bits", _bits, _vectors("status-list", "hex")),
    _cbor_target("receipt", _receipt, _vectors("receipt", "receipt_b64")),
    _cbor_target("receipt-of-others", _foreign, _vectors("receipt", "receipt_b64")),
    _cbor_target("log-entry", _entry, _vectors("log-entry", "hex")),
    _cbor_target("trust-bundle", TrustBundle.parse, _vectors("trust-bundle", "bundle_b64")),
    _cbor_target("witness-policy", _policy, _vectors("witness-policy", "hex")),
    _cbor_target("rendition", _rendition, _renditions),
    _cbor_target("erasure", ErasureReceipt.parse, _vectors("erasure", "receipt_b64")),
    _cbor_target("answer", Answer.parse, _vectors("answer", "answer_b64")),
    _cbor_target("presentation", Presentation.parse, _vectors("presentation", "presentation_b64")),
    _cbor_target("device-binding", Binding.parse, _bindings),
    _cbor_target("consent-statement", ConsentStatement.parse, _consents),
    _cbor_target("purpose-statement", PurposeStatement.parse, _purposes),
    _cbor_target("operator-act", OperatorAct.parse, lambda: [operator_act(_SIGNER, USCC, kit.AT, "parties", b"{}")]),
    _cbor_target("case-manifest", _manifest, _manifests),
    _cbor_target("case-logged", _logged, lambda: [Logged(bytes(32), b"record", (b"receipt",), ()).encode()]),
)
