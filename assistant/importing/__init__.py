"""Files to notes and back: folders, single files, other programs' exports."""
