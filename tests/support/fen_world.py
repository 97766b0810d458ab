"""Funds in which every single fen is a token that is moved by hand: the slow reference that traces are compared with.

No serials are computed here, no ranges cut and no offsets added up: a line is a list of tokens, spending pops them one
by one, and a token remembers where it is. Leaves and events are written down as they happen.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from verifier.charity import events as ev
from verifier.charity.epoch import Epoch, EpochClaims, Head, epoch_protected, settled_root
from verifier.charity.follow import State
from verifier.charity.line import (
    ACKNOWLEDGED,
    RETURNED,
    WITHDRAWN,
    In,
    Inflow,
    Operation,
    Out,
    Outflow,
    event_ref,
    settle,
)
from verifier.charity.sumtree import root_of
from verifier.charity.tracemaker import Snapshot
from verifier.cose import Sign1
from verifier.hazmat.sm3 import sm3
from verifier.merkle import Frontier, TreeHash

DAY = 20_400
WHY = ev.Because("agreed")
DIGEST = bytes(range(32))
Where = tuple[State, bytes, int | None]
"""What became of a fen: its state, the book it is in, the out-leaf that it is in."""


@dataclass(eq=False)
class Token:
    """One fen of donation `donor`."""

    donor: int
    where: Where


@dataclass
class Payment:
    """A payment's tokens in order, each with its out-leaf; how many of them were returned, from the end."""

    no: int
    tokens: list[tuple[Token, int]]
    acknowledged: int = 0
    returned: int = 0


