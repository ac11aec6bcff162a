import os
import pwd
from pathlib import Path

import pytest

from line.errors import ServiceError
from stack.servers import service_user
from stack.servers.service_user import Account, choose

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
SH = Path("/bin/sh")


@pytest.mark.skipif(os.geteuid() == 0, reason="as root another user is chosen")
def test_an_ordinary_user_runs_the_servers_itself(tmp_path: Path) -> None:
    chosen = choose(SH, tmp_path, "Postgres")
    assert (chosen.uid, chosen.switch, chosen.prefix()) == (os.geteuid(), False, [])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter everything")
def test_another_users_data_is_refused() -> None:
    with pytest.raises(ServiceError, match="belongs to root"):
        choose(SH, Path("/"), "Postgres")


@as_root
def test_root_gives_the_data_to_an_ordinary_user_and_keeps_the_folders_above_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # echo stands for a server: the folders above it are open, the data's are not
    above = tmp_path / "closed"
    data = above / "data"
    data.mkdir(parents=True)
    above.chmod(0o700)
    chosen = choose(Path("/bin/echo"), data, "Postgres")
    assert chosen.uid != 0
    assert chosen.right in {"dac_read_search", "dac_override"}  # the second in a plain container
    assert (data.stat().st_uid, above.stat().st_uid, above.stat().st_mode & 0o777) == (chosen.uid, 0, 0o700)


@as_root
def test_no_right_is_kept_where_none_is_needed(tmp_path: Path) -> None:
    here = Account("nobody", 65534, 65534, switch=True)
    works, _ = service_user._try(here, Path("/bin/echo"), Path("/"))
    assert works
    assert not any("cap_" in word or "ambient" in word for word in here.prefix())


@as_root
def test_the_owner_of_the_data_stays_its_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    assert choose(Path("/bin/echo"), tmp_path, "Postgres").uid == 65534


@as_root
def test_where_no_right_suffices_the_error_says_how_to_mend_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_user, "RIGHTS", (None,))
    data = tmp_path / "closed" / "data"
    data.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    with pytest.raises(ServiceError, match="SLUICE_HOME"):
        choose(Path("/bin/echo"), data, "Postgres")


@as_root
def test_a_machine_without_an_ordinary_user_gets_a_sentence_not_a_new_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody_here(name: str) -> pwd.struct_passwd:
        raise KeyError(name)

    monkeypatch.setattr(pwd, "getpwnam", nobody_here)
    with pytest.raises(ServiceError, match="no user postgres or nobody"):
        choose(SH, tmp_path, "Postgres")
