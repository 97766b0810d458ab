"""NDJSON in and out of one request at a time: a line is read when the answer to an earlier one has been taken.

Starlette's own streaming answer listens for a disconnect by reading the request, which would take lines away; so this
one writes by itself, and a client that hangs up is noticed where the next line is read or the next answer written.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import Request
from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.errors import BadRequest, UnsupportedMedia
from api.http.problems import problem_for
from api.http.reading import Model, media_type, refusal, unique_members
from api.http.streamed import BodyDigest

MEDIA_TYPE = "application/x-ndjson"


async def lines_of(request: Request, limit: int, digest: BodyDigest | None = None) -> AsyncIterator[bytes]:
    """Lines of the body as they come, without their ends; empty ones are left out. One longer than `limit` bytes comes
    as its first `limit + 1` bytes, the rest of it is skipped. All that comes is fed to `digest`.

    Raises UnsupportedMedia, ClientDisconnect.
    """
    if media_type(request) != MEDIA_TYPE:
        raise UnsupportedMedia(MEDIA_TYPE)
    rest, skipping = b"", False
    async for piece in request.stream():
        if digest is not None:
            digest.update(piece)
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            if not skipping and line.strip():
                yield line[: limit + 1]
            skipping = False
        if len(rest) > limit:
            if not skipping:
                yield rest[: limit + 1]
            rest, skipping = b"", True
    if rest.strip() and not skipping:
        yield rest


def read_line(line: bytes, model: type[Model]) -> Model:
    """A line as `model`. Raises BadRequest, InvalidFields."""
    try:
        json.loads(line, object_pairs_hook=unique_members)
        return model.model_validate_json(line)
    except ValidationError as error:
        raise refusal(error, model) from None
    except (ValueError, RecursionError):
        raise BadRequest("malformed-json") from None


def line_problem(error: Exception) -> dict[str, Any]:
    """A line's refusal: the problem's code, and which field."""
    found: dict[str, Any] = {"code": problem_for(error).code}
    if isinstance(error, BadRequest):
        found["code"] = error.code
        if error.field:
            found["field"] = error.field
    return found


class NdjsonResponse(Response):
    """Objects as lines, each sent when the one before it was taken. The generator is closed in any case."""

    media_type = MEDIA_TYPE

    def __init__(self, objects: AsyncIterator[dict[str, Any]]) -> None:
        super().__init__(headers={"Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._objects = objects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        try:
            async with aclosing(self._objects) as objects:  # type: ignore[type-var]
                async for item in objects:
                    line = json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                    await send({"type": "http.response.body", "body": line, "more_body": True})
        except (ClientDisconnect, OSError):
            return  # nobody is there any more; what was answered is recorded
        await send({"type": "http.response.body", "body": b"", "more_body": False})
