"""Loading packs as immutable releases."""

import math
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from provisioning.aws.calls import validate_call
from provisioning.domain.blueprints import register_blueprint
from provisioning.models import Blueprint
from quests.models import Hint, Pack, PackRelease, Quest, ReleaseImage, Task
from quests.pack import PackDocument, read_pack
from quests.pack.parameters import as_texts
from quests.pack.probe_specs import AwsProbe
from quests.pack.quest import Quest as QuestDocument


class VersionAlreadyReleased(Exception):
    """This version exists with other content: a release never changes, so the pack needs a new version."""


def load_pack(*, now: datetime, folder: Path) -> tuple[PackRelease, bool]:
    """Import the pack folder as a release; return it and whether it is new.

    Raises `quests.pack.PackError` with every problem, `VersionAlreadyReleased`, or `provisioning.aws.sizes.TooLong`
    when AWS would not take its guardrails. Nothing is kept then.
    """
    document = read_folder(folder)
    with transaction.atomic():
        pack, _ = Pack.objects.get_or_create(slug=document.pack.slug)
        # Two loads of one pack at once: the second waits here and then finds the first's release.
        Pack.objects.select_for_update().get(pk=pack.pk)
        existing = pack.releases.filter(content_hash=document.content_hash).first()
        if existing:
            return existing, False
        if pack.releases.filter(version=document.pack.version).exists():
            raise VersionAlreadyReleased(
                f"{document.pack.slug} {document.pack.version} is already released with other content: "
                "raise `version` in pack.yaml."
            )
        release = _create_release(now=now, pack=pack, document=document, digest=document.content_hash)
        ReleaseImage.objects.bulk_create(
            ReleaseImage(release=release, digest=digest, content_type=image.content_type, content=image.content)
            for digest, image in {image.digest: image for image in document.images.values()}.items()
        )
        for position, quest_document in enumerate(document.quests, start=1):
            _create_quest(release=release, position=position, document=quest_document)
    return release, True


def read_folder(folder: Path) -> PackDocument:
    """Read and check a pack folder against AWS's own models; raises `quests.pack.PackError` with every problem."""
    return read_pack(folder, validate_call=validate_call)


def blueprint_of(*, now: datetime, document: PackDocument) -> Blueprint:
    """Return what the pack puts into sandboxes, registered; raises `provisioning.aws.sizes.TooLong`."""
    meta = document.pack
    return register_blueprint(
        now=now,
        template=document.stack_template,
        parameters=as_texts(meta.parameters),
        seed=[call.model_dump(mode="json") for call in document.seed],
        readiness=readiness_calls(document),
        services=meta.services,
        regions=meta.regions,
        instance_types=meta.instance_types,
        budget_usd=Decimal(str(meta.budget_usd)),
        extra_stacks=[
            {
                "name": quest.slug,
                "later": quest.stack.created == "unlock",
                "template": quest.stack_template,
                "parameters": as_texts(quest.stack.parameters),
            }
            for quest in document.quests
            if quest.stack_template
        ],
    )


def _create_release(*, now: datetime, pack: Pack, document: PackDocument, digest: str) -> PackRelease:
    meta = document.pack
    return PackRelease.objects.create(
        pack=pack,
        version=meta.version,
        content_hash=digest,
        title=meta.title,
        summary=meta.summary,
        game_type=meta.game_type,
        duration_minutes=meta.duration_minutes,
        team_size_min=meta.team_size.min,
        team_size_max=meta.team_size.max,
        maximum=meta.scoring.maximum,
        document=document.model_dump(mode="json", exclude={"images": {"__all__": {"data"}}}),
        blueprint=blueprint_of(now=now, document=document),
        loaded_at=now,
    )


def readiness_calls(document: PackDocument) -> list[dict[str, Any]]:
    """Return the readiness probes as provisioning takes them: a labelled AwsCall with what it must yield."""
    return [
        {
            "label": name,
            "service": probe.call.service,
            "operation": probe.call.operation,
            "parameters": probe.call.parameters,
            "expect": probe.expect,
        }
        for name, probe in document.readiness.items()
        if isinstance(probe, AwsProbe)
    ]


def _create_quest(*, release: PackRelease, position: int, document: QuestDocument) -> None:
    quest = Quest.objects.create(
        release=release,
        slug=document.slug,
        position=position,
        title=document.title,
        kind=document.kind,
        difficulty=document.difficulty,
        expected_minutes=document.expected_minutes,
        points=document.points,
        every_seconds=document.validation.every_seconds,
        cooldown_seconds=document.validation.cooldown_seconds,
        attempts=document.validation.attempts,
    )
    Task.objects.bulk_create(
        Task(
            quest=quest,
            slug=task.slug,
            position=number,
            title=task.title,
            points=task.points,
            checks=list(task.checks),
            hold_minutes=task.hold_minutes,
            income_points=task.income.points if task.income else 0,
            income_minutes=task.income.every_minutes if task.income else 0,
        )
        for number, task in enumerate(document.tasks, start=1)
    )
    Hint.objects.bulk_create(
        Hint(
            quest=quest,
            number=number,
            text=hint.text,
            # Percent of the quest, never rounded down to free.
            cost_points=math.ceil(document.points * hint.cost_percent / 100),
            offer_after_minutes=hint.offer_after_minutes,
        )
        for number, hint in enumerate(document.hints, start=1)
    )
