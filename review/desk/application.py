"""The desk's pages by their addresses."""

from pathlib import Path

from tornado.web import Application

from review.desk.background_jobs import Rounds
from review.desk.handlers import Batch, Decision, Image, Overview, Picture, Unknown
from review.desk.mask import Draw, FoundMask
from review.desk.templates import Again, Example, Templates

HERE = Path(__file__).parent


def application(password: str) -> Application:
    """The desk for whoever knows ``password``.

    Tornado, which Flower brings along: its templates escape what they show, and a form without the page's own
    token (which a foreign site does not know) is refused.
    """
    return Application(
        [
            (r"/", Overview),
            (r"/batches/(\d{1,18})", Batch),
            (r"/images/(\d{1,18})", Image),
            (r"/images/(\d{1,18})/decision", Decision),
            (r"/images/(\d{1,18})/draw", Draw),
            (r"/images/(\d{1,18})/mask\.png", FoundMask),
            (r"/images/(\d{1,18})/([a-z-]+)\.jpg", Picture),
            (r"/templates", Templates),
            (r"/templates/(\d{1,18})", Templates),
            (r"/templates/(\d{1,18})/again", Again),
            (r"/templates/(\d{1,18})\.png", Example),
        ],
        default_handler_class=Unknown,
        template_path=str(HERE / "pages"),
        static_path=str(HERE / "static"),
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"samesite": "Strict", "httponly": True},
        password=password,
        rounds=Rounds(),
    )
