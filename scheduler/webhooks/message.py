"""What is sent: a signed JSON document, a sentence for a chat, or a mail."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

from records.webhooks.deliveries import Delivery
from records.webhooks.events import PREFIX, Event, Format


def body(delivery: Delivery) -> bytes:
    """The body of a request: the same for every attempt."""
    if delivery.webhook.format is Format.SLACK:
        return json.dumps({"text": sentence(delivery.kind, delivery.data)}, ensure_ascii=False).encode()
    content = {"type": delivery.kind, "timestamp": delivery.at.isoformat(), "data": delivery.data}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def headers(delivery: Delivery, content: bytes, now: int) -> dict[str, str]:
    """The headers of a request.

    The signature is that of the Standard Webhooks specification 1.0: HMAC-SHA256 over id, time and body.

    Args:
        now: Unix time (s); receivers refuse messages that are some minutes old.
    """
    message_id = f"evt_{delivery.event_id}"
    secret = base64.b64decode(delivery.webhook.secret.removeprefix(PREFIX))
    digest = hmac.new(secret, f"{message_id}.{now}.".encode() + content, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Sluice",
        "webhook-id": message_id,
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def mail(delivery: Delivery, sender: str) -> EmailMessage:
    """The event as a mail to the address of the webhook's ``mailto:`` URL."""
    message = EmailMessage()
    text = sentence(delivery.kind, delivery.data)
    message["Subject"] = f"Sluice: {' '.join(text.split())[:150]}"
    message["From"], message["To"] = sender, delivery.webhook.url.removeprefix("mailto:")
    message["Message-ID"] = f"<evt-{delivery.event_id}-{delivery.webhook.id}@sluice.invalid>"
    details = "\n".join(f"{key}: {value}" for key, value in delivery.data.items())
    message.set_content(f"{text}\n\n{details}\n\n{delivery.kind}, {delivery.at:%Y-%m-%d %H:%M:%S %Z}\n")
    return message


def sentence(kind: str, data: Mapping[str, Any]) -> str:
    """An event in one sentence."""
    batch = f"batch {data.get('batch')} ({data.get('vendor')}/{data.get('upload')})"
    states = data.get("by_state", {})
    counts = ", ".join(f"{states[state]} {state}" for state in sorted(states))
    match kind:
        case Event.BATCH_DONE:
            return f"{batch} is done: {counts or 'no images'}"
        case Event.BATCH_TRIPPED:
            return f"the breaker halted {batch}: {data.get('reason')}"
        case Event.BATCH_HALTED:
            return f"{batch} was halted: {data.get('reason')}"
        case Event.REVIEW_WAITING:
            return f"images of {batch} wait for a person"
        case Event.BUDGET_NEAR:
            account = f"{data.get('scope')} {data.get('key')}"
            return f"most of the budget of {account} is spent: {data.get('spent')} of {data.get('ceiling')}"
        case Event.TROUBLE_BEGUN:
            return f"{data.get('subject')}: {data.get('sentence')}"
        case Event.TROUBLE_ENDED:
            return f"over: {data.get('subject')}: {data.get('sentence')}"
    return f"{kind}: {json.dumps(dict(data), ensure_ascii=False)}"
