"""Arguments and options that several commands share, and what the TAB key offers for them."""

from pathlib import Path

import click

from review.cli import complete

recipe_option = click.option(
    "--recipe",
    "-r",
    default="catalog",
    show_default=True,
    shell_complete=complete.recipes,
    help="Name of a shipped recipe, or a .toml file.",
)
vendor_option = click.option(
    "--vendor",
    default="local",
    show_default=True,
    shell_complete=complete.vendors,
    help="Name of the vendor whose upload it is.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
upload_argument = click.argument("upload", type=click.Path(exists=True, path_type=Path))
batch_argument = click.argument("batch", type=int, shell_complete=complete.batches)
