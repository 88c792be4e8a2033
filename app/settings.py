"""How this server is run: what its visitors may do. Read from the environment, in one place."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import param

from cainr_core.choices import Choices, DataChoice, values_of
from cainr_core.errors import CainrError
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from cainr_core.queue import work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cainr_core.data.fields import Field
    from cainr_core.planning import Plan

PREFIX = "CAINR_"


class Settings(param.Parameterized):
    """What a server allows; `kiosk` is $CAINR_KIOSK, and so on. All of it is enforced here, on the
    server; the page only leaves away what would be refused."""

    kiosk = param.Boolean(
        default=False,
        doc="For a class: no files, no deletion and no sweeps, fits of limited length, and a "
        "library of their own for each visitor that goes an hour after they left.",
    )
    kiosk_steps = param.Integer(
        default=2000,
        bounds=(1, None),
        doc="Most steps of a fit in kiosk mode; of a network larger than the default fewer.",
    )

    apart = param.Boolean(
        default=False,
        doc="A library of their own for each browser, which stays; those who sign in have one "
        "anyway. The runs in $CAINR_RUNS are shown to all.",
    )
    upload_mb = param.Integer(
        default=300,
        bounds=(1, None),
        doc="Largest file that a visitor may send, in MB; a page may send three times that.",
    )

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """The settings that an environment names. CainrError where a value is none."""
        given: dict[str, Any] = {}
        for name in cls.param:
            text = environment.get(PREFIX + name.upper(), "").strip()
            if name == "name" or not text:
                continue
            try:
                given[name] = bool(int(text)) if _is_switch(name) else int(text)
                cls(**given)
            except ValueError as error:
                wanted = "0 or 1" if _is_switch(name) else "a whole number of at least 1"
                told = f"{PREFIX}{name.upper()} must be {wanted}, not {text!r}."
                raise CainrError(told) from error
        return cls(**given)

    @property
    def files_allowed(self) -> bool:
        """Whether visitors may open files of the server, by path or URL."""
        return not self.kiosk

    @property
    def uploads_allowed(self) -> bool:
        """Whether visitors may send files."""
        return not self.kiosk

    @property
    def deletion_allowed(self) -> bool:
        """Whether visitors may delete runs."""
        return not self.kiosk

    @property
    def sweeps_allowed(self) -> bool:
        """Whether visitors may start sweeps."""
        return not self.kiosk

    def check_file(self, path: str, library: Path) -> None:
        """CainrError where a visitor may not read that file: none in kiosk mode, and elsewhere none
        of other people's, which lie in hidden folders of the library."""
        if not path:
            return
        if not self.files_allowed:
            raise CainrError(
                "In kiosk mode only the bundled sample can be used, and no other file."
            )
        place, root = Path(path.removeprefix("file://")).resolve(), library.resolve()
        if place.is_relative_to(root) and any(
            part.startswith(".") for part in place.relative_to(root).parts
        ):
            raise CainrError(f"{path} belongs to another person.")

    def within(self, choices: Choices) -> Choices:
        """What of choices made elsewhere, in a link or a run, a visitor may choose: in kiosk mode
        the sample, contexts of no file, and no more steps than are allowed."""
        if not self.kiosk:
            return choices
        recipe = Recipe(**values_of(choices.recipe))
        recipe.steps = min(recipe.steps, self.kiosk_steps)
        return replace(
            choices,
            data=DataChoice() if choices.data.path else choices.data,
            contexts=[context for context in choices.contexts if context.is_builtin],
            recipe=recipe,
        )

    def check_deletion(self) -> None:
        """CainrError where runs are not to be deleted."""
        if not self.deletion_allowed:
            raise CainrError("In kiosk mode runs cannot be deleted.")

    def check_sweep(self) -> None:
        """CainrError where sweeps are not to be started."""
        if not self.sweeps_allowed:
            raise CainrError("In kiosk mode there are no sweeps.")

    def check_fit(self, choices: Choices, field: Field, plan: Plan) -> None:
        """CainrError where a fit is longer than allowed."""
        if not self.kiosk:
            return
        if choices.recipe.steps > self.kiosk_steps:
            raise CainrError(f"In kiosk mode a fit takes {self.kiosk_steps:,} steps at most.")
        most = work(Architecture(), Recipe(steps=self.kiosk_steps), field.values.size)
        times = work(plan.architecture, choices.recipe, field.values.size) / most
        if times > 1.005:
            fewer = f"{steps:,} steps, " if (steps := int(choices.recipe.steps / times)) else ""
            raise CainrError(
                f"This fit takes {times:,.2f} times as long as kiosk mode allows: choose {fewer}a "
                "smaller batch or a smaller network."
            )


def _is_switch(name: str) -> bool:
    return isinstance(Settings.param[name], param.Boolean)


settings = Settings.of(os.environ)
