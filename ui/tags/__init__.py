"""Tags in the window: suggested below a note, reviewed in bulk, and looked after."""
