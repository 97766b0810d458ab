"""Signing what relying parties are told, with the organisation's answer key of the day."""

from __future__ import annotations

from certs.answers import make_answer
from certs.ports import Signer
from verifier.answer import AnswerClaims


class AnswerService:
    """`uscc`: the root organisation, in whose name answers are given."""

    def __init__(self, uscc: str, signer: Signer) -> None:
        self.uscc, self._signer = uscc, signer

    def sign_with(self, signer: Signer) -> None:
        """From now on this key: the other one was rotated or revoked. The trust bundle names it already."""
        self._signer = signer

    def sign(self, claims: AnswerClaims) -> bytes:
        """A signed answer, checked. Raises SelfCheckFailed, SigningFailed, KeyOutOfTime."""
        return make_answer(self._signer, claims)
