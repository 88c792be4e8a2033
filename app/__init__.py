"""The dashboard of cainr: `panel serve app`."""