@dataclass
class Fund:
    """A book whose in-line is a list of tokens."""

    book: bytes
    charity: str
    tree: TreeHash = TreeHash.SM3
    inflows: list[Inflow] = field(default_factory=list)
    outflows: list[Outflow] = field(default_factory=list)
    steps: dict[int, list[Operation]] = field(default_factory=dict)
    events: list[bytes] = field(default_factory=list)
    line: list[Token] = field(default_factory=list)
    spent: int = 0
    payments: list[Payment] = field(default_factory=list)
    holes: dict[int, tuple[int, Out, bytes]] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    starts: list[int] = field(default_factory=list)

    def record(self, kind: type[ev.Event], *members: object) -> bytes:
        """Write the event down; its reference."""
        body = kind(len(self.events), DAY + len(self.events), *members).encode()
        self.events.append(body)
        return event_ref(self.book, body)

    def enter(self, kind: In, ref: bytes, tokens: list[Token]) -> int:
        """A new in-leaf of these tokens, in order; its index."""
        self.starts.append(len(self.line))
        self.inflows.append(Inflow(kind, DAY + len(self.events), ref, len(tokens)))
        for token in tokens:
            token.where = (State.WAITING, self.book, None)
        self.line += tokens
        return len(self.inflows) - 1

    def give(self, donor: int, amount: int, ref: bytes | None = None) -> int:
        """A donation; index of its leaf."""
        leaf = sm3(b"donation" + donor.to_bytes(4, "big")) if ref is None else ref
        self.record(ev.Received, len(self.inflows), 1, amount)
        return self.enter(In.DONATION, leaf, [Token(donor, (State.WAITING, self.book, None)) for _ in range(amount)])

    def available(self) -> int:
        """Fen that nobody spent or took out."""
        return len(self.line) - self.spent - sum(1 for s in self.taken if s >= self.spent)

    def pay(self, amount: int, allocation: int = 1, cost_class: int = 1) -> Payment:
        """A payment from the head of the line."""
        no = len(self.payments) + 1
        self.record(ev.Paid, no, sm3(b"voucher" + no.to_bytes(4, "big")))
        leaf = (Out.PAYMENT, allocation, cost_class, sm3(b"voucher" + no.to_bytes(4, "big")))
        payment = Payment(no, self._spend(amount, State.PAID, leaf))
        self.payments.append(payment)
        return payment

    def acknowledge(self, payment: Payment, amount: int) -> None:
        """The payment's next fen are acknowledged."""
        for token, at in payment.tokens[payment.acknowledged : payment.acknowledged + amount]:
            token.where = (State.ACKNOWLEDGED, self.book, at)
        self._step(payment, payment.acknowledged, payment.acknowledged + amount, ACKNOWLEDGED, DIGEST)
        payment.acknowledged += amount

    def withdraw(self, payment: Payment, amount: int) -> None:
        """The last acknowledged fen are acknowledged no longer."""
        ref = self.record(ev.AcknowledgementWithdrawn, payment.no, amount, WHY)
        low = payment.acknowledged - amount
        for token, at in payment.tokens[low : payment.acknowledged]:
            token.where = (State.PAID, self.book, at)
        self._step(payment, low, payment.acknowledged, WITHDRAWN, ref)
        payment.acknowledged = low

    def come_back(self, payment: Payment, amount: int) -> int:
        """The payment's last fen that are still there re-enter the line; index of their in-leaf."""
        ref = self.record(ev.PaymentReturned, payment.no, amount, WHY)
        high = len(payment.tokens) - payment.returned
        self._step(payment, high - amount, high, RETURNED, ref)
        payment.returned += amount
        return self.enter(In.RETURNED_PAYMENT, ref, [t for t, _ in payment.tokens[high - amount : high]])

    def take_out(self, idx: int, start: int, amount: int, kind: type[ev.Event], target: Fund | None = None) -> None:
        """Serials of one in-leaf leave by a hole; to another fund if `target`."""
        more = (WHY,) if target is None else (target.book, DIGEST)
        ref = self.record(kind, idx, start, amount, *more)
        out, state = {
            ev.DonationReturned: (Out.DONATION_RETURNED, State.RETURNED_TO_DONOR),
            ev.DonationReversed: (Out.DONATION_REVERSED, State.REVERSED),
            ev.Redirected: (Out.REDIRECTED, State.REDIRECTED),
        }[kind]
        self.holes[start] = (amount, out, ref)
        self.taken |= set(range(start, start + amount))
        tokens = self.line[start : start + amount]
        if target is not None:
            target.record(ev.RedirectedIn, self.book, ref, amount)
            target.enter(In.REDIRECTED_IN, ref, tokens)
        else:
            for token in tokens:
                token.where = (state, self.book, None)
        self._spend(0, state, (out, 0, 0, ref))

    def transfer(self, amount: int, target: Fund) -> None:
        """The next fen go to another fund."""
        ref = self.record(ev.Transferred, target.book, ev.Restriction(), amount, DIGEST)
        tokens = [t for t, _ in self._spend(amount, State.TRANSFERRED, (Out.TRANSFER, 0, 0, ref))]
        target.record(ev.TransferIn, self.book, ref, amount)
        target.enter(In.TRANSFER_IN, ref, tokens)

    def dispose(self, amount: int) -> None:
        """The next fen leave as surplus."""
        ref = self.record(ev.SurplusDisposed, amount, self.charity, DIGEST)
        self._spend(amount, State.SURPLUS, (Out.SURPLUS, 0, 0, ref))

    def _spend(self, amount: int, state: State, leaf: tuple[Out, int, int, bytes]) -> list[tuple[Token, int]]:
        """Fen one by one; holes on the way become leaves of their own."""
        found: list[tuple[Token, int]] = []
        run = 0
        while amount or self.spent in self.holes:
            if self.spent in self.holes:
                run = self._close(run, leaf)
                size, out, ref = self.holes.pop(self.spent)
                at = len(self.outflows)
                self.outflows.append(Outflow(out, DAY, 0, 0, ref, size))
                for token in self.line[self.spent : self.spent + size]:
                    if out is not Out.REDIRECTED:  # those are in another fund by now
                        token.where = (token.where[0], self.book, at)
                self.spent += size
                continue
            token = self.line[self.spent]
            token.where = (state, self.book, len(self.outflows))
            found.append((token, len(self.outflows)))
            self.spent, amount, run = self.spent + 1, amount - 1, run + 1
        self._close(run, leaf)
        return found

    def _close(self, run: int, leaf: tuple[Out, int, int, bytes]) -> int:
        if run:
            kind, allocation, cost_class, ref = leaf
            self.outflows.append(Outflow(kind, DAY, allocation, cost_class, ref, run))
        return 0

    def _step(self, payment: Payment, low: int, high: int, op: int, ref: bytes) -> None:
        for at, amount in sorted(Counter(at for _, at in payment.tokens[low:high]).items()):
            self.steps.setdefault(at, []).append(Operation(op, amount, ref))

    def claims(self, **changes: object) -> EpochClaims:
        """The book as it stands, as an epoch states it."""
        h = self.tree
        ins = root_of(h, [leaf.encode() for leaf in self.inflows])
        outs = root_of(h, [leaf.encode() for leaf in self.outflows])
        settlements = [settle(self.steps.get(j, ())) for j in range(len(self.outflows))]
        settled = settled_root(h, [o.encode() for o in self.outflows], [s.encode() for s in settlements])
        values: dict[str, object] = {
            "iss": self.charity,
            "iat": 1_767_139_200,
            "book": self.book,
            "epoch": 1,
            "tree": h,
            "inflows": Head(len(self.inflows), ins),
            "outflows": Head(len(self.outflows), outs),
            "settled": settled.hash,
            "acknowledged": sum(s.acknowledged for s in settlements),
            "returned": sum(s.returned for s in settlements),
            "events": len(self.events),
            "events_root": Frontier(h).extend([h.leaf(body) for body in self.events]).root(),
            "previous": None,
            "day": DAY,
        }
        return EpochClaims(**{**values, **changes})  # type: ignore[arg-type]

    def view(self, epoch: Epoch | None = None) -> Snapshot:
        """What traces are made from; under an epoch that nobody signed if none is given."""
        settlements = [settle(self.steps.get(j, ())) for j in range(len(self.outflows))]
        made = unsigned(self.claims()) if epoch is None else epoch
        return Snapshot(made, self.inflows, self.outflows, settlements, self.events, self.steps)


def unsigned(claims: EpochClaims) -> Epoch:
    """An epoch without a good signature, for what is judged without one."""
    return Epoch(Sign1(epoch_protected(-65537, bytes(8)), {}, {}, claims.encode(), bytes(64)), claims)
