"""The service's loops, one task each, from startup to shutdown.

A run that fails is logged by class and place, counted, and tried again at the next turn: an outage of the chain must
not stop sequencing, and a full disk must not stop serving. What contradicts the log stops signing for good (see
`LedgerService.stopped`) and shows in readiness.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from api.errors import Unavailable
from api.logs import describe, log
from api.metrics import Metrics
from api.services.importing.running import Tally
from api.services.service import Service
from certs.errors import CertsError
from chain.anchor.anchorer import AnchorStatus
from chain.errors import ChainFault
from chain.witness.collector import WitnessState

Job = Callable[[], Awaitable[None]]


async def run(service: Service, metrics: Metrics) -> None:
    """All loops, until cancelled."""
    schedule = service.settings.schedule
    said: set[AnchorStatus] = set()
    async with asyncio.TaskGroup() as group:
        group.create_task(_sequencing(service, metrics))
        group.create_task(_publishing(service, metrics))
        group.create_task(_every(schedule.anchor_poll, "anchor", lambda: _anchor(service, metrics, said), metrics))
        if service.witnesses.policy is not None:
            group.create_task(_every(schedule.witness, "witness", lambda: _witness(service), metrics))
        group.create_task(_every(schedule.keys, "keys", lambda: _keys(service), metrics))
        group.create_task(_every(3600.0, "revocation-lists", lambda: _revocation_lists(service), metrics))
        group.create_task(_importing(service, metrics))
        group.create_task(_telling(service, metrics))
        group.create_task(_every(3600.0, "webhooks-kept", lambda: _forget(service), metrics))
        group.create_task(_every(schedule.watches, "watches", lambda: _look(service), metrics))
        group.create_task(_every(schedule.webhooks, "watchers", lambda: _tell_watchers(service), metrics))
        group.create_task(_every(schedule.epoch, "epochs", lambda: _epochs(service), metrics))
        group.create_task(_every(60.0, "consents", lambda: _end_consents(service), metrics))
        group.create_task(_every(3600.0, "trust-bundle", lambda: _renew(service), metrics))
        group.create_task(_every(3600.0, "retention", lambda: _retain(service), metrics))


async def _sequencing(service: Service, metrics: Metrics) -> None:
    """Drain as soon as something was committed; then sign, at most once a period."""
    news = service.database.news
    while True:
        await _attempt("sequence", lambda: _sequence(service), metrics)
        await _attempt("checkpoint", lambda: _checkpoint(service), metrics)
        # The period bounds how often a checkpoint is signed; whatever is committed meanwhile shares the next one.
        await asyncio.sleep(service.settings.schedule.checkpoint)
        await _until(news, service.settings.schedule.idle)
        news.clear()


async def _publishing(service: Service, metrics: Metrics) -> None:
    """As soon as a certificate was ended, for until then this service's own answer is "valid"; else once a period."""
    schedule, ended = service.settings.schedule, service.makers.ended
    while True:
        ended.clear()  # before the lists are read: what is ended from here on is news again
        await _attempt("publish", lambda: _publish(service), metrics)
        await asyncio.sleep(schedule.checkpoint)
        await _until(ended, schedule.publish)


async def _importing(service: Service, metrics: Metrics) -> None:
    """Received files, as soon as they are there; what was cut short goes on, also after a restart."""
    while True:
        await _attempt("import", lambda: _import(service, metrics), metrics)
        await _until(service.imports.news, service.settings.schedule.publish)


async def _telling(service: Service, metrics: Metrics) -> None:
    """Messages to parties. A turn lasts as long as its slowest receiver, so the next does not wait for it: it leaves
    out the endpoints that are still at it."""
    async with asyncio.TaskGroup() as turns:
        while True:
            turns.create_task(_attempt("webhooks", lambda: _tell(service, metrics), metrics))
            await asyncio.sleep(service.settings.schedule.webhooks)


