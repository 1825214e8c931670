"""The verifier that auditors download: one file that imports nothing of ours, and by which we verify ourselves."""
