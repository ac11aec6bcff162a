"""The desk's URLs."""

from pathlib import Path

from tornado.web import Application

from review.desk.drawing_pool import DrawingPool
from review.desk.handlers import (
    BatchHandler,
    DecisionHandler,
    ImageHandler,
    NotFoundHandler,
    OverviewHandler,
    PictureHandler,
)
from review.desk.mask import DrawHandler, MaskHandler
from review.desk.templates import RescanHandler, TemplatePictureHandler, TemplatesHandler
from review.desk.troubles import DismissHandler
from tasks.context import Context

HERE = Path(__file__).parent


def application(line: Context, drawing: DrawingPool, password: str) -> Application:
    """The desk of a line as a Tornado application; every page requires ``password``.

    Tornado is installed with Flower. Its templates escape all values, and it refuses a form without the token of
    the page it came from, so a foreign site cannot send one.
    """
    return Application(
        [
            (r"/", OverviewHandler),
            (r"/batches/(\d{1,18})", BatchHandler),
            (r"/images/(\d{1,18})", ImageHandler),
            (r"/images/(\d{1,18})/decision", DecisionHandler),
            (r"/images/(\d{1,18})/draw", DrawHandler),
            (r"/images/(\d{1,18})/mask\.png", MaskHandler),
            (r"/images/(\d{1,18})/([a-z-]+)\.jpg", PictureHandler),
            (r"/troubles/(\d{1,18})/dismiss", DismissHandler),
            (r"/templates", TemplatesHandler),
            (r"/templates/(\d{1,18})", TemplatesHandler),
            (r"/templates/(\d{1,18})/again", RescanHandler),
            (r"/templates/(\d{1,18})\.png", TemplatePictureHandler),
        ],
        default_handler_class=NotFoundHandler,
        template_path=str(HERE / "pages"),
        static_path=str(HERE / "static"),
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"samesite": "Strict", "httponly": True},
        line=line,
        drawing=drawing,
        password=password,
    )
