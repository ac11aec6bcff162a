"""Settings of this installation: read once from ``SLUICE_*``, passed down as one frozen object."""

import json
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from line.errors import SettingsError


class Settings(BaseSettings):
    """Every field may be set as ``SLUICE_<FIELD>``."""

    model_config = SettingsConfigDict(env_prefix="SLUICE_", frozen=True, extra="ignore")

    home: Path = Field(Path("~/.sluice"), description="state folder of the embedded servers and the bucket")
    database_url: SecretStr | None = Field(None, description="Postgres; an embedded one where not set")
    broker_url: SecretStr | None = Field(None, description="Redis; an embedded one where not set")
    bucket_url: str | None = Field(None, description="file:// or s3:// bucket; SLUICE_HOME/bucket if not set")
    config: Path | None = Field(None, description="topology file; ./sluice.toml where there is one")
    device: str = Field("cpu", description="device of this process, such as cpu or cuda:0")
    plugins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="modules that bring further transforms and models: a JSON list, or names separated by commas",
    )
    lease_seconds: float = Field(30.0, gt=0, description="a shard is taken back after so long without news")
    step_seconds: float = Field(900.0, gt=0, description="hard limit of one step of one shard")
    quiet_seconds: float = Field(
        300.0, ge=0, description="an upload without _READY is complete after so long without a change"
    )
    poll_seconds: float = Field(0.2, gt=0, description="shortest pause of the scheduler between two rounds")
    sweep_seconds: float = Field(2.0, gt=0, description="how often stranded shards are looked for")
    grace_seconds: float = Field(5.0, gt=0, description="how long a published message may be invisible")
    read_ahead: bool | None = Field(
        None, description="read the next shard meanwhile; if not set, on a GPU only"
    )
    memory: int | None = Field(
        None, gt=0, description="bytes a worker's child may grow to before it is renewed"
    )
    decode_seconds: float = Field(60.0, gt=0, description="a photo that decodes for longer is refused")
    decode_memory: int = Field(
        2_500_000_000, gt=0, description="bytes that decoding one photo may take; a larger need is refused"
    )
    micro_batch: int = Field(4, ge=1, description="pictures given to a model at once")
    desk_password: SecretStr | None = Field(None, description="of the review desk, where it is started alone")
    desk_people: Path | None = Field(
        None, description="accounts of the review desk; SLUICE_HOME/desk.people if not set"
    )
    desk_proxy_header: str = Field(
        "", description="header in which a reverse proxy names the person, if one does"
    )
    desk_proxy_addresses: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="addresses of that proxy: a JSON list, or addresses separated by commas"
    )
    flower_url: str = Field(
        "", description="address of Flower that the desk links; that of `sluice up` if empty"
    )
    desk_url: str = Field(
        "", description="address of the review desk that Flower links; that of `sluice up` if empty"
    )
    webhook_private: bool = Field(False, description="whether webhooks may lead to private addresses")
    smtp_url: SecretStr | None = Field(
        None, description="mail server of webhooks: smtp://user:password@host:587"
    )
    smtp_from: str = Field("sluice@localhost", description="sender of mails")
    weights_mirror: Path | None = Field(
        None, description="folder that models' weights are taken from, instead of any network"
    )
    distance: str = Field(
        "lpips_alex", description="model that the comparing commands measure with; GMSD where it is not ready"
    )
    c2pa_certificate: Path | None = Field(None, description="PEM chain that delivered files are signed with")
    c2pa_key: Path | None = Field(None, description="PEM of the certificate's private key")
    c2pa_algorithm: Literal["es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519"] = Field(
        "es256", description="algorithm of the certificate's key"
    )
    log_level: str = Field("INFO", description="level of the processes' logs")
    log_format: Literal["text", "json"] = Field("text", description="form of the processes' logs")

    @field_validator("plugins", "desk_proxy_addresses", mode="before")
    @classmethod
    def _are_names(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if not value.lstrip().startswith("["):
            return tuple(filter(None, map(str.strip, value.split(","))))
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError(
                'must be a JSON list such as ["my_steps"], or names separated by commas'
            ) from None

    @field_validator("database_url", "broker_url")
    @classmethod
    def _is_a_url(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Validate the scheme here, because errors of the libraries quote the URL, possibly with its password."""
        if value is None:
            return None
        wanted = "postgresql" if info.field_name == "database_url" else "redis"
        try:
            url = urlsplit(value.get_secret_value())
            good = url.scheme.startswith((wanted, "sentinel")) and (url.port or 1) > 0
        except ValueError:
            good = False
        if not good:
            raise ValueError(
                f"must be a URL such as {wanted}://user:password@host:port/name; in the password, what is neither "
                "letter nor digit is written as %XX"
            )
        return value

    @property
    def home_folder(self) -> Path:
        try:
            return self.home.expanduser().resolve()
        except RuntimeError:  # a user without an entry in /etc/passwd, and without HOME
            raise SettingsError(
                f"SLUICE_HOME: {self.home} cannot be found, because this user has no home folder: name another folder"
            ) from None

    @property
    def bucket(self) -> str:
        """URL of the bucket; a folder below ``SLUICE_HOME`` if it is not set."""
        return self.bucket_url or (self.home_folder / "bucket").as_uri()

    @property
    def people_file(self) -> Path:
        """Accounts of the review desk."""
        return (self.desk_people or self.home_folder / "desk.people").expanduser()

    @property
    def weights_folder(self) -> Path:
        """Weights that were pulled or added."""
        return self.home_folder / "weights"

    def database(self) -> str:
        """SQLAlchemy URL of Postgres.

        Raises:
            SettingsError: none is set and no embedded one runs.
        """
        return _secret(self.database_url, "SLUICE_DATABASE_URL")

    def broker(self) -> str:
        """Celery URL of Redis.

        Raises:
            SettingsError: none is set and no embedded one runs.
        """
        return _secret(self.broker_url, "SLUICE_BROKER_URL")


def _secret(value: SecretStr | None, variable: str) -> str:
    if value is None:
        raise SettingsError(f"{variable} is not set: set it, or start the embedded servers with `sluice up`")
    return value.get_secret_value()


def load_settings() -> Settings:
    """The settings in this process's environment. Only its entry calls this, once, and passes them down.

    Raises:
        SettingsError: a variable holds something unusable; names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        variable = "SLUICE_" + str(first["loc"][0]).upper()
        raise SettingsError(f"{variable}: {first['msg']}") from None
