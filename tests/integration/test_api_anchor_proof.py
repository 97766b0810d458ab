"""From `mzt init` on a real four-validator chain to a stranger who checks an anchor without it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from api.bootstrap import initialise, open_service
from api.files import private_directory, write_durably
from api.main import create_app
from api.settings import for_directory
from chain.anchor.validators import to_json
from chain.errors import ChainMismatch
from tests.support.api_lab import Clock, Lab, problem
from tests.support.bft import BftNetwork
from verifier.assess import assess
from verifier.consensus import Consensus, ConsensusKind, Validator
from verifier.finality.proof import AnchorProof
from verifier.policy import TrustBundle
from verifier.report import Outcome, Reason

FORMER = Consensus(ConsensusKind.COMETBFT, "former-1", (Validator(b"\x01" * 32, 5),))


@pytest.mark.bft
@pytest.mark.slow
async def test_proof_is_kept_served_and_checked(bft_network: BftNetwork, tmp_path: Path) -> None:
    settings = replace(
        for_directory(tmp_path / "data"),
        chain=bft_network.evm_urls[0],
        chain_id=bft_network.chain_id,
        chain_profile="cometbft",
        chain_confirmations=0,
        chain_cometbft=bft_network.comet_urls[1],
    )
    clock = Clock()
    private_directory(settings.data_dir)
    private_directory(settings.data_dir / "keys")
    write_durably(settings.data_dir / "keys" / "submitter", (bytes(31) + b"\x43").hex().encode(), 0o600)  # has money
    await initialise(settings, clock=clock, progress=lambda _: None)
    place = settings.data_dir / "chain" / "place.json"
    recorded = json.loads(place.read_bytes())
    assert len(recorded["validators"]) == 1
    assert recorded["validators"][0]["network"] == bft_network.network

    async with open_service(settings, clock=clock) as service:
        transport = httpx.ASGITransport(create_app(service))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            lab = Lab(service, client, clock)
            assert problem(await client.get("/v1/anchors/proof"))["code"] == "not-found"
            cti = (await lab.issue()).json()["certificates"][0]["cti"]
            await service.ledger.settle()
            while (answer := await client.get("/v1/anchors/proof")).status_code == 404:
                bft_network.wait_blocks(1)  # the block after the anchor's signs for it
                await service.ledger.anchor()
            proof = AnchorProof.parse(answer.content)
            assert (await client.get(f"/v1/anchors/proof?size={proof.size}")).content == answer.content
            assert problem(await client.get(f"/v1/anchors/proof?size={proof.size + 1}"))["code"] == "not-found"
            bundle = TrustBundle.parse((await client.get("/v1/trust-bundle")).content)
            proof.check(bundle.chains[0])
            file = await lab.file(cti)
            statuses = [(await client.get("/v1/status-lists/1")).content]

    # the stranger has the file, the bundle, the status list and the proof; no chain, no service
    report = assess(file, trust=bundle, at=clock(), level="L5", statuses=statuses, proofs=[answer.content])
    assert (report.outcome, report.reason) == (Outcome.PASSED, Reason.OK)
    blind = replace(bundle, chains=tuple(replace(c, consensus=None) for c in bundle.chains))
    report = assess(file, trust=blind, at=clock(), level="L5", statuses=statuses, proofs=[answer.content])
    assert report.outcome is Outcome.INDETERMINATE

    # other validators than the recorded ones are adopted by a person only, and the recorded ones stay
    place.write_text(json.dumps({**recorded, "validators": [to_json(FORMER)]}))
    with pytest.raises(ChainMismatch, match="--adopt-validators"):
        await initialise(settings, clock=clock, progress=lambda _: None)
    await initialise(settings, clock=clock, progress=lambda _: None, adopt_validators=True)
    async with open_service(settings, clock=clock) as service:
        chains = service.trust.bundle.chains
        assert [c.consensus for c in chains] == [FORMER, bundle.chains[0].consensus]
        report = assess(
            file, trust=service.trust.bundle, at=clock(), level="L5", statuses=statuses, proofs=[answer.content]
        )
        assert report.outcome is Outcome.PASSED
