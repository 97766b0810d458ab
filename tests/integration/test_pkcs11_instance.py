"""A whole instance whose office signs with a key in a token: rotated into it, issuing, and while the token is away."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from api.beside import open_keys
from api.bootstrap import open_service
from api.main import create_app
from tests.simulators.token import MECHANISM, PIN, SimulatedToken, plug_in
from tests.support.api_lab import OFFICE_1, Clock, Lab, copied, problem
from verifier.credential import HolderFile

OFFICE = "11990000MB9T010142"


async def test_an_office_signs_with_its_token(
    api_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = SimulatedToken()
    module = plug_in(monkeypatch, token)
    pin = tmp_path / "pin"
    pin.write_bytes(PIN)
    pin.chmod(0o600)
    uri = (
        f"pkcs11:token=registry;object=office-1?module-path={module}&pin-source=file:{pin}&mzt-mechanism={MECHANISM:#x}"
    )
    settings = copied(api_template, tmp_path / "data")
    clock = Clock()
    async with open_keys(settings, clock=clock) as (_, admin):
        rotation = await admin.rotate(OFFICE, "issuer", uri=uri)
    assert rotation.new.public_key == token.key.public()
    assert PIN.decode() not in rotation.new.uri
    async with open_service(settings, clock=clock) as service:
        transport = httpx.ASGITransport(create_app(service), raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            lab = Lab(service, client, clock)
            before = token.calls["sign"]
            answer = await lab.issue()
            assert answer.status_code == 201, answer.text
            assert token.calls["sign"] == before + 2
            man = answer.json()["certificates"][0]
            parsed = HolderFile.parse(await lab.file(man["cti"]))
            assert parsed.certificate.sign1.kid == rotation.new.kid
            await service.publishing.publish()
            assert (await client.post("/v1/verify", json={"code": man["code"]})).json()["outcome"] == "PASSED"
            token.pull()
            other = {"record_no": "MR-000002", "zihao": "J990101-2025-000002"}
            answer = await lab.issue(other | _others())
            assert (answer.status_code, problem(answer)["code"]) == (503, "unavailable")
            found = await client.post(
                "/v1/certificates/lookup", json={"zihao": other["zihao"]}, headers=lab.token(OFFICE_1)
            )
            assert found.json()["certificates"] == [], "nothing half-issued"
            token.there = True
            assert (await lab.issue(other | _others())).status_code == 201


def _others() -> dict[str, str]:
    """Another couple: the first is married."""
    return {
        "name_man": "王示例", "birth_man": "1997-01-02", "cert_num_man": "990101199701020031",
        "name_woman": "赵样例", "birth_woman": "1998-03-04", "cert_num_woman": "990101199803040041",
    }  # fmt: skip
