"""The line's metrics for Prometheus, behind a token."""

from fastapi import APIRouter
from fastapi.responses import Response

from review.api.dependencies import LineOf, Monitor
from review.api.problems import documented
from review.metrics.collector import CONTENT_TYPE, exposition

router = APIRouter(tags=["line"])


@router.get(
    "/metrics",
    response_class=Response,
    responses=documented() | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def get_metrics(line: LineOf, token: Monitor) -> Response:
    """Metrics in the text format of Prometheus."""
    return Response(exposition(line.context.database), headers={"Content-Type": CONTENT_TYPE})
