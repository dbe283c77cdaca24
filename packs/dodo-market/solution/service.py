"""Dodo Market: products, baskets, a till and a clerk, each of which works as soon as it is told with what.

Run it in a terminal that has the credentials of your team's account:

    python service.py --products products --baskets baskets --bus dodo-market --port 8282

With --orders and --queue a clerk sits in the back and books what is ordered.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

MAX_BODY_BYTES = 16 * 1024
SOURCE, ORDER_PLACED = "dodo.market", "OrderPlaced"
Document = dict[str, Any]
Connect = Callable[[str], Any]


class Refused(ValueError):
    """What was sent makes no sense; the message says why."""


def require_object(document: object, **kinds: type) -> Document:
    """Return the document if it is an object whose named fields are of these types and not empty; raises Refused."""
    if not isinstance(document, dict):
        raise Refused(f"send a JSON object with {', '.join(kinds)}")
    for name, kind in kinds.items():
        value = document.get(name)
        if not isinstance(value, kind) or isinstance(value, bool) or value in ("", []):
            raise Refused(f"{name} is missing, or of the wrong kind")
    return document


def require_items(document: Document) -> list[Document]:
    """Return an order's or a basket's items, each product once; raises Refused."""
    counts: Counter[str] = Counter()
    for entry in document["items"]:
        item = require_object(entry, product=str, quantity=int)
        if item["quantity"] < 1:
            raise Refused("a quantity is at least 1")
        counts[item["product"]] += item["quantity"]
    return [{"product": product, "quantity": quantity} for product, quantity in counts.items()]


def packed(items: Sequence[Document]) -> Document:
    """Return items as an attribute of a table."""
    return {
        "L": [{"M": {"product": {"S": each["product"]}, "quantity": {"N": str(each["quantity"])}}} for each in items]
    }


class Products:
    """What can be rented, in a table."""

    def __init__(self, table: str, connect: Connect) -> None:
        self.table, self._client = table, connect("dynamodb")

    def add(self, document: object) -> Document:
        """Store a product and return it; raises Refused."""
        product = require_object(document, id=str, name=str, price=int)
        item = {"id": {"S": product["id"]}, "name": {"S": product["name"]}, "price": {"N": str(product["price"])}}
        self._client.put_item(TableName=self.table, Item=item)
        return self._shown(item)

    def find(self, identity: str) -> Document | None:
        """Return the product with that id, or None."""
        answer = self._client.get_item(TableName=self.table, Key={"id": {"S": identity}}, ConsistentRead=True)
        return self._shown(answer["Item"]) if "Item" in answer else None

    @staticmethod
    def _shown(item: Document) -> Document:
        return {"id": item["id"]["S"], "name": item["name"]["S"], "price": int(item["price"]["N"])}


class Baskets:
    """What guests have put aside, in a table that forgets it after some minutes."""

    def __init__(self, table: str, minutes: int, connect: Connect) -> None:
        self.table, self.minutes, self._client = table, minutes, connect("dynamodb")

    def fill(self, identity: str, document: object) -> Document:
        """Replace what is in a basket and return it; raises Refused."""
        items = require_items(require_object(document, items=list))
        item = {"id": {"S": identity}, "items": packed(items), "expires_at": {"N": str(self.expiry())}}
        self._client.put_item(TableName=self.table, Item=item)
        return {"id": identity, "items": items}

    def expiry(self) -> int:
        """Return the second, counted from 1970, from which on the table may forget a basket that is filled now."""
        return int(time.time()) + self.minutes * 60

    def find(self, identity: str) -> Document | None:
        """Return the basket, or None."""
        answer = self._client.get_item(TableName=self.table, Key={"id": {"S": identity}}, ConsistentRead=True)
        # A table takes its time to forget.
        if "Item" not in answer or int(answer["Item"]["expires_at"]["N"]) <= time.time():
            return None
        entries = [entry["M"] for entry in answer["Item"]["items"]["L"]]
        items = [{"product": each["product"]["S"], "quantity": int(each["quantity"]["N"])} for each in entries]
        return {"id": identity, "items": items}


class Till:
    """Adds up orders and tells the bus of them."""

    def __init__(self, bus: str, products: Products, connect: Connect) -> None:
        self.bus, self._products, self._client = bus, products, connect("events")

    def check_out(self, document: object) -> Document:
        """Tell the bus of an order and return it with its total; raises Refused."""
        order = require_object(document, order=str, guest=str, items=list)
        items = require_items(order)
        total = 0
        for item in items:
            product = self._products.find(item["product"])
            if product is None:
                raise Refused(f"there is no product {item['product']}")
            total += product["price"] * item["quantity"]
        self.tell({"order": order["order"], "guest": order["guest"], "items": items, "total": total})
        return {"order": order["order"], "total": total}

    def tell(self, detail: Document) -> None:
        """Put the event on the bus; raises RuntimeError when the bus does not take it."""
        entry = {"EventBusName": self.bus, "Source": SOURCE, "DetailType": ORDER_PLACED, "Detail": json.dumps(detail)}
        answer = self._client.put_events(Entries=[entry])
        # Answered with 200 as well when nothing was taken.
        if answer["FailedEntryCount"]:
            raise RuntimeError(f"the bus did not take it: {answer['Entries'][0].get('ErrorCode')}")


class Clerk(threading.Thread):
    """Takes orders out of the queue and books them: written first, and only then taken away."""

    def __init__(self, queue: str, orders: str, products: str, connect: Connect) -> None:
        super().__init__(name="clerk", daemon=True)
        self.queue, self.orders, self.products = queue, orders, products
        self._messages, self._tables = connect("sqs"), connect("dynamodb")

    def run(self) -> None:
        """Work until the process ends; trouble with AWS is told, and tried again."""
        while True:
            try:
                answer = self._messages.receive_message(
                    QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=30
                )
                for message in answer.get("Messages", []):
                    self.handle(message)
            except (BotoCoreError, ClientError) as error:
                print(f"The clerk waits: {error}", file=sys.stderr, flush=True)
                time.sleep(1)

    def handle(self, message: Document) -> None:
        """Book one letter and take it away, or give it back after a second if nobody can read it."""
        try:
            self.book(json.loads(message["Body"])["detail"])
        except (Refused, ValueError, KeyError, TypeError) as error:
            print(f"The clerk cannot read a letter: {error}", file=sys.stderr, flush=True)
            self._messages.change_message_visibility(
                QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=1
            )
        else:
            self.take_away(message)

    def take_away(self, message: Document) -> None:
        """Delete a letter from the queue."""
        self._messages.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def book(self, detail: object) -> None:
        """Write the order and count the rented birds, both or neither, and never twice; raises Refused."""
        order = require_object(detail, order=str, guest=str, items=list, total=int)
        writes = [self.order_written(order), *self.birds_counted(order)]
        try:
            self._tables.transact_write_items(TransactItems=writes)
        except self._tables.exceptions.TransactionCanceledException as error:
            reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
            if reasons[0] == "ConditionalCheckFailed":
                return  # Booked already: the queue has delivered a letter once more.
            if "ConditionalCheckFailed" in reasons:
                raise Refused("it asks for a product that does not exist") from error
            raise

    def order_written(self, order: Document) -> Document:
        """Return the write of the order itself, which fails where the order is written already."""
        item = {
            "id": {"S": order["order"]},
            "guest": {"S": order["guest"]},
            "items": packed(require_items(order)),
            "total": {"N": str(order["total"])},
        }
        return {"Put": {"TableName": self.orders, "Item": item, "ConditionExpression": "attribute_not_exists(id)"}}

    def birds_counted(self, order: Document) -> list[Document]:
        """Return the writes that add to each product how often it was rented."""
        return [
            {
                "Update": {
                    "TableName": self.products,
                    "Key": {"id": {"S": item["product"]}},
                    "UpdateExpression": "ADD rented :quantity",
                    "ConditionExpression": "attribute_exists(id)",
                    "ExpressionAttributeValues": {":quantity": {"N": str(item["quantity"])}},
                }
            }
            for item in require_items(order)
        ]


class MarketHandler(BaseHTTPRequestHandler):
    """Answers one connection; the server carries the parts of the market."""

    server: MarketServer
    timeout = 10

    def do_GET(self) -> None:
        """Answer /health, /products/ID and /baskets/ID."""
        match self._path():
            case ["health"]:
                self._answer(HTTPStatus.OK, {"status": "ok"})
            case ["products", identity] if self.server.products:
                self._show(self.server.products.find, identity)
            case ["baskets", identity] if self.server.baskets:
                self._show(self.server.baskets.find, identity)
            case _:
                self._nothing_here()

    def do_PUT(self) -> None:
        """Answer /baskets/ID."""
        match self._path():
            case ["baskets", identity] if self.server.baskets:
                baskets = self.server.baskets
                self._take(lambda document: baskets.fill(identity, document), HTTPStatus.OK)
            case _:
                self._nothing_here()

    def do_POST(self) -> None:
        """Answer /products and /checkout."""
        match self._path():
            case ["products"] if self.server.products:
                self._take(self.server.products.add, HTTPStatus.CREATED)
            case ["checkout"] if self.server.till:
                self._take(self.server.till.check_out, HTTPStatus.ACCEPTED)
            case _:
                self._nothing_here()

    def _path(self) -> list[str]:
        return [unquote(part) for part in urlsplit(self.path).path.split("/") if part]

    def _show(self, find: Callable[[str], Document | None], identity: str) -> None:
        def answer() -> None:
            found = find(identity)
            if found is None:
                self._answer(HTTPStatus.NOT_FOUND, {"error": f"there is no {identity}"})
            else:
                self._answer(HTTPStatus.OK, found)

        self._guarded(answer)

    def _take(self, work: Callable[[object], Document], status: HTTPStatus) -> None:
        self._guarded(lambda: self._answer(status, work(self._document())))

    def _document(self) -> object:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            raise Refused(f"send a Content-Length of at most {MAX_BODY_BYTES} bytes")
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise Refused("that is not JSON") from error

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do the work; say clearly whose fault it is when it fails."""
        try:
            work()
        except Refused as error:
            self._answer(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        except (BotoCoreError, ClientError, RuntimeError) as error:
            print(f"AWS refused: {error}", file=sys.stderr, flush=True)
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": f"AWS refused: {type(error).__name__}"})

    def _nothing_here(self) -> None:
        self._answer(HTTPStatus.NOT_FOUND, {"error": "this stall does not do that"})

    def _answer(self, status: HTTPStatus, document: Document) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class MarketServer(ThreadingHTTPServer):
    """An HTTP server with the parts of the market that it was given; without one, its paths are not there."""

    def __init__(
        self, address: tuple[str, int], products: Products | None, baskets: Baskets | None, till: Till | None
    ) -> None:
        self.products, self.baskets, self.till = products, baskets, till
        super().__init__(address, MarketHandler)


class Market:
    """How the parts are made; `careless.py` makes some of them otherwise."""

    products, baskets, till, clerk = Products, Baskets, Till, Clerk

    def serve(self, options: argparse.Namespace, connect: Connect) -> None:
        """Serve until interrupted."""
        products = self.products(options.products, connect) if options.products else None
        baskets = self.baskets(options.baskets, options.basket_minutes, connect) if options.baskets else None
        till = self.till(options.bus, products, connect) if options.bus and products else None
        if options.queue and options.orders and options.products:
            self.clerk(options.queue, options.orders, options.products, connect).start()
        with MarketServer((options.host, options.port), products, baskets, till) as server:
            print(f"The market is open at http://{options.host}:{server.server_port} (Ctrl-C closes it).", flush=True)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                print("The market is closed.")


def parser() -> argparse.ArgumentParser:
    """Return the parser of what a market is told."""
    given, parts = os.environ.get, argparse.ArgumentParser(description=__doc__)
    parts.formatter_class = argparse.RawDescriptionHelpFormatter
    parts.add_argument("--products", default=given("PRODUCTS_TABLE"), help="the table of products (or PRODUCTS_TABLE)")
    parts.add_argument("--baskets", default=given("BASKETS_TABLE"), help="the table of baskets (or BASKETS_TABLE)")
    parts.add_argument(
        "--basket-minutes",
        type=int,
        default=given("BASKET_MINUTES") or "60",
        help="how long a basket is kept (or BASKET_MINUTES)",
    )
    parts.add_argument("--bus", default=given("EVENT_BUS"), help="the bus that hears of orders (or EVENT_BUS)")
    parts.add_argument("--queue", default=given("ORDER_QUEUE"), help="URL of the clerk's queue (or ORDER_QUEUE)")
    parts.add_argument("--orders", default=given("ORDERS_TABLE"), help="the clerk's table (or ORDERS_TABLE)")
    parts.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parts.add_argument("--port", type=int, default=8282, help="the port to listen on (default: %(default)s)")
    return parts


def connect_to_aws() -> Connect:
    """Return what makes clients, with short patience and few repetitions."""
    config = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "max_attempts": 2})
    # The SDK for Python knows only the second of these names.
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    session = boto3.Session(region_name=region)
    return lambda service: session.client(service, config=config)


def open_market(market: Market, options: argparse.Namespace) -> None:
    """Open it, or say what a terminal without credentials and region lacks."""
    try:
        market.serve(options, connect_to_aws())
    except BotoCoreError as error:
        sys.exit(f"{error} Paste the shell block from the Environment page into this terminal first.")


if __name__ == "__main__":
    open_market(Market(), parser().parse_args())
