"""Keystone v3."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from hsops.plugins.openstack.simulator.cloud import REGION, Token
from hsops.plugins.openstack.simulator.service import REASONS, Answer, Call, Refusal, Route, Service, json_response
from hsops.plugins.openstack.simulator.times import micro_z
from hsops.simulator.cloudvalues import Project, User

UNAUTHENTICATED = "The request you have made requires authentication."
DOMAIN = {"id": "default", "name": "Default"}


class Keystone(Service):
    """Log-in, catalogue, projects, users, roles."""

    type = "identity"

    def routes(self) -> list[Route]:
        """What clients ask for."""
        return [
            Route("GET", "/", self._versions, public=True),
            Route("GET", "/v3", self._version, public=True),
            Route("GET", "/v3/", self._version, public=True),
            Route("POST", "/v3/auth/tokens", self._log_in, public=True),
            Route("GET", "/v3/auth/tokens", self._validate),
            Route("HEAD", "/v3/auth/tokens", self._validate),
            Route("DELETE", "/v3/auth/tokens", self._revoke),
            Route(
                "GET", "/v3/auth/catalog", lambda call: {"catalog": self.cloud.catalog, **self._self("auth/catalog")}
            ),
            Route("GET", "/v3/auth/projects", self._own_projects),
            Route("GET", "/v3/projects", self._projects),
            Route("GET", "/v3/projects/{id}", self._project),
            Route("GET", "/v3/users", self._users),
            Route("GET", "/v3/users/{id}", self._user),
            Route("GET", "/v3/users/{id}/projects", self._user_projects),
            Route("GET", "/v3/domains", self._domains),
            Route("GET", "/v3/domains/{id}", self._domain),
            Route("GET", "/v3/roles", self._roles),
            Route("GET", "/v3/roles/{id}", self._role),
            Route("GET", "/v3/role_assignments", self._assignments),
            Route("GET", "/v3/services", self._services),
            Route("GET", "/v3/services/{id}", self._service),
            Route("GET", "/v3/endpoints", self._endpoints),
            Route("GET", "/v3/regions", self._regions),
            Route("GET", "/v3/groups", lambda call: self._list(call, "groups", [])),
            Route("GET", "/v3/limits", lambda call: self._list(call, "limits", [])),
            Route("GET", "/v3/registered_limits", lambda call: self._list(call, "registered_limits", [])),
        ]

    def error(self, request: web.Request, status: int, message: str) -> web.Response:
        """Keystone's shape; a 401 says where to log in."""
        body = {"error": {"code": status, "message": message, "title": REASONS.get(status, "Error")}}
        response = json_response(status, body)
        return self.challenge(response) if status == 401 else response

    def denied(self, rule: str) -> str:
        """Text of a 403."""
        return f"You are not authorized to perform the requested action: {rule}."

    # -- versions --------------------------------------------------------------------------------------------------
    def _v3(self) -> dict[str, Any]:
        media = {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}
        links = [{"rel": "self", "href": f"{self.url}/v3/"}]
        about = {"id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z"}
        return {**about, "links": links, "media-types": [media]}

    def _versions(self, call: Call) -> Answer:
        return Answer(300, {"versions": {"values": [self._v3()]}}, {"Location": f"{self.url}/v3/"})

    def _version(self, call: Call) -> dict[str, Any]:
        return {"version": self._v3()}

    # -- log-in ----------------------------------------------------------------------------------------------------
    def _log_in(self, call: Call) -> Answer:
        auth = call.body.get("auth") if isinstance(call.body, dict) else None
        if not isinstance(auth, dict):
            raise Refusal(400, "Expecting to find auth in request body. The server could not comply with the request "
                               "since it is either malformed or otherwise incorrect. The client is assumed to be in "
                               "error.")  # fmt: skip
        identity = auth.get("identity", {})
        methods = tuple(identity.get("methods", ()))
        if "token" in methods:
            user = self._by_token(identity["token"]["id"])
        else:
            user = self._by_password(identity.get("password", {}).get("user", {}))
        token = self.cloud.issue(user, self._scope(auth.get("scope"), user), methods)
        return Answer(201, {"token": self._described(token)}, {"X-Subject-Token": token.value})

    def _by_token(self, value: str) -> User:
        token = self.cloud.token(value)
        if token is None:
            raise Refusal(404, "Failed to validate token")
        return token.user

    def _by_password(self, wanted: dict[str, Any]) -> User:
        for user in self.cloud.compute.users.values():
            named = wanted.get("id") == user.id or wanted.get("name") == user.name
            if named and wanted.get("password") == user.password:
                return user
        raise Refusal(401, UNAUTHENTICATED)

    def _scope(self, scope: Any, user: User) -> Project | None:
        """The project of the scope. A user who is no administrator may scope to his own only."""
        if not isinstance(scope, dict) or "project" not in scope:
            return None
        wanted = scope["project"]
        for project in self.cloud.compute.projects.values():
            named = wanted.get("id") == project.id or wanted.get("name") == project.name
            if named and (user.role == "admin" or user.project == project.id):
                return project
        raise Refusal(401, UNAUTHENTICATED)

    def _described(self, token: Token) -> dict[str, Any]:
        user = {"domain": DOMAIN, "id": token.user.id, "name": token.user.name, "password_expires_at": None}
        found: dict[str, Any] = {
            "methods": list(token.methods),
            "user": user,
            "audit_ids": [token.value[-22:]],
            "expires_at": micro_z(token.expires),
            "issued_at": micro_z(token.issued),
        }
        if token.project is not None:
            roles = self.cloud.roles if token.admin else {n: i for n, i in self.cloud.roles.items() if n != "admin"}
            found["project"] = {"domain": DOMAIN, "id": token.project.id, "name": token.project.name}
            found["is_domain"] = False
            found["roles"] = [{"id": id_, "name": name} for name, id_ in roles.items()]
            found["catalog"] = self.cloud.catalog
        return found

    def _subject(self, call: Call) -> Token:
        token = self.cloud.token(call.request.headers.get("X-Subject-Token", ""))
        if token is None:
            raise Refusal(404, "Failed to validate token")
        return token

    def _validate(self, call: Call) -> Answer:
        token = self._subject(call)
        return Answer(200, {"token": self._described(token)}, {"X-Subject-Token": token.value})

    def _revoke(self, call: Call) -> Answer:
        self.cloud.revoke(self._subject(call).value)
        return Answer(204)

    # -- lists -----------------------------------------------------------------------------------------------------
    def _links(self, call: Call) -> dict[str, Any]:
        return {"links": {"next": None, "self": f"{self.url}{call.request.path_qs}", "previous": None}}

    def _list(self, call: Call, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """A collection, filtered by the attributes in the query (`limit` is ignored, as keystone does)."""
        wanted = {k: v for k, v in call.query.items() if rows and k in rows[0] and k != "links"}
        kept = [row for row in rows if all(_text(row.get(key)) == value for key, value in wanted.items())]
        return {name: kept, **self._links(call)}

    def _self(self, path: str) -> dict[str, Any]:
        return {"links": {"self": f"{self.url}/v3/{path}"}}

    def _project_row(self, project: Project) -> dict[str, Any]:
        return {
            "id": project.id,
            "name": project.name,
            "domain_id": "default",
            "description": project.description,
            "enabled": project.enabled,
            "parent_id": "default",
            "is_domain": False,
            "tags": [],
            "options": {},
            **self._self(f"projects/{project.id}"),
        }

    def _projects(self, call: Call) -> dict[str, Any]:
        call.admin("identity:list_projects")
        return self._list(call, "projects", [self._project_row(p) for p in self.cloud.compute.projects.values()])

    def _own_projects(self, call: Call) -> dict[str, Any]:
        user = call.caller.user
        mine = [p for p in self.cloud.compute.projects.values() if user.role == "admin" or p.id == user.project]
        return self._list(call, "projects", [self._project_row(p) for p in mine])

    def _user_projects(self, call: Call) -> dict[str, Any]:
        user = self._found(self.cloud.compute.users.get(call["id"]), "user", call["id"])
        return self._list(call, "projects", [self._project_row(self.cloud.compute.projects[user.project])])

    def _project(self, call: Call) -> dict[str, Any]:
        project = self._found(self.cloud.compute.projects.get(call["id"]), "project", call["id"])
        if project.id != call.caller.user.project:
            call.admin("identity:get_project")
        return {"project": self._project_row(project)}

    @staticmethod
    def _found(thing: Any, kind: str, name: str) -> Any:
        if thing is None:
            raise Refusal(404, f"Could not find {kind}: {name}.")
        return thing

    def _user_row(self, user: User) -> dict[str, Any]:
        about = {"id": user.id, "name": user.name, "domain_id": "default", "enabled": True}
        return {**about, "password_expires_at": None, "options": {}, **self._self(f"users/{user.id}")}

    def _users(self, call: Call) -> dict[str, Any]:
        call.admin("identity:list_users")
        return self._list(call, "users", [self._user_row(u) for u in self.cloud.compute.users.values()])

    def _user(self, call: Call) -> dict[str, Any]:
        user = self._found(self.cloud.compute.users.get(call["id"]), "user", call["id"])
        if user.id != call.caller.user.id:
            call.admin("identity:get_user")
        return {"user": self._user_row(user)}

    def _domain_row(self) -> dict[str, Any]:
        about = {**DOMAIN, "description": "The default domain", "enabled": True, "tags": [], "options": {}}
        return {**about, **self._self("domains/default")}

    def _domains(self, call: Call) -> dict[str, Any]:
        call.admin("identity:list_domains")
        return self._list(call, "domains", [self._domain_row()])

    def _domain(self, call: Call) -> dict[str, Any]:
        self._found(call["id"] == "default" or None, "domain", call["id"])
        return {"domain": self._domain_row()}

    def _role_row(self, name: str) -> dict[str, Any]:
        id_ = self.cloud.roles[name]
        about = {"id": id_, "name": name, "domain_id": None, "description": None, "options": {"immutable": True}}
        return {**about, **self._self(f"roles/{id_}")}

    def _roles(self, call: Call) -> dict[str, Any]:
        return self._list(call, "roles", [self._role_row(name) for name in self.cloud.roles])

    def _role(self, call: Call) -> dict[str, Any]:
        names = {id_: name for name, id_ in self.cloud.roles.items()}
        return {"role": self._role_row(self._found(names.get(call["id"]), "role", call["id"]))}

    def _assignments(self, call: Call) -> dict[str, Any]:
        call.admin("identity:list_role_assignments")
        named = call.query.get("include_names", "").lower() in ("true", "1")
        rows = []
        for user in self.cloud.compute.users.values():
            project, role = self.cloud.compute.projects[user.project], self.cloud.roles[user.role]
            path = f"projects/{project.id}/users/{user.id}/roles/{role}"
            names = [{"name": name, "domain": DOMAIN} if named else {} for name in (project.name, user.name)]
            rows.append(
                {
                    "links": {"assignment": f"{self.url}/v3/{path}"},
                    "scope": {"project": {"id": project.id, **names[0]}},
                    "user": {"id": user.id, **names[1]},
                    "role": {"id": role, **({"name": user.role} if named else {})},
                }
            )
        return self._list(call, "role_assignments", rows)

    def _service_row(self, entry: dict[str, Any]) -> dict[str, Any]:
        about = {"name": entry["name"], "id": entry["id"], "type": entry["type"], "enabled": True}
        return {**about, **self._self(f"services/{entry['id']}")}

    def _services(self, call: Call) -> dict[str, Any]:
        call.admin("identity:list_services")
        return self._list(call, "services", [self._service_row(entry) for entry in self.cloud.catalog])

    def _service(self, call: Call) -> dict[str, Any]:
        entry = next((entry for entry in self.cloud.catalog if entry["id"] == call["id"]), None)
        return {"service": self._service_row(self._found(entry, "service", call["id"]))}

    def _endpoints(self, call: Call) -> dict[str, Any]:
        call.admin("identity:list_endpoints")
        rows = [
            {
                "id": endpoint["id"],
                "interface": endpoint["interface"],
                "region_id": REGION,
                "service_id": entry["id"],
                "url": endpoint["url"],
                "enabled": True,
                "region": REGION,
                **self._self(f"endpoints/{endpoint['id']}"),
            }
            for entry in self.cloud.catalog
            for endpoint in entry["endpoints"]
        ]
        return self._list(call, "endpoints", rows)

    def _regions(self, call: Call) -> dict[str, Any]:
        row = {"id": REGION, "description": "", "parent_region_id": None, **self._self(f"regions/{REGION}")}
        return self._list(call, "regions", [row])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
