"""What `panel serve app` runs for each visitor."""

import logging

import panel as pn

try:
    # First: Panel's extension looks into all classes of widgets, which must be whole by then, and
    # the first visitor may come while another thread still imports them.
    from app.page import build

    pn.extension("tabulator", defer_load=False)
    pn.config.reconnect = True
    page = build()
except Exception as problem:  # else the visitor would see an endless spinner
    from app.trouble import sentence

    logging.getLogger("cainr.app").exception("the page could not be built")
    page = sentence(problem)

page.servable()