async def _until(news: asyncio.Event, seconds: float) -> None:
    """Wait for `news`, at most `seconds`. Not by `wait_for`: in Python 3.11 it returns as if nothing were when it is
    cancelled in the moment the event is set, and a service that was told to stop would go on for ever."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await news.wait()


async def _every(seconds: float, name: str, job: Job, metrics: Metrics) -> None:
    while True:
        await _attempt(name, job, metrics)
        await asyncio.sleep(seconds)


async def _attempt(name: str, job: Job, metrics: Metrics) -> None:
    try:
        await job()
    except (ChainFault, CertsError, Unavailable, OSError) as error:
        metrics.job_failures.labels(name).inc()
        log("job failed", level=logging.WARNING, job=name, error=describe(error))
    except Exception as error:  # noqa: BLE001 - the outermost edge of a job: one bad run must not end all of them
        metrics.job_failures.labels(name).inc()
        log("job failed", level=logging.ERROR, job=name, error=describe(error))


async def _sequence(service: Service) -> None:
    count = await service.ledger.sequence()
    if count:
        log("sequenced", entries=count)


async def _checkpoint(service: Service) -> None:
    await service.ledger.checkpoint()


async def _publish(service: Service) -> None:
    count = await service.publishing.publish()
    if count:
        log("published status lists", lists=count)


async def _import(service: Service, metrics: Metrics) -> None:
    def count(tally: Tally) -> None:
        if tally.position == tally.rows:
            log("import", rows=tally.rows, issued=tally.issued, existing=tally.existing, rejected=tally.rejected)

    await service.imports.run_pending(count)


async def _tell(service: Service, metrics: Metrics) -> None:
    done = await service.dispatcher.turn()
    for outcome, count in (("delivered", done.delivered), ("failed", done.failed), ("given-up", done.given_up)):
        metrics.webhooks.labels(outcome).inc(count)
    for endpoint in done.disabled:
        metrics.webhooks_disabled.inc()
        log("webhook endpoint disabled", level=logging.WARNING, endpoint=endpoint.hex())


async def _forget(service: Service) -> None:
    count = await service.dispatcher.forget()
    if count:
        log("dropped old messages to parties", messages=count)


async def _look(service: Service) -> None:
    await service.watch_teller.forget()
    done = await service.charity_watches.look()
    if done.moved or done.erased:
        log("watched donations", moved=done.moved, erased=done.erased)


async def _tell_watchers(service: Service) -> None:
    done = await service.watch_teller.turn()
    if done.sent or done.failed:
        log("told watchers of donations", sent=done.sent, failed=done.failed, ended=done.ended)


async def _end_consents(service: Service) -> None:
    done = await service.consents.ending.step()
    if done.expired or done.codes or done.forgotten:
        log("ended requests for consent", expired=done.expired, codes=done.codes, forgotten=done.forgotten)


async def _epochs(service: Service) -> None:
    count = await service.charity.epochs.run()
    if count:
        log("signed epochs", books=count)


async def _anchor(service: Service, metrics: Metrics, said: set[AnchorStatus]) -> None:
    """`said`: what was logged since the last anchor; an outage of a night is one line, not six thousand."""
    trouble = service.ledger.proof_trouble
    step = await service.ledger.anchor()
    if service.ledger.proof_trouble not in ("", trouble):  # when it changes: it would otherwise fill the log
        log("no proof of finality", level=logging.WARNING, reason=service.ledger.proof_trouble)
    if step.status is AnchorStatus.HEARTBEAT_DUE:
        await service.ledger.pad()
    metrics.chain_up.set(0 if step.status is AnchorStatus.UNREACHABLE else 1)
    if step.status in (AnchorStatus.NOTHING_NEW, AnchorStatus.NOT_DUE) or step.status in said:
        return
    said.add(step.status)
    # the chain's words are about a transaction of hashes; they cannot hold anything of a person
    log("anchor", status=step.status.value, size=step.size, detail=step.detail[:300])
    if step.status is AnchorStatus.ANCHORED:
        said.clear()


async def _witness(service: Service) -> None:
    """States are logged when they change: a dead witness would otherwise fill the log once a second."""
    before = dict(service.witnesses.states)
    await service.ledger.cosign()
    for name, state in service.witnesses.states.items():
        if state is not before[name]:
            level = logging.INFO if state is WitnessState.COSIGNED else logging.WARNING
            log("witness", level=level, name=name, state=state.value)


async def _keys(service: Service) -> None:
    if await service.keys.take_up():
        log("took up a change of keys", trust_bundle=service.trust.bundle.sequence)


async def _revocation_lists(service: Service) -> None:
    count = await service.keys.renew_lists()
    if count:
        log("published revocation lists", lists=count)


async def _retain(service: Service) -> None:
    service.guard.tidy()
    done = await service.retention.run()
    if done.anything:
        log("retention ended", accesses=done.accesses, usage=done.usage)


async def _renew(service: Service) -> None:
    await service.trust.ensure()
