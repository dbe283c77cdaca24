"""The catalogue of Rent-a-Dodo: a small HTTP service that keeps products in a DynamoDB table.

Run it in a terminal that has the credentials of your team's account:

    python service.py --table products --port 8181
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

MAX_BODY_BYTES = 16 * 1024


class BadProduct(ValueError):
    """What was posted is not a product; the message says why."""


class Catalogue:
    """Products in a table; safe to use from several threads."""

    def __init__(self, table: str, client: Any) -> None:
        self._table = table
        self._client = client

    def add(self, product: object) -> dict[str, Any]:
        """Store a product and return it; raises BadProduct."""
        if not isinstance(product, dict):
            raise BadProduct("send a JSON object with id, name and price")
        identity, name = product.get("id"), product.get("name")
        if not (isinstance(identity, str) and identity and isinstance(name, str) and name):
            raise BadProduct("id and name must be texts")
        price = product.get("price", 0)
        if isinstance(price, bool) or not isinstance(price, int | float):
            raise BadProduct("price must be a number")
        item = {"id": {"S": identity}, "name": {"S": name}, "price": {"N": str(price)}}
        self._client.put_item(TableName=self._table, Item=item)
        return {"id": identity, "name": name, "price": price}

    def find(self, identity: str) -> dict[str, Any] | None:
        """Return the product with that id, or None."""
        answer = self._client.get_item(TableName=self._table, Key={"id": {"S": identity}}, ConsistentRead=True)
        item = answer.get("Item")
        if item is None:
            return None
        return {
            "id": identity,
            "name": item.get("name", {}).get("S", ""),
            "price": _number(item.get("price", {}).get("N", "0")),
        }


def _number(text: str) -> int | float:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return 0
    return int(number) if number == number.to_integral_value() else float(number)


class CatalogueHandler(BaseHTTPRequestHandler):
    """Answers one connection; the server carries the catalogue."""

    server: CatalogueServer
    timeout = 10

    def do_GET(self) -> None:
        """Answer GET /health and GET /products/ID."""
        path = urlsplit(self.path).path
        if path == "/health":
            self._answer(HTTPStatus.OK, {"status": "ok"})
        elif path.startswith("/products/"):
            identity = unquote(path.removeprefix("/products/"))
            self._guarded(lambda: self._show(identity))
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "there is /health and /products/ID"})

    def do_POST(self) -> None:
        """Answer POST /products."""
        if urlsplit(self.path).path != "/products":
            self._answer(HTTPStatus.NOT_FOUND, {"error": "products are posted to /products"})
            return
        self._guarded(self._create)

    def _show(self, identity: str) -> None:
        product = self.server.catalogue.find(identity) if identity else None
        if product is None:
            self._answer(HTTPStatus.NOT_FOUND, {"error": f"there is no product {identity}"})
        else:
            self._answer(HTTPStatus.OK, product)

    def _create(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            raise BadProduct(f"send a Content-Length of at most {MAX_BODY_BYTES} bytes")
        try:
            document = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise BadProduct("that is not JSON") from error
        self._answer(HTTPStatus.CREATED, self.server.catalogue.add(document))

    def _guarded(self, work: Any) -> None:
        """Do the work; say clearly whose fault it is when it fails."""
        try:
            work()
        except BadProduct as error:
            self._answer(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        except (BotoCoreError, ClientError) as error:
            print(f"AWS refused: {error}", file=sys.stderr, flush=True)
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": f"AWS refused: {type(error).__name__}"})

    def _answer(self, status: HTTPStatus, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class CatalogueServer(ThreadingHTTPServer):
    """An HTTP server with a catalogue behind it."""

    def __init__(self, address: tuple[str, int], catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        super().__init__(address, CatalogueHandler)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", default=os.environ.get("TABLE"), help="the table of products (or TABLE)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8181, help="the port to listen on (default: %(default)s)")
    options = parser.parse_args(arguments)
    if not options.table:
        parser.error("say which table holds the products: --table NAME")
    config = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "max_attempts": 2})
    try:
        # The SDK for Python knows only the second of these names.
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        client = boto3.client("dynamodb", region_name=region, config=config)
    except BotoCoreError as error:
        parser.error(f"{error} Paste the shell block from the Environment page into this terminal first.")
    with CatalogueServer((options.host, options.port), Catalogue(options.table, client)) as server:
        print(f"The catalogue is open at http://{options.host}:{server.server_port} (Ctrl-C closes it).", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("The catalogue is closed.")


if __name__ == "__main__":
    main()
