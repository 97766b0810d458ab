"""The one MetaData every table of the service hangs on, so that one migration history covers them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData, String, Text
from sqlalchemy.types import TypeEngine

# Named constraints: an unnamed one gets a name of the database's own choosing, and a later migration
# could then not drop it on SQLite and PostgreSQL with the same script.
NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING_CONVENTION)

# Numbers that the database gives out: 31 bits would not last. SQLite's rowid has 63 under the name INTEGER.
COUNTER: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")


def characters(length: int | None = None) -> TypeEngine[str]:
    """Text that is compared by its bytes on every database.

    PostgreSQL would use a collation of the C library, which changes with the library: a unique index built under the
    old order then takes the same key twice, and two servers give rows in two orders.
    """
    if length is None:
        return Text().with_variant(Text(collation="C"), "postgresql")
    return String(length).with_variant(String(length, collation="C"), "postgresql")
