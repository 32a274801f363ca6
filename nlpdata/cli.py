"""The command line: ``nlpdata script new | check | record | trust | distrust``.

Knows: words on a command line. Does not know: how any of it is done; every command calls one function and prints its result.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from nlpdata.errors import NlpdataError
from nlpdata.scripts import distrust, fetched_script, trust, trusted_scripts
from nlpdata.testing import SuiteError, check_loader
from nlpdata.testing.record import record_loader
from nlpdata.testing.template import new_loader


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 if it went well, 1 if not, with the reason on standard error."""
    given = _parser().parse_args(arguments)
    try:
        for line in given.command(given):
            print(line)
    except (NlpdataError, SuiteError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nlpdata", description="Corpora, and the scripts that load them.")
    rooms = parser.add_subparsers(required=True, metavar="COMMAND")
    script = rooms.add_parser("script", help="loader scripts of your own, and those of others")
    actions = script.add_subparsers(required=True, metavar="ACTION")

    new = actions.add_parser("new", help="write a loader folder to begin with")
    new.add_argument("name")
    new.add_argument("--folder", default=".", help="where to put it")
    new.set_defaults(command=_new)

    check = actions.add_parser("check", help="run the suite for loader folders")
    check.add_argument("loader", help="folder, script, or shipped name")
    check.set_defaults(command=_check)

    record = actions.add_parser("record", help="download, and record checksums and split sizes beside the loader")
    record.add_argument("loader", help="folder, script, or shipped name")
    record.add_argument("config", nargs="?", help="one configuration; all by default")
    record.add_argument("--accept-checksums", action="store_true", help="also what differs from the record")
    record.add_argument("--data-dir", help="folder of files that are downloaded by hand")
    record.set_defaults(command=_record)

    trusted = actions.add_parser("trust", help="let the script behind a URL run, as it is now; without a URL: list")
    trusted.add_argument("url", nargs="?")
    trusted.set_defaults(command=_trust)

    untrusted = actions.add_parser("distrust", help="take that back")
    untrusted.add_argument("sha256")
    untrusted.set_defaults(command=_distrust)
    return parser


def _new(given: argparse.Namespace) -> list[str]:
    folder = new_loader(given.name, given.folder)
    return [f"{folder} is a loader that works on its dummy data.", f"Try: nlpdata script check {folder}"]


def _check(given: argparse.Namespace) -> list[str]:
    report = check_loader(given.loader)
    skipped = [f"not checked: {name}: {why}" for name, why in report.skipped.items()]
    return [f"{given.loader}: {len(report.passed)} checks passed", *skipped]


def _record(given: argparse.Namespace) -> list[str]:
    options = {"data_dir": given.data_dir} if given.data_dir else {}
    lines = record_loader(given.loader, given.config, accept_checksums=given.accept_checksums, **options)
    return lines or ["Nothing changed."]


def _trust(given: argparse.Namespace) -> list[str]:
    if given.url is None:
        return [f"{sha256} {about.get('name')} {about.get('source')}" for sha256, about in trusted_scripts().items()]
    script = fetched_script(given.url)
    trust(script)
    return [f"Trusted: {script.source}", f"  sha256 {script.sha256}", f"  to be read in {script.folder}"]


def _distrust(given: argparse.Namespace) -> list[str]:
    return ["Not trusted any more." if distrust(given.sha256) else "It was not trusted."]


if __name__ == "__main__":
    sys.exit(main())
