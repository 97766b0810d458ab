"""Signed notes, verifier keys and cosignatures of others: values that C2SP's texts print, and a checkpoint as served.

signed-note prints a key and a signature; tlog-cosignature a note without its keys, of which the parts can be checked.
The checkpoint is that of a public test log of certificate transparency, with the keys that its witnesses publish: what
three of them signed with software of their own must verify here.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from verifier.checkpoint import KeyUse, NoteKey, NoteSignature, SignedNote
from verifier.cosignature import Cosignature, cosignature_message, cosigners
from verifier.errors import Malformed
from verifier.quorum import Group, Witness, WitnessPolicy

# c2sp.org/signed-note
NOTE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE_TEXT = b"This is an example message.\n"
NOTE_LINE = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="

# c2sp.org/tlog-cosignature
PRINTED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501
PRINTED_MESSAGE = b"""cosignature/v1
time 1679315147
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
"""

# /checkpoint of that log on 23 May 2026, and the keys of witness-network.org
SERVED = """arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501
LOG = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
WITNESSES = (
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
)
SIGNED_AT = 0x6A122120  # seconds UTC, in all of the cosignatures


def test_the_note_that_the_specification_prints() -> None:
    key = NoteKey.parse(NOTE_KEY)
    assert (key.name, key.use, key.key_id.hex()) == ("example.com/foo", KeyUse.LOG, "530d903a")
    served = f"example.com/x\n0\n{'A' * 43}=\n\n— {key.name} {NOTE_LINE}\n"
    (line,) = SignedNote.parse(served.encode()).signatures
    assert line.key_id == key.key_id
    assert key.key.verify(line.signature, NOTE_TEXT)
    assert not key.key.verify(line.signature, NOTE_TEXT[:-1])


def test_the_cosignature_that_the_specification_prints() -> None:
    note = SignedNote.parse(PRINTED.encode())
    assert note.encode() == PRINTED.encode()
    cosignature = Cosignature.from_line(note.signatures[1])
    assert (cosignature.name, cosignature.key_id.hex()) == ("witness.example.com/w1", "8d66cf3f")
    assert cosignature.to_line() == note.signatures[1]
    assert cosignature_message(note.checkpoint.note_text(), cosignature.time) == PRINTED_MESSAGE
    with pytest.raises(Malformed, match="length"):  # the line of the log has no time
        Cosignature.from_line(note.signatures[0])


def witness(vkey: str) -> Witness:
    key = NoteKey.parse(vkey)
    assert key.use is KeyUse.COSIGNER
    return Witness(key.name, key.key, SIGNED_AT - 60, SIGNED_AT + 60)


def policy(threshold: int) -> WitnessPolicy:
    witnesses = tuple(witness(v) for v in WITNESSES)
    group = Group("three", threshold, tuple(w.name for w in witnesses))
    return WitnessPolicy(witnesses, (group,), group.name)


def test_a_checkpoint_of_others_with_three_of_its_witnesses() -> None:
    note = SignedNote.parse(SERVED.encode())
    log = NoteKey.parse(LOG)
    assert note.verify(log.name, log.key)
    found = cosigners(note, policy(3), SIGNED_AT)
    assert found == {NoteKey.parse(v).name for v in WITNESSES}
    assert policy(3).reached(found)


@pytest.mark.parametrize("change", [{"size": 1432088533}, {"root": bytes(32)}, {"origin": "example.com/log"}])
def test_nothing_of_it_verifies_for_another_tree(change: dict[str, object]) -> None:
    note = SignedNote.parse(SERVED.encode())
    other = replace(note, checkpoint=replace(note.checkpoint, **change))
    log = NoteKey.parse(LOG)
    assert not other.verify(log.name, log.key)
    assert cosigners(other, policy(1), SIGNED_AT) == frozenset()


def test_one_spoilt_line_of_it_spoils_the_quorum() -> None:
    note = SignedNote.parse(SERVED.encode())
    name = NoteKey.parse(WITNESSES[0]).name
    lines = tuple(
        NoteSignature(s.name, s.key_id, s.signature[:-1] + b"\x00") if s.name == name else s for s in note.signatures
    )
    assert cosigners(replace(note, signatures=lines), policy(1), SIGNED_AT) == frozenset()
