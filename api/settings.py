"""The only reader of the environment. Everything else is handed a frozen `Settings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from api.errors import SettingsError

EMBEDDED_CHAIN = "embedded"
CHAIN_PROFILES = ("evm", "besu", "fisco", "cometbft")
EVM_CONFIRMATIONS = 12  # of a chain whose blocks can be replaced; those of the other profiles cannot
MAX_ENDPOINTS = 16
LOG_PROFILES = ("sm3", "sha256")
_SERVER_OPTIONS = ("ssl", "host", "port", "passfile", "target_session_attrs", "krbsrvname")  # text, of asyncpg.connect
_TLS = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds on what a stranger or a party can make the service do."""

    json_body: int = 64 * 1024  # bytes: one registration is 2 kB
    verify_body: int = 2 << 20  # bytes: a holder's file is 6 kB, a document with a photograph some hundred
    document_body: int = 3 << 20  # bytes: a photograph of 2 MiB, in base64
    batch_body: int = 64 * 1024 * 1024  # bytes
    batch_rows: int = 100_000
    import_body: int = 1 << 30  # bytes
    import_rows: int = 5_000_000
    imports_open: int = 4  # of one party, received and not at their end
    party_file: int = 3 << 20  # bytes: a question of a relying party with a file of 2 MiB, in base64
    bulk_line: int = 3 << 20  # bytes of one line of a bulk question
    bulk_lines: int = 100_000  # of one bulk request
    bulk_body: int = 4 << 30  # bytes: never in memory at once
    backlog: int = 500_000  # entries that may wait for the log before issuing stops: more than one file can stage
    batch_transaction: int = 100  # rows that share one transaction
    served_transaction: int = 25  # the same while other requests wait for the loop: some 50 ms of it
    donations_body: int = 4 << 20  # bytes: 2,000 donations
    group_least: int = 5  # donors who together make one leaf, if they want no single amount shown
    verify_burst: int = 60  # open verifications one address may make at once
    verify_per_minute: int = 120
    verify_addresses: int = 50_000  # buckets kept in memory; the longest idle one goes first
    nonces_per_key: int = 100_000  # signed requests of one key within their lifetime and the clocks' difference


@dataclass(frozen=True, slots=True)
class Quotas:
    """What one party may ask, and from when on a pattern of its questions is an alarm (numbers of one hour)."""

    burst: int = 300  # questions at once
    per_minute: int = 3000
    per_day: int = 200_000
    alarm_questions: int = 10_000
    alarm_subjects: int = 3000  # different people
    alarm_undetermined: int = 60  # per cent of the answers
    alarm_names: int = 4  # names tried on one document
    alarm_sequence: int = 6  # people who differ in one part of their number only


@dataclass(frozen=True, slots=True)
class Retention:
    """Days for which something is kept after it ended. Access events: three years at least (PIPL 56)."""

    access_days: int = 1096
    usage_days: int = 400  # days of quotas


@dataclass(frozen=True, slots=True)
class Schedule:
    """Periods of the background work, in seconds."""

    checkpoint: float = 1.0  # at most one signed checkpoint in this time
    idle: float = 5.0  # the outbox is looked at this often even if nobody said that there is news
    publish: float = 60.0
    anchor: float = 60.0  # age of news that is worth a transaction
    anchor_poll: float = 5.0
    keys: float = 5.0  # how often a running service looks whether a key was rotated or revoked
    webhooks: float = 2.0  # how often it is looked whether a message to a party is due
    watches: float = 600.0  # how often it is looked whether a watched donation moved
    epoch: float = 60.0  # how often the epochs of funds with news are signed
    witness: float = 1.0  # how often it is looked whether a checkpoint lacks a cosignature
    status_ttl: int = 3600  # how long a cache may keep a status list
    status_life: int = 2 * 86400  # after which a list is stale: for so long an old one can be shown off line
    bundle_life: int = 365 * 86400


