"""Reads for pages. Nothing here changes anything, at Smartcar or with us."""
