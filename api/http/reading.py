"""Request bodies, read by us and not by the framework: one place decides what is refused and what a refusal may say.

pydantic's own messages quote the value they refuse. None of that leaves: only names of our own fields and codes do.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from api.errors import BadRequest, InvalidFields, UnsupportedMedia

Model = TypeVar("Model", bound=BaseModel)
UNKNOWN_FIELD = "(unknown field)"


def media_type(request: Request) -> str:
    """e.g. "application/json", without parameters, lower case; "" when absent."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def charset(request: Request) -> str:
    """Encoding that the Content-Type declares: "utf-8", "gb18030" (also for its subsets GB2312 and GBK), or "auto".

    Raises UnsupportedMedia for others.
    """
    _, _, parameters = request.headers.get("content-type", "").partition(";")
    for part in parameters.split(";"):
        name, _, value = part.strip().partition("=")
        if name.strip().lower() == "charset":
            return _encoding(value.strip().strip('"').lower())
    return "auto"


def _encoding(name: str) -> str:
    if name in ("utf-8", "utf8"):
        return "utf-8"
    if name in ("gb18030", "gbk", "gb2312"):
        return "gb18030"
    raise UnsupportedMedia("charset utf-8 or gb18030")


async def read_json(request: Request, model: type[Model]) -> Model:
    """The body as `model`. Raises UnsupportedMedia, BadRequest (not JSON, too deep), InvalidFields."""
    if media_type(request) != "application/json":
        raise UnsupportedMedia("application/json")
    content = await request.body()
    try:
        # pydantic takes the last of two members of one name, other readers the first: two readers, two records.
        json.loads(content, object_pairs_hook=unique_members)
        return model.model_validate_json(content)
    except ValidationError as error:
        raise refusal(error, model) from None  # the cause quotes values; it must not be chained into a log
    except (ValueError, RecursionError):  # ValidationError is a ValueError, too, hence the order
        raise BadRequest("malformed-json") from None


def unique_members(pairs: list[tuple[str, Any]]) -> None:
    """For `json.loads`, to refuse a member that stands there twice. Raises ValueError."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("repeated member")


def refusal(error: ValidationError, model: type[BaseModel]) -> BadRequest | InvalidFields:
    """What may be said about a body that was refused."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(item["type"] == "json_invalid" for item in found):
        return BadRequest("malformed-json")
    return InvalidFields(tuple((_place(item["loc"], model), _code(item["type"])) for item in found[:50]))


def _place(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """Dotted name, made only of names that our schema has: a key the client invented may be anything."""
    schema = model.model_json_schema()
    known, kinds = _names(schema), _kinds(schema)
    # pydantic puts the kind that a union's member was read as between the field and what is wrong in it.
    places = [part for part in loc if part in known or part not in kinds]
    return ".".join(str(part) if isinstance(part, int) or part in known else UNKNOWN_FIELD for part in places)


def _kinds(schema: object) -> set[str]:
    """Values of the members by which our unions are told apart."""
    if isinstance(schema, dict):
        own = set(schema.get("discriminator", {}).get("mapping", ())) if "oneOf" in schema else set()
        return own.union(*(_kinds(value) for value in schema.values()))
    if isinstance(schema, list):
        return set().union(*(_kinds(value) for value in schema))
    return set()


def _names(schema: object) -> set[str]:
    if isinstance(schema, dict):
        own = set(schema.get("properties", {}))
        return own.union(*(_names(value) for value in schema.values())) if schema else own
    if isinstance(schema, list):
        return set().union(*(_names(value) for value in schema))
    return set()


def _code(kind: str) -> str:
    """pydantic's error type as a stable code of ours: "missing", "unknown", "type", "too-long", "too-small",
    "too-large", "value"."""
    if kind == "missing":
        return "missing"
    if kind == "extra_forbidden":
        return "unknown"
    if kind.endswith("too_long"):
        return "too-long"
    if kind.startswith("greater_than"):
        return "too-small"
    if kind.startswith("less_than"):
        return "too-large"
    return "type" if kind.endswith(("_type", "_parsing")) else "value"
