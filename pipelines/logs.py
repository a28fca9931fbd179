"""Errors reach the person as exceptions; what Beam logs beside them would only confuse."""

import logging


def quieten() -> None:
    """Silence Beam, best before it is imported: importing it logs, and adds a handler."""
    logging.getLogger().setLevel(logging.ERROR)
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
