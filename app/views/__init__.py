"""What the page shows: maps, curves, the table of runs, the state of a fit."""
