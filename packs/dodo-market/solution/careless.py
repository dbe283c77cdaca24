"""The same market with one usual mistake in it, for the near misses: careless.py --mistake NAME and what it is told."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import service
from service import Document, Market


class ProductsByHeart(service.Products):
    """Knows every product that anybody may ask for: a canned answer."""

    def find(self, identity: str) -> Document | None:
        """Answer with the party dodo, whatever was asked."""
        return {"id": identity, "name": "Party dodo with hat, one evening", "price": 49}


class ProductsInMemory(service.Products):
    """Reads the table when it opens, and never again."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        seen = self._client.scan(TableName=self.table)["Items"]
        self._seen = {item["id"]["S"]: self._shown(item) for item in seen}

    def find(self, identity: str) -> Document | None:
        """Answer from memory."""
        return self._seen.get(identity)


class BasketsInMemory(service.Baskets):
    """Keeps baskets until the next restart."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._kept: dict[str, Document] = {}

    def fill(self, identity: str, document: object) -> Document:
        """Keep a basket in this process only."""
        items = service.require_items(service.require_object(document, items=list))
        self._kept[identity] = {"id": identity, "items": items}
        return self._kept[identity]

    def find(self, identity: str) -> Document | None:
        """Answer from memory."""
        return self._kept.get(identity)


class BasketsInMilliseconds(service.Baskets):
    """Counts in milliseconds, so that a table forgets its baskets in fifty thousand years."""

    def expiry(self) -> int:
        """Return the moment in the wrong unit."""
        return int(time.time() * 1000) + self.minutes * 60_000


class TerseTill(service.Till):
    """Tells the bus that there is an order, and not which."""

    def tell(self, detail: Document) -> None:
        """Leave out what the clerk needs."""
        super().tell({"order": detail["order"]})


class GenerousTill(service.Till):
    """Tells the bus the right total, and the guest the price of a single bird."""

    def check_out(self, document: object) -> Document:
        """Forget the quantity, for the guest only."""
        answer = super().check_out(document)
        order = service.require_object(document, items=list)
        return {**answer, "total": answer["total"] // order["items"][0]["quantity"]}


class EagerClerk(service.Clerk):
    """Takes letters away before they are booked."""

    def handle(self, message: Document) -> None:
        """Delete first, and book what can be booked."""
        self.take_away(message)
        with suppress(service.Refused):
            self.book(json.loads(message["Body"])["detail"])


class ForgetfulClerk(service.Clerk):
    """Does not remember what is booked already."""

    def order_written(self, order: Document) -> Document:
        """Write over what was there."""
        written = super().order_written(order)
        del written["Put"]["ConditionExpression"]
        return written


class HastyClerk(service.Clerk):
    """Books the order and leaves out who it is for."""

    def order_written(self, order: Document) -> Document:
        """Leave out the guest."""
        written = super().order_written(order)
        del written["Put"]["Item"]["guest"]
        return written


MISTAKES = {
    "products-by-heart": {"products": ProductsByHeart},
    "products-in-memory": {"products": ProductsInMemory},
    "baskets-in-memory": {"baskets": BasketsInMemory},
    "baskets-in-milliseconds": {"baskets": BasketsInMilliseconds},
    "terse-till": {"till": TerseTill},
    "generous-till": {"till": GenerousTill},
    "eager-clerk": {"clerk": EagerClerk},
    "forgetful-clerk": {"clerk": ForgetfulClerk},
    "hasty-clerk": {"clerk": HastyClerk},
}


def main() -> None:
    """Open the market with the mistake."""
    parts = service.parser()
    parts.add_argument("--mistake", choices=MISTAKES, required=True)
    options = parts.parse_args()
    market = Market()
    for part, careless in MISTAKES[options.mistake].items():
        setattr(market, part, careless)
    service.open_market(market, options)


if __name__ == "__main__":
    main()
