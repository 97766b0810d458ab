"""Schema versions. `upgrade` is all that a start needs; `alembic` by hand works with the same environment."""
