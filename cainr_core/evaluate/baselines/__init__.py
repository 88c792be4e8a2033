"""Other codecs, through their published packages, to compare with: each as good as it can be."""

from __future__ import annotations

from cainr_core.evaluate.baselines.bitround import BitRound
from cainr_core.evaluate.baselines.codec import Codec, Mode
from cainr_core.evaluate.baselines.ebcc import Ebcc
from cainr_core.evaluate.baselines.jpeg2000 import Jpeg2000
from cainr_core.evaluate.baselines.sperr import Sperr
from cainr_core.evaluate.baselines.sz3 import Sz3
from cainr_core.evaluate.baselines.zfp import Zfp

__all__ = ["CODECS", "Codec", "Mode"]

CODECS: dict[str, Codec] = {
    codec.name: codec for codec in (Sperr(), Sz3(), Zfp(), Jpeg2000(), BitRound(), Ebcc())
}
