"""Intake: complete uploads in the ingest bucket become batches, each once, however often they are seen.

Layout: ``ingest/VENDOR/UPLOAD/…`` for a folder, ``ingest/VENDOR/UPLOAD.zip`` (or ``.7z``, ``.tar.gz``, …) for an
archive. An upload is complete when a marker lies in it (``_READY`` in the folder, ``UPLOAD.zip._READY`` beside
the archive), or when its listing has not changed for the quiet period and no temporary file of a transfer program
lies in it. It is not complete while ``sluice submit`` copies it (``_ARRIVING``). The marker may be empty or hold
JSON: ``{"recipe": "catalog", "out": "file:///…"}``.

What lies in the bucket and is not taken stands in ``records.troubles`` with its reason.
"""
