from walras.devtools.evm import *  # noqa: F403
from walras.devtools.evm import SOURCES, START, _reverted, address, artifact  # noqa: F401
