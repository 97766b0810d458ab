"""The compose files, as far as they can be held to without a container engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from api.settings import from_environment
from chain.besu.files import network_files
from chain.besu.plan import BesuPlan, NodeKey

ROOT = Path(__file__).parents[2]
PLAN = BesuPlan(990010, 4, (bytes(20),), 1767225600)
NETWORK = network_files(PLAN, [NodeKey(bytes([n]) * 32) for n in range(1, 5)])


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_nothing_is_published_beyond_this_machine() -> None:
    generated = yaml.safe_load(NETWORK["docker-compose.yml"])
    for document in (load("docker-compose.yml"), load("docker-compose.chain.yml"), generated):
        for name, service in document["services"].items():
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_service_and_generated_network_fit_together() -> None:
    """The overlay names the validators, network and chain id that `mzt chain init` gives them by default."""
    overlay = load("docker-compose.chain.yml")
    generated = yaml.safe_load(NETWORK["docker-compose.yml"])
    trust = overlay["services"]["trust"]
    assert set(overlay["services"]) <= set(load("docker-compose.yml")["services"])
    assert set(trust["networks"]) == {"default", *generated["networks"]}
    environment = {
        name: value.replace("${MZ_CHAIN_ID:-990010}", "990010") for name, value in trust["environment"].items()
    }
    settings = from_environment(environment)
    assert settings.chain_endpoints == tuple(f"http://{name}:8545" for name in generated["services"])
    assert (settings.chain_id, settings.chain_profile) == (PLAN.chain_id, "besu")