@dataclass(frozen=True, slots=True)
class Settings:
    """One instance of the service. `public_base_url` is what goes into codes and status links: it outlives the host
    name the process listens on, since it is signed into every certificate."""

    data_dir: Path
    database_url: str = field(repr=False)  # may hold a password
    public_base_url: str = "https://minzheng.example"
    host: str = "127.0.0.1"
    port: int = 8080
    chain: str = EMBEDDED_CHAIN  # or JSON-RPC addresses, separated by commas, of nodes that must agree
    chain_id: int = 990000
    chain_profile: str = "evm"  # how such nodes differ: chain.anchor.evm_profile
    chain_cometbft: str | None = None  # CometBFT RPC of such a node; None: no proofs of finality from that profile
    chain_confirmations: int = EVM_CONFIRMATIONS  # blocks after which an anchor counts as final; embedded: none
    log_level: str = "info"
    log_profile: str = "sm3"  # the log's tree hash and signatures; fixed when the instance is made
    log_origin: str = "log.minzheng.example/sm3-2026"
    witness_policy: Path | None = None  # C2SP tlog-policy file; None: no witnesses, no level L4
    webhook_private: bool = False  # endpoints of relying parties may have addresses that are not public
    webhook_ca: Path | None = None  # PEM: authorities for their certificates, instead of the system's
    smtp_url: str | None = field(
        default=None, repr=False
    )  # relay of mail to donors, may hold a password; None: no mail
    smtp_from: str = "minzheng@minzheng.example"
    charity_platforms: Path | None = None  # JSON: designated internet platforms (docs/charity-rules.md)
    bank_layouts: Path | None = None  # JSON: more headings of bank statements (docs/charity-import.md)
    hidden_amounts: bool = False  # EXPERIMENTAL: lists of hidden amounts (docs/hidden-amounts.md)
    behind_proxy: bool = False  # believe X-Forwarded-For of the nearest proxy when counting addresses
    proxy_client_cert: bool = False  # believe its Client-Cert (RFC 9440), too: it must remove what clients send
    tls_cert: Path | None = None  # PEM chain and …
    tls_key: Path | None = None  # … key of this server; without them another server does TLS
    tls_client_ca: Path | None = None  # PEM of the CAs whose client certificates are asked for
    limits: Limits = field(default_factory=Limits)
    quotas: Quotas = field(default_factory=Quotas)
    retention: Retention = field(default_factory=Retention)
    schedule: Schedule = field(default_factory=Schedule)

    @property
    def chain_endpoints(self) -> tuple[str, ...]:
        """Addresses of the chain's nodes; none for the embedded chain."""
        return () if self.chain == EMBEDDED_CHAIN else tuple(self.chain.split(","))

    @property
    def code_host(self) -> str:
        """Host part of a code's URL, e.g. "minzheng.example"."""
        return urlsplit(self.public_base_url).netloc

    @property
    def status_uri_base(self) -> str:
        """A list's address without its number."""
        return f"{self.public_base_url}/v1/status-lists/"

    def status_uri(self, number: int) -> str:
        """e.g. "https://minzheng.example/v1/status-lists/1"."""
        return f"{self.status_uri_base}{number}"


