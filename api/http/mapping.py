"""THE table from every error class to the code of its problem. tests/unit/api/test_problem_table.py enumerates it."""

from __future__ import annotations

import api.errors as service
import api.services.importing.deciding as deciding
import api.services.importing.xlsx_cells as xlsx_cells
import api.services.webhooks.sending as sending
import certs.consent.machine as consent
import certs.documents.errors as documents
import certs.errors as certs
import certs.keys._cryptoki as cryptoki
import certs.pki.errors as pki
import chain.besu.plan as besu
import chain.errors as chain
import verifier.charity.errors as ledger
import verifier.errors as verifier
import verifier.hazmat.errors as hazmat
import verifier.ofdfile as ofdfile
import verifier.sealfault as sealfault

TABLE: dict[type[Exception], str] = {
    # api
    service.ServiceError: "internal",
    service.SettingsError: "internal",
    service.ExportRefused: "internal",  # of a command, as the next ones
    service.KeyInUse: "internal",
    service.KeyRefused: "internal",
    service.NotInitialised: "not-ready",
    service.InstanceDamaged: "not-ready",
    service.BundleMissing: "not-ready",
    service.Unauthenticated: "unauthenticated",
    service.SignatureRefused: "unauthenticated",
    service.Forbidden: "forbidden",
    service.NotFound: "not-found",
    service.IdempotencyConflict: "idempotency-conflict",
    service.RateLimited: "rate-limited",
    service.PurposeRefused: "purpose-refused",
    service.BodyTooLarge: "body-too-large",
    service.UnsupportedMedia: "unsupported-media-type",
    service.BadRequest: "malformed-json",
    service.InvalidFields: "invalid-fields",
    service.BatchUnreadable: "batch-unreadable",
    deciding.ImportSuperseded: "conflict",
    xlsx_cells.CellError: "batch-unreadable",  # of a cell, which is reported with its row
    service.Unavailable: "unavailable",
    service.ConsentMissing: "consent-missing",
    service.EncryptionKeyMissing: "encryption-key-missing",
    service.ChallengeRefused: "challenge-refused",
    service.CodeRefused: "code-refused",
    service.ActivationRefused: "activation-refused",
    service.StatementRefused: "statement-refused",
    service.CardRefused: "card-refused",
    service.CardLocked: "card-locked",
    sending.NotDelivered: "unavailable",  # none leaves the dispatcher
    # certs
    certs.CertsError: "internal",
    certs.InvalidField: "rejected",
    certs.UnknownKind: "rejected",
    certs.Conflict: "conflict",
    certs.NotIssued: "not-found",
    certs.Erased: "not-found",
    certs.RegistrationKept: "registration-kept",
    certs.SealBroken: "internal",
    certs.SealingKeyMissing: "unavailable",  # a file to be put back, and no damage of the record
    certs.SelfCheckFailed: "self-check-failed",
    certs.AuthorityUnknown: "forbidden",
    certs.StoreConflict: "unavailable",
    certs.ActRefused: "act-refused",
    certs.AmountOverflow: "rejected",
    certs.CatalogueInvalid: "rejected",
    certs.KeyStoreError: "internal",
    certs.KeyFileUnsafe: "internal",
    certs.KeyFileMalformed: "internal",
    certs.KeyFileLocked: "internal",
    certs.KeyOutOfTime: "unavailable",
    certs.SignerUnavailable: "unavailable",
    certs.TokenUnavailable: "unavailable",
    cryptoki.Refused: "unavailable",  # none leaves the binding
    certs.TokenKeyMissing: "unavailable",
    certs.PinRefused: "unavailable",
    certs.SigningFailed: "unavailable",
    certs.DecryptionFailed: "internal",  # whoever opens envelopes is a party
    consent.WrongState: "consent-state",
    # certs.pki
    pki.PkiError: "internal",
    pki.CertificateMalformed: "malformed",
    pki.CertificateNotAllowed: "internal",
    pki.ChainRefused: "internal",
    # certs.documents
    documents.DocumentError: "internal",
    documents.CodeError: "internal",
    documents.CodeNotText: "internal",
    documents.CodeTooLong: "rejected",
    documents.CodeTooDense: "internal",
    documents.CodeUnreadable: "internal",
    documents.PhotoError: "rejected",
    documents.PhotoTooLarge: "rejected",
    documents.PhotoTooSmall: "rejected",
    documents.PhotoFormat: "rejected",
    documents.PhotoBroken: "rejected",
    documents.AnnotationInvalid: "rejected",
    documents.CodeMisplaced: "internal",
    documents.FaceInvalid: "internal",
    documents.MissingGlyph: "rejected",
    documents.RenderingFailed: "internal",
    # chain: an outage is never a statement about a certificate
    chain.ChainFault: "internal",
    chain.LogFault: "internal",
    chain.Conflict: "conflict",
    chain.QueueFull: "busy",
    chain.OutcomeUnknown: "unavailable",
    chain.LostSwap: "unavailable",
    chain.UnknownLog: "internal",
    chain.NotInLog: "not-found",
    chain.Corrupt: "internal",
    chain.ClockWentBackwards: "unavailable",
    chain.SigningFailed: "unavailable",
    chain.RolledBack: "unavailable",
    chain.AnchorFault: "chain-unavailable",
    chain.ChainUnavailable: "chain-unavailable",
    chain.ChainMismatch: "chain-unavailable",
    chain.ChainRejected: "chain-unavailable",
    chain.LaneBusy: "chain-unavailable",
    chain.AnchorLost: "chain-unavailable",
    chain.WitnessFault: "unavailable",
    chain.WitnessUnavailable: "unavailable",
    chain.TooFewWitnesses: "unavailable",
    chain.JournalFault: "internal",
    chain.JournalCorrupt: "internal",
    chain.JournalMismatch: "internal",
    chain.AlreadyLocked: "internal",
    besu.PlanRefused: "internal",
    # verifier
    hazmat.InvalidKey: "internal",
    hazmat.NativeFailure: "internal",
    hazmat.BackendUnavailable: "internal",
    verifier.VerifierError: "internal",
    verifier.Malformed: "malformed",
    ledger.LedgerRefused: "ledger-refused",
    verifier.Unsupported: "unsupported",
    verifier.ProofInvalid: "internal",  # a proof is an answer's evidence, judged where it is used
    verifier.VerificationFailed: "verification-failed",
    ofdfile.SeveralSignatures: "malformed",
    sealfault.SealRefused: "internal",  # a seal is judged inside a report, never by an exception
}
