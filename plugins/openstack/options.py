"""Settings of the plugin in a site file."""

from __future__ import annotations

from hsops.api import Options, Secret


class OpenStackOptions(Options):
    """Either a cloud of clouds.yaml (`cloud`, or whatever OS_* variables say when empty) or `auth_url` and a user."""

    cloud: str = ""
    """Name in clouds.yaml. Search order, secure.yaml and OS_* variables are openstacksdk's."""
    config_file: str = ""
    """This clouds.yaml and no other; a secure.yaml beside it is read too."""
    region: str = ""
    """Region of the catalogue; empty: the cloud's own setting."""
    interface: str = ""
    """public, internal or admin; empty: the cloud's own setting."""

    auth_url: str = ""
    """Keystone, for sites without a clouds.yaml: ``https://keystone.example:5000/v3``."""
    username: str = ""
    password: Secret | None = None
    project: str = ""
    user_domain: str = "Default"
    project_domain: str = "Default"
    application_credential_id: str = ""
    application_credential_secret: Secret | None = None
    """With `application_credential_id`, instead of user and password."""

    ca: str = ""
    """PEM file of the CA that signed the services' certificates."""
    insecure: bool = False
    """Do not verify certificates. Refused on tier prod."""
    history: int = 24
    """Hours of migrations that are listed."""
