"""What `panel serve app` runs for each visitor."""

import logging

import panel as pn

pn.extension("tabulator", defer_load=False)
pn.config.reconnect = True

try:
    from app.page import build

    page = build()
except Exception as problem:  # else the visitor would see an endless spinner
    from app.trouble import sentence

    logging.getLogger("cainr.app").exception("the page could not be built")
    page = sentence(problem)

page.servable()
