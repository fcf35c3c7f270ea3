"""compose.yaml: what production demands holds here too, no secret has a default, and both ports of the clients are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.dockerfile import read
from tests.fixtures.deploying import DEPLOY, FIELDS, PROCESS_VARIABLES, SECRETS, loaded, memory_mb
from wondernest.settings import Settings, load_settings
from wondernest.supervisor.master import FORCED_STOP_S, KILL_MARGIN_S

COMPOSE: Final = loaded(DEPLOY / "compose.yaml")
EXAMPLE: Final = (DEPLOY / "compose.example.env").read_text(encoding="utf-8")
OWN: Final = ("api", "jobs", "migrate", "certificate")
"""The services that run our image."""
VARIABLE: Final = re.compile(r"\$\{(?P<name>[A-Z0-9_]+)(?P<kind>:[-?])?(?P<rest>[^}]*)\}")
STRONG: Final = "5" * 64


def filled(text: str, given: dict[str, str]) -> str:
    """A text of compose.yaml with its variables filled in, as compose does it."""

    def value(match: re.Match[str]) -> str:
        if given.get(match["name"]):
            return given[match["name"]]
        assert match["kind"] != ":?", f"{match['name']} is required"
        return match["rest"]

    return VARIABLE.sub(value, text)


def texts(node: Any) -> list[str]:
    """Every text in a part of the file."""
    if isinstance(node, dict):
        return [text for value in node.values() for text in texts(value)]
    if isinstance(node, list):
        return [text for value in node for text in texts(value)]
    return [node] if isinstance(node, str) else []


def required() -> set[str]:
    """The variables without which compose does not start."""
    return {match["name"] for text in texts(COMPOSE) for match in VARIABLE.finditer(text) if match["kind"] == ":?"}


def environment(service: str) -> dict[str, str]:
    """The variables of a service, with strong values for what is required."""
    given = dict.fromkeys(required(), STRONG)
    return {name: filled(value, given) for name, value in COMPOSE["services"][service]["environment"].items()}


def settings(service: str) -> Settings:
    image = read()[-1].last("ENV").pairs
    return load_settings({**image, **environment(service)}, serving=True)


@pytest.mark.parametrize("service", ["api", "jobs"])
def test_the_service_starts_with_the_strict_rules_of_production(service: str) -> None:
    assert settings(service).app.production


@pytest.mark.parametrize("service", ["api", "jobs", "migrate"])
def test_every_variable_is_a_setting(service: str) -> None:
    assert set(environment(service)) <= {*FIELDS, *PROCESS_VARIABLES}


def test_no_secret_has_a_default() -> None:
    for service in OWN[:3]:
        for name, text in COMPOSE["services"][service]["environment"].items():
            if name in SECRETS - {"S3_ACCESS_KEY"}:  # the name of an account, no secret by itself
                left = VARIABLE.sub("", text)
                kinds = [(match["kind"], match["rest"]) for match in VARIABLE.finditer(text)]
                assert kinds, f"{name} is written down"
                assert all(kind == ":?" or rest == "" for kind, rest in kinds), name
                assert left == "" or "://" in left, name
    for name in required():
        with pytest.raises(AssertionError, match=name):
            filled("".join(texts(COMPOSE)), {**dict.fromkeys(required(), STRONG), name: ""})


def test_the_example_names_what_is_required_without_a_value_and_otherwise_only_what_is_read() -> None:
    empty = set(re.findall(r"(?m)^([A-Z0-9_]+)=$", EXAMPLE))
    assert empty == required()
    assert re.findall(r"(?m)^[A-Z0-9_]+=.+$", EXAMPLE) == []
    known = {match["name"] for text in texts(COMPOSE) for match in VARIABLE.finditer(text)}
    assert set(re.findall(r"(?m)^#?([A-Z0-9_]+)=", EXAMPLE)) == known


def test_both_ports_that_clients_ask_lead_to_the_service_of_this_machine_only_by_default() -> None:
    ports = [filled(port, {}) for port in COMPOSE["services"]["api"]["ports"]]
    inside = settings("api").server.port
    assert ports == [f"127.0.0.1:8082:{inside}", f"127.0.0.1:8080:{inside}"]
    published = {name for name, service in COMPOSE["services"].items() if "ports" in service}
    assert published == {"api", "mail"}


def test_our_containers_are_read_only_without_rights_and_with_a_temporary_folder() -> None:
    for name in OWN:
        service = COMPOSE["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert [place.split(":")[0] for place in service["tmpfs"]] == ["/tmp"]
        assert service["build"]["dockerfile"] == "deploy/Dockerfile"
    assert {name for name in OWN if "user" in COMPOSE["services"][name]} == {"certificate"}


def test_every_image_has_a_version_as_its_tag() -> None:
    for service in COMPOSE["services"].values():
        assert re.search(r":v?\d+\.\d+(\.\d+)?(-[a-z0-9]+)?$", service["image"]), service["image"]


def test_jobs_run_in_a_container_of_their_own_and_in_no_other() -> None:
    assert settings("api").jobs.processes == 0
    assert settings("jobs").jobs.processes == 1
    assert "command" not in COMPOSE["services"]["jobs"]  # `serve`: its worker answers the health check


def test_the_schema_is_complete_before_anything_serves() -> None:
    assert COMPOSE["services"]["migrate"]["command"] == ["migrate"]
    for name in ("api", "jobs"):
        needed = COMPOSE["services"][name]["depends_on"]
        assert needed["migrate"]["condition"] == "service_completed_successfully"
        assert set(needed) <= set(COMPOSE["services"])


def test_a_stop_waits_for_running_requests() -> None:
    for name in ("api", "jobs"):
        waits = int(COMPOSE["services"][name]["stop_grace_period"].removesuffix("s"))
        assert waits >= settings(name).server.shutdown_grace_s + KILL_MARGIN_S + FORCED_STOP_S


@pytest.mark.parametrize("service", ["api", "jobs"])
def test_the_memory_limit_holds_what_the_processes_and_the_temporary_folder_may_take(service: str) -> None:
    limit = COMPOSE["services"][service]["mem_limit"]
    megabytes = int(limit.removesuffix("m")) if limit.endswith("m") else 1024 * int(limit.removesuffix("g"))
    assert megabytes >= memory_mb(settings(service), uploads=service == "api") + (256 if service == "api" else 0)


def test_databases_and_storage_are_reached_from_the_inner_network_only() -> None:
    assert COMPOSE["networks"]["inner"]["internal"] is True
    for name in ("postgres", "valkey", "storage", "bucket"):
        assert COMPOSE["services"][name]["networks"] == ["inner"]


def test_files_and_volumes_that_are_named_exist() -> None:
    for config in COMPOSE["configs"].values():
        assert "content" in config or (DEPLOY / config["file"]).is_file()
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"]
        for config in service.get("configs", []):
            assert config["source"] in COMPOSE["configs"]
        assert set(service.get("networks", [])) <= set(COMPOSE["networks"])


def test_no_read_only_container_has_a_configuration_that_compose_would_copy_into_it() -> None:
    for service in COMPOSE["services"].values():
        for config in service.get("configs", []) if service.get("read_only") else []:
            assert (
                "file" in COMPOSE["configs"][config["source"]]
            )  # mounted; `content` is copied, which the engine refuses


def test_no_password_is_in_a_command_line() -> None:
    for service in COMPOSE["services"].values():
        for words in (service.get("command", []), service.get("entrypoint", [])):
            assert not VARIABLE.search(" ".join(words))


def test_the_certificate_imports_only_what_the_image_has() -> None:
    tree = ast.parse((DEPLOY / "compose" / "certificate.py").read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {module for module in modules if module and module.startswith(("deploy", "tests", "bench"))}
    assert Path(COMPOSE["services"]["certificate"]["entrypoint"][0]).name == "python"
