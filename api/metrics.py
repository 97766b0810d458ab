"""Counters for operators (Prometheus text). Labels are route templates, methods, statuses: never data of a person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class HttpMetrics:
    """What every door counts. One registry per application object: two applications in one process must not add up."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "mzt_http_requests", "Answers by route and status", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "mzt_http_seconds",
            "Time to answer",
            ["route"],
            buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
            registry=self.registry,
        )

    def exposition(self) -> bytes:
        return generate_latest(self.registry)


class WitnessMetrics(HttpMetrics):
    """A witness's: what it answered, by verdict. Logs are named in its log lines, not here."""

    def __init__(self) -> None:
        super().__init__()
        self.verdicts = Counter("mzt_witness_answers", "add-checkpoint by verdict", ["verdict"], registry=self.registry)
        self.evidence = Counter(
            "mzt_witness_inconsistent", "Signed checkpoints that did not fit", ["proven"], registry=self.registry
        )


class Metrics(HttpMetrics):
    """The service's."""

    def __init__(self) -> None:
        super().__init__()
        self.verifications = Counter(
            "mzt_verifications", "Verifications through the API", ["outcome"], registry=self.registry
        )
        self.issued = Counter("mzt_issued", "Certificates issued", ["kind"], registry=self.registry)
        self.revoked = Counter("mzt_revoked", "Certificates made not valid", registry=self.registry)
        self.log_size = Gauge("mzt_log_entries", "Entries in the log", registry=self.registry)
        self.checkpoint_size = Gauge("mzt_checkpoint_entries", "Size of the last checkpoint", registry=self.registry)
        self.anchored_size = Gauge("mzt_anchored_entries", "Size the chain has confirmed", registry=self.registry)
        self.parked = Gauge("mzt_log_parked", "Staged entries that contradict the log", registry=self.registry)
        self.anchor_failures = Gauge(
            "mzt_anchor_failures", "Transactions that failed since the last anchor", registry=self.registry
        )
        self.chain_up = Gauge("mzt_chain_up", "1 while the chain answers", registry=self.registry)
        self.database_up = Gauge("mzt_database_up", "1 while the database answers", registry=self.registry)
        self.slow_signers = Gauge(
            "mzt_signers_without_process", "Issuing keys that lost their signing process", registry=self.registry
        )
        self.key_days = Gauge(
            "mzt_key_days_left", "Days until the first key of that purpose ends", ["purpose"], registry=self.registry
        )
        self.webhooks = Counter(
            "mzt_webhook_messages", "Messages to parties by what became of them", ["outcome"], registry=self.registry
        )
        self.webhooks_disabled = Counter(
            "mzt_webhook_endpoints_disabled", "Endpoints disabled since nothing reached them", registry=self.registry
        )
        self.webhooks_waiting = Gauge("mzt_webhook_waiting", "Messages to parties that wait", registry=self.registry)
        self.job_failures = Counter("mzt_job_failures", "Background runs that failed", ["job"], registry=self.registry)
        self.cosigned_size = Gauge("mzt_cosigned_entries", "Largest size cosigned by a quorum", registry=self.registry)
        self.witness_ok = Gauge(
            "mzt_witness_cosigned", "1 if the witness cosigned when last asked", ["witness"], registry=self.registry
        )
