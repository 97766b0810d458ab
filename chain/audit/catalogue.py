"""Every check, numbered from causes to consequences: what a report shows first is where to begin looking."""

from __future__ import annotations

from typing import Final

LEDGER: Final = (
    (1, "schema", "tables, columns, constraints and append-only triggers are those of a known release"),
    (2, "log", "one log of this origin and hash, as the trust bundle names it"),
    (3, "entries", "indices 0 to n-1, every leaf hash that of its body, every body of the public form"),
    (4, "tiles", "every full tile and its root as recomputed; none missing, none extra"),
    (5, "head", "size, root and compact range as recomputed"),
    (6, "trust bundles", "numbered without a gap, signed by one root, logged"),
    (7, "checkpoints", "root as recomputed at its size; note, receipt signature and time good; times in order"),
    (8, "cosignatures", "of witnesses of the policy, good, and where a policy is set enough of them"),
    (9, "anchors", "every anchor on the chain, every event of the chain here; sizes, roots, blocks agree"),
    (10, "anchor proofs", "finality proofs check without a node"),
    (11, "witnesses", "no witness has seen more than we hold, or another root"),
)
REGISTER: Final = (
    (12, "certificates", "signed claims agree with the columns; exactly one entry holds the salted commitment"),
    (13, "look-ups", "terms as recomputed; every one found again, none extra"),
    (14, "status events", "signed, logged, one for each revoked certificate and for no other"),
    (15, "status bits", "one certificate a bit; set for the revoked, for nobody else"),
    (16, "status lists", "signed, in sequence, never clearing a bit, not too old, as the bits stand"),
    (17, "outbox", "nothing parked, nothing waiting for long, nothing that contradicts the log"),
    (18, "foreign entries", "what belongs to no record here is padding or another office's commitment"),
    (19, "donation totals", "the sums of the donations that were signed"),
    (20, "keys", "the register of keys is what the trust bundle says"),
    (21, "x509", "every key has its certificate; lists are numbered, signed and say what the rows say"),
    (22, "parties", "the organisations are those of the institution; tokens belong to one of them"),
    (23, "answers", "remembered answers name certificates as they are"),
    (24, "registrations", "events as their records say, logged, found again; one for every marriage and divorce"),
    (25, "renditions", "statements about rendered files: signed, logged, of certificates that are here"),
    (26, "erasures", "receipts signed, logged, of records whose keys are gone; no key gone without one"),
    (27, "imports", "what was decided adds up; every remark is of a rule that there is"),
    (28, "case files", "every export for a court opens under its name, certificate and time"),
    (30, "clients", "parties, administrators and their keys are what the signed acts made, and nothing else"),
    (31, "accesses", "every access as its sealed record says, logged, found by its people; none gone or erased early"),
    (32, "purposes", "every catalogue signed by two administrators, the first by the operator; logged, lawful"),
    (33, "webhooks", "endpoints are their parties' own, messages what their ids say; who watched was told of the end"),
    (34, "holders", "holders as the sealed document says; devices as recorded; codes and cards in order of time"),
    (35, "consents", "requests as read and as decided; every decision signed by a key once bound, logged, not revived"),
    (36, "charity books", "every event follows from those before; lines, accounts and payments are what they lead to"),
    (37, "charity epochs", "signed, logged, each after the one before; sizes, roots and totals as recomputed"),
    (38, "charity donations", "every record opens, on the leaf that commits to it; none without, none twice"),
    (39, "charity money", "rows of statements open under their keys, of imports that add up"),
    (40, "file", "rows name rows that are there; constraints hold; every page can be read"),
)
ALL: Final = LEDGER + REGISTER
