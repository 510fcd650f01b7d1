"""Where the parts of a page lie, as several formats need it: upright geometry, and ruby beside its base."""
