"""The tamper matrix as data: for every table and column what is done to it, and where the audit must point.

A column that is in no row here makes the test fail, and so does one that nobody can watch over without saying why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from api.db.metadata import metadata
from tests.support import tamper_charity
from tests.support.tamper import Attack, Case, Pick, Place, delete, duplicate, flip, is_refusal, of_certificate, swap

Key = tuple[str, str, str]

SHOWN_BY_CHAIN: Final = "size [0-9]+"
NO_ROW: Final = "()"

# Where the first fault is not in the column that was changed itself: another column or table contradicts it first.
ELSEWHERE: Final[dict[Key, Place]] = {
    **tamper_charity.ELSEWHERE,
    ("party", "uscc", "swap"): Place("party", "", "role"),
    ("party", "", "delete"): Place("party", "", "uscc"),
    ("party", "", "truncate"): Place("party", "", "role"),
    ("party", "", "duplicate"): Place("party", "", "role"),
    ("signing_key", "kid", "flip"): Place("signing_key", "", "public_key"),
    ("signing_key", "kid", "swap"): Place("signing_key", "", "public_key"),
    ("signing_key", "", "delete"): Place("signing_key", "", "kid"),
    ("signing_key", "", "truncate"): Place("signing_key", "", "kid"),
    ("signing_key", "", "duplicate"): Place("signing_key", "", "public_key"),
    ("certificate", "statement", "flip"): Place("certificate", "", "statement"),
    ("certificate", "statement", "swap"): Place("certificate", "", "cti"),
    ("certificate", "sealed_key", "flip"): Place("certificate", "", "sealed_body"),
    ("certificate", "sealed_key", "swap"): Place("certificate", "", "sealed_body"),
    ("certificate", "", "delete"): Place("certificate", "", "ordinal"),
    ("certificate", "", "truncate"): Place("certificate", "", "ordinal"),
    ("certificate", "", "duplicate"): Place("certificate", "", "cti"),
    ("lookup", "cti", "flip"): Place("lookup", "", "term"),
    ("lookup", "cti", "swap"): Place("lookup", "", "term"),
    ("lookup", "", "delete"): Place("lookup", "", "term"),
    ("lookup", "", "truncate"): Place("lookup", "", "term"),
    ("lookup", "", "duplicate"): Place("lookup", "", "term"),
    ("status_event", "statement", "swap"): Place("status_event", "", "cti"),
    ("status_event", "statement", "flip"): Place("status_event", "", "cti"),
    ("status_event", "sealed_key", "flip"): Place("status_event", "", "sealed_body"),
    ("status_event", "sealed_key", "swap"): Place("status_event", "", "sealed_body"),
    ("status_event", "", "delete"): Place("certificate", "[0-9]+", "revoked_at"),
    ("status_event", "", "truncate"): Place("certificate", "[0-9]+", "revoked_at"),
    ("status_event", "", "duplicate"): Place("status_event", "", "cti"),
    ("status_list", "number", "swap"): Place("status_list", "", "used"),
    ("status_list", "", "delete"): Place("status_list", "[0-9]+", "number"),
    ("status_list", "", "truncate"): Place("status_entry", NO_ROW, ""),
    ("status_list", "number", "flip"): Place("status_list", "[0-9]+", "number"),
    ("status_list", "", "duplicate"): Place("status_list", "", "used"),
    ("status_entry", "number", "flip"): Place("status_entry", "[0-9]+/[0-9]+", "idx"),
    ("status_entry", "number", "swap"): Place("status_entry", "[0-9]+/[0-9]+", "idx"),
    ("status_entry", "idx", "swap"): Place("status_entry", "[0-9]+/[0-9]+", "idx"),
    ("status_publication", "number", "flip"): Place("status_publication", "[0-9]+/[0-9]+", "sequence"),
    ("status_publication", "sequence", "flip"): Place("status_publication", "[0-9]+/[0-9]+", "sequence"),
    ("status_publication", "sequence", "swap"): Place("status_publication", "", "signed"),
    ("status_publication", "", "duplicate"): Place("status_publication", "[0-9]+", ""),
    ("status_entry", "", "delete"): Place("certificate", "[0-9]+", "list_index"),
    ("status_entry", "", "truncate"): Place("certificate", "[0-9]+", "list_index"),
    ("status_entry", "", "duplicate"): Place("status_entry", "", "idx"),
    ("status_publication", "", "delete"): Place("status_publication", ".*", "sequence"),
    ("status_publication", "signed", "flip"): Place("status_publication", "", "issued_at"),
    ("status_publication", "signed", "swap"): Place("status_publication", "", "number"),
    ("donation_total", "", "delete"): Place("donation_total", "", "plan"),
    ("donation_total", "", "truncate"): Place("donation_total", "", "plan"),
    ("donation_total", "", "duplicate"): Place("donation_total", "", "plan"),
    ("donation_total", "issuer", "flip"): Place("donation_total", "", "plan"),
    ("donation_total", "plan", "swap"): Place("donation_total", "", "donations"),
    ("certificate", "content", "flip"): Place("certificate", "[0-9]+", "content"),
    ("idempotency", "", "duplicate"): Place("idempotency", "", "uscc"),
    ("trust_bundle", "signed", "swap"): Place("trust_bundle", "", "sequence"),
    ("trust_bundle", "", "delete"): Place("trust_bundle", "", "sequence"),
    ("trust_bundle", "", "truncate"): Place("trust_bundle", "", "sequence"),
    ("trust_bundle", "", "duplicate"): Place("trust_bundle", "", "sequence"),
    ("rendition", "statement", "swap"): Place("rendition", "", "digest"),
    ("rendition", "", "duplicate"): Place("rendition", "", "digest"),
    ("rendition", "sealed_key", "flip"): Place("rendition", "", "sealed_body"),
    ("rendition", "sealed_key", "swap"): Place("rendition", "", "sealed_body"),
    ("erasure", "statement", "flip"): Place("erasure", "", "salt"),
    ("erasure", "statement", "swap"): Place("erasure", "", "cti"),
    ("erasure", "entry", "flip"): Place("erasure", "", "salt"),
    ("erasure", "entry", "swap"): Place("erasure", "", "salt"),
    ("erasure", "", "delete"): Place("certificate", "[0-9]+", "sealed_key"),
    ("erasure", "", "truncate"): Place("certificate", "[0-9]+", "sealed_key"),
    ("erasure", "", "duplicate"): Place("erasure", "", "cti"),
    ("registration_event", "event_id", "flip"): Place("registration_event", "", "sealed_body"),
    ("registration_event", "event_id", "swap"): Place("registration_event", "", "sealed_body"),
    ("registration_event", "sealed_key", "flip"): Place("registration_event", "", "sealed_body"),
    ("registration_event", "sealed_key", "swap"): Place("registration_event", "", "sealed_body"),
    ("registration_event", "", "delete"): Place("registration_event", "", "ordinal"),
    ("registration_event", "", "truncate"): Place("registration_event", "", "ordinal"),
    ("registration_event", "", "duplicate"): Place("registration_event", "", "sealed_body"),
    ("registration_term", "event_id", "flip"): Place("registration_term", "", "term"),
    ("registration_term", "event_id", "swap"): Place("registration_term", "", "term"),
    ("registration_term", "", "delete"): Place("registration_term", "", "term"),
    ("registration_term", "", "truncate"): Place("registration_term", "", "term"),
    ("registration_term", "", "duplicate"): Place("registration_term", "", "term"),
    ("log", "origin", "flip"): Place("log", NO_ROW, "origin"),
    ("log", "", "delete"): Place("log", NO_ROW, "origin"),
    ("log", "", "truncate"): Place("log", NO_ROW, "origin"),
    ("entry", "log_id", "flip"): Place("entry", "", "idx"),
    ("entry", "idx", "swap"): Place("tile", "[0-9]+/[0-9]+", "data"),
    ("entry", "body", "flip"): Place("entry", "", "leaf_key"),
    ("entry", "body", "swap"): Place("entry", "", "leaf_key"),
    ("entry", "", "delete"): Place("entry", "", "idx"),
    ("entry", "", "truncate"): Place("head", NO_ROW, "size"),
    ("entry", "", "duplicate"): Place("head", NO_ROW, "size"),
    ("entry", "idem", "flip"): Place("certificate", "[0-9]+", "entry"),
    ("entry", "idem", "swap"): Place("trust_bundle", "1", "entry_salt"),
    ("tile", "log_id", "flip"): Place("tile", "", "n"),
    ("tile", "level", "flip"): Place("tile", "", "n"),
    ("tile", "n", "swap"): Place("tile", "", "data"),
    ("tile", "", "delete"): Place("tile", "", "n"),
    ("tile", "", "truncate"): Place("tile", "", "n"),
    ("tile", "", "duplicate"): Place("tile", "", "n"),
    ("head", "log_id", "flip"): Place("log", "[0-9]+", "log_id"),
    ("head", "", "delete"): Place("log", "[0-9]+", "log_id"),
    ("head", "", "truncate"): Place("log", "[0-9]+", "log_id"),
    ("checkpoint", "log_id", "flip"): Place("cosignature", "", "size"),
    ("checkpoint", "size", "swap"): Place("checkpoint", "", "root"),
    ("checkpoint", "note", "swap"): Place("checkpoint", "", "size"),
    ("checkpoint", "signed_at", "flip"): Place("checkpoint", "", "receipt_protected"),
    ("checkpoint", "signed_at", "swap"): Place("checkpoint", "", "receipt_protected"),
    ("checkpoint", "", "delete"): Place("cosignature", "", "size"),
    ("checkpoint", "", "truncate"): Place("cosignature", "", "size"),
    ("checkpoint", "", "duplicate"): Place("checkpoint", "", "size"),
    ("cosignature", "size", "flip"): Place("cosignature", "[0-9]+", "size"),
    ("cosignature", "size", "swap"): Place("cosignature", "", "signature"),
    ("cosignature", "witness", "swap"): Place("cosignature", "", "key_id"),
    ("cosignature", "signed_at", "flip"): Place("cosignature", "", "signature"),
    ("cosignature", "signed_at", "swap"): Place("cosignature", "", "signature"),
    ("cosignature", "log_id", "flip"): Place("cosignature", "[0-9]+", ""),
    ("cosignature", "", "duplicate"): Place("cosignature", "[0-9]+", "size"),
    ("anchor", "log_id", "flip"): Place("anchor", SHOWN_BY_CHAIN, "size"),
    ("anchor", "state", "flip"): Place("anchor", SHOWN_BY_CHAIN, "size"),
    ("anchor", "size", "swap"): Place("anchor", "", "prepared_at"),
    ("anchor", "raw", "flip"): Place("anchor", "", "tx_hash"),
    ("anchor", "raw", "swap"): Place("anchor", "", "tx_hash"),
    ("anchor", "", "delete"): Place("anchor", SHOWN_BY_CHAIN, "size"),
    ("anchor", "", "truncate"): Place("anchor", SHOWN_BY_CHAIN, "size"),
    ("anchor", "", "duplicate"): Place("anchor", "", "tx_hash"),
    ("relying_party", "uscc", "swap"): Place("relying_party", "", "category"),
    **{("relying_party", "", a): Place("relying_party", "", "uscc") for a in ("delete", "truncate", "duplicate")},
    ("administrator", "admin_id", "swap"): Place("administrator", "", "role"),
    **{("administrator", "", a): Place("administrator", "", "admin_id") for a in ("delete", "truncate", "duplicate")},
    **{("client_key", c, a): Place("client_key", "", "keyid") for c in ("alg", "public_key") for a in ("flip", "swap")},
    **{("client_key", "", a): Place("client_key", "", "keyid") for a in ("delete", "truncate", "duplicate")},
    ("client_act", "act_id", "flip"): Place("client_act", "[0-9]+", "entry_salt"),
    ("client_act", "act_id", "swap"): Place("client_act", "[0-9]+", "statement"),
    ("client_act", "at", "flip"): Place("client_act", "", "entry"),
    ("client_act", "actor", "swap"): Place("client_act", "[0-9]+", "statement"),
    ("client_act", "entry", "flip"): Place("client_act", "", "entry_salt"),
    ("client_act", "entry", "swap"): Place("client_act", "", "entry_salt"),
    ("client_act", "", "delete"): Place("client_act", "[0-9]+", "entry_salt"),
    ("client_act", "", "truncate"): Place("administrator", "system-09", "admin_id"),
    ("client_act", "", "duplicate"): Place("client_act", "[0-9]+", "statement"),
    ("x509", "issuer_kid", "flip"): Place("x509", "", "der"),
    ("x509", "issuer_kid", "swap"): Place("x509", "[0-9a-f]+/[0-9a-f]+", "der"),
    ("x509", "serial", "swap"): Place("x509", "[0-9a-f]+/[0-9a-f]+", "serial"),
    ("x509", "reason", "flip"): Place("x509", "", "revoked_at"),
    ("x509", "reason", "swap"): Place("x509", "", "revoked_at"),
    ("x509", "", "delete"): Place("x509", "[0-9a-f]{16}", "kid"),
    ("x509", "", "truncate"): Place("x509", "[0-9a-f]{16}", "kid"),
    ("x509", "", "duplicate"): Place("x509", "", "der"),
    ("crl", "issuer_kid", "flip"): Place("crl", "", "der"),
    ("crl", "issuer_kid", "swap"): Place("crl", "[0-9a-f]+/[0-9]+", "der"),
    ("crl", "number", "swap"): Place("crl", "[0-9a-f]+/[0-9]+", "number"),
    ("crl", "", "duplicate"): Place("crl", "", "der"),
    **{("import_job", "job_id", a): Place("import_error", "", "part") for a in ("flip", "swap")},
    ("import_job", "mode", "flip"): Place("database", NO_ROW, ""),
    ("import_job", "state", "flip"): Place("database", NO_ROW, ""),
    **{("import_job", c, "flip"): Place("import_job", "", "position") for c in ("issued", "existing", "rejected")},
    ("import_job", "rejected", "swap"): Place("import_job", "", "position"),
    **{("import_job", "created_at", a): Place("import_job", "", "updated_at") for a in ("flip", "swap")},
    **{("import_job", "", a): Place("import_error", NO_ROW, "") for a in ("delete", "truncate")},
    ("import_job", "", "duplicate"): Place("import_error", "", "part"),
    ("import_error", "job_id", "flip"): Place("import_error", "[0-9a-f]{32}", "part"),
    ("import_error", "part", "flip"): Place("import_error", "[0-9a-f]{32}", "part"),
    ("import_error", "code", "flip"): Place("import_error", "[0-9a-f]{32}/[0-9]+", "code"),
    **{("import_error", "", a): Place("import_error", "[0-9a-f]{32}", "part") for a in ("delete", "truncate")},
    ("import_error", "", "duplicate"): Place("import_error", NO_ROW, ""),
    **{
        ("case_export", c, a): Place("case_export", "", "sealed_body")
        for c in ("case_id", "at")
        for a in ("flip", "swap")
    },
    ("case_export", "cti", "swap"): Place("case_export", "", "sealed_body"),
    **{("case_export", "sealed_key", a): Place("case_export", "", "sealed_body") for a in ("flip", "swap")},
    ("case_export", "", "duplicate"): Place("case_export", "", "sealed_body"),
    **{
        ("webhook_endpoint", c, a): Place("webhook_endpoint", "", "sealed_body")
        for c in ("endpoint_id", "url", "created_at", "sealed_key")
        for a in ("flip", "swap")
    },
    ("consent_watch", "", "duplicate"): Place("consent_watch", "", "cti"),
    ("webhook_endpoint", "uscc", "swap"): Place("webhook_endpoint", "", "sealed_body"),
    ("webhook_endpoint", "", "duplicate"): Place("webhook_endpoint", "", "sealed_body"),
    **{
        ("webhook_endpoint", "", a): Place("webhook_delivery", "[0-9a-f]{32}", "endpoint_id")
        for a in ("delete", "truncate")
    },
    **{("webhook_delivery", "delivery_id", a): Place("webhook_delivery", "", "payload") for a in ("flip", "swap")},
    ("webhook_delivery", "endpoint_id", "swap"): Place("webhook_delivery", "", "payload"),
    ("webhook_delivery", "", "duplicate"): Place("webhook_delivery", "", "payload"),
    ("webhook_delivery", "state", "flip"): Place("database", NO_ROW, ""),
    ("access_event", "ordinal", "swap"): Place("access_subject", "event [0-9]+", "tag"),
    **{
        ("access_event", c, a): Place("access_event", "", "sealed_body")
        for c in ("request_id", "sealed_key")
        for a in ("flip", "swap")
    },
    **{("access_event", "", a): Place("access_event", "[0-9]+", "ordinal") for a in ("delete", "truncate")},
    ("access_event", "", "duplicate"): Place("access_event", "[0-9]+", "sealed_body"),
    **{
        ("access_subject", c, a): Place("access_subject", "event [0-9]+", "tag")
        for c in ("tag", "ordinal")
        for a in ("flip", "swap")
    },
    **{("access_subject", "", a): Place("access_subject", "event [0-9]+", "tag") for a in ("delete", "truncate")},
    ("access_subject", "", "duplicate"): Place("access_subject", ".*", "tag"),
    ("purpose_catalogue", "version", "swap"): Place("purpose_catalogue", "[0-9]+", "document"),
    ("purpose_catalogue", "document", "flip"): Place("purpose_catalogue", "", "proposal"),
    **{
        ("purpose_catalogue", "approved_at", a): Place("purpose_catalogue", "[0-9]+", "entry") for a in ("flip", "swap")
    },
    **{("purpose_catalogue", "entry_salt", a): Place("purpose_catalogue", "[0-9]+", "entry") for a in ("flip", "swap")},
    **{("purpose_catalogue", "", a): Place("purpose_catalogue", "[0-9]+", "version") for a in ("delete", "truncate")},
    ("purpose_catalogue", "", "duplicate"): Place("purpose_catalogue", "[0-9]+", "document"),
    **{
        ("party_usage", c, a): Place("party_usage", ".*", "questions")
        for c in ("uscc", "day")
        for a in ("flip", "swap")
    },
    **{("party_usage", "", a): Place("party_usage", ".*", "questions") for a in ("delete", "truncate", "duplicate")},
    **{("outbox", c, a): Place("trust_bundle", "2", "sequence") for c in ("kind", "key") for a in ("flip", "swap")},
    **{("outbox", "payload", a): Place("trust_bundle", "2", "entry_salt") for a in ("flip", "swap")},
    ("outbox", "log_id", "flip"): Place("trust_bundle", "2", "sequence"),
    ("outbox", "", "delete"): Place("trust_bundle", "2", "sequence"),
    ("outbox", "", "truncate"): Place("trust_bundle", "2", "sequence"),
    ("consent_transaction", "trx_id", "flip"): Place("consent_transaction", "[0-9a-f]+", "sealed_body"),
    ("consent_transaction", "trx_id", "swap"): Place("consent_transaction", "[0-9a-f]+", "sealed_body"),
    ("consent_transaction", "spouse_tag", "flip"): Place("consent_transaction", NO_ROW, "spouse_tag"),
    ("consent_transaction", "channel", "flip"): Place("database", NO_ROW, ""),
    ("consent_transaction", "sealed_key", "flip"): Place("consent_transaction", "[0-9a-f]+", "sealed_body"),
    ("consent_transaction", "sealed_key", "swap"): Place("consent_transaction", "[0-9a-f]+", "sealed_body"),
    ("consent_transaction", "", "delete"): Place("consent_transaction", "", "trx_id"),
    ("consent_transaction", "", "truncate"): Place("consent_transaction", "", "trx_id"),
    ("consent_transaction", "", "duplicate"): Place("consent_transaction", "[0-9a-f]+", "sealed_body"),
    ("consent_grant", "trx_id", "flip"): Place("consent_transaction", "[0-9a-f]+", "state"),
    ("consent_grant", "trx_id", "swap"): Place("consent_transaction", "[0-9a-f]+", "updated_at"),
    ("consent_grant", "holder_id", "flip"): Place("consent_transaction", "[0-9a-f]+", "holder_id"),
    ("consent_grant", "holder_id", "swap"): Place("consent_transaction", "[0-9a-f]+", "holder_id"),
    ("consent_grant", "decision", "flip"): Place("consent_transaction", "[0-9a-f]+", "state"),
    ("consent_grant", "decision", "swap"): Place("consent_transaction", "[0-9a-f]+", "state"),
    ("consent_grant", "granted_at", "flip"): Place("consent_transaction", "[0-9a-f]+", "updated_at"),
    ("consent_grant", "granted_at", "swap"): Place("consent_transaction", "[0-9a-f]+", "updated_at"),
    ("consent_grant", "sealed_key", "flip"): Place("consent_grant", "[0-9a-f]+", "sealed_body"),
    ("consent_grant", "sealed_key", "swap"): Place("consent_grant", "[0-9a-f]+", "sealed_body"),
    ("consent_grant", "", "delete"): Place("consent_transaction", "[0-9a-f]+", "state"),
    ("consent_grant", "", "truncate"): Place("consent_transaction", "[0-9a-f]+", "state"),
    ("consent_grant", "", "duplicate"): Place("consent_transaction", "[0-9a-f]+", "state"),
    ("holder", "holder_id", "flip"): Place("client_key", "[0-9a-f]+", "owner"),
    ("holder", "holder_id", "swap"): Place("holder", "[0-9a-f]+", "sealed_body"),
    ("holder", "sealed_key", "flip"): Place("holder", "[0-9a-f]+", "sealed_body"),
    ("holder", "sealed_key", "swap"): Place("holder", "[0-9a-f]+", "sealed_body"),
    ("holder", "", "delete"): Place("client_key", "[0-9a-f]+", "owner"),
    ("holder", "", "truncate"): Place("client_key", "[0-9a-f]+", "owner"),
    ("holder", "", "duplicate"): Place("holder", "[0-9a-f]+", "sealed_body"),
    ("activation", "holder_id", "flip"): Place("activation", "[0-9]+", ""),
    ("holder_card", "holder_id", "flip"): Place("holder_card", "[0-9]+", ""),
    ("holder_card", "holder_id", "swap"): Place("holder_card", "[0-9a-f]+", "revoked_at"),
    ("holder_card", "", "duplicate"): Place("holder_card", "[0-9a-f]+", "revoked_at"),
    ("guardianship", "since", "flip"): Place("guardianship", "", "ended_at"),
    ("holder_card", "issued_at", "flip"): Place("holder_card", "", "revoked_at"),
    ("holder_card", "issued_at", "swap"): Place("holder_card", "[0-9a-f]+", "revoked_at"),
    ("guardianship", "ward", "flip"): Place("guardianship", "[0-9]+", ""),
    ("guardianship", "guardian", "flip"): Place("guardianship", "[0-9]+", ""),
    ("guardianship", "", "duplicate"): Place("guardianship", "[0-9]+", ""),
    ("dynamic_code", "holder_id", "flip"): Place("dynamic_code", "[0-9]+", ""),
    ("dynamic_code", "created_at", "flip"): Place("dynamic_code", "[0-9a-f]+", "expires_at"),
    ("dynamic_code", "created_at", "swap"): Place("dynamic_code", "[0-9a-f]+", "expires_at"),
}

# What no audit can find, and why that is no hole. Everything here is a sentence that a court may be shown.
TOKEN: Final = "access control, not a record: whatever a token was used for is signed and logged"
NUMBER: Final = "a row number: nothing refers to it and nothing follows from it"
COUNTER: Final = "how many writers there have been: fencing, not evidence; a wrong one stops the writer"
MOMENT: Final = "a time that nobody signed and nothing follows from"
WORDS: Final = "an operator's words on why an attempt failed; the outcome is checked"
LINE: Final = "an absent line proves nothing: a quorum is counted from the lines that are there"
SAME: Final = "the list before says the same and has not run out"
REPEAT: Final = "remembered answers are an aid to the client: one that is gone is computed again"
PROGRESS: Final = "an import's bookkeeping: what it made is signed or logged, and the file can be imported again"
EXPORTED: Final = "the court holds the signed manifest of what it was given"
CARRIED: Final = "the file that was handed out carries its statement; the entry is counted as one of no record here"
HINT: Final = "a hint to ask, dropped after 30 days: the certificate's own end is signed and logged"
TRYING: Final = "an attempt's bookkeeping: sending again changes nothing, its message has one id"
CALL: Final = "a call for a person: its line stands in the service's log, what it was raised from among the accesses"
FLOOR: Final = "of a client whose clock ran ahead; only what was asked in the minute before a restart could be repeated"
CODE: Final = "a code of minutes or days: what it led to, a bound key or a request, is recorded by itself"
CARD: Final = "a card agrees to nothing: what was decided with it is signed by the office and logged"
GUARDIAN: Final = "who may decide for whom, on the office's papers: whatever was decided is signed and logged"
UNFINDABLE: Final[dict[Key, str]] = {
    **{("consent_watch", c, "swap"): HINT for c in ("cti", "grant_id", "pseudonym")},
    **{("consent_watch", c, a): HINT for c, a in (("pseudonym", "flip"), ("", "delete"), ("", "truncate"))},
    ("activation", "code_tag", "flip"): CODE,
    ("activation", "code_tag", "swap"): CODE,
    ("activation", "holder_id", "swap"): CODE,
    ("activation", "secret_tag", "flip"): CODE,
    ("activation", "secret_tag", "swap"): CODE,
    ("activation", "expires_at", "flip"): CODE,
    ("activation", "expires_at", "swap"): CODE,
    ("activation", "used_at", "flip"): CODE,
    ("activation", "used_at", "swap"): CODE,
    ("activation", "", "delete"): CODE,
    ("activation", "", "truncate"): CODE,
    ("activation", "", "duplicate"): CODE,
    ("holder_card", "card_tag", "flip"): CARD,
    ("holder_card", "card_tag", "swap"): CARD,
    ("holder_card", "pin_tag", "flip"): CARD,
    ("holder_card", "pin_tag", "swap"): CARD,
    ("holder_card", "", "delete"): CARD,
    ("holder_card", "", "truncate"): CARD,
    ("guardianship", "guardian", "swap"): GUARDIAN,
    ("guardianship", "ended_at", "flip"): GUARDIAN,
    ("guardianship", "since", "swap"): GUARDIAN,
    ("guardianship", "ended_at", "swap"): GUARDIAN,
    ("guardianship", "", "delete"): GUARDIAN,
    ("guardianship", "", "truncate"): GUARDIAN,
    ("dynamic_code", "code_tag", "flip"): CODE,
    ("dynamic_code", "code_tag", "swap"): CODE,
    ("dynamic_code", "holder_id", "swap"): CODE,
    ("dynamic_code", "", "delete"): CODE,
    ("dynamic_code", "", "truncate"): CODE,
    ("dynamic_code", "", "duplicate"): CODE,
    **{("webhook_endpoint", c, "swap"): TRYING for c in ("disabled_at", "disabled_why", "failing_since")},
    **{("webhook_endpoint", c, "flip"): MOMENT for c in ("disabled_at", "failing_since")},
    **{("webhook_delivery", c, "flip"): TRYING for c in ("next_at", "attempts", "tried_at", "status", "trouble")},
    **{("webhook_delivery", c, "swap"): TRYING for c in ("next_at", "state")},
    **{("webhook_delivery", "", a): HINT for a in ("delete", "truncate")},
    ("party", "created_at", "flip"): MOMENT,
    **{
        ("access_token", c, "flip"): TOKEN for c in ("token_id", "secret_tag", "created_at", "expires_at", "revoked_at")
    },
    **{("access_token", c, "swap"): TOKEN for c in ("token_id", "uscc", "secret_tag")},
    ("access_token", "", "delete"): TOKEN,
    ("access_token", "", "truncate"): TOKEN,
    ("certificate", "ordinal", "swap"): "the order of issue is nobody's evidence: that of the log is",
    ("registration_event", "ordinal", "swap"): "the order of one second's events: the time of each is in its record",
    ("rendition", "", "delete"): CARRIED,
    ("rendition", "", "truncate"): CARRIED,
    ("erasure", "reason", "swap"): "for the authority's own account: the receipt states no reason, on purpose",
    **{("import_job", "file_digest", a): PROGRESS for a in ("flip", "swap")},
    ("import_job", "mode", "swap"): PROGRESS,
    ("import_job", "updated_at", "flip"): MOMENT,
    ("import_error", "job_id", "swap"): PROGRESS,
    **{("import_error", c, a): PROGRESS for c in ("line", "field") for a in ("flip", "swap")},
    ("import_error", "code", "swap"): PROGRESS,
    ("case_export", "", "delete"): EXPORTED,
    ("case_export", "", "truncate"): EXPORTED,
    ("status_publication", "", "truncate"): SAME,
    ("idempotency", "key_tag", "flip"): REPEAT,
    ("idempotency", "request_tag", "flip"): REPEAT,
    ("idempotency", "created_at", "flip"): MOMENT,
    ("idempotency", "", "delete"): REPEAT,
    ("idempotency", "", "truncate"): REPEAT,
    ("log", "created_at", "flip"): MOMENT,
    ("head", "epoch", "flip"): COUNTER,
    ("access_token", "", "duplicate"): TOKEN,
    ("cosignature", "", "delete"): LINE,
    ("cosignature", "", "truncate"): LINE,
    ("anchor", "anchor_id", "flip"): NUMBER,
    ("anchor", "anchor_id", "swap"): NUMBER,
    ("anchor", "reason", "flip"): WORDS,
    ("outbox", "", "duplicate"): "an entry that waits: logged, it is another office's commitment, and counted",
    ("outbox", "outbox_id", "flip"): NUMBER,
    ("outbox", "outbox_id", "swap"): NUMBER,
    **{
        ("alarm", c, a): CALL
        for c in ("alarm_id", "at", "uscc", "kind", "seen", "acknowledged_at")
        for a in ("flip", "swap")
    },
    **{("alarm", "", a): CALL for a in ("delete", "truncate", "duplicate")},
    ("purpose_catalogue", "proposed_at", "flip"): MOMENT,
    ("client_key", "floor", "flip"): FLOOR,
    ("client_key", "floor", "swap"): FLOOR,
    **tamper_charity.UNFINDABLE,
}

BIT: Final = {
    ("certificate", "ordinal"): 12,
    ("registration_event", "ordinal"): 12,
    ("registration_event", "known_at"): 20,
    ("certificate", "issued_at"): 20,
    ("entry", "idx"): 20,
    ("checkpoint", "size"): 20,
    ("status_entry", "invalid"): 0,
    ("anchor", "prepared_at"): 22,
    ("client_act", "act_id"): 12,
    ("access_event", "ordinal"): 12,
    ("access_event", "at"): 20,
    ("access_subject", "ordinal"): 12,
    ("alarm", "alarm_id"): 12,
    ("party_usage", "day"): 12,
    ("charity_event", "ordinal"): 12,
    ("charity_event", "seq"): 12,
    ("charity_line_in", "idx"): 12,
    ("charity_posting", "seq"): 12,
    **dict.fromkeys((("dynamic_code", c) for c in ("created_at", "expires_at", "used_at")), 20),
    **dict.fromkeys((("holder_card", c) for c in ("issued_at", "revoked_at")), 20),
    **dict.fromkeys((("guardianship", c) for c in ("since", "ended_at")), 20),
}
ROW: Final = {("certificate", "content"): 3, ("party", "uscc"): 1}
ONE: Final[dict[tuple[str, str, str], Pick]] = {
    ("entry", "idem", "flip"): of_certificate,
    ("consent_grant", "trx_id", "swap"): is_refusal,  # of one state and one person: either row shows the same
}
"""What is attacked where rows of several kinds stand in one table."""


def table_cases() -> Iterator[Case]:
    """Flip and swap of every column, delete, duplicate and truncate of every table."""
    for table in metadata.tables.values():
        if table.name == "anchor_proof":  # empty on an embedded chain, which proves nothing: tests of their own
            continue
        for column in table.columns:
            bit, row = BIT.get((table.name, column.name), 3), ROW.get((table.name, column.name))
            yield _case(
                table.name,
                column.name,
                "flip",
                flip(table.name, column.name, bit, row, ONE.get((table.name, column.name, "flip"))),
            )
            yield _case(
                table.name,
                column.name,
                "swap",
                swap(table.name, column.name, ONE.get((table.name, column.name, "swap"))),
            )
        yield _case(table.name, "", "delete", delete(table.name))
        yield _case(table.name, "", "truncate", delete(table.name, -1))
        yield _case(table.name, "", "duplicate", duplicate(table.name))


def _case(table: str, column: str, attack: str, apply: Attack) -> Case:
    key = (table, column, attack)
    if key in UNFINDABLE:
        return Case(table, column, attack, apply, None, UNFINDABLE[key])
    return Case(table, column, attack, apply, ELSEWHERE.get(key, Place(table, "", column)))
