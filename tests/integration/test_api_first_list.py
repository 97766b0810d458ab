"""An issuer's first status list: signed as its first certificate is issued, known to the service at once."""

from __future__ import annotations

from tests.support.api_lab import Lab

DATABASES = ("sqlite", "postgresql")


async def test_the_first_certificate_of_every_issuer_passes_at_once(lab: Lab) -> None:
    for issue in (lab.issue, lab.donate):  # the second one's list comes after the check has read the first one's
        code = (await issue()).json()["certificates"][0]["code"]
        report = (await lab.client.post("/v1/verify", json={"code": code})).json()
        assert (report["outcome"], report["reason"]) == ("PASSED", "OK")
