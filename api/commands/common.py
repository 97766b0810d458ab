"""What subcommands share: exit statuses, the operator's identity, printing."""

from __future__ import annotations

from rich.console import Console

from api.errors import NotFound
from api.institution import Institution, Organisation
from api.services.parties import OPERATOR, Principal

EXIT_OK = 0
EXIT_PARTLY = 1  # done, but rows were rejected or checks came out otherwise
EXIT_FAILED = 2
EXIT_USAGE = 64

# Never folded: a note with a line break in its signature is none. Nor read as markup: paths may hold brackets.
out = Console(soft_wrap=True, markup=False)
err = Console(stderr=True, soft_wrap=True, markup=False)

operator = Principal("", OPERATOR, "")


def organisation(institution: Institution, name: str) -> Organisation:
    """By slug or by social credit code. Raises NotFound."""
    for candidate in institution.organisations:
        if name in (candidate.slug, candidate.uscc):
            return candidate
    raise NotFound(f"no organisation of that name; there are: {', '.join(o.slug for o in institution.organisations)}")


def principal(institution: Institution, name: str | None) -> Principal:
    """Whom the operator acts for: one organisation, or, without a name, whichever a row says."""
    if name is None:
        return operator
    found = organisation(institution, name)
    return Principal(found.uscc, found.role, "")
