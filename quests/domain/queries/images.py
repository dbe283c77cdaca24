"""Where the images of a pack's pages are served."""

from django.urls import reverse

from quests.models import Event
from quests.pack.images import names_on_pages


def images_of(event: Event, quest: str | None = None) -> dict[str, str]:
    """Return the address of each image that a quest's pages, or the pack's own, may show, by its name there."""
    images = event.release.document.get("images", {})
    return {
        name: reverse("pack_image", args=[event.slug, images[file]["digest"]])
        for name, file in names_on_pages(images, quest).items()
    }
