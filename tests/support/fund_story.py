"""Two funds of one charity with donors whose traces show everything that can become of a fen; epochs signed and logged.

Fund A (SM3) received from six donors and a group of five, paid twice, had a payment come back, returned and redirected
parts of donations ahead of spending, and gave money to fund B (SHA-256), which spent it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache

from tests.support import kit
from tests.support.fen_world import DAY, Fund, Token
from verifier import labels
from verifier.charity import events as ev
from verifier.charity.epoch import Epoch, EpochClaims
from verifier.charity.follow import State
from verifier.charity.group import Member, group_root, member_of
from verifier.charity.line import In, Inflow
from verifier.charity.opening import Details, Foreign
from verifier.charity.tracefile import Trace
from verifier.charity.tracemaker import Snapshot, make_trace
from verifier.hazmat.sm3 import sm3
from verifier.merkle import TreeHash

BOOK_A = sm3(b"fund A")[:16]
BOOK_B = sm3(b"fund B")[:16]
SALT = sm3(b"entry salt of an epoch")
MADE = kit.AT - kit.DAY  # when the epochs were signed
GROUP = tuple(500 + 100 * i for i in range(5))


def details(number: int, amount: int, day: int, **changes: object) -> Details:
    """Details of donation `number` of fund A."""
    base = Details(sm3(b"donation" + bytes([number]))[:16], BOOK_A, amount, day, None, kit.CHARITY)
    return replace(base, **changes)  # type: ignore[arg-type]


def secret(number: int) -> bytes:
    return sm3(b"secret" + bytes([number]))[:16]


def sealed(claims: EpochClaims, signer: kit.TestSigner = kit.CHARITY_KEY, *, logged: bool = True) -> Epoch:
    """The epoch, signed, in a log of a few entries; MADE is its time."""
    bare = Epoch.parse(signer.sign1(labels.TYP_FUND_EPOCH, claims.encode()))
    if not logged:
        return bare
    log = kit.TestLog()
    log.fill(3)
    index = log.add(SALT, bare.statement)
    log.fill(2)
    return replace(bare, entry_salt=SALT, receipts=(log.receipt(index),), checkpoints=(log.note(),))


@dataclass
class Story:
    """Both funds, what the donors hold, and the members of the group."""

    a: Fund = field(default_factory=lambda: Fund(BOOK_A, kit.CHARITY))
    b: Fund = field(default_factory=lambda: Fund(BOOK_B, kit.CHARITY, TreeHash.SHA256))
    given: dict[int, Details] = field(default_factory=dict)
    members: list[Inflow] = field(default_factory=list)
    group_event: bytes = b""

    def donate(self, number: int, amount: int, **changes: object) -> None:
        known = details(number, amount, DAY + len(self.a.events) + 1, **changes)
        self.given[number] = known
        self.a.give(number, amount, known.commitment(secret(number)))

    def group(self) -> None:
        """Five donors on one leaf, the second of them number 20."""
        day = DAY + len(self.a.events) + 1
        known = [details(20 + i, amount, day) for i, amount in enumerate(GROUP)]
        self.given[21] = known[1]
        self.members = [Inflow(In.DONATION, day, d.commitment(secret(20 + i)), d.amount) for i, d in enumerate(known)]
        root = group_root(self.a.tree, self.members)
        ref = self.a.record(ev.Grouped, root.hash, len(GROUP), root.sum)
        self.group_event = self.a.events[-1]
        tokens = [Token(20 + i, (State.WAITING, BOOK_A, None)) for i, n in enumerate(GROUP) for _ in range(n)]
        self.a.enter(In.GROUP, ref, tokens)

    def member(self, number: int) -> Member:
        return member_of(self.a.tree, self.members, number, self.group_event)

    def views(self) -> dict[bytes, Snapshot]:
        return {fund.book: fund.view(sealed(fund.claims(iat=MADE))) for fund in (self.a, self.b) if fund.inflows}


@cache
def story() -> Story:
    """Everything that happened."""
    s = Story()
    s.donate(0, 10_000)
    s.donate(1, 4_000, pseudonym=sm3(b"donor")[:16])
    s.donate(2, 9_968, foreign=Foreign("USD", 1400, (712, 100)))
    s.group()
    s.donate(4, 3_000)
    s.donate(5, 2_500)
    a, b = s.a, s.b
    first = a.pay(12_000, allocation=1, cost_class=1)
    a.acknowledge(first, 7_000)
    a.take_out(2, a.starts[2] + 1_000, 500, ev.DonationReversed)
    second = a.pay(9_000, allocation=1, cost_class=4)
    a.come_back(first, 3_000)
    a.come_back(second, 8_000)
    a.acknowledge(second, 900)
    a.take_out(4, a.starts[4] + 2_000, 800, ev.DonationReturned)
    a.take_out(5, a.starts[5] + 500, 1_500, ev.Redirected, b)
    a.transfer(3_500, b)
    spent = b.pay(4_200, allocation=7, cost_class=2)
    b.acknowledge(spent, 4_000)
    b.withdraw(spent, 100)
    return s


IDX = {0: 0, 1: 1, 2: 2, 21: 3, 4: 4, 5: 5}
"""Donation's number -> its in-leaf in fund A."""


def trace_of(s: Story, number: int, *, opened: bool = True, views: dict[bytes, Snapshot] | None = None) -> Trace:
    """The trace of a donation."""
    known = s.views() if views is None else views
    opening = {"details": s.given[number], "secret": secret(number)} if opened else {}
    member = s.member(1) if number == 21 else None
    return make_trace(known.get, BOOK_A, IDX[number], member=member, **opening)  # type: ignore[arg-type]
