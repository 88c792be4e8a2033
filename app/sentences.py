"""Sentences of help on what Panel's components have none for; the page's script puts them there."""

from __future__ import annotations

import json

from app.views.closer import LOOKS

# (the component, the control within it, the sentence), as CSS selectors
SENTENCES = (
    ("", "[aria-label='Close drawer']", "Hide the choices at the left"),
    ("", "[aria-label='Open drawer']", "Show the choices at the left"),
    ("", "[aria-label='Toggle theme']", "Switch between light and dark"),
    ("", "[role=dialog] button[aria-label=close]", "Close"),
    (".section-data", ".fold-head", "Which field, and what part of it"),
    (".section-context", ".fold-head", "What the network is told besides place and time"),
    (".section-architecture", ".fold-head", "The network, and how large it is"),
    (".section-budget", ".fold-head", "How large the file may be"),
    (".section-recipe", ".fold-head", "How the network learns"),
    (".section-device", ".fold-head", "Where the network learns"),
    (".inner", ".fold-head", "Choices that seldom need a change"),
    (".sweep", ".fold-head", "Many networks on these data, and what comes of each size"),
    (".lines", ".fold-head", "What this page does, as a command and as lines of Python"),
    (".line-tabs", ".MuiTab-root:nth-of-type(1)", "Lines of Python that make the same file"),
    (".line-tabs", ".MuiTab-root:nth-of-type(2)", "A command that makes the same file"),
    (".player", "button", "Play the times of the field"),
    (".player", "input", "The time that the maps show"),
    (".scrubber", "button", "Play the states that the fit has left"),
    (".scrubber", "input", "The step of the fit that maps and curves show"),
    (".source", "button:nth-of-type(1)", "30 days of surface temperature that come with cainr"),
    (".source", "button:nth-of-type(2)", "A file on the server, or the URL of a Zarr store"),
    (".source", "button:nth-of-type(3)", "A file from this computer"),
    (".open-data", "button", "Read these data and show them"),
    (".cancel, .lesson-cancel", "button", "Stop, and keep what was learned as a run"),
    (".lesson-fit", "button", "Overfit the network of this step"),
    (".lesson-back", "button", "The step before"),
    (".lesson-next", "button", "The next step"),
    (".lesson-leave", "button", "Close the lesson; what it chose stays"),
    (".codecs-stop", "button", "Stop; what was measured is kept"),
    (".upload", "button, [role=button]", "Choose a file to send to the server, or drop it here"),
    (".load-state", "button, [role=button]", "Choose a file that Save state has made"),
    (".curve-axis", "button:nth-of-type(1)", "PSNR over the steps of the fit"),
    (".curve-axis", "button:nth-of-type(2)", "PSNR over the seconds that the fit took"),
    (".runs-table", ".tabulator-header input", "Look at all of these runs, or at none"),
    (".runs-table", ".tabulator-row input", "Look at this run: its maps, curves and files"),
    (".runs-table", ".tabulator-editable", "Click, or press Enter, to give it another name"),
    *(
        (".looks", f".MuiTab-root:nth-of-type({number})", look.told)
        for number, look in enumerate(LOOKS, 1)
    ),
)


def script(code: str) -> str:
    """JavaScript in which `SENTENCES` is known."""
    return f"const SENTENCES = {json.dumps(SENTENCES)}\n{code}"
