"""The one MetaData every table of the service hangs on, so that one migration history covers them all."""

from __future__ import annotations

from sqlalchemy import MetaData

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