def for_directory(data_dir: Path) -> Settings:
    """Embedded defaults in one directory: what the demo and the tests run on."""
    return Settings(data_dir=data_dir, database_url=_sqlite_url(data_dir))


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read MZ_* once. Raises SettingsError naming the variable (never its value: a URL may hold a password)."""
    data_dir = _data_dir(environ.get("MZ_DATA_DIR", "var/mzt"))
    profile = _one_of(environ.get("MZ_CHAIN_PROFILE", "evm"), "MZ_CHAIN_PROFILE", CHAIN_PROFILES)
    confirmations = EVM_CONFIRMATIONS if profile == "evm" else 0
    log_profile = _one_of(environ.get("MZ_LOG_PROFILE", "sm3"), "MZ_LOG_PROFILE", LOG_PROFILES)
    return Settings(
        data_dir=data_dir,
        database_url=_database(environ.get("MZ_DATABASE_URL", _sqlite_url(data_dir))),
        public_base_url=_base_url(environ.get("MZ_PUBLIC_BASE_URL", "https://minzheng.example")),
        host=environ.get("MZ_HOST", "127.0.0.1"),
        port=_integer(environ, "MZ_PORT", 8080, 0, 65535),
        chain=_chain(environ.get("MZ_CHAIN", EMBEDDED_CHAIN)),
        chain_id=_integer(environ, "MZ_CHAIN_ID", 990000, 1, (1 << 53) - 1),
        chain_profile=profile,
        chain_cometbft=_cometbft(environ.get("MZ_CHAIN_COMETBFT")),
        chain_confirmations=_integer(environ, "MZ_CHAIN_CONFIRMATIONS", confirmations, 0, 10_000),
        log_level=_one_of(environ.get("MZ_LOG_LEVEL", "info"), "MZ_LOG_LEVEL", _LEVELS),
        log_profile=log_profile,
        log_origin=_origin(environ.get("MZ_LOG_ORIGIN", f"log.minzheng.example/{log_profile}-2026")),
        witness_policy=_path(environ.get("MZ_WITNESS_POLICY")),
        charity_platforms=_path(environ.get("MZ_CHARITY_PLATFORMS")),
        hidden_amounts=_yes(environ, "MZ_EXPERIMENTAL_HIDDEN_AMOUNTS"),
        bank_layouts=_path(environ.get("MZ_BANK_LAYOUTS")),
        behind_proxy=_yes(environ, "MZ_BEHIND_PROXY"),
        proxy_client_cert=_yes(environ, "MZ_PROXY_CLIENT_CERT"),
        tls_cert=_path(environ.get("MZ_TLS_CERT")),
        tls_key=_path(environ.get("MZ_TLS_KEY")),
        tls_client_ca=_path(environ.get("MZ_TLS_CLIENT_CA")),
        webhook_private=_webhook_private(environ),
        webhook_ca=_path(environ.get("MZ_WEBHOOK_CA")),
        smtp_url=environ.get("MZ_SMTP_URL") or None,
        smtp_from=_sender(environ.get("MZ_SMTP_FROM", "minzheng@minzheng.example")),
        limits=_limits(environ),
        quotas=_quotas(environ),
        retention=_retention(environ),
        schedule=_schedule(environ),
    )


def _webhook_private(environ: Mapping[str, str]) -> bool:
    text = environ.get("MZ_WEBHOOK_ALLOW_PRIVATE", "no")
    return _one_of(text, "MZ_WEBHOOK_ALLOW_PRIVATE", ("yes", "no")) == "yes"


def _limits(environ: Mapping[str, str]) -> Limits:
    base = Limits()
    return Limits(
        json_body=_integer(environ, "MZ_MAX_JSON_BYTES", base.json_body, 1024, 1 << 24),
        verify_body=_integer(environ, "MZ_MAX_VERIFY_BYTES", base.verify_body, 4096, 1 << 26),
        batch_body=_integer(environ, "MZ_MAX_BATCH_BYTES", base.batch_body, 4096, 1 << 32),
        batch_rows=_integer(environ, "MZ_MAX_BATCH_ROWS", base.batch_rows, 1, 10_000_000),
        import_body=_integer(environ, "MZ_MAX_IMPORT_BYTES", base.import_body, 4096, 1 << 40),
        import_rows=_integer(environ, "MZ_MAX_IMPORT_ROWS", base.import_rows, 1, 1_000_000_000),
        imports_open=_integer(environ, "MZ_MAX_IMPORTS_OPEN", base.imports_open, 1, 10_000),
        backlog=_integer(environ, "MZ_MAX_BACKLOG", base.backlog, 1, 100_000_000),
        batch_transaction=_integer(environ, "MZ_BATCH_TRANSACTION", base.batch_transaction, 1, 10_000),
        donations_body=_integer(environ, "MZ_MAX_DONATIONS_BYTES", base.donations_body, 4096, 1 << 28),
        group_least=_integer(environ, "MZ_GROUP_LEAST", base.group_least, 3, 10_000),
        verify_burst=_integer(environ, "MZ_VERIFY_BURST", base.verify_burst, 1, 1_000_000),
        verify_per_minute=_integer(environ, "MZ_VERIFY_PER_MINUTE", base.verify_per_minute, 1, 60_000_000),
        verify_addresses=_integer(environ, "MZ_VERIFY_ADDRESSES", base.verify_addresses, 16, 10_000_000),
        nonces_per_key=_integer(environ, "MZ_NONCES_PER_KEY", base.nonces_per_key, 100, 10_000_000),
    )


def _retention(environ: Mapping[str, str]) -> Retention:
    base = Retention()
    return Retention(
        access_days=_integer(environ, "MZ_KEEP_ACCESS_DAYS", base.access_days, 1096, 36525),
        usage_days=_integer(environ, "MZ_KEEP_USAGE_DAYS", base.usage_days, 2, 3650),
    )


def _quotas(environ: Mapping[str, str]) -> Quotas:
    base, many = Quotas(), 1_000_000_000
    return Quotas(
        burst=_integer(environ, "MZ_PARTY_BURST", base.burst, 1, 1_000_000),
        per_minute=_integer(environ, "MZ_PARTY_PER_MINUTE", base.per_minute, 1, 60_000_000),
        per_day=_integer(environ, "MZ_PARTY_PER_DAY", base.per_day, 1, many),
        alarm_questions=_integer(environ, "MZ_ALARM_QUESTIONS", base.alarm_questions, 1, many),
        alarm_subjects=_integer(environ, "MZ_ALARM_SUBJECTS", base.alarm_subjects, 1, many),
        alarm_undetermined=_integer(environ, "MZ_ALARM_UNDETERMINED", base.alarm_undetermined, 1, 100),
        alarm_names=_integer(environ, "MZ_ALARM_NAMES", base.alarm_names, 2, 1000),
        alarm_sequence=_integer(environ, "MZ_ALARM_SEQUENCE", base.alarm_sequence, 2, 1000),
    )


def _schedule(environ: Mapping[str, str]) -> Schedule:
    base = Schedule()
    return Schedule(
        publish=_integer(environ, "MZ_PUBLISH_SECONDS", int(base.publish), 1, 86400),
        anchor=_integer(environ, "MZ_ANCHOR_SECONDS", int(base.anchor), 1, 86400),
        watches=_integer(environ, "MZ_WATCH_SECONDS", int(base.watches), 1, 86400),
        epoch=_integer(environ, "MZ_EPOCH_SECONDS", int(base.epoch), 1, 86400),
        status_ttl=_integer(environ, "MZ_STATUS_TTL_SECONDS", base.status_ttl, 1, 7 * 86400),
        status_life=_integer(environ, "MZ_STATUS_LIFE_SECONDS", base.status_life, 60, 31 * 86400),
    )


def _sqlite_url(data_dir: Path) -> str:
    return f"sqlite+aiosqlite:///{data_dir / 'minzheng.db'}"


def _integer(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18) or not low <= int(text) <= high:
        raise SettingsError(f"{name} must be an integer from {low} to {high}")
    return int(text)


def _one_of(text: str, name: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise SettingsError(f"{name} must be one of {', '.join(allowed)}")
    return text


def _yes(environ: Mapping[str, str], name: str) -> bool:
    return _one_of(environ.get(name, "no"), name, ("yes", "no")) == "yes"


def _data_dir(text: str) -> Path:
    """Empty is what a variable that nobody set leaves in a unit file: the working directory is not meant."""
    if not text:
        raise SettingsError("MZ_DATA_DIR must not be empty")
    return Path(text).expanduser().resolve()


def _database(url: str) -> str:
    """The value is never repeated: it may hold a password."""
    if not url.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
        raise SettingsError("MZ_DATABASE_URL must begin with sqlite+aiosqlite:/// or postgresql+asyncpg://")
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        raise SettingsError("MZ_DATABASE_URL cannot be read: look at port, brackets and percent signs") from None
    if parts.drivername == "postgresql+asyncpg" and not set(parts.query) <= set(_SERVER_OPTIONS):
        raise SettingsError(f"MZ_DATABASE_URL: options of a server are {', '.join(_SERVER_OPTIONS)}")
    if parts.query.get("ssl", _TLS[0]) not in _TLS:
        raise SettingsError(f"MZ_DATABASE_URL: ssl must be one of {', '.join(_TLS)}")
    if parts.database in (None, "", ":memory:"):
        raise SettingsError("MZ_DATABASE_URL must name a database: a file, or postgresql+asyncpg://user@host/database")
    return url


def _chain(text: str) -> str:
    if text == EMBEDDED_CHAIN:
        return text
    endpoints = [part.strip() for part in text.split(",")]
    for part in endpoints:
        _address(part, "MZ_CHAIN must be 'embedded' or http(s) JSON-RPC addresses, separated by commas")
    if len(set(endpoints)) != len(endpoints) or len(endpoints) > MAX_ENDPOINTS:
        raise SettingsError(f"MZ_CHAIN must name each endpoint once, and at most {MAX_ENDPOINTS}")
    return ",".join(endpoints)


def _cometbft(text: str | None) -> str | None:
    if not text:
        return None
    _address(text, "MZ_CHAIN_COMETBFT must be the http(s) address of a node's CometBFT RPC")
    return text


def _address(text: str, complaint: str) -> None:
    parts = _split(text, complaint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(complaint)


def _split(text: str, complaint: str) -> SplitResult:
    """The parts of a URL whose brackets close and whose port is one: urlsplit says so only when it is asked."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:  # its message repeats what may be a password
        raise SettingsError(complaint) from None
    return parts


