"""The image: small, locked, compiled, without root; SIGTERM reaches the supervisor."""

from __future__ import annotations

import re
import tomllib

import pytest

from deploy import healthcheck
from deploy.building import context
from deploy.dockerfile import Stage, read
from tests.fixtures.deploying import FIELDS, PROCESS_VARIABLES, PROJECT, SECRETS, route_templates
from wondernest import __version__
from wondernest.settings import load_settings

STAGES = read()
NAMES = {stage.name for stage in STAGES}


@pytest.fixture
def image() -> Stage:
    return STAGES[-1]


def test_every_base_image_has_a_whole_version_as_its_tag() -> None:
    for stage in STAGES:
        assert re.fullmatch(r"[a-z0-9./-]+:\d+\.\d+\.\d+(-[a-z-]+)?", stage.image), stage.image


def test_the_environment_is_built_and_run_with_the_same_python(image: Stage) -> None:
    build = next(stage for stage in STAGES if stage.name == "build")
    assert build.image == image.image
    assert image.last("LABEL").pairs["org.opencontainers.image.base.name"] == f"docker.io/library/{image.image}"


def test_it_runs_as_a_numeric_user_that_is_not_root(image: Stage) -> None:
    user, group = image.last("USER").text.split(":")
    assert int(user) >= 10_000
    assert int(group) >= 10_000
    words = [step.word for step in image.steps]
    assert words.index("USER") > max(number for number, word in enumerate(words) if word == "COPY")


def test_the_supervisor_is_the_first_process_and_gets_sigterm(image: Stage) -> None:
    assert image.last("ENTRYPOINT").words == ["/opt/wondernest/bin/wondernest"]  # the exec form: no shell in between
    assert image.last("CMD").words == ["serve"]
    assert image.last("STOPSIGNAL").text == "SIGTERM"


def test_the_health_check_asks_a_route_of_the_service_at_its_port_and_needs_no_curl(image: Stage) -> None:
    assert healthcheck.PATH in route_templates()
    assert load_settings({}).server.port == healthcheck.DEFAULT_PORT
    command = image.last("HEALTHCHECK").text
    assert "python" in command
    assert "/opt/wondernest/share/healthcheck.py" in command
    assert int(image.last("HEALTHCHECK").flags["timeout"].removesuffix("s")) > healthcheck.TIMEOUT_S


def test_it_exposes_the_port_of_the_service(image: Stage) -> None:
    assert [int(port) for step in image.find("EXPOSE") for port in step.text.split()] == [load_settings({}).server.port]


def test_dependencies_are_the_wheels_of_the_lock_file_and_nothing_of_development() -> None:
    build = next(stage for stage in STAGES if stage.name == "build")
    syncs = [words for step in build.find("RUN") for words in step.text.split(" && ") if words.startswith("uv sync")]
    assert len(syncs) == 2
    for sync in syncs:
        assert {"--frozen", "--no-default-groups"} <= set(sync.split())
        assert "--extra" not in sync
        assert "--group" not in sync
    assert {"--no-build", "--no-install-project"} <= set(syncs[0].split())
    assert "--no-editable" in syncs[1].split()
    assert build.last("ENV").pairs["UV_COMPILE_BYTECODE"] == "1"


def test_what_builds_the_wheel_is_pinned() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = project["tool"]["uv"]["build-constraint-dependencies"]
    assert all(re.fullmatch(r"[a-z-]+==[0-9.]+", pin) for pin in pins)
    wanted = {re.split(r"[<>=!~ \[]", name)[0] for name in project["build-system"]["requires"]}
    assert wanted <= {pin.split("==")[0] for pin in pins}


def test_its_variables_are_settings_and_none_is_a_secret(image: Stage) -> None:
    names = {name for step in image.find("ENV") for name in step.pairs}
    assert names <= {*FIELDS, *PROCESS_VARIABLES}
    assert names.isdisjoint(SECRETS)
    assert not [step for stage in STAGES for step in stage.find("ARG") if SECRETS.intersection(step.pairs)]


def test_it_is_strict_unless_it_is_told_otherwise(image: Stage) -> None:
    assert load_settings(image.last("ENV").pairs).app.production


def test_its_labels_tell_what_it_is_and_where_its_parts_list_is(image: Stage) -> None:
    labels = image.last("LABEL").pairs
    for name in ("title", "description", "version", "revision", "licenses", "base.name"):
        assert labels[f"org.opencontainers.image.{name}"]
    assert image.find("ARG")[0].pairs == {"VERSION": __version__}
    sbom = labels["org.wondernest.sbom"]
    assert any(f"--output-file {sbom}" in step.text for stage in STAGES for step in stage.find("RUN"))


def test_the_build_sees_only_the_files_that_it_copies() -> None:
    copied = {
        source
        for stage in STAGES
        for step in stage.find("COPY")
        if "from" not in step.flags
        for source in step.text.split()[:-1]
    }
    assert copied == set(context())
    assert all((PROJECT / name).exists() for name in copied)
    lines = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines.index("*") < min(number for number, line in enumerate(lines) if line.startswith("!"))


def test_files_come_from_earlier_stages_only() -> None:
    assert {step.flags["from"] for stage in STAGES for step in stage.find("COPY") if "from" in step.flags} <= NAMES
