"""Golden vectors of single formats, by file name."""

from __future__ import annotations

from typing import Any

from tests.golden import (
    formats_answer,
    formats_charity_book,
    formats_charity_general,
    formats_charity_export,
    formats_consent,
    formats_donor_trace,
    formats_encoding,
    formats_entry,
    formats_envelope,
    formats_erasure,
    formats_log,
    formats_outside,
    formats_presentation,
    formats_proof,
    formats_registration,
    formats_request,
    formats_seal,
    formats_signature,
    formats_sum_tree,
    formats_trust,
    formats_witness,
    seal_objects,
)


def documents() -> dict[str, Any]:
    return {
        "cbor": formats_encoding.cbor_vectors(),
        "base45": formats_encoding.base45(),
        "base64url": formats_encoding.base64url(),
        "checkpoint": formats_log.checkpoint(),
        "receipt": formats_log.receipt(),
        "log-entry": formats_entry.log_entries(),
        "status-event": formats_entry.status_events(),
        "erasure": formats_erasure.erasures(),
        "registration-record": formats_registration.registrations(),
        "merkle-sm3": formats_log.merkle(),
        "status-list": formats_trust.status_lists(),
        "trust-bundle": formats_trust.trust_bundles(),
        "anchor-observation": formats_trust.anchors(),
        "anchor-proof": formats_proof.document(),
        "add-checkpoint": formats_request.requests(),
        "http-signature": formats_signature.signatures(),
        "vkey": formats_witness.vkeys(),
        "cosignature": formats_witness.cosignatures(),
        "witness-policy": formats_witness.policies(),
        "quorum-signature": formats_outside.quorum_signatures(),
        "tlog-proof": formats_outside.tlog_proofs(),
        "e-seal": seal_objects.document(),
        "ofd": formats_seal.document(),
        "answer": formats_answer.answers(),
        "presentation": formats_presentation.presentations(),
        "charity-book": formats_charity_book.document(),
        "charity-general": formats_charity_general.document(),
        "charity-export": formats_charity_export.exports(),
        "consent": formats_consent.statements(),
        "donor-trace": formats_donor_trace.document(),
        "fund-epoch": formats_sum_tree.epochs(),
        "receipt-code": formats_sum_tree.receipt_codes(),
        "sum-tree": formats_sum_tree.sum_trees(),
        "envelope": formats_envelope.envelopes(),
    }
