"""services.yaml: small servers of the pack that the platform runs for a team where AWS is simulated."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints, field_validator

from quests.pack.model import InputName, Line, PackModel, Slug, Text, Title
from quests.pack.placeholders import placeholders

if TYPE_CHECKING:
    from quests.pack.draft import Draft

FILE = "services.yaml"
SettingName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=40)]
# What decides whom a process talks to and what it loads is the platform's to say.
_OURS = re.compile(r"^(AWS_|PYTHON|LD_|SSL_|HOME$|PATH$|TMPDIR$|NO_PROXY$|HTTPS?_PROXY$|ALL_PROXY$|PORT$)")


class Setting(PackModel):
    """One environment variable that the team may change; `default` may hold placeholders."""

    name: SettingName
    label: Line
    help: Line | None = None
    default: Annotated[str, StringConstraints(max_length=500)] = ""

    @field_validator("name")
    @classmethod
    def _not_ours(cls, name: str) -> str:
        if _OURS.match(name):
            raise ValueError("is a name that the platform sets itself")
        return name


class ServiceSpec(PackModel):
    """A Python file that serves HTTP when it is run with `--port N`, and the quest that wants its address."""

    title: Title
    summary: Text
    file: Line
    quest: Slug
    input: InputName
    settings: list[Setting] = Field(default_factory=list, max_length=8)


class ServicesFile(PackModel):
    """services.yaml: services by name."""

    services: dict[Slug, ServiceSpec] = Field(min_length=1)


class Service(ServiceSpec):
    """A service as a release holds it: with its code and the code's hexadecimal SHA-256."""

    code: str
    code_hash: str


def check_services(draft: Draft, services: ServicesFile) -> None:
    """Note every service that names a file, quest or input that the pack does not have, or a foreign placeholder."""
    for slug, spec in services.services.items():
        path, outputs = ("services", slug), draft.outputs_of(spec.quest)
        if spec.file not in draft.files or not spec.file.endswith(".py"):
            draft.add(FILE, f"names “{spec.file}”, which is no Python file of the pack", *path, "file")
        quest = draft.quests.get(spec.quest)
        if quest is None:
            draft.add(FILE, f"names the quest “{spec.quest}”, which does not exist", *path, "quest")
        elif spec.input not in {given.name for given in quest.inputs if given.type == "url"}:
            draft.add(FILE, f"names “{spec.input}”, which is no input of the type url of that quest", *path, "input")
        for index, setting in enumerate(spec.settings):
            for name in sorted(placeholders(setting.default)):
                known = name in ("region", "account.id") or (
                    name.startswith("outputs.") and (outputs is None or name.removeprefix("outputs.") in outputs)
                )
                if not known:
                    draft.add(FILE, f"uses ${{{name}}}, which has no meaning here", *path, "settings", index, "default")


def whole_services(services: ServicesFile | None, files: Mapping[str, bytes]) -> dict[str, Service]:
    """Return the services with their code."""
    return {
        slug: Service(
            **spec.model_dump(),
            code=files[spec.file].decode("utf-8"),
            code_hash=hashlib.sha256(files[spec.file]).hexdigest(),
        )
        for slug, spec in (services.services if services else {}).items()
    }
