"""Glance v2: images."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from hsops.plugins.openstack.simulator.service import Answer, Call, Refusal, Route, Service, html
from hsops.plugins.openstack.simulator.times import rfc3339
from hsops.simulator.cloudvalues import Image

VERSIONS = ("2.15", "2.13", "2.12", "2.11", "2.10", "2.9", "2.8", "2.7")
UNVERIFIED = (
    "This server could not verify that you are authorized to access the document you requested. Either you supplied "
    "the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials "
    "required."
)


class Glance(Service):
    """Images, read-only; errors are pages of HTML."""

    type = "image"
    empty_type = "text/html; charset=UTF-8"

    def routes(self) -> list[Route]:
        """Discovery and reads."""
        return [
            Route("GET", "/", lambda call: Answer(300, self._versions()), public=True),
            Route("GET", "/versions", lambda call: self._versions(), public=True),
            Route("GET", "/v2/images", self._list),
            Route("GET", "/v2/images/{id}", self._show),
            Route("GET", "/v2/info/stores", lambda call: {"stores": [{"id": "file", "default": "true"}]}),
        ]

    def error(self, request: web.Request, status: int, message: str) -> web.Response:
        """A page of HTML."""
        return html(status, message)

    def unauthorized(self, request: web.Request) -> web.Response:
        """HTML also here."""
        return self.challenge(html(401, UNVERIFIED))

    def _versions(self) -> dict[str, Any]:
        links = [{"rel": "self", "href": f"{self.url}/v2/"}]
        rows = [
            {"id": f"v{number}", "status": "SUPPORTED" if place else "CURRENT", "links": links}
            for place, number in enumerate(VERSIONS)
        ]
        return {"versions": rows}

    @staticmethod
    def _row(image: Image) -> dict[str, Any]:
        path, when = f"/v2/images/{image.id}", rfc3339(image.created)
        return {
            "name": image.name,
            "disk_format": "raw",
            "container_format": "bare",
            "visibility": image.visibility,
            "size": image.size,
            "virtual_size": image.size,
            "status": image.status,
            "checksum": image.checksum,
            "protected": False,
            "min_ram": 0,
            "min_disk": 0,
            "owner": image.owner,
            "os_hidden": False,
            "os_hash_algo": "sha512",
            "os_hash_value": image.checksum * 4,
            "id": image.id,
            "created_at": when,
            "updated_at": when,
            "tags": [],
            "self": path,
            "file": f"{path}/file",
            "schema": "/v2/schemas/image",
            "stores": "file",
        }

    def _list(self, call: Call) -> dict[str, Any]:
        rows = [self._row(image) for image in self.cloud.compute.images.values()]
        for name in ("name", "status", "visibility", "owner", "id"):
            if name in call.query:
                wanted = set(call.query[name].removeprefix("in:").split(","))
                rows = [row for row in rows if row[name] in wanted]
        rows = [r for r in rows if r["os_hidden"] == (call.query.get("os_hidden", "").lower() == "true")]
        rows.sort(key=lambda row: (row["created_at"], row["id"]), reverse=True)
        found: dict[str, Any] = {"images": rows, "first": "/v2/images", "schema": "/v2/schemas/images"}
        kept = [(key, value) for key, value in call.query.items() if key != "marker"]
        if kept:
            found["first"] += f"?{urlencode(kept)}"
        return self._page(call, found, kept)

    @staticmethod
    def _page(call: Call, found: dict[str, Any], kept: list[tuple[str, str]]) -> dict[str, Any]:
        rows, marker, limit = found["images"], call.query.get("marker"), call.number("limit", 0)
        if marker is not None:
            place = next((i for i, row in enumerate(rows) if row["id"] == marker), None)
            if place is None:
                raise Refusal(400, f"Invalid marker. Image could not be found: {marker}")
            rows = rows[place + 1 :]
        if limit:
            rows = rows[:limit]
            if len(rows) == limit:
                found["next"] = f"/v2/images?{urlencode([*kept, ('marker', rows[-1]['id'])])}"
        return {**found, "images": rows}

    def _show(self, call: Call) -> dict[str, Any]:
        image = self.cloud.compute.images.get(call["id"])
        if image is None:
            raise Refusal(404, f"No image found with ID {call['id']}")
        return self._row(image)