def _sender(text: str) -> str:
    """Of mail to donors: a bare address, e.g. "minzheng@minzheng.example"."""
    local, at, host = text.partition("@")
    if not (local and at and host and len(text) <= 254 and text.isascii() and text.isprintable()) or set(text) & set(
        ' <>,;:"\\'
    ):
        raise SettingsError("MZ_SMTP_FROM must be a mail address and nothing beside it")
    return text


def _path(text: str | None) -> Path | None:
    return None if not text else Path(text).expanduser().resolve()


def _origin(text: str) -> str:
    if not text or any(c.isspace() or c == "+" or not c.isprintable() for c in text):
        raise SettingsError("MZ_LOG_ORIGIN must be a schemeless URL without spaces or plus signs")
    return text


def _base_url(text: str) -> str:
    """https only, since this goes into printed codes for good."""
    complaint = "MZ_PUBLIC_BASE_URL must be https://host[:port] and nothing after it"
    parts = _split(text, complaint)
    if parts.path not in ("", "/") or parts.query or parts.fragment or not parts.hostname or "@" in parts.netloc:
        raise SettingsError(complaint)
    if not (parts.netloc.isascii() and all(c.isalnum() or c in "-.:[]" for c in parts.netloc)):
        raise SettingsError(f"{complaint}; the host in ASCII (xn--…)")
    if parts.scheme != "https":
        raise SettingsError("MZ_PUBLIC_BASE_URL must be https")
    return f"https://{parts.netloc}"
