"""What a pack or an event needs of sandboxes, as provisioning asks for it."""

from dataclasses import replace
from pathlib import Path

from provisioning.aws.calls import validate_call
from provisioning.needs import Needs, UnknownNeeds
from quests.models import Event, PackRelease
from quests.pack import PackError, read_pack


def needs_of(*, pack: str = "", event: str = "") -> Needs:
    """Return the needs of a pack (a folder, or a loaded SLUG[@VERSION]), of an event by its slug, or of both together.

    An event needs what its own release does; a pack beside it is only compared. Raises UnknownNeeds.
    """
    if not event:
        return _of_pack(pack)
    try:
        found = Event.objects.select_related("release__pack", "release__blueprint").get(slug=event)
    except Event.DoesNotExist:
        raise UnknownNeeds(f"There is no event {event!r}.") from None
    slug = Path(pack).name.partition("@")[0]
    if pack and slug != found.release.pack.slug:
        raise UnknownNeeds(f"The event {event} plays {found.release.pack.slug}, not {slug}.")
    return replace(
        _of_release(found.release),
        label=f"{found.name} ({found.release})",
        sandboxes=found.planned_teams + found.spares,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
    )


def _of_pack(pack: str) -> Needs:
    folder = Path(pack).expanduser()
    if folder.is_dir():
        return _of_folder(folder)
    slug, _, version = pack.partition("@")
    releases = PackRelease.objects.select_related("pack", "blueprint").filter(pack__slug=slug)
    found = (releases.filter(version=version) if version else releases.order_by("-loaded_at")).first()
    if found is not None:
        return _of_release(found)
    known = ", ".join(f"{slug}@{each}" for each in releases.order_by("loaded_at").values_list("version", flat=True))
    raise UnknownNeeds(
        f"There is no folder {pack!r} and no loaded pack of that name. "
        + (f"Loaded are: {known}." if known else "Give a pack's folder, or load the pack with `manage.py packs load`.")
    )


def _of_folder(folder: Path) -> Needs:
    try:
        document = read_pack(folder, validate_call=validate_call)
    except PackError as error:
        raise UnknownNeeds(f"{folder} has {len(error.problems)} problem(s); the first: {error.problems[0]}") from error
    return Needs(
        label=f"{document.pack.title} {document.pack.version}",
        services=tuple(document.pack.services),
        regions=tuple(document.pack.regions),
        instance_types=tuple(document.pack.instance_types),
        template=document.stack_template,
        extra_templates=tuple(quest.stack_template for quest in document.quests if quest.stack_template),
    )


def _of_release(release: PackRelease) -> Needs:
    blueprint = release.blueprint
    return Needs(
        label=str(release),
        services=tuple(blueprint.services),
        regions=tuple(blueprint.regions),
        instance_types=tuple(blueprint.instance_types),
        template=blueprint.template,
        extra_templates=tuple(each["template"] for each in blueprint.extra_stacks),
    )
